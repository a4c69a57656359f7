"""From rows to grades: one set of queries per page, then the pure calculation.

Score rows are read as plain tuples, never as entities: a grid of 30 × 40 would spend more time on making the
entities than on everything else.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, String, and_, bindparam, select, type_coerce
from sqlalchemy.orm import aliased, contains_eager

from gradebook.database import will_write
from gradebook.extensions import execute_plain
from gradebook.grading.cells import Asked, read_cell
from gradebook.grading.cells import Cell as ReadCell
from gradebook.grading.frozen import frozen_exact, frozen_totals, thaw
from gradebook.grading.overrides import Override, shown
from gradebook.grading.periods import CourseCalculator, CourseGrade, calculator_for
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Category as GradedCategory
from gradebook.grading.values import (
    CategoryGrade,
    Grade,
    LateRule,
    Mark,
    Period,
    Rules,
    Status,
    Totals,
    Work,
)
from gradebook.grading.values import GradingScale as Letters
from gradebook.models import (
    AcademicSession,
    Assignment,
    Category,
    Enrollment,
    GradingScaleBand,
    Position,
    RoleKind,
    Score,
    ScoreChange,
    Section,
    SectionPeriod,
    User,
)
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person
from gradebook.policy.scopes import Who
from gradebook.services import stored_grades
from gradebook.services.remembering import Remembered
from gradebook.services.stored_grades import StoredGrade, StoredGrades, StoredOverride, has_copies

AnyGrade = Grade | CourseGrade


def parts_of(grade: AnyGrade) -> tuple[CategoryGrade, ...]:
    """The categories of a grade; of a course grade those of each of its periods, period by period."""
    if isinstance(grade, Grade):
        return grade.parts
    return tuple(part for _period, one in grade.periods for part in one.parts)


class Column(NamedTuple):
    """One assignment as a page shows it."""

    id: int
    public_id: str
    category_id: int
    title: str
    possible: int
    """Full marks in hundredths of a point."""
    weight: int | None
    extra_credit: bool
    counts: bool
    never_drop: bool
    assigned_on: date | None
    due_on: date | None
    due_time: time | None
    posted_at: datetime | None
    position: int
    grading_period_id: int | None
    seq: int

    @property
    def points(self) -> Decimal:
        """Full marks."""
        return Decimal(self.possible).scaleb(-2)


class Cell(NamedTuple):
    """One stored score. Points and percent are in hundredths."""

    assignment_id: int
    student_id: int
    points: int | None
    percent: int | None
    letter: str | None
    status: str
    late: bool
    late_cleared: bool
    turned_in_at: datetime | None
    finish_by: date | None
    comment: str | None
    seq: int
    noted: int = 0
    """Whether the teachers have a private note about it; what it says is not read here."""


class Student(NamedTuple):
    """A student's place in a class, as lists need it."""

    id: int
    public_id: str
    display_name: str
    sort_name: str
    begins_on: date
    ends_on: date | None


@dataclass
class ClassWork:
    """A class's categories and assignments, with its calculator."""

    section: Section
    categories: list[Any]
    columns: list[Column]
    calculator: Calculator | CourseCalculator
    scale: Letters | None
    timezone: ZoneInfo
    now: datetime
    by_id: dict[int, Column] = field(default_factory=dict)
    periods: dict[int, "PeriodRow"] = field(default_factory=dict)
    """The grading periods of the assignments, and those that are weighed, by key."""
    stored: StoredGrades | None = None
    """What is stored of its grades; read when it is first needed, unless a page has read it for several classes."""

    def totals(
        self, student: Student, marks: Mapping[int, Mark | int], *, posted_only: bool, for_family: bool = False
    ) -> Totals:
        """The student's totals as teachers (all scores) or families (posted only) see them: a copy where the grade
        is kept as it was, and with what a teacher put in its place.

        `for_family`: the marks are those of posted work only, so a copy is to be the one for families.
        """
        if self.is_plain:
            return self.calculator.totals(marks, self.asked(student, posted_only))
        copy = self.copy_of(student)
        if copy is not None:
            return copy.shown(frozen_totals(copy.data(posted=posted_only or for_family)))
        override = self.override_of(student)
        return shown(
            self._computed_totals(student, marks, posted_only, for_family),
            override.value if override else None,
            self.calculator.letters,
        )

    def grade(
        self, student: Student, marks: Mapping[int, Mark | int], *, posted_only: bool, for_family: bool = False
    ) -> AnyGrade:
        """The computed grade with its parts, or the copy of it; what a teacher put in its place is not in it."""
        asked = self.asked(student, posted_only)
        if self.is_plain:
            return self.calculator.grade(marks, asked)
        posted = posted_only or for_family
        copy = self.copy_of(student)
        if copy is not None:
            return thaw(copy.data(posted=posted))
        if isinstance(self.calculator, Calculator):
            return self.calculator.grade(marks, asked)
        frozen = {key: thaw(one.data(posted=posted)) for key, one in self._period_copies(student).items()}
        grades = {key: grade for key, grade in frozen.items() if isinstance(grade, Grade)}
        return self.calculator.grade(marks, asked, frozen=grades, overrides=self._period_overrides(student))

    def _computed_totals(
        self, student: Student, marks: Mapping[int, Mark | int], posted_only: bool, for_family: bool
    ) -> Totals:
        asked = self.asked(student, posted_only)
        if isinstance(self.calculator, Calculator) or self.is_plain:
            return self.calculator.totals(marks, asked)
        copies = self._period_copies(student)
        frozen = {key: frozen_exact(one.data(posted=posted_only or for_family)) for key, one in copies.items()}
        return self.calculator.totals(marks, asked, frozen=frozen, overrides=self._period_overrides(student))

    @property
    def is_plain(self) -> bool:
        """Whether nothing can be stored of its grades."""
        return self.stored is None and not self.section.has_overrides and not has_copies(self.section)

    def _stored(self) -> StoredGrades:
        if self.stored is None:
            self.stored = stored_grades.read([self.section])
        return self.stored

    def copy_of(self, student: Student) -> StoredGrade | None:
        """The student's grade in the class as it was kept; None: it is computed."""
        if self.is_plain:
            return None
        return self._stored().copies.get((self.section.id, student.id, None))

    def override_of(self, student: Student, period_id: int | None = None) -> StoredOverride | None:
        """What a teacher put in place of the student's grade in the class, or in a period of it."""
        if self.is_plain:
            return None
        return self._stored().overrides.get((self.section.id, student.id, period_id))

    def computed(self, student: Student, marks: Mapping[int, Mark | int], period_id: int | None = None) -> Totals:
        """What families would see of the class or of a weighed period of it, if no teacher had set it."""
        if period_id is None or isinstance(self.calculator, Calculator):
            return self._computed_totals(student, marks, True, False)
        return self.calculator.calculators[period_id].totals(marks, self.asked(student, True))

    def parts(self, student: Student, marks: Mapping[int, Mark | int], grade: AnyGrade) -> tuple[CategoryGrade, ...]:
        """The categories of a grade for a list of all work: with the work that lies in no weighed period, which does
        not count."""
        parts = parts_of(grade)
        if isinstance(grade, Grade):
            return parts
        named = {line.work.id for part in parts for line in part.lines}
        left = [column._replace(counts=False) for column in self.columns if column.id not in named]
        works = [work_of_column(column, self.timezone, self.now) for column in left]
        outside = Calculator(self.calculator.rules, [graded_category(one) for one in self.categories], works)
        more = outside.grade(marks, self.asked(student)).parts
        return (*(part for part in parts if part.lines), *(part for part in more if part.lines))

    def is_overridden(self, student: Student) -> bool:
        """Whether what is shown of the student's grade in the class was set by a teacher."""
        copy = self.copy_of(student)
        return copy.override is not None if copy is not None else self.override_of(student) is not None

    def _period_copies(self, student: Student) -> dict[int, StoredGrade]:
        here = (self.section.id, student.id)
        return {key[2]: one for key, one in self._stored().copies.items() if key[:2] == here and key[2]}

    def _period_overrides(self, student: Student) -> dict[int, Override]:
        here = (self.section.id, student.id)
        return {key[2]: one.value for key, one in self._stored().overrides.items() if key[:2] == here and key[2]}

    def asked(self, student: Student, posted_only: bool = False) -> Asked:
        """For whom and for when a grade of the student is asked."""
        return Asked(
            self.now,
            joined_at=day_begins(student.begins_on, self.timezone),
            left_at=day_begins(student.ends_on, self.timezone) if student.ends_on else None,
            posted_only=posted_only,
        )

    def read(self, student: Student, column: Column, cell: Cell | None) -> ReadCell:
        """What became of one cell and why, without the rest of the class; whether it is dropped only a grade tells."""
        mark = None if cell is None or is_blank(cell) else mark_of(cell, self.timezone)
        work = work_of_column(column, self.timezone, self.now)
        return read_cell(self.calculator.rules, work, mark, self.asked(student))

    def marks(self, cells: Iterable[Cell]) -> dict[int, Mark | int]:
        """Cells of one student as the calculation sees them."""
        return {cell.assignment_id: mark_of(cell, self.timezone) for cell in cells if not is_blank(cell)}

    def is_posted(self, column: Column) -> bool:
        """Whether families see the column's scores now."""
        return column.posted_at is not None and column.posted_at <= self.now

    def due_at(self, column: Column) -> datetime | None:
        """When the work is due."""
        return due_moment(column.due_on, column.due_time, self.timezone)

    def has_hidden(self) -> bool:
        """Whether any column is hidden now: only then can a teacher's total differ from a family's."""
        return any(not self.is_posted(column) for column in self.columns)


def day_begins(day: date, timezone: ZoneInfo) -> datetime:
    """Midnight at the start of a school day."""
    return datetime.combine(day, time(), timezone)


@lru_cache(maxsize=4096)
def due_moment(due_on: date | None, due_time: time | None, timezone: ZoneInfo) -> datetime | None:
    """When work is due; without a time it is the end of that school day (grading.md G4)."""
    if due_on is None:
        return None
    if due_time is None:
        return day_begins(due_on + timedelta(days=1), timezone)
    return datetime.combine(due_on, due_time, timezone)


def is_blank(cell: Cell) -> bool:
    """Whether the cell says nothing that the calculation could see."""
    return cell.points is None and cell.percent is None and cell.letter is None and cell.status == "none"


def mark_of(cell: Cell, timezone: ZoneInfo) -> Mark | int:
    """A cell as the calculation sees it; a plain score is just its hundredths.

    Only a score that is marked late is late: when it was turned in says how late, never whether.
    """
    if cell.points is not None and cell.status == "none" and not cell.late:
        return cell.points
    return Mark(
        points=cell.points,
        percent=None if cell.percent is None else Fraction(cell.percent, 100),
        letter=cell.letter,
        status=Status(cell.status),
        late=cell.late,
        turned_in_at=cell.turned_in_at if cell.late else None,
        finish_by_at=day_begins(cell.finish_by, timezone) if cell.finish_by else None,
        late_cleared=cell.late_cleared,
    )


# The statements here are made once and asked on most pages: making one costs more than its answer.


def _rows(statement: Any, **values: Any) -> Sequence[Any]:
    """The rows of a statement of plain columns."""
    return execute_plain(statement, values).all()


def _one_of(name: str) -> BindParameter[Any]:
    """A list of values for in_()."""
    return bindparam(name, expanding=True)


def class_work(section: Section, now: datetime, *, unwritten: bool = False) -> ClassWork:
    """One class's categories, assignments and rules: two statements, one if it has no letters.

    `unwritten`: the request writes, but has written nothing of the class's work since it read the class: what is
    remembered will do, as for a page.
    """
    return work_of([section], now, unwritten=unwritten)[section.id]


def work_of(sections: list[Section], now: datetime, *, unwritten: bool = False) -> dict[int, ClassWork]:
    """Several classes' categories, assignments and rules, in two statements whatever their number; in one where what
    they are made of is remembered."""
    made_of = _parts_of(sections, unwritten or not will_write.get())
    scales = _scales({section.grading_scale_id for section in sections} - {None})
    weights = _weights([section.id for section in sections if section.weighs_periods])
    return {
        section.id: _class_work(section, made_of[section.id], scales, weights.get(section.id, {}), now)
        for section in sections
    }


_WEIGHTS = (
    select(
        SectionPeriod.section_id,
        SectionPeriod.period_id,
        type_coerce(SectionPeriod.weight, Integer).label("weight"),
        AcademicSession.public_id,
        AcademicSession.title,
        AcademicSession.begins_on,
        AcademicSession.ends_on,
    )
    .join(AcademicSession, AcademicSession.id == SectionPeriod.period_id)
    .where(SectionPeriod.section_id.in_(_one_of("sections")))
    .order_by(AcademicSession.begins_on, AcademicSession.id)
)

Weights = dict[int, tuple[int, "PeriodRow"]]
"""By period: hundredths of a percent of the course grade, and the period; the earliest first."""


def _weights(section_ids: list[int]) -> dict[int, Weights]:
    """The weighed grading periods of these classes: one statement, none when no class weighs any."""
    if not section_ids:
        return {}
    found: dict[int, Weights] = defaultdict(dict)
    for row in _rows(_WEIGHTS, sections=section_ids):
        found[row.section_id][row.period_id] = (row.weight, PeriodRow(*row[3:]))
    return found


_COLUMNS = (
    Assignment.id,
    Assignment.public_id,
    Assignment.category_id,
    Assignment.title,
    type_coerce(Assignment.points, Integer).label("possible"),
    type_coerce(Assignment.weight, Integer).label("own_weight"),
    Assignment.extra_credit,
    Assignment.counts,
    Assignment.never_drop,
    Assignment.assigned_on,
    Assignment.due_on,
    Assignment.due_time,
    Assignment.posted_at,
    Assignment.position,
    Assignment.grading_period_id,
    Assignment.seq,
)

_CATEGORY = (
    Category.section_id,
    Category.id.label("key"),
    Category.public_id.label("category_public_id"),
    Category.title.label("category_title"),
    type_coerce(Category.weight, Integer).label("category_weight"),
    Category.drop_lowest,
    Category.drop_highest,
    type_coerce(Category.weighing, String),
    Category.extra_credit.label("category_extra_credit"),
    Category.position.label("category_position"),
    Category.keep_best,
)

_PERIOD = (
    AcademicSession.public_id.label("period_public_id"),
    AcademicSession.title.label("period_title"),
    AcademicSession.begins_on.label("period_begins_on"),
    AcademicSession.ends_on.label("period_ends_on"),
)

_CATEGORY_ID = len(_COLUMNS) + 1  # its place in a row: after the class's key

_IN_CATEGORY = and_(
    Assignment.section_id == Category.section_id,  # says nothing new, but it is what the index is made of
    Assignment.category_id == Category.id,
    Assignment.deleted_at.is_(None),
)

_WORK = (
    select(*_COLUMNS, *_CATEGORY, *_PERIOD)
    .select_from(Category)
    .outerjoin(Assignment, _IN_CATEGORY)
    .outerjoin(AcademicSession, AcademicSession.id == Assignment.grading_period_id)
    .where(Category.section_id.in_(_one_of("sections")), Category.deleted_at.is_(None))
    .order_by(Category.position, Category.id, Assignment.position, Assignment.id)
)


class CategoryRow(NamedTuple):
    """A category as pages show it."""

    id: int
    public_id: str
    title: str
    weight: Decimal
    drop_lowest: int
    drop_highest: int
    weighing: str
    extra_credit: bool
    position: int
    keep_best: int | None = None


class PeriodRow(NamedTuple):
    """A grading period as pages show it."""

    public_id: str
    title: str
    begins_on: date
    ends_on: date
    """The first day after it."""


@dataclass
class Parts:
    """What a class is made of: categories and assignments in their order, and the periods of these."""

    categories: list[CategoryRow] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    periods: dict[int, PeriodRow] = field(default_factory=dict)
    by_id: dict[int, Column] = field(default_factory=dict)
    _prepared: "Prepared | None" = None

    def calculator(self, rules: Rules, timezone: ZoneInfo, now: datetime) -> Calculator | CourseCalculator:
        """The calculator of the class by these rules, at this moment."""
        prepared = self._prepared
        if prepared is None or not prepared.serves(rules, timezone, now):
            prepared = self._prepared = self._prepare(rules, timezone, now)
        return prepared.calculator

    def _prepare(self, rules: Rules, timezone: ZoneInfo, now: datetime) -> "Prepared":
        categories = [graded_category(category) for category in self.categories]
        works = [work_of_column(column, timezone, now) for column in self.columns]
        ahead = (column.posted_at for column in self.columns if column.posted_at and column.posted_at > now)
        return Prepared(rules, timezone, now, min(ahead, default=None), calculator_for(rules, categories, works))


class Prepared(NamedTuple):
    """A calculator, and when it is the right one."""

    rules: Rules
    timezone: ZoneInfo
    since: datetime
    until: datetime | None
    """When the next scores are posted."""
    calculator: Calculator | CourseCalculator

    def serves(self, rules: Rules, timezone: ZoneInfo, now: datetime) -> bool:
        """Whether it computes by these rules, and what is posted now was posted then."""
        in_time = self.since <= now and (self.until is None or now < self.until)
        return in_time and timezone is self.timezone and rules == self.rules


MOST_REMEMBERED = 256
"""Classes whose parts this process remembers: about 35 KB each with 40 assignments."""

_remembered: Remembered[tuple[int, int], Parts] = Remembered(MOST_REMEMBERED)


def _parts_of(sections: Iterable[Section], is_remembered: bool) -> dict[int, Parts]:
    """What these classes are made of, remembered by the version on their rows (docs/decisions/0020).

    Whoever writes it reads it: the row in the session may be older than what was written since.
    """
    versions = {section.id: section.parts_version for section in sections}
    if not is_remembered:
        return _read_parts(list(versions))
    found = {key: parts for key, version in versions.items() if (parts := _remembered.get((key, version)))}
    missing = [key for key in versions if key not in found]
    if missing:
        found |= (read := _read_parts(missing))
        for key, parts in read.items():
            _remembered.keep((key, versions[key]), parts)
    return found


def forget_parts() -> None:
    """Remember nothing, as a process that has just begun."""
    _remembered.clear()


def _read_parts(section_ids: list[int]) -> dict[int, Parts]:
    """What these classes are made of, in one statement."""
    found: dict[int, Parts] = {key: Parts() for key in section_ids}
    for row in _rows(_WORK, sections=section_ids):  # by place, not by name: there may be thousands
        parts = found[row[len(_COLUMNS)]]
        if not parts.categories or parts.categories[-1].id != row[_CATEGORY_ID]:
            category = CategoryRow(*row[_CATEGORY_ID : -len(_PERIOD)])
            parts.categories.append(category._replace(weight=Decimal(category.weight).scaleb(-2)))
        if row[0] is None:
            continue  # a category without work
        column = parts.by_id[row[0]] = Column._make(row[: len(_COLUMNS)])
        parts.columns.append(column)
        if column.grading_period_id is not None and column.grading_period_id not in parts.periods:
            parts.periods[column.grading_period_id] = PeriodRow(*row[-len(_PERIOD) :])
    return found


def _class_work(
    section: Section, parts: Parts, scales: dict[int, Letters], weights: Weights, now: datetime
) -> ClassWork:
    timezone = ZoneInfo(section.school.timezone)
    scale = scales.get(section.grading_scale_id) if section.grading_scale_id else None
    periods = tuple(Period(key, Fraction(weight, 100)) for key, (weight, _period) in weights.items())
    return ClassWork(
        section,
        list(parts.categories),
        list(parts.columns),
        parts.calculator(rules_of(section, scale, periods), timezone, now),
        scale,
        timezone,
        now,
        parts.by_id,
        parts.periods | {key: period for key, (_weight, period) in weights.items()},
    )


def graded_category(category: CategoryRow) -> GradedCategory:
    """A category as the calculation sees it."""
    return GradedCategory(
        id=category.id,
        title=category.title,
        weight=Fraction(category.weight),
        drop_lowest=category.drop_lowest,
        drop_highest=category.drop_highest,
        weighing=str(category.weighing),  # type: ignore[arg-type]
        extra_credit=category.extra_credit,
        position=category.position,
        keep_best=category.keep_best,
    )


def work_of_column(column: Column, timezone: ZoneInfo, now: datetime) -> Work:
    """An assignment as the calculation sees it at this moment."""
    return Work(  # in the order of its fields: naming them takes longer, and a page has hundreds
        column.id,
        column.category_id,
        column.title,
        column.possible,
        None if column.weight is None else Fraction(column.weight, 100),
        column.extra_credit,
        column.never_drop,
        column.counts,
        due_moment(column.due_on, column.due_time, timezone),
        column.position,
        column.grading_period_id,
        column.posted_at is not None and column.posted_at <= now,
    )


def rules_of(section: Section, scale: Letters | None, periods: tuple[Period, ...] = ()) -> Rules:
    """The class's rules as the calculation sees them; with the periods that it weighs."""
    late = None
    if section.late_percent:
        late = LateRule(Fraction(section.late_percent), str(section.late_interval), Fraction(section.late_floor))  # type: ignore[arg-type]
    return Rules(
        mode=str(section.total_mode),  # type: ignore[arg-type]
        missing_percent=None if section.missing_percent is None else Fraction(section.missing_percent),
        late=late,
        cap_percent=None if section.cap_percent is None else Fraction(section.cap_percent),
        scale=scale,
        letter_on_whole_percent=section.letter_on_whole_percent,
        periods=periods,
    )


_BANDS = select(GradingScaleBand.scale_id, GradingScaleBand.label, GradingScaleBand.bound).where(
    GradingScaleBand.scale_id.in_(_one_of("scales"))
)


def _scales(keys: set[Any]) -> dict[int, Letters]:
    """Letter tables by key; one statement, none when no class has letters."""
    if not keys:
        return {}
    bands: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for band in _rows(_BANDS, scales=list(keys)):
        bands[band.scale_id].append((band.label, band.bound))
    return {key: Letters.of(some) for key, some in bands.items()}


_CELLS = select(
    Score.assignment_id,
    Score.student_id,
    type_coerce(Score.points, Integer),
    type_coerce(Score.percent, Integer),
    Score.letter,
    type_coerce(Score.status, String),
    Score.late,
    Score.late_cleared,
    Score.turned_in_at,
    Score.finish_by,
    Score.comment,
    Score.seq,
    Score.noted,
)


_CELLS_OF = _CELLS.where(Score.assignment_id.in_(_one_of("assignments")))
_CELLS_OF_STUDENTS = _CELLS_OF.where(Score.student_id.in_(_one_of("students")))


def cells_of(assignment_ids: Iterable[int], student_ids: Iterable[int] | None = None) -> list[Cell]:
    """Stored scores of these assignments (of these students only, if given), in one statement."""
    if student_ids is None:
        rows = _rows(_CELLS_OF, assignments=list(assignment_ids))
    else:
        rows = _rows(_CELLS_OF_STUDENTS, assignments=list(assignment_ids), students=list(student_ids))
    return [Cell._make(row) for row in rows]


_IS_STUDENT_ON = (
    Enrollment.section_id == bindparam("section"),
    Enrollment.role_kind == RoleKind.STUDENT,
    Enrollment.begins_on <= bindparam("day"),
    (Enrollment.ends_on.is_(None)) | (Enrollment.ends_on > bindparam("day")),
)

_PLACES_AND_CELLS = (
    select(Enrollment.user_id, Enrollment.begins_on, Enrollment.ends_on, *_CELLS.selected_columns)
    .outerjoin(Score, and_(Score.student_id == Enrollment.user_id, Score.assignment_id.in_(_one_of("assignments"))))
    .where(*_IS_STUDENT_ON, Enrollment.user_id.in_(_one_of("students")))
)


def places_and_cells(
    section: Section, day: date, student_ids: Iterable[int], assignment_ids: Iterable[int]
) -> tuple[dict[int, Student], list[Cell]]:
    """Those of the students who are in the class on a school day (keys and dates, no names), with their cells.

    One statement for both, because a save has none to spare.
    """
    rows = _rows(
        _PLACES_AND_CELLS,
        section=section.id,
        day=day,
        students=list(student_ids),
        assignments=list(assignment_ids),
    )
    students: dict[int, Student] = {}
    cells: list[Cell] = []
    for key, begins_on, ends_on, *cell in rows:
        if key not in students:
            students[key] = Student(key, "", "", "", begins_on, ends_on)
        if cell[0] is not None:
            cells.append(Cell._make(cell))
    return students, cells


_STUDENTS = (
    select(User.id, User.public_id, User.display_name, User.sort_name, Enrollment.begins_on, Enrollment.ends_on)
    .join(Enrollment, Enrollment.user_id == User.id)
    .where(*_IS_STUDENT_ON)
    .order_by(User.name_key, User.id)
)


def students_of(section: Section, day: date, *, limit: int | None = None, offset: int = 0) -> list[Student]:
    """The students of a class on a school day, by name; `limit` and `offset` page through large classes."""
    query = _STUDENTS if limit is None and not offset else _STUDENTS.limit(limit).offset(offset)
    return [Student._make(row) for row in _rows(query, section=section.id, day=day)]


def by_student(cells: Iterable[Cell]) -> dict[int, list[Cell]]:
    """Cells by student."""
    found: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[cell.student_id].append(cell)
    return found


@dataclass(frozen=True)
class StudentClass:
    """One class of one student as families see it: posted scores only."""

    student: Student
    work: ClassWork
    cells: dict[int, Cell]
    """Posted cells by assignment; a hidden cell is not in here at all (grading.md G8)."""
    changed: dict[int, datetime] = field(default_factory=dict)
    """When each posted cell last changed, where the history tells."""

    @property
    def section(self) -> Section:
        """The class."""
        return self.work.section

    @cached_property
    def totals(self) -> Totals:
        """The numbers alone."""
        return self.work.totals(self.student, self.marks, posted_only=False, for_family=True)

    @cached_property
    def grade(self) -> AnyGrade:
        """The grade with its parts."""
        return self.work.grade(self.student, self.marks, posted_only=False, for_family=True)

    @property
    def parts(self) -> tuple[CategoryGrade, ...]:
        """The categories of the grade, for a list of all work."""
        return self.work.parts(self.student, self.marks, self.grade)

    @cached_property
    def marks(self) -> Mapping[int, Mark | int]:
        """Only what is posted. The calculation is then told nothing of hiding, so that work whose scores are
        hidden reads exactly like work that nobody has graded (grading.md G8)."""
        posted = [cell for cell in self.cells.values() if self.work.is_posted(self.work.by_id[cell.assignment_id])]
        return self.work.marks(posted)


class Place(NamedTuple):
    """A student in a class."""

    student: Student
    section: Section
    teacher: str | None = None
    """Who leads the class today."""


def classes_of_students(places: Sequence[Place], now: datetime) -> list[StudentClass]:
    """What families see of these students in these classes: three statements whatever their number."""
    if not places:
        return []
    work = work_of(list({place.section.id: place.section for place in places}.values()), now)
    section_of = {key: section_id for section_id, some in work.items() for key in some.by_id}
    cells: dict[tuple[int, int], dict[int, Cell]] = defaultdict(dict)
    changed: dict[tuple[int, int], dict[int, datetime]] = defaultdict(dict)
    for cell, changed_at in _posted_cells({place.student.id for place in places}, list(work), now):
        key = (cell.student_id, section_of[cell.assignment_id])
        cells[key][cell.assignment_id] = cell
        if changed_at is not None:
            changed[key][cell.assignment_id] = changed_at
    _read_stored(work, {place.student.id for place in places})
    keys = [(place.student.id, place.section.id) for place in places]
    return [
        StudentClass(place.student, work[place.section.id], cells[key], changed[key])
        for place, key in zip(places, keys, strict=True)
    ]


def _read_stored(work: Mapping[int, ClassWork], student_ids: Iterable[int]) -> None:
    """What is stored of these students' grades, for all classes that have any at once."""
    some = [one for one in work.values() if one.section.has_overrides or has_copies(one.section)]
    if some:
        stored = stored_grades.read([one.section for one in some], list(student_ids))
        for one in some:
            one.stored = stored


_POSTED_CELLS = (
    _CELLS.add_columns(ScoreChange.changed_at)
    .join(Assignment, Assignment.id == Score.assignment_id)
    .join(Category, Category.id == Assignment.category_id)
    .outerjoin(
        ScoreChange,
        and_(
            ScoreChange.school_id == Score.school_id,
            ScoreChange.assignment_id == Score.assignment_id,
            ScoreChange.student_id == Score.student_id,
            ScoreChange.seq == Score.seq,
        ),
    )
    .where(
        Score.student_id.in_(_one_of("students")),
        Assignment.section_id.in_(_one_of("sections")),
        Assignment.deleted_at.is_(None),
        Category.deleted_at.is_(None),
        Assignment.posted_at <= bindparam("now"),
    )
)


def _posted_cells(
    student_ids: Iterable[int], section_ids: Iterable[int], now: datetime
) -> list[tuple[Cell, datetime | None]]:
    """What is posted now of these students in these classes, and when it last changed.

    One statement that starts from the student. Hidden scores stay in the database.
    """
    rows = _rows(_POSTED_CELLS, students=list(student_ids), sections=list(section_ids), now=now)
    return [(Cell._make(row[:-1]), row[-1]) for row in rows]


def places_of_student(person: Person) -> list[Place]:
    """The signed-in student's classes of today, across schools, by title, in one statement."""
    rows = scopes.ask(places_statement, person).all()
    return [Place(Student(*row[:-2]), row[-2], row[-1]) for row in rows]


def places_statement(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """A student's classes of today: PLACE, the class, who leads it."""
    return (
        select(*PLACE, Section, leading_teacher(person))
        .select_from(Enrollment)
        .join(User, User.id == Enrollment.user_id)
        .join(Section, Section.id == Enrollment.section_id)
        .join(Section.term)
        .join(Section.school)
        .options(contains_eager(Section.term), contains_eager(Section.school))
        .where(
            Enrollment.user_id == person.id,
            Enrollment.role_kind == RoleKind.STUDENT,
            Enrollment.section_id.in_(scopes.sections_attended_by(person)),
        )
        .order_by(Section.title, Section.id)
    )


def leading_teacher(person: Who) -> ColumnElement[str | None]:
    """The name of who leads the class today, as a column of a query that reads Section; of several, the first."""
    place, teacher = aliased(Enrollment), aliased(User)
    return (
        select(teacher.display_name)
        .join(place, place.user_id == teacher.id)
        .where(
            place.section_id == Section.id,
            place.role_kind == RoleKind.TEACHER,
            place.position == Position.LEAD,
            scopes.holds_today(place, person),
            teacher.deactivated_at.is_(None),
        )
        .order_by(teacher.name_key, teacher.id)
        .limit(1)
        .correlate(Section)
        .scalar_subquery()
        .label("teacher")
    )


PLACE = (User.id, User.public_id, User.display_name, User.sort_name, Enrollment.begins_on, Enrollment.ends_on)
"""The columns of a Student."""


def term_today(section: Section, day: date) -> bool:
    """Whether the class's term holds on that day."""
    term: AcademicSession = section.term
    return term.begins_on <= day < term.ends_on
