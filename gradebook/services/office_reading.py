"""What the office sees of messages that are open to it: with what stood there before, also of removed ones.

Whoever calls has written down that they are read, and has told the database what opens them (gradebook/actor.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Conversation, Message, MessageKind, MessageText, User
from gradebook.services import attachments
from gradebook.services.attachments import FileLine


@dataclass(frozen=True)
class EarlierText:
    """What stood there before."""

    body: str
    written_at: datetime


@dataclass(frozen=True)
class ShownMessage:
    """A message as the office sees it."""

    seq: int
    kind: MessageKind
    author_id: int
    author: str
    sent_at: datetime
    body: str
    edited_at: datetime | None
    removed_at: datetime | None
    corrects: int | None
    texts: list[EarlierText]
    """What stood there before, the oldest first; of a removed one the last is what was removed."""
    files: list[FileLine]


def messages(conversation: Conversation, *conditions: Any) -> list[ShownMessage]:
    """Messages of a conversation, in their order; in three statements."""
    rows = db.session.execute(
        select(Message, User.display_name)
        .join(User, User.id == Message.author_id)
        .where(Message.school_id == conversation.school_id, Message.conversation_id == conversation.id, *conditions)
        .order_by(Message.seq)
    ).all()
    texts = _texts([message.id for message, _name in rows])
    files = attachments.files_of(conversation, [message.seq for message, _name in rows if message.files])
    return [
        ShownMessage(
            message.seq, message.kind, message.author_id, name, message.sent_at, message.body, message.edited_at,
            message.removed_at, message.corrects, _earlier(message, texts.get(message.id, [])),
            files.get(message.seq, []),
        )
        for message, name in rows
    ]  # fmt: skip


def _texts(message_ids: list[int]) -> dict[int, list[MessageText]]:
    found: dict[int, list[MessageText]] = {}
    query = select(MessageText).where(MessageText.message_id.in_(message_ids)).order_by(MessageText.version)
    for text in db.session.scalars(query):
        found.setdefault(text.message_id, []).append(text)
    return found


def _earlier(message: Message, texts: list[MessageText]) -> list[EarlierText]:
    """A removal that was taken back has kept the text that stands there."""
    before = texts if message.removed_at else [text for text in texts if text.version < message.version]
    return [EarlierText(text.body, text.written_at) for text in before]
