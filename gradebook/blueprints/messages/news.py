"""What an open page of messages hears and asks: that there is more, what it is, and how many are not read."""

from typing import Any

from flask import jsonify, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from gradebook import live
from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.conversations import rows_beside, writing_part
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.blueprints.messages.message_lines import MessagePen
from gradebook.blueprints.messages.shown import timezones
from gradebook.clock import day_in
from gradebook.extensions import db
from gradebook.models import Conversation
from gradebook.policy import conversations as policy
from gradebook.policy import stops
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import accounts, messaging
from gradebook.services.messaging import MessageLine
from gradebook.web import door
from gradebook.web.frame import part
from gradebook.web.office_words import by_office
from gradebook.web.requests import moment, whole_number
from gradebook.web.streams import stream_of


@bp.get("/<conversation_id>/stream")
@door.adult
@door.unattended
def stream(conversation_id: str) -> Any:
    """Server-sent events with the number of the newest change, and with another mark when the office stops messages
    or lets them go on; while this person may read it. 503 without a place."""
    found = policy.conversation_for(correspondent(), conversation_id)

    def newest(login: accounts.Login, person: Person) -> live.Sight:
        if not can(person, "messages:use") or accounts.needs_proof(login, person.now):
            raise NotFound
        number = policy.conversation_for(person, conversation_id).last_change
        return live.Sight(number, stops.mark(person, school_id))

    school_id = found.school_id
    return stream_of(newest, live.Topic("conversation", found.id))


@bp.get("/<conversation_id>/changes")
@door.adult
@door.unattended
def changes(conversation_id: str) -> Any:
    """The messages that came or changed after the number `after`, in that order, for a script; 204 when there are none.

    `number` is that of the last change told. Where it is not yet the newest, `more` says so and the script asks again.
    Where the office has stopped messages or let them go on since the page's `mark`, `writing` has its new parts.
    """
    person, after = correspondent(), whole_number(request.args.get("after"))
    found = policy.conversation_for(person, conversation_id)
    if after is None:
        raise BadRequest
    mark = stops.mark(person, found.school_id)
    if request.args.get("mark", mark) != mark:
        more = after != found.last_change
        return jsonify(number=after, more=more, messages=[], mark=mark, **writing_part(person, found))
    if after == found.last_change:
        return "", 204
    if after > found.last_change:  # the page is of another time than the database: a backup was restored
        return jsonify(number=found.last_change, stale=True, messages=[])
    lines = messaging.changes_after(found, person.id, after)
    if not lines:
        raise NotFound
    number = lines[-1].changed
    told = [_told(line, found, person) for line in lines]
    return jsonify(number=number, more=number < found.last_change, messages=told)


def _told(line: MessageLine, found: Conversation, person: Person) -> dict[str, Any]:
    """A message as the page shows it, under the day that it was sent on; one's own with the key that sent it."""
    timezone = timezones(person)[found.school_id]
    day, is_mine = day_in(timezone, line.sent_at), line.author_id == person.id
    return {
        "seq": line.seq,
        "key": line.client_key if is_mine else None,
        "by": None if is_mine else _author_words(line),
        "day": day.isoformat(),
        "day_mark": render_template("messages/_day.html", day=day, today=day_in(timezone, person.now)),
        "message": MessagePen(person, found.public_id, timezone).line(line),
    }


def _author_words(line: MessageLine) -> str:
    if not line.author_name:
        return _("the school office")
    return by_office(line.author_name) if line.is_by_office else line.author_name


@bp.post("/<conversation_id>/read")
@door.adult
@door.unattended
def read(conversation_id: str) -> Any:
    """The page shows the messages up to `seq` to someone who looks at it."""
    person, number = correspondent(), whole_number(request.form.get("seq"))
    found = policy.conversation_for(person, conversation_id)
    if number is None:
        raise BadRequest
    messaging.mark_read(found.id, person.id, min(number, found.last_seq), moment())
    db.session.commit()
    return "", 204


@bp.get("/unread")
@door.adult
@door.unattended
def unread() -> Any:
    """How many messages are not read, for a script; 204 when nothing changed since it was told `mark`."""
    inbox = messaging.inbox_of(correspondent())
    if request.args.get("mark") == inbox.mark:
        return "", 204
    badge = part("layouts/_unread.html", unread=inbox.unread)
    return jsonify(unread=inbox.unread, mark=inbox.mark, badge=badge)


@bp.get("/beside")
@door.adult
@door.unattended
def beside() -> str:
    """The list that stands beside a conversation, as a part of a page."""
    return rows_beside(correspondent(), request.args.get("here"))
