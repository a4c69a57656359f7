"""What a roster says, whatever its version: rows with their place in the file, and dates in our way.

`ends_on` is always the first day after; the readers turn a version's last days into it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from gradebook.interchange.tables import Problem
from gradebook.models import SessionKind


class Org(NamedTuple):
    line: int
    id: str
    name: str
    kind: str
    parent: str


class Session(NamedTuple):
    line: int
    id: str
    title: str
    kind: SessionKind
    begins_on: date
    ends_on: date
    parent: str


class Course(NamedTuple):
    line: int
    id: str
    title: str
    code: str
    org: str


class Group(NamedTuple):
    """A class."""

    line: int
    id: str
    title: str
    code: str
    course: str
    org: str
    sessions: tuple[str, ...]


class Person(NamedTuple):
    line: int
    id: str
    username: str
    display_name: str
    sort_name: str
    called: str
    email: str
    phone: str
    form: str
    enabled: bool
    agents: tuple[str, ...]


class HeldRole(NamedTuple):
    """What a person is to an org, in the file's own word."""

    file: str
    line: int
    user: str
    org: str
    word: str
    begins_on: date | None
    ends_on: date | None


class Place(NamedTuple):
    """An enrollment."""

    line: int
    id: str
    group: str
    user: str
    word: str
    primary: bool | None
    begins_on: date | None
    ends_on: date | None


class Link(NamedTuple):
    """An adult's relation to a student, in the file's own word."""

    file: str
    line: int
    student: str
    adult: str
    word: str


class WorkCategory(NamedTuple):
    line: int
    id: str
    title: str
    weight: Decimal | None


class LineItem(NamedTuple):
    line: int
    id: str
    title: str
    description: str
    group: str
    category: str
    grading_period: str
    assigned_on: date | None
    due: datetime | date | None
    points: Decimal


class Result(NamedTuple):
    line: int
    id: str
    line_item: str
    student: str
    score: str
    status: str
    late: bool
    comment: str


@dataclass
class Roster:
    """Everything a set of files says. Rows that could not be read are in `problems`; their keys are in `mentioned`."""

    name: str
    version: str
    orgs: dict[str, Org] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    roles: list[HeldRole] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    birth_dates: dict[str, date] = field(default_factory=dict)
    categories: dict[str, WorkCategory] = field(default_factory=dict)
    line_items: dict[str, LineItem] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)

    bulk: set[str] = field(default_factory=set)
    """Files that say everything there is: what they lack has ended. A file that is absent says nothing."""
    mentioned: dict[str, set[str]] = field(default_factory=dict)
    """By file: keys of all rows, also of those with problems, which therefore have not ended."""
    unclear: set[str] = field(default_factory=set)
    """People of whom a row could not be read: what the files lack about them has not ended."""
    gone: dict[str, dict[str, int]] = field(default_factory=dict)
    """By file: keys of the rows marked `tobedeleted`, with their lines."""
    says_positions: bool = False
    """Whether enrollments say who leads a class."""
    says_links: bool = False
    """Whether the files say who is whose guardian, completely."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    """By file: how many rows were read."""
