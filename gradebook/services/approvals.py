"""Acts that need a second person: one of the office asks, another agrees or refuses.

    approvals.ask(person, "record.export", {"conversation_id": 7}, reason, now, person_id=child.id)

Nothing is done before somebody else agrees; then services/approved_acts.py does it, in the same transaction.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Answer, Approval, Role, RoleKind, School
from gradebook.policy import oversight, scopes
from gradebook.policy.person import Person
from gradebook.services import audit, rosters

LASTS = timedelta(days=7)
"""How long something usually waits."""
LONGEST_REASON = 500
ANSWERED_SHOWN = 20


class ApprovalFault(StrEnum):
    """Why something cannot be asked for or answered."""

    ALONE = "alone"
    """The school has one office account: nobody could agree."""
    ANSWERED = "answered"
    ASKER_LEFT = "asker_left"
    """Who asked no longer works in the office: what was asked holds no longer."""
    NO_REASON = "no_reason"
    NOT_NAMED = "not_named"
    """Only who watches over messages may agree to it (services/duties.py)."""
    NOT_YOURS = "not_yours"
    """Only who asked can withdraw it."""
    OVER = "over"
    PARTIES = "parties"
    """Everybody else of the office is a party of what it is about: nobody could agree."""
    OWN = "own"
    """It was the same person who asked."""


class ApprovalError(ValueError):
    """Nothing was changed; `fault` says why."""

    def __init__(self, fault: ApprovalFault) -> None:
        super().__init__(fault)
        self.fault = fault


def ask(
    person: Person,
    kind: str,
    details: dict[str, Any],
    reason: str,
    now: datetime,
    *,
    person_id: int | None = None,
    section_id: int | None = None,
    lasts: timedelta = LASTS,
) -> Approval:
    """Let an act of this kind wait until another person of the office agrees. Raises ALONE, NO_REASON.

    `person` acts for the office of one school. `details` are keys and plain values: all that the act needs.
    """
    school = _school_of(person)
    _refuse_if(not reason.strip(), ApprovalFault.NO_REASON)
    _refuse_if(is_alone(school, now), ApprovalFault.ALONE)
    approval = Approval(
        school_id=school.id, kind=kind, details=details, reason=reason, person_id=person_id, section_id=section_id,
        asked_by=person.id, asked_at=now, ends_at=now + lasts,
    )  # fmt: skip
    db.session.add(approval)
    db.session.flush()
    _record("approval.asked", approval, person.id, now, reason=reason)
    return approval


def is_alone(school: School, now: datetime) -> bool:
    """Whether nobody could agree: the school has one office account."""
    return rosters.office_accounts(school, school.today(now)) < 2


def approve(
    approval: Approval, person: Person, act: Callable[[Approval, Person, datetime], None], now: datetime
) -> None:
    """Agree, and do it. The row is to be locked (rosters.locked). Raises ANSWERED, OVER, OWN, ASKER_LEFT, and what
    the act raises."""
    _refuse_unless_open(approval, now)
    _refuse_if(approval.asked_by == person.id, ApprovalFault.OWN)
    _refuse_if(not _works_in_the_office(approval, now), ApprovalFault.ASKER_LEFT)
    _answer(approval, Answer.APPROVED, None, person, now)
    act(approval, person, now)


def refuse(approval: Approval, why: str, person: Person, now: datetime) -> None:
    """Say no, with a reason for who asked. The row is to be locked. Raises ANSWERED, OVER, OWN, NO_REASON."""
    _refuse_unless_open(approval, now)
    _refuse_if(approval.asked_by == person.id, ApprovalFault.OWN)
    _refuse_if(not why.strip(), ApprovalFault.NO_REASON)
    _answer(approval, Answer.REFUSED, why, person, now)


def withdraw(approval: Approval, person: Person, now: datetime) -> None:
    """Who asked no longer asks. The row is to be locked. Raises ANSWERED, OVER, NOT_YOURS."""
    _refuse_unless_open(approval, now)
    _refuse_if(approval.asked_by != person.id, ApprovalFault.NOT_YOURS)
    _answer(approval, Answer.WITHDRAWN, None, person, now)


def waiting(person: Person, now: datetime) -> list[Approval]:
    """What waits in the school that this office runs, the oldest first."""
    return list(db.session.scalars(_of_office(person).where(*_waits(now)).order_by(Approval.asked_at, Approval.id)))


def waiting_of_kind(school_id: int, kind: str, now: datetime) -> list[Approval]:
    """What waits of one kind: to find out whether the same was asked for already."""
    query = select(Approval).where(Approval.school_id == school_id, Approval.kind == kind, *_waits(now))
    return list(db.session.scalars(query.order_by(Approval.asked_at, Approval.id)))


def answered(person: Person, now: datetime) -> list[Approval]:
    """What was answered, or ran out, the newest first."""
    over = or_(Approval.answer.is_not(None), Approval.ends_at <= now)
    newest = func.coalesce(Approval.answered_at, Approval.ends_at).desc()
    return list(db.session.scalars(_of_office(person).where(over).order_by(newest, Approval.id).limit(ANSWERED_SHOWN)))


def count_for(person: Person, now: datetime) -> int:
    """How much waits for this person: what others of the office have asked for."""
    conditions = (oversight.approvals_of_office(person), Approval.asked_by != person.id, *_waits(now))
    return db.session.scalar(select(func.count()).select_from(Approval).where(*conditions)) or 0


def _of_office(person: Person) -> Any:
    return (
        select(Approval)
        .options(joinedload(Approval.asker), joinedload(Approval.answerer))
        .where(oversight.approvals_of_office(person))
    )


def _waits(now: datetime) -> tuple[Any, ...]:
    return Approval.answer.is_(None), Approval.ends_at > now


def _school_of(person: Person) -> School:
    (school_id,) = scopes.schools_run_by(person)
    return db.session.get_one(School, school_id)


def _works_in_the_office(approval: Approval, now: datetime) -> bool:
    """Whoever was locked out meanwhile must not get by what they asked for before."""
    day = db.session.get_one(School, approval.school_id).today(now)
    role = select(Role.id).where(
        Role.user_id == approval.asked_by,
        Role.school_id == approval.school_id,
        Role.kind == RoleKind.OFFICE,
        scopes.holds_on(Role, day),
    )
    return approval.asker.deactivated_at is None and bool(db.session.scalar(select(role.exists())))


def _answer(approval: Approval, answer: Answer, why: str | None, person: Person, now: datetime) -> None:
    approval.answer, approval.why = answer, why
    approval.answered_by, approval.answered_at = person.id, now
    db.session.flush()
    _record(f"approval.{answer}", approval, person.id, now, **({"reason": why} if why else {}))


def _record(act: str, approval: Approval, actor_id: int, now: datetime, **facts: Any) -> None:
    audit.record(
        act, now, school_id=approval.school_id, actor_id=actor_id, person_id=approval.person_id,
        section_id=approval.section_id, kind=approval.kind, approval=approval.public_id, **facts,
    )  # fmt: skip


def _refuse_unless_open(approval: Approval, now: datetime) -> None:
    _refuse_if(approval.answer is not None, ApprovalFault.ANSWERED)
    _refuse_if(now >= approval.ends_at, ApprovalFault.OVER)


def _refuse_if(wrong: bool, fault: ApprovalFault) -> None:
    if wrong:
        raise ApprovalError(fault)
