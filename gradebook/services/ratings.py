"""Writing ratings: only what the person changed, nobody's work overwritten, every change in the history.

The same promises as services/scores.py, with its numbers: a rating's version is the class's number of its last change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gradebook.extensions import db
from gradebook.grading.values import exact_text
from gradebook.models import (
    MasteryScale,
    OutcomeRating,
    RatingChange,
    RatingStatus,
    Section,
    SectionOutcomeRules,
    User,
)
from gradebook.services import periods
from gradebook.services.counters import next_number, return_number
from gradebook.services.grades import students_of
from gradebook.services.outcomes import ClassOutcomes, Place, RatingRow, class_outcomes, ratings_of

NOTHING = ""
"""What stands in the field of a rating that is not there."""


class Conflict(NamedTuple):
    """A rating that someone else changed since this person saw it."""

    place: Place
    mine: str
    theirs: str
    by: str
    at: datetime


@dataclass
class Saved:
    """What came of a save."""

    number: int | None = None
    """The class's number of this change; None when nothing had to be written."""
    places: list[Place] = field(default_factory=list)
    """The ratings that were written."""
    conflicts: list[Conflict] = field(default_factory=list)
    errors: dict[Place, str] = field(default_factory=dict)
    """Ratings that are not saved: `unknown` (no level of the scale), `gone` (the work is no longer about the outcome,
    or the student is no longer in the class)."""


def text_of(outcomes: ClassOutcomes, row: RatingRow | None) -> str:
    """What stands in the field: the level's number, `missing`, `excused`, or nothing."""
    if row is None or row.is_blank:
        return NOTHING
    if row.level_id is None:
        return str(row.status)
    return exact_text(outcomes.level_keys[row.level_id].number)


def choices_of(outcomes: ClassOutcomes) -> list[str]:
    """Everything that can stand in the field, the best level first."""
    levels = [exact_text(level.number) for level in outcomes.scale.levels]
    return [NOTHING, *levels, RatingStatus.MISSING.value, RatingStatus.EXCUSED.value]


def save_ratings(
    outcomes: ClassOutcomes, texts: Mapping[Place, str], *, seen: int, actor_id: int, now: datetime
) -> Saved:
    """Save what was chosen; what cannot be is refused, the rest is saved.

    A field that says what the person saw at number `seen` was not touched, whatever stands there now. Raises
    PeriodClosed.
    """
    if not texts:
        return Saved()
    section = outcomes.section
    number = next_number(section)  # locks the class: what is read below stays true until the commit
    periods.require_work_open(section, {place[0] for place in texts})
    outcomes = _held(outcomes)
    stored = {row.place: row for row in ratings_of({place[0] for place in texts}, {place[2] for place in texts})}
    was = _texts_at(outcomes, texts, stored, seen)
    touched = {place: text for place, text in texts.items() if text != was[place]}
    saved = Saved(errors=_errors(outcomes, touched))
    writing: dict[Place, str] = {}
    clashing: list[Place] = []
    for place, text in touched.items():
        stands = text_of(outcomes, stored.get(place))
        if place in saved.errors or text == stands:
            continue  # refused, or someone already chose the same
        if stands == was[place]:
            writing[place] = text
        else:
            clashing.append(place)
    if writing:
        write_ratings(outcomes, writing, stored, number=number, actor_id=actor_id, now=now)
        saved.number, saved.places = number, list(writing)
    else:
        return_number(section)
    saved.conflicts = _described(outcomes, clashing, touched, stored)
    return saved


def _held(outcomes: ClassOutcomes) -> ClassOutcomes:
    """The class's outcomes as they are now that it is locked, on a scale that the office cannot change meanwhile."""
    held = select(SectionOutcomeRules.scale_id).where(SectionOutcomeRules.section_id == outcomes.section.id)
    scale = select(MasteryScale.id).where(MasteryScale.id.in_(held)).with_for_update(read=True)
    db.session.execute(scale)
    return class_outcomes(outcomes.section, outcomes.now) or outcomes


def _errors(outcomes: ClassOutcomes, touched: Mapping[Place, str]) -> dict[Place, str]:
    """What is wrong with a chosen rating, if anything."""
    if not touched:
        return {}
    section, choices = outcomes.section, set(choices_of(outcomes))
    here = {student.id for student in students_of(section, section.school.today(outcomes.now))}
    errors = {}
    for place, text in touched.items():
        assignment_id, outcome_id, student_id = place
        about = {outcome.id for outcome in outcomes.outcomes_of(assignment_id)}
        if outcome_id not in about or student_id not in here:
            errors[place] = "gone"
        elif text not in choices:
            errors[place] = "unknown"
    return errors


def _texts_at(
    outcomes: ClassOutcomes, places: Iterable[Place], stored: Mapping[Place, RatingRow], seen: int
) -> dict[Place, str]:
    """What the fields said at number `seen`: as now, unless they changed since; then the history tells."""
    texts: dict[Place, str] = {}
    moved: set[Place] = set()
    for place in places:
        row = stored.get(place)
        if row is not None and row.seq > seen:
            moved.add(place)
        else:
            texts[place] = text_of(outcomes, row)
    if moved:
        before = _before_changes_since(outcomes.section, moved, seen)
        texts |= {place: _text_from_facts(before.get(place)) for place in moved}
    return texts


def _before_changes_since(section: Section, places: Collection[Place], seen: int) -> dict[Place, dict[str, Any] | None]:
    """What stood there before the first change after number `seen`, in one statement."""
    rows = db.session.execute(
        select(RatingChange.assignment_id, RatingChange.outcome_id, RatingChange.student_id, RatingChange.before)
        .where(*_changes_of(section, places), RatingChange.seq > seen)
        .order_by(RatingChange.seq.desc())
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}  # the first change comes last and stays


def _changes_of(section: Section, places: Collection[Place]) -> tuple[Any, ...]:
    return (
        RatingChange.school_id == section.school_id,
        RatingChange.assignment_id.in_({place[0] for place in places}),
        RatingChange.student_id.in_({place[2] for place in places}),
    )


def _described(
    outcomes: ClassOutcomes, places: list[Place], mine: Mapping[Place, str], stored: Mapping[Place, RatingRow]
) -> list[Conflict]:
    """The conflicts with who made the other change and when, in one statement."""
    if not places:
        return []
    rows = db.session.execute(
        select(
            RatingChange.assignment_id,
            RatingChange.outcome_id,
            RatingChange.student_id,
            RatingChange.seq,
            User.display_name,
            RatingChange.changed_at,
        )
        .join(User, User.id == RatingChange.changed_by)
        .where(*_changes_of(outcomes.section, places))
    )
    who = {((row[0], row[1], row[2]), row[3]): (row[4], row[5]) for row in rows}
    return [
        Conflict(
            place, mine[place], text_of(outcomes, stored.get(place)), *who[place, stored[place].seq]
        )
        for place in places
    ]  # fmt: skip


# --- Writing


def write_ratings(
    outcomes: ClassOutcomes,
    writing: Mapping[Place, str],
    stored: Mapping[Place, RatingRow],
    *,
    number: int,
    actor_id: int,
    now: datetime,
) -> None:
    """Write ratings and their history in two statements, under a number already taken."""
    section = outcomes.section
    rows = [_row(outcomes, place, text, number) for place, text in writing.items()]
    db.session.execute(_upsert(db.engine.dialect.name), rows)
    changes = [
        {
            "school_id": section.school_id,
            "section_id": section.id,
            "assignment_id": place[0],
            "outcome_id": place[1],
            "student_id": place[2],
            "seq": number,
            "changed_by": actor_id,
            "changed_at": now,
            "before": _facts(outcomes, text_of(outcomes, stored.get(place))),
            "after": _facts(outcomes, text),
        }
        for place, text in writing.items()
    ]
    table: Any = RatingChange.__table__  # not the class: rows go in as they are, in one statement
    db.session.execute(insert(table), changes)


def _row(outcomes: ClassOutcomes, place: Place, text: str, number: int) -> dict[str, Any]:
    is_status = text in (RatingStatus.MISSING, RatingStatus.EXCUSED)
    is_level = text != NOTHING and not is_status
    return {
        "school_id": outcomes.section.school_id,
        "assignment_id": place[0],
        "outcome_id": place[1],
        "student_id": place[2],
        "level_id": outcomes.keys_by_number[Fraction(text)] if is_level else None,
        "status": RatingStatus(text) if is_status else RatingStatus.NONE,
        "seq": number,
    }


@cache
def _upsert(backend: str) -> Any:
    table: Any = OutcomeRating.__table__
    statement: Any = (postgresql_insert if backend == "postgresql" else sqlite_insert)(table)
    return statement.on_conflict_do_update(
        index_elements=["assignment_id", "outcome_id", "student_id", "school_id"],
        set_={name: getattr(statement.excluded, name) for name in ("level_id", "status", "seq")},
    )


def _facts(outcomes: ClassOutcomes, text: str) -> dict[str, Any] | None:
    """A rating as the history keeps it: the level's number and its name of now, or the status."""
    if text == NOTHING:
        return None
    if text in (RatingStatus.MISSING, RatingStatus.EXCUSED):
        return {"status": text}
    return {"number": text, "level": outcomes.level_keys[outcomes.keys_by_number[Fraction(text)]].label}


def _text_from_facts(facts: dict[str, Any] | None) -> str:
    """What the field said, from the history."""
    return NOTHING if facts is None else str(facts.get("number") or facts.get("status"))
