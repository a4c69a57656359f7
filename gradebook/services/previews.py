"""A class's grades before and after a change that is not made yet: rules, weights, an assignment."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Integer, String, bindparam, column, null, select, type_coerce, union_all

from gradebook.extensions import db
from gradebook.grading.effects import Comparison, compare, worth
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Mark, Marks
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
    cells: Mapping[int, list[Cell]]
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
        then = self.marks if marks_after is None else marks_after
        shifts = []
        for student in self.students:
            old = before.totals(student, self.marks[student.id], posted_only=posted_only)
            new = after.totals(student, then[student.id], posted_only=posted_only)
            shifts.append(Shift(student, old.current, new.current, old.letter, new.letter))
        return shifts

    def grade(self, work: ClassWork, student: Student, *, posted_only: bool) -> AnyGrade:
        """One student's grade with its parts."""
        return work.grade(student, self.marks[student.id], posted_only=posted_only)


_PLAIN = {"points": Integer, "percent": Integer, "status": String}
_CELL = tuple(
    type_coerce(getattr(Score, name), _PLAIN[name]) if name in _PLAIN else getattr(Score, name) for name in Cell._fields
)
_ORDER = (User.name_key.label("by_name"), User.id.label("by_key"))


def _none_of(columns: Iterable[Any]) -> list[Any]:
    return [type_coerce(null(), one.type) for one in columns]


_STUDENTS_AND_CELLS = union_all(
    select(*PLACE, *_ORDER, *_none_of(_CELL))
    .join(Enrollment, Enrollment.user_id == User.id)
    .where(
        Enrollment.section_id == bindparam("section"),
        Enrollment.role_kind == RoleKind.STUDENT,
        Enrollment.begins_on <= bindparam("day"),
        Enrollment.ends_on.is_(None) | (Enrollment.ends_on > bindparam("day")),
    ),
    select(*_none_of((*PLACE, *_ORDER)), *_CELL).where(
        Score.assignment_id.in_(bindparam("assignments", expanding=True))
    ),
).order_by(column("by_name"), column("by_key"))
"""One below the other and not side by side: names and dates beside each of a thousand cells take twice the time."""


def class_scores(work: ClassWork) -> ClassScores:
    """The students of today with their scores, in one statement: a save has none to spare."""
    day = work.section.school.today(work.now)
    db.session.flush()
    values = {"section": work.section.id, "day": day, "assignments": list(work.by_id)}
    rows = db.session.connection().execute(_STUDENTS_AND_CELLS, values).all()
    first = len(PLACE) + len(_ORDER)  # place of a cell in its row
    students: list[Student] = []
    cells: dict[int, list[Cell]] = defaultdict(list)
    for row in rows:
        if row[0] is None:
            cells[row[first + 1]].append(Cell._make(row[first:]))
        else:
            students.append(Student._make(row[: len(PLACE)]))
    marks = {student.id: work.marks(cells.get(student.id, ())) for student in students}
    return ClassScores(students, cells, marks)


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
