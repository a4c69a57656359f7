"""S3: what is due when, over all classes."""

from babel.dates import format_date, get_day_names
from flask import render_template, request

from gradebook.blueprints.student import bp
from gradebook.services import family, months
from gradebook.web import door
from gradebook.web.language import language
from gradebook.web.login import current_person


@bp.get("/calendar")
@door.student
def calendar() -> str:
    """One month, as a table and as a list by day; what is missing stands first, in the month of today."""
    person = current_person()
    overview = family.overview_of_student(person)
    today = overview.today or person.now.date()
    locale = language().locale
    month = months.month_of(overview, request.args.get("month"), today, locale.first_week_day)
    names = get_day_names("wide", locale=locale), get_day_names("abbreviated", locale=locale)
    return render_template(
        "student/calendar.html",
        overview=overview,
        month=month,
        title=format_date(month.first, "LLLL y", locale=locale),
        weekdays=[(names[0][day.date.weekday()], names[1][day.date.weekday()]) for day in month.weeks[0]],
        as_table=request.args.get("view") == "month",
    )
