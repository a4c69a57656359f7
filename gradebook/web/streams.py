"""The live channel of a page: tells it that what it shows has a new number (gradebook/live)."""

from collections.abc import Callable

from flask import Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ServiceUnavailable

from gradebook import live
from gradebook.clock import utc_now
from gradebook.extensions import only_reading
from gradebook.policy import second_step
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.services import accounts
from gradebook.web.login import current_person, current_token
from gradebook.web.requests import whole_number

AGAIN = 60
"""Seconds after which a page that found no place may try again; until then it asks from time to time."""

SightOf = Callable[[accounts.Login, Person], live.Sight]
"""How it stands now, asked with the rights of this moment. Raises NotFound when the person may not know it any more."""


def stream_of(sight_of: SightOf, topic: live.Topic) -> Response:
    """Server-sent events that say how what is watched stands, until the right ends. Raises ServiceUnavailable when this
    process has no place."""
    app, token, hub = current_app._get_current_object(), current_token(), live.hub_of(current_app)  # type: ignore[attr-defined]
    person = current_person()
    schools = (live.Topic("school", role.school_id) for role in person.roles_in_use)
    try:
        watch = hub.watch(topic, person.id, live.Topic("person", person.id), *schools)
    except live.Full:
        raise ServiceUnavailable(retry_after=AGAIN) from None

    def look() -> live.Sight | None:
        with app.app_context(), only_reading():
            try:
                return _sight(token, sight_of)
            except OperationalError:
                return None  # the browser comes again

    lines = live.events(watch, look, _seen(), hub.goes_on)
    response = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(watch.close)  # also where nobody reads the first line
    return response


def _sight(token: str, sight_of: SightOf) -> live.Sight | None:
    """None when the session or the right has ended."""
    found = accounts.resume(token, utc_now())
    if found is None or second_step.is_owed(found[1]):
        return None
    try:
        return sight_of(*found)
    except NotFound:
        return None


def _seen() -> live.Sight:
    """What the page has seen: from the browser when it comes again, else from the page."""
    number = whole_number(request.headers.get("Last-Event-ID") or request.args.get("after"))
    return live.Sight(number, request.args.get("mark", ""))
