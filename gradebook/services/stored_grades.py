"""Reading what is stored of grades: copies that hold, and what teachers put in place of computed ones (G14, G16).

Pages ask only for classes whose row says that there is something, so that the others cost no statement.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.overrides import Override
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
    """A grade as it was when its period was closed or the student left."""

    grade: dict[str, Any]
    posted_grade: dict[str, Any]
    override: dict[str, Any] | None
    frozen_at: datetime


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


def copies_of(section_ids: Collection[int], student_ids: Collection[int] | None = None) -> dict[Key, StoredGrade]:
    """The copies that hold in these classes (of these students only, if given), in one statement."""
    stored = FrozenGrade
    query = select(
        stored.section_id, stored.student_id, stored.period_id, stored.grade, stored.posted_grade, stored.override,
        stored.frozen_at,
    ).where(stored.section_id.in_(section_ids), stored.dropped_at.is_(None))  # fmt: skip
    return {
        (row[0], row[1], row[2]): StoredGrade(row[3], row[3] if row[4] is None else row[4], row[5], row[6])
        for row in _rows(query, stored.student_id, student_ids)
    }


def _rows(query: Any, student_id: Any, student_ids: Collection[int] | None) -> Iterable[Any]:
    if student_ids is not None:
        query = query.where(student_id.in_(student_ids))
    return db.session.execute(query)
