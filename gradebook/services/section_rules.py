"""How a class is graded: its categories, weights and rules; what a change would do, and the change."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.effects import scaled_to_100
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Category as GradedCategory
from gradebook.grading.values import GradingScale as Letters
from gradebook.models import Category, GradingScale, LateInterval, Section, TotalMode, Weighing
from gradebook.services import audit
from gradebook.services.counters import next_number, return_number
from gradebook.services.grades import (
    CategoryRow,
    ClassWork,
    class_work,
    graded_category,
    rules_of,
    work_of_column,
)
from gradebook.services.previews import Shift, class_scores, with_calculator

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

    @property
    def weight_sum(self) -> Decimal:
        """What the weights add up to; extra credit is on top and not in it."""
        return sum((one.weight for one in self.categories if not one.extra_credit), Decimal(0))

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
    """Rules that cannot be saved. `code`: weights {sum}, no_categories, same_title {title}, in_use {title, count},
    unknown_category."""

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
    """The change moves grades that families see, and the person has not been shown these `shifts`."""

    def __init__(self, shifts: list[Shift]) -> None:
        super().__init__()
        self.shifts = shifts


@dataclass
class RulesSaved:
    """What came of a save."""

    number: int | None
    """The class's number of this change; None when nothing was different."""
    shifts: list[Shift] = field(default_factory=list)
    """The posted grades that changed."""


def rules_now(section: Section, categories: Sequence[CategoryRow]) -> RulesDraft:
    """The rules that hold, in the form in which they are typed."""
    drafts = tuple(
        CategoryDraft(
            category.public_id,
            category.title,
            category.weight,
            category.drop_lowest,
            category.drop_highest,
            Weighing(category.weighing),
            category.extra_credit,
        )
        for category in categories
    )
    return RulesDraft(drafts, **{name: getattr(section, name) for name in _SECTION_FIELDS})


def version_of(rules: RulesDraft) -> str:
    """What a page says it saw. Made of the rules themselves: the class's number moves with every score."""
    said = repr([_facts(rules)[name] for name in sorted(_facts(rules))])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def scaled(rules: Sequence[CategoryDraft]) -> list[Decimal]:
    """The weights with those that are no extra credit scaled to 100."""
    weights = iter(scaled_to_100([one.weight for one in rules if not one.extra_credit]))
    return [one.weight if one.extra_credit else next(weights) for one in rules]


def work_with(work: ClassWork, draft: RulesDraft) -> ClassWork:
    """The class as it would be graded by these rules. New categories hold no assignments; one statement for a
    grading scale that is not the class's own."""
    known = {category.public_id: category for category in work.categories}
    categories = [
        _graded(one, known[one.key].id if one.key in known else -at, at) for at, one in enumerate(draft.categories, 1)
    ]
    kept = {category.id for category in categories}
    # A category with work in it is never really removed (see `faults`), so its work is just left out here.
    works = [work_of_column(column, work.timezone, work.now) for column in work.columns if column.category_id in kept]
    rules = rules_of(cast(Section, draft), _letters(work, draft))
    return with_calculator(work, Calculator(rules, categories, works))


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
    known = {category.public_id for category in work.categories}
    keys = [one.key for one in draft.categories if one.key is not None]
    if not known.issuperset(keys) or len(keys) != len(set(keys)):
        raise RulesFault("unknown_category")
    for category in work.categories:
        if category.public_id not in keys:
            _check_removable(work, category)
    if not draft.weights_add_up:
        raise RulesFault("weights", sum=draft.weight_sum)


def _check_removable(work: ClassWork, category: CategoryRow) -> None:
    count = pieces_in(work, category.public_id)
    if count:
        raise RulesFault("in_use", title=category.title, count=count)


def pieces_in(work: ClassWork, key: str | None) -> int:
    """How many assignments the category holds."""
    keys = {category.id for category in work.categories if category.public_id == key}
    return sum(column.category_id in keys for column in work.columns)


def posted_shifts(work: ClassWork, draft: RulesDraft) -> list[Shift]:
    """The grades that families see and that these rules would change."""
    shifts = class_scores(work).shifts(work, work_with(work, draft), posted_only=True)
    return [shift for shift in shifts if shift.before != shift.after]


def save_rules(
    section: Section, draft: RulesDraft, *, seen: str, shown: int | None, actor_id: int, now: datetime
) -> RulesSaved:
    """Make the rules the class's own: one number, one audit entry with before and after of each posted grade.

    `shown` is how many changed grades the person has been shown. Raises RulesMoved, RulesFault, NeedsConfirmation;
    the caller rolls back then.
    """
    number = next_number(section)  # locks the class: what is read from here on stays so until the commit
    db.session.refresh(section, list(_SECTION_FIELDS))
    work = class_work(section, now)
    before = rules_now(section, work.categories)
    if version_of(before) != seen:
        raise RulesMoved(before)
    check(work, draft)
    if draft == before:
        return_number(section)
        return RulesSaved(None)
    shifts = posted_shifts(work, draft)
    if shifts and shown != len(shifts):
        raise NeedsConfirmation(shifts)
    _write(section, draft, now)
    _record(section, before, draft, shifts, actor_id=actor_id, now=now)
    return RulesSaved(number, shifts)


def _write(section: Section, draft: RulesDraft, now: datetime) -> None:
    for name in _SECTION_FIELDS:
        setattr(section, name, getattr(draft, name))
    living = select(Category).where(Category.section_id == section.id, Category.deleted_at.is_(None))
    stored = {category.public_id: category for category in db.session.scalars(living)}
    for position, one in enumerate(draft.categories, 1):
        category = stored.pop(one.key, None) if one.key else None
        if category is None:
            category = Category(school_id=section.school_id, section_id=section.id)
            db.session.add(category)
        category.title, category.weight, category.position = one.title, one.weight, position
        category.drop_lowest, category.drop_highest = one.drop_lowest, one.drop_highest
        category.weighing, category.extra_credit = one.weighing, one.extra_credit
    for removed in stored.values():
        removed.deleted_at = now
    db.session.flush()


def _record(
    section: Section,
    before: RulesDraft,
    after: RulesDraft,
    shifts: list[Shift],
    *,
    actor_id: int,
    now: datetime,
) -> None:
    audit.record(
        "rules.changed",
        now,
        school_id=section.school_id,
        actor_id=actor_id,
        section_id=section.id,
        before=_facts(before),
        after=_facts(after),
        grades=[
            {"student_id": one.student.id, "before": _text(one.before), "after": _text(one.after)} for one in shifts
        ],
    )


def _facts(rules: RulesDraft) -> dict[str, Any]:
    """The rules in JSON types, numbers as exact text."""
    facts: dict[str, Any] = {name: _plain(getattr(rules, name)) for name in _SECTION_FIELDS}
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
