"""One column of a class's grid as a file, in the columns that `flask import-scores` reads back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from gradebook.grading.values import points_text
from gradebook.interchange.tables import written
from gradebook.models import Assignment, Section
from gradebook.services.grades import Cell, cells_of, class_work, students_of
from gradebook.services.scores import content_of, text_of
from gradebook.services.student_ids import ids_of

HEADER = ["name", "student", "assignment", "points possible", "score", "status"]
_STATUSES = {"missing": "missing", "excused": "excused", "incomplete": "incomplete", "turned_in": "turned in"}


def column_csv(section: Section, assignment: Assignment, now: datetime) -> str:
    """The scores of an assignment, a row for each student of today by name; inert in spreadsheets.

    A score stands as it was typed: points as a number, a percent or a letter as text.
    """
    students = students_of(section, section.school.today(now))
    cells = {cell.student_id: cell for cell in cells_of([assignment.id])}
    ids = ids_of(section, [student.id for student in students])
    scale, possible = class_work(section, now).scale, int(assignment.points * 100)
    about = [assignment.title, Decimal(points_text(possible))]
    letters = scale.labels if scale else ()
    rows = [
        [one.sort_name, ids[one.id].username, *about, *_score_and_status(cells.get(one.id), possible, letters)]
        for one in students
    ]
    return written(HEADER, rows)


def _score_and_status(cell: Cell | None, possible: int, letters: tuple[str, ...]) -> list[Any]:
    content = content_of(cell)
    if content.status != "none":
        return [None, _STATUSES[content.status]]
    late = "late" if content.late else None
    if content.points is not None:
        return [Decimal(points_text(content.points)), late]
    return [text_of(content._replace(late=False), possible, letters), late]
