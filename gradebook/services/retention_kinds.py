"""How each class of record is found, held and deleted (services/retention.py does it, by the years of a school).

What others' records refer to leaves a tombstone: a message its number, author and times, a file its name and size, an
announcement its author, classes and times. The rest goes altogether; that there was it stands in the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, or_, select, tuple_, union_all, update
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    Approval,
    Attachment,
    AttachmentContent,
    Conversation,
    Draft,
    Guardianship,
    LegalHold,
    Message,
    MessageReport,
    MessageText,
    Notice,
    OversightReview,
    Participant,
    Read,
    RecordClass,
    RecordExport,
    ReviewNote,
    ReviewOpening,
    School,
    WritingClosure,
)

_QUIET = {"synchronize_session": False}


# --- Holds


@dataclass(frozen=True)
class Holds:
    """Those of a school that are in force at a moment, as conditions on what they keep."""

    school: School
    now: datetime

    @property
    def in_force(self) -> Select[int]:
        """Their keys."""
        not_over = or_(LegalHold.ends_on.is_(None), LegalHold.ends_on > self.school.today(self.now))
        return select(LegalHold.id).where(
            LegalHold.school_id == self.school.id, LegalHold.lifted_at.is_(None), not_over
        )

    @property
    def _on_everything(self) -> Select[int]:
        return self.in_force.where(LegalHold.conversation_id.is_(None))

    def on_person(self, *people: Any) -> ColumnElement[bool]:
        """All about one of these people is held."""
        return exists(self._on_everything.where(LegalHold.person_id.in_(people)).correlate_except(LegalHold))

    def on_conversation(self, conversation_id: Any) -> ColumnElement[bool]:
        """The conversation is held, or its child, or somebody in it. Which are held is found out once in a statement,
        however many rows it looks at."""
        talk, one = Conversation.__table__.alias(), Participant.__table__.alias()
        about = self._on_everything.join(talk, talk.c.student_id == LegalHold.person_id)
        taking_part = self._on_everything.join(one, one.c.user_id == LegalHold.person_id)
        held = union_all(
            self.in_force.with_only_columns(LegalHold.conversation_id).where(LegalHold.conversation_id.is_not(None)),
            about.with_only_columns(talk.c.id, maintain_column_froms=True),
            taking_part.with_only_columns(one.c.conversation_id, maintain_column_froms=True),
        )
        return func.coalesce(conversation_id.in_(held), false())  # of none is not held


def _on_notice(holds: Holds) -> ColumnElement[bool]:
    return or_(holds.on_conversation(Notice.conversation_id), holds.on_person(Notice.recipient_id))


def _on_announcement(holds: Holds) -> ColumnElement[bool]:
    """Who wrote it, got it, or on whose account it was got; or a conversation in which it was answered."""
    got, answer = aliased(AnnouncementRecipient), aliased(Message)
    whom = or_(got.user_id == LegalHold.person_id, got.student_id == LegalHold.person_id)
    received = holds.in_force.where(LegalHold.conversation_id.is_(None)).join(got, whom)
    answered = holds.in_force.join(
        answer,
        and_(answer.school_id == LegalHold.school_id, answer.conversation_id == LegalHold.conversation_id),
    )
    return or_(
        holds.on_person(Announcement.author_id),
        exists(received.where(got.announcement_id == Announcement.id).correlate(Announcement)),
        exists(answered.where(answer.announcement_id == Announcement.id).correlate(Announcement)),
    )


def _on_review(holds: Holds) -> ColumnElement[bool]:
    opening = aliased(ReviewOpening)
    opened = select(opening.review_id).where(
        opening.review_id == OversightReview.id, holds.on_conversation(opening.conversation_id)
    )
    people = (OversightReview.student_id, OversightReview.guardian_id, OversightReview.opened_by)
    return or_(holds.on_person(*people), exists(opened.correlate(OversightReview)))


def _on_approval(holds: Holds) -> ColumnElement[bool]:
    """Whoever asked or answered; the child, also where one conversation about it is held; a guardian of the child."""
    link, record = aliased(Guardianship), aliased(RecordExport)
    child = holds.in_force.where(LegalHold.person_id == Approval.person_id)
    guardian = holds.in_force.join(link, link.guardian_id == LegalHold.person_id)
    handed_out = select(record.id).where(
        record.approval_id == Approval.id, holds.on_conversation(record.conversation_id)
    )
    return or_(
        holds.on_person(Approval.asked_by, Approval.answered_by),
        exists(child.correlate(Approval)),
        exists(guardian.where(link.student_id == Approval.person_id).correlate(Approval)),
        exists(handed_out.correlate(Approval)),
    )


# --- Deleting


Delete = Callable[[list[Any], str, datetime], None]
"""Of the rows with these keys, by this rule, at this moment."""


def _ids(keys: list[Any]) -> list[int]:
    return [key[0] for key in keys]


def _run(statement: Any) -> None:
    db.session.execute(statement, execution_options=_QUIET)


def _rows_of(model: Any, *columns: Any) -> Delete:
    def gone(keys: list[Any], _rule: str, _now: datetime) -> None:
        _run(delete(model).where(tuple_(*columns).in_([tuple(key) for key in keys])))

    return gone


def _delete_messages(keys: list[Any], rule: str, now: datetime) -> None:
    """Their words, the earlier ones, and their files; the sequence of the conversation stays whole."""
    ids = _ids(keys)
    _run(delete(MessageText).where(MessageText.message_id.in_(ids)))
    files = [(row[0],) for row in db.session.execute(_of_files(select(Attachment.id)).where(Message.id.in_(ids)))]
    _delete_files(files, rule, now)
    if files:
        _run(update(Attachment).where(Attachment.id.in_(_ids(files))).values(name="", digest=""))
    # Removed since it was sent, if not before: its author cannot bring it back.
    values = {"body": "", "folded": "", "purged_at": now, "purge_rule": rule}
    removed = func.coalesce(Message.removed_at, Message.sent_at)
    _run(update(Message).where(Message.id.in_(ids)).values(**values, removed_at=removed))


def _delete_files(keys: list[Any], rule: str, now: datetime) -> None:
    """Their contents; that there was one, and how large, stays."""
    ids = _ids(keys)
    if not ids:
        return
    _run(delete(AttachmentContent).where(AttachmentContent.attachment_id.in_(ids)))
    marked = update(Attachment).where(Attachment.id.in_(ids), Attachment.purged_at.is_(None))
    _run(marked.values(purged_at=now, purge_rule=rule))


def _delete_announcements(keys: list[Any], rule: str, now: datetime) -> None:
    """Their words, and who got and opened them; messages go on saying that they answer one."""
    ids = _ids(keys)
    _run(delete(AnnouncementRecipient).where(AnnouncementRecipient.announcement_id.in_(ids)))
    values = {"title": "", "body": "", "folded": "", "purged_at": now, "purge_rule": rule}
    _run(update(Announcement).where(Announcement.id.in_(ids)).values(**values))


def _delete_reviews(keys: list[Any], _rule: str, _now: datetime) -> None:
    for model in (ReviewNote, ReviewOpening):
        _run(delete(model).where(model.review_id.in_(_ids(keys))))
    _run(delete(OversightReview).where(OversightReview.id.in_(_ids(keys))))


def _delete_approvals(keys: list[Any], _rule: str, _now: datetime) -> None:
    """With what they let be fetched; who fetched it stands in the log."""
    _run(delete(RecordExport).where(RecordExport.approval_id.in_(_ids(keys))))
    _run(delete(Approval).where(Approval.id.in_(_ids(keys))))


# --- The classes


def _plain(query: Any) -> Any:
    return query


def _of_files(query: Any) -> Any:
    return query.join(
        Message,
        and_(
            Message.school_id == Attachment.school_id,
            Message.conversation_id == Attachment.conversation_id,
            Message.seq == Attachment.seq,
        ),
    )


@dataclass(frozen=True)
class Kind:
    """How a class of record is found and deleted."""

    keys: tuple[Any, ...]
    when: Any
    """Its age counts from then; what has none yet, because it goes on, is kept."""
    is_held: Callable[[Holds], ColumnElement[bool]]
    delete: Delete
    more: tuple[ColumnElement[bool], ...] = ()
    source: Callable[[Any], Any] = _plain

    @property
    def owner(self) -> Any:
        """The class of its rows."""
        return self.keys[0].class_


_READ = (Read.conversation_id, Read.user_id, Read.seq)
_DRAFT = (Draft.conversation_id, Draft.user_id)
KINDS = {
    RecordClass.MESSAGES: Kind(
        (Message.id,), Message.sent_at, lambda holds: holds.on_conversation(Message.conversation_id),
        _delete_messages, (Message.purged_at.is_(None),),
    ),
    RecordClass.FILES: Kind(
        (Attachment.id,), Message.sent_at, lambda holds: holds.on_conversation(Attachment.conversation_id),
        _delete_files, (Attachment.purged_at.is_(None),), _of_files,
    ),
    RecordClass.ANNOUNCEMENTS: Kind(
        (Announcement.id,), Announcement.send_at, _on_announcement, _delete_announcements,
        (Announcement.purged_at.is_(None),),
    ),
    RecordClass.READS: Kind(
        _READ, Read.read_at, lambda holds: holds.on_conversation(Read.conversation_id), _rows_of(Read, *_READ)
    ),
    RecordClass.DRAFTS: Kind(
        _DRAFT, Draft.saved_at, lambda holds: holds.on_conversation(Draft.conversation_id), _rows_of(Draft, *_DRAFT)
    ),
    RecordClass.NOTICES: Kind((Notice.id,), Notice.created_at, _on_notice, _rows_of(Notice, Notice.id)),
    RecordClass.REPORTS: Kind(
        (MessageReport.id,), MessageReport.settled_at,
        lambda holds: holds.on_conversation(MessageReport.conversation_id), _rows_of(MessageReport, MessageReport.id),
    ),
    RecordClass.REVIEWS: Kind((OversightReview.id,), OversightReview.said_at, _on_review, _delete_reviews),
    RecordClass.APPROVALS: Kind(
        (Approval.id,), func.coalesce(Approval.answered_at, Approval.ends_at), _on_approval, _delete_approvals
    ),
    RecordClass.STOPS: Kind(
        (WritingClosure.id,), func.coalesce(WritingClosure.opened_at, WritingClosure.ends_at),
        lambda holds: holds.on_person(WritingClosure.user_id), _rows_of(WritingClosure, WritingClosure.id),
    ),
}  # fmt: skip
