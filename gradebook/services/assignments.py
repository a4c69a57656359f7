"""Making, changing, deleting and restoring assignments; what a change would do to grades."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.grading.effects import Comparison, in_proportion, part_of
from gradebook.grading.periods import calculator_for
from gradebook.models import Assignment, Category, ChangeKind, Section
from gradebook.models.work import MOST_POINTS
from gradebook.services import audit, periods, posting
from gradebook.services.counters import next_number, return_number
from gradebook.services.grades import (
    Cell,
    ClassWork,
    Column,
    Student,
    cells_of,
    graded_category,
    work_of_column,
)
from gradebook.services.previews import (
    ClassScores,
    Shift,
    class_scores,
    compared,
    everyone_scored,
    with_calculator,
    worth_of,
)
from gradebook.services.scores import content_of, write_cells
from gradebook.services.section_rules import ensure_category

RESTORABLE = timedelta(days=30)
SUPPOSED = 60
"""Percent: "if everyone scored 60%"."""


class Shows(StrEnum):
    """When families see the scores."""

    AS_ENTERED = "as_entered"
    WHEN_POSTED = "when_posted"
    AS_PLANNED = "as_planned"
    """At the moment ahead that was chosen when posting."""


class Keep(StrEnum):
    """What stays when full marks change after scores exist."""

    SCORES = "scores"
    """18 of 20 becomes 18 of 25."""
    PERCENTAGES = "percentages"
    """18 of 20 becomes 22.5 of 25."""


@dataclass(frozen=True)
class AssignmentDraft:
    """An assignment as a teacher typed it."""

    title: str
    points: Decimal
    category_id: int | None
    """None: the class has no category yet."""
    due_on: date | None = None
    due_time: time | None = None
    assigned_on: date | None = None
    extra_credit: bool = False
    counts: bool = True
    never_drop: bool = False
    weight: Decimal | None = None
    description: str | None = None
    shows: Shows = Shows.WHEN_POSTED


_STORED = tuple(field.name for field in fields(AssignmentDraft) if field.name not in ("shows", "category_id"))


class AssignmentMoved(Exception):
    """Someone else changed the assignment since this person saw it; `theirs` is how it stands now."""

    def __init__(self, theirs: AssignmentDraft, seq: int) -> None:
        super().__init__()
        self.theirs = theirs
        self.seq = seq


class AssignmentFault(ValueError):
    """A change that cannot be made. `code`: category_gone, no_proportion, too_large, choose."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def draft_of(assignment: Assignment, now: datetime) -> AssignmentDraft:
    """The assignment as it stands, in the form in which it is typed."""
    shows = Shows.WHEN_POSTED
    if assignment.posted_at is not None:
        shows = Shows.AS_ENTERED if assignment.is_posted(now) else Shows.AS_PLANNED
    stored = {name: getattr(assignment, name) for name in _STORED}
    return AssignmentDraft(category_id=assignment.category_id, shows=shows, **stored)


def differences(one: AssignmentDraft, other: AssignmentDraft) -> list[str]:
    """The names of the fields in which they differ."""
    return [field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)]


def create_assignment(
    section: Section, draft: AssignmentDraft, *, first_category: str, actor_id: int, now: datetime
) -> Assignment:
    """A new assignment at the end of the class's order. `first_category` is the title of the category that a class
    without any gets. Raises AssignmentFault and PeriodClosed."""
    number = next_number(section)
    periods.require_open(section)
    grading_period_id = periods.period_for(section, draft.due_on)
    category_id = draft.category_id if draft.category_id is not None else ensure_category(section, first_category).id
    _check_category(section, category_id)
    last = db.session.scalar(select(func.max(Assignment.position)).where(Assignment.section_id == section.id))
    assignment = Assignment(
        school_id=section.school_id,
        section_id=section.id,
        category_id=category_id,
        grading_period_id=grading_period_id,
        position=(last or 0) + 1,
        seq=number,
        posted_at=now if draft.shows == Shows.AS_ENTERED else None,
        **{name: getattr(draft, name) for name in _STORED},
    )
    db.session.add(assignment)
    db.session.flush()
    _record("assignment.created", section, assignment, actor_id, now, after=_facts(draft))
    return assignment


def change_assignment(
    section: Section,
    assignment: Assignment,
    draft: AssignmentDraft,
    *,
    seen: int,
    keep: Keep | None,
    actor_id: int,
    now: datetime,
) -> None:
    """Store what was typed. Raises AssignmentMoved if someone else changed it since `seen`, AssignmentFault otherwise;
    `choose` means that scores exist and `keep` must say what becomes of them; PeriodClosed for the period in which
    it lies or would lie."""
    number = _lock(section, assignment)
    before = draft_of(assignment, now)
    if assignment.seq > seen:
        raise AssignmentMoved(before, assignment.seq)
    if draft.category_id is None:
        raise AssignmentFault("category_gone")
    _check_category(section, draft.category_id)
    grading_period_id = assignment.grading_period_id  # that a roster file may have given it
    if draft.due_on != before.due_on:
        grading_period_id = periods.period_for(section, draft.due_on)
    if draft.points != before.points:
        _keep(section, assignment, draft.points, keep, number=number, actor_id=actor_id, now=now)
    for name in _STORED:
        setattr(assignment, name, getattr(draft, name))
    assignment.category_id = draft.category_id
    assignment.grading_period_id = grading_period_id
    assignment.seq = number
    db.session.flush()
    _set_posting(section, assignment, draft.shows, before.shows, actor_id=actor_id, now=now)
    _record(
        "assignment.changed",
        section,
        assignment,
        actor_id,
        now,
        before=_facts(before),
        after=_facts(draft),
        kept=keep,
    )


def delete_assignment(section: Section, assignment: Assignment, *, seen: int, actor_id: int, now: datetime) -> None:
    """Take the assignment and its scores out of the class; nothing is erased. Raises AssignmentMoved, PeriodClosed."""
    number = _lock(section, assignment)
    if assignment.seq > seen or assignment.deleted_at is not None:
        raise AssignmentMoved(draft_of(assignment, now), assignment.seq)
    assignment.deleted_at, assignment.seq = now, number
    _record("assignment.deleted", section, assignment, actor_id, now)


def restore_assignment(section: Section, assignment: Assignment, *, actor_id: int, now: datetime) -> bool:
    """Put a deleted assignment back with its scores. False if its category is gone: it is then in the first one.

    Raises PeriodClosed.
    """
    number = _lock(section, assignment)
    category = db.session.get(Category, assignment.category_id)
    stays = category is not None and category.deleted_at is None
    if assignment.deleted_at is None:  # a colleague was quicker
        return_number(section)
        return stays
    assignment.seq, assignment.deleted_at = number, None
    if not stays:
        assignment.category_id = ensure_category(section, category.title if category else "").id
    _record("assignment.restored", section, assignment, actor_id, now)
    return stays


def _lock(section: Section, assignment: Assignment) -> int:
    """Take the class's next number and read the assignment again, now that nobody else can change it.

    Raises PeriodClosed for one that lies in a closed period.
    """
    number = next_number(section)
    db.session.refresh(assignment)
    periods.require_open(section, [assignment.grading_period_id])
    return number


def _check_category(section: Section, category_id: int) -> None:
    living = select(Category.id).where(
        Category.id == category_id, Category.section_id == section.id, Category.deleted_at.is_(None)
    )
    if db.session.scalar(living) is None:
        raise AssignmentFault("category_gone")


def _set_posting(
    section: Section, assignment: Assignment, wanted: Shows, was: Shows, *, actor_id: int, now: datetime
) -> None:
    if wanted == was or wanted == Shows.AS_PLANNED:
        return
    if wanted == Shows.AS_ENTERED:
        posting.post_scores(section, assignment, at=now, actor_id=actor_id, now=now)
    else:
        posting.hide_scores(section, assignment, actor_id=actor_id, now=now)


# --- Scores when full marks change


class Rescaled(NamedTuple):
    """One score under both choices, in points."""

    student_id: int
    before: Decimal
    percentages: Decimal
    """What it becomes if the percentages are kept."""
    is_exact: bool


def rescaled(cells: Iterable[Cell], old: Decimal, new: Decimal) -> list[Rescaled]:
    """The scores typed in points, kept in proportion. `old` must be above 0."""
    found = []
    for cell in cells:
        if cell.points is not None:
            points, is_exact = in_proportion(cell.points, _hundredths(old), _hundredths(new))
            found.append(Rescaled(cell.student_id, _points(cell.points), _points(points), is_exact))
    return found


def _keep(
    section: Section,
    assignment: Assignment,
    points: Decimal,
    keep: Keep | None,
    *,
    number: int,
    actor_id: int,
    now: datetime,
) -> None:
    """Scores typed as a percent or a letter follow the full marks by themselves; those in points are asked about."""
    cells = [cell for cell in cells_of([assignment.id]) if cell.points is not None]
    if not cells or keep == Keep.SCORES:
        return
    if keep is None:
        raise AssignmentFault("choose")
    if not assignment.points or not points:
        raise AssignmentFault("no_proportion")
    moved = {one.student_id: one for one in rescaled(cells, assignment.points, points)}
    if any(_hundredths(one.percentages) > MOST_POINTS for one in moved.values()):
        raise AssignmentFault("too_large")
    stored = {(cell.assignment_id, cell.student_id): cell for cell in cells}
    writing = {
        place: content_of(cell)._replace(points=_hundredths(moved[cell.student_id].percentages))
        for place, cell in stored.items()
    }
    write_cells(section, writing, stored, number=number, actor_id=actor_id, now=now, kind=ChangeKind.RULE)


def _hundredths(points: Decimal) -> int:
    return int(points.scaleb(2))


def _points(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


# --- What it does to grades


@dataclass(frozen=True)
class Effect:
    """What an assignment, as typed, does to grades."""

    worth: Decimal | None
    """Percent of the grade; None where it decides nothing."""
    comparison: Comparison | None
    """Averages and counts; None where nothing is compared."""
    supposed: Decimal | None
    """The points in "if everyone scored 60%"; None for an assignment that exists, with its own scores."""
    examples: list[Shift]
    """The lowest, the middle and the highest student."""


@dataclass(frozen=True)
class KeepChoice:
    """Three named students under both choices, when full marks change after scores exist."""

    count: int
    """How many scores are asked about."""
    inexact: int
    """How many do not come out even and are rounded to 0.01."""
    can_keep_percentages: bool
    rows: list["KeepRow"]


class KeepRow(NamedTuple):
    """One student: the score and the grade now, and under both choices."""

    student: Student
    before: Decimal
    percentages: Decimal
    grade_now: Decimal | None
    grade_scores: Decimal | None
    grade_percentages: Decimal | None


NEW = -1
"""Stands for an assignment without a key yet."""


def column_with(work: ClassWork, assignment: Assignment | None, draft: AssignmentDraft) -> Column:
    """The assignment as typed, among the class's others."""
    column = work.by_id.get(assignment.id) if assignment else None
    facts: dict[str, Any] = {
        "id": NEW, "public_id": "", "posted_at": work.now, "position": MOST_POINTS, "grading_period_id": None, "seq": 0,
    }  # fmt: skip
    if column is not None:
        facts = column._asdict()
    facts |= {
        "category_id": draft.category_id, "title": draft.title, "possible": _hundredths(draft.points),
        "weight": None if draft.weight is None else _hundredths(draft.weight), "extra_credit": draft.extra_credit,
        "counts": draft.counts, "never_drop": draft.never_drop, "assigned_on": draft.assigned_on,
        "due_on": draft.due_on, "due_time": draft.due_time,
    }  # fmt: skip
    return Column(**facts)


def work_with(work: ClassWork, column: Column) -> ClassWork:
    """The class with this assignment in it, in place of the one with its key."""
    columns = [one for one in work.columns if one.id != column.id] + [column]
    calculator = calculator_for(
        work.calculator.rules,
        [graded_category(category) for category in work.categories],
        [work_of_column(one, work.timezone, work.now) for one in columns],
    )
    changed = with_calculator(work, calculator)
    changed.columns = columns
    return changed


def effect_of(work: ClassWork, assignment: Assignment | None, draft: AssignmentDraft) -> Effect:
    """What the assignment as typed does to grades, hidden scores included; two statements.

    A new one is tried with 60% for everyone, an existing one with the scores it has.
    """
    if draft.category_id is None:
        return Effect(None, None, None, [])
    column = column_with(work, assignment, draft)
    changed = work_with(work, column)
    scores = class_scores(work)
    supposed = None if assignment else part_of(column.possible, SUPPOSED)
    marks = None if supposed is None else everyone_scored(scores, column.id, supposed)
    shifts = scores.shifts(work, changed, posted_only=False, marks_after=marks)
    return Effect(
        worth=worth_of(changed, column.id),
        comparison=compared(shifts),
        supposed=None if supposed is None else _points(supposed),
        examples=_examples(shifts),
    )


def _examples(shifts: list[Shift]) -> list[Shift]:
    ranked = sorted(
        (one for one in shifts if one.before is not None and one.after is not None),
        key=lambda one: one.before or 0,
    )
    places = sorted({0, len(ranked) // 2, len(ranked) - 1}) if ranked else []
    return [ranked[place] for place in places]


def keep_choice(work: ClassWork, assignment: Assignment, draft: AssignmentDraft) -> KeepChoice | None:
    """What the teacher is asked when full marks change; None where no score was typed in points."""
    if draft.points == assignment.points:
        return None
    cells = {cell.student_id: cell for cell in cells_of([assignment.id]) if cell.points is not None}
    if not cells:
        return None
    scores = class_scores(work)
    possible = bool(assignment.points and draft.points)
    moved = {
        one.student_id: one for one in (rescaled(cells.values(), assignment.points, draft.points) if possible else [])
    }
    changed = work_with(work, column_with(work, assignment, draft))
    rows = [
        _keep_row(work, changed, scores, student, cells[student.id], moved)
        for student in _three(scores.students, cells)
    ]
    return KeepChoice(len(cells), sum(not one.is_exact for one in moved.values()), possible, rows)


def _three(students: list[Student], cells: dict[int, Cell]) -> list[Student]:
    """Those with the lowest, the middle and the highest score."""
    ranked = sorted((one for one in students if one.id in cells), key=lambda one: cells[one.id].points or 0)
    places = sorted({0, len(ranked) // 2, len(ranked) - 1}) if ranked else []
    return [ranked[place] for place in places]


def _keep_row(
    work: ClassWork,
    changed: ClassWork,
    scores: ClassScores,
    student: Student,
    cell: Cell,
    moved: dict[int, Rescaled],
) -> KeepRow:
    before = _points(cell.points or 0)
    percentages = moved[student.id].percentages if moved else before
    marks = scores.marks[student.id]
    rescaled_marks = {**marks, **work.marks([cell._replace(points=_hundredths(percentages))])}
    return KeepRow(
        student,
        before,
        percentages,
        work.totals(student, marks, posted_only=False).current,
        changed.totals(student, marks, posted_only=False).current,
        changed.totals(student, rescaled_marks, posted_only=False).current,
    )


def count_scores(assignment: Assignment) -> int:
    """How many cells of the assignment say something."""
    return sum(
        cell.points is not None or cell.percent is not None or cell.letter is not None or cell.status != "none"
        for cell in cells_of([assignment.id])
    )


def is_title_taken(work: ClassWork, title: str, besides: int | None = None) -> bool:
    """Whether another assignment of the class has this title. It is allowed, with a note."""
    return any(column.title.casefold() == title.casefold() and column.id != besides for column in work.columns)


def deleted_assignments(section: Section, now: datetime) -> list[Assignment]:
    """What was deleted in the last 30 days and can be restored, the latest first."""
    query = (
        select(Assignment)
        .where(
            Assignment.section_id == section.id,
            Assignment.deleted_at > now - RESTORABLE,
        )
        .order_by(Assignment.deleted_at.desc(), Assignment.id)
    )
    return list(db.session.scalars(query))


def _record(act: str, section: Section, assignment: Assignment, actor_id: int, now: datetime, **facts: Any) -> None:
    audit.record(
        act,
        now,
        school_id=section.school_id,
        actor_id=actor_id,
        section_id=section.id,
        assignment_id=assignment.id,
        title=assignment.title,
        **facts,
    )


def _facts(draft: AssignmentDraft) -> dict[str, Any]:
    """The draft in JSON types."""
    facts = {field.name: getattr(draft, field.name) for field in fields(draft)}
    return {
        name: str(value) if isinstance(value, Decimal | date | time | StrEnum) else value
        for name, value in facts.items()
    }
