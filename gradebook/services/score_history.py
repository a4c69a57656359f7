"""T5: who changed which score, when and from what. Acts (what was changed at once), their cells, one cell's story."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import func, select, update

from gradebook.extensions import db
from gradebook.models import Assignment, ChangeKind, Enrollment, RoleKind, ScoreChange, Section, User
from gradebook.services.paging import placed
from gradebook.services.scores import Place

ACTS_ON_A_PAGE = 30
CELLS_ON_A_PAGE = 100
MOST_NEWS = 2000
"""Cells that a page is told of one by one; after more it is quicker to open it again."""

T = TypeVar("T")
Facts = dict[str, Any] | None
"""A cell as the history keeps it (scores.facts_of); None: there was no score."""


class Change(NamedTuple):
    """One change of one cell."""

    id: int
    seq: int
    place: Place
    by_id: int
    by: str
    at: datetime
    kind: ChangeKind
    before: Facts
    after: Facts
    reason: str | None = None


class Act(NamedTuple):
    """What one person changed at once: the cells that share a number."""

    seq: int
    kind: ChangeKind
    cells: int
    """How many of its cells are asked for."""
    assignments: int
    assignment_id: int
    """One of its assignments; the only one where `assignments` is 1."""
    students: int
    student_id: int
    first: Change
    """One of its cells; who changed it, when and how is said of the whole act."""


class Wanted(NamedTuple):
    """Which changes are asked for; None: all."""

    student_id: int | None = None
    assignment_id: int | None = None
    by_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first moment after those asked for."""

    @property
    def is_one_cell(self) -> bool:
        """Whether a student and an assignment are named."""
        return self.student_id is not None and self.assignment_id is not None


class Pages(NamedTuple, Generic[T]):
    """One page of a list, the newest first."""

    lines: list[T]
    page: int
    pages: int
    total: int


class Work(NamedTuple):
    """An assignment that the class has or once had."""

    id: int
    public_id: str
    title: str
    possible: int
    """Full marks in hundredths of a point."""
    period_id: int | None
    is_deleted: bool


class Pupil(NamedTuple):
    """A student who is or was in the class."""

    id: int
    public_id: str
    sort_name: str
    is_here: bool
    """Whether the student is in the class today."""


@dataclass(frozen=True)
class Names:
    """Everything in a class that its history can speak of, by key, each in the order of its lists."""

    works: dict[int, Work]
    pupils: dict[int, Pupil]


def names_of(section: Section, today: date) -> Names:
    """The assignments and students of a class, present and past: two statements."""
    works = db.session.execute(
        select(
            Assignment.id,
            Assignment.public_id,
            Assignment.title,
            Assignment.points,
            Assignment.grading_period_id,
            Assignment.deleted_at.is_not(None),
        )
        .where(Assignment.section_id == section.id)
        .order_by(Assignment.position, Assignment.id)
    )
    pupils = db.session.execute(
        select(User.id, User.public_id, User.sort_name, Enrollment.begins_on, Enrollment.ends_on)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.section_id == section.id, Enrollment.role_kind == RoleKind.STUDENT)
        .order_by(User.name_key, User.id)
    )
    found: dict[int, Pupil] = {}
    for key, public_id, name, begins_on, ends_on in pupils:
        is_here = begins_on <= today and (ends_on is None or ends_on > today)
        found[key] = Pupil(key, public_id, name, is_here or (key in found and found[key].is_here))
    return Names(
        {row[0]: Work(row[0], row[1], row[2], int(row[3] * 100), row[4], bool(row[5])) for row in works}, found
    )


def people_of(section: Section) -> list[tuple[int, str, str]]:
    """Everyone who ever changed a score of the class: (key, public id, name), by name."""
    theirs = select(ScoreChange.changed_by).where(ScoreChange.section_id == section.id).distinct()
    query = select(User.id, User.public_id, User.display_name).where(User.id.in_(theirs))
    return [(row[0], row[1], row[2]) for row in db.session.execute(query.order_by(User.name_key, User.id))]


def acts_of(section: Section, wanted: Wanted, page: int) -> Pages[Act]:
    """One page of what was changed, act by act: three statements."""
    conditions = _conditions(section, wanted)
    total = db.session.scalar(select(func.count(ScoreChange.seq.distinct())).where(*conditions)) or 0
    page, pages = placed(page, total, ACTS_ON_A_PAGE)
    rows = db.session.execute(
        select(
            ScoreChange.seq,
            func.count().label("cells"),
            func.count(ScoreChange.assignment_id.distinct()).label("assignments"),
            func.min(ScoreChange.assignment_id).label("assignment_id"),
            func.count(ScoreChange.student_id.distinct()).label("students"),
            func.min(ScoreChange.student_id).label("student_id"),
            func.min(ScoreChange.id).label("change_id"),
        )
        .where(*conditions)
        .group_by(ScoreChange.seq)
        .order_by(ScoreChange.seq.desc())
        .limit(ACTS_ON_A_PAGE)
        .offset((page - 1) * ACTS_ON_A_PAGE)
    ).all()
    first = {change.seq: change for change in changes_by_id(section, [row.change_id for row in rows])}
    acts = [Act(row.seq, first[row.seq].kind, *row[1:6], first[row.seq]) for row in rows]
    return Pages(acts, page, pages, total)


def cells_of_act(section: Section, seq: int, page: int) -> Pages[Change]:
    """One page of the cells of an act, by student and assignment; no lines when there is no such act."""
    conditions = (ScoreChange.section_id == section.id, ScoreChange.seq == seq)
    total = db.session.scalar(select(func.count()).select_from(ScoreChange).where(*conditions)) or 0
    page, pages = placed(page, total, CELLS_ON_A_PAGE)
    lines = _changes(
        _CHANGES.join(Assignment, Assignment.id == ScoreChange.assignment_id)
        .join(PUPIL, PUPIL.c.id == ScoreChange.student_id)
        .where(*conditions)
        .order_by(Assignment.position, Assignment.id, PUPIL.c.name_key, PUPIL.c.id)
        .limit(CELLS_ON_A_PAGE)
        .offset((page - 1) * CELLS_ON_A_PAGE)
    )
    return Pages(lines, page, pages, total)


def story_of(section: Section, place: Place) -> list[Change]:
    """Every change of one cell, the newest first."""
    return _changes(
        _CHANGES.where(
            ScoreChange.section_id == section.id,
            ScoreChange.school_id == section.school_id,
            ScoreChange.assignment_id == place[0],
            ScoreChange.student_id == place[1],
        ).order_by(ScoreChange.seq.desc())
    )


class News(NamedTuple):
    """What happened to the scores of a class after a number."""

    first: dict[Place, Change]
    """The first change of each cell: what it said at that number is `before`."""
    last: dict[Place, Change]
    """The last change of each cell: what it says now is `after`."""
    is_all: bool
    """Whether nothing else of the class changed, and not too much to be told one by one."""


def news_of(section: Section, after: int, number: int, limit: int = MOST_NEWS) -> News:
    """What changed after the one number and up to the other, in one statement."""
    if number - after > limit:
        return News({}, {}, False)
    query = _CHANGES.where(
        ScoreChange.section_id == section.id, ScoreChange.seq > after, ScoreChange.seq <= number
    ).order_by(ScoreChange.seq)
    changes = _changes(query.limit(limit + 1))
    if len(changes) > limit:
        return News({}, {}, False)
    told = {change.seq for change in changes if change.kind != ChangeKind.RULE}
    first = {change.place: change for change in reversed(changes)}
    return News(first, {change.place: change for change in changes}, len(told) == number - after)


def changes_by_id(section: Section, keys: Iterable[int]) -> list[Change]:
    """Those of these changes that are of this class."""
    return _changes(_CHANGES.where(ScoreChange.section_id == section.id, ScoreChange.id.in_(list(keys))))


def changes_of_act(section: Section, seq: int) -> list[Change]:
    """All cells of an act."""
    return _changes(_CHANGES.where(ScoreChange.section_id == section.id, ScoreChange.seq == seq))


def give_reason(section: Section, seq: int, reason: str, *, actor_id: int) -> bool:
    """Say why this person changed what has this number. False where a reason stands already: it is never changed."""
    own = (ScoreChange.section_id == section.id, ScoreChange.seq == seq, ScoreChange.changed_by == actor_id)
    given = update(ScoreChange).where(*own, ScoreChange.reason.is_(None)).values(reason=reason)
    return bool(db.session.execute(given.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


PUPIL: Any = User.__table__.alias("pupil")
_CHANGES = select(
    ScoreChange.id,
    ScoreChange.seq,
    ScoreChange.assignment_id,
    ScoreChange.student_id,
    ScoreChange.changed_by,
    User.display_name,
    ScoreChange.changed_at,
    ScoreChange.kind,
    ScoreChange.before,
    ScoreChange.after,
    ScoreChange.reason,
).join(User, User.id == ScoreChange.changed_by)


def _changes(query: Any) -> list[Change]:
    return [Change(row[0], row[1], (row[2], row[3]), *row[4:]) for row in db.session.execute(query)]


def _conditions(section: Section, wanted: Wanted) -> list[Any]:
    conditions: list[Any] = [ScoreChange.section_id == section.id]
    if wanted.student_id is not None:
        conditions.append(ScoreChange.student_id == wanted.student_id)
    if wanted.assignment_id is not None:
        conditions.append(ScoreChange.assignment_id == wanted.assignment_id)
    if wanted.by_id is not None:
        conditions.append(ScoreChange.changed_by == wanted.by_id)
    if wanted.since is not None:
        conditions.append(ScoreChange.changed_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(ScoreChange.changed_at < wanted.until)
    return conditions
