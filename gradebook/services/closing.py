"""Closing and reopening a term or grading period: the checklist, the classes it holds, how far it is (G16).

What is part of a closed term is closed with it, so a class only has to know its own term and its periods. The grades
are kept by services/freezing.py.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, text, update
from sqlalchemy.orm.attributes import set_committed_value

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Assignment,
    Category,
    Enrollment,
    GradingScale,
    MasteryScale,
    RoleKind,
    School,
    Score,
    Section,
    SessionKind,
    User,
)
from gradebook.services import audit, freezing, periods, queue
from gradebook.services.outcome_waiting import ratings_hidden, ratings_not_given
from gradebook.services.rosters import RosterError, RosterFault
from gradebook.services.stored_grades import Scope

LONGEST_REASON = 500


# --- Before closing


class Unfinished(NamedTuple):
    """What a class has not finished."""

    section: Section
    teachers: tuple[str, ...]
    blanks: int
    """Scores that are not entered though the work was due."""
    hidden: int
    """Scores that families cannot see."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return not self.blanks and not self.hidden


@dataclass(frozen=True)
class Checklist:
    """The classes that a closing holds, by title."""

    classes: list[Unfinished] = field(default_factory=list)

    @property
    def unfinished(self) -> list[Unfinished]:
        """Those in which something is left to do."""
        return [one for one in self.classes if not one.is_finished]

    @property
    def blanks(self) -> int:
        """Of all classes."""
        return sum(one.blanks for one in self.classes)

    @property
    def hidden(self) -> int:
        """Of all classes."""
        return sum(one.hidden for one in self.classes)


def checklist(session: AcademicSession, now: datetime) -> Checklist:
    """What is unfinished in each class that closing the term would hold; five statements, and two more where some
    of them grade outcomes."""
    school = db.session.get_one(School, session.school_id)
    branch = _branch(session)
    sections = list(db.session.scalars(_sections(session, branch).order_by(Section.title, Section.id)))
    sections = [section for section in sections if not section.ended]
    keys = [section.id for section in sections]
    day = school.today(now)
    blanks, hidden = _left_to_do(sections, branch, day, now)
    teachers = _teachers(keys, day)
    return Checklist(
        [
            Unfinished(one, tuple(teachers.get(one.id, ())), blanks.get(one.id, 0), hidden.get(one.id, 0))
            for one in sections
        ]
    )


def _left_to_do(
    sections: list[Section], branch: "Branch", day: date, now: datetime
) -> tuple[dict[int, int], dict[int, int]]:
    """By class: what is not entered, and what is not posted; ratings in classes that grade outcomes, else scores."""
    keys = [section.id for section in sections if not section.grades_outcomes]
    blanks, hidden = _blanks(keys, branch, day), _hidden(keys, branch, day, now)
    rated = [section.id for section in sections if section.grades_outcomes]
    if rated:
        work = _work_in(rated, branch)
        blanks |= ratings_not_given(work, day)
        hidden |= ratings_hidden(work, day, now)
    return blanks, hidden


def _blanks(keys: Collection[int], branch: "Branch", day: date) -> dict[int, int]:
    """By class: students of today × work that was due while they were there, without anything entered."""
    entered = or_(
        Score.points.is_not(None),
        Score.percent.is_not(None),
        Score.letter.is_not(None),
        Score.status.in_(("missing", "excused", "incomplete")),
    )
    return _counts(
        select(Assignment.section_id, func.count())
        .join(Category, Category.id == Assignment.category_id)
        .join(Section, Section.id == Assignment.section_id)
        .join(Enrollment, and_(*_student_of_today(Assignment.section_id, day)))
        .outerjoin(Score, and_(Score.assignment_id == Assignment.id, Score.student_id == Enrollment.user_id, entered))
        .where(
            *_work_in(keys, branch),
            Assignment.counts,
            Assignment.due_on < day,
            Assignment.due_on >= Enrollment.begins_on,
            Score.seq.is_(None),
        )
    )


def _hidden(keys: Collection[int], branch: "Branch", day: date, now: datetime) -> dict[int, int]:
    """By class: entered scores of students of today that are not posted."""
    return _counts(
        select(Assignment.section_id, func.count())
        .join(Category, Category.id == Assignment.category_id)
        .join(Section, Section.id == Assignment.section_id)
        .join(Score, Score.assignment_id == Assignment.id)
        .join(Enrollment, and_(*_student_of_today(Assignment.section_id, day), Enrollment.user_id == Score.student_id))
        .where(
            *_work_in(keys, branch),
            or_(Assignment.posted_at.is_(None), Assignment.posted_at > now),
            or_(
                Score.points.is_not(None),
                Score.percent.is_not(None),
                Score.letter.is_not(None),
                Score.status != "none",
            ),
        )
    )


def _student_of_today(section_id: Any, day: date) -> tuple[Any, ...]:
    return (
        Enrollment.section_id == section_id,
        Enrollment.role_kind == RoleKind.STUDENT,
        Enrollment.begins_on <= day,
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on > day),
    )


def _work_in(keys: Collection[int], branch: "Branch") -> tuple[Any, ...]:
    """Work of these classes that the closing holds: all of a class whose term it is, else what is in its periods."""
    return (
        Assignment.section_id.in_(keys),
        Assignment.deleted_at.is_(None),
        Category.deleted_at.is_(None),
        or_(Section.term_id.in_(branch.keys), Assignment.grading_period_id.in_(branch.keys)),
    )


def _counts(query: Any) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Assignment.section_id))}


def _teachers(keys: Collection[int], day: date) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for section_id, name in db.session.execute(
        select(Enrollment.section_id, User.display_name)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.section_id.in_(keys),
            Enrollment.role_kind == RoleKind.TEACHER,
            Enrollment.begins_on <= day,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on > day),
        )
        .order_by(User.name_key, User.id)
    ):
        found.setdefault(section_id, []).append(name)
    return found


# --- Closing and reopening


def close_session(school: School, session: AcademicSession, now: datetime, *, actor_id: int) -> int:
    """Close a term with everything that is part of it. How many classes in use it holds.

    From the commit on nothing that makes its grades can change. The grades themselves are kept by jobs, a few classes
    in each (services/freezing.py), so that nobody waits for all of them. Raises ALREADY_CLOSED.
    """
    branch = _held_branch(school, session)
    if branch.session.closed_at is not None:
        raise RosterError(RosterFault.ALREADY_CLOSED, title=session.title)
    closing = [one for one in branch.sessions if one.closed_at is None]
    for one in closing:
        one.closed_at, one.closed_by = now, actor_id
    db.session.flush()
    _hold_scales(school)
    sections = _held_sections(session, branch)
    count = sum(not section.ended for section in sections)
    _write([_closed(section, closing, now) for section in sections])
    plan_keeping([section.id for section in sections], now)
    _note("session.closed", session, now, actor_id, parts=_titles(closing), classes=count)
    return count


def plan_keeping(section_ids: Sequence[int], now: datetime) -> None:
    """Jobs that keep what a closing left to be kept, a few classes in each: one that fails holds up no other."""
    for first in range(0, len(section_ids), freezing.KEPT_AT_ONCE):
        keys = list(section_ids[first : first + freezing.KEPT_AT_ONCE])
        queue.enqueue("keep_grades", now, sections=keys)


class _Marks(NamedTuple):
    """What the row of a class says of closings."""

    section: Section
    closings: dict[str, str]
    unkept: dict[str, list[Scope]]


def _closed(section: Section, closing: Iterable[AcademicSession], now: datetime) -> _Marks:
    """What is closed of the class from now on, and of what grades are to be kept."""
    own = [one for one in closing if one.id == section.term_id or one.kind == SessionKind.GRADING_PERIOD]
    unkept = {str(one.id): _scopes(section, one) for one in own}
    return _Marks(
        section, section.closings | {str(one.id): now.isoformat() for one in own}, (section.unkept or {}) | unkept
    )


def _scopes(section: Section, session: AcademicSession) -> list[Scope]:
    """The grades that end with this term or period."""
    period: list[Scope] = [session.id] if session.kind == SessionKind.GRADING_PERIOD else []
    return [*period, None] if session.id == section.term_id else period


def reopen_session(school: School, session: AcademicSession, reason: str, now: datetime, *, actor_id: int) -> int:
    """Open a term again with what was closed together with it; the kept grades are dropped, and what is not kept yet
    will not be. How many classes.

    Raises NOT_CLOSED, NO_REASON, and PART_OF_CLOSED (with the `title` of what it is part of).
    """
    branch = _held_branch(school, session)
    closed_at = branch.session.closed_at
    if closed_at is None:
        raise RosterError(RosterFault.NOT_CLOSED, title=session.title)
    if not reason.strip():
        raise RosterError(RosterFault.NO_REASON)
    if branch.closed_above is not None:
        raise RosterError(RosterFault.PART_OF_CLOSED, title=branch.closed_above.title)
    opening = [one for one in branch.sessions if one.closed_at == closed_at]
    for one in opening:
        one.closed_at = one.closed_by = None
    db.session.flush()
    sections = _held_sections(session, branch)
    keys = {str(one.id) for one in opening}
    _write([_opened(section, keys) for section in sections])
    dropped = freezing.drop_copies(sections, now)
    count = sum(not section.ended for section in sections)
    _note(
        "session.reopened", session, now, actor_id, reason=reason.strip()[:LONGEST_REASON], parts=_titles(opening),
        classes=count, grades=dropped, closed_at=closed_at.isoformat(),
    )  # fmt: skip
    return count


def _opened(section: Section, keys: Collection[str]) -> _Marks:
    """What stays closed of the class."""
    closings = {key: since for key, since in section.closings.items() if key not in keys}
    return _Marks(section, closings, {key: some for key, some in (section.unkept or {}).items() if key in closings})


def _write(marks: Sequence[_Marks]) -> None:
    """Write it on the rows of the classes, which take their next number: in one statement for all."""
    table: Any = Section.__table__
    rows = [
        {
            "key_of_row": one.section.id,
            "new_number": one.section.last_seq + 1,
            "new_closings": one.closings,
            "new_unkept": one.unkept or None,
        }
        for one in marks
    ]
    if rows:
        written: dict[str, Any] = {
            "last_seq": bindparam("new_number"),
            "closings": bindparam("new_closings"),
            "unkept": bindparam("new_unkept"),
        }
        db.session.execute(update(table).where(table.c.id == bindparam("key_of_row")).values(written), rows)
    for one in marks:
        set_committed_value(one.section, "last_seq", one.section.last_seq + 1)
        set_committed_value(one.section, "closings", one.closings)
        set_committed_value(one.section, "unkept", one.unkept or None)


def _held_sections(session: AcademicSession, branch: "Branch") -> list[Section]:
    """The classes that the closing holds, locked in the order of their keys as every act on several does it.

    They take no number by counters.next_number: that would first keep all that an earlier closing left to be kept.
    """
    query = _sections(session, branch).order_by(Section.id).with_for_update(of=Section, key_share=True)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _held_branch(school: School, session: AcademicSession) -> "Branch":
    """The term and its parts; nobody else changes the school's calendar or these classes until the commit.

    First the classes, then the rows of the calendar, as a teacher who adds work holds a class and then asks for the
    period in which it lies. Rows that only refer to the school or to a term can still be written: a worker that keeps
    grades holds a class and must not wait for us.
    """
    if db.engine.dialect.name == "postgresql":  # an import of a roster holds the calendar, and then classes
        db.session.execute(text("LOCK TABLE academic_sessions IN ROW EXCLUSIVE MODE"))
    db.session.execute(select(School.id).where(School.id == school.id).with_for_update(key_share=True))
    _held_sections(session, _branch(session))
    return _branch(session, hold=True)


def _hold_scales(school: School) -> None:
    """No letter or level changes while the grades that have them become final (as both services of scales ask)."""
    for model in (GradingScale, MasteryScale):
        db.session.execute(
            select(model.id).where(model.school_id == school.id).order_by(model.id).with_for_update(read=True)
        )


# --- How far the keeping is


class Progress(NamedTuple):
    """Of how many classes the grades of a closed term are kept."""

    kept: int
    """Classes in use, as `classes` are."""
    classes: int
    is_done: bool
    """Whether nothing is left, of ended classes either."""


def progress_of(session: AcademicSession) -> Progress:
    """How far the keeping of a closed term is, in two statements."""
    branch = _branch(session)
    keys = {str(key) for key in branch.keys}
    rows = db.session.execute(_sections(session, branch).with_only_columns(Section.unkept, Section.ended)).all()
    waiting = [row for row in rows if not keys.isdisjoint(row.unkept or {})]
    classes = sum(not row.ended for row in rows)
    return Progress(classes - sum(not row.ended for row in waiting), classes, not waiting)


def _titles(sessions: Iterable[AcademicSession]) -> list[str]:
    return [one.title for one in sessions]


def _note(act: str, session: AcademicSession, now: datetime, actor_id: int, **facts: Any) -> None:
    audit.record(
        act, now, school_id=session.school_id, actor_id=actor_id, session_id=session.id, title=session.title, **facts
    )


class Closed(NamedTuple):
    """Who closed a term, and what it is part of that is closed too."""

    by: str | None
    at: datetime
    above: AcademicSession | None


def closing_of(session: AcademicSession) -> Closed | None:
    """How the term came to be closed; None: it is open."""
    if session.closed_at is None:
        return None
    by = db.session.get(User, session.closed_by) if session.closed_by else None
    return Closed(by.display_name if by else None, session.closed_at, _branch(session).closed_above)


# --- What belongs together


class Branch(NamedTuple):
    """A term with everything that is part of it, and what it is part of."""

    sessions: list[AcademicSession]
    """The term itself first."""
    above: list[AcademicSession]

    @property
    def session(self) -> AcademicSession:
        """The term itself."""
        return self.sessions[0]

    @property
    def keys(self) -> list[int]:
        """Of the term and its parts."""
        return [one.id for one in self.sessions]

    @property
    def closed_above(self) -> AcademicSession | None:
        """What is closed of what it is part of."""
        return next((one for one in self.above if one.closed_at is not None), None)


def _branch(session: AcademicSession, *, hold: bool = False) -> Branch:
    """In one statement, whose rows are held if asked for."""
    query = select(AcademicSession).where(AcademicSession.school_id == session.school_id).order_by(AcademicSession.id)
    if hold:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    known = {one.id: one for one in db.session.scalars(query)}
    return Branch(periods.parts_of(known[session.id], known), periods.line_above(known[session.id], known)[1:])


def _sections(session: AcademicSession, branch: Branch) -> Any:
    """The classes that closing holds: taught in the term or a part of it, or taught longer, with periods in it."""
    periods = [one.id for one in branch.sessions if one.kind == SessionKind.GRADING_PERIOD]
    longer = [one.id for one in branch.above] if periods else []
    has_work = exists().where(Assignment.section_id == Section.id, Assignment.grading_period_id.in_(periods))
    return select(Section).where(
        Section.school_id == session.school_id,
        or_(Section.term_id.in_([*branch.keys, *longer]), has_work),
    )
