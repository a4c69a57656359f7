"""The day on which a student comes of age, and the links that end with it. Nothing here commits.

A link's end is worked out whenever something changes of which it is made, and stored as the link's `ends_on`: every
rule, on both databases, follows by itself from that day on, and no job has to run at midnight.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Guardianship, Role, RoleKind, School, User
from gradebook.policy.coming_of_age import Ends, day_of_age, ends_by, ends_of, rights_pass_on
from gradebook.policy.person import Person
from gradebook.services import audit

SOON = timedelta(days=60)
"""How long before the day the office, the guardians and the student are told."""


def of_age_on(student: User, school: School) -> date | None:
    """The student's first day with the rights at this school; None where nothing is recorded."""
    return rights_pass_on(recorded_day(student, school), student.birth_date, school.age_of_majority)


def birthday_of_age(student: User, school: School) -> date | None:
    """The same by the date of birth alone."""
    return day_of_age(student.birth_date, school.age_of_majority)


@dataclass(frozen=True)
class Recorded:
    """What the office recorded for a student, as a page shows it."""

    day: date | None


def recorded_day(student: User, school: School) -> date | None:
    """The day that the office recorded for the student, if any."""
    return db.session.scalar(select(Role.rights_pass_on).where(*_role_of(student, school)))


def _role_of(student: User, school: School) -> tuple[Any, ...]:
    return Role.user_id == student.id, Role.school_id == school.id, Role.kind == RoleKind.STUDENT


@dataclass(frozen=True)
class Told:
    """What a family's page says of the day: at which school, and whether it has come."""

    school: str
    day: date
    has_come: bool


def told_student(person: Person) -> list[Told]:
    """The days on which the signed-in student comes of age, one for each school, from 60 days before to 60 days after.

    No statement: all of it came with the request.
    """
    birth_date = person.account.birth_date
    days = [
        (role, rights_pass_on(role.rights_pass_on, birth_date, role.age_of_majority)) for role in person.roles_in_use
    ]
    return [
        Told(role.school_name, day, day <= person.school_days[role.school_id])
        for role, day in days
        if day is not None and abs(day - person.school_days[role.school_id]) <= SOON
    ]


def is_soon(day: date | None, today: date) -> bool:
    """Whether a guardian, whose rights end that day, is told of it."""
    return day is not None and today < day <= today + SOON


# --- Keeping the ends of links


@dataclass(frozen=True)
class Moved:
    """A link whose end coming of age has moved, or given back."""

    link: Guardianship
    before: Ends
    after: Ends
    today: date


def settle(now: datetime, *which: Any, actor_id: int | None, logs_ahead: bool = True) -> list[Moved]:
    """Work out anew when links end: `which` are conditions on Guardianship. One statement if nothing moves.

    Returns those whose end has moved; each is written into the audit log. logs_ahead=False: only those that hold today
    and did not before, or the other way round, for a roster file can bring the birthdays of a whole school.
    """
    db.session.flush()
    rows = db.session.execute(
        select(Guardianship, User.birth_date, Role.rights_pass_on, School)
        .join(User, User.id == Guardianship.student_id)
        .join(School, School.id == Guardianship.school_id)
        .outerjoin(
            Role,
            and_(
                Role.user_id == Guardianship.student_id,
                Role.school_id == Guardianship.school_id,
                Role.kind == RoleKind.STUDENT,
            ),
        )
        .where(
            *which,
            or_(
                User.birth_date.is_not(None), Role.rights_pass_on.is_not(None), Guardianship.rights_pass_on.is_not(None)
            ),
        )
        .order_by(Guardianship.id)
        .execution_options(populate_existing=True)
    ).all()
    found = [_settled(*row, now) for row in rows]
    moved = [one for one in found if one.before != one.after]
    for one in moved:
        if logs_ahead or _holds(one.before, one) != _holds(one.after, one):
            _note(one, now, actor_id)
    return moved


def _settled(
    link: Guardianship, birth_date: date | None, recorded: date | None, school: School, now: datetime
) -> Moved:
    today = school.today(now)
    before = ends_of(link)
    after = ends_by(link, rights_pass_on(recorded, birth_date, school.age_of_majority), today)
    _write(link, after)
    return Moved(link, before, after, today)


def _write(link: Guardianship, ends: Ends) -> None:
    link.ends_on, link.rights_pass_on, link.ends_on_otherwise = (
        ends.ends_on,
        ends.rights_pass_on,
        ends.ends_on_otherwise,
    )


def write_own_dates(link: Guardianship, begins_on: date, ends_on: date | None) -> None:
    """The link's own dates, beside an end by coming of age where there is one; to be settled afterwards."""
    passes = link.rights_pass_on and max(link.rights_pass_on, begins_on)
    link.begins_on = begins_on
    if passes is None or (ends_on is not None and ends_on <= passes):
        _write(link, Ends(ends_on))
    else:
        _write(link, Ends(passes, passes, ends_on))


def _note(moved: Moved, now: datetime, actor_id: int | None) -> None:
    link, end = moved.link, moved.after.rights_pass_on
    audit.record(
        "guardianship.ends_with_age" if end else "guardianship.goes_on", now, school_id=link.school_id,
        actor_id=actor_id, person_id=link.student_id, guardian=link.guardian_id, day=end.isoformat() if end else None,
        was=moved.before.ends_on.isoformat() if moved.before.ends_on else None,
    )  # fmt: skip


# --- What the office records


def record_day(student: User, school: School, day: date | None, now: datetime, *, actor_id: int) -> bool:
    """The day from which the student holds the rights at this school, None to go by the date of birth again.

    False if that is recorded already, or the person was never a student of the school.
    """
    role = db.session.scalar(select(Role).where(*_role_of(student, school)))
    if role is None or role.rights_pass_on == day:
        return False
    before, role.rights_pass_on = role.rights_pass_on, day
    audit.record(
        "person.of_age_recorded", now, school_id=school.id, actor_id=actor_id, person_id=student.id,
        day=day.isoformat() if day else None, was=before.isoformat() if before else None,
    )  # fmt: skip
    settle(now, Guardianship.student_id == student.id, Guardianship.school_id == school.id, actor_id=actor_id)
    return True


def set_age(school: School, age: int | None, now: datetime, *, actor_id: int) -> list[Moved]:
    """The school's age of majority; None: only days that the office records. Returns the links whose end moved."""
    if school.age_of_majority == age:
        return []
    before, school.age_of_majority = school.age_of_majority, age
    audit.record("school.age_of_majority_changed", now, school_id=school.id, actor_id=actor_id, age=age, was=before)
    return settle(now, Guardianship.school_id == school.id, actor_id=actor_id)


@dataclass(frozen=True)
class Effect:
    """How many links another age ends today, opens again today, and ends on another day."""

    end_now: int
    hold_again: int
    end_later: int


def effect_of_age(school: School, age: int | None, now: datetime, *, actor_id: int) -> Effect:
    """What set_age would do: done and undone."""
    nested = db.session.begin_nested()
    try:
        moved = [_kind_of(one) for one in set_age(school, age, now, actor_id=actor_id)]
    finally:
        nested.rollback()
    return Effect(*(moved.count(kind) for kind in ("ends now", "holds again", "ends later")))


def _kind_of(moved: Moved) -> str:
    held, holds = _holds(moved.before, moved), _holds(moved.after, moved)
    return "ends later" if held == holds else "holds again" if holds else "ends now"


def _holds(ends: Ends, moved: Moved) -> bool:
    begun = moved.link.begins_on <= moved.today
    return begun and (ends.ends_on is None or ends.ends_on > moved.today)


# --- Who is to be thought of


def ending_soon(school: School, today: date) -> list[Guardianship]:
    """The links that coming of age ends within 60 days because no basis is recorded, the first to end first."""
    return _between(school, today + timedelta(days=1), today + SOON)


def ended_lately(school: School, today: date) -> list[Guardianship]:
    """Those that it ended within the last 60 days, the latest first."""
    return _between(school, today - SOON, today)[::-1]


def _between(school: School, first: date, last: date) -> list[Guardianship]:
    return list(
        db.session.scalars(
            select(Guardianship)
            .join(User, User.id == Guardianship.student_id)
            .options(joinedload(Guardianship.student), joinedload(Guardianship.guardian))
            .where(Guardianship.school_id == school.id, Guardianship.rights_pass_on.between(first, last))
            .order_by(Guardianship.rights_pass_on, User.name_key, Guardianship.id)
        )
    )


def students_ending_soon(school: School, today: date) -> int:
    """How many students come of age within 60 days and have a guardian without a recorded basis."""
    found = select(func.count(Guardianship.student_id.distinct())).where(
        Guardianship.school_id == school.id,
        Guardianship.rights_pass_on.between(today + timedelta(days=1), today + SOON),
    )
    return db.session.scalar(found) or 0
