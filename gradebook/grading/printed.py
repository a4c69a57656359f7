"""A total as it is printed: with so many decimals that whoever adds the lines up reaches the total shown.

The calculation is exact and rounds once; a page rounds every line. 26.754 + 41.004 + 13.502 is 81.26, but
with two decimals each the lines make 81.25. So a sum is printed with the fewest decimals (two at least) where

* each category's printed percentage × its weight is the printed "adds",
* the printed lines add up to the printed sum, and
* the printed sum, rescaled where weights are missing, rounds to the total.

Points need no such care: what can be typed or deducted comes out even in millionths of a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from .scales import round_percent, round_to
from .values import Amount, Category, CategoryGrade, Grade, Mode, Reason, TotalReason, What, Working, WorkLine

FEWEST, MOST = 2, 6
EXACT = 6
"""Decimals that points can need: percent and points have two each, and dividing by 100 adds two."""


class PrintedLine(NamedTuple):
    """One assignment, in points."""

    title: str
    what: What
    reason: Reason
    out_of: Decimal
    typed: Decimal | None
    typed_percent: Decimal | None
    typed_letter: str | None
    late_taken: Decimal | None
    """What lateness took; None where it took nothing."""
    late_time_known: bool
    value: Decimal | None
    """What it is worth after lateness and the rule for missing work, dropped or not."""
    percent: Decimal | None
    """The same in percent, where the category weighs by percentages."""
    weight: Decimal | None
    """Its own weight, where the category weighs by own weights."""

    @property
    def takes_part(self) -> bool:
        """Whether it is in the sum of its category."""
        return self.what in TAKING_PART


TAKING_PART = (What.counted, What.extra_credit, What.missing, What.as_zero)


class PrintedPart(NamedTuple):
    """One category."""

    category: Category
    earned: Decimal
    possible: Decimal
    percent: Decimal | None
    weight: Decimal
    adds: Decimal | None
    """Percent points before rescaling; None where the category takes no part."""
    dropped_lowest: int
    dropped_highest: int
    pool: int
    lines: tuple[PrintedLine, ...]

    @property
    def counted(self) -> list[PrintedLine]:
        """What is in the sum of the category."""
        return [line for line in self.lines if line.takes_part]

    def left_out(self, *whats: str) -> list[PrintedLine]:
        """What is not, for these reasons."""
        return [line for line in self.lines if line.what in whats]

    @property
    def takes_part(self) -> bool:
        """Whether the category is in the total."""
        return self.adds is not None


@dataclass(frozen=True, slots=True)
class Printed:
    """One total with its lines, ready to be put into words."""

    mode: Mode
    percent: Decimal | None
    letter: str | None
    reason: TotalReason
    parts: tuple[PrintedPart, ...]
    """In the sum first; extra-credit categories, which are added after rescaling, are in `extras`."""
    extras: tuple[PrintedPart, ...]
    earned: Decimal
    possible: Decimal
    together: Decimal | None
    """Weighted: the lines of `parts` added up."""
    weight_sum: Decimal
    rescaled: Decimal | None
    """`together` ÷ `weight_sum` × 100, where the weights that take part are below 100; else None."""
    before_cap: Decimal | None
    """The rounded total that the cap lowered; None where no cap had an effect."""
    cap_percent: Decimal | None
    places: int
    """Decimals of the lines and of their sum."""
    percent_places: int
    """Decimals of the categories' percentages."""
    graded_count: int

    @property
    def weight_total(self) -> Decimal:
        """The weights of all categories that are no extra credit, taking part or not."""
        return sum((part.weight for part in self.parts if not part.category.extra_credit), Decimal(0))

    @property
    def without_work(self) -> list[PrintedPart]:
        """Categories with a weight that the others share among them."""
        shares = self.mode == "weighted" and self.rescaled is not None
        return [part for part in self.parts if shares and not part.takes_part and part.weight]


def printed(grade: Grade, *, final: bool = False) -> Printed:
    """The current total (or the final one, with ungraded work as 0) as a page prints it."""
    working = grade.final_working if final else grade.current_working
    return _printed(working, grade, grade.counting_count if final else grade.graded_count)


def _printed(working: Working, grade: Grade, pieces: int) -> Printed:
    weighted = grade.mode == "weighted"
    figures = _figures(working) if weighted and working.exact is not None else _NONE
    parts = [_part(part, figures, weighted) for part in working.parts]
    apart = weighted and working.scaled_by is not None
    extras = [part for part in parts if apart and part.category.extra_credit and part.takes_part]
    return Printed(
        mode=grade.mode,
        percent=working.percent,
        letter=working.letter,
        reason=working.reason,
        parts=tuple(part for part in parts if part not in extras),
        extras=tuple(extras),
        earned=_points(working.earned),
        possible=_points(working.possible),
        together=figures.together,
        weight_sum=_decimal(working.weight_sum or Fraction(0)),
        rescaled=figures.rescaled,
        before_cap=None if working.before_cap is None else round_percent(working.before_cap),
        cap_percent=None if working.before_cap is None else _decimal(grade.cap_percent or Fraction(0)),
        places=figures.places,
        percent_places=figures.percent_places,
        graded_count=pieces,
    )


class _Figures(NamedTuple):
    """The printed numbers of a weighted sum."""

    places: int
    percent_places: int
    adds: dict[int, Decimal]
    """By category."""
    together: Decimal | None
    rescaled: Decimal | None


_NONE = _Figures(FEWEST, FEWEST, {}, None, None)


def _figures(working: Working) -> _Figures:
    for places in range(FEWEST, MOST + 1):
        for percent_places in range(places, places + 4):
            figures = _rounded(working, places, percent_places)
            if _adds_up(working, figures) and _multiplies(working, figures):
                return figures
    return _nudged(working)


def _taking_part(working: Working) -> list[tuple[CategoryGrade, Fraction]]:
    """The categories in the total, each with its exact percentage × weight."""
    return [
        (part, part.exact * part.weight / 100)
        for part in working.parts
        if part.share is not None and part.exact is not None
    ]


def _rounded(working: Working, places: int, percent_places: int) -> _Figures:
    adds = {part.category.id: round_to(amount, places) for part, amount in _taking_part(working)}
    return _summed(working, adds, places, percent_places)


def _summed(working: Working, adds: dict[int, Decimal], places: int, percent_places: int) -> _Figures:
    in_sum = [
        part.category.id
        for part, _ in _taking_part(working)
        if working.scaled_by is None or not part.category.extra_credit
    ]
    together = sum((adds[key] for key in in_sum), Decimal(0))
    rescaled = None
    if working.scaled_by is not None:
        rescaled = round_to(Fraction(together) * working.scaled_by, places)
    return _Figures(places, percent_places, adds, together, rescaled)


def _adds_up(working: Working, figures: _Figures) -> bool:
    return round_percent(_reached(working, figures)) == round_percent(_target(working))


def _reached(working: Working, figures: _Figures) -> Fraction:
    """What a person reaches by adding up the printed lines."""
    if figures.together is None or working.scaled_by is None:
        return Fraction(figures.together or 0)
    extras = [part.category.id for part, _ in _taking_part(working) if part.category.extra_credit]
    if not extras:
        return Fraction(figures.together) * working.scaled_by
    return Fraction(figures.rescaled or 0) + sum((Fraction(figures.adds[key]) for key in extras), Fraction(0))


def _target(working: Working) -> Fraction:
    exact = working.exact if working.before_cap is None else working.before_cap
    return exact or Fraction(0)


def _multiplies(working: Working, figures: _Figures) -> bool:
    """Whether each printed percentage × weight gives the printed line."""
    return all(
        round_to(
            Fraction(round_to(part.exact or Fraction(0), figures.percent_places)) * part.weight / 100,
            figures.places,
        )
        == figures.adds[part.category.id]
        for part, _ in _taking_part(working)
    )


def _nudged(working: Working) -> _Figures:
    """Three thirds of a whole never add up in decimals: one line carries the last millionth."""
    figures = _rounded(working, MOST, MOST + 3)
    largest = max(figures.adds, key=lambda key: figures.adds[key])
    unit = Decimal(1).scaleb(-MOST)
    for step in (1, -1, 2, -2, 3, -3):
        nudged = _summed(working, figures.adds | {largest: figures.adds[largest] + step * unit}, MOST, MOST + 3)
        if _adds_up(working, nudged):
            return nudged
    return figures


def _part(part: CategoryGrade, figures: _Figures, weighted: bool) -> PrintedPart:
    percent = None if part.exact is None else round_to(part.exact, figures.percent_places)
    by_percent = weighted and part.category.weighing != "points"
    places = _piece_places(part, percent, figures.percent_places) if by_percent else FEWEST
    return PrintedPart(
        category=part.category,
        earned=_points(part.earned),
        possible=_points(part.possible),
        percent=percent,
        weight=_decimal(Fraction(part.weight)),
        adds=figures.adds.get(part.category.id),
        dropped_lowest=part.dropped_lowest,
        dropped_highest=part.dropped_highest,
        pool=part.pool,
        lines=tuple(_line(line, part.category, places if by_percent else None) for line in part.lines),
    )


def _piece_places(part: CategoryGrade, percent: Decimal | None, percent_places: int) -> int:
    """So many decimals for the percentages of the pieces that their printed mean is the category's."""
    for places in range(FEWEST, MOST + 3):
        mean = _mean_of_printed(part, places)
        if mean is None or round_to(mean, percent_places) == percent:
            return places
    return MOST


def _mean_of_printed(part: CategoryGrade, places: int) -> Fraction | None:
    top = base = Fraction(0)
    for line in part.lines:
        if line.what not in TAKING_PART or not line.work.possible or line.value is None:
            continue
        weight = _own_weight(line, part.category)
        top += Fraction(round_to(_percent_of(line), places)) * weight
        base += weight if line.possible else 0
    return top / base if base else None


def _own_weight(line: WorkLine, category: Category) -> Fraction:
    return Fraction(1) if category.weighing != "own" or line.work.weight is None else Fraction(line.work.weight)


def _percent_of(line: WorkLine) -> Fraction:
    return Fraction(line.value or 0) * 100 / line.work.possible


def _line(line: WorkLine, category: Category, places: int | None) -> PrintedLine:
    has_percent = places is not None and line.value is not None and line.work.possible > 0
    return PrintedLine(
        title=line.work.title,
        what=line.what,
        reason=line.reason,
        out_of=_points(line.work.possible),
        typed=_points_or_none(line.typed),
        typed_percent=None if line.typed_percent is None else _decimal(line.typed_percent),
        typed_letter=line.typed_letter,
        late_taken=_points(line.late.taken) if line.late and line.late.taken else None,
        late_time_known=line.late.time_known if line.late else True,
        value=_points_or_none(line.value),
        percent=round_to(_percent_of(line), places or FEWEST) if has_percent else None,
        weight=_decimal(_own_weight(line, category)) if category.weighing == "own" else None,
    )


@lru_cache(maxsize=4096)
def _points(amount: Amount) -> Decimal:
    return _decimal(Fraction(amount) / 100)


def _points_or_none(amount: Amount | None) -> Decimal | None:
    return None if amount is None else _points(amount)


def _decimal(amount: Fraction) -> Decimal:
    return round_to(amount, EXACT).normalize()
