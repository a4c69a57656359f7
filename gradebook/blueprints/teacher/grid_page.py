"""What a class grid shows: which columns, which students in which order, their cells and totals."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from flask_babel import gettext as _

from gradebook.blueprints.teacher.grid_wish import Wish
from gradebook.grading.cells import typed_points
from gradebook.grading.values import Amount, Mark, Status, Totals, Work
from gradebook.grading.values import GradingScale as Letters
from gradebook.models import Section
from gradebook.models.people import folded
from gradebook.services import periods
from gradebook.services.grades import (
    Cell,
    ClassWork,
    Column,
    Student,
    cells_of,
    class_work,
    due_moment,
    students_of,
)
from gradebook.services.grid_views import AS_IT_COMES, Arrangement
from gradebook.services.lines import Line, lines_of

ROWS = 100
"""Students on a page."""
MANY = 60
"""Assignments above which the grid opens on a part of them: the grading period of today."""


@dataclass(frozen=True)
class Part:
    """A part of the class's assignments that can be shown alone: a grading period, or so many in order of date."""

    key: str
    title: str
    columns: list[Column]
    begins_on: date | None


@dataclass
class Row:
    """One student's line."""

    student: Student
    line: Line
    is_set: bool = False
    """A teacher put it in place of the computed grade."""

    @cached_property
    def cells(self) -> dict[int, Cell]:
        """By assignment."""
        return {cell.assignment_id: cell for cell in self.line.cells}

    @property
    def posted(self) -> Totals:
        """What families see."""
        return self.line.posted

    @property
    def all(self) -> Totals:
        """With hidden scores."""
        return self.line.all


@dataclass
class Grid:
    """One page of a class's grid."""

    section: Section
    wish: Wish
    work: ClassWork
    seen: int
    """The number of the last change of a cell that this page shows."""
    parts: list[Part] = field(default_factory=list)
    part: Part | None = None
    view: Arrangement = AS_IT_COMES
    """Which columns this person sees, and in which order."""
    changed_after: int = 0
    columns: list[Column] = field(default_factory=list)
    hidden: int = 0
    """Columns of this page that the person does not see."""
    rows: list[Row] = field(default_factory=list)
    count: int = 0
    """Students in the class."""
    matching: int = 0
    """Students that the filters leave."""
    page: int = 1

    @property
    def pages(self) -> int:
        """How many pages the matching students fill."""
        return max(1, -(-self.matching // ROWS))

    def locked_since(self, column: Column) -> date | None:
        """The day since which the column's scores cannot change; None: they can."""
        if not self.section.closings:
            return None
        since = periods.closed_since(self.section, column.grading_period_id)
        return None if since is None else self.section.school.today(since)

    @cached_property
    def open_columns(self) -> list[Column]:
        """The columns with fields."""
        return [column for column in self.columns if self.locked_since(column) is None]

    @property
    def outside(self) -> int:
        """How many assignments do not count because they lie in no grading period, where periods are weighed."""
        return len(getattr(self.work.calculator, "outside", ()))

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that may be typed."""
        return self.work.scale.labels if self.work.scale else ()

    @property
    def term_title(self) -> str:
        """The name of what is shown: the part, or the class's whole term."""
        return self.part.title if self.part else self.section.term.title


def load(
    section: Section,
    wish: Wish,
    now: datetime,
    always: Collection[int] = (),
    *,
    view: Arrangement = AS_IT_COMES,
    changed_after: int = 0,
) -> Grid:
    """The page in three statements, four where the class uses letters. `always` names students to show regardless.

    `changed_after` is the class's number after which a score changed that is wished for by when it changed.
    """
    students = students_of(section, section.school.today(now))
    work = class_work(section, now)
    grid = Grid(section, wish, work, section.last_seq, count=len(students), view=view, changed_after=changed_after)
    _choose_columns(grid)
    pool = [student for student in students if student.id in always or _is_named(student, wish.q)]
    if _needs_all(wish):
        rows = _sorted(grid, [row for row in _rows(grid, pool) if row.student.id in always or _matches(grid, row)])
        grid.matching = len(rows)
        grid.rows = _page(grid, rows, [row.student.id for row in rows], always)
    else:
        pool.reverse() if wish.sort == "-name" else None
        grid.matching = len(pool)
        grid.rows = _rows(grid, _page(grid, pool, [student.id for student in pool], always))
    return grid


def _is_named(student: Student, q: str) -> bool:
    if not q:
        return True
    wanted = folded(q)
    return wanted in folded(student.sort_name) or wanted in folded(student.display_name)


def _needs_all(wish: Wish) -> bool:
    """Whether the rows depend on cells, so that they cannot be paged before the cells are read."""
    return bool(wish.show) or wish.order[0] != "name"


Shown = TypeVar("Shown", Row, Student)


def _page(grid: Grid, items: list[Shown], keys: list[int], always: Collection[int]) -> list[Shown]:
    grid.page = min(max(1, grid.wish.page), grid.pages)
    first, last = (grid.page - 1) * ROWS, grid.page * ROWS
    return [
        item
        for place, (item, key) in enumerate(zip(items, keys, strict=True))
        if first <= place < last or key in always
    ]


# --- Columns


def _choose_columns(grid: Grid) -> None:
    work, wish, view = grid.work, grid.wish, grid.view
    grid.parts = _parts(work)
    grid.part = _part_of(grid, wish.term)
    shown = grid.part.columns if grid.part else work.columns
    category = next((one.id for one in work.categories if one.public_id == wish.category), None)
    if category is not None:
        shown = [column for column in shown if column.category_id == category]
    if wish.state:
        shown = [column for column in shown if work.is_posted(column) == (wish.state == "posted")]
    grid.columns = view.shown(shown)
    grid.hidden = len(shown) - len(grid.columns)


def _parts(work: ClassWork) -> list[Part]:
    """The grading periods; where there are none and many assignments, sixty at a time in order of their dates."""
    if work.periods:
        parts = [
            Part(
                period.public_id,
                period.title,
                [c for c in work.columns if c.grading_period_id == key],
                period.begins_on,
            )
            for key, period in sorted(work.periods.items(), key=lambda item: (item[1].begins_on, item[0]))
        ]
        outside = [column for column in work.columns if column.grading_period_id is None]
        return [*parts, Part("none", _("Outside every period"), outside, None)] if outside else parts
    if len(work.columns) <= MANY:
        return []
    dated = sorted(work.columns, key=lambda column: (column.due_on is None, column.due_on or date.max, column.position))
    return [_dated_part(work, dated[first : first + MANY], first) for first in range(0, len(dated), MANY)]


def _dated_part(work: ClassWork, some: list[Column], first: int) -> Part:
    title = _("Assignments %(first)s to %(last)s", first=first + 1, last=first + len(some))
    ids = {column.id for column in some}
    return Part(f"from{first + 1}", title, [c for c in work.columns if c.id in ids], some[0].due_on)


def _part_of(grid: Grid, key: str) -> Part | None:
    """The part asked for. Nothing asked: the one that began last, if there are many assignments; else all."""
    chosen = next((part for part in grid.parts if part.key == key), None)
    if chosen or key == "all" or not grid.parts or len(grid.work.columns) <= MANY:
        return chosen
    today = grid.section.school.today(grid.work.now)
    begun = [part for part in grid.parts if part.begins_on and part.begins_on <= today]
    return begun[-1] if begun else grid.parts[0]


def is_due(grid: Grid, column: Column) -> bool:
    """Whether the work was due by now; work without a date counts as due."""
    due = due_moment(column.due_on, column.due_time, grid.work.timezone)
    return due is None or due <= grid.work.now


# --- Rows


def _rows(grid: Grid, students: list[Student]) -> list[Row]:
    work = grid.work
    cells = cells_of(work.by_id, [student.id for student in students]) if students and work.columns else []
    # All changes up to the newest one read are in what was read: the class's numbers appear in order.
    grid.seen = max([grid.seen, *(cell.seq for cell in cells)])
    lines = lines_of(work, students, cells)
    return [Row(student, lines[student.id], work.is_overridden(student)) for student in students]


def _matches(grid: Grid, row: Row) -> bool:
    show = grid.wish.show
    if show == "below":
        return row.posted.current is not None and row.posted.current < grid.wish.mark
    if show == "blank":
        return any(not is_entered(row.cells.get(column.id)) for column in grid.columns if is_due(grid, column))
    cells = [row.cells[column.id] for column in grid.columns if column.id in row.cells]
    if show == "changed":
        return any(cell.seq > grid.changed_after for cell in cells)
    if show == "missing":
        return any(cell.status == Status.missing for cell in cells)
    return not show or any(cell.late and is_scored(cell) for cell in cells)


def _sorted(grid: Grid, rows: list[Row]) -> list[Row]:
    """Rows in the order wished for; those without a value last, equal ones by name."""
    by, from_top = grid.wish.order
    if by == "name":
        return rows[::-1] if from_top else rows
    column = next((column for column in grid.work.columns if column.public_id == by), None)

    def value(row: Row) -> Decimal | Amount | None:
        if by == "overall" or column is None:
            return row.posted.current
        return score_of(row.cells.get(column.id), column, grid.work.scale)

    valued = [(found, row) for row in rows if (found := value(row)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=from_top)
    return [row for _value, row in valued] + [row for row in rows if value(row) is None]


# --- Cells


def is_scored(cell: Cell) -> bool:
    """Whether there is a score in the cell that its status does not put aside."""
    typed = cell.points is not None or cell.percent is not None or cell.letter is not None
    return typed and cell.status in (Status.none, Status.turned_in)


def is_entered(cell: Cell | None) -> bool:
    """Whether the teacher has dealt with the cell: a score, or missing, excused, incomplete."""
    return cell is not None and (is_scored(cell) or cell.status in (Status.missing, Status.excused, Status.incomplete))


def score_of(cell: Cell | None, column: Column, scale: Letters | None) -> Amount | None:
    """The score in hundredths of a point, derived from a percent or a letter where it was typed so."""
    if cell is None or not is_scored(cell):
        return None
    if cell.points is not None:
        return cell.points
    percent = None if cell.percent is None else Fraction(cell.percent, 100)
    return typed_points(scale, Work(column.id, 0, possible=column.possible), Mark(None, percent, cell.letter))
