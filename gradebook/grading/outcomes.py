"""Standards-based grading: from the ratings of an outcome to its level, with reasons (docs/grading.md).

Numbers of levels are exact `Fraction`s. A result is rounded once, to 2 places half up, and what is printed decides
the level, as for letters (G12, G13). Sources: Canvas computes the same five (`app/models/rollup_score.rb`); where
systems differ, the choice is stated at the function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

from .scales import round_percent, round_to
from .values import exact_text

RECENT = Fraction(65, 100)
"""The part of the latest rating in a decaying average; the earlier ones share the other 35%."""
MOST_TIMES = 10
"""The most often that an outcome can be asked to be met."""
MOST_LEVELS = 12
_NO_DAY = datetime.max.replace(tzinfo=UTC)


class Method(StrEnum):
    """How the ratings of an outcome become one number."""

    latest = "latest"
    highest = "highest"
    mean = "mean"
    decaying = "decaying"
    times_met = "times_met"


class Said(StrEnum):
    """What a rating says where it names no level."""

    level = "level"  # it does name one
    excused = "excused"
    missing = "missing"


class Part(StrEnum):
    """What became of one rating. Codes: the templates turn them into words."""

    counted = "counted"
    not_latest = "not_latest"  # an earlier one, where only the latest counts
    not_highest = "not_highest"
    not_met = "not_met"  # below the level that counts as met, where only those that met it count
    excused = "excused"
    missing = "missing"  # nothing was handed in, and the class does not count that
    missing_as_lowest = "missing_as_lowest"  # counted as the lowest level by the class's rule


class Why(StrEnum):
    """Why an outcome has a level, or why it has none yet."""

    worked_out = "worked_out"
    not_rated = "not_rated"
    not_often_enough = "not_often_enough"


class Level(NamedTuple):
    """One level of a mastery scale. A higher number is a better level."""

    number: Fraction
    label: str
    description: str = ""
    """What it means, in words for parents."""


class MasteryError(ValueError):
    """A scale that cannot be used. `code`: few_levels, many_levels, empty_label, equal_labels, equal_numbers,
    negative, too_many_decimals, met_is_no_level, met_is_lowest; `label` names the level."""

    def __init__(self, code: str, label: str = "") -> None:
        super().__init__(code, label)
        self.code = code
        self.label = label


@dataclass(frozen=True, slots=True)
class MasteryScale:
    """Levels from the top, and the number from which an outcome is met. Valid by construction."""

    levels: tuple[Level, ...]
    met_from: Fraction

    def __post_init__(self) -> None:
        levels = tuple(sorted((Level(*level) for level in self.levels), key=lambda one: one.number, reverse=True))
        object.__setattr__(self, "levels", levels)
        _check(levels, self.met_from)

    @classmethod
    def of(cls, levels: Iterable[tuple[int | Decimal | Fraction | str, str]], met_from: Any) -> MasteryScale:
        """A scale from (number, label), in any order."""
        return cls(tuple(Level(Fraction(number), label) for number, label in levels), Fraction(met_from))

    @property
    def lowest(self) -> Level:
        """The level that nobody can be below."""
        return self.levels[-1]

    def level_of(self, number: Decimal | Fraction) -> Level:
        """The highest level whose number the printed result reaches: 3.48 is level 3, 2.99 is level 2."""
        return next((level for level in self.levels if number >= level.number), self.lowest)

    def is_met(self, number: Decimal | Fraction) -> bool:
        """Whether a printed result counts as met."""
        return number >= self.met_from


def _check(levels: tuple[Level, ...], met_from: Fraction) -> None:
    if len(levels) < 2:
        raise MasteryError("few_levels")
    if len(levels) > MOST_LEVELS:
        raise MasteryError("many_levels")
    for level in levels:
        _check_level(level)
    for better, worse in zip(levels, levels[1:], strict=False):
        if better.number == worse.number:
            raise MasteryError("equal_numbers", worse.label)
    labels: set[str] = set()
    for level in levels:
        if level.label.casefold() in labels:
            raise MasteryError("equal_labels", level.label)
        labels.add(level.label.casefold())
    if met_from not in {level.number for level in levels}:
        raise MasteryError("met_is_no_level")
    if met_from == levels[-1].number:
        raise MasteryError("met_is_lowest", levels[-1].label)


def _check_level(level: Level) -> None:
    if not level.label.strip():
        raise MasteryError("empty_label")
    if level.number < 0:
        raise MasteryError("negative", level.label)
    if (level.number * 100).denominator != 1:
        raise MasteryError("too_many_decimals", level.label)


class Rating(NamedTuple):
    """What a teacher said of one outcome in one student's piece of work. No rating: nothing was said."""

    work_id: int
    number: Fraction | None = None
    """Of the level; None beside `excused` and `missing`."""
    said: Said = Said.level
    day: datetime | None = None
    """When the work was due, else when it was given out: the order of ratings."""
    position: int = 0
    """The work's place in the class order."""
    posted: bool = True
    """Whether families see it."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeRules:
    """How a class makes a level out of ratings."""

    method: Method = Method.decaying
    times: int = 3
    """How often an outcome has to be met, in times_met."""
    missing_is_lowest: bool = False
    """Whether missing work counts as the lowest level; else it says nothing about what the student can do."""

    def __post_init__(self) -> None:
        if not 1 <= self.times <= MOST_TIMES:
            raise ValueError("times must be between 1 and 10")


class RatingLine(NamedTuple):
    """One rating in a result: what counted of it."""

    rating: Rating
    part: Part
    number: Fraction | None = None
    """What it is worth, counted or not."""
    share: Fraction = Fraction(0)
    """Its part of the result; the shares of a result that has a number add up to 1."""

    @property
    def contribution(self) -> Fraction:
        """What it brings: the contributions add up to the exact result."""
        return self.share * (self.number or 0)

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; numbers are exact strings."""
        return {
            "assignment_id": self.rating.work_id,
            "assignment": self.rating.title,
            "said": str(self.rating.said),
            "number": _text(self.number),
            "part": str(self.part),
            "share": exact_text(self.share),
        }


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """An outcome's level and everything that is needed to work it out again by hand."""

    lines: tuple[RatingLine, ...]
    """Every rating, the earliest first."""
    rules: OutcomeRules
    why: Why
    exact: Fraction | None = None
    number: Decimal | None = None
    """Rounded to 2 places; None where there is no level yet."""
    level: Level | None = None
    is_met: bool = False
    times_met: int = 0
    """How many ratings reach the level that counts as met."""

    @property
    def counted(self) -> tuple[RatingLine, ...]:
        """The lines that make the number, the earliest first."""
        return tuple(line for line in self.lines if line.part in (Part.counted, Part.missing_as_lowest))

    @property
    def earlier(self) -> tuple[RatingLine, ...]:
        """Of those, all but the latest: their mean is the 35% of a decaying average."""
        return self.counted[:-1]

    @property
    def is_rounded(self) -> bool:
        """Whether the printed number differs from the exact one."""
        return self.exact is not None and Fraction(self.number or 0) != self.exact

    @property
    def in_full(self) -> Decimal | None:
        """The exact result where its decimals end after 4 places, as they do without a division."""
        if self.exact is None:
            return None
        printed = round_to(self.exact, 4)
        return printed if Fraction(printed) == self.exact else None

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; numbers are exact strings. What exports print."""
        return {
            "method": str(self.rules.method),
            "times": self.rules.times if self.rules.method is Method.times_met else None,
            "why": str(self.why),
            "exact": _text(self.exact),
            "number": None if self.number is None else exact_text(self.number),
            "level": self.level.label if self.level else None,
            "met": self.is_met,
            "times_met": self.times_met,
            "ratings": [line.to_dict() for line in self.lines],
        }


class OutcomeLevel(NamedTuple):
    """An outcome in the words in which it was graded, and its level."""

    id: int
    public_id: str
    title: str
    code: str | None
    description: str | None
    result: OutcomeResult


class LevelsOfStudent(NamedTuple):
    """All levels of a student in a class with the scale and the rules that made them: what is stored of them (G16)."""

    scale: MasteryScale
    rules: OutcomeRules
    outcomes: tuple[OutcomeLevel, ...]


def _text(number: Fraction | None) -> str | None:
    return None if number is None else exact_text(number)


def outcome_result(
    scale: MasteryScale, rules: OutcomeRules, ratings: Iterable[Rating], *, posted_only: bool = False
) -> OutcomeResult:
    """The level that these ratings of one outcome make. `posted_only`: as if ratings that families do not see were
    not there (G8)."""
    shown = sorted((one for one in ratings if one.posted or not posted_only), key=in_order)
    read = [_read(one, scale, rules) for one in shown]
    values = [line for line in read if line.number is not None]
    times_met = sum(scale.is_met(line.number) for line in values if line.number is not None)
    shares = _SHARES[rules.method](values, scale)
    lines = tuple(_shared(line, shares, rules.method) for line in read)
    if not values:
        return OutcomeResult(lines, rules, Why.not_rated)
    if rules.method is Method.times_met and times_met < rules.times:
        waiting = tuple(line._replace(share=Fraction(0)) for line in lines)
        return OutcomeResult(waiting, rules, Why.not_often_enough, times_met=times_met)
    exact = sum((line.contribution for line in lines), Fraction(0))
    number = round_percent(exact)  # 2 places, half up: the one place that rounds
    return OutcomeResult(
        lines, rules, Why.worked_out, exact, number, scale.level_of(number), scale.is_met(number), times_met
    )


def in_order(rating: Rating) -> tuple[datetime, int, int]:
    """The order of ratings: by the day of the work, not by when the teacher typed them.

    Canvas takes the moment of rating; then a rating that is corrected, or work that is made up, becomes the latest.
    Work without a day stands after the others, and on one day the class order decides.
    """
    return rating.day or _NO_DAY, rating.position, rating.work_id


def _read(rating: Rating, scale: MasteryScale, rules: OutcomeRules) -> RatingLine:
    """What the rating is worth: nothing if excused, by the class's rule if missing."""
    if rating.said is Said.excused:
        return RatingLine(rating, Part.excused)
    if rating.said is Said.missing:
        if rules.missing_is_lowest:
            return RatingLine(rating, Part.missing_as_lowest, scale.lowest.number)
        return RatingLine(rating, Part.missing)
    return RatingLine(rating, Part.counted, rating.number)


def _shared(line: RatingLine, shares: dict[int, Fraction], method: Method) -> RatingLine:
    """The line with its part of the result, or with why it has none."""
    share = shares.get(line.rating.work_id)
    if share is not None:
        return line._replace(share=share)
    return line if line.number is None else line._replace(part=_LEFT_OUT[method])


_LEFT_OUT = {
    Method.latest: Part.not_latest,
    Method.highest: Part.not_highest,
    Method.times_met: Part.not_met,
}

Shares = dict[int, Fraction]


def _latest(values: Sequence[RatingLine], scale: MasteryScale) -> Shares:
    return {values[-1].rating.work_id: Fraction(1)} if values else {}


def _highest(values: Sequence[RatingLine], scale: MasteryScale) -> Shares:
    """The best one; of several that are equally good the latest."""
    if not values:
        return {}
    best = max(reversed(values), key=lambda line: line.number or 0)
    return {best.rating.work_id: Fraction(1)}


def _mean(values: Sequence[RatingLine], scale: MasteryScale) -> Shares:
    return {line.rating.work_id: Fraction(1, len(values)) for line in values}


def _decaying(values: Sequence[RatingLine], scale: MasteryScale) -> Shares:
    """65% the latest, 35% the mean of all the earlier ones; a single rating is the result.

    Canvas' first definition, which it now calls weighted average; in the other one each rating takes 65% from all
    that came before it.
    """
    if len(values) < 2:
        return _latest(values, scale)
    each = (1 - RECENT) / (len(values) - 1)
    return {line.rating.work_id: each for line in values[:-1]} | {values[-1].rating.work_id: RECENT}


def _times_met(values: Sequence[RatingLine], scale: MasteryScale) -> Shares:
    """The mean of the ratings that met it, as in Canvas: one bad day does not undo what was shown n times."""
    return _mean([line for line in values if line.number is not None and scale.is_met(line.number)], scale)


_SHARES = {
    Method.latest: _latest,
    Method.highest: _highest,
    Method.mean: _mean,
    Method.decaying: _decaying,
    Method.times_met: _times_met,
}
