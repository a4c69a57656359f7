"""S1: the student's home."""

from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.student import bp
from gradebook.extensions import db
from gradebook.services import coming_of_age, family, news, since
from gradebook.web import door
from gradebook.web.login import current_login, current_person
from gradebook.web.requests import moment, whole_number


@bp.get("/")
@door.student
def home() -> str:
    """Where do I stand, what is new, what do I do next. `?news=all` shows what is new of 14 days."""
    person = current_person()
    here, new_since = current_login(), None
    overview = family.overview_of_student(person, here.created_at)
    if request.args.get("news") != "all":
        new_since = since.news_since(person.account, here, overview.used_at)
    if new_since is not None and new_since <= person.now - family.LOOK_BACK:
        new_since = None  # nothing older is kept as news
    new = overview.news if new_since is None else overview.news_since(new_since)
    return render_template(
        "student/home.html",
        overview=overview,
        since=new_since,
        news=news.with_before(new, new_since or person.now - family.LOOK_BACK),
        of_age=coming_of_age.told_student(person),
        answers=overview.answers_since(new_since or person.now - family.LOOK_BACK),
    )


@bp.post("/news/seen")
@door.student
def mark_news_seen() -> Any:
    """All that the page showed is seen; what was posted after the page was made stays new."""
    seen = whole_number(request.form.get("until"), 11)
    until = moment() if seen is None else min(moment(), datetime.fromtimestamp(seen, UTC))
    current_person().user.news_seen_at = until
    db.session.commit()
    flash(_("Marked as seen."), "good")
    return redirect(url_for("student.home"), 303)
