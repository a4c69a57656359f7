"""What an author may still do with a message of one's own: for a quarter of an hour it can be changed, then only put
right by another one; who removed it has a moment to think better of it.
"""

from datetime import datetime, timedelta

from gradebook.extensions import db
from gradebook.models import Conversation, Message, MessageKind
from gradebook.policy import conversations
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person

CHANGE_FOR = timedelta(minutes=15)
"""After sending, in which the author may edit or remove a message."""
UNDO_FOR = timedelta(seconds=10)
"""After removing, in which the author may bring it back."""


def message_for(person: Person, conversation: Conversation, seq: int | None) -> Message:
    """A message of a conversation that this person may read (conversations.conversation_for); a line of the system is
    none. Raises NotFound."""
    found = db.session.scalar(
        db.select(Message).where(
            Message.school_id == conversation.school_id,
            Message.conversation_id == conversation.id,
            Message.seq == seq,
            Message.kind == MessageKind.TEXT,
        )
    )
    if found is None:
        raise NotFound
    return found


def may_change(person: Person, message: Message) -> bool:
    """Is its author, has sent it within the last quarter of an hour, and could still write there."""
    return _is_own(person, message) and is_fresh(message.sent_at, person.now) and _may_write(person, message)


def may_correct(person: Person, message: Message) -> bool:
    """Is its author, and could still write there; from the moment on at which it can no longer be changed."""
    return _is_own(person, message) and not is_fresh(message.sent_at, person.now) and _may_write(person, message)


def may_bring_back(person: Person, message: Message) -> bool:
    """Is its author, has removed it a moment ago, and could still write there."""
    return (
        message.author_id == person.id
        and message.removed_at is not None
        and is_just_removed(message.removed_at, person.now)
        and _may_write(person, message)
    )


def is_fresh(sent_at: datetime, now: datetime) -> bool:
    """Whether what was sent at that moment can still be changed."""
    return now - sent_at <= CHANGE_FOR


def is_just_removed(removed_at: datetime, now: datetime) -> bool:
    """Whether what was removed at that moment can still be brought back."""
    return now - removed_at <= UNDO_FOR


def _is_own(person: Person, message: Message) -> bool:
    return message.author_id == person.id and message.kind == MessageKind.TEXT and message.removed_at is None


def _may_write(person: Person, message: Message) -> bool:
    return conversations.may_reply(person, message.conversation)
