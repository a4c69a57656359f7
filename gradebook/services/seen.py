"""Guardians confirm that they have seen the scores of an assignment, where a teacher asks for it.

Each guardian confirms alone and learns of nobody else; the teachers of the class see who has. Only what the family sees
anyway is asked about: a posted score that says something (grading.md G8).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import (
    Assignment,
    Enrollment,
    Guardianship,
    Role,
    RoleKind,
    Score,
    Section,
    SeenRequest,
    SeenScore,
    User,
)
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person


def unconfirmed(person: AnyPerson) -> Any:
    """How many scores of a child in a class wait for this guardian, as a column of a query that reads Guardianship and
    Section. The statement names the moment `now`."""
    return (
        select(func.count())
        .select_from(SeenRequest)
        .join(Assignment, Assignment.id == SeenRequest.assignment_id)
        .join(Score, and_(Score.assignment_id == Assignment.id, Score.student_id == Guardianship.student_id))
        .where(
            SeenRequest.section_id == Section.id,
            *_is_shown(bindparam("now")),
            ~_confirmed(person.id),
        )
        .correlate(Guardianship, Section)
        .scalar_subquery()
    )


def _is_shown(now: Any) -> tuple[ColumnElement[bool], ...]:
    """Conditions on SeenRequest, Assignment and Score: it is asked, and the family sees that something stands there."""
    return (
        SeenRequest.ended_at.is_(None),
        Assignment.deleted_at.is_(None),
        Assignment.posted_at <= now,
        _says_something(),
    )


def _says_something() -> ColumnElement[bool]:
    """Condition on Score: more than a private note."""
    return or_(
        Score.points.is_not(None),
        Score.percent.is_not(None),
        Score.letter.is_not(None),
        Score.status != Status.none,
        Score.comment.is_not(None),
    )


def _confirmed(guardian_id: Any) -> ColumnElement[bool]:
    seen = aliased(SeenScore)
    return (
        select(seen.request_id)
        .where(
            seen.request_id == SeenRequest.id,
            seen.student_id == Score.student_id,
            seen.guardian_id == guardian_id,
            seen.seq == Score.seq,
        )
        .correlate(SeenRequest, Score)
        .exists()
    )


# --- A guardian


class ToConfirm(NamedTuple):
    """One score that a guardian is asked about."""

    request_id: int
    assignment_id: int
    public_id: str
    """Of the assignment."""
    seq: int
    """The version of the score."""
    asked_by: str
    confirmed_at: datetime | None
    """When this guardian confirmed this very score."""


def scores_to_confirm(section: Section, student_id: int, guardian_id: int, now: datetime) -> list[ToConfirm]:
    """What this guardian is asked about in a class of the child, found through the guardian; confirmed ones too."""
    seen, teacher = aliased(SeenScore), aliased(User)
    mine = and_(
        seen.request_id == SeenRequest.id,
        seen.student_id == Score.student_id,
        seen.guardian_id == guardian_id,
        seen.seq == Score.seq,
    )
    rows = db.session.execute(
        select(SeenRequest.id, Assignment.id, Assignment.public_id, Score.seq, teacher.display_name, seen.confirmed_at)
        .select_from(SeenRequest)
        .join(Assignment, Assignment.id == SeenRequest.assignment_id)
        .join(Score, and_(Score.assignment_id == Assignment.id, Score.student_id == student_id))
        .join(teacher, teacher.id == SeenRequest.asked_by)
        .outerjoin(seen, mine)
        .where(SeenRequest.section_id == section.id, *_is_shown(now))
        .order_by(SeenRequest.asked_at.desc(), SeenRequest.id.desc())
    )
    return [ToConfirm(*row) for row in rows]


def confirm(
    asked: Iterable[ToConfirm], seen: Mapping[str, int], *, school_id: int, student_id: int, guardian_id: int,
    now: datetime,
) -> int:  # fmt: skip
    """Note what this guardian confirms. `seen`: the version that stood on their page, by the assignment's public id.

    A score that changed since is left, so that nobody confirms what they did not see. Returns how many were noted or
    had been.
    """
    count = 0
    for one in asked:
        if seen.get(one.public_id) != one.seq:
            continue
        count += 1
        if one.confirmed_at is None:
            _note(one, school_id, student_id, guardian_id, now)
    return count


def _note(one: ToConfirm, school_id: int, student_id: int, guardian_id: int, now: datetime) -> None:
    key = (one.request_id, student_id, guardian_id)
    row = db.session.get(SeenScore, key, with_for_update=True)
    if row is None:
        row = SeenScore(
            request_id=one.request_id, student_id=student_id, guardian_id=guardian_id, school_id=school_id,
            seq=one.seq, confirmed_at=now,
        )  # fmt: skip
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:  # the same button, pressed twice
            row = db.session.get_one(SeenScore, key, with_for_update=True)
    row.seq, row.confirmed_at = one.seq, now


# --- A teacher


@dataclass
class Reader:
    """A guardian who is asked, and what came of it."""

    name: str
    relationship: str
    confirmed_at: datetime | None = None
    is_older: bool = False
    """What was confirmed is not the score that stands there now."""


@dataclass
class Line:
    """One student whose guardians are asked."""

    student: User
    readers: list[Reader] = field(default_factory=list)

    @property
    def is_seen(self) -> bool:
        """Whether one of them confirmed the score that stands there now."""
        return any(reader.confirmed_at and not reader.is_older for reader in self.readers)


def request_for(assignment: Assignment) -> SeenRequest | None:
    """The request in force about this assignment."""
    query = select(SeenRequest).where(SeenRequest.assignment_id == assignment.id, SeenRequest.ended_at.is_(None))
    found: SeenRequest | None = db.session.scalar(query)
    return found


def ask_to_confirm(section: Section, assignment: Assignment, *, actor_id: int, now: datetime) -> None:
    """Ask the guardians of every student with a posted score; asked twice, it is asked once."""
    if request_for(assignment) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                SeenRequest(
                    school_id=section.school_id, section_id=section.id, assignment_id=assignment.id,
                    asked_by=actor_id, asked_at=now,
                )
            )  # fmt: skip
    except IntegrityError:  # a colleague asked at the same moment
        return


def stop_asking(assignment: Assignment, *, now: datetime) -> None:
    """Nobody is asked any more; what was confirmed is kept."""
    request = request_for(assignment)
    if request is not None:
        request.ended_at = now


def lines_of(person: Person, section: Section, assignment: Assignment, now: datetime) -> list[Line]:
    """The students of today with something to confirm, and what each guardian did, in three statements at most.

    Named are guardians who see the grades today. A teacher who is or was a child's guardian learns of no other one
    (docs/decisions/0015).
    """
    day = section.school.today(now)
    scored = _students_asked(section, assignment, day)
    lines = {student.id: Line(student) for student, _seq in scored}
    seqs = {student.id: seq for student, seq in scored}
    request = request_for(assignment)
    seen = _seen_of(request) if request else {}
    for student_id, guardian, relationship in _guardians(person, section, list(lines), day):
        row = seen.get((student_id, guardian.id))
        reader = Reader(guardian.display_name, relationship)
        if row is not None:
            reader.confirmed_at, reader.is_older = row.confirmed_at, row.seq != seqs[student_id]
        lines[student_id].readers.append(reader)
    return list(lines.values())


def _students_asked(section: Section, assignment: Assignment, day: Any) -> list[tuple[User, int]]:
    rows = db.session.execute(
        select(User, Score.seq)
        .join(Enrollment, Enrollment.user_id == User.id)
        .join(Score, and_(Score.student_id == User.id, Score.assignment_id == assignment.id))
        .where(
            Enrollment.section_id == section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
            scopes.holds_on(Enrollment, day),
            _says_something(),
        )
        .order_by(User.name_key, User.id)
    )
    return [(user, seq) for user, seq in rows]


def _seen_of(request: SeenRequest) -> dict[tuple[int, int], SeenScore]:
    rows = db.session.scalars(select(SeenScore).where(SeenScore.request_id == request.id))
    return {(row.student_id, row.guardian_id): row for row in rows}


def _guardians(person: Person, section: Section, student_ids: list[int], day: Any) -> list[tuple[int, User, str]]:
    if not student_ids:
        return []
    child = aliased(User)
    rows = db.session.execute(
        select(child.id, User, Guardianship.relationship_name)
        .select_from(Guardianship)
        .join(User, User.id == Guardianship.guardian_id)
        .join(child, child.id == Guardianship.student_id)
        .join(Role, and_(Role.user_id == User.id, Role.school_id == Guardianship.school_id))
        .where(
            Guardianship.student_id.in_(student_ids),
            Guardianship.school_id == section.school_id,
            scopes.holds_on(Guardianship, day),
            Role.kind == RoleKind.PARENT,
            scopes.holds_on(Role, day),
            scopes.active_users(),
            scopes.sees_grades_on(day),
            ~scopes.is_guardian_by_any_date(person.id, child.id),
        )
        .order_by(User.name_key, User.id)
    )
    return [(student_id, user, relationship) for student_id, user, relationship in rows]
