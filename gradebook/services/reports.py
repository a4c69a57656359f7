"""Reported messages: by an adult in the conversation, settled by the office. The other side never learns of it, so
nothing here touches the conversation. Whoever calls has asked the policy first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Guardianship,
    Message,
    MessageReport,
    ReportOutcome,
    ReportReason,
    Section,
    User,
)
from gradebook.policy import oversight, scopes
from gradebook.policy.person import Person
from gradebook.services import attachments, audit, office_reading
from gradebook.services.attachments import FileLine
from gradebook.services.office_reading import ShownMessage

LONGEST_WORDS = 2000
AROUND = 3
"""Messages before and after the reported one that belong to the report; 0025 says the same to PostgreSQL."""
MOST_A_DAY = 20
"""Reports of one person in 24 hours."""


class TooMany(ValueError):
    """The person has reported as many messages as one may in a day."""


class Settled(ValueError):
    """Somebody has settled it already."""


@dataclass(frozen=True)
class ReportLine:
    """A report as a list shows it: about whom, never a word of it."""

    report: MessageReport
    student: str
    section: str | None
    """None: a conversation with the office."""
    author: str
    reporter: str


# --- By who takes part


def newest_of(person: Person, message: Message) -> MessageReport | None:
    """This person's newest report of the message."""
    return db.session.scalar(
        select(MessageReport)
        .where(
            MessageReport.conversation_id == message.conversation_id,
            MessageReport.seq == message.seq,
            MessageReport.reporter_id == person.id,
        )
        .order_by(MessageReport.id.desc())
        .limit(1)
    )


def report(person: Person, message: Message, reason: ReportReason, words: str, now: datetime) -> MessageReport:
    """Report a message. One that this person has reported and that is not settled is not reported again.

    Raises TooMany.
    """
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    known = newest_of(person, message)
    if known is not None and known.settled_at is None:
        return known
    if _reports_since(person, now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooMany
    conversation = message.conversation
    found = MessageReport(
        school_id=conversation.school_id, conversation_id=conversation.id, seq=message.seq,
        student_id=conversation.student_id, section_id=conversation.section_id, author_id=message.author_id,
        reporter_id=person.id, reason=reason, words=words, reported_at=now,
    )  # fmt: skip
    db.session.add(found)
    db.session.flush()
    _note("report.made", found, now, person.id, reason=reason.value)
    return found


def _reports_since(person: Person, since: datetime) -> int:
    own = (MessageReport.reporter_id == person.id, MessageReport.reported_at > since)
    return db.session.scalar(select(func.count()).select_from(MessageReport).where(*own)) or 0


def own_reports(person: Person, limit: int = 50) -> list[tuple[MessageReport, Conversation]]:
    """What this person has reported in conversations that are still open to them, the newest first."""
    rows = db.session.execute(
        select(MessageReport, Conversation)
        .join(Conversation, Conversation.id == MessageReport.conversation_id)
        .where(
            MessageReport.reporter_id == person.id,
            Conversation.id.in_(scopes.conversations_read_by(person)),
        )
        .order_by(MessageReport.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


# --- By the office


def queue(person: Person, *, settled: bool = False, limit: int = 100) -> list[ReportLine]:
    """The reports that this person may look at: those that wait, the oldest first, or what was settled last."""
    state = MessageReport.settled_at.is_not(None) if settled else MessageReport.settled_at.is_(None)
    order = MessageReport.settled_at.desc() if settled else MessageReport.reported_at
    rows = db.session.execute(_lines().where(oversight.reports_of_office(person), state).order_by(order).limit(limit))
    return [ReportLine(*row) for row in rows]


def line_of(found: MessageReport) -> ReportLine:
    """The same of one."""
    return ReportLine(*db.session.execute(_lines().where(MessageReport.id == found.id)).one())


def _lines() -> Any:
    student, author, reporter = aliased(User), aliased(User), aliased(User)
    return (
        select(MessageReport, student.display_name, Section.title, author.display_name, reporter.display_name)
        .join(student, student.id == MessageReport.student_id)
        .outerjoin(Section, Section.id == MessageReport.section_id)
        .join(author, author.id == MessageReport.author_id)
        .join(reporter, reporter.id == MessageReport.reporter_id)
    )


def note_look(found: MessageReport, now: datetime, *, actor_id: int) -> None:
    """Write down that somebody looks at a report. To be committed before anything of it is shown."""
    _note("report.read", found, now, actor_id)


def shown(found: MessageReport) -> list[ShownMessage]:
    """The reported message with the few around it that had been sent by then; none once it is settled."""
    if found.settled_at is not None:
        return []
    with actor.looking_at_report(found.id):
        return office_reading.messages(
            _conversation_of(found),
            Message.seq.between(found.seq - AROUND, found.seq + AROUND),
            or_(Message.seq == found.seq, Message.sent_at <= found.reported_at),
        )


def _conversation_of(found: MessageReport) -> Conversation:
    return db.session.scalars(select(Conversation).where(Conversation.id == found.conversation_id)).one()


def file_of(found: MessageReport, public_id: str) -> tuple[FileLine, bytes] | None:
    """A file of one of these messages."""
    if public_id not in {file.public_id for message in shown(found) for file in message.files}:
        return None
    with actor.looking_at_report(found.id):
        return attachments.file_in(_conversation_of(found), public_id, also_removed=True)


def relationships_in(found: MessageReport) -> dict[int, str]:
    """What each guardian of the child is to it, by the key of the guardian."""
    rows = db.session.execute(
        select(Guardianship.guardian_id, Guardianship.relationship_name).where(
            Guardianship.student_id == found.student_id, Guardianship.school_id == found.school_id
        )
    )
    return {row[0]: row[1] for row in rows}


def take(found: MessageReport, now: datetime, *, actor_id: int) -> None:
    """Somebody looks at it now. Raises Settled."""
    if found.settled_at is not None:
        raise Settled
    if found.taken_by == actor_id:
        return
    found.taken_by, found.taken_at = actor_id, now
    _note("report.taken", found, now, actor_id)


def settle(found: MessageReport, outcome: ReportOutcome, done: str, now: datetime, *, actor_id: int) -> None:
    """It is settled; the reporter sees when. What it opened is closed. Raises Settled."""
    if found.settled_at is not None:
        raise Settled
    if found.taken_at is None:
        found.taken_by, found.taken_at = actor_id, now
    found.settled_by, found.settled_at, found.outcome, found.done = actor_id, now, outcome, done
    _note("report.settled", found, now, actor_id, outcome=outcome.value)


def _note(act: str, found: MessageReport, now: datetime, actor_id: int, **facts: Any) -> None:
    """The class stands among the facts only: no teacher's history of a class shows it."""
    keys = {"school_id": found.school_id, "actor_id": actor_id, "person_id": found.student_id}
    audit.record(act, now, **keys, report=found.public_id, section=found.section_id, seq=found.seq, **facts)
