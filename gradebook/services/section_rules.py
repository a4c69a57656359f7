"""How a class is graded: its categories, weights and rules; what a change would do, and the change."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, cast

from sqlalchemy import insert, select, update

from gradebook.extensions import db
from gradebook.grading.effects import scaled_to_100
from gradebook.grading.periods import calculator_for
from gradebook.grading.scales import round_percent
from gradebook.grading.values import Category as GradedCategory
from gradebook.grading.values import GradingScale as Letters
from gradebook.grading.values import Period
from gradebook.models import Category, GradingScale, LateInterval, Section, TotalMode, Weighing
from gradebook.services import audit, periods
from gradebook.services.counters import next_number_if
from gradebook.services.grades import (
    CategoryRow,
    ClassWork,
    class_work,
    graded_category,
    rules_of,
    work_of_column,
)
from gradebook.services.previews import (
    ClassScores,
    Shift,
    class_scores,
    moved,
    name_of_effect,
    shift_facts,
    with_calculator,
)

HUNDRED = Decimal(100)
MOST_CATEGORIES = 40


@dataclass(frozen=True)
class CategoryDraft:
    """A category as a teacher typed it."""

    key: str | None
    """The public id of the category that it changes; None for a new one."""
    title: str
    weight: Decimal = Decimal(0)
    drop_lowest: int = 0
    drop_highest: int = 0
    weighing: Weighing = Weighing.POINTS
    extra_credit: bool = False
    keep_best: int | None = None
    """Instead of `drop_lowest`."""


@dataclass(frozen=True)
class RulesDraft:
    """A class's rules as a teacher typed them, categories in their order."""

    categories: tuple[CategoryDraft, ...]
    total_mode: TotalMode = TotalMode.POINTS
    missing_percent: Decimal | None = Decimal(0)
    late_percent: Decimal = Decimal(0)
    late_interval: LateInterval = LateInterval.DAY
    late_floor: Decimal = Decimal(0)
    cap_percent: Decimal | None = None
    grading_scale_id: int | None = None
    letter_on_whole_percent: bool = False
    posts_as_entered: bool = True
    period_weights: tuple[tuple[int, Decimal], ...] = ()
    """Key of a grading period -> percent of the course grade, the earliest period first; empty: periods only filter."""

    @property
    def weight_sum(self) -> Decimal:
        """What the weights add up to; extra credit is on top and not in it."""
        return sum((one.weight for one in self.categories if not one.extra_credit), Decimal(0))

    @property
    def period_sum(self) -> Decimal:
        """What the weights of the grading periods add up to."""
        return sum((weight for _, weight in self.period_weights), Decimal(0))

    @property
    def weights_add_up(self) -> bool:
        """Whether the weights, where the class uses them, make 100."""
        return self.total_mode != TotalMode.WEIGHTED or self.weight_sum == HUNDRED


_SECTION_FIELDS = (
    "total_mode",
    "missing_percent",
    "late_percent",
    "late_interval",
    "late_floor",
    "cap_percent",
    "grading_scale_id",
    "letter_on_whole_percent",
    "posts_as_entered",
)


class RulesFault(ValueError):
    """Rules that cannot be saved. `code`: weights {sum}, period_weights {sum}, no_categories, same_title {title},
    keeps_and_drops {title}, keeps_none {title}, in_use {title, count}, unknown_category."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class RulesMoved(Exception):
    """Someone else changed the rules since this person saw them; `theirs` are the ones that hold now."""

    def __init__(self, theirs: RulesDraft) -> None:
        super().__init__()
        self.theirs = theirs


class NeedsConfirmation(Exception):
    """The change moves grades that families see, and the person has not been shown these `shifts`.

    `effect` is their name: who sends it back has been shown them.
    """

    def __init__(self, shifts: list[Shift], effect: str) -> None:
        super().__init__()
        self.shifts = shifts
        self.effect = effect


@dataclass(frozen=True)
class Reading:
    """A class read at one of its numbers. What is decided on it holds as long as the class has that number."""

    section: Section
    work: ClassWork
    scores: ClassScores
    rules: RulesDraft
    number: int


@dataclass
class RulesSaved:
    """What came of a save."""

    number: int | None
    """The class's number of this change; None when nothing was different."""
    shifts: list[Shift] = field(default_factory=list)
    """The posted grades that changed."""


def read(section: Section, now: datetime, *, unwritten: bool = False) -> Reading:
    """A class with its students and scores: two statements, one more where it has letters or weighs periods.

    `unwritten`: the request has written nothing of the class's work since it read the class (`class_work`).
    """
    number = section.last_seq  # before all else: whatever is written while we read takes a later one
    work = class_work(section, now, unwritten=unwritten)
    weights = tuple((one.id, round_percent(one.weight)) for one in work.calculator.rules.periods)
    rules = replace(rules_now(section, work.categories), period_weights=weights)
    return Reading(section, work, class_scores(work), rules, number)


def rules_now(section: Section, categories: Sequence[CategoryRow]) -> RulesDraft:
    """The rules that hold, in the form in which they are typed; the weights of periods are for `read`."""
    drafts = tuple(
        CategoryDraft(
            category.public_id,
            category.title,
            category.weight,
            category.drop_lowest,
            category.drop_highest,
            Weighing(category.weighing),
            category.extra_credit,
            category.keep_best,
        )
        for category in categories
    )
    return RulesDraft(drafts, **{name: getattr(section, name) for name in _SECTION_FIELDS})


def version_of(rules: RulesDraft) -> str:
    """What a page says it saw. Made of the rules themselves: the class's number moves with every score."""
    facts = _facts(rules)
    said = repr([facts[name] for name in sorted(facts)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def scaled(rules: Sequence[CategoryDraft]) -> list[Decimal]:
    """The weights with those that are no extra credit scaled to 100."""
    weights = iter(scaled_to_100([one.weight for one in rules if not one.extra_credit]))
    return [one.weight if one.extra_credit else next(weights) for one in rules]


def scaled_periods(rules: RulesDraft) -> list[Decimal]:
    """The weights of the grading periods scaled to 100."""
    return scaled_to_100([weight for _, weight in rules.period_weights])


def work_with(work: ClassWork, draft: RulesDraft, letters: Letters | None = None) -> ClassWork:
    """The class as it would be graded by these rules. New categories hold no assignments; two statements for a
    grading scale that is not the class's own. `letters` stand in for those of the draft's scale."""
    known = {category.public_id: category for category in work.categories}
    categories = [
        _graded(one, known[one.key].id if one.key in known else -at, at) for at, one in enumerate(draft.categories, 1)
    ]
    kept = {category.id for category in categories}
    # A category with work in it is never really removed (see `faults`), so its work is just left out here.
    works = [work_of_column(column, work.timezone, work.now) for column in work.columns if column.category_id in kept]
    weights = tuple(Period(key, Fraction(weight)) for key, weight in draft.period_weights)
    rules = rules_of(cast(Section, draft), letters or _letters(work, draft), weights)
    return with_calculator(work, calculator_for(rules, categories, works))


def _graded(one: CategoryDraft, key: int, position: int) -> GradedCategory:
    return graded_category(
        CategoryRow(
            key,
            one.key or "",
            one.title,
            one.weight,
            one.drop_lowest,
            one.drop_highest,
            one.weighing,
            one.extra_credit,
            position,
            one.keep_best,
        )
    )


def _letters(work: ClassWork, draft: RulesDraft) -> Letters | None:
    if draft.grading_scale_id == work.section.grading_scale_id:
        return work.scale
    scale = db.session.get(GradingScale, draft.grading_scale_id) if draft.grading_scale_id else None
    return Letters.of((band.label, band.bound) for band in scale.bands) if scale else None


def scales_of(section: Section) -> list[GradingScale]:
    """The grading scales that a class can choose: the school's in use, and the one it has."""
    query = (
        select(GradingScale)
        .where(
            GradingScale.school_id == section.school_id,
            GradingScale.retired_at.is_(None) | (GradingScale.id == section.grading_scale_id),
        )
        .order_by(GradingScale.name)
    )
    return list(db.session.scalars(query))


def check(work: ClassWork, draft: RulesDraft) -> None:
    """Raises RulesFault for rules that cannot be saved."""
    if not draft.categories:
        raise RulesFault("no_categories")
    titles: set[str] = set()
    for one in draft.categories:
        if one.title.casefold() in titles:
            raise RulesFault("same_title", title=one.title)
        titles.add(one.title.casefold())
        _check_keeping(one)
    known = {category.public_id for category in work.categories}
    keys = [one.key for one in draft.categories if one.key is not None]
    if not known.issuperset(keys) or len(keys) != len(set(keys)):
        raise RulesFault("unknown_category")
    for category in work.categories:
        if category.public_id not in keys:
            _check_removable(work, category)
    if not draft.weights_add_up:
        raise RulesFault("weights", sum=draft.weight_sum)
    if draft.period_weights and draft.period_sum != HUNDRED:
        raise RulesFault("period_weights", sum=draft.period_sum)


def _check_keeping(one: CategoryDraft) -> None:
    if one.keep_best is not None and one.keep_best < 1:
        raise RulesFault("keeps_none", title=one.title)
    if one.keep_best is not None and one.drop_lowest:
        raise RulesFault("keeps_and_drops", title=one.title)


def _check_removable(work: ClassWork, category: CategoryRow) -> None:
    count = pieces_in(work, category.public_id)
    if count:
        raise RulesFault("in_use", title=category.title, count=count)


def pieces_in(work: ClassWork, key: str | None) -> int:
    """How many assignments the category holds."""
    keys = {category.id for category in work.categories if category.public_id == key}
    return sum(column.category_id in keys for column in work.columns)


class Drops(NamedTuple):
    """What a category's drops come to with the assignments it holds so far (grading.md G9)."""

    asked: int
    """How many the rule would drop …"""
    pieces: int
    """… of so many assignments that may be dropped; what comes of it:"""
    lowest: int
    highest: int

    @property
    def kept(self) -> int:
        """How many of them count."""
        return self.pieces - self.lowest - self.highest


def drops_in(work: ClassWork, category: CategoryDraft) -> Drops:
    """At most so many are dropped once everything is graded: one always counts."""
    pieces = droppable_in(work, category.key)
    asked = category.drop_lowest if category.keep_best is None else max(0, pieces - category.keep_best)
    lowest = max(0, min(asked, pieces - 1))
    highest = category.drop_highest if lowest + category.drop_highest < pieces else 0
    return Drops(asked + category.drop_highest, pieces, lowest, highest)


def droppable_in(work: ClassWork, key: str | None) -> int:
    """How many assignments of the category may be dropped."""
    keys = {category.id for category in work.categories if category.public_id == key}
    return sum(
        column.category_id in keys and column.counts and not column.never_drop and not column.extra_credit
        for column in work.columns
    )


def posted_shifts(reading: Reading, draft: RulesDraft) -> list[Shift]:
    """Every student's grade as families see it, by the rules that hold and by these."""
    return reading.scores.shifts(reading.work, work_with(reading.work, draft), posted_only=True)


def save_rules(
    section: Section,
    draft: RulesDraft,
    *,
    seen: str,
    shown: str | None,
    actor_id: int,
    now: datetime,
    reading: Reading | None = None,
) -> RulesSaved:
    """Make the rules the class's own: one number, one audit entry with before and after of every student's grade.

    `shown` names the effect that the person has been shown; `reading` is the class if it was read already. Raises
    RulesMoved, RulesFault, NeedsConfirmation, PeriodClosed; the caller rolls back then.
    """
    reading = reading or read(section, now)
    while True:
        periods.require_open(section)
        if version_of(reading.rules) != seen:
            raise RulesMoved(reading.rules)
        check(reading.work, draft)
        if draft == reading.rules:
            return RulesSaved(None)
        shifts = posted_shifts(reading, draft)
        _require_shown(moved(shifts), shown)
        number = next_number_if(section, reading.number, **{name: getattr(draft, name) for name in _SECTION_FIELDS})
        if number is not None:
            break
        # Someone wrote since the class was read. With the class locked, what is read from here on stays so.
        db.session.refresh(section, ["last_seq", "closings", *_SECTION_FIELDS], with_for_update=True)
        reading = read(section, now)
    periods.require_open(section)  # the row has said it once more
    _write_categories(reading, draft, now)
    if draft.period_weights != reading.rules.period_weights:
        periods.set_weights(section, dict(draft.period_weights))
    _record(reading, draft, shifts, number, actor_id=actor_id, now=now)
    return RulesSaved(number, moved(shifts))


def _require_shown(shifts: list[Shift], shown: str | None) -> None:
    effect = name_of_effect(shifts)
    if shifts and shown != effect:
        raise NeedsConfirmation(shifts, effect)


_CATEGORY_FIELDS = (
    "title",
    "weight",
    "drop_lowest",
    "drop_highest",
    "weighing",
    "extra_credit",
    "position",
    "keep_best",
)


def _write_categories(reading: Reading, draft: RulesDraft, now: datetime) -> None:
    """At most three statements: what changed, what is new, what was removed."""
    section = reading.section
    stored = {category.public_id: category for category in reading.work.categories}
    changed, added = [], []
    for position, one in enumerate(draft.categories, 1):
        values = {name: getattr(one, name) for name in _CATEGORY_FIELDS if name != "position"} | {"position": position}
        category = stored.pop(one.key, None) if one.key else None
        if category is None:
            added.append({"school_id": section.school_id, "section_id": section.id, **values})
        elif any(values[name] != getattr(category, name) for name in _CATEGORY_FIELDS):
            changed.append({"id": category.id, **values})
    if changed:
        db.session.execute(update(Category), changed)
    if added:
        db.session.execute(insert(Category), added)
    if stored:
        gone = [category.id for category in stored.values()]
        db.session.execute(update(Category).where(Category.id.in_(gone)).values(deleted_at=now))


def _record(
    reading: Reading, after: RulesDraft, shifts: list[Shift], number: int, *, actor_id: int, now: datetime
) -> None:
    audit.record(
        "rules.changed",
        now,
        school_id=reading.section.school_id,
        actor_id=actor_id,
        section_id=reading.section.id,
        number=number,
        before=_facts(reading.rules),
        after=_facts(after),
        grades=[shift_facts(shift) for shift in shifts],
    )


def _facts(rules: RulesDraft) -> dict[str, Any]:
    """The rules in JSON types, numbers as exact text."""
    facts: dict[str, Any] = {name: _plain(getattr(rules, name)) for name in _SECTION_FIELDS}
    if rules.period_weights:
        facts["periods"] = [[key, _text(weight)] for key, weight in rules.period_weights]
    facts["categories"] = [{name: _plain(value) for name, value in vars(one).items()} for one in rules.categories]
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _text(value)
    return str(value) if isinstance(value, TotalMode | LateInterval | Weighing) else value


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def ensure_category(section: Section, title: str) -> Category:
    """A class works from minute one: its first category holds everything. Call with the class locked."""
    living = select(Category).where(Category.section_id == section.id, Category.deleted_at.is_(None))
    found = db.session.scalars(living.order_by(Category.position, Category.id).limit(1)).first()
    if found is None:
        found = Category(school_id=section.school_id, section_id=section.id, title=title, weight=HUNDRED, position=1)
        db.session.add(found)
        db.session.flush()
    return found
