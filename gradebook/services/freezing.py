"""Keeping grades as they were: of closed terms and periods, and of students who left (grading.md G16).

A copy holds as long as what it is of is closed or its student is gone; a copy that no longer holds is dropped, and
its row stays as history.

Closing only writes on each class what is to be kept (`Section.unkept`); the copies are made afterwards, a few classes
at a time, as of the moment of the closing. Until then that is how they are read (`still_to_keep`), and whoever is
about to change something in the class makes them first (services/counters.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, insert, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from gradebook.extensions import db
from gradebook.grading.frozen import freeze as as_data
from gradebook.grading.frozen import freeze_levels
from gradebook.grading.section_grade import Calculator
from gradebook.models import AcademicSession, Enrollment, FrozenGrade, RoleKind, School, Section
from gradebook.services import outcomes, queue, stored_grades
from gradebook.services.grades import (
    Cell,
    ClassWork,
    Student,
    by_student,
    cells_of,
    day_begins,
    graded_category,
    work_of,
    work_of_column,
)
from gradebook.services.previews import with_calculator
from gradebook.services.stored_grades import Key, Scope, StoredGrade, StoredGrades, StoredOverride

AT_ONCE = 20
"""Classes whose scores are in memory together."""
IN_ONE_JOB = 50
"""Classes whose leavers one job freezes, so that it does not keep others from writing for long."""
KEPT_AT_ONCE = 5
"""Classes of a closing whose grades are stored in one transaction."""

Row = dict[str, Any]
"""A row of frozen_grades."""
Scopes = Mapping[int, Collection[Scope]]
"""By class: of what grades are to be stored."""


class _Missing(NamedTuple):
    """A copy that is to be made."""

    student: Student
    scope: Scope


# --- Making copies


def freeze(sections: Sequence[Section], now: datetime, scopes: Scopes, *who: ColumnElement[bool]) -> int:
    """Store the grades of these classes' students, past ones too, where no copy holds yet; returns how many.

    `scopes` says for each class (by key) of what; `who` are conditions on Enrollment that leave students out. Call
    it with the classes locked.
    """
    chunks = (sections[first : first + AT_ONCE] for first in range(0, len(sections), AT_ONCE))
    return sum(_store(_rows(some, now, scopes, who, stored_grades.stored_of(some))) for some in chunks)


def _store(rows: Sequence[Row]) -> int:
    if rows:
        table: Any = FrozenGrade.__table__
        db.session.execute(insert(table), rows)
    return len(rows)


def _rows(
    sections: Sequence[Section], now: datetime, scopes: Scopes, who: Sequence[ColumnElement[bool]], stored: StoredGrades
) -> list[Row]:
    """The copies that are to be made, of the grades of that moment. Only reads; `stored` is all that there is."""
    db.session.flush()
    work = work_of(list(sections), now)
    missing = _missing([section.id for section in sections], scopes, who)
    students = {one.student.id for some in missing.values() for one in some}
    if not students:
        return []
    cells = by_student(cells_of([key for one in work.values() for key in one.by_id], students))
    parts = stored.by_class()
    for key, one in work.items():
        one.stored = parts.get(key, StoredGrades({}, {}))
    rows = [row for key, some in missing.items() for row in _copies(work[key], some, cells)]
    for section in sections:
        if section.grades_outcomes:
            _add_levels(section, now, [row for row in rows if row["section_id"] == section.id])
    return rows


def _missing(
    section_ids: Sequence[int], scopes: Scopes, who: Sequence[ColumnElement[bool]]
) -> dict[int, list[_Missing]]:
    """By class, the copies that are to be made, in two statements."""
    held = {
        tuple(row)
        for row in db.session.execute(
            select(FrozenGrade.section_id, FrozenGrade.student_id, FrozenGrade.period_id).where(
                FrozenGrade.section_id.in_(section_ids), FrozenGrade.dropped_at.is_(None)
            )
        )
    }
    places = select(Enrollment.section_id, Enrollment.user_id, Enrollment.begins_on, Enrollment.ends_on).where(
        Enrollment.section_id.in_(section_ids), Enrollment.role_kind == RoleKind.STUDENT, *who
    )
    found: dict[int, list[_Missing]] = {}
    for section_id, user_id, begins_on, ends_on in db.session.execute(places):
        student = Student(user_id, "", "", "", begins_on, ends_on)
        wanted = [scope for scope in scopes[section_id] if (section_id, user_id, scope) not in held]
        found.setdefault(section_id, []).extend(_Missing(student, scope) for scope in wanted)
    return found


def _copies(work: ClassWork, missing: Iterable[_Missing], cells: Mapping[int, list[Cell]]) -> Iterator[Row]:
    overrides = work.stored.overrides if work.stored else {}
    parts = {scope: of_period(work, scope) for scope in {one.scope for one in missing}}
    for student, scope in missing:
        part = parts[scope]
        own = [cell for cell in cells.get(student.id, ()) if cell.assignment_id in part.by_id]
        posted = [cell for cell in own if part.is_posted(part.by_id[cell.assignment_id])]
        yield {
            "school_id": work.section.school_id,
            "section_id": work.section.id,
            "student_id": student.id,
            "period_id": scope,
            "frozen_at": work.now,
            **_both(part, student, own, posted),
            "levels": None,
            "posted_levels": None,
            "override": _shown(part, overrides.get((work.section.id, student.id, scope))),
        }


def _both(work: ClassWork, student: Student, own: list[Cell], posted: list[Cell]) -> Row:
    """The grade as teachers see it, and as families do: without what is hidden, here or in a period kept earlier."""
    grade = as_data(work.grade(student, work.marks(own), posted_only=False))
    if len(posted) == len(own) and not (work.stored and work.stored.copies):
        return {"grade": grade, "posted_grade": None}
    family = as_data(work.grade(student, work.marks(posted), posted_only=False, for_family=True))
    return {"grade": grade, "posted_grade": None if family == grade else family}


def _add_levels(section: Section, now: datetime, rows: Iterable[Row]) -> None:
    """The levels of a class that grades outcomes stand beside the grade of the class: they are of all its ratings,
    whatever period the work lies in."""
    wanted = [row for row in rows if row["period_id"] is None]
    found = outcomes.class_outcomes(section, now) if wanted else None
    if found is None:
        return
    given = outcomes.ratings_of(list(found.aligned), [row["student_id"] for row in wanted])
    ratings = outcomes.by_student(given)
    for row in wanted:
        own = ratings.get(row["student_id"], [])
        levels, posted = (found.levels(found.results(own, posted_only=one)) for one in (False, True))
        row["levels"] = freeze_levels(levels)
        row["posted_levels"] = None if posted == levels else freeze_levels(posted)


def _shown(work: ClassWork, override: StoredOverride | None) -> dict[str, Any] | None:
    """What stands in place of the grade, as it is shown: the letter of a percentage may be another one tomorrow."""
    if override is None:
        return None
    letter = override.letter or work.calculator.letters.of(override.percent)
    percent = None if override.percent is None else f"{override.percent:.2f}"
    return {"percent": percent, "letter": letter, "reason": override.reason, "by": override.by}


def of_period(work: ClassWork, scope: Scope) -> ClassWork:
    """The class with the work of one grading period only, as its grade is computed (grading.md G11)."""
    if scope is None:
        return work
    columns = [column for column in work.columns if column.grading_period_id == scope]
    calculator = Calculator(
        work.calculator.rules,
        [graded_category(category) for category in work.categories],
        [work_of_column(column, work.timezone, work.now) for column in columns],
    )
    part = with_calculator(work, calculator)
    part.columns, part.by_id = columns, {column.id: column for column in columns}
    part.stored = StoredGrades({}, {})  # what is stored of the class is no grade of the period
    return part


def scopes_of(work: ClassWork) -> list[Scope]:
    """Everything of which a class gives grades: itself, and its grading periods."""
    return [None, *work.periods]


# --- What a closing left to be kept


def keep(sections: Sequence[Section]) -> int:
    """Store what closings left to be kept of these classes, as it was then; how many copies. Call it with the classes
    locked, before anything in them is changed."""
    count = _store(_unkept_rows(sections))
    _done(sections)
    return count


class WorkedOut(NamedTuple):
    """The copies that are to be made of a class, worked out without holding anybody up."""

    number: int
    """The class's number then: they hold as long as nobody took another one."""
    rows: list[Row]


def work_out(keys: Collection[int]) -> dict[int, WorkedOut]:
    """What `keep_classes` would store, by class. Only reads."""
    sections = list(db.session.scalars(_with_unkept().where(Section.id.in_(keys))))
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in _unkept_rows(sections):
        rows[row["section_id"]].append(row)
    return {section.id: WorkedOut(section.last_seq, rows[section.id]) for section in sections}


def keep_classes(keys: Collection[int], worked_out: Mapping[int, WorkedOut] | None = None) -> int:
    """Lock these classes and store what closings left to be kept of them; how many copies.

    Each is stored once, however often this is asked for. What was worked out before is taken as it is where nobody
    took a number since: every writer takes one, closing and reopening too.
    """
    ready = worked_out or {}
    query = _with_unkept().where(Section.id.in_(keys)).order_by(Section.id).with_for_update(of=Section, key_share=True)
    sections = list(db.session.scalars(query.execution_options(populate_existing=True)))
    as_read = [one for one in sections if one.id in ready and ready[one.id].number == one.last_seq]
    count = _store([row for section in as_read for row in ready[section.id].rows])
    _done(as_read)
    return count + keep([section for section in sections if section not in as_read])


def _done(sections: Sequence[Section]) -> None:
    """Nothing is left to be kept of these classes."""
    if sections:
        here = Section.id.in_([section.id for section in sections])
        db.session.execute(update(Section).where(here).values(unkept=None).execution_options(synchronize_session=False))
    for section in sections:
        set_committed_value(section, "unkept", None)


def unkept_classes(school_id: int | None = None, limit: int | None = None) -> list[int]:
    """Keys of the classes (of one school, if given) of which something is left to be kept, in their order."""
    query = select(Section.id).where(Section.unkept.is_not(None)).order_by(Section.id).limit(limit)
    return list(db.session.scalars(query if school_id is None else query.where(Section.school_id == school_id)))


def _with_unkept() -> Select[Section]:
    return select(Section).where(Section.unkept.is_not(None))


def still_to_keep(sections: Sequence[Section], student_ids: Collection[int] | None = None) -> dict[Key, StoredGrade]:
    """What is left to be kept of these classes (of these students only, if given) as it will be stored. Only reads."""
    who = () if student_ids is None else (Enrollment.user_id.in_(student_ids),)
    return {key_of(row): stored_grade(row) for row in _unkept_rows(sections, *who, to_read=True)}


def levels_to_keep(section: Section, student_ids: Collection[int] | None) -> dict[int, outcomes.Kept]:
    """The levels that will be stored of a class, by student. Only reads."""
    who = () if student_ids is None else (Enrollment.user_id.in_(student_ids),)
    rows = [row for row in _unkept_rows([section], *who, to_read=True) if row["levels"] is not None]
    return {row["student_id"]: outcomes.Kept(row["levels"], row["posted_levels"], row["frozen_at"]) for row in rows}


def _unkept_rows(sections: Iterable[Section], *who: ColumnElement[bool], to_read: bool = False) -> list[Row]:
    """The copies that closings left to be made, closing by closing: a later one is made of what an earlier one kept.

    `to_read`: only those that pages read, without the periods of classes that do not weigh them.
    """
    sections = [section for section in sections if section.unkept]
    if not sections:
        return []
    rows: list[Row] = []
    stored = stored_grades.stored_of(sections)
    for now, scopes in sorted(_by_moment(sections, to_read).items()):
        closed = [section for section in sections if section.id in scopes]
        some = _rows(closed, now, scopes, who, stored)
        stored.copies.update({key_of(row): stored_grade(row) for row in some})
        rows += some
    return rows


def _by_moment(sections: Iterable[Section], to_read: bool) -> dict[datetime, dict[int, list[Scope]]]:
    """What is left to be kept, by the moment of the closing and by class."""
    found: dict[datetime, dict[int, list[Scope]]] = defaultdict(dict)
    for section in sections:
        for key, scopes in (section.unkept or {}).items():
            here = found[datetime.fromisoformat(section.closings[key])].setdefault(section.id, [])
            wanted = [scope for scope in scopes if scope is None or section.weighs_periods or not to_read]
            here += [scope for scope in wanted if scope not in here]
    return found


def key_of(row: Row) -> Key:
    """Of what a copy is."""
    return row["section_id"], row["student_id"], row["period_id"]


def stored_grade(row: Row) -> StoredGrade:
    """A copy as it will be read."""
    posted = row["grade"] if row["posted_grade"] is None else row["posted_grade"]
    return StoredGrade(row["grade"], posted, row["override"], row["frozen_at"])


# --- Dropping copies


def drop_copies(sections: Sequence[Section], now: datetime) -> int:
    """Drop every copy of these classes of one school that has no reason left: its student is in the class and what
    it is of is open. Returns how many; call it with the classes locked and after the change that ends the reason."""
    if not sections:
        return 0
    db.session.flush()
    day = sections[0].school.today(now)
    dropped = db.session.execute(
        update(FrozenGrade)
        .where(
            FrozenGrade.section_id.in_([section.id for section in sections]),
            FrozenGrade.dropped_at.is_(None),
            ~_is_closed(),
            _is_here(day),
        )
        .values(dropped_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _is_closed() -> Any:
    """Whether the term or period that a copy is of is closed."""
    return (
        exists()
        .where(
            Section.id == FrozenGrade.section_id,
            AcademicSession.id == func.coalesce(FrozenGrade.period_id, Section.term_id),
            AcademicSession.closed_at.is_not(None),
        )
        .correlate(FrozenGrade)
    )


def _is_here(day: date) -> Any:
    """Whether the student's place in the class is not over."""
    return (
        exists()
        .where(
            Enrollment.section_id == FrozenGrade.section_id,
            Enrollment.user_id == FrozenGrade.student_id,
            Enrollment.role_kind == RoleKind.STUDENT,
            or_(Enrollment.ends_on.is_(None), Enrollment.ends_on > day),
        )
        .correlate(FrozenGrade)
    )


# --- Students who leave


def follow(section: Section, place: Enrollment, now: datetime) -> None:
    """A student's place has changed: freeze the grade of one who left, drop the copy of one who is back.

    An end that lies ahead waits for a job. Call it with the class locked.
    """
    if place.ends_on is not None and place.ends_on <= section.school.today(now):
        work = work_of([section], now)
        freeze([section], now, {section.id: scopes_of(work[section.id])}, Enrollment.user_id == place.user_id)
        return
    drop_copies([section], now)
    if place.ends_on is not None:
        at = day_begins(place.ends_on, ZoneInfo(section.school.timezone))
        queue.enqueue("freeze_leavers", at, key=f"freeze_leavers {section.school_id} {place.ends_on.isoformat()}")


def freeze_leavers(now: datetime) -> bool:
    """Freeze the grades of students whose place is over and who have no copy yet, of a number of classes.

    Whether there may be more. A place ends by a date too, without anyone doing anything that day.
    """
    more = False
    for school in db.session.scalars(select(School).order_by(School.id)).all():
        day = school.today(now)
        query = _with_leavers(school, day).with_for_update(of=Section, key_share=True)
        sections = list(db.session.scalars(query.execution_options(populate_existing=True)))
        keep(sections)
        scopes = {key: scopes_of(work) for key, work in work_of(sections, now).items()} if sections else {}
        freeze(sections, now, scopes, Enrollment.ends_on <= day)
        more = more or len(sections) == IN_ONE_JOB
    return more


def _with_leavers(school: School, day: date) -> Select[Section]:
    """Classes with a student who is gone and of whose grade there is no copy, in the order in which they are locked."""
    held = exists().where(
        FrozenGrade.section_id == Enrollment.section_id,
        FrozenGrade.student_id == Enrollment.user_id,
        FrozenGrade.period_id.is_(None),
        FrozenGrade.dropped_at.is_(None),
    )
    gone = select(Enrollment.section_id).where(
        Enrollment.school_id == school.id, Enrollment.role_kind == RoleKind.STUDENT, Enrollment.ends_on <= day, ~held
    )
    return select(Section).where(Section.id.in_(gone)).order_by(Section.id).limit(IN_ONE_JOB)
