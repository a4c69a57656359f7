"""What the cells of a class come to, student by student: remembered while they are equal (docs/decisions/0025)."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from gradebook.database import will_write
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Totals
from gradebook.services.grades import Cell, ClassWork, Student, by_student
from gradebook.services.remembering import Remembered


class Line(NamedTuple):
    """A student's cells in a class, and what they come to."""

    cells: list[Cell]
    joined: tuple[date, date | None]
    posted: Totals
    """What families see."""
    all: Totals
    """With hidden scores."""


MOST_CELLS = 20_000
"""Cells of which this process remembers what they came to: some 250 bytes each."""

_lines: Remembered[int, tuple[Calculator | CourseCalculator, dict[int, Line]]] = Remembered(MOST_CELLS)
"""By class: the calculator, and what it made of each student's cells."""


def lines_of(work: ClassWork, students: Iterable[Student], cells: Iterable[Cell]) -> dict[int, Line]:
    """What the cells of these students come to, by student.

    Whose cells are equal to what this process saw last keeps what the same calculator made of them then: grades depend
    on nothing else, but where copies or overrides are stored, or a day by which to finish stands in a cell.
    """
    found, section = by_student(cells), work.section
    hidden = {column.id for column in work.columns if not work.is_posted(column)}
    if will_write.get() or not work.is_plain:
        return {student.id: _line(work, student, found.get(student.id, []), hidden) for student in students}
    calculator, known = _lines.get(section.id) or (work.calculator, {})
    if calculator is not work.calculator:
        known = {}
    lines, fresh = {}, {}
    for student in students:
        line, own = known.get(student.id), found.get(student.id, [])
        if line is None or line.cells != own or line.joined != (student.begins_on, student.ends_on):
            line = fresh[student.id] = _line(work, student, own, hidden)
        lines[student.id] = line
    if fresh:
        _keep_lines(work, known | fresh)
    return lines


def _keep_lines(work: ClassWork, lines: dict[int, Line]) -> None:
    kept = {key: line for key, line in lines.items() if not any(cell.finish_by for cell in line.cells)}
    _lines.keep(work.section.id, (work.calculator, kept), sum(len(line.cells) for line in kept.values()))


def _line(work: ClassWork, student: Student, cells: list[Cell], hidden: Collection[int]) -> Line:
    marks = work.marks(cells)
    posted = work.totals(student, marks, posted_only=True)
    # Without a mark in a hidden column both totals are one, and are worked out once.
    differs = bool(hidden) and any(key in hidden for key in marks)
    everything = work.totals(student, marks, posted_only=False) if differs else posted
    return Line(cells, (student.begins_on, student.ends_on), posted, everything)


def forget_lines() -> None:
    """Remember nothing, as a process that has just begun."""
    _lines.clear()
