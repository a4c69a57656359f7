"""The mastery scales and outcomes of a school: made, changed and retired by the office.

A scale on which something is rated keeps its numbers and its line of "met": results must not move behind a teacher's
back, nor in a closed period. Its words can always be made better.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.grading.outcomes import Level, MasteryError
from gradebook.grading.outcomes import MasteryScale as Levels
from gradebook.models import (
    MasteryLevel,
    MasteryScale,
    Outcome,
    OutcomeRating,
    School,
    Section,
    SectionOutcome,
    SectionOutcomeRules,
)
from gradebook.services import audit


class LevelDraft(NamedTuple):
    """A level as it was typed."""

    number: Decimal
    label: str
    description: str = ""


@dataclass(frozen=True)
class ScaleDraft:
    """A mastery scale as it was typed."""

    name: str
    met_from: Decimal
    levels: tuple[LevelDraft, ...]


class ScaleFault(ValueError):
    """A scale that cannot be saved. `code`: same_name, in_use {count}, being_kept {count} (the levels of so many
    closed classes are not stored yet), or a code of MasteryError {label}."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class ScaleMoved(Exception):
    """Someone else changed it since this person saw it."""


class ScaleLine(NamedTuple):
    """A scale in the school's list."""

    scale: MasteryScale
    classes: int
    """How many classes use it."""


class OutcomeLine(NamedTuple):
    """An outcome of the school in its list."""

    outcome: Outcome
    classes: int


def usual_scale() -> ScaleDraft:
    """Four levels, as most schools that grade this way have them."""
    return ScaleDraft(
        _("Four levels"),
        Decimal(3),
        (
            LevelDraft(Decimal(4), _("Exceeds"), _("Does more than is expected, and does it alone.")),
            LevelDraft(Decimal(3), _("Meets"), _("Does what is expected at this time of the year.")),
            LevelDraft(Decimal(2), _("Approaching"), _("Does part of what is expected, or needs some help.")),
            LevelDraft(Decimal(1), _("Beginning"), _("Has begun, and needs a lot of help.")),
        ),
    )


def draft_of(scale: MasteryScale) -> ScaleDraft:
    """A stored scale in the form in which it is typed."""
    levels = tuple(LevelDraft(one.number, one.label, one.description) for one in scale.levels)
    return ScaleDraft(scale.name, scale.met_from, levels)


def scales_of_school(school: School) -> list[ScaleLine]:
    """All scales, in use before retired, by name."""
    classes = (
        select(func.count())
        .select_from(SectionOutcomeRules)
        .where(SectionOutcomeRules.scale_id == MasteryScale.id)
        .correlate(MasteryScale)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(MasteryScale, classes)
        .where(MasteryScale.school_id == school.id)
        .order_by(MasteryScale.retired_at.is_not(None), MasteryScale.name, MasteryScale.id)
    )
    return [ScaleLine(*row) for row in rows]


def first_scale(school_id: int, *, actor_id: int, now: datetime) -> MasteryScale:
    """A school works from minute one: its first scale in use, or the usual one, made now."""
    query = select(MasteryScale).where(MasteryScale.school_id == school_id, MasteryScale.retired_at.is_(None))
    found = db.session.scalars(query.order_by(MasteryScale.id).limit(1)).first()
    return found or save_scale(school_id, None, usual_scale(), seen=0, actor_id=actor_id, now=now)


def save_scale(
    school_id: int, scale: MasteryScale | None, draft: ScaleDraft, *, seen: int, actor_id: int, now: datetime
) -> MasteryScale:
    """Make a scale, or change one. Raises ScaleFault, ScaleMoved."""
    if scale is not None:
        db.session.refresh(scale, with_for_update=True)
        if scale.version != seen:
            raise ScaleMoved
    _check(school_id, scale, draft)
    before = _facts(draft_of(scale)) if scale else None
    if scale is None:
        scale = MasteryScale(school_id=school_id, version=0)
        db.session.add(scale)
    scale.name, scale.met_from = draft.name, draft.met_from
    _write_levels(scale, draft)
    scale.version += 1
    db.session.flush()
    audit.record(
        "mastery_scale.changed", now, school_id=school_id, actor_id=actor_id, scale_id=scale.id, before=before,
        after=_facts(draft),
    )  # fmt: skip
    return scale


def _check(school_id: int, scale: MasteryScale | None, draft: ScaleDraft) -> None:
    try:
        Levels(
            tuple(Level(Fraction(one.number), one.label, one.description) for one in draft.levels),
            Fraction(draft.met_from),
        )
    except MasteryError as error:
        raise ScaleFault(error.code, label=error.label) from error
    names = db.session.execute(select(MasteryScale.id, MasteryScale.name).where(MasteryScale.school_id == school_id))
    if any(row.name.casefold() == draft.name.casefold() and (not scale or row.id != scale.id) for row in names):
        raise ScaleFault("same_name")
    if scale is not None and replace(draft, name=scale.name) != draft_of(scale):
        _require_kept(scale)
    if scale is not None and _numbers(draft) != _numbers(draft_of(scale)):
        count = count_rated(scale)
        if count:
            raise ScaleFault("in_use", count=count)


def _require_kept(scale: MasteryScale) -> None:
    """A closing holds the scale while it marks its classes: what is to be kept with these words is known here."""
    count = db.session.scalar(
        select(func.count())
        .select_from(Section)
        .join(SectionOutcomeRules, SectionOutcomeRules.section_id == Section.id)
        .where(SectionOutcomeRules.scale_id == scale.id, Section.unkept.is_not(None))
    )
    if count:
        raise ScaleFault("being_kept", count=count)


def _numbers(draft: ScaleDraft) -> tuple[Decimal, frozenset[Decimal]]:
    """What results depend on."""
    return draft.met_from, frozenset(one.number for one in draft.levels)


def count_rated(scale: MasteryScale) -> int:
    """How many ratings name a level of the scale."""
    levels = select(MasteryLevel.id).where(MasteryLevel.scale_id == scale.id)
    query = select(func.count()).select_from(OutcomeRating).where(OutcomeRating.level_id.in_(levels))
    return db.session.scalar(query) or 0


def _write_levels(scale: MasteryScale, draft: ScaleDraft) -> None:
    """Levels keep their rows by their number. In steps, so that two that swap their names do not meet."""
    stored = {one.number: one for one in scale.levels}
    kept = {one.number for one in draft.levels}
    for number, row in stored.items():
        if number not in kept:
            scale.levels.remove(row)
        else:
            row.label = f"\u2026{row.id}"
    db.session.flush()
    for one in draft.levels:
        level = stored.get(one.number)
        if level is None:
            level = MasteryLevel(school_id=scale.school_id, number=one.number)
            scale.levels.append(level)
        level.label, level.description = one.label, one.description
    db.session.flush()
    db.session.expire(scale, ["levels"])


def _facts(draft: ScaleDraft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "met_from": str(draft.met_from),
        "levels": [[str(one.number), one.label, one.description] for one in draft.levels],
    }


def set_retired(scale: MasteryScale, retired: bool, *, actor_id: int, now: datetime) -> None:
    """No further class can choose a retired scale; classes that have it keep it."""
    scale.retired_at = now if retired else None
    audit.record(
        "mastery_scale.changed", now, school_id=scale.school_id, actor_id=actor_id, scale_id=scale.id, retired=retired
    )


# --- Outcomes of the school


def outcomes_of_school(school: School) -> list[OutcomeLine]:
    """The school's outcomes, in use before retired, by code and title."""
    classes = (
        select(func.count())
        .select_from(SectionOutcome)
        .where(SectionOutcome.outcome_id == Outcome.id, SectionOutcome.removed_at.is_(None))
        .correlate(Outcome)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Outcome, classes)
        .where(Outcome.school_id == school.id, Outcome.section_id.is_(None))
        .order_by(Outcome.retired_at.is_not(None), func.coalesce(Outcome.code, ""), Outcome.title, Outcome.id)
    )
    return [OutcomeLine(*row) for row in rows]


def save_outcome(
    school_id: int, outcome: Outcome | None, words: dict[str, str | None], *, seen: int, actor_id: int, now: datetime
) -> Outcome:
    """Make an outcome of the school, or change its words (title, code, description). Raises ScaleFault, ScaleMoved."""
    if outcome is not None:
        db.session.refresh(outcome, with_for_update=True)
        if outcome.version != seen:
            raise ScaleMoved
    titles = db.session.execute(
        select(Outcome.id, Outcome.title).where(Outcome.school_id == school_id, Outcome.section_id.is_(None))
    )
    title = str(words["title"]).casefold()
    if any(row.title.casefold() == title and (not outcome or row.id != outcome.id) for row in titles):
        raise ScaleFault("same_title")
    before = {name: getattr(outcome, name) for name in words} if outcome else None
    if outcome is None:
        outcome = Outcome(school_id=school_id, version=0)
        db.session.add(outcome)
    for name, value in words.items():
        setattr(outcome, name, value)
    outcome.version += 1
    db.session.flush()
    audit.record(
        "outcome.changed", now, school_id=school_id, actor_id=actor_id, outcome_id=outcome.id, before=before,
        after=words,
    )  # fmt: skip
    return outcome


def set_outcome_retired(outcome: Outcome, retired: bool, *, actor_id: int, now: datetime) -> None:
    """No further class can take a retired outcome; classes that have it keep it."""
    outcome.retired_at = now if retired else None
    audit.record(
        "outcome.changed", now, school_id=outcome.school_id, actor_id=actor_id, outcome_id=outcome.id, retired=retired
    )
