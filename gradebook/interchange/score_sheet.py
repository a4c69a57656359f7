"""What a file of scores says, whatever its format, and which format a file has."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from gradebook.interchange.tables import Problem


class SheetStudent(NamedTuple):
    """A student as the file names them: the surest of the names first."""

    line: int
    names: tuple[tuple[str, str], ...]
    """(field, value) pairs: a roster's key, a username, a name."""

    @property
    def label(self) -> str:
        """What a person would call the student."""
        return self.names[-1][1]


class SheetAssignment(NamedTuple):
    """An assignment as the file names it."""

    line: int
    title: str
    source_id: str | None = None
    points: Decimal | None = None
    category: str = ""
    category_weight: Decimal | None = None
    is_guess: bool = False
    """Whether the category is our guess."""
    due_on: date | None = None
    due_time: time | None = None
    posted: bool | datetime | None = None
    """Visible to families; None: as new assignments of the class are."""


class SheetCell(NamedTuple):
    """What stands in one cell. Blank ones are not in a sheet at all."""

    line: int
    student: int
    assignment: int
    score: str
    status: str = ""
    """missing, excused, incomplete, turned in or late, or a code for it; "" when the file says none."""


@dataclass
class ScoreSheet:
    """A file of scores. Students and assignments are known by their place in the lists."""

    file: str
    format: str
    students: list[SheetStudent] = field(default_factory=list)
    assignments: list[SheetAssignment] = field(default_factory=list)
    cells: list[SheetCell] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    """Categories that the file names without saying what is in them."""
    totals: list[dict[str, str]] = field(default_factory=list)
    """For each student the totals that the file shows; compared with, never imported."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
