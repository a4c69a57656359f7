"""T6: one student's whole story in one class."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import render_template

from gradebook.blueprints.teacher import bp
from gradebook.grading.scales import round_to
from gradebook.grading.values import Amount, CategoryGrade, Totals, What, WorkLine
from gradebook.models import Enrollment, Section, User
from gradebook.policy import access
from gradebook.policy.conversations import correspondences_of_teacher
from gradebook.policy.person import Person
from gradebook.services import directory, outcomes, periods, score_comments, stored_grades
from gradebook.services.grades import (
    AnyGrade,
    Cell,
    ClassWork,
    Column,
    Student,
    cells_of,
    class_work,
    students_of,
)
from gradebook.services.stored_grades import StoredGrade, StoredOverride
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment, wants_page


@dataclass
class Piece:
    """One assignment of the student."""

    column: Column
    line: WorkLine
    cell: Cell | None
    is_posted: bool
    note: str | None
    """The teachers' private note."""

    @property
    def typed(self) -> Decimal | None:
        """The score before lateness, in points."""
        return _points(self.line.typed)

    @property
    def value(self) -> Decimal | None:
        """What it is worth, in points."""
        return _points(self.line.value)

    @property
    def late_taken(self) -> Decimal | None:
        """What lateness took, in points."""
        return _points(self.line.late.taken) if self.line.late else None


def _points(amount: Amount | None) -> Decimal | None:
    return None if amount is None else round_to(Fraction(amount) / 100, 2)


@dataclass
class Story:
    """Everything the page shows of the student's work."""

    student: Student
    work: ClassWork
    posted: AnyGrade
    """What families see, as it is computed or was kept."""
    everything: AnyGrade
    """With hidden scores."""
    shown: Totals
    """What families see, with what the teacher put in its place."""
    parts: list[tuple[CategoryGrade, list[Piece]]]
    """Of everything, the newest work first in each category."""

    @property
    def override(self) -> StoredOverride | None:
        """What the teacher put in place of the computed grade, as long as it can be changed."""
        return self.work.override_of(self.student)

    @property
    def kept(self) -> StoredGrade | None:
        """The copy, where the grade does not change any more."""
        return self.work.copy_of(self.student)

    @property
    def is_set(self) -> bool:
        """Whether a teacher put what is shown in place of the computed grade."""
        return self.work.is_overridden(self.student)

    @property
    def weighed(self) -> list[int]:
        """The open grading periods of which the course grade is made; their grades can be set too."""
        section = self.work.section
        keys = [period.id for period in self.work.calculator.rules.periods]
        return [key for key in keys if periods.closed_since(section, key) is None]

    @property
    def outside(self) -> tuple[int, ...]:
        """Work that lies in no grading period, in a class whose course grade is made of them."""
        return getattr(self.work.calculator, "outside", ())

    @property
    def differs(self) -> bool:
        """Whether hidden scores make another total."""
        return self.posted.current != self.everything.current

    @property
    def missing(self) -> list[Piece]:
        """Work marked missing, the oldest first."""
        found = [
            piece
            for _part, pieces in self.parts
            for piece in pieces
            if piece.cell is not None and piece.cell.status == "missing" and piece.line.what != What.excused
        ]
        return sorted(found, key=lambda piece: (piece.column.due_on or date.max, piece.column.position))


@bp.get("/classes/<section_id>/students/<student_id>")
@door.teacher
def student(section_id: str, student_id: str) -> Any:
    """Overall, why, what is missing, all work, and whom to write to; for the grid's drawer a part of it."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    place = access.student_of_section(section, student_id)
    today = section.school.today(moment())
    left = place.ends_on is not None and place.ends_on <= today
    rated = None
    if section.grades_outcomes:
        rated = outcomes.outcomes_of_student(section, place.user_id, moment(), has_left=left)
    if rated is not None:
        return render_template(
            "teacher/student_outcomes.html",
            section=section,
            place=place,
            found=rated,
            posted=outcomes.outcomes_for_family(section, place.user_id, moment(), has_left=left),
            neighbours=_neighbours(section, today, place.user_id),
            guardians=_guardians(person, section, place.user),
        )
    work = class_work(section, moment())
    if left:
        work.stored = stored_grades.read([section], [place.user_id], have_left=True)
    closed_at = periods.closed_since(section)
    return render_template(
        "teacher/student.html" if wants_page() else "teacher/student_drawer.html",
        section=section,
        place=place,
        left=left,
        last_day=place.ends_on and place.ends_on - timedelta(days=1),
        story=_story(work, _student(place)),
        closed_on=section.school.today(closed_at) if closed_at else None,
        neighbours=_neighbours(section, today, place.user_id),
        guardians=_guardians(person, section, place.user),
    )


def _student(place: Enrollment) -> Student:
    user = place.user
    return Student(user.id, user.public_id, user.display_name, user.sort_name, place.begins_on, place.ends_on)


def _story(work: ClassWork, student: Student) -> Story:
    cells = {cell.assignment_id: cell for cell in cells_of(work.by_id, [student.id])}
    noted = [key for key, cell in cells.items() if cell.noted]
    notes = score_comments.notes_of(student.id, noted) if noted else {}
    marks = work.marks(cells.values())
    posted = work.grade(student, marks, posted_only=True)
    everything = work.grade(student, marks, posted_only=False) if work.has_hidden() else posted
    shown = work.totals(student, marks, posted_only=True)
    parts = [
        (part, [_piece(work, line, cells, notes) for line in reversed(part.lines) if line.work.id in work.by_id])
        for part in work.parts(student, marks, everything)
        if part.lines
    ]
    return Story(student, work, posted, everything, shown, parts)


def _piece(work: ClassWork, line: WorkLine, cells: dict[int, Cell], notes: dict[int, str]) -> Piece:
    column = work.by_id[line.work.id]
    return Piece(column, line, cells.get(column.id), work.is_posted(column), notes.get(column.id))


@dataclass
class Neighbours:
    """Where the student stands in the class's order of names."""

    place: int
    count: int
    previous: Student | None
    next: Student | None


def _neighbours(section: Section, today: date, student_id: int) -> Neighbours | None:
    """None for a student who is not in the class today."""
    students = students_of(section, today)
    at = next((at for at, one in enumerate(students) if one.id == student_id), None)
    if at is None:
        return None
    return Neighbours(
        at + 1,
        len(students),
        students[at - 1] if at else None,
        students[at + 1] if at + 1 < len(students) else None,
    )


def _guardians(person: Person, section: Section, student: User) -> list[tuple[User, str]]:
    """The guardians who may be written to, each with what they are to the child."""
    pairs = correspondences_of_teacher(person, section, student)
    relations = directory.relations_to(student, section.school_id, [pair.guardian.id for pair in pairs])
    return [(pair.guardian, relations.get(pair.guardian.id, "")) for pair in pairs]
