"""The grading scales of a school: made, changed and retired by the office (grading.md G13).

A scale in use is never altered unseen: whoever changes one is told which classes have it and how many posted grades
move, and each of those classes keeps the grades before and after in its history.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import contains_eager, selectinload

from gradebook.extensions import db
from gradebook.grading.values import GradingScale as Letters
from gradebook.grading.values import ScaleError
from gradebook.models import GradingScale, GradingScaleBand, School, Section
from gradebook.services import audit, periods, section_rules
from gradebook.services.counters import next_numbers
from gradebook.services.previews import Shift, moved, name_of_effect, shift_facts

MOST_BANDS = 60
MOST_BOUND = 150  # percent; as the database has it


class Band(NamedTuple):
    """One line of a scale: the label holds from `bound` percent up to the next band."""

    label: str
    bound: Decimal


@dataclass(frozen=True)
class ScaleDraft:
    """A scale as the office typed it."""

    name: str
    bands: tuple[Band, ...]


class ScaleFault(ValueError):
    """A scale that cannot be saved. `code`: same_name {name}, no_bands, no_zero {label, bound},
    equal_bounds {first, second, bound}, equal_labels {label}, empty_label, negative, too_many_decimals, being_kept
    {count}: the grades of so many closed classes that have the scale are not stored yet."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Effect:
    """What other bands would do to one class."""

    section: Section
    shifts: list[Shift]
    """Every student's posted grade, before and after."""

    @property
    def moved(self) -> list[Shift]:
        """The posted grades that would not stay as they are."""
        return moved(self.shifts)


class NeedsConfirmation(Exception):
    """Classes use the scale, and the person has not been shown what the change does to them. `name` is that of the
    effects: who sends it back has been shown them."""

    def __init__(self, effects: list[Effect], name: str) -> None:
        super().__init__()
        self.effects = effects
        self.name = name


@dataclass
class ScaleSaved:
    """What came of a change."""

    changed: bool
    effects: list[Effect] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """How many posted grades moved."""
        return sum(len(effect.moved) for effect in self.effects)


class ScaleLine(NamedTuple):
    """A scale in the school's list."""

    scale: GradingScale
    classes: int
    """How many classes use it."""


def draft_of(scale: GradingScale) -> ScaleDraft:
    """A stored scale in the form in which it is typed, from the top."""
    return ScaleDraft(scale.name, tuple(Band(band.label, band.bound) for band in scale.bands))


def in_order(draft: ScaleDraft) -> ScaleDraft:
    """The same scale, its bands from the top."""
    return ScaleDraft(draft.name, tuple(sorted(draft.bands, key=lambda band: band.bound, reverse=True)))


def scales_of_school(school: School) -> list[ScaleLine]:
    """All scales with their bands, in use before retired, by name."""
    classes = (
        select(func.count())
        .select_from(Section)
        .where(Section.grading_scale_id == GradingScale.id)
        .correlate(GradingScale)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(GradingScale, classes)
        .options(selectinload(GradingScale.bands))
        .where(GradingScale.school_id == school.id)
        .order_by(GradingScale.retired_at.is_not(None), func.lower(GradingScale.name), GradingScale.id)
    )
    return [ScaleLine(scale, int(count)) for scale, count in rows]


def classes_with(scale: GradingScale) -> list[Section]:
    """The classes that use the scale, by title."""
    return list(
        db.session.scalars(
            select(Section)
            .join(Section.school)
            .join(Section.term)
            .options(contains_eager(Section.school), contains_eager(Section.term))
            .where(Section.grading_scale_id == scale.id)
            .order_by(Section.title, Section.id)
        )
    )


# --- What cannot be


def check(school_id: int, draft: ScaleDraft, scale: GradingScale | None = None) -> None:
    """Raises ScaleFault for a scale that cannot be saved; `scale` is the one that it would change."""
    try:
        Letters.of(draft.bands)
    except ScaleError as error:
        raise ScaleFault(error.code, **_facts_of(error, draft)) from error
    names = select(GradingScale.id, GradingScale.name).where(GradingScale.school_id == school_id)
    for key, name in db.session.execute(names):
        if name.casefold() == draft.name.casefold() and (scale is None or key != scale.id):
            raise ScaleFault("same_name", name=name)


def _facts_of(error: ScaleError, draft: ScaleDraft) -> dict[str, Any]:
    bands = in_order(draft).bands
    if error.code == "no_zero":
        return {"label": bands[-1].label, "bound": bands[-1].bound}
    if error.code == "equal_bounds":
        first, second = next(pair for pair in zip(bands, bands[1:], strict=False) if pair[0].bound == pair[1].bound)
        return {"first": first.label, "second": second.label, "bound": first.bound}
    if error.code == "equal_labels":
        seen: set[str] = set()
        for band in bands:
            if band.label.casefold() in seen:
                return {"label": band.label}
            seen.add(band.label.casefold())
    return {}


# --- Acts


def add_scale(school: School, draft: ScaleDraft, now: datetime, *, actor_id: int) -> GradingScale:
    """A new scale of the school. Raises ScaleFault."""
    check(school.id, draft)
    scale = GradingScale(school_id=school.id, name=draft.name)
    db.session.add(scale)
    db.session.flush()
    _write_bands(scale, draft)
    audit.record(
        "scale.created", now, school_id=school.id, actor_id=actor_id, scale_id=scale.id, after=_plain(draft)
    )  # fmt: skip
    return scale


def change_scale(
    scale: GradingScale, draft: ScaleDraft, now: datetime, *, actor_id: int, shown: str | None
) -> ScaleSaved:
    """Give the scale this name and these bands.

    `shown` names the effect that the person has been shown. Raises ScaleFault, or NeedsConfirmation where classes use
    the scale and the effect on them is another; the caller rolls back then.
    """
    db.session.execute(select(GradingScale.id).where(GradingScale.id == scale.id).with_for_update())
    db.session.refresh(scale)
    before, after = draft_of(scale), in_order(draft)
    check(scale.school_id, after, scale)
    if after == before:
        return ScaleSaved(False)
    if after.bands != before.bands:
        _require_kept(scale)
    effects = effects_of(scale, after, now) if after.bands != before.bands else []
    name = name_of(effects)
    if effects and shown != name:
        raise NeedsConfirmation(effects, name)
    scale.name = after.name
    if after.bands != before.bands:
        _write_bands(scale, after)
        next_numbers(effect.section.id for effect in effects)
    _record(scale, before, after, effects, now, actor_id)
    return ScaleSaved(True, effects)


def _require_kept(scale: GradingScale) -> None:
    """A closing holds the scale while it marks its classes: what is to be kept with these letters is known here."""
    here = select(func.count()).select_from(Section)
    count = db.session.scalar(here.where(Section.grading_scale_id == scale.id, Section.unkept.is_not(None)))
    if count:
        raise ScaleFault("being_kept", count=count)


def effects_of(scale: GradingScale, draft: ScaleDraft, now: datetime) -> list[Effect]:
    """What these bands would do to each class that uses the scale, by title: three statements for each class.

    Closed classes are left out: their grades are kept as they were (grading.md G16).
    """
    letters = Letters.of(draft.bands)
    effects = []
    for section in classes_with(scale):
        if periods.closed_since(section) is None:
            reading = section_rules.read(section, now)
            after = section_rules.work_with(reading.work, reading.rules, letters)
            effects.append(Effect(section, reading.scores.shifts(reading.work, after, posted_only=True)))
    return effects


def name_of(effects: Sequence[Effect]) -> str:
    """A short name of what a change does: another effect has another name."""
    said = repr([(effect.section.id, name_of_effect(effect.moved)) for effect in effects])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def retire(scale: GradingScale, now: datetime, *, actor_id: int) -> bool:
    """Offer the scale to no further class; those that use it keep it. False if it was retired already."""
    if scale.retired_at is not None:
        return False
    scale.retired_at = now
    audit.record("scale.retired", now, school_id=scale.school_id, actor_id=actor_id, scale_id=scale.id)
    return True


def bring_back(scale: GradingScale, now: datetime, *, actor_id: int) -> bool:
    """Offer a retired scale again. False if it is offered already."""
    if scale.retired_at is None:
        return False
    scale.retired_at = None
    audit.record("scale.returned", now, school_id=scale.school_id, actor_id=actor_id, scale_id=scale.id)
    return True


def _write_bands(scale: GradingScale, draft: ScaleDraft) -> None:
    """All of them anew: a bound may take the place that another one leaves."""
    db.session.execute(delete(GradingScaleBand).where(GradingScaleBand.scale_id == scale.id))
    db.session.execute(
        insert(GradingScaleBand),
        [
            {"school_id": scale.school_id, "scale_id": scale.id, "label": band.label, "bound": band.bound}
            for band in draft.bands
        ],
    )
    db.session.expire(scale, ["bands"])


def _record(
    scale: GradingScale, before: ScaleDraft, after: ScaleDraft, effects: list[Effect], now: datetime, actor_id: int
) -> None:
    audit.record(
        "scale.changed",
        now,
        school_id=scale.school_id,
        actor_id=actor_id,
        scale_id=scale.id,
        before=_plain(before),
        after=_plain(after),
        classes=[{"section_id": one.section.id, "grades_moved": len(one.moved)} for one in effects],
    )
    for effect in effects:
        audit.record(
            "scale.letters_moved",
            now,
            school_id=scale.school_id,
            actor_id=actor_id,
            section_id=effect.section.id,
            scale_id=scale.id,
            before=_plain(before),
            after=_plain(after),
            grades=[shift_facts(one) for one in effect.shifts],
        )


def _plain(draft: ScaleDraft) -> dict[str, Any]:
    return {"name": draft.name, "bands": [[band.label, f"{band.bound:.2f}"] for band in draft.bands]}
