"""Writing scores: only what the person changed, nobody's work overwritten, every change in the history."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, select, update

from gradebook.extensions import db
from gradebook.grading.typed import ScoreError, TypedScore, parse_score, show_score
from gradebook.grading.values import Status
from gradebook.models import Assignment, ChangeKind, Enrollment, RoleKind, ScoreChange, Section, User
from gradebook.policy.access import NotFound
from gradebook.services import periods
from gradebook.services.counters import next_number, next_number_and, return_number
from gradebook.services.grades import Cell, ClassWork, Student, cells_of, places_and_cells
from gradebook.services.score_rows import insert_changes, upsert_scores

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
    by_id: int
    at: datetime


@dataclass
class Saved:
    """What came of a save."""

    number: int | None = None
    """The class's number of this change; None when nothing had to be written."""
    places: list[Place] = field(default_factory=list)
    """The cells that were written."""
    conflicts: list[Conflict] = field(default_factory=list)
    errors: dict[Place, ScoreError] = field(default_factory=dict)
    """Cells whose text is not saved, with the reason; code "gone" where the place no longer exists, "closed" where
    its grading period is closed."""
    students: dict[int, Student] = field(default_factory=dict)
    """The students whose cells were sent (keys and dates only) …"""
    cells: dict[Place, Cell] = field(default_factory=dict)
    """… and all their cells as they are after the save."""
    sent: dict[Place, Content] = field(default_factory=dict)
    """Those of `places` that an earlier request with the same key had written, with what they said then."""
    sent_as: int | None = None
    """The number under which that request had written them."""

    def number_seen(self, last: int) -> int:
        """The number of which this tells, where the class's last one is `last`: for what was only told again, its own.

        Whoever is told again has not seen what others did since.
        """
        return self.sent_as if self.sent_as and self.number is None else last


# --- What a cell says


def content_of(cell: Cell | None) -> Content:
    """What a stored cell says, as it is shown and typed: points kept under a status are not said."""
    if cell is None:
        return EMPTY
    return _said(cell.points, cell.percent, cell.letter, cell.status, cell.late)


def _said(points: int | None, percent: int | None, letter: str | None, status: str, late: bool) -> Content:
    scored = points is not None or percent is not None or letter is not None
    if status == Status.none or (status == Status.turned_in and scored):
        return Content(points, percent, letter, "none", late and scored)
    return Content(status=str(status))


def content_typed(typed: TypedScore) -> Content:
    """What was typed, as it is stored."""
    percent = None if typed.percent is None else int(typed.percent * 100)
    return Content(typed.points, percent, typed.letter, str(typed.status), typed.late)


@lru_cache(maxsize=65536)
def text_of(content: Content, possible: int, letters: tuple[str, ...] = (), mark: str = ".") -> str:
    """The text that stands in the field for this content, with this decimal mark; typing it again changes nothing."""
    percent = None if content.percent is None else Fraction(content.percent, 100)
    typed = TypedScore(content.points, percent, content.letter, Status(content.status), content.late)
    return show_score(typed, possible, letters=letters, mark=mark)


# --- Saving


def save_typed(
    section: Section,
    work: ClassWork,
    texts: Mapping[Place, str],
    *,
    seen: int,
    actor_id: int,
    now: datetime,
    keep: Collection[tuple[Place, str]] = (),
    kind: ChangeKind = ChangeKind.TYPED,
    request: str | None = None,
) -> Saved:
    """Save what was typed into cells of this class; whatever is not understood is refused, the rest is saved.

    `keep` names texts above 150% that the person confirmed. A cell whose text says what the person saw at number
    `seen` was not touched: it is neither read as a score nor written, whatever it holds now. `request` is the key of
    these texts: what was written under it before is not written again, and is told again as it was saved then. While
    another request is writing under the same key the database refuses (IntegrityError); ask once more. Raises NotFound
    for a place that never belonged to the class, and PeriodClosed when the whole class is closed.
    """
    if not texts:
        return Saved()
    number, sent_as, sent = take_number(section, actor_id, request)  # locks the class: what is read below stays true
    if sent:
        texts = {place: text for place, text in texts.items() if place not in sent}
    else:
        periods.require_open(section)
    students, stored = _places_of(section, work, [*texts, *sent])
    gone = [place for place in texts if place[0] not in work.by_id or place[1] not in students]
    if gone:
        stored = stored | _cells_once_here(section, work, gone, students)
    was = _contents_at(section, texts, stored, seen)
    read, errors = _read(work, texts, was, keep, set(gone))
    for place in [place for place in read if periods.closed_since(section, work.by_id[place[0]].grading_period_id)]:
        errors[place] = ScoreError("closed")
        del read[place]
    saved = _save(
        section, read, stored, was, number=number, seen=seen, actor_id=actor_id, now=now, kind=kind, request=request
    )
    if request and not sent and not saved.places:
        sent_as, sent = _sent(section, actor_id, request)  # by one that was ahead of this one at the class's row
    saved.errors, saved.students, saved.sent, saved.sent_as = errors, students, sent, sent_as
    for place in sent:
        if place[0] in work.by_id and place[1] in students:
            saved.places.append(place)
        else:
            errors[place] = ScoreError("gone")
    return saved


_SENT_AS = (
    ScoreChange.section_id == bindparam("section"),
    ScoreChange.changed_by == bindparam("person"),
    ScoreChange.request == bindparam("request"),
)
_FIRST_SENT = select(func.min(ScoreChange.seq)).where(*_SENT_AS).scalar_subquery()


def take_number(section: Section, actor_id: int, request: str | None) -> tuple[int, int | None, dict[Place, Content]]:
    """The class's next number, and what this person wrote under this key before: its number, and what the cells said.

    The key is looked for in the counter's own statement: a save has none to spare.
    """
    if request is None:
        return next_number(section), None, {}
    number, (before,) = next_number_and(section, _FIRST_SENT, section=section.id, person=actor_id, request=request)
    return (number, *_sent(section, actor_id, request)) if before else (number, None, {})


def _sent(section: Section, actor_id: int, request: str) -> tuple[int | None, dict[Place, Content]]:
    """What this person wrote under this key, in one statement."""
    query = select(ScoreChange.assignment_id, ScoreChange.student_id, ScoreChange.after, ScoreChange.seq)
    values = {"section": section.id, "person": actor_id, "request": request}
    rows = db.session.execute(query.where(*_SENT_AS), values).all()
    sent = {(row[0], row[1]): content_from_facts(row[2]) for row in rows}
    return max((row[3] for row in rows), default=None), sent


def forget_requests(before: datetime) -> int:
    """Forget the keys of what was written before this moment. Returns of how many changes."""
    gone = db.session.execute(
        update(ScoreChange)
        .where(ScoreChange.request.is_not(None), ScoreChange.changed_at < before)
        .values(request=None)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


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

    A cell that someone else changed meanwhile to something else is a conflict and is not written. Raises
    PeriodClosed.
    """
    if not wanted:
        return Saved()
    number = next_number(section)
    periods.require_work_open(section, {place[0] for place in wanted})
    stored = stored_cells(wanted)
    was = _contents_at(section, wanted, stored, seen)
    return _save(section, wanted, stored, was, number=number, seen=seen, actor_id=actor_id, now=now, kind=kind)


def stored_cells(places: Collection[Place]) -> dict[Place, Cell]:
    """The stored cells at these places, in one statement."""
    cells = cells_of({place[0] for place in places}, {place[1] for place in places})
    wanted = set(places)
    found = {(cell.assignment_id, cell.student_id): cell for cell in cells}
    return {place: cell for place, cell in found.items() if place in wanted}


def _places_of(
    section: Section, work: ClassWork, texts: Iterable[Place]
) -> tuple[dict[int, Student], dict[Place, Cell]]:
    """The students of today among these places, with all their cells in the class, in one statement."""
    asked = {place[1] for place in texts}
    students, cells = places_and_cells(section, section.school.today(work.now), asked, work.by_id)
    return students, {(cell.assignment_id, cell.student_id): cell for cell in cells}


def _cells_once_here(
    section: Section, work: ClassWork, gone: list[Place], students: Collection[int]
) -> dict[Place, Cell]:
    """The cells at places that the class once had: a page opened before an assignment was deleted still sends them.

    Raises NotFound when one of the places never was in this class.
    """
    assignments = {place[0] for place in gone} - work.by_id.keys()
    pupils = {place[1] for place in gone} - set(students)
    if assignments:
        own = select(func.count()).where(Assignment.id.in_(assignments), Assignment.section_id == section.id)
        _all_or_not_found(own, assignments)
    if pupils:
        own = select(func.count()).where(
            Enrollment.user_id.in_(pupils),
            Enrollment.section_id == section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
        _all_or_not_found(own, pupils)
    return stored_cells(gone)


def _all_or_not_found(count: Any, keys: Collection[int]) -> None:
    if db.session.scalar(count) != len(keys):
        raise NotFound


def _read(
    work: ClassWork,
    texts: Mapping[Place, str],
    was: Mapping[Place, Content],
    keep: Collection[tuple[Place, str]],
    gone: Collection[Place],
) -> tuple[dict[Place, Content], dict[Place, ScoreError]]:
    """The touched cells as scores, and those that are not understood. Untouched texts are not even read:

    a letter that the scale has lost, or 180 points that someone confirmed long ago, must not stop a save.
    """
    letters = work.scale.labels if work.scale else ()
    read: dict[Place, Content] = {}
    errors: dict[Place, ScoreError] = {}
    for place, text in texts.items():
        before = was.get(place, EMPTY)
        column = work.by_id.get(place[0])
        possible = column.possible if column else 0
        if text == text_of(before, possible, letters, "," if "," in text else "."):
            continue
        try:
            typed = parse_score(text, possible, letters=letters, confirmed=place in gone or (place, text) in keep)
        except ScoreError as error:
            errors[place] = ScoreError("gone") if place in gone else error
            continue
        content = content_typed(typed)
        if content != before:
            if place in gone:
                errors[place] = ScoreError("gone")
            else:
                read[place] = content
    return read, errors


def _save(
    section: Section,
    wanted: Mapping[Place, Content],
    stored: dict[Place, Cell],
    was: Mapping[Place, Content],
    *,
    number: int,
    seen: int,
    actor_id: int,
    now: datetime,
    kind: ChangeKind = ChangeKind.TYPED,
    request: str | None = None,
) -> Saved:
    """Write the touched cells under the number already taken, which goes back when there is nothing to write."""
    writing: dict[Place, Content] = {}
    clashing: list[Place] = []
    for place, content in wanted.items():
        before, stands = was.get(place, EMPTY), content_of(stored.get(place))
        if content in (before, stands):
            continue  # not touched, or someone already typed the same
        if stands == before:
            writing[place] = content
        else:
            clashing.append(place)
    if writing:
        stored = stored | write_cells(
            section, writing, stored, number=number, actor_id=actor_id, now=now, kind=kind, request=request
        )
    else:
        return_number(section)
    conflicts = _described(section, clashing, wanted, stored)
    return Saved(number if writing else None, list(writing), conflicts, cells=stored)


def _contents_at(
    section: Section, wanted: Iterable[Place], stored: dict[Place, Cell], seen: int
) -> dict[Place, Content]:
    """What the cells said at number `seen`: as now, unless they changed since; then the history tells."""
    contents: dict[Place, Content] = {}
    moved: list[Place] = []
    for place in wanted:
        cell = stored.get(place)
        if cell is not None and cell.seq > seen:
            moved.append(place)
        else:
            contents[place] = content_of(cell)
    if moved:
        contents.update(_before_changes_since(section, moved, seen))
    return contents


def _before_changes_since(section: Section, places: list[Place], seen: int) -> dict[Place, Content]:
    """What stood there before the first change after number `seen`, in one statement."""
    first = (
        select(ScoreChange.assignment_id, ScoreChange.student_id, func.min(ScoreChange.seq).label("seq"))
        .where(*_changes_of(section, places), ScoreChange.seq > seen)
        .group_by(ScoreChange.assignment_id, ScoreChange.student_id)
        .subquery()
    )
    rows = db.session.execute(
        select(ScoreChange.assignment_id, ScoreChange.student_id, ScoreChange.before)
        .join(
            first,
            and_(
                first.c.assignment_id == ScoreChange.assignment_id,
                first.c.student_id == ScoreChange.student_id,
                first.c.seq == ScoreChange.seq,
            ),
        )
        .where(ScoreChange.school_id == section.school_id)
    )
    wanted = set(places)
    return {(row[0], row[1]): content_from_facts(row[2]) for row in rows if (row[0], row[1]) in wanted}


def _changes_of(section: Section, places: Iterable[Place]) -> tuple[Any, ...]:
    """Conditions for the history of (at least) these places, in the order of its index."""
    places = list(places)
    return (
        ScoreChange.school_id == section.school_id,
        ScoreChange.assignment_id.in_({place[0] for place in places}),
        ScoreChange.student_id.in_({place[1] for place in places}),
    )


def _described(
    section: Section, places: list[Place], wanted: Mapping[Place, Content], stored: dict[Place, Cell]
) -> list[Conflict]:
    """The conflicts with who made the other change and when, in one statement."""
    if not places:
        return []
    rows = db.session.execute(
        select(
            ScoreChange.assignment_id,
            ScoreChange.student_id,
            ScoreChange.seq,
            User.display_name,
            User.id,
            ScoreChange.changed_at,
        )
        .join(User, User.id == ScoreChange.changed_by)
        .where(*_changes_of(section, places), ScoreChange.seq.in_({stored[place].seq for place in places}))
    )
    who = {((row[0], row[1]), row[2]): row[3:] for row in rows}
    return [
        Conflict(place, wanted[place], content_of(stored[place]), *who[place, stored[place].seq]) for place in places
    ]


# --- Writing


def write_cells(
    section: Section,
    writing: Mapping[Place, Content],
    stored: Mapping[Place, Cell],
    *,
    number: int,
    actor_id: int,
    now: datetime,
    kind: ChangeKind,
    request: str | None = None,
) -> dict[Place, Cell]:
    """Write cells and their history in two statements, under a number already taken. Comments and times stay.

    The cells as they are now. Raises PeriodClosed.
    """
    periods.require_work_open(section, {place[0] for place in writing})
    rows = [row_of(section, place, content, stored.get(place), number) for place, content in writing.items()]
    return write_rows(section, rows, stored, actor_id=actor_id, now=now, kind=kind, request=request)


def write_rows(
    section: Section,
    rows: list[dict[str, Any]],
    stored: Mapping[Place, Cell],
    *,
    actor_id: int,
    now: datetime,
    kind: ChangeKind,
    number: int | None = None,
    notes: Mapping[Place, str | None] | None = None,
    undoes: int | None = None,
    request: str | None = None,
) -> dict[Place, Cell]:
    """Write whole scores (row_of, columns_of) and their history in two statements. The cells as they are now.

    Rows say the number of the change, unless `number` does. `notes` are the private notes that stood at these places,
    for rows that say others. Only for writers that have asked whether the period is open.
    """
    if not rows:
        return {}
    upsert_scores(rows)
    by_place = {(row["assignment_id"], row["student_id"]): row for row in rows}
    written = {place: cell_of(row, stored.get(place)) for place, row in by_place.items()}
    notes = notes or {}
    changes = [
        {
            "school_id": section.school_id,
            "section_id": section.id,
            "assignment_id": place[0],
            "student_id": place[1],
            "seq": number or cell.seq,
            "changed_by": actor_id,
            "changed_at": now,
            "kind": kind,
            "before": facts_of(stored.get(place), notes.get(place)),
            "after": facts_of(cell, by_place[place].get("private_note")),
            "undoes": undoes,
            "request": request,
        }
        for place, cell in written.items()
    ]
    insert_changes(changes)
    return written


def row_of(section: Section, place: Place, content: Content, cell: Cell | None, number: int) -> dict[str, Any]:
    """The columns of a score (score_rows), with the new content and what the cell keeps."""
    return {
        "school_id": section.school_id,
        "assignment_id": place[0],
        "student_id": place[1],
        "points": content.points,
        "percent": content.percent,
        "letter": content.letter,
        "status": content.status,
        "late": content.late,
        "late_cleared": cell.late_cleared if cell and content.late else False,
        "turned_in_at": cell.turned_in_at if cell else None,
        "finish_by": cell.finish_by if cell and content.status == "incomplete" else None,
        "comment": cell.comment if cell else None,
        "seq": number,
    }


def cell_of(row: dict[str, Any], before: Cell | None = None) -> Cell:
    """The cell that a written row makes of what stood there before."""
    noted = row["private_note"] is not None if "private_note" in row else before is not None and before.noted
    return Cell(**{name: row[name] for name in _IN_ROWS}, noted=int(noted))


_IN_ROWS = tuple(name for name in Cell._fields if name != "noted")


def facts_of(cell: Cell | None, note: str | None = None) -> dict[str, Any] | None:
    """A cell as the history keeps it: only what is said, in JSON types; points and percent in whole hundredths.

    The private note is kept of the changes that are about it.
    """
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
        "private_note": note,
    }
    return {name: value for name, value in facts.items() if value is not None}


def columns_of(section: Section, place: Place, facts: dict[str, Any], number: int) -> dict[str, Any]:
    """The columns of a score (score_rows) that says exactly what the history kept of it."""
    turned_in_at, finish_by = facts.get("turned_in_at"), facts.get("finish_by")
    return {
        "school_id": section.school_id,
        "assignment_id": place[0],
        "student_id": place[1],
        "points": facts.get("points"),
        "percent": facts.get("percent"),
        "letter": facts.get("letter"),
        "status": facts.get("status") or "none",
        "late": bool(facts.get("late")),
        "late_cleared": bool(facts.get("late_cleared")),
        "turned_in_at": datetime.fromisoformat(turned_in_at) if turned_in_at else None,
        "finish_by": date.fromisoformat(finish_by) if finish_by else None,
        "comment": facts.get("comment"),
        "seq": number,
    }


def content_from_facts(facts: dict[str, Any] | None) -> Content:
    """What a cell said, from its history."""
    facts = facts or {}
    return _said(
        facts.get("points"),
        facts.get("percent"),
        facts.get("letter"),
        facts.get("status", "none"),
        bool(facts.get("late")),
    )
