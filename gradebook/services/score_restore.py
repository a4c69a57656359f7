"""Putting scores back as they were: restore, undo, redo. Nothing is erased: each is a new change of its own.

A cell that was changed again since is a clash: it is left alone and named, unless the person chose it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.grading.typed import ScoreError
from gradebook.models import ChangeKind, ScoreChange, Section, User
from gradebook.policy.access import NotFound
from gradebook.services import periods
from gradebook.services.counters import return_number
from gradebook.services.grades import Cell, ClassWork, places_and_cells
from gradebook.services.score_comments import notes_at
from gradebook.services.score_history import Change, Facts, changes_of_act
from gradebook.services.scores import Place, Saved, columns_of, facts_of, stored_cells, take_number, write_rows

UNDOABLE = (ChangeKind.IMPORT, ChangeKind.PASTE, ChangeKind.RESTORE, ChangeKind.TYPED)
SCORE = ("points", "percent", "letter", "status", "late", "late_cleared", "finish_by")
COMMENT = ("comment",)
NOTE = ("private_note",)
PARTS = (SCORE, COMMENT, NOTE, ("turned_in_at",))
"""What of a cell belongs together: a change of the score is undone without touching a later comment."""


class Later(NamedTuple):
    """The last change of a cell after the one that is to be put back."""

    by_id: int
    by: str
    at: datetime
    by_others: bool
    """Whether anyone but the person who asks changed it since."""
    seq: int


class Clash(NamedTuple):
    """A cell that was changed again since."""

    change: Change
    """What is to be put back: its `before`."""
    stands: Facts
    later: Later


@dataclass
class PutBack(Saved):
    """What came of it. `errors` are cells that cannot be changed any more: code "gone" or "closed"."""

    clashes: list[Clash] = field(default_factory=list)
    waiting: list[Place] = field(default_factory=list)
    """Cells that would be put back; nothing was written, because the person is to be asked first."""


def restore(
    section: Section,
    work: ClassWork,
    changes: Collection[Change],
    *,
    undoes: int | None = None,
    force: Collection[Place] = (),
    seen: int = 0,
    whole: bool = False,
    ask: bool = False,
    actor_id: int,
    now: datetime,
) -> PutBack:
    """Put cells back to what they said before these changes, one of each cell, whoever made them.

    A cell is a clash when it says something else by now than after the change, unless its last change is one that
    the person saw (its number is at most `seen`). `whole` puts the score back, and it alone, whatever a change
    touched: the person chose a moment of the score, not a change. With `ask` nothing is written when there is any
    clash or error. Raises PeriodClosed when nothing of it can be changed.
    """

    def clashes(change: Change, stands: Facts, later: Later) -> bool:
        return later.seq > seen and says_otherwise(change, stands, whole)

    return _put_back(
        section, work, changes, clashes, ChangeKind.RESTORE,
        undoes=undoes, force=force, whole=whole, ask=ask, actor_id=actor_id, now=now,
    )  # fmt: skip


def undo(
    section: Section,
    work: ClassWork,
    seq: int,
    *,
    force: Collection[Place] = (),
    request: str | None = None,
    actor_id: int,
    now: datetime,
) -> PutBack:
    """Take back a change of this person's own. A cell that anyone else changed since, or that says something else by
    now, is a clash. Raises NotFound for what is no such change, and PeriodClosed as `restore` does.

    `request` is the key under which it was sent, as for scores.save_typed.
    """
    changes = [change for change in changes_of_act(section, seq) if change.by_id == actor_id]
    if not changes or changes[0].kind not in UNDOABLE:
        raise NotFound
    return _put_back(
        section, work, changes, _is_others, ChangeKind.UNDO,
        undoes=seq, force=force, request=request, actor_id=actor_id, now=now,
    )  # fmt: skip


def redo(
    section: Section,
    work: ClassWork,
    seq: int,
    *,
    force: Collection[Place] = (),
    request: str | None = None,
    actor_id: int,
    now: datetime,
) -> PutBack:
    """Do again what this person undid of the change `seq`. Nothing happens when it is not undone. Raises as `undo`."""
    own = (ScoreChange.section_id == section.id, ScoreChange.changed_by == actor_id)
    undone = select(ScoreChange.seq).where(*own, ScoreChange.undoes == seq, ScoreChange.kind == ChangeKind.UNDO)
    if db.session.scalar(select(func.count()).where(*own, ScoreChange.seq == seq)) == 0:
        raise NotFound
    redone = select(ScoreChange.undoes).where(*own, ScoreChange.undoes.is_not(None))
    last = db.session.scalar(undone.where(ScoreChange.seq.not_in(redone)).order_by(ScoreChange.seq.desc()).limit(1))
    return _put_back(
        section, work, changes_of_act(section, last) if last else [], _is_others, ChangeKind.UNDO,
        undoes=last, force=force, request=request, actor_id=actor_id, now=now,
    )  # fmt: skip


def _is_others(change: Change, stands: Facts, later: Later) -> bool:
    return later.by_others or says_otherwise(change, stands)


def _put_back(
    section: Section,
    work: ClassWork,
    changes: Collection[Change],
    clashes: Callable[[Change, Facts, Later], bool],
    kind: ChangeKind,
    *,
    undoes: int | None,
    force: Collection[Place],
    whole: bool = False,
    ask: bool = False,
    request: str | None = None,
    actor_id: int,
    now: datetime,
) -> PutBack:
    number, sent_as, sent = take_number(section, actor_id, request)  # locks the class: what is read below stays true
    if not sent:
        periods.require_open(section)
    today = section.school.today(work.now)
    if sent:
        changes = []  # done already; what was left alone then is left alone
    asked = {place[1] for place in (*(change.place for change in changes), *sent)}
    students, rows = places_and_cells(section, today, asked, work.by_id)
    cells = {(cell.assignment_id, cell.student_id): cell for cell in rows}
    result = PutBack(students=students, cells=cells, sent=sent, sent_as=sent_as)
    result.errors = _errors(section, work, changes, students)
    notes = _notes_touched(changes)
    later = _later(section, [c for c in changes if c.place in cells and _may_have_moved(c, cells[c.place])], actor_id)
    writing: dict[Place, Change] = {}
    for change in changes:
        stands = facts_of(cells.get(change.place), notes.get(change.place))
        if change.place in result.errors or not would_change(change, stands, whole):
            continue
        newer = later.get(change.place)
        if newer and change.place not in force and clashes(change, stands, newer):
            result.clashes.append(Clash(change, stands, newer))
        else:
            writing[change.place] = change
    if not writing or (ask and (result.clashes or result.errors)):
        return_number(section)
        result.waiting = list(writing)
        result.places = [place for place in sent if place in cells]
        _require_any_open(section, work, changes, result)
        return result
    result.number, result.places = number, [*writing, *(place for place in sent if place in cells)]
    rows_back = _rows(section, writing, cells, notes, number, whole)
    result.cells = cells | write_rows(
        section, rows_back, cells, number=number, notes=notes, actor_id=actor_id, now=now, kind=kind, undoes=undoes,
        request=request,
    )  # fmt: skip
    return result


def _may_have_moved(change: Change, cell: Cell) -> bool:
    """A cell's own number says nothing of its private note."""
    return cell.seq > change.seq or NOTE in touched(change)


def _notes_touched(changes: Collection[Change]) -> dict[Place, str | None]:
    """The private notes of today at the places of these changes; none when no change is about one."""
    return notes_at([change.place for change in changes]) if any(NOTE in touched(one) for one in changes) else {}


def facts_now(changes: Collection[Change]) -> dict[Place, Facts]:
    """What the cells of these changes say now; the private notes where a change is about one."""
    places = [change.place for change in changes]
    cells, notes = (stored_cells(places), _notes_touched(changes)) if places else ({}, {})
    return {place: facts_of(cells.get(place), notes.get(place)) for place in places}


def _errors(
    section: Section, work: ClassWork, changes: Iterable[Change], students: Mapping[int, Any]
) -> dict[Place, ScoreError]:
    errors = {}
    for change in changes:
        column = work.by_id.get(change.place[0])
        if column is None or change.place[1] not in students:
            errors[change.place] = ScoreError("gone")
        elif periods.closed_since(section, column.grading_period_id):
            errors[change.place] = ScoreError("closed")
    return errors


def _require_any_open(section: Section, work: ClassWork, changes: Collection[Change], result: PutBack) -> None:
    """Raises PeriodClosed when all that was asked for lies in closed periods: there is nothing to choose."""
    codes = {error.code for error in result.errors.values()}
    if changes and len(result.errors) == len(changes) and codes == {"closed"}:
        periods.require_open(section, {work.by_id[place[0]].grading_period_id for place in result.errors})


def _later(section: Section, changes: Collection[Change], actor_id: int) -> dict[Place, Later]:
    """The last change after each of these, and whether anyone else was at it, in one statement."""
    if not changes:
        return {}
    seqs = {change.place: change.seq for change in changes}
    rows = db.session.execute(
        select(
            ScoreChange.assignment_id,
            ScoreChange.student_id,
            ScoreChange.seq,
            User.id,
            User.display_name,
            ScoreChange.changed_at,
        )
        .join(User, User.id == ScoreChange.changed_by)
        .where(
            ScoreChange.school_id == section.school_id,
            ScoreChange.assignment_id.in_({place[0] for place in seqs}),
            ScoreChange.student_id.in_({place[1] for place in seqs}),
            ScoreChange.seq > min(seqs.values()),
        )
        .order_by(ScoreChange.seq)
    )
    found: dict[Place, Later] = {}
    for assignment_id, student_id, seq, by_id, by, at in rows:
        place = (assignment_id, student_id)
        if place in seqs and seq > seqs[place]:
            others = by_id != actor_id or (place in found and found[place].by_others)
            found[place] = Later(by_id, by, at, others, seq)
    return found


# --- What a change did to a cell


def _part(facts: Facts, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple((facts or {}).get(name) for name in names)


def touched(change: Change, whole: bool = False) -> list[tuple[str, ...]]:
    """The parts of the cell that the change touched; with `whole` the score in any case, and nothing else."""
    if whole:
        return [SCORE]
    return [names for names in PARTS if _part(change.before, names) != _part(change.after, names)]


def says_otherwise(change: Change, stands: Facts, whole: bool = False) -> bool:
    """Whether what the change touched is not any more as it left it."""
    return any(_part(change.after, names) != _part(stands, names) for names in touched(change, whole))


def would_change(change: Change, stands: Facts, whole: bool = False) -> bool:
    """Whether putting it back makes any difference."""
    return any(_part(change.before, names) != _part(stands, names) for names in touched(change, whole))


def _rows(
    section: Section,
    writing: Mapping[Place, Change],
    cells: Mapping[Place, Cell],
    notes: Mapping[Place, str | None],
    number: int,
    whole: bool,
) -> list[dict[str, Any]]:
    rows = []
    for place, change in writing.items():
        cell, parts = cells.get(place), touched(change, whole)
        back = {name: (change.before or {}).get(name) for names in parts for name in names}
        says = {**(facts_of(cell, notes.get(place)) or {}), **back}
        row = columns_of(section, place, says, cell.seq if cell and parts == [NOTE] else number)
        rows.append({**row, "private_note": says.get("private_note")} if notes else row)
    return rows


# --- What can be undone, and what done again


class OwnAct(NamedTuple):
    """A change of this person's own, as a list of what can be undone needs it."""

    seq: int
    kind: ChangeKind
    cells: int
    first_id: int
    """The key of one of its changes."""


def own_acts(section: Section, actor_id: int, limit: int = 50) -> tuple[list[OwnAct], list[OwnAct]]:
    """What this person can undo, and what can be done again because nothing else was done since; newest first."""
    rows = db.session.execute(
        select(
            ScoreChange.seq,
            ScoreChange.kind,
            ScoreChange.undoes,
            func.count().label("cells"),
            func.min(ScoreChange.id).label("first_id"),
        )
        .where(
            ScoreChange.section_id == section.id,
            ScoreChange.changed_by == actor_id,
            ScoreChange.kind.in_([*UNDOABLE, ChangeKind.UNDO]),
        )
        .group_by(ScoreChange.seq, ScoreChange.kind, ScoreChange.undoes)
        .order_by(ScoreChange.seq.desc())
        .limit(limit * 4)
    ).all()
    acts = {row.seq: OwnAct(row.seq, row.kind, row.cells, row.first_id) for row in rows}
    undos = {row.seq: row.undoes for row in rows if row.kind == ChangeKind.UNDO}
    redone = {undone for undone in undos.values() if undone in undos}
    taken_back = {seq: undo for undo, seq in undos.items() if undo not in redone and seq in acts and seq not in undos}
    newest = max((seq for seq in acts if seq not in undos), default=0)
    again = sorted((undo for undo in taken_back.values() if undo > newest), reverse=True)
    return (
        [act for seq, act in acts.items() if seq not in undos and seq not in taken_back][:limit],
        [acts[undos[undo]] for undo in again][:limit],
    )
