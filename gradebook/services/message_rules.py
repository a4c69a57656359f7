"""What decides who is reached besides rights and dates: muting, messages stopped by the office, joint conversations.

Whoever calls has asked the policy first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.live.notices import notice
from gradebook.models import (
    ClosureScope,
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
from gradebook.policy.stops import Stop, stops_of, stops_run_by
from gradebook.services import audit, messaging, notices

LONGEST_REASON = 500


class NoReason(ValueError):
    """Nobody's writing is closed without a reason that they are told."""


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


# --- Stopping messages at once, by the office


@dataclass(frozen=True)
class Told:
    """A stop as those whom it concerns are told."""

    stop: Stop
    reason: str
    school: School


def stops_told(person: Person) -> list[Told]:
    """What the office has stopped for this person, with its reasons; who acts for the office is told what it has
    stopped for others. Nothing is asked where nothing is stopped."""
    stops = {stop.key: stop for stop in (*stops_of(person), *stops_run_by(person))}
    if not stops:
        return []
    rows = db.session.execute(
        select(WritingClosure.public_id, WritingClosure.reason, School)
        .join(School, School.id == WritingClosure.school_id)
        .where(WritingClosure.public_id.in_(list(stops)))
    )
    found = {key: Told(stops[key], reason, school) for key, reason, school in rows}
    return [found[key] for key in stops if key in found]


def closures_of(school: School, now: datetime) -> list[WritingClosure]:
    """What is stopped at the school now: for everyone first, single people last."""
    rows = db.session.scalars(select(WritingClosure).where(*_in_force(school, now)).order_by(WritingClosure.closed_at))
    return sorted(rows, key=lambda row: row.scope == ClosureScope.PERSON)


def _in_force(school: School, now: datetime) -> tuple[Any, ...]:
    return (
        WritingClosure.school_id == school.id,
        WritingClosure.opened_at.is_(None),
        or_(WritingClosure.ends_at.is_(None), WritingClosure.ends_at > now),
    )


def closure_of(user: User, school: School, now: datetime) -> WritingClosure | None:
    """How the person's writing is closed at this school now, if it is."""
    return db.session.scalar(select(WritingClosure).where(*_in_force(school, now), WritingClosure.user_id == user.id))


def may_have_writing_closed(user: User, school: School, now: datetime) -> bool:
    """Whether there is anything to close or to open: the person is a guardian or a teacher of the school today, or was
    when it was closed."""
    return bool(_kinds(user, school, now)) or closure_of(user, school, now) is not None


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


def close_writing(
    user: User, school: School, reason: str, now: datetime, *, actor_id: int, ends_at: datetime | None = None
) -> None:
    """From the next request on the person writes no message at this school; reading goes on, and they are told why.

    A second time changes nothing. The row of the school is to be locked (rosters.locked). Raises NoReason.
    """
    kinds = _kinds(user, school, now)
    if not kinds or closure_of(user, school, now) is not None:
        return
    _close(school, reason, now, actor_id, scope=ClosureScope.PERSON, user_id=user.id, ends_at=ends_at)
    notices.require(NoticeKind.WRITING_CLOSED, school.id, [(user.id, kinds[0])], now)
    audit.record(
        "messages.writing_closed", now, school_id=school.id, actor_id=actor_id, person_id=user.id,
        ends_at=_iso(ends_at),
    )  # fmt: skip


def open_writing(user: User, school: School, now: datetime, *, actor_id: int) -> None:
    """The person may write again."""
    closure = closure_of(user, school, now)
    if closure is not None:
        lift(closure, school, now, actor_id=actor_id)


def stop(
    school: School, scope: ClosureScope, reason: str, now: datetime, *, actor_id: int, ends_at: datetime | None = None
) -> None:
    """From the next request on nobody of the scope writes at this school, or nobody writes addresses; open pages are
    told (gradebook/live). Reading goes on. A second time changes nothing.

    The row of the school is to be locked (rosters.locked). Raises NoReason, ValueError for the scope of one person.
    """
    if scope == ClosureScope.PERSON:
        raise ValueError(scope)
    if any(closure.scope == scope for closure in closures_of(school, now)):
        return
    _close(school, reason, now, actor_id, scope=scope, ends_at=ends_at)
    audit.record(
        "messages.stopped", now, school_id=school.id, actor_id=actor_id,
        scope=scope.value, reason=reason, ends_at=_iso(ends_at),
    )  # fmt: skip


def lift(closure: WritingClosure, school: School, now: datetime, *, actor_id: int) -> None:
    """The office ends a stop before its time; a second time, or after its end, changes nothing.

    The row of the school is to be locked (rosters.locked).
    """
    if closure not in closures_of(school, now):
        return
    closure.opened_at, closure.opened_by = now, actor_id
    _copy_to_school(school, now)
    act = "messages.writing_opened" if closure.scope == ClosureScope.PERSON else "messages.let_go_on"
    audit.record(act, now, school_id=school.id, actor_id=actor_id, person_id=closure.user_id, scope=closure.scope.value)


def _close(school: School, reason: str, now: datetime, actor_id: int, **facts: Any) -> None:
    if not reason.strip():
        raise NoReason
    db.session.add(WritingClosure(school_id=school.id, reason=reason, closed_by=actor_id, closed_at=now, **facts))
    _copy_to_school(school, now)


def _copy_to_school(school: School, now: datetime) -> None:
    """Onto the row that comes with every request; the same statement tells the open pages."""
    db.session.flush()
    copies = [
        {"key": row.public_id, "scope": row.scope, "user": row.user_id, "until": _iso(row.ends_at)}
        for row in closures_of(school, now)
    ]
    db.session.execute(
        update(School)
        .where(School.id == school.id)
        .values(closures=copies or None)
        .returning(School.id, *notice(db.engine.dialect.name, "school", School.id))
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def concerned(school: School, scope: ClosureScope, now: datetime) -> int:
    """How many people a stop of this scope would keep from writing."""
    kinds = {ClosureScope.GUARDIANS: [RoleKind.PARENT], ClosureScope.TEACHERS: [RoleKind.TEACHER]}
    found = db.session.scalar(
        select(func.count(func.distinct(Role.user_id)))
        .join(User, User.id == Role.user_id)
        .where(
            Role.school_id == school.id,
            Role.kind.in_(kinds.get(scope, [RoleKind.PARENT, RoleKind.TEACHER])),
            scopes.holds_on(Role, school.today(now)),
            scopes.active_users(),
        )
    )
    return int(found or 0)


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
    if section is None:
        raise ValueError("two guardians share no conversation with the office")
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
