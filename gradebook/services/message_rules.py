"""What decides who is reached besides rights and dates: muting, writing closed by the office, joint conversations.

Whoever calls has asked the policy first.
"""

from datetime import datetime

from sqlalchemy import func, select, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Enrollment,
    NoticeKind,
    Participant,
    Role,
    RoleKind,
    School,
    Section,
    User,
    WritingClosure,
)
from gradebook.policy import scopes
from gradebook.policy.conversations import Correspondence
from gradebook.policy.person import Person
from gradebook.services import audit, messaging, notices

LONGEST_REASON = 500


class NoReason(ValueError):
    """Nobody's writing is closed without a reason that the person is told."""


# --- Muting, by guardians


def set_muted(person: Person, conversation: Conversation, muted: bool, now: datetime) -> None:
    """Keep a conversation out of the badge and the notices of this guardian, or take it in again.

    What the office must tell reaches them all the same. For a teacher it does nothing: teachers have office hours.
    """
    db.session.execute(
        update(Participant)
        .where(
            Participant.conversation_id == conversation.id,
            Participant.user_id == person.id,
            Participant.role_kind == RoleKind.PARENT,
        )
        .values(muted_at=now if muted else None)
        .execution_options(synchronize_session=False)
    )


def is_muted(person: Person, conversation: Conversation) -> bool:
    """Whether this person has muted it."""
    own = (Participant.conversation_id == conversation.id, Participant.user_id == person.id)
    return db.session.scalar(select(Participant.muted_at).where(*own)) is not None


# --- Closing a person's writing, by the office


def closure_of(user: User, school: School) -> WritingClosure | None:
    """How the person's writing is closed at this school, if it is."""
    return db.session.scalar(
        select(WritingClosure).where(
            WritingClosure.user_id == user.id,
            WritingClosure.school_id == school.id,
            WritingClosure.opened_at.is_(None),
        )
    )


def may_have_writing_closed(user: User, school: School, now: datetime) -> bool:
    """Whether there is anything to close: the person is a guardian or a teacher of the school today."""
    return bool(_kinds(user, school, now))


def _kinds(user: User, school: School, now: datetime) -> list[RoleKind]:
    return list(
        db.session.scalars(
            select(Role.kind)
            .where(
                Role.user_id == user.id,
                Role.school_id == school.id,
                Role.kind.in_((RoleKind.PARENT, RoleKind.TEACHER)),
                scopes.holds_on(Role, school.today(now)),
            )
            .order_by(Role.kind)
        )
    )


def close_writing(user: User, school: School, reason: str, now: datetime, *, actor_id: int) -> None:
    """From the next request on the person writes no message at this school; reading goes on, and they are told why.

    A second time changes nothing. The row of the user is to be locked (rosters.locked). Raises NoReason.
    """
    if not reason.strip():
        raise NoReason
    kinds = _kinds(user, school, now)
    if closure_of(user, school) is not None or not kinds:
        return
    db.session.add(
        WritingClosure(school_id=school.id, user_id=user.id, reason=reason, closed_by=actor_id, closed_at=now)
    )
    notices.require(NoticeKind.WRITING_CLOSED, school.id, [(user.id, kinds[0])], now)
    audit.record("messages.writing_closed", now, school_id=school.id, actor_id=actor_id, person_id=user.id)


def open_writing(user: User, school: School, now: datetime, *, actor_id: int) -> None:
    """The person may write again."""
    closure = closure_of(user, school)
    if closure is None:
        return
    closure.opened_at, closure.opened_by = now, actor_id
    audit.record("messages.writing_opened", now, school_id=school.id, actor_id=actor_id, person_id=user.id)


# --- Joint conversations, by the office


def joint_key(student_id: int, section_id: int, guardian_ids: tuple[int, int]) -> str:
    """What makes a joint conversation one, whoever of the two is named first."""
    first, second = sorted(guardian_ids)
    return f"joint:{student_id}:{section_id}:{first}:{second}"


def open_joint(pairs: tuple[Correspondence, Correspondence], now: datetime, *, actor_id: int) -> Conversation:
    """The one conversation of two guardians of a child with the teachers of a class; both guardians are told.

    `pairs` are from policy.conversations.may_be_joined. A second time finds the first.
    """
    first, second = pairs
    student, section = first.student, first.section
    key = joint_key(student.id, section.id, (first.guardian.id, second.guardian.id))
    facts = {
        "school_id": section.school_id, "key": key, "student_id": student.id, "section_id": section.id,
        "guardian_id": first.guardian.id, "created_by": actor_id, "created_at": now, "is_joint": True,
    }  # fmt: skip
    known = (Conversation.school_id == section.school_id, Conversation.key == key)
    with actor.classes_opened([section.id]):  # the office takes no part in it
        is_new = db.session.scalar(select(func.count()).select_from(Conversation).where(*known)) == 0
        conversation = messaging.open_with_key(facts, now, (first.guardian, second.guardian))
    if is_new:
        people = [(pair.guardian.id, RoleKind.PARENT) for pair in pairs]
        notices.require(NoticeKind.JOINT, section.school_id, people, now, conversation.id)
        audit.record(
            "messages.joint_opened", now, school_id=section.school_id, actor_id=actor_id, person_id=student.id,
            section_id=section.id, guardian=first.guardian.id, adult=second.guardian.id,
        )  # fmt: skip
    return conversation


def joint_of(student: User, school: School) -> list[tuple[Section, list[str]]]:
    """The joint conversations about a child: the class and the names of the guardians, never a word of them."""
    classes = select(Enrollment.section_id).where(Enrollment.user_id == student.id, Enrollment.school_id == school.id)
    with actor.classes_opened(db.session.scalars(classes)):  # the office takes no part in them
        return _joint_of(student, school)


def _joint_of(student: User, school: School) -> list[tuple[Section, list[str]]]:
    rows = db.session.execute(
        select(Conversation.id, Section, User.display_name)
        .join(Section, Section.id == Conversation.section_id)
        .join(Participant, Participant.conversation_id == Conversation.id)
        .join(User, User.id == Participant.user_id)
        .where(
            Conversation.student_id == student.id,
            Conversation.school_id == school.id,
            Conversation.is_joint,
            Participant.role_kind == RoleKind.PARENT,
        )
        .order_by(Section.title, Conversation.id, User.name_key)
    )
    found: dict[int, tuple[Section, list[str]]] = {}
    for key, section, name in rows:
        found.setdefault(key, (section, []))[1].append(name)
    return list(found.values())


# --- The school's rules


def set_past_hidden(school: School, hidden: bool, now: datetime, *, actor_id: int) -> None:
    """Whether a guardian whose link has ended no longer reads the earlier conversations."""
    if school.hides_past_conversations == hidden:
        return
    school.hides_past_conversations = hidden
    audit.record("school.past_conversations_changed", now, school_id=school.id, actor_id=actor_id, hidden=hidden)


def set_questions_taken(school: School, taken: bool, now: datetime, *, actor_id: int) -> None:
    """Whether students can ask about a score. What was asked before stays, and can be answered."""
    if school.takes_score_questions == taken:
        return
    school.takes_score_questions = taken
    audit.record("school.score_questions_changed", now, school_id=school.id, actor_id=actor_id, taken=taken)
