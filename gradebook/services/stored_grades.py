"""Reading what is stored of grades: copies that hold, and what teachers put in place of computed ones (G14, G16).

Pages ask only for classes whose row says that there is something, so that the others cost no statement.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import or_, select

from gradebook.extensions import db
from gradebook.grading.overrides import Override
from gradebook.grading.values import Totals
from gradebook.models import FrozenGrade, GradeOverride, Section, User

Scope = int | None
"""The grading period that a grade is of; None: the whole class."""
Key = tuple[int, int, Scope]
"""(class, student, scope)"""


class StoredOverride(NamedTuple):
    """What a teacher put in place of a computed grade."""

    id: int
    percent: Decimal | None
    letter: str | None
    reason: str
    by: str
    """The teacher's name."""
    at: datetime

    @property
    def value(self) -> Override:
        """As the calculation takes it."""
        return Override(self.percent, self.letter, self.reason)


class StoredGrade(NamedTuple):
    """A grade as it was when its period was closed or the student left, as grading/frozen.py writes it."""

    grade: dict[str, Any]
    posted_grade: dict[str, Any]
    override: dict[str, Any] | None
    """What was shown in its place: percent, letter, reason, by."""
    frozen_at: datetime

    def data(self, *, posted: bool) -> dict[str, Any]:
        """As teachers see it, or as families do."""
        return self.posted_grade if posted else self.grade

    def shown(self, totals: Totals) -> Totals:
        """The totals with what was shown in their place."""
        if self.override is None:
            return totals
        percent = self.override["percent"] and Decimal(self.override["percent"])
        letter = self.override["letter"]
        return totals._replace(current=percent, final=percent, letter=letter, final_letter=letter)


def overrides_of(sections: Iterable[Section], student_ids: Collection[int] | None = None) -> dict[Key, StoredOverride]:
    """What replaces grades in these classes (of these students only, if given): one statement, or none."""
    keys = [section.id for section in sections if section.has_overrides]
    if not keys:
        return {}
    stored = GradeOverride
    query = (
        select(
            stored.section_id, stored.student_id, stored.period_id, stored.id, stored.percent, stored.letter,
            stored.reason, User.display_name, stored.set_at,
        )
        .join(User, User.id == stored.set_by)
        .where(stored.section_id.in_(keys), stored.removed_at.is_(None))
    )  # fmt: skip
    return {(row[0], row[1], row[2]): StoredOverride(*row[3:]) for row in _rows(query, stored.student_id, student_ids)}


def copies_of(sections: Iterable[Section], student_ids: Collection[int] | None = None) -> dict[Key, StoredGrade]:
    """The copies that hold in these classes (of these students only, if given), in one statement, or none.

    The copies of grading periods only where the course grade is made of them.
    """
    sections = list(sections)
    if not sections:
        return {}
    stored, weighing = FrozenGrade, [section.id for section in sections if section.weighs_periods]
    query = select(
        stored.section_id, stored.student_id, stored.period_id, stored.grade, stored.posted_grade, stored.override,
        stored.frozen_at,
    ).where(
        stored.section_id.in_([section.id for section in sections]),
        stored.dropped_at.is_(None),
        or_(stored.period_id.is_(None), stored.section_id.in_(weighing)),
    )  # fmt: skip
    return {
        (row[0], row[1], row[2]): StoredGrade(row[3], row[3] if row[4] is None else row[4], row[5], row[6])
        for row in _rows(query, stored.student_id, student_ids)
    }


class StoredGrades(NamedTuple):
    """What is stored of the grades of some classes, by class, student and scope."""

    copies: dict[Key, StoredGrade]
    overrides: dict[Key, StoredOverride]

    def by_class(self) -> dict[int, "StoredGrades"]:
        """The same for each class that has any."""
        found: dict[int, StoredGrades] = defaultdict(lambda: StoredGrades({}, {}))
        for key, copy in self.copies.items():
            found[key[0]].copies[key] = copy
        for key, override in self.overrides.items():
            found[key[0]].overrides[key] = override
        return found


def read(
    sections: Iterable[Section], student_ids: Collection[int] | None = None, *, have_left: bool = False
) -> StoredGrades:
    """All of it for these classes (and students), in two statements at most. `have_left`: the students may have left,
    so that there may be copies in a class of which nothing is closed.

    What a closing left to be kept is worked out as of the closing, as it will be stored: some statements more.
    """
    sections = list(sections)
    copied = [section for section in sections if have_left or has_copies(section)]
    stored = StoredGrades(copies_of(copied, student_ids), overrides_of(sections, student_ids))
    unkept = [section for section in copied if section.unkept]
    if unkept:
        from gradebook.services import freezing  # which works grades out, and for that reads what is stored here

        for key, copy in freezing.still_to_keep(unkept, student_ids).items():
            stored.copies.setdefault(key, copy)
    return stored


def stored_of(sections: Sequence[Section]) -> StoredGrades:
    """What is in the database for these classes and nothing else: what copies are made of."""
    return StoredGrades(copies_of([one for one in sections if has_copies(one)]), overrides_of(sections))


def has_copies(section: Section) -> bool:
    """Whether the grades of the class, or what they are made of, are copies now."""
    return str(section.term_id) in section.closings or bool(section.weighs_periods and section.closings)


def _rows(query: Any, student_id: Any, student_ids: Collection[int] | None) -> Iterable[Any]:
    if student_ids is not None:
        query = query.where(student_id.in_(student_ids))
    return db.session.execute(query)
