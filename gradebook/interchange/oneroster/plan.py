"""What a plan is: the rows that an import would write, kind by kind, and what stands in its way.

New rows carry keys below zero, by which other new rows refer to them; whoever writes the plan puts the real
keys in their place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from gradebook.interchange.tables import Problem
from gradebook.models import AccountKind, Position, RoleKind, SessionKind

KINDS = (
    "schools", "sessions", "courses", "classes", "people", "roles", "enrollments", "guardianships", "categories",
    "assignments", "scores",
)  # fmt: skip
"""In the order in which they can be written."""

MOST_ENDED = 10
"""Percent of people or of enrollments that a file may end without being asked."""


class Item(NamedTuple):
    """One row to write."""

    id: int
    """Below zero: not in the database yet."""
    label: str
    """Which one, as a person would say it."""
    values: dict[str, Any]
    before: dict[str, Any] | None = None
    """What the changed columns hold now; None for a new row."""


@dataclass
class Kind:
    """What happens to the rows of one kind."""

    created: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    ended: list[Item] = field(default_factory=list)
    unchanged: int = 0


class Cell(NamedTuple):
    """A score of the file, or a stored one. Points in hundredths."""

    points: int | None
    percent: int | None
    letter: str | None
    status: str
    late: bool


class Ending(NamedTuple):
    """How many of how many would end."""

    kind: str
    ended: int
    of: int

    @property
    def is_too_much(self) -> bool:
        """Whether a person has to agree first."""
        return self.ended * 100 > self.of * MOST_ENDED


@dataclass
class Plan:
    """What an import would do."""

    kinds: dict[str, Kind] = field(default_factory=lambda: {name: Kind() for name in KINDS})
    cells: dict[int, dict[tuple[int, int], Cell]] = field(default_factory=dict)
    """By class: (assignment, student) -> the score to write."""
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows without a fault of their own that depend on one with a problem, by file."""
    endings: list[Ending] = field(default_factory=list)
    school_ids: list[int] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return any(kind.created or kind.changed or kind.ended for kind in self.kinds.values())

    @property
    def too_much(self) -> list[Ending]:
        """Endings that a person has to agree to first."""
        return [ending for ending in self.endings if ending.is_too_much]

    def counts(self) -> dict[str, dict[str, int]]:
        """The four numbers of each kind."""
        return {
            name: {
                "created": len(kind.created), "changed": len(kind.changed), "ended": len(kind.ended),
                "unchanged": kind.unchanged,
            }
            for name, kind in self.kinds.items()
        }  # fmt: skip


# --- What the database holds, as far as a roster is concerned


class StoredSchool(NamedTuple):
    id: int
    source_id: str | None
    name: str
    timezone: str


class StoredSession(NamedTuple):
    id: int
    title: str
    kind: SessionKind
    parent_id: int | None
    begins_on: date
    ends_on: date


class ClosedSession(NamedTuple):
    """A term or grading period whose grades are final: nothing that makes them is changed by a file."""

    title: str
    begins_on: date
    ends_on: date
    closed_on: date


class StoredCourse(NamedTuple):
    id: int
    title: str
    code: str | None


class StoredClass(NamedTuple):
    id: int
    title: str
    code: str | None
    course_id: int
    term_id: int
    ended: bool
    term_ends_on: date
    posts_as_entered: bool
    closed: tuple[int, ...] = ()
    """Keys of the closed terms and grading periods that hold it."""


class StoredPerson(NamedTuple):
    id: int
    account_kind: AccountKind
    username: str
    display_name: str
    sort_name: str
    called: str
    email: str | None
    is_confirmed: bool
    phone: str | None
    birth_date: date | None
    form: str | None
    deactivated_at: datetime | None


class StoredRole(NamedTuple):
    id: int
    begins_on: date
    ends_on: date | None
    source_id: str | None


class StoredPlace(NamedTuple):
    id: int
    position: Position
    begins_on: date
    ends_on: date | None
    source_id: str | None


class StoredLink(NamedTuple):
    id: int
    relationship: str
    may_see_grades: bool
    may_message: bool
    begins_on: date
    ends_on: date | None
    ended_by_office: bool
    from_roster: bool


class StoredCategory(NamedTuple):
    id: int
    source_id: str | None
    position: int


class StoredAssignment(NamedTuple):
    id: int
    section_id: int
    points: Decimal
    is_deleted: bool
    grading_period_id: int | None = None


class StoredCell(NamedTuple):
    cell: Cell
    is_imported: bool
    """Whether its last change came from a file: what a person typed is never changed by a roster."""


RoleKey = tuple[int, int, RoleKind]
"""(person, school, kind)"""
PlaceKey = tuple[int, int, RoleKind]
"""(class, person, kind)"""
LinkKey = tuple[int, int, int]
"""(school, student, adult)"""


@dataclass
class State:
    """Rows of the schools that a roster is about. Equal states give equal plans."""

    schools: list[StoredSchool] = field(default_factory=list)
    sessions: dict[tuple[int, str], StoredSession] = field(default_factory=dict)
    closed: dict[int, ClosedSession] = field(default_factory=dict)
    """By key, of every calendar of these schools."""
    courses: dict[tuple[int, str], StoredCourse] = field(default_factory=dict)
    classes: dict[tuple[int, str], StoredClass] = field(default_factory=dict)
    people: dict[int, StoredPerson] = field(default_factory=dict)
    roles: dict[RoleKey, StoredRole] = field(default_factory=dict)
    places: dict[PlaceKey, StoredPlace] = field(default_factory=dict)
    links: dict[LinkKey, StoredLink] = field(default_factory=dict)
    usernames: dict[str, int] = field(default_factory=dict)
    """Whose the usernames of the file are now, by their keys; in the whole deployment."""
    categories: dict[int, list[StoredCategory]] = field(default_factory=dict)
    assignments: dict[tuple[int, str], StoredAssignment] = field(default_factory=dict)
    cells: dict[tuple[int, int], StoredCell] = field(default_factory=dict)


def is_open(ends_on: date | None, today: date) -> bool:
    """Whether something with this end still holds, or will."""
    return ends_on is None or ends_on > today


def different(stored: Any, wanted: dict[str, Any], names: Iterable[str] | None = None) -> dict[str, Any]:
    """The wanted values that differ from the stored row."""
    return {name: wanted[name] for name in (names or wanted) if getattr(stored, name) != wanted[name]}
