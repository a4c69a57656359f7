"""Handing out the record of a conversation: who may fetch it, until when, how often; and what the log says of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Approval,
    AuditEntry,
    Conversation,
    Enrollment,
    Guardianship,
    RecordExport,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import oversight
from gradebook.policy.person import Person
from gradebook.services import approvals, audit, message_rules, messaging
from gradebook.services.approvals import ApprovalError, ApprovalFault
from gradebook.services.audit_log import fact

KIND = oversight.RECORD
"""The act that a second person agrees to."""
FETCHED_FOR = timedelta(days=7)
"""How long the two people may fetch a record after the second one has agreed."""
MOST_AN_HOUR = 10
"""Records that one person fetches in an hour."""


class TooManyRecords(ValueError):
    """The person has fetched as many records in the last hour as one may."""


class NoConversation(ValueError):
    """Nothing was ever written between them."""


class AskedAlready(ValueError):
    """The same record waits for a second person, or can be fetched."""


# --- Asking for one, by the office


def guardians_for(student: User, school: School) -> list[User]:
    """Whoever was ever recorded as a guardian of the child, by name."""
    return list(
        db.session.scalars(
            select(User)
            .join(Guardianship, Guardianship.guardian_id == User.id)
            .where(Guardianship.student_id == student.id, Guardianship.school_id == school.id)
            .order_by(User.name_key, User.id)
        )
    )


def classes_for(student: User, school: School) -> list[Section]:
    """The classes in which the child is or was, by title."""
    places = select(Enrollment.section_id).where(
        Enrollment.user_id == student.id, Enrollment.school_id == school.id, Enrollment.role_kind == RoleKind.STUDENT
    )
    return list(db.session.scalars(select(Section).where(Section.id.in_(places)).order_by(Section.title, Section.id)))


def ask(
    person: Person,
    student: User,
    at: Section | School,
    guardian_ids: tuple[int, ...],
    reason: str,
    now: datetime,
) -> Approval:
    """Ask for the record of the conversation of this guardian (of both, together) with the teachers of the class, or
    with the office of the school.

    Raises NoConversation, AskedAlready, and ApprovalError (ALONE, PARTIES, NO_REASON).
    """
    conversation_id = conversation_of(student, at, guardian_ids)
    if conversation_id is None:
        raise NoConversation
    details: dict[str, Any] = {"conversation_id": conversation_id, "guardian_ids": list(guardian_ids)}
    school, section_id = (at.school, at.id) if isinstance(at, Section) else (at, None)
    waiting = approvals.waiting_of_kind(school.id, KIND, now)
    if any(each.details == details for each in waiting) or _is_open(person, conversation_id):
        raise AskedAlready
    if not oversight.others_can_agree_to_record(person, student, at):
        raise ApprovalError(ApprovalFault.ALONE if approvals.is_alone(school, now) else ApprovalFault.PARTIES)
    return approvals.ask(person, KIND, details, reason, now, person_id=student.id, section_id=section_id)


def conversation_of(student: User, at: Section | School, guardian_ids: tuple[int, ...]) -> int | None:
    """The key of the conversation of this guardian (of both, together) with the teachers of the class, or with the
    office of the school, if something was written there. Only whether there is one is looked up; nothing is read."""
    if isinstance(at, School):  # the office takes part in it, and two guardians never share one
        own = messaging.office_key(student.id, guardian_ids[0]) if len(guardian_ids) == 1 else ""
        return _written(at.id, own)
    if len(guardian_ids) == 1:
        key = messaging.conversation_key(student.id, at.id, guardian_ids[0])
    else:
        key = message_rules.joint_key(student.id, at.id, (guardian_ids[0], guardian_ids[1]))
    with actor.classes_opened([at.id]):  # the office takes no part in it
        return _written(at.school_id, key)


def _written(school_id: int, key: str) -> int | None:
    return db.session.scalar(
        select(Conversation.id).where(
            Conversation.school_id == school_id, Conversation.key == key, Conversation.last_seq > 0
        )
    )


def _is_open(person: Person, conversation_id: int) -> bool:
    mine = select(RecordExport.id).where(
        RecordExport.conversation_id == conversation_id, oversight.records_to_fetch(person)
    )
    return bool(db.session.scalar(select(mine.exists())))


def open_record(approval: Approval, _person: Person, now: datetime) -> None:
    """What is done when the second person agrees: both may fetch the record for some days."""
    db.session.add(
        RecordExport(
            school_id=approval.school_id, conversation_id=approval.details["conversation_id"],
            approval_id=approval.id, asked_by=approval.asked_by, approved_by=approval.answered_by, approved_at=now,
            ends_at=now + FETCHED_FOR,
        )
    )  # fmt: skip
    db.session.flush()


# --- What the office has


def waiting(person: Person, now: datetime) -> list[Approval]:
    """The records that this person knows to wait for a second person."""
    return [each for each in approvals.waiting(person, now) if each.kind == KIND]


@dataclass(frozen=True)
class ExportLine:
    """A record that two people agreed on."""

    export: RecordExport
    approval: Approval
    student: str
    section: str | None
    """None: a conversation with the office."""
    is_open: bool
    """The person who looks may fetch it now."""
    fetched: list[tuple[str, datetime, str]]
    """Who fetched it, when, and the SHA-256 of what they got."""


def exports(person: Person) -> list[ExportLine]:
    """The records of the school that this office runs, the newest first; none of a conversation of one's own."""
    rows = db.session.execute(
        select(RecordExport, Approval, User.display_name, Section.title, oversight.records_to_fetch(person))
        .join(Approval, Approval.id == RecordExport.approval_id)
        .join(User, User.id == Approval.person_id)
        .outerjoin(Section, Section.id == Approval.section_id)
        .where(oversight.records_of_office(person))
        .order_by(RecordExport.approved_at.desc(), RecordExport.id.desc())
        .limit(50)
    ).all()
    fetched = _fetched([row[0].public_id for row in rows], [row[1].section_id for row in rows])
    return [ExportLine(*row, fetched.get(row[0].public_id, [])) for row in rows]


def _fetched(public_ids: list[str], section_ids: list[int | None]) -> dict[str, list[tuple[str, datetime, str]]]:
    entries = db.session.execute(
        select(AuditEntry.at, AuditEntry.facts, User.display_name)
        .join(User, User.id == AuditEntry.actor_id)
        .where(
            or_(AuditEntry.section_id.in_(section_ids), AuditEntry.section_id.is_(None)),
            AuditEntry.act == "record.fetched",
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    found: dict[str, list[tuple[str, datetime, str]]] = {}
    for at, facts, name in entries:
        if facts.get("export") in public_ids:
            found.setdefault(facts["export"], []).append((name, at, facts["sha256"]))
    return found


# --- Fetching


def keep_to_the_limit(person: Person, now: datetime) -> None:
    """Raises TooManyRecords where this person has fetched as many in the last hour as one may."""
    schools = select(AuditEntry.id).where(
        AuditEntry.school_id.in_(list(person.school_days)),
        AuditEntry.at > now - timedelta(hours=1),
        AuditEntry.act == "record.fetched",
        AuditEntry.actor_id == person.id,
    )
    if (db.session.scalar(select(func.count()).select_from(schools.subquery())) or 0) >= MOST_AN_HOUR:
        raise TooManyRecords


def note_fetched(
    person: Person, conversation: Conversation, digest: str, now: datetime, export: RecordExport | None = None
) -> None:
    """Write down that the person gets this record, before it is given. Raises TooManyRecords."""
    db.session.execute(
        select(User.id).where(User.id == person.id).with_for_update(key_share=True)
    )  # counted one by one
    keep_to_the_limit(person, now)
    facts = {"export": export.public_id} if export is not None else {}
    audit.record(
        "record.fetched", now, school_id=conversation.school_id, actor_id=person.id,
        person_id=conversation.student_id, section_id=conversation.section_id,
        conversation=conversation.public_id, sha256=digest, **facts,
    )  # fmt: skip


def fetched_as(digest: str) -> list[tuple[datetime, int | None, int | None]]:
    """When a file with this SHA-256 was given to whom, at which school: (when, key of the person, of the school)."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.actor_id, AuditEntry.school_id)
        .where(AuditEntry.act == "record.fetched", fact("sha256") == digest)
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]
