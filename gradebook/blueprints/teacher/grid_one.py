"""One assignment's scores in one column: what the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gradebook.blueprints.teacher.grid_fields import field_name
from gradebook.blueprints.teacher.grid_page import ROWS, is_entered, is_scored, score_of
from gradebook.blueprints.teacher.grid_table import Trouble
from gradebook.blueprints.teacher.grid_words import Numbers, cell_text
from gradebook.grading.values import Status
from gradebook.models import Section
from gradebook.services import periods
from gradebook.services.grades import Cell, ClassWork, Column, Student, cells_of, students_of
from gradebook.services.paging import placed
from gradebook.services.scores import Place, content_of

TAGS = {
    Status.missing: "missing",
    Status.excused: "excused",
    Status.incomplete: "incomplete",
    Status.turned_in: "turned_in",
}


@dataclass
class Line:
    """One student's field."""

    student: Student
    name: str
    text: str
    tag: str
    """The status beside the field, or nothing."""
    extra: bool
    """The score is above full marks."""
    trouble: Trouble | None = None
    shown: str = ""
    """The score alone, where it stands without a field beside its status."""
    has_comment: bool = False
    has_note: bool = False


@dataclass
class One:
    """The page of one assignment."""

    column: Column
    out_of: str
    """Full marks in words."""
    seen: int
    lines: list[Line]
    students: dict[int, Student]
    count: int
    entered: int
    only_blank: bool
    page: int
    pages: int
    before: Column | None
    after: Column | None
    is_posted: bool
    letter_keys: bool
    """A phone offers letters (m, e, B+) rather than the number pad."""
    asked_letter_keys: bool
    locked_since: date | None = None
    """The day since which the scores cannot change."""


def newest_due(section: Section, columns: Sequence[Column], now: datetime) -> Column | None:
    """The assignment whose scores are entered now: the last that is due by today, else the first that will be due."""
    today = section.school.today(now)
    days = {column.due_on: column for column in reversed(columns) if column.due_on}
    due = [day for day in days if day <= today]
    day = max(due, default=None) or min(days, default=None)
    return days[day] if day else next(iter(columns), None)


def one_of(
    section: Section,
    work: ClassWork,
    assignment_id: str,
    arguments: Mapping[str, str],
    troubles: Mapping[Place, Trouble],
) -> One | None:
    """The page in two statements beside the class's work; None for an assignment that is not in the class."""
    column = next((column for column in work.columns if column.public_id == assignment_id), None)
    if column is None:
        return None
    students = students_of(section, section.school.today(work.now))
    cells = {cell.student_id: cell for cell in cells_of([column.id])}
    blank = [student for student in students if not is_entered(cells.get(student.id))]
    only_blank = arguments.get("only") == "blank"
    shown = blank if only_blank else students
    shown = [s for s in students if s in shown or (column.id, s.id) in troubles] if troubles else shown
    page, pages = _page(arguments.get("page", ""), len(shown))
    place, closed_at = work.columns.index(column), periods.closed_since(section, column.grading_period_id)
    return One(
        column=column,
        out_of=Numbers.here().out_of(column.possible),
        seen=max([section.last_seq, *(cell.seq for cell in cells.values())]),
        lines=[
            _line(work, column, student, cells.get(student.id), troubles)
            for student in shown[(page - 1) * ROWS : page * ROWS]
        ],
        students={student.id: student for student in students},
        count=len(students),
        entered=len(students) - len(blank),
        only_blank=only_blank,
        page=page,
        pages=pages,
        before=work.columns[place - 1] if place else None,
        after=work.columns[place + 1] if place + 1 < len(work.columns) else None,
        is_posted=work.is_posted(column),
        letter_keys=work.scale is not None or asks_letter_keys(arguments),
        asked_letter_keys=asks_letter_keys(arguments),
        locked_since=section.school.today(closed_at) if closed_at else None,
    )


def asks_letter_keys(arguments: Mapping[str, str]) -> bool:
    """Whether the person asked for the letters of a phone's keyboard, to type m, e, i, t or 18l."""
    return arguments.get("keys") == "letters"


def _page(wanted: str, count: int) -> tuple[int, int]:
    page = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else 1
    return placed(page, count, ROWS)


def _line(
    work: ClassWork, column: Column, student: Student, cell: Cell | None, troubles: Mapping[Place, Trouble]
) -> Line:
    place = (column.id, student.id)
    trouble = troubles.get(place)
    letters = work.scale.labels if work.scale else ()
    score = score_of(cell, column, work.scale)
    return Line(
        student=student,
        name=field_name(place),
        text=trouble.text if trouble else cell_text(content_of(cell), column.possible, letters),
        tag=_tag(cell),
        extra=score is not None and score > column.possible,
        trouble=trouble,
        shown=_shown(cell, column, letters),
        has_comment=cell is not None and bool(cell.comment),
        has_note=cell is not None and bool(cell.noted),
    )


def _shown(cell: Cell | None, column: Column, letters: tuple[str, ...]) -> str:
    if cell is None or not is_scored(cell):
        return ""
    return cell_text(content_of(cell)._replace(late=False), column.possible, letters)


def _tag(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if is_scored(cell):
        return "late" if cell.late else ""
    return TAGS.get(Status(cell.status), "")
