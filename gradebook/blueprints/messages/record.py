"""The record of one's own conversation, as a file to keep or to hand on."""

from typing import Any

from flask import render_template

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.blueprints.messages.shown import sides_of
from gradebook.extensions import db, only_reading
from gradebook.models import Conversation
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.services import record_exports, records
from gradebook.services.record_exports import TooManyRecords
from gradebook.web import door
from gradebook.web.records import answer, made
from gradebook.web.requests import moment


@bp.get("/<conversation_id>/record")
@door.correspondent
def record(conversation_id: str) -> str:
    """What is in it."""
    person = correspondent()
    return _page(person, _found(person, conversation_id))


@bp.post("/<conversation_id>/record")
@door.correspondent
def record_post(conversation_id: str) -> Any:
    """The file: made from what is only read, written down, then given."""
    person = correspondent()
    found = _found(person, conversation_id)
    try:
        record_exports.keep_to_the_limit(person, moment())
    except TooManyRecords:
        return _page(person, found, too_many=True), 429
    db.session.rollback()
    with only_reading():
        file, digest = made(records.record_for(person, _found(person, conversation_id)))
    found = _found(person, conversation_id)
    try:
        record_exports.note_fetched(person, found, digest, moment())
    except TooManyRecords:
        file.close()
        db.session.rollback()
        return _page(person, _found(person, conversation_id), too_many=True), 429
    db.session.commit()
    return answer(file, _found(person, conversation_id))


def _found(person: Person, conversation_id: str) -> Conversation:
    found = policy.conversation_read_by(person, conversation_id)
    if not found.last_seq:
        raise NotFound
    return found


def _page(person: Person, found: Conversation, *, too_many: bool = False) -> str:
    return render_template(
        "messages/record.html",
        conversation=found,
        sides=sides_of(found, policy.standing(person, found), person),
        too_many=too_many,
        most=record_exports.MOST_AN_HOUR,
    )
