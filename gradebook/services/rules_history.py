"""What was changed in how a class is graded, by whom, and every student's grade before and after."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import AcademicSession, AuditEntry, GradingScale, Section, User
from gradebook.services.paging import placed

ACTS = ("rules.changed", "scale.letters_moved")
ON_A_PAGE = 10


class GradeLine(NamedTuple):
    """One student's posted grade; None where there was none."""

    student: str
    before: Decimal | None
    after: Decimal | None
    letter_before: str | None
    letter_after: str | None

    @property
    def is_move(self) -> bool:
        """Whether it is another one."""
        return (self.before, self.letter_before) != (self.after, self.letter_after)


class Entry(NamedTuple):
    """One change."""

    at: datetime
    actor: str | None
    """Who changed it; None: a command."""
    act: str
    """rules.changed, or scale.letters_moved: the office changed the bands of the class's scale."""
    before: dict[str, Any]
    after: dict[str, Any]
    grades: list[GradeLine]

    @property
    def moved(self) -> int:
        """How many posted grades changed."""
        return sum(line.is_move for line in self.grades)


class History(NamedTuple):
    """One page of it, newest first."""

    entries: list[Entry]
    page: int
    pages: int
    total: int
    scales: dict[int, str]
    """The names of the school's scales, by key."""
    periods: dict[int, str]
    """The titles of the grading periods that were ever weighed, by key."""


def history_of(section: Section, page: int) -> History:
    """The changes of a class that was obtained through the person: four statements, or five."""
    wanted = (AuditEntry.section_id == section.id, AuditEntry.act.in_(ACTS))
    total = db.session.scalar(select(func.count()).select_from(AuditEntry).where(*wanted)) or 0
    page, pages = placed(page, total, ON_A_PAGE)
    rows = db.session.execute(
        select(AuditEntry.at, User.display_name, AuditEntry.act, AuditEntry.facts)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(*wanted)
        .order_by(AuditEntry.id.desc())
        .limit(ON_A_PAGE)
        .offset((page - 1) * ON_A_PAGE)
    ).all()
    students = _names(row.facts for row in rows)
    entries = [_entry(row, students) for row in rows]
    scales = select(GradingScale.id, GradingScale.name).where(GradingScale.school_id == section.school_id)
    names = dict(db.session.execute(scales).all())
    return History(entries, page, pages, total, names, _titles(row.facts for row in rows))


def _names(facts: Iterable[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Student -> (key to sort by, name as lists have it)."""
    keys = {grade["student_id"] for one in facts for grade in one.get("grades", ())}
    query = select(User.id, User.name_key, User.sort_name).where(User.id.in_(keys))
    return {key: (name_key, name) for key, name_key, name in db.session.execute(query)}


def _titles(facts: Iterable[dict[str, Any]]) -> dict[int, str]:
    keys = {key for one in facts for rules in (one["before"], one["after"]) for key, _ in rules.get("periods", ())}
    if not keys:
        return {}
    query = select(AcademicSession.id, AcademicSession.title).where(AcademicSession.id.in_(keys))
    return dict(db.session.execute(query).all())


def _entry(row: Any, students: dict[int, tuple[str, str]]) -> Entry:
    grades = [grade for grade in row.facts.get("grades", ()) if grade["student_id"] in students]
    grades.sort(key=lambda grade: (students[grade["student_id"]][0], grade["student_id"]))
    lines = [
        GradeLine(
            students[grade["student_id"]][1],
            _amount(grade["before"]),
            _amount(grade["after"]),
            grade.get("letter_before"),
            grade.get("letter_after"),
        )
        for grade in grades
    ]
    return Entry(row.at, row.display_name, row.act, row.facts["before"], row.facts["after"], lines)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
