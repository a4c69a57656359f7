"""Files that wait for the scanner: which is next, and what becomes of one that it has looked at.

Nobody gets a file before it was found clean (services/attachments.py `file_in`). One in which something was found stays
as a line that says so; its bytes are deleted, unless a hold keeps all of the conversation.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import Attachment, AttachmentContent, Conversation, Message, ScanState, School
from gradebook.services import audit, messaging
from gradebook.services.retention_kinds import Holds

RULE = "scanner"
"""By which the bytes were deleted, as the years of a school are one."""


@dataclass(frozen=True)
class Waiting:
    """A file that the scanner has not looked at yet."""

    id: int
    content: bytes


def next_waiting(after: int) -> Waiting | None:
    """The first that waits, of those with a later key."""
    found = _next(after)
    if found is None:
        return None
    with actor.scanning(found):
        content = select(AttachmentContent.content).where(AttachmentContent.attachment_id == found)
        return Waiting(found, db.session.scalars(content).one())


def some_wait() -> bool:
    """Whether a file has not been settled yet."""
    return _next(0) is not None


def _next(after: int) -> int | None:
    with actor.scanning(0):
        return db.session.scalar(
            select(Attachment.id)
            .where(Attachment.scan == ScanState.WAITING, Attachment.purged_at.is_(None), Attachment.id > after)
            .order_by(Attachment.id)
            .limit(1)
        )


def settle(attachment_id: int, finding: str | None, now: datetime) -> None:
    """What the scanner said of a file that waits: clean, or what it found. The pages that show it are told. A second
    answer changes nothing."""
    with actor.scanning(attachment_id):
        _hold_conversation(attachment_id)
        row = db.session.execute(_place(attachment_id)).one_or_none()
        if row is None:
            return
        gone = finding is not None and _delete_content(attachment_id, row, now)
        _write(attachment_id, finding, now if gone else None)
        _tell(row)
    if finding is not None:
        audit.record(
            "messages.file_stopped", now, school_id=row.school_id, actor_id=None, person_id=row.author_id,
            conversation=row.conversation, finding=finding, sha256=row.digest, size=row.size,
        )  # fmt: skip


def _hold_conversation(attachment_id: int) -> None:
    """As whoever sends does: two answers about one file come one after the other."""
    of_file = select(Attachment.conversation_id).where(Attachment.id == attachment_id).scalar_subquery()
    db.session.execute(select(Conversation.id).where(Conversation.id == of_file).with_for_update())


def _place(attachment_id: int) -> Any:
    return (
        select(
            Attachment.school_id, Attachment.conversation_id, Attachment.seq, Attachment.author_id, Attachment.digest,
            Attachment.size, Conversation.public_id.label("conversation"),
        )
        .join(Conversation, Conversation.id == Attachment.conversation_id)
        .where(Attachment.id == attachment_id, Attachment.scan == ScanState.WAITING)
    )  # fmt: skip


def _delete_content(attachment_id: int, row: Any, now: datetime) -> bool:
    """Whether it was: on hold it stays, and goes with the years of the school when the hold is lifted."""
    holds = Holds(db.session.get_one(School, row.school_id), now)
    held = select(Attachment.id).where(
        Attachment.id == attachment_id, holds.on_conversation(Attachment.conversation_id)
    )
    if db.session.scalar(held) is not None:
        return False
    db.session.execute(delete(AttachmentContent).where(AttachmentContent.attachment_id == attachment_id))
    return True


def _write(attachment_id: int, finding: str | None, purged_at: datetime | None) -> None:
    state = ScanState.CLEAN if finding is None else ScanState.FOUND
    gone = {} if purged_at is None else {"purged_at": purged_at, "purge_rule": RULE}
    db.session.execute(
        update(Attachment)
        .where(Attachment.id == attachment_id)
        .values(scan=state, **gone)
        .execution_options(synchronize_session=False)
    )


def _tell(row: Any) -> None:
    """The pages that show the message: it has changed."""
    db.session.execute(
        update(Message)
        .where(
            Message.school_id == row.school_id,
            Message.conversation_id == row.conversation_id,
            Message.seq == row.seq,
        )
        .values(changed=messaging.next_change(row.conversation_id))
        .execution_options(synchronize_session=False)
    )
