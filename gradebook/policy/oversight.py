"""Who of the office looks into conversations: by a duty named on the office role, and never into one's own.

PostgreSQL says the same by itself (migrations/versions/0025_reported_messages.py).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.models import (
    AuditEntry,
    Duty,
    Enrollment,
    Guardianship,
    Message,
    MessageKind,
    MessageReport,
    OversightDuty,
    RoleKind,
)
from gradebook.policy import conversations, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person


def reviews(person: Person, _thing: object = None) -> bool:
    """Acts for an office that has named this person for reported messages."""
    return _has(person, Duty.REVIEWER)


def supervises(person: Person, _thing: object = None) -> bool:
    """Acts for an office that has named this person to see what reviewers open."""
    return _has(person, Duty.SUPERVISOR)


def _has(person: Person, duty: Duty) -> bool:
    own = (OversightDuty.user_id == person.id, OversightDuty.school_id.in_(scopes.schools_run_by(person)))
    found = select(OversightDuty.user_id).where(*own, OversightDuty.duty == duty)
    return person.recall(duty, None, lambda: db.session.scalar(found) is not None)


def may_report(person: Person, message: Message) -> bool:
    """Reads the conversation and has not written the message; one that was removed may be reported too."""
    is_of_another = message.author_id != person.id and message.kind == MessageKind.TEXT
    return is_of_another and conversations.may_read(person, message.conversation)


def is_party(person: Person, student_id: Any, section_id: Any) -> ColumnElement[bool]:
    """Was ever recorded as a guardian of the child, or teaches the class or ever did."""
    taught = select(Enrollment.id).where(
        Enrollment.user_id == person.id,
        Enrollment.section_id == section_id,
        Enrollment.role_kind == RoleKind.TEACHER,
    )
    return scopes.is_guardian_by_any_date(person.id, student_id) | taught.correlate_except(Enrollment).exists()


def reports_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on MessageReport: this person may look at it."""
    if not reviews(person):
        return false()
    return and_(
        MessageReport.school_id.in_(scopes.schools_run_by(person)),
        ~is_party(person, MessageReport.student_id, MessageReport.section_id),
    )


def log_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on AuditEntry: what the office sees of the log. What was reported and read of conversations is in it
    for those with a duty alone, and for them not about their own children and students."""
    of_oversight = AuditEntry.act.startswith("report.")
    if not (reviews(person) or supervises(person)):
        return and_(scopes.log_of_office(person), ~of_oversight)
    own_children = select(Guardianship.student_id).where(Guardianship.guardian_id == person.id)
    taught, place = aliased(Enrollment), aliased(Enrollment)
    own_students = (
        select(place.user_id)
        .join(taught, taught.section_id == place.section_id)
        .where(taught.user_id == person.id, taught.role_kind == RoleKind.TEACHER, place.role_kind == RoleKind.STUDENT)
    )
    own = or_(AuditEntry.person_id.in_(own_children), AuditEntry.person_id.in_(own_students))
    return and_(scopes.log_of_office(person), ~and_(of_oversight, own))


def report_for_office(person: Person, public_id: str) -> MessageReport:
    """A report that this person may look at. Raises NotFound."""
    key = conversations.key_of(public_id)
    found = db.session.scalar(select(MessageReport).where(MessageReport.public_id == key, reports_of_office(person)))
    if found is None:
        raise NotFound
    return found
