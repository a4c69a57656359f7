"""Reading the audit log: what the office finds in it, with the names that its sentences need, in six statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select

from gradebook.extensions import db
from gradebook.models import Assignment, AuditEntry, GradingScale, Role, RoleKind, Section, User
from gradebook.models.people import folded
from gradebook.policy import oversight, scopes
from gradebook.policy.person import Person
from gradebook.services.paging import placed

ON_A_PAGE = 50
MOST_WORDS = 5
_PEOPLE = ("guardian", "guardian_id", "adult", "asked_by", "successor")
"""Facts that name a person beside the one whom the entry concerns."""
_SECTIONS = ("section", "section_id", "source_id")


@dataclass(frozen=True)
class Wanted:
    """What the log is narrowed to."""

    since: datetime
    until: datetime
    """The first moment after."""
    person: str = ""
    """Words of the name of whoever did it or whom it concerns."""
    child: str = ""
    """Words of the name of the student whom it concerns."""
    section: str = ""
    """Words of the title of the class."""
    acts: tuple[str, ...] = ()
    """Names of acts; none is all."""


@dataclass(frozen=True)
class Names:
    """What the keys in a page of entries stand for; what is gone, or is another school's, is missing."""

    people: dict[int, str]
    sections: dict[int, str]
    assignments: dict[int, str]
    scales: dict[int, str]


@dataclass(frozen=True)
class LogPage:
    """A page of entries, the newest first."""

    lines: list[AuditEntry]
    names: Names
    total: int
    page: int
    pages: int


def read(person: Person, wanted: Wanted, page: int) -> LogPage:
    """What this office person may see of the log and asked for."""
    conditions = _conditions(person, wanted)
    total = db.session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
    page, pages = placed(page, total, ON_A_PAGE)
    lines = db.session.scalars(
        select(AuditEntry)
        .where(*conditions)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(ON_A_PAGE)
        .offset((page - 1) * ON_A_PAGE)
    ).all()
    return LogPage(list(lines), names_for(person, lines), total, page, pages)


def _conditions(person: Person, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [oversight.log_of_office(person), AuditEntry.at >= wanted.since, AuditEntry.at < wanted.until]
    if wanted.acts:
        found.append(AuditEntry.act.in_(wanted.acts))
    if wanted.person:
        people = _people(person, wanted.person)
        others = [fact(name).in_(_as_text(people)) for name in _PEOPLE]
        found.append(or_(AuditEntry.actor_id.in_(people), AuditEntry.person_id.in_(people), *others))
    if wanted.child:
        found.append(AuditEntry.person_id.in_(_people(person, wanted.child, RoleKind.STUDENT)))
    if wanted.section:
        sections = _sections(person, wanted.section)
        found.append(or_(AuditEntry.section_id.in_(sections), fact("section").in_(_as_text(sections))))
    return found


def fact(name: str) -> ColumnElement[Any]:
    """As text: whatever a fact is, comparing it is no error."""
    return cast(AuditEntry.facts[name].as_string(), String)


def _as_text(keys: Select[Any]) -> Select[Any]:
    (key,) = keys.selected_columns
    return keys.with_only_columns(cast(key, String))


def _people(person: Person, text: str, kind: RoleKind | None = None) -> Select[Any]:
    known = scopes.people_of_office(person)
    if kind is not None:
        known = known.where(Role.kind == kind)
    query = select(User.id).where(User.id.in_(known))
    for word in folded(text).split()[:MOST_WORDS]:
        own = [column.contains(word, autoescape=True) for column in (User.name_key, User.username_key)]
        query = query.where(or_(*own))
    return query


def _sections(person: Person, text: str) -> Select[Any]:
    query = select(Section.id).where(Section.school_id.in_(scopes.schools_run_by(person)))
    for word in text.split()[:MOST_WORDS]:
        query = query.where(Section.title.icontains(word, autoescape=True))
    return query


def names_for(person: Person, lines: Iterable[AuditEntry]) -> Names:
    facts = [line.facts for line in lines]
    people = _keys(facts, *_PEOPLE) | {key for line in lines for key in (line.actor_id, line.person_id) if key}
    sections = _keys(facts, *_SECTIONS)
    here = scopes.schools_run_by(person)
    known = and_(User.id.in_(people), User.id.in_(scopes.people_of_office(person)))
    return Names(
        _rows(select(User.id, User.display_name).where(known)),
        _rows(select(Section.id, Section.title).where(Section.id.in_(sections), Section.school_id.in_(here))),
        _rows(_of(Assignment, Assignment.title, _keys(facts, "assignment_id"), here)),
        _rows(_of(GradingScale, GradingScale.name, _keys(facts, "scale_id"), here)),
    )


def _of(model: Any, words: Any, keys: set[int], schools: list[int]) -> Select[Any]:
    return select(model.id, words).where(model.id.in_(keys), model.school_id.in_(schools))


def _keys(facts: Iterable[dict[str, Any]], *names: str) -> set[int]:
    found = (one.get(name) for one in facts for name in names)
    return {key for key in found if isinstance(key, int) and not isinstance(key, bool)}


def _rows(query: Select[*tuple[Any, ...]]) -> dict[int, str]:
    return dict(db.session.execute(query).all())
