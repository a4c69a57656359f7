"""What is said about a score: a comment, which the family reads with it, and a private note of the class's teachers.

Both are parts of the cell with its counter, its history and its undo. Only this module reads what a note says: pages of
families are made of cells that do not have it (services/grades.py).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Assignment, ChangeKind, Enrollment, RoleKind, Score, Section
from gradebook.policy.access import NotFound
from gradebook.services import periods
from gradebook.services.counters import return_number
from gradebook.services.grades import Cell
from gradebook.services.score_history import Change, story_of
from gradebook.services.scores import Place, columns_of, facts_of, stored_cells, take_number, write_rows

LONGEST = 2000
"""Letters of a comment or a note."""


class Said(NamedTuple):
    """The two texts; empty where there is none."""

    comment: str = ""
    note: str = ""


@dataclass
class SavedComments:
    """What came of a save."""

    said: Said
    """What stands there now."""
    number: int | None = None
    """The class's number under which it was written, now or by an earlier request with the same key; None when nothing
    had to be written."""
    last: Change | None = None
    """Somebody's change, since the person looked, of what the person changed too: nothing was written."""


def notes_at(places: Collection[Place]) -> dict[Place, str | None]:
    """The private notes at these places, in one statement; None where there is none."""
    rows = db.session.execute(
        select(Score.assignment_id, Score.student_id, Score.private_note).where(
            Score.assignment_id.in_({place[0] for place in places}),
            Score.student_id.in_({place[1] for place in places}),
        )
    )
    found = {(row[0], row[1]): row[2] for row in rows}
    return {place: found.get(place) for place in places}


def notes_of(student_id: int, assignment_ids: Iterable[int]) -> dict[int, str]:
    """The private notes about one student's scores by assignment, in one statement."""
    rows = db.session.execute(
        select(Score.assignment_id, Score.private_note).where(
            Score.student_id == student_id,
            Score.assignment_id.in_(list(assignment_ids)),
            Score.private_note.is_not(None),
        )
    )
    return {row[0]: str(row[1]) for row in rows}


def said_at(place: Place) -> Said:
    """What is said there, in one statement."""
    row = db.session.execute(
        select(Score.comment, Score.private_note).where(Score.assignment_id == place[0], Score.student_id == place[1])
    ).one_or_none()
    return Said(row[0] or "", row[1] or "") if row else Said()


def save_comments(
    section: Section,
    place: Place,
    wanted: Said,
    *,
    seen: int,
    actor_id: int,
    now: datetime,
    request: str | None = None,
) -> SavedComments:
    """Write those of the two texts that the person changed since number `seen`; the other one is left alone.

    A text that somebody else changed meanwhile to something else is a conflict, and nothing is written. `request` is
    the key of this save, as for scores.save_typed. Raises NotFound for a deleted assignment and a student who has left,
    and PeriodClosed.
    """
    number, sent_as, _sent = take_number(section, actor_id, request)  # locks the class: what is read below stays true
    if sent_as is not None:
        return_number(section)
        return SavedComments(said_at(place), sent_as)
    periods.require_work_open(section, {place[0]})
    _require_here(section, place, section.school.today(now))
    stands = said_at(place)
    since = [change for change in story_of(section, place) if change.seq > seen]
    was = _said_before(since, stands)
    says = Said(*(mine if mine != old else now_ for mine, old, now_ in zip(wanted, was, stands, strict=True)))
    clashing = [old != now_ != mine for mine, old, now_ in zip(says, was, stands, strict=True)]
    if says == stands or any(clashing):
        return_number(section)
        return SavedComments(stands, None, _last_of(since, clashing) if any(clashing) else None)
    _write(section, place, says, stands, number=number, actor_id=actor_id, now=now, request=request)
    return SavedComments(says, number)


def _require_here(section: Section, place: Place, today: object) -> None:
    here = select(Assignment.id).where(
        Assignment.id == place[0],
        Assignment.section_id == section.id,
        Assignment.deleted_at.is_(None),
        select(Enrollment.id)
        .where(
            Enrollment.section_id == section.id,
            Enrollment.user_id == place[1],
            Enrollment.role_kind == RoleKind.STUDENT,
            Enrollment.begins_on <= today,
            Enrollment.ends_on.is_(None) | (Enrollment.ends_on > today),
        )
        .exists(),
    )
    if db.session.scalar(here) is None:
        raise NotFound


_PARTS = ("comment", "private_note")


def _said_before(since: list[Change], stands: Said) -> Said:
    """What was said before these changes of the cell, the newest first."""
    said = dict(zip(_PARTS, stands, strict=True))
    for change in since:
        before, after = change.before or {}, change.after or {}
        said |= {name: before.get(name) or "" for name in _PARTS if before.get(name) != after.get(name)}
    return Said(*said.values())


def _last_of(since: list[Change], clashing: list[bool]) -> Change:
    """The newest of the changes that touched what clashes."""
    names = [name for name, clashes in zip(_PARTS, clashing, strict=True) if clashes]
    return next(
        change
        for change in since
        if any((change.before or {}).get(name) != (change.after or {}).get(name) for name in names)
    )


def _write(
    section: Section,
    place: Place,
    says: Said,
    stands: Said,
    *,
    number: int,
    actor_id: int,
    now: datetime,
    request: str | None,
) -> None:
    stored = stored_cells([place])
    cell: Cell | None = stored.get(place)
    facts = {**(facts_of(cell) or {}), "comment": says.comment or None}
    # The cell's own number tells families since when there is news: of a note there is none for them.
    seq = cell.seq if cell is not None and says.comment == stands.comment else number
    row = {**columns_of(section, place, facts, seq), "private_note": says.note or None}
    write_rows(
        section, [row], stored, number=number, notes={place: stands.note or None}, actor_id=actor_id, now=now,
        kind=ChangeKind.TYPED, request=request,
    )  # fmt: skip
