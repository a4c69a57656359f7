"""How a class grades outcomes: points or outcomes, the scale, the method; which outcomes; which work is about them."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from gradebook.extensions import db
from gradebook.grading.outcomes import Method, OutcomeRules
from gradebook.models import (
    AcademicSession,
    Assignment,
    MasteryScale,
    Outcome,
    OutcomeAlignment,
    OutcomeMethod,
    OutcomeRating,
    Section,
    SectionOutcome,
    SectionOutcomeRules,
)
from gradebook.services import audit, mastery_scales, periods
from gradebook.services.counters import next_number, return_number
from gradebook.services.outcomes import ClassOutcomes, LevelShift, class_outcomes, facts_of_shifts, posted_shifts

MOST_OUTCOMES = 60


@dataclass(frozen=True)
class Settings:
    """How the class grades, as a teacher chooses it."""

    grades_outcomes: bool
    scale_id: int | None = None
    """None: the school has no scale yet; the first one is made."""
    method: OutcomeMethod = OutcomeMethod.DECAYING
    times: int = 3
    missing_is_lowest: bool = False


@dataclass(frozen=True)
class OutcomeDraft:
    """An outcome as it was typed."""

    title: str
    code: str | None = None
    description: str | None = None


class OutcomesFault(ValueError):
    """A change that cannot be made. `code`: scale_in_use {count}, same_title {title}, too_many, unknown,
    of_the_school."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class OutcomesMoved(Exception):
    """Someone else changed it since this person saw it; nothing was written."""


class NeedsConfirmation(Exception):
    """The change moves levels that families see, and the person has not been shown these `shifts`."""

    def __init__(self, shifts: list[LevelShift]) -> None:
        super().__init__()
        self.shifts = shifts


@dataclass
class SettingsSaved:
    """What came of a save."""

    changed: bool
    shifts: list[LevelShift] = field(default_factory=list)


# --- Points or outcomes, scale and method


def settings_of(section: Section) -> Settings:
    """The settings that hold; the last ones for a class that went back to points."""
    row = db.session.get(SectionOutcomeRules, section.id)
    if row is None:
        return Settings(False)
    return Settings(section.grades_outcomes, row.scale_id, row.method, row.times, row.missing_is_lowest)


def version_of(settings: Settings) -> str:
    """What a page says it saw. Made of the settings themselves: the class's number moves with every rating."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]


def save_settings(
    section: Section, wanted: Settings, *, seen: str, shown: int | None, actor_id: int, now: datetime
) -> SettingsSaved:
    """Make these the class's settings; one entry in the history with the posted levels that move.

    `shown` is how many moved levels the person has been shown. Raises OutcomesMoved, OutcomesFault,
    NeedsConfirmation, PeriodClosed; the caller rolls back then.
    """
    next_number(section)  # locks the class
    db.session.refresh(section, ["grades_outcomes"])
    _require_all_open(section)
    before = settings_of(section)
    if version_of(before) != seen:
        raise OutcomesMoved
    if wanted.grades_outcomes and wanted.scale_id is None:
        wanted = replace(wanted, scale_id=mastery_scales.first_scale(section.school_id, actor_id=actor_id, now=now).id)
    if wanted == before or not (wanted.grades_outcomes or before.grades_outcomes):
        return_number(section)
        return SettingsSaved(False)
    _check_scale(section, before, wanted)
    shifts = _shifts_of(section, before, wanted, now)
    if shifts and shown != len(shifts):
        raise NeedsConfirmation(shifts)
    _write_settings(section, wanted)
    _record(section, "outcomes.rules_changed", actor_id, now, before=_facts(before), after=_facts(wanted),
            levels=facts_of_shifts(shifts))  # fmt: skip
    return SettingsSaved(True, shifts)


def _require_all_open(section: Section) -> None:
    """Levels are made of the ratings of the whole year: what makes them stands as soon as any part of it is closed."""
    periods.require_open(section)
    if section.closings:
        raise periods.closed(db.session.get_one(AcademicSession, int(min(section.closings, key=int))))


def _check_scale(section: Section, before: Settings, wanted: Settings) -> None:
    if not wanted.grades_outcomes:
        return
    scale = db.session.get(MasteryScale, wanted.scale_id) if wanted.scale_id else None
    if scale is None or scale.school_id != section.school_id:
        raise OutcomesFault("unknown")
    if before.scale_id not in (None, wanted.scale_id):
        count = _count_rated(section)
        if count:
            raise OutcomesFault("scale_in_use", count=count)


def _count_rated(section: Section) -> int:
    own = select(Assignment.id).where(Assignment.section_id == section.id)
    query = select(func.count()).select_from(OutcomeRating)
    return (
        db.session.scalar(query.where(OutcomeRating.assignment_id.in_(own), OutcomeRating.level_id.is_not(None))) or 0
    )


def _shifts_of(section: Section, before: Settings, wanted: Settings, now: datetime) -> list[LevelShift]:
    """What moves by another method. Going to points or coming from them moves nothing: other numbers are shown."""
    outcomes = class_outcomes(section, now) if before.grades_outcomes and wanted.grades_outcomes else None
    if outcomes is None or wanted.scale_id != before.scale_id:
        return []
    rules = OutcomeRules(Method(wanted.method), wanted.times, wanted.missing_is_lowest)
    return posted_shifts(outcomes, replace(outcomes, rules=rules))


def _write_settings(section: Section, wanted: Settings) -> None:
    section.grades_outcomes = wanted.grades_outcomes
    row = db.session.get(SectionOutcomeRules, section.id)
    if row is None:
        row = SectionOutcomeRules(section_id=section.id, school_id=section.school_id, scale_id=wanted.scale_id)
        db.session.add(row)
    if wanted.scale_id is not None:
        row.scale_id = wanted.scale_id
    row.method, row.times, row.missing_is_lowest = wanted.method, wanted.times, wanted.missing_is_lowest
    db.session.flush()


def _facts(settings: Settings) -> dict[str, Any]:
    return {**vars(settings), "method": str(settings.method)}


def _record(section: Section, act: str, actor_id: int, now: datetime, **facts: Any) -> None:
    audit.record(act, now, school_id=section.school_id, actor_id=actor_id, section_id=section.id, **facts)


# --- Which outcomes


def add_outcome(section: Section, draft: OutcomeDraft, *, actor_id: int, now: datetime) -> Outcome:
    """A new outcome of this class, after its others. Raises OutcomesFault, PeriodClosed."""
    next_number(section)
    periods.require_open(section)
    _check_title(section, draft.title)
    outcome = Outcome(school_id=section.school_id, section_id=section.id, **vars(draft))
    db.session.add(outcome)
    db.session.flush()
    _take(section, [outcome.id])
    _record(section, "outcomes.changed", actor_id, now, outcome_id=outcome.id, after=vars(draft))
    return outcome


def take_outcomes(section: Section, outcomes: Sequence[Outcome], *, actor_id: int, now: datetime) -> None:
    """Outcomes of the school, or ones that the class had taken away, become outcomes of the class."""
    next_number(section)
    periods.require_open(section)
    if any(outcome.section_id not in (None, section.id) for outcome in outcomes):
        raise OutcomesFault("unknown")
    for outcome in outcomes:
        _check_title(section, outcome.title, outcome.id)
    _take(section, [outcome.id for outcome in outcomes])
    _record(section, "outcomes.changed", actor_id, now, taken=[outcome.id for outcome in outcomes])


def _take(section: Section, outcome_ids: list[int]) -> None:
    rows = {
        row.outcome_id: row
        for row in db.session.scalars(select(SectionOutcome).where(SectionOutcome.section_id == section.id))
    }
    if sum(row.removed_at is None for row in rows.values()) + len(outcome_ids) > MOST_OUTCOMES:
        raise OutcomesFault("too_many")
    last = max((row.position for row in rows.values()), default=0)
    for place, outcome_id in enumerate(outcome_ids, last + 1):
        row = rows.get(outcome_id)
        if row is None:
            row = SectionOutcome(section_id=section.id, outcome_id=outcome_id, school_id=section.school_id)
            db.session.add(row)
        row.position, row.removed_at = place, None
    db.session.flush()


def _check_title(section: Section, title: str, but: int | None = None) -> None:
    """Two outcomes of a class are never called the same."""
    titles = db.session.execute(
        select(Outcome.id, Outcome.title)
        .join(SectionOutcome, SectionOutcome.outcome_id == Outcome.id)
        .where(SectionOutcome.section_id == section.id, SectionOutcome.removed_at.is_(None))
    )
    if any(row.title.casefold() == title.casefold() and row.id != but for row in titles):
        raise OutcomesFault("same_title", title=title)


def change_outcome(
    section: Section, outcome: Outcome, draft: OutcomeDraft, *, seen: int, actor_id: int, now: datetime
) -> None:
    """Other words for an outcome of this class. Raises OutcomesMoved, OutcomesFault, PeriodClosed."""
    next_number(section)
    periods.require_open(section)
    db.session.refresh(outcome)
    if outcome.section_id != section.id:
        raise OutcomesFault("of_the_school")
    if outcome.version != seen:
        raise OutcomesMoved
    _check_title(section, draft.title, outcome.id)
    before = {name: getattr(outcome, name) for name in vars(draft)}
    for name, value in vars(draft).items():
        setattr(outcome, name, value)
    outcome.version += 1
    _record(section, "outcomes.changed", actor_id, now, outcome_id=outcome.id, before=before, after=vars(draft))


def remove_outcome(section: Section, outcome: Outcome, *, actor_id: int, now: datetime) -> None:
    """Take an outcome away from the class. Its ratings are kept and come back with it. Raises PeriodClosed."""
    next_number(section)
    _require_all_open(section)
    row = db.session.get(SectionOutcome, (section.id, outcome.id), populate_existing=True)
    if row is None or row.removed_at is not None:
        return_number(section)
        return
    row.removed_at = now
    _record(section, "outcomes.changed", actor_id, now, removed=outcome.id)


# --- Which work is about which outcome


def align(
    outcomes: ClassOutcomes,
    assignment: Assignment,
    wanted: Collection[int],
    *,
    seen: int,
    shown: int | None,
    actor_id: int,
    now: datetime,
) -> SettingsSaved:
    """The piece of work is about these outcomes (keys) from now on.

    Ratings of an outcome that is taken away are kept and do not count while it is away. `seen` is the number at which
    the person saw the assignment, `shown` how many moved posted levels they were shown. Raises OutcomesMoved,
    OutcomesFault, NeedsConfirmation, PeriodClosed.
    """
    section = outcomes.section
    number = next_number(section)
    db.session.refresh(assignment)
    periods.require_open(section, [assignment.grading_period_id])
    if assignment.seq > seen or assignment.deleted_at is not None:
        raise OutcomesMoved
    before, after = outcomes.aligned.get(assignment.id, set()), set(wanted)
    if after - {outcome.id for outcome in outcomes.outcomes}:
        raise OutcomesFault("unknown")
    kept = before - {outcome.id for outcome in outcomes.outcomes}  # of outcomes that the class took away meanwhile
    after |= kept
    if after == before:
        return_number(section)
        return SettingsSaved(False)
    shifts = posted_shifts(outcomes, replace(outcomes, aligned={**outcomes.aligned, assignment.id: after}))
    if shifts and shown != len(shifts):
        raise NeedsConfirmation(shifts)
    _write_alignment(assignment, before, after)
    assignment.seq = number
    _record(section, "outcomes.aligned", actor_id, now, assignment_id=assignment.id, before=sorted(before),
            after=sorted(after), levels=facts_of_shifts(shifts))  # fmt: skip
    return SettingsSaved(True, shifts)


def _write_alignment(assignment: Assignment, before: set[int], after: set[int]) -> None:
    gone = before - after
    if gone:
        db.session.execute(
            delete(OutcomeAlignment).where(
                OutcomeAlignment.assignment_id == assignment.id, OutcomeAlignment.outcome_id.in_(gone)
            )
        )
    for outcome_id in sorted(after - before):
        row = OutcomeAlignment(assignment_id=assignment.id, outcome_id=outcome_id, school_id=assignment.school_id)
        db.session.add(row)
    db.session.flush()
