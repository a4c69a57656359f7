"""A plan in the making: what the parts of the planner share."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from gradebook.clock import day_in
from gradebook.interchange.oneroster.plan import Item, PlaceKey, Plan, State, StoredPlace
from gradebook.interchange.oneroster.records import Roster
from gradebook.interchange.tables import Problem, Text
from gradebook.models import AccountKind, RoleKind


@dataclass
class Draft:
    """The file, the database and the plan, with the keys found on the way. Keys below zero are new rows."""

    roster: Roster
    state: State
    now: datetime
    timezone: str
    """Of new schools."""
    plan: Plan = field(default_factory=Plan)
    schools: dict[str, int] = field(default_factory=dict)
    """org -> school, through departments up and colleges down to what we call a school."""
    timezones: dict[int, str] = field(default_factory=dict)
    sessions: dict[tuple[int, str], int] = field(default_factory=dict)
    courses: dict[tuple[int, str], int] = field(default_factory=dict)
    classes: dict[str, "DraftClass"] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    account_kinds: dict[str, AccountKind] = field(default_factory=dict)
    students_of: dict[int, set[int]] = field(default_factory=dict)
    """class -> its students, stored or planned."""
    settled_courses: dict[tuple[int, str], int] = field(default_factory=dict)
    made_usernames: set[str] = field(default_factory=set)
    categories_in: Counter[int] = field(default_factory=Counter)
    """class -> how many categories are planned in it."""
    _last: int = 0

    @cached_property
    def accounts_by_source(self) -> dict[str, set[int]]:
        """Stored accounts by the sourcedId under which a roster knows them."""
        found: dict[str, set[int]] = defaultdict(set)
        for (user_id, _, _), role in self.state.roles.items():
            if role.source_id:
                found[role.source_id].add(user_id)
        return found

    @cached_property
    def stored_places(self) -> dict[int, list[tuple[PlaceKey, StoredPlace]]]:
        """Stored enrollments by class."""
        found: dict[int, list[tuple[PlaceKey, StoredPlace]]] = defaultdict(list)
        for key, place in self.state.places.items():
            found[key[0]].append((key, place))
        return found

    def mentions(self, file: str, key: str) -> bool:
        """Whether the file has a row with this key, read or not."""
        return key in self.roster.mentioned.get(file, ())

    def new_id(self) -> int:
        """A key for a row that is not there yet."""
        self._last -= 1
        return self._last

    def today(self, school_id: int) -> date:
        """The school day there."""
        return day_in(self.timezones[school_id], self.now)

    def create(self, kind: str, label: str, values: dict[str, Any]) -> int:
        """Plan a new row; returns its key."""
        key = self.new_id()
        self.plan.kinds[kind].created.append(Item(key, label, values))
        return key

    def settle(self, kind: str, label: str, stored: Any, changes: dict[str, Any], *, ended: bool = False) -> None:
        """Plan what a stored row needs, if anything."""
        into = self.plan.kinds[kind]
        if not changes:
            into.unchanged += 1
            return
        before = {name: getattr(stored, name, None) for name in changes}
        (into.ended if ended else into.changed).append(Item(stored.id, label, changes, before))

    def problem(self, file: str, line: int, field: str, value: str, text: Text) -> None:
        """Something that stops the import, unless its row is left out."""
        self.plan.problems.append(Problem(f"{file}.csv", line, field, value, text))

    def note(self, file: str, line: int, field: str, value: str, text: Text) -> None:
        """Something that a person should know."""
        self.plan.notes.append(Problem(f"{file}.csv", line, field, value, text))

    def leave_out(self, file: str) -> None:
        """Count a row that goes with one that has a problem."""
        self.plan.left_out[file] = self.plan.left_out.get(file, 0) + 1

    def is_gone(self, file: str, key: str) -> bool:
        """Whether the file says that this is to be deleted."""
        return key in self.roster.gone.get(file, {})


@dataclass
class DraftClass:
    """A class of the file that can be imported."""

    id: int
    school_id: int
    title: str
    begins_on: date
    """Of its term."""
    is_new: bool
    is_gone: bool = False
    posts_as_entered: bool = True
    term_id: int = 0
    closed: tuple[int, ...] = ()
    """As StoredClass has it."""


# --- The files' words for what people are

STUDENT_WORDS = {"student"}
TEACHER_WORDS = {"teacher", "professor", "faculty", "instructor", "lecturer", "adjunct"}
GUARDIAN_WORDS = {"parent", "guardian", "mother", "father", "legalguardian"}
"""With the right to see grades and to write."""
RELATIVE_WORDS = {"relative", "contact", "other", "doctor", "emergency", "grandparent", "sibling", "stepparent"}
"""Known to the school; what they may do is the office's to say."""
UNUSED_WORDS = {
    "aide", "proctor", "administrator", "principal", "counselor", "siteadministrator", "districtadministrator",
    "systemadministrator", "staff", "technician", "librarian", "coach", "officestaff", "none",
}  # fmt: skip
"""Known words for which a roster gives no role: who runs the office is decided by people."""


def role_of_word(word: str) -> RoleKind | None:
    """The role that a word gives; None for one that gives none."""
    if word in STUDENT_WORDS:
        return RoleKind.STUDENT
    if word in TEACHER_WORDS:
        return RoleKind.TEACHER
    return RoleKind.PARENT if word in GUARDIAN_WORDS | RELATIVE_WORDS else None


def is_known_word(word: str) -> bool:
    """Whether the word is one of a roster at all."""
    return role_of_word(word) is not None or word in UNUSED_WORDS


def account_kind_of(kind: RoleKind) -> AccountKind:
    """Whose account can hold this role."""
    return AccountKind.STUDENT if kind == RoleKind.STUDENT else AccountKind.ADULT
