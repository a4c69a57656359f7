"""S3: the secret links from which calendar apps read what is due, and what they read."""

from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gradebook.blueprints.student import bp
from gradebook.extensions import db
from gradebook.interchange.calendar_feed import Event, as_icalendar
from gradebook.models import CalendarLink
from gradebook.policy.access import NotFound
from gradebook.services import calendar_links
from gradebook.services.calendar_links import LONGEST_TOKEN, MOST_LINKS, TooManyLinks
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment

KEPT_FOR = 15 * 60
"""Seconds for which an app need not ask again."""


@bp.get("/calendar/links")
@door.student
def calendar_link_list() -> str:
    """The links that work, with what each act does to them."""
    return _page()


@bp.post("/calendar/links")
@door.student
def make_calendar_link() -> Any:
    """A new link. Its address stands in this one answer and nowhere else."""
    try:
        token, link = calendar_links.make_link(current_person().id, moment())
    except TooManyLinks:
        problem = _("You have %(most)s links. Revoke one before you make another", most=MOST_LINKS)
        return _page(problem=problem), 422
    db.session.commit()
    return _page(address=_outside(url_for("student.calendar_feed", token=token)), made=link)


@bp.post("/calendar/links/<link_id>/ending")
@door.student
def revoke_calendar_link(link_id: str) -> Any:
    """Revoke one of one's own links: it answers as if it had never been."""
    if not calendar_links.revoke_link(current_person().id, link_id, moment()):
        raise NotFound
    db.session.commit()
    flash(_("The link is revoked. Calendars that used it get nothing any more."), "good")
    return redirect(url_for("student.calendar_link_list"), 303)


def _page(*, address: str | None = None, made: CalendarLink | None = None, problem: str | None = None) -> str:
    person = current_person()
    return render_template(
        "student/calendar_links.html",
        links=calendar_links.live_links(person.id),
        timezone=next((role.timezone for role in person.roles_in_use), "UTC"),
        address=address,
        made=made,
        most=MOST_LINKS,
        problem=problem,
        has_errors=problem is not None,
    )


@bp.get("/calendar/<token>.ics")
@door.public
def calendar_feed(token: str) -> Response:
    """What is due, for whoever holds the link: titles and days, no scores and no names.

    A link that is revoked and one that was never made are the same 404.
    """
    if len(token) > LONGEST_TOKEN:
        raise NotFound
    events = calendar_links.calendar_behind(token, moment())
    midnight = moment().replace(hour=0, minute=0, second=0, microsecond=0)  # so that it is the same file all day
    response = make_response(as_icalendar(_("School work"), events, midnight, _summary, _class_page))
    response.mimetype = "text/calendar"
    response.headers["Cache-Control"] = f"private, max-age={KEPT_FOR}"
    response.headers["Content-Disposition"] = 'inline; filename="school-work.ics"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.add_etag()
    return response.make_conditional(request)


def _summary(event: Event) -> str:
    return _("%(assignment)s, %(class_)s", assignment=event.title, class_=event.class_title)


def _class_page(event: Event) -> str:
    return _outside(url_for("student.section", section_id=event.section_public_id))


def _outside(path: str) -> str:
    """An address as other machines reach it."""
    return f"{current_app.config['BASE_URL']}{path}"
