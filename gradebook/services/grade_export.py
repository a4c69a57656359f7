"""The grades of a class as the school has them: all scores, posted or not."""

from datetime import datetime

from gradebook.interchange.grades_csv import GradeLine
from gradebook.models import Section
from gradebook.services.grades import by_student, cells_of, class_work, students_of
from gradebook.services.outcomes import class_outcomes, exported
from gradebook.services.student_ids import ids_of


def grade_lines(section: Section, now: datetime) -> list[GradeLine]:
    """The students of today by name, each with the grade and its parts; four statements whatever their number.

    In a class that grades outcomes also with the level of each.
    """
    work = class_work(section, now)
    students = students_of(section, section.school.today(now))
    cells = by_student(cells_of(list(work.by_id)))
    ids = ids_of(section, [student.id for student in students])
    rated = class_outcomes(section, now) if section.grades_outcomes else None
    levels = exported(rated) if rated else {}
    marks = {student.id: work.marks(cells.get(student.id, [])) for student in students}
    return [
        GradeLine(
            student.display_name,
            ids[student.id].username,
            ids[student.id].source_id,
            work.grade(student, marks[student.id], posted_only=False),
            work.totals(student, marks[student.id], posted_only=False),
            levels.get(student.id),
        )
        for student in students
    ]
