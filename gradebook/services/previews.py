"""A class's grades before and after a change that is not made yet: rules, weights, an assignment."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    CompoundSelect,
    Integer,
    String,
    Text,
    and_,
    bindparam,
    column,
    func,
    not_,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import cast as sql_cast

from gradebook.extensions import db
from gradebook.grading.effects import Comparison, compare, worth
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Mark, Marks, Status
from gradebook.models import Enrollment, RoleKind, Score, User
from gradebook.services.grades import PLACE, AnyGrade, Cell, ClassWork, Student, graded_category, work_of_column


class Shift(NamedTuple):
    """One student's total, before and after."""

    student: Student
    before: Decimal | None
    after: Decimal | None
    letter_before: str | None = None
    letter_after: str | None = None

    @property
    def is_move(self) -> bool:
        """Whether the total or its letter is another one."""
        return (self.before, self.letter_before) != (self.after, self.letter_after)


def moved(shifts: Iterable[Shift]) -> list[Shift]:
    """Those that do not stay as they are."""
    return [shift for shift in shifts if shift.is_move]


def letters_moved(shifts: Iterable[Shift]) -> int:
    """How many have another letter."""
    return sum(shift.letter_before != shift.letter_after for shift in shifts)


def name_of_effect(shifts: Iterable[Shift]) -> str:
    """A short name of these changes: other changes have another name. Whoever was shown them sends it back."""
    return hashlib.sha256(repr([shift_facts(shift) for shift in shifts]).encode()).hexdigest()[:16]


def shift_facts(shift: Shift) -> dict[str, Any]:
    """One line of a history entry: percents as exact text."""
    return {
        "student_id": shift.student.id,
        "before": _text(shift.before),
        "after": _text(shift.after),
        "letter_before": shift.letter_before,
        "letter_after": shift.letter_after,
    }


def _text(percent: Decimal | None) -> str | None:
    return None if percent is None else f"{percent:.2f}"


@dataclass(frozen=True)
class ClassScores:
    """A class's students with what they scored: what a preview is worked out from."""

    students: list[Student]
    marks: Mapping[int, Marks]

    def shifts(
        self,
        before: ClassWork,
        after: ClassWork,
        *,
        posted_only: bool,
        marks_after: Mapping[int, Marks] | None = None,
    ) -> list[Shift]:
        """Every student's total before and after, in order of names."""
        if marks_after is None and _adds_up_alike(before, after):
            return self._shifts_of_sums(before, after, posted_only)
        then = self.marks if marks_after is None else marks_after
        shifts = []
        for student in self.students:
            old = before.totals(student, self.marks[student.id], posted_only=posted_only)
            new = after.totals(student, then[student.id], posted_only=posted_only)
            shifts.append(Shift(student, old.current, new.current, old.letter, new.letter))
        return shifts

    def _shifts_of_sums(self, before: ClassWork, after: ClassWork, posted_only: bool) -> list[Shift]:
        """The same where only weights change and the like: adding up is nearly all of the work, and is done once."""
        then, now = cast(Calculator, before.calculator), cast(Calculator, after.calculator)
        shifts = []
        for student in self.students:
            sums = then.sums(self.marks[student.id], before.asked(student, posted_only))
            old, new = then.totals_of(sums), now.totals_of(sums)
            shifts.append(Shift(student, old.current, new.current, old.letter, new.letter))
        return shifts

    def grade(self, work: ClassWork, student: Student, *, posted_only: bool) -> AnyGrade:
        """One student's grade with its parts."""
        return work.grade(student, self.marks[student.id], posted_only=posted_only)


def _adds_up_alike(before: ClassWork, after: ClassWork) -> bool:
    """Whether nothing is stored of the grades, and both ways to calculate make the same sums."""
    one, other = before.calculator, after.calculator
    if not (before.is_plain and isinstance(one, Calculator) and isinstance(other, Calculator)):
        return False
    return one.adds_up_like(other)


_PLAIN = {"points": Integer, "percent": Integer, "status": String}
_CELL = tuple(
    type_coerce(getattr(Score, name), _PLAIN[name]) if name in _PLAIN else getattr(Score, name) for name in Cell._fields
)
_ORDER = (User.name_key.label("by_name"), User.id.label("by_key"))
_STUDENT = (*PLACE, *_ORDER)
_IS_PLAIN = (Score.points.is_not(None), Score.status == Status.none, Score.late.is_(False))
"""What `mark_of` makes a mere number of."""


def _none_of(columns: Iterable[Any]) -> list[Any]:
    return [type_coerce(null(), one.type) for one in columns]


@cache
def _students_and_scores(backend: str) -> CompoundSelect[Any]:
    """A row for each student (PLACE), for each student's plain scores together, and for each other cell.

    Plain scores are nearly all: as one JSON object for each student they take a fraction of the time that a thousand
    rows take, most of which would be empty or say "none". Beside names and dates, rows would take twice the time.
    """
    in_class = Score.assignment_id.in_(bindparam("assignments", expanding=True))
    together = func.json_group_object if backend == "sqlite" else func.json_object_agg
    students = (
        select(*_STUDENT, *_none_of(_CELL), type_coerce(null(), Text).label("plain"))
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(
            Enrollment.section_id == bindparam("section"),
            Enrollment.role_kind == RoleKind.STUDENT,
            Enrollment.begins_on <= bindparam("day"),
            Enrollment.ends_on.is_(None) | (Enrollment.ends_on > bindparam("day")),
        )
    )
    cells = select(*_none_of(_STUDENT), *_CELL, type_coerce(null(), Text)).where(in_class, not_(and_(*_IS_PLAIN)))
    plain = (
        select(
            *_none_of(_STUDENT),
            *(one if one.key == "student_id" else type_coerce(null(), one.type) for one in _CELL),
            sql_cast(together(Score.assignment_id, type_coerce(Score.points, Integer)), Text),
        )
        .where(in_class, *_IS_PLAIN)
        .group_by(Score.student_id)
    )
    return union_all(students, cells, plain).order_by(column("by_name"), column("by_key"))


def class_scores(work: ClassWork) -> ClassScores:
    """The students of today with their scores, in one statement: a save has none to spare."""
    day = work.section.school.today(work.now)
    db.session.flush()
    statement = _students_and_scores(db.engine.dialect.name)
    values = {"section": work.section.id, "day": day, "assignments": list(work.by_id)}
    students: list[Student] = []
    marks: dict[int, dict[int, Mark | int]] = defaultdict(dict)
    for row in db.session.connection().execute(statement, values):
        place, cell, plain = row[: len(PLACE)], Cell._make(row[len(_STUDENT) : -1]), row[-1]
        if place[0] is not None:
            students.append(Student._make(place))
        elif plain is not None:
            marks[cell.student_id].update({int(key): points for key, points in json.loads(plain).items()})
        else:
            marks[cell.student_id].update(work.marks([cell]))
    return ClassScores(students, {student.id: marks[student.id] for student in students})


def compared(shifts: list[Shift]) -> Comparison:
    """How many go up, down and stay, and the class averages."""
    return compare((shift.before, shift.after) for shift in shifts)


def with_calculator(work: ClassWork, calculator: Calculator | CourseCalculator) -> ClassWork:
    """The same class, worked out otherwise."""
    return replace(work, calculator=calculator)


def worth_of(work: ClassWork, assignment_id: int) -> Decimal | None:
    """How many percent of the grade the assignment decides once everything is graded."""
    categories = [graded_category(category) for category in work.categories]
    works = [work_of_column(column, work.timezone, work.now) for column in work.columns]
    return worth(work.calculator.rules, categories, works, assignment_id, work.now)


def everyone_scored(scores: ClassScores, assignment_id: int, points: int) -> dict[int, Marks]:
    """The marks if everyone had so many points there."""
    more: dict[int, Mark | int] = {assignment_id: points}
    return {student: {**marks, **more} for student, marks in scores.marks.items()}
