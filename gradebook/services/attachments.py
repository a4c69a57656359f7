"""Files that come with messages: kept with the message or not at all, and fetched by who may read it, unless a scanner
has not found them clean yet (services/scanning.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, true

from gradebook.extensions import db
from gradebook.interchange.attachable import MEGABYTE, Attachable
from gradebook.models import (
    Attachment,
    AttachmentContent,
    AttachmentKind,
    Conversation,
    Message,
    ScanState,
)
from gradebook.models.conversations import LET_OUT
from gradebook.services import queue

MOST_FILES = 5
"""With one message."""
QUOTA = 250 * MEGABYTE
"""Bytes of all files that one person has sent in one school."""


class QuotaUsedUp(ValueError):
    """The files of this person in this school would be larger than they may be together."""


@dataclass(frozen=True)
class FileLine:
    """A file as a message shows it."""

    public_id: str
    name: str
    kind: AttachmentKind
    size: int
    purged_at: datetime | None = None
    """Since when its content is deleted for good."""
    scan: ScanState = ScanState.UNSCANNED


def keep(conversation: Conversation, seq: int, author_id: int, files: Sequence[Attachable], now: datetime) -> None:
    """The files of a new message. Raises QuotaUsedUp; then the caller must roll back."""
    used = db.session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.school_id == conversation.school_id,
            Attachment.author_id == author_id,
            Attachment.scan != ScanState.FOUND,  # its bytes are gone
        )
    )
    if int(used or 0) + sum(len(file.content) for file in files) > QUOTA:
        raise QuotaUsedUp
    for position, file in enumerate(files, 1):
        kept = Attachment(
            school_id=conversation.school_id, conversation_id=conversation.id, seq=seq, position=position,
            author_id=author_id, name=file.name, kind=AttachmentKind(file.kind), size=len(file.content),
            digest=file.digest, scan=ScanState.WAITING if file.is_held else ScanState.UNSCANNED,
        )  # fmt: skip
        db.session.add(kept)
        db.session.flush()
        content = AttachmentContent(attachment_id=kept.id, conversation_id=conversation.id, content=file.content)
        db.session.add(content)
        db.session.flush()
        db.session.expunge(content)  # ten megabytes that nobody asks this session for
    if any(file.is_held for file in files):
        queue.enqueue("scan_files", now)


def digests_of(conversation: Conversation, seq: int) -> list[str]:
    """What was sent with a message, in its order."""
    return list(
        db.session.scalars(select(Attachment.digest).where(*_with(conversation, [seq])).order_by(Attachment.position))
    )


def files_of(conversation: Conversation, numbers: Iterable[int]) -> dict[int, list[FileLine]]:
    """The files of these messages, by the message's number; in one statement."""
    found: dict[int, list[FileLine]] = {}
    rows = db.session.execute(
        select(
            Attachment.seq,
            Attachment.public_id,
            Attachment.name,
            Attachment.kind,
            Attachment.size,
            Attachment.purged_at,
            Attachment.scan,
        )
        .where(*_with(conversation, list(numbers)))
        .order_by(Attachment.seq, Attachment.position)
    )
    for row in rows:
        found.setdefault(row.seq, []).append(FileLine(*row[1:]))
    return found


def _with(conversation: Conversation, numbers: list[int]) -> tuple[Any, ...]:
    return (
        Attachment.school_id == conversation.school_id,
        Attachment.conversation_id == conversation.id,
        Attachment.seq.in_(numbers),
    )


def file_in(
    conversation: Conversation, public_id: str, *, also_removed: bool = False, only: Any = None
) -> tuple[FileLine, bytes] | None:
    """A file of a conversation that the caller has fetched through the policy; None where there is none, and while a
    scanner holds it back.

    What came with a removed message is for the office alone: `also_removed`. `only` narrows the messages.
    """
    row = db.session.execute(
        select(Attachment.public_id, Attachment.name, Attachment.kind, Attachment.size, AttachmentContent.content)
        .join(AttachmentContent, AttachmentContent.attachment_id == Attachment.id)
        .join(
            Message,
            (Message.school_id == Attachment.school_id)
            & (Message.conversation_id == Attachment.conversation_id)
            & (Message.seq == Attachment.seq),
        )
        .where(
            Attachment.public_id == public_id,
            Attachment.scan.in_(LET_OUT),
            Attachment.conversation_id == conversation.id,
            true() if also_removed else Message.removed_at.is_(None),
            true() if only is None else only,
        )
    ).one_or_none()
    return None if row is None else (FileLine(*row[:4]), row[4])
