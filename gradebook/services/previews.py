"""A class's grades before and after a change that is not made yet: rules, weights, an assignment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from gradebook.grading.effects import Comparison, compare, worth
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Grade, Mark, Marks
from gradebook.services.grades import (
    Cell,
    ClassWork,
    Student,
    by_student,
    cells_of,
    graded_category,
    students_of,
    work_of_column,
)


class Shift(NamedTuple):
    """One student's total, before and after."""

    student: Student
    before: Decimal | None
    after: Decimal | None


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
        return [
            Shift(
                student,
                before.totals(student, self.marks[student.id], posted_only=posted_only).current,
                after.totals(student, then[student.id], posted_only=posted_only).current,
            )
            for student in self.students
        ]

    def grade(self, work: ClassWork, student: Student, *, posted_only: bool) -> Grade:
        """One student's grade with its parts."""
        return work.grade(student, self.marks[student.id], posted_only=posted_only)


def class_scores(work: ClassWork) -> ClassScores:
    """The students of today with their scores, in two statements."""
    students = students_of(work.section, work.section.school.today(work.now))
    cells = by_student(cells_of(work.by_id, [student.id for student in students]))
    marks = {student.id: work.marks(cells.get(student.id, ())) for student in students}
    return ClassScores(students, cells, marks)


def compared(shifts: list[Shift]) -> Comparison:
    """How many go up, down and stay, and the class averages."""
    return compare((shift.before, shift.after) for shift in shifts)


def with_calculator(work: ClassWork, calculator: Calculator) -> ClassWork:
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
