"""The live channel of a class: tells the open grid that there is something to ask for."""

from typing import Any

from flask import Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ServiceUnavailable

from gradebook import live
from gradebook.blueprints.teacher import bp
from gradebook.clock import utc_now
from gradebook.extensions import only_reading
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import accounts
from gradebook.web import door
from gradebook.web.login import current_person, current_token
from gradebook.web.requests import whole_number

AGAIN = 60
"""Seconds after which a page that found no place may try again; until then it asks from time to time."""


@bp.get("/classes/<section_id>/stream")
@door.teacher
@door.unattended
def stream(section_id: str) -> Any:
    """Server-sent events with the class's number, as long as this person teaches it; 503 when there is no place."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    app, token, hub = current_app._get_current_object(), current_token(), live.hub_of(current_app)  # type: ignore[attr-defined]
    try:
        watch = hub.watch(live.Topic("section", section.id), person.id)
    except live.Full:
        raise ServiceUnavailable(retry_after=AGAIN) from None

    def look() -> int | None:
        with app.app_context(), only_reading():
            try:
                return _number_for(token, section_id)
            except OperationalError:
                return None  # the browser comes again

    lines = live.events(watch, look, _seen(), hub.goes_on)
    response = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(watch.close)  # also where nobody reads the first line
    return response


def _number_for(token: str, section_id: str) -> int | None:
    """The class's number, asked with the rights of this moment; None when they have ended."""
    found = accounts.resume(token, utc_now())
    if found is None:
        return None
    try:
        return access.section_for_teacher(found[1], section_id).last_seq
    except NotFound:
        return None


def _seen() -> int | None:
    """What the page has seen: from the browser when it comes again, else from the page."""
    return whole_number(request.headers.get("Last-Event-ID") or request.args.get("after"))
