"""What the calculation is given, and what it gives back.

Every amount of points in this package is an `int` in hundredths of a point (1850 is 18.5 points), or an
exact `Fraction` of hundredths where a percentage of points does not come out whole. Percentages and weights
are `Fraction`s (`Fraction(30)` is 30%). Only `scales.round_percent` rounds, and only what it returns is a
`Decimal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, NamedTuple

Amount = int | Fraction
"""Hundredths of a point; a Fraction only where they are not whole."""

Mode = Literal["points", "weighted"]
Weighing = Literal["points", "equal", "own"]
Interval = Literal["day", "hour"]


class Status(StrEnum):
    """What a cell says beside its score (ux.md section 4)."""

    none = "none"  # not graded, or a plain score
    missing = "missing"
    excused = "excused"
    incomplete = "incomplete"
    turned_in = "turned_in"


class What(StrEnum):
    """What became of one assignment in one total. Codes: the templates turn them into words."""

    counted = "counted"  # a score, in the percentage
    extra_credit = "extra_credit"  # adds to the points earned and not to the possible
    missing = "missing"  # counted by the class's rule for missing work
    as_zero = "as_zero"  # in `final` only: not graded, counted as 0
    dropped = "dropped"
    excused = "excused"
    not_graded = "not_graded"
    turned_in = "turned_in"  # handed in and not scored
    incomplete = "incomplete"
    not_assigned = "not_assigned"
    does_not_count = "does_not_count"


class Reason(StrEnum):
    """Why, in one code; the numbers stand beside it in `WorkLine` and `CategoryGrade`."""

    scored = "scored"
    zero_possible = "zero_possible"  # out of 0: adds its points, never takes part in the percentage
    extra_credit = "extra_credit"
    lowest = "lowest"
    highest = "highest"
    missing_rule = "missing_rule"
    missing_not_counted = "missing_not_counted"  # the class rule: missing work does not count
    finish_by_passed = "finish_by_passed"  # incomplete, and its day has come: now missing
    finish_by_ahead = "finish_by_ahead"
    excused = "excused"
    blank = "blank"
    hidden = "hidden"  # the assignment is not posted; says nothing about whether a score exists (G8)
    turned_in = "turned_in"
    unknown_letter = "unknown_letter"  # typed as a letter that the scale no longer has
    not_assigned = "not_assigned"
    before_joining = "before_joining"
    after_leaving = "after_leaving"
    does_not_count = "does_not_count"


class TotalReason(StrEnum):
    """Why a total is a number, or why it is not."""

    computed = "computed"
    nothing_graded = "nothing_graded"
    nothing_counts = "nothing_counts"
    no_points_possible = "no_points_possible"
    no_weight = "no_weight"


class Work(NamedTuple):
    """One assignment, as all students of the class share it."""

    id: int
    category_id: int
    title: str = ""
    possible: int = 0
    """Hundredths of a point."""
    weight: Fraction | None = None
    """Its own weight within a category that weighs by own weights; None is 1."""
    extra_credit: bool = False
    never_drop: bool = False
    counts: bool = True
    """False for "does not count", and for unpublished work."""
    due_at: datetime | None = None
    """The aware moment it is due; the caller works out "the end of that school day"."""
    position: int = 0
    """Place in the class order; ties are settled by id."""
    period_id: int | None = None
    posted: bool = True
    """Whether its scores are posted, at the moment asked about."""


class Mark(NamedTuple):
    """One student's cell. An empty cell needs none: it is absent from the mapping of marks.

    At most one of points, percent and letter is given: the form in which the score was typed (G12).
    """

    points: int | None = None
    """Hundredths of a point."""
    percent: Fraction | None = None
    letter: str | None = None
    status: Status = Status.none
    late: bool = False
    """Whether it is late; `turned_in_at` only says how late (G4)."""
    turned_in_at: datetime | None = None
    finish_by_at: datetime | None = None
    """The first moment at which incomplete work is missing."""
    late_cleared: bool = False
    posted: bool | None = None
    """For this student alone; None follows the assignment."""


Marks = Mapping[int, "Mark | int"]
"""Work id -> Mark; a bare int is a plain score of so many hundredths, so that most cells cost no object."""


class RulesError(ValueError):
    """Rules that cannot be computed with. `code` says why, `name` of what.

    Category: negative_weight, negative_drop, keeps_none, keeps_and_drops, category_twice.
    Assignment: unknown_category, negative_points, negative_weight, assignment_twice.
    Class: negative_percent (late rule, missing work, cap), floor_above_100, negative_weight, period_twice.
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code, name)
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class Category:
    """A group of work, with how it weighs and what it drops (G5, G9, G10)."""

    id: int
    title: str = ""
    weight: Fraction = Fraction(0)
    """Percent of the grade, in the weighted mode."""
    drop_lowest: int = 0
    drop_highest: int = 0
    weighing: Weighing = "points"
    extra_credit: bool = False
    position: int = 0
    keep_best: int | None = None
    """Keep only so many of what may be dropped, instead of `drop_lowest`."""

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise RulesError("negative_weight", self.title)
        if self.drop_lowest < 0 or self.drop_highest < 0:
            raise RulesError("negative_drop", self.title)
        if self.keep_best is not None and self.keep_best < 1:
            raise RulesError("keeps_none", self.title)
        if self.keep_best is not None and self.drop_lowest:
            raise RulesError("keeps_and_drops", self.title)


class Band(NamedTuple):
    """One line of a letter table: the label holds from `bound` percent (inclusive) up to the next band."""

    label: str
    bound: Fraction


class ScaleError(ValueError):
    """A letter table that cannot be used. `code` is one of no_bands, no_zero, equal_bounds, equal_labels,
    empty_label, negative, too_many_decimals; `label` names the band."""

    def __init__(self, code: str, label: str = "") -> None:
        super().__init__(code, label)
        self.code = code
        self.label = label


@dataclass(frozen=True, slots=True)
class GradingScale:
    """A letter table, bands from the top. Valid by construction (G13): a bound at 0, none equal, to 0.01."""

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        bands = tuple(sorted((Band(*band) for band in self.bands), key=lambda band: band.bound, reverse=True))
        object.__setattr__(self, "bands", bands)
        _check_bands(bands)

    @classmethod
    def of(cls, bands: Iterable[tuple[str, int | Decimal | Fraction | str]]) -> GradingScale:
        """A scale from (label, lower bound in percent), in any order."""
        return cls(tuple(Band(label, Fraction(bound)) for label, bound in bands))

    @classmethod
    def out_of(cls, points: int, bands: Iterable[tuple[str, int | Decimal | Fraction | str]]) -> GradingScale:
        """A scale whose bounds are given in points out of `points` (12 out of 20 is 60%)."""
        return cls.of((label, Fraction(bound) * 100 / points) for label, bound in bands)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, best first."""
        return tuple(band.label for band in self.bands)


def _check_bands(bands: tuple[Band, ...]) -> None:
    if not bands:
        raise ScaleError("no_bands")
    for band in bands:
        if not band.label.strip():
            raise ScaleError("empty_label")
        if band.bound < 0:
            raise ScaleError("negative", band.label)
        if (band.bound * 100).denominator != 1:
            raise ScaleError("too_many_decimals", band.label)
    for better, worse in zip(bands, bands[1:], strict=False):
        if better.bound == worse.bound:
            raise ScaleError("equal_bounds", worse.label)
    # "b" and "B" would be one letter to a teacher on a phone, so they are one letter here too.
    if len({band.label.casefold() for band in bands}) != len(bands):
        raise ScaleError("equal_labels")
    if bands[-1].bound != 0:
        raise ScaleError("no_zero", bands[-1].label)


class LateRule(NamedTuple):
    """`percent` of the points possible for each started interval, never below `floor` percent (G4)."""

    percent: Fraction
    interval: Interval = "day"
    floor: Fraction = Fraction(0)


class Period(NamedTuple):
    """A grading period's weight in the course grade, in percent (G11)."""

    id: int
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Rules:
    """How one class is graded."""

    mode: Mode = "points"
    missing_percent: Fraction | None = Fraction(0)
    """Missing work counts as this percentage of its points; None: it does not count (G3)."""
    late: LateRule | None = None
    cap_percent: Fraction | None = None
    scale: GradingScale | None = None
    letter_on_whole_percent: bool = False
    periods: tuple[Period, ...] = ()
    """Weighted periods; empty where there are none, or where they only filter (G11)."""

    def __post_init__(self) -> None:
        percents = [
            self.missing_percent,
            self.cap_percent,
            *((self.late.percent, self.late.floor) if self.late else ()),
        ]
        if any(percent is not None and percent < 0 for percent in percents):
            raise RulesError("negative_percent")
        if self.late and self.late.floor > 100:
            raise RulesError("floor_above_100")
        for period in self.periods:
            if period.weight < 0:
                raise RulesError("negative_weight", str(period.id))
        if len({period.id for period in self.periods}) != len(self.periods):
            raise RulesError("period_twice")


class LateDeduction(NamedTuple):
    """What lateness took from one score (G4): "18 − 2 late = 16"."""

    intervals: int
    asked: Amount
    """Hundredths of a point that the rule asks for: percent × intervals × possible."""
    taken: Amount
    """Hundredths of a point really taken: less than asked where the floor holds."""
    time_known: bool
    """False where the hand-in moment is not known, and one interval is counted."""


class WorkLine(NamedTuple):
    """One assignment in one total: what was typed, what counted, and why."""

    work: Work
    what: What
    reason: Reason
    typed: Amount | None = None
    """The score before lateness, in hundredths; also of a dropped or excused one."""
    typed_percent: Fraction | None = None
    typed_letter: str | None = None
    late: LateDeduction | None = None
    value: Amount | None = None
    """What it is worth after lateness and the rule for missing work, dropped or not; None if not graded."""
    earned: Amount = 0
    """What it adds to the points earned: `value` if it is kept, else 0."""
    possible: int = 0
    """What it adds to the points possible."""
    top: Amount = 0
    base: int = 0
    """What it adds to the two sides of the fraction that becomes the total: in points mode to the points earned
    and possible of the class; in weighted mode to those of its category, as its category weighs them."""
    unit: Fraction | None = None
    """Percent points that 1 in `top` brings to the total; None where there is no total."""

    @property
    def share(self) -> Fraction | None:
        """How many percent of the whole grade it decides; None where it decides nothing."""
        return self.base * self.unit if self.base and self.unit is not None else None

    @property
    def contribution(self) -> Fraction:
        """Percent points that it brings to the total; the lines of a total add up to it (before a cap)."""
        return Fraction(0) if self.unit is None else self.top * self.unit

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings in points and percent."""
        return {
            "work_id": self.work.id,
            "title": self.work.title,
            "out_of": points_text(self.work.possible),
            "what": str(self.what),
            "reason": str(self.reason),
            "typed": _points_or_none(self.typed),
            "typed_percent": _text_or_none(self.typed_percent),
            "typed_letter": self.typed_letter,
            "late": self._late_dict(),
            "value": _points_or_none(self.value),
            "earned": points_text(self.earned),
            "possible": points_text(self.possible),
            "share": _text_or_none(self.share),
            "contribution": exact_text(self.contribution),
        }

    def _late_dict(self) -> dict[str, Any] | None:
        if self.late is None:
            return None
        return {
            "intervals": self.late.intervals,
            "asked": points_text(self.late.asked),
            "taken": points_text(self.late.taken),
            "time_known": self.late.time_known,
        }


@dataclass(frozen=True, slots=True)
class CategoryGrade:
    """One category in one total (G5, G7)."""

    category: Category
    earned: Amount
    """Hundredths kept, extra credit included."""
    possible: int
    """Hundredths kept; extra credit adds none."""
    exact: Fraction | None
    """Its percentage, not rounded; None with nothing possible."""
    percentage: Decimal | None
    """Rounded for display only."""
    share: Fraction | None
    """Percent of the grade that it decides after rescaling; None if it takes no part."""
    unit: Fraction | None
    """Percent points that 1 in the `top` of its lines brings; None where there is no total."""
    contribution: Fraction
    """Percent points that it brings: the contributions of a total add up to it (before a cap)."""
    dropped_lowest: int
    dropped_highest: int
    pool: int
    """How many assignments the drops could choose from."""
    lines: tuple[WorkLine, ...]

    @property
    def weight(self) -> Fraction:
        """The weight that the class gave it, in percent, before rescaling."""
        return self.category.weight

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings."""
        return {
            "category_id": self.category.id,
            "title": self.category.title,
            "weighing": self.category.weighing,
            "extra_credit": self.category.extra_credit,
            "earned": points_text(self.earned),
            "possible": points_text(self.possible),
            "exact": _text_or_none(self.exact),
            "percentage": _text_or_none(self.percentage),
            "weight": exact_text(self.weight),
            "share": _text_or_none(self.share),
            "contribution": exact_text(self.contribution),
            "dropped_lowest": self.dropped_lowest,
            "dropped_highest": self.dropped_highest,
            "pool": self.pool,
            "lines": [line.to_dict() for line in self.lines],
        }


@dataclass(frozen=True, slots=True)
class Working:
    """How one of the two totals came about, in an order that a person can add up by hand."""

    percent: Decimal | None
    exact: Fraction | None
    """After the cap, before rounding."""
    letter: str | None
    reason: TotalReason
    parts: tuple[CategoryGrade, ...]
    earned: Amount = 0
    """Points mode: hundredths over all categories."""
    possible: int = 0
    weight_sum: Fraction | None = None
    """Weighted mode: W, the weights that take part (G7)."""
    scaled_by: Fraction | None = None
    """100 ÷ W where W is below 100, else None: nothing was rescaled."""
    before_cap: Fraction | None = None
    """The exact total that the cap lowered; None where no cap had an effect."""

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings."""
        return {
            "percent": _text_or_none(self.percent),
            "exact": _text_or_none(self.exact),
            "letter": self.letter,
            "reason": str(self.reason),
            "earned": points_text(self.earned),
            "possible": points_text(self.possible),
            "weight_sum": _text_or_none(self.weight_sum),
            "scaled_by": _text_or_none(self.scaled_by),
            "before_cap": _text_or_none(self.before_cap),
            "parts": [part.to_dict() for part in self.parts],
        }


class Totals(NamedTuple):
    """The numbers of a grade without its parts: what a grid of many students shows."""

    current: Decimal | None
    final: Decimal | None
    letter: str | None
    final_letter: str | None
    graded_count: int
    """Assignments with a value in `current` (scored, or missing by the class's rule), dropped included."""
    counting_count: int
    """Assignments that `final` looks at, dropped included."""


@dataclass(frozen=True, slots=True)
class Grade:
    """One student's grade in one class (or grading period), with everything needed to check it by hand."""

    current_working: Working
    final_working: Working
    graded_count: int
    """Assignments with a value in `current` (scored, or missing by the class's rule), dropped included."""
    counting_count: int
    """Assignments that `final` looks at, dropped included."""
    mode: Mode
    cap_percent: Fraction | None = None
    letter_on_whole_percent: bool = False

    @property
    def current(self) -> Decimal | None:
        """Graded work only, 2 places; None when nothing is graded (G1)."""
        return self.current_working.percent

    @property
    def final(self) -> Decimal | None:
        """Ungraded work as 0, 2 places (G1)."""
        return self.final_working.percent

    @property
    def letter(self) -> str | None:
        """The letter of `current`."""
        return self.current_working.letter

    @property
    def final_letter(self) -> str | None:
        """The letter of `final`."""
        return self.final_working.letter

    @property
    def parts(self) -> tuple[CategoryGrade, ...]:
        """The parts of `current`, in class order."""
        return self.current_working.parts

    @property
    def final_parts(self) -> tuple[CategoryGrade, ...]:
        """The parts of `final`; other assignments may be dropped there."""
        return self.final_working.parts

    @property
    def totals(self) -> Totals:
        """The same numbers without the parts."""
        return Totals(self.current, self.final, self.letter, self.final_letter, self.graded_count, self.counting_count)

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings. What exports print; `frozen.freeze` is what is stored."""
        return {
            "mode": self.mode,
            "cap_percent": _text_or_none(self.cap_percent),
            "letter_on_whole_percent": self.letter_on_whole_percent,
            "graded_count": self.graded_count,
            "counting_count": self.counting_count,
            "current": self.current_working.to_dict(),
            "final": self.final_working.to_dict(),
        }


def hundredths(points: Decimal | int) -> int:
    """Points as hundredths: Decimal("18.5") is 1850. Refuses what is not whole hundredths."""
    amount = Fraction(points) * 100
    if amount.denominator != 1:
        raise ValueError("points have at most 2 decimals")
    return amount.numerator


def exact_text(amount: Fraction | Decimal | int) -> str:
    """The amount as exact text without trailing zeros: "82.4", or "250/3" where decimals never end."""
    amount = Fraction(amount)
    rest, places = amount.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{amount.numerator}/{amount.denominator}"
    places += max(twos, fives)
    digits = str(abs(amount.numerator) * 10**places // amount.denominator).rjust(places + 1, "0")
    sign = "-" if amount < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


@lru_cache(maxsize=4096)
def points_text(amount: Amount) -> str:
    """Hundredths as exact text in points: 1850 is "18.5"."""
    return exact_text(Fraction(amount) / 100)


def _points_or_none(amount: Amount | None) -> str | None:
    return None if amount is None else points_text(amount)


def _text_or_none(amount: Fraction | Decimal | None) -> str | None:
    if isinstance(amount, Decimal):
        return str(amount)
    return None if amount is None else exact_text(amount)
