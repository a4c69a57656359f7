"""The grades of a class as the school has them: all scores, posted or not."""

from datetime import datetime

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.interchange.grades_csv import GradeLine
from gradebook.models import Role, RoleKind, Section, User
from gradebook.services.grades import by_student, cells_of, class_work, students_of
from gradebook.services.outcomes import class_outcomes, exported


def grade_lines(section: Section, now: datetime) -> list[GradeLine]:
    """The students of today by name, each with the grade and its parts; four statements whatever their number.

    In a class that grades outcomes also with the level of each.
    """
    work = class_work(section, now)
    students = students_of(section, section.school.today(now))
    cells = by_student(cells_of(list(work.by_id)))
    names = {
        row.id: (row.username, row.source_id)
        for row in db.session.execute(
            select(User.id, User.username, Role.source_id)
            .join(Role, Role.user_id == User.id)
            .where(Role.school_id == section.school_id, Role.kind == RoleKind.STUDENT)
            .where(User.id.in_([student.id for student in students]))
        )
    }
    rated = class_outcomes(section, now) if section.grades_outcomes else None
    levels = exported(rated) if rated else {}
    marks = {student.id: work.marks(cells.get(student.id, [])) for student in students}
    return [
        GradeLine(
            student.display_name,
            *names[student.id],
            work.grade(student, marks[student.id], posted_only=False),
            work.totals(student, marks[student.id], posted_only=False),
            levels.get(student.id),
        )
        for student in students
    ]
