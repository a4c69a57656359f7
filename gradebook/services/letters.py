"""The same words to the families of several students, because of one assignment: who is meant, who gets what."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.grading.cells import Cell as ReadCell
from gradebook.grading.cells import percent_scored
from gradebook.grading.values import Reason, Status, What
from gradebook.models import Assignment, Conversation, Message, Section, User
from gradebook.policy import conversations as policy
from gradebook.policy.person import Person
from gradebook.services import messaging, outcomes
from gradebook.services.grades import Cell, ClassWork, Student, cells_of, class_work, is_blank, students_of

WORDS_PUT_IN = ("student", "assignment")
"""What stands in braces in the words, and is filled in for each family."""
_IN_BRACES = re.compile(r"\{\s*([^\W\d_]+)\s*\}")


class Whom(StrEnum):
    """Whose families are meant."""

    MISSING = "missing"
    BLANK = "blank"
    BELOW = "below"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Row:
    """A student of the class, and how the assignment stands."""

    student: Student
    called: str
    is_missing: bool = False
    is_blank: bool = False
    percent: Fraction | None = None
    """The score as typed, in percent of full marks; None where there is none."""


def rows_of(section: Section, assignment: Assignment, now: datetime) -> list[Row]:
    """The students of today, by name."""
    students = students_of(section, section.school.today(now))
    called = _called([student.id for student in students])
    if section.grades_outcomes:
        rated = {row.student_id for row in outcomes.ratings_of([assignment.id]) if not row.is_blank}
        return [Row(one, called[one.id], is_blank=one.id not in rated) for one in students]
    work = class_work(section, now)
    cells = {cell.student_id: cell for cell in cells_of([assignment.id])}
    return [_row(work, assignment.id, student, called[student.id], cells.get(student.id)) for student in students]


def _called(student_ids: list[int]) -> dict[int, str]:
    """What each student is called, by key."""
    return {row.id: row.called for row in db.session.execute(_NAMES, {"students": student_ids})}


_NAMES = select(User.id, User.called).where(User.id.in_(bindparam("students", expanding=True)))


def _row(work: ClassWork, assignment_id: int, student: Student, called: str, cell: Cell | None) -> Row:
    column = work.by_id[assignment_id]
    read = work.read(student, column, cell)
    blank = (cell is None or is_blank(cell)) and read.reason not in _NOT_EXPECTED
    return Row(student, called, _is_missing(cell, read), blank, percent_scored(read, column.possible))


_NOT_EXPECTED = (Reason.not_assigned, Reason.before_joining, Reason.after_leaving)


def _is_missing(cell: Cell | None, read: ReadCell) -> bool:
    """Whether it is missing, whatever missing work counts as in this class."""
    if cell is not None and cell.status == Status.missing:
        return True
    return read.what is What.missing or read.reason is Reason.missing_not_counted


def meant(rows: Sequence[Row], whom: Whom, *, below: Decimal | None, chosen: Collection[str]) -> list[Row]:
    """Those whose families are meant. below: percent of full marks; chosen: public ids."""
    if whom is Whom.CHOSEN:
        return [row for row in rows if row.student.public_id in chosen]
    if whom is Whom.BELOW:
        limit = Fraction(below or 0)
        return [row for row in rows if row.percent is not None and row.percent < limit]
    return [row for row in rows if (row.is_missing if whom is Whom.MISSING else row.is_blank)]


# --- The words


def filled(words: str, student: str, assignment: str) -> str:
    """The words with {student} and {assignment} put in."""
    values = dict(zip(WORDS_PUT_IN, (student, assignment), strict=True))
    return _IN_BRACES.sub(lambda found: values.get(found[1].lower(), found[0]), words)


def not_known(words: str) -> str | None:
    """The first thing in braces for which there is nothing to put in, as it was typed."""
    return next((found[0] for found in _IN_BRACES.finditer(words) if found[1].lower() not in WORDS_PUT_IN), None)


# --- Who gets what


class Nobody(StrEnum):
    """Why nothing is sent about a student, as far as a teacher may know."""

    OWN_CHILD = "own_child"
    """The teacher is or was the child's guardian."""
    NONE = "none"
    """No guardian can be written to now. Whether there is one, and what forbids it, is the office's."""
    NOT_NOW = "not_now"
    """There are guardians, who wait to be confirmed or do not see grades; each says why."""


@dataclass(frozen=True)
class Family:
    """What one student's guardians get."""

    row: Row
    body: str
    reached: list[policy.Reached]
    """They get it, each in a conversation of their own."""
    left_out: list[policy.Reached]
    """They get nothing: they do not see grades, which such words would tell; or the office must confirm them first."""
    nobody: Nobody | None

    @property
    def letters(self) -> list[messaging.Letter]:
        """One message for each guardian."""
        return [messaging.Letter(self.row.student.id, one.guardian.id, self.body) for one in self.reached]

    @property
    def keys(self) -> list[str]:
        """Who gets it, as a form carries it."""
        return [f"{self.row.student.public_id}-{one.guardian.public_id}" for one in self.reached]


def families_of(person: Person, section: Section, rows: Sequence[Row], words: str, title: str) -> list[Family]:
    """What these students' families get of these words today: two statements whatever their number."""
    keys = [row.student.id for row in rows]
    own, reached = policy.own_children(person, keys), defaultdict(list)
    for one in policy.guardians_reached(person, section, keys):
        reached[one.student_id].append(one)
    return [
        _family(row, filled(words, row.called, title), reached[row.student.id], row.student.id in own) for row in rows
    ]


def _family(row: Row, body: str, here: list[policy.Reached], is_own: bool) -> Family:
    get_it = [one for one in here if one.may_be_told_of_scores]
    left_out = [one for one in here if one not in get_it]
    nobody = None
    if not get_it:
        nobody = Nobody.OWN_CHILD if is_own else Nobody.NOT_NOW if left_out else Nobody.NONE
    return Family(row, body, get_it, left_out, nobody)


# --- What was sent before


class Sent(NamedTuple):
    """A message that was sent under the key of a form."""

    student: str
    guardian: str
    called: str
    body: str

    @property
    def key(self) -> str:
        """Who got it, as a form carries it."""
        return f"{self.student}-{self.guardian}"


def sent_with(school_id: int, author_id: int, client_key: str) -> list[Sent]:
    """What this author sent under this key, to whom, about whom; in one statement."""
    student, guardian = aliased(User), aliased(User)
    rows = db.session.execute(
        select(student.public_id, guardian.public_id, student.called, Message.body)
        .select_from(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(student, student.id == Conversation.student_id)
        .join(guardian, guardian.id == Conversation.guardian_id)
        .where(Message.school_id == school_id, Message.author_id == author_id, Message.client_key == client_key)
    )
    return [Sent._make(row) for row in rows]
