"""Who of the office looks into conversations: by a duty named on the office role, and never into one's own.

PostgreSQL says the same by itself (migrations/versions/0025_reported_messages.py, 0032_reviews.py).
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, func, null, or_, select
from sqlalchemy.orm import aliased, joinedload

from gradebook.extensions import db
from gradebook.models import (
    Approval,
    AuditEntry,
    Conversation,
    ConversationKind,
    Duty,
    Enrollment,
    Guardianship,
    LegalHold,
    Message,
    MessageKind,
    MessageReport,
    OversightDuty,
    OversightReview,
    Participant,
    RecordExport,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import conversations, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person

HOLD = "review.hold_line"
"""The kind of the approval by which a line is held back."""
RECORD = "conversation.export"
"""The kind of the approval by which the record of a conversation is handed out."""


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
    """Reads the conversation and has not written the message; one that was removed may be reported too. Not the office,
    to which it would be reported."""
    if person.acts_as(RoleKind.OFFICE) or message.author_id == person.id or message.kind != MessageKind.TEXT:
        return False
    return conversations.may_read(person, message.conversation)


def is_party(person: Person, student_id: Any, section_id: Any) -> ColumnElement[bool]:
    """Was ever recorded as a guardian of the child, or teaches the class or ever did."""
    return _is_party(person.id, student_id, section_id)


def _is_party(adult_id: Any, student_id: Any, section_id: Any) -> ColumnElement[bool]:
    taught = select(Enrollment.id).where(
        Enrollment.user_id == adult_id,
        Enrollment.section_id == section_id,
        Enrollment.role_kind == RoleKind.TEACHER,
    )
    return scopes.is_guardian_by_any_date(adult_id, student_id) | taught.correlate_except(Enrollment).exists()


def reports_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on MessageReport: this person may look at it, who has not written the message."""
    if not reviews(person):
        return false()
    return and_(
        MessageReport.author_id != person.id,
        MessageReport.school_id.in_(scopes.schools_run_by(person)),
        ~is_party(person, MessageReport.student_id, MessageReport.section_id),
    )


def log_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on AuditEntry: what the office sees of the log. What was reported and read of conversations is in it
    for those with a duty alone, and for them not about their own children and students; the record of a conversation
    for nobody who is a party of it, but what they did themselves."""
    to_hold = and_(AuditEntry.act.startswith("approval."), AuditEntry.facts["kind"].as_string() == HOLD)
    of_oversight = or_(AuditEntry.act.startswith("report."), AuditEntry.act.startswith("review."), to_hold)
    if reviews(person) or supervises(person):
        of_oversight = and_(of_oversight, _is_own(person, AuditEntry.person_id))
    return and_(scopes.log_of_office(person), ~of_oversight, ~_of_own_conversation(person))


def _of_own_conversation(person: Person) -> ColumnElement[bool]:
    """Somebody else asked for, fetched or held what was written in a conversation of which this person is a party."""
    held = and_(AuditEntry.act.startswith("hold."), AuditEntry.facts["is_one_conversation"].as_boolean())
    to_hand_out = and_(AuditEntry.act.startswith("approval."), AuditEntry.facts["kind"].as_string() == RECORD)
    handed_out = and_(
        or_(AuditEntry.act == "record.fetched", to_hand_out),
        is_party(person, AuditEntry.person_id, AuditEntry.section_id),
    )
    return and_(AuditEntry.actor_id != person.id, or_(handed_out, and_(held, _is_own(person, AuditEntry.person_id))))


def _is_own(person: Person, student_id: Any) -> ColumnElement[bool]:
    """A child or a student of this person, by any date."""
    own_children = select(Guardianship.student_id).where(Guardianship.guardian_id == person.id)
    taught, place = aliased(Enrollment), aliased(Enrollment)
    own_students = (
        select(place.user_id)
        .join(taught, taught.section_id == place.section_id)
        .where(taught.user_id == person.id, taught.role_kind == RoleKind.TEACHER, place.role_kind == RoleKind.STUDENT)
    )
    return or_(student_id.in_(own_children), student_id.in_(own_students))


def report_for_office(person: Person, public_id: str) -> MessageReport:
    """A report that this person may look at. Raises NotFound."""
    key = conversations.key_of(public_id)
    found = db.session.scalar(select(MessageReport).where(MessageReport.public_id == key, reports_of_office(person)))
    if found is None:
        raise NotFound
    return found


# --- Reviews


def may_open_review(person: Person, student: User, section: Section | None = None) -> bool:
    """Is named for it, and neither a guardian of the child nor a teacher of the class, by any date.

    A review of all conversations about a child leaves out the classes that this person teaches or ever taught.
    """
    if not reviews(person):
        return False
    party = scopes.is_guardian_by_any_date(person.id, student.id)
    if section is not None:
        party = is_party(person, student.id, section.id)
    return not db.session.scalar(select(party))


def reviews_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on OversightReview: one's own; all of the school for who watches, but about one's own children and
    students."""
    here = OversightReview.school_id.in_(scopes.schools_run_by(person))
    if supervises(person):
        return and_(here, ~_is_own(person, OversightReview.student_id))
    return and_(here, OversightReview.opened_by == person.id) if reviews(person) else false()


def review_for_office(person: Person, public_id: str) -> OversightReview:
    """A review that this person may see: its reason, scope, notes and what was opened. Raises NotFound."""
    key = conversations.key_of(public_id)
    found = db.session.scalar(
        select(OversightReview).where(OversightReview.public_id == key, reviews_of_office(person))
    )
    if found is None:
        raise NotFound
    return found


def reviews_to_hold(person: Person) -> ColumnElement[bool]:
    """Condition on OversightReview: this person may agree that the conversations are not told yet. Who watches over
    the school's reviews may, about neither own children nor own students."""
    return reviews_of_office(person) if supervises(person) else false()


def may_read_in(person: Person, review: OversightReview) -> bool:
    """Opened it, is still named for it, and it is open today."""
    day = person.school_days.get(review.school_id)
    return day is not None and reviews(person) and review.opened_by == person.id and review.is_open(day)


def covered_conversations(person: Person, review: OversightReview) -> ColumnElement[bool]:
    """Condition on Conversation: within what the review covers, and none of one's own; nor any with the office, which
    reads them without a review."""
    about = and_(
        Conversation.school_id == review.school_id,
        Conversation.student_id == review.student_id,
        Conversation.kind == ConversationKind.FAMILY,
    )
    if review.section_id is not None:
        joins = select(Participant.user_id).where(
            Participant.conversation_id == Conversation.id, Participant.user_id == review.guardian_id
        )
        with_guardian = or_(
            Conversation.guardian_id == review.guardian_id,
            and_(Conversation.is_joint, joins.correlate(Conversation).exists()),
        )
        about = and_(about, Conversation.section_id == review.section_id, with_guardian)
    return and_(about, ~is_party(person, Conversation.student_id, Conversation.section_id))


def covered_messages(review: OversightReview, timezone: str) -> ColumnElement[bool]:
    """Condition on Message: sent between the two days of the review."""
    zone = ZoneInfo(timezone)
    begins = datetime.combine(review.first_day, time(), zone)
    ends = datetime.combine(review.last_day + timedelta(days=1), time(), zone)
    return and_(Message.sent_at >= begins, Message.sent_at < ends)


# --- What a second person agrees to


def approvals_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on Approval: somebody of the school that this office runs has asked for it. That a line is to be held
    back is known to whoever asked and to who watches alone: it says that there is a review, and why it is dangerous.
    That a record is asked for is known to no party of the conversation."""
    schools = scopes.schools_run_by(person)
    watches = select(OversightDuty.user_id).where(
        OversightDuty.user_id == person.id,
        OversightDuty.school_id.in_(schools),
        OversightDuty.duty == Duty.SUPERVISOR,
    )
    not_own = ~func.coalesce(_is_own(person, Approval.person_id), false())
    told = or_(Approval.asked_by == person.id, and_(watches.exists(), not_own))
    own_record = and_(Approval.kind == RECORD, is_party(person, Approval.person_id, Approval.section_id))
    return and_(Approval.school_id.in_(schools), or_(Approval.kind != HOLD, told), ~own_record)


def approval_for_office(person: Person, public_id: str) -> Approval:
    """What somebody of the school that this office runs has asked for. Raises NotFound."""
    found = db.session.scalar(
        select(Approval)
        .options(joinedload(Approval.asker), joinedload(Approval.answerer))
        .where(Approval.public_id == public_id, approvals_of_office(person))
    )
    if found is None:
        raise NotFound
    return found


# --- Records of conversations


def may_ask_for_record(person: Person, student: User, at: Section | School) -> bool:
    """Neither a guardian of the child nor a teacher of the class, by any date; of a school it is the conversation with
    the office, whose people may ask."""
    section_id = at.id if isinstance(at, Section) else null()
    return not db.session.scalar(select(is_party(person, student.id, section_id)))


def others_can_agree_to_record(person: Person, student: User, at: Section | School) -> bool:
    """Whether anybody else acts for the office today who is no party of the conversation."""
    school_id, section_id = (at.school_id, at.id) if isinstance(at, Section) else (at.id, null())
    others = (
        select(Role.id)
        .join(User, User.id == Role.user_id)
        .where(
            Role.school_id == school_id,
            Role.kind == RoleKind.OFFICE,
            Role.user_id != person.id,
            scopes.holds_on(Role, person.school_days[school_id]),
            scopes.active_users(),
            ~_is_party(Role.user_id, student.id, section_id),
        )
    )
    return bool(db.session.scalar(select(others.exists())))


def records_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on RecordExport: handed out at the school that this office runs, this person being no party of it."""
    own = select(Approval.id).where(
        Approval.id == RecordExport.approval_id, is_party(person, Approval.person_id, Approval.section_id)
    )
    here = RecordExport.school_id.in_(scopes.schools_run_by(person))
    return and_(here, ~own.correlate(RecordExport).exists())


def records_to_fetch(person: Person) -> ColumnElement[bool]:
    """Condition on RecordExport: asked for or agreed to by this person of the office, no party of it, until it ends."""
    return and_(
        records_of_office(person),
        or_(RecordExport.asked_by == person.id, RecordExport.approved_by == person.id),
        RecordExport.ends_at > person.now,
    )


def record_for_office(person: Person, public_id: str) -> RecordExport:
    """A record that this person may fetch. Raises NotFound."""
    key = conversations.key_of(public_id)
    found = db.session.scalar(select(RecordExport).where(RecordExport.public_id == key, records_to_fetch(person)))
    if found is None:
        raise NotFound
    return found


# --- Holds


def holds_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on LegalHold: of the school that this office runs. One on a single conversation says that there is one:
    it is shown to nobody whose own child or student it is about."""
    here = LegalHold.school_id.in_(scopes.schools_run_by(person))
    return and_(here, or_(LegalHold.conversation_id.is_(None), ~_is_own(person, LegalHold.person_id)))


def holds_to_lift(person: Person) -> ColumnElement[bool]:
    """Of these: what keeps one's own conversations, or those about an own child or student, somebody else lifts."""
    return and_(holds_of_office(person), LegalHold.person_id != person.id, ~_is_own(person, LegalHold.person_id))


def hold_to_lift(person: Person, public_id: str) -> LegalHold:
    """A hold that this person may lift. Raises NotFound."""
    key = conversations.key_of(public_id)
    found = db.session.scalar(select(LegalHold).where(LegalHold.public_id == key, holds_to_lift(person)))
    if found is None:
        raise NotFound
    return found
