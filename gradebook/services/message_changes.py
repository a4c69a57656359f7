"""Messages that were sent and are changed afterwards. What stood there before is kept, and both sides are told."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from gradebook.extensions import db
from gradebook.models import Message, MessageText
from gradebook.models.conversations import folded_words
from gradebook.services import messaging


class Moved(ValueError):
    """The message has changed since the page was opened."""


def edit(message: Message, *, body: str, seen: int, now: datetime) -> int:
    """Put other words in its place; the number of the change. The same words again are no change.

    `seen` is the version that the author saw. Raises Moved; then the caller must roll back.
    """
    if message.body == body:
        return message.changed
    if message.version != seen:
        raise Moved(message.version)
    number = messaging.next_change(message.conversation_id)
    _keep(message)
    _change(message, number, body=body, folded=folded_words(body), version=seen + 1, edited_at=now)
    return number


def remove(message: Message, now: datetime) -> int:
    """Leave only that there was a message; the number of the change. Removing twice is removing once.

    Raises Moved; then the caller must roll back.
    """
    if message.removed_at is not None:
        return message.changed
    number = messaging.next_change(message.conversation_id)
    _keep(message)
    _change(message, number, body="", folded="", removed_at=now)
    return number


def bring_back(message: Message) -> int:
    """Take the removal back; the number of the change. Raises Moved; then the caller must roll back."""
    if message.removed_at is None:
        return message.changed
    number = messaging.next_change(message.conversation_id)
    kept = db.session.scalars(
        select(MessageText.body).where(MessageText.message_id == message.id, MessageText.version == message.version)
    ).one()
    _change(message, number, body=kept, folded=folded_words(kept), removed_at=None)
    return number


def _keep(message: Message) -> None:
    """The text that stands there now. It may be there already: a removal that was taken back has kept it."""
    facts = {
        "message_id": message.id, "version": message.version, "school_id": message.school_id,
        "conversation_id": message.conversation_id, "body": message.body, "written_at": message.written_at,
    }  # fmt: skip
    db.session.execute(messaging.insert(MessageText).values(**facts).on_conflict_do_nothing())


def _change(message: Message, number: int, **values: Any) -> None:
    """Only if it is still what was read: the conversation's row is held now, so nobody is in between."""
    is_as_read = (
        Message.id == message.id,
        Message.version == message.version,
        Message.removed_at.is_(None) if message.removed_at is None else Message.removed_at.is_not(None),
    )
    changed = db.session.scalar(
        update(Message)
        .where(*is_as_read)
        .values(changed=number, **values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Moved(message.version)


def earlier_texts(message: Message) -> list[MessageText]:
    """What stood there before, the oldest first; of a removed message nothing is shown."""
    if message.removed_at is not None or message.version == 1:
        return []
    return list(
        db.session.scalars(
            select(MessageText)
            .where(MessageText.message_id == message.id, MessageText.version < message.version)
            .order_by(MessageText.version)
        )
    )
