"""Writing scores: only what the person changed, nobody's work overwritten, every change in the history."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gradebook.extensions import db
from gradebook.models import ChangeKind, Score, ScoreChange, Section, User
from gradebook.services.counters import next_number
from gradebook.services.grades import Cell, cells_of

Place = tuple[int, int]
"""(assignment key, student key): where a cell is."""


class Content(NamedTuple):
    """What is typed into a cell. Points and percent in hundredths; at most one of the three forms."""

    points: int | None = None
    percent: int | None = None
    letter: str | None = None
    status: str = "none"
    late: bool = False


EMPTY = Content()


class Conflict(NamedTuple):
    """A cell that someone else changed since this person saw it."""

    place: Place
    mine: Content
    theirs: Content
    by: str
    at: datetime


@dataclass
class Saved:
    """What came of a save."""

    number: int | None = None
    """The class's number of this change; None when nothing had to be written."""
    places: list[Place] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def content_of(cell: Cell | None) -> Content:
    """What a stored cell says."""
    if cell is None:
        return EMPTY
    return Content(cell.points, cell.percent, cell.letter, cell.status, cell.late)


def save_scores(
    section: Section,
    wanted: dict[Place, Content],
    *,
    seen: int,
    actor_id: int,
    now: datetime,
    kind: ChangeKind = ChangeKind.TYPED,
) -> Saved:
    """Write the cells that the person changed since number `seen`; the others are left alone, whatever they hold now.

    A cell that someone else changed meanwhile to something else is a conflict and is not written.
    """
    stored = stored_cells(wanted)
    if not _touched(wanted, stored, _contents_at(wanted, stored, seen)):
        return Saved()
    number = next_number(section)
    stored = stored_cells(wanted)  # again, now that the class is locked
    touched = _touched(wanted, stored, _contents_at(wanted, stored, seen))
    conflicts = [place for place in touched if (cell := stored.get(place)) and cell.seq > seen]
    writing = {place: wanted[place] for place in touched if place not in set(conflicts)}
    write_cells(section, writing, stored, number=number, actor_id=actor_id, now=now, kind=kind)
    return Saved(number if writing else None, list(writing), _described(conflicts, wanted, stored))


def stored_cells(places: Iterable[Place]) -> dict[Place, Cell]:
    """The stored cells at these places, in one statement."""
    places = list(places)
    cells = cells_of({place[0] for place in places}, {place[1] for place in places})
    wanted = set(places)
    found = {(cell.assignment_id, cell.student_id): cell for cell in cells}
    return {place: cell for place, cell in found.items() if place in wanted}


def _touched(wanted: dict[Place, Content], stored: dict[Place, Cell], was: dict[Place, Content]) -> list[Place]:
    """The places where the person typed something: it differs from what they saw and from what stands there now."""
    return [
        place
        for place, content in wanted.items()
        if content != content_of(stored.get(place)) and content != was.get(place, EMPTY)
    ]


def _contents_at(wanted: Iterable[Place], stored: dict[Place, Cell], seen: int) -> dict[Place, Content]:
    """What the cells said at number `seen`: as now, unless they changed since; then the history tells."""
    contents = {place: content_of(cell) for place, cell in stored.items()}
    moved = [place for place, cell in stored.items() if cell.seq > seen]
    if moved:
        contents.update(dict.fromkeys(moved, EMPTY))
        contents.update(_history_at(moved, seen))
    return contents


def _history_at(places: list[Place], seen: int) -> dict[Place, Content]:
    latest = (
        select(ScoreChange.assignment_id, ScoreChange.student_id, func.max(ScoreChange.seq).label("seq"))
        .where(
            ScoreChange.seq <= seen,
            ScoreChange.assignment_id.in_({place[0] for place in places}),
            ScoreChange.student_id.in_({place[1] for place in places}),
        )
        .group_by(ScoreChange.assignment_id, ScoreChange.student_id)
        .subquery()
    )
    rows = db.session.execute(
        select(ScoreChange.assignment_id, ScoreChange.student_id, ScoreChange.after).join(
            latest,
            and_(
                latest.c.assignment_id == ScoreChange.assignment_id,
                latest.c.student_id == ScoreChange.student_id,
                latest.c.seq == ScoreChange.seq,
            ),
        )
    )
    wanted = set(places)
    return {(row[0], row[1]): content_from_facts(row[2]) for row in rows if (row[0], row[1]) in wanted}


def write_cells(
    section: Section,
    writing: dict[Place, Content],
    stored: dict[Place, Cell],
    *,
    number: int,
    actor_id: int,
    now: datetime,
    kind: ChangeKind,
) -> None:
    """Write cells and their history in two statements, under a number already taken. Comments and times stay."""
    rows = [row_of(section, place, content, stored.get(place), number) for place, content in writing.items()]
    if not rows:
        return
    upsert_scores(rows)
    changes = [
        {
            "school_id": section.school_id,
            "section_id": section.id,
            "assignment_id": place[0],
            "student_id": place[1],
            "seq": number,
            "changed_by": actor_id,
            "changed_at": now,
            "kind": kind,
            "before": facts_of(stored.get(place)),
            "after": facts_of(cell_of(row)),
        }
        for (place, _), row in zip(writing.items(), rows, strict=True)
    ]
    db.session.execute(insert(ScoreChange), changes)


def row_of(section: Section, place: Place, content: Content, cell: Cell | None, number: int) -> dict[str, Any]:
    """The columns of a score, with the new content and what the cell keeps."""
    return {
        "school_id": section.school_id,
        "assignment_id": place[0],
        "student_id": place[1],
        "points": _decimal(content.points),
        "percent": _decimal(content.percent),
        "letter": content.letter,
        "status": content.status,
        "late": content.late,
        "late_cleared": cell.late_cleared if cell and content.late else False,
        "turned_in_at": cell.turned_in_at if cell else None,
        "finish_by": cell.finish_by if cell and content.status == "incomplete" else None,
        "comment": cell.comment if cell else None,
        "seq": number,
    }


def _decimal(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


_KEYS = ("assignment_id", "student_id", "school_id")


def upsert_scores(rows: list[dict[str, Any]]) -> None:
    """Insert or replace score rows by their key, in one statement executed for all of them."""
    backend = db.engine.dialect.name
    statement: Any = (postgresql_insert if backend == "postgresql" else sqlite_insert)(Score.metadata.tables["scores"])
    changing = [name for name in rows[0] if name not in _KEYS]
    statement = statement.on_conflict_do_update(
        index_elements=list(_KEYS), set_={name: getattr(statement.excluded, name) for name in changing}
    )
    db.session.execute(statement, rows)


def cell_of(row: dict[str, Any]) -> Cell:
    """The cell that a written row makes."""
    facts = {name: row[name] for name in Cell._fields}
    facts["points"], facts["percent"] = (_hundredths(row["points"]), _hundredths(row["percent"]))
    return Cell(**facts)


def _hundredths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount.scaleb(2))


def facts_of(cell: Cell | None) -> dict[str, Any] | None:
    """A cell as the history keeps it: only what is said, in JSON types; points and percent in whole hundredths."""
    if cell is None:
        return None
    facts = {
        "points": cell.points,
        "percent": cell.percent,
        "letter": cell.letter,
        "status": cell.status if cell.status != "none" else None,
        "late": cell.late or None,
        "late_cleared": cell.late_cleared or None,
        "turned_in_at": cell.turned_in_at.isoformat() if cell.turned_in_at else None,
        "finish_by": cell.finish_by.isoformat() if isinstance(cell.finish_by, date) else None,
        "comment": cell.comment,
    }
    return {name: value for name, value in facts.items() if value is not None}


def content_from_facts(facts: dict[str, Any] | None) -> Content:
    """What a cell said, from its history."""
    facts = facts or {}
    return Content(
        facts.get("points"), facts.get("percent"), facts.get("letter"), facts.get("status", "none"),
        bool(facts.get("late")),
    )  # fmt: skip


def _described(places: list[Place], wanted: dict[Place, Content], stored: dict[Place, Cell]) -> list[Conflict]:
    if not places:
        return []
    rows = db.session.execute(
        select(ScoreChange.assignment_id, ScoreChange.student_id, User.display_name, ScoreChange.changed_at)
        .join(User, User.id == ScoreChange.changed_by)
        .where(
            or_(
                *(
                    and_(
                        ScoreChange.assignment_id == place[0],
                        ScoreChange.student_id == place[1],
                        ScoreChange.seq == stored[place].seq,
                    )
                    for place in places
                )
            )
        )
    ).all()
    who = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    return [Conflict(place, wanted[place], content_of(stored[place]), *who[place]) for place in places]
