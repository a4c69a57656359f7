"""One category: points earned and possible, its percentage, its drops (grading.md G5, G9, G10).

Whichever way a category weighs its assignments, its percentage is Σ top ÷ Σ base. Every assignment has a
whole factor: top = points earned × factor, base = points possible × factor (0 for extra credit).

| weighing | factor |
|---|---|
| points | 1 |
| equal  | L ÷ possible, L being a common multiple of all the points possible |
| own    | L ÷ possible × weight, multiplied until it is whole |

So all three, and the drops under them, are the same sum, and it stays in whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any, NamedTuple

from .cells import OUT, Value
from .drops import NOTHING_DROPPED, Dropped, Pool, choose
from .values import Amount, Category, Work


class Column(NamedTuple):
    """One assignment as its category counts it."""

    work: Work
    factor: int
    base: int
    possible: int
    """What a kept score adds to the points possible: 0 for extra credit."""
    droppable: bool


class Sums(NamedTuple):
    """What a category adds up to in one total, after its drops."""

    earned: Amount
    possible: int
    top: Amount
    base: int
    pieces: int
    """How many assignments took part, dropped ones included."""
    dropped: Dropped = NOTHING_DROPPED
    """Places in the category's columns."""
    pool: int = 0


NOTHING = Sums(0, 0, 0, 0, 0)


class CategoryColumns:
    """A category with its assignments in class order, prepared once for all students."""

    def __init__(self, category: Category, works: Iterable[Work]) -> None:
        self.category = category
        self.works = sorted(works, key=lambda work: (work.position, work.id))
        factors = _factors(category, self.works)
        self.columns = tuple(_column(work, factor) for work, factor in zip(self.works, factors, strict=True))
        self._drops = category.drop_lowest > 0 or category.drop_highest > 0 or category.keep_best is not None
        self._may_drop = [column.droppable for column in self.columns]
        self._some_kept = not all(self._may_drop)
        # For students who have a value in every column.
        self._possible = sum(one.possible for one in self.columns)
        self._base = sum(one.base for one in self.columns)
        self._factors = None if all(one.factor == 1 for one in self.columns) else [one.factor for one in self.columns]

    @property
    def adding(self) -> tuple[Any, ...]:
        """All that decides what values add up to."""
        one = self.category
        return one.weighing, one.drop_lowest, one.drop_highest, one.keep_best, self.works

    def sums(self, values: Sequence[Value]) -> tuple[Sums, Sums]:
        """Of current and of final, from the value of each column (G1)."""
        if not self._drops:
            return self._plain_sums(values)
        current = self._dropping_sums(values)
        if None not in values:
            return current, current
        return current, self._dropping_sums([0 if value is None else value for value in values])

    def _plain_sums(self, values: Sequence[Value]) -> tuple[Sums, Sums]:
        if None not in values and OUT not in values:
            whole = self._whole_sums(values)  # type: ignore[arg-type]
            return whole, whole
        earned: Amount = 0
        top: Amount = 0
        possible = base = count = 0
        blank_possible = blank_base = blank_count = 0
        for value, (_, factor, column_base, column_possible, _) in zip(values, self.columns, strict=True):
            if value is None:
                blank_possible += column_possible
                blank_base += column_base
                blank_count += 1
            elif value is not OUT:
                earned += value
                top += value * factor
                possible += column_possible
                base += column_base
                count += 1
        current = Sums(earned, possible, top, base, count)
        if not blank_count:
            return current, current
        return current, Sums(earned, possible + blank_possible, top, base + blank_base, count + blank_count)

    def _whole_sums(self, values: Sequence[Amount]) -> Sums:
        """Where every column has a value, only these are left to be added up."""
        earned = sum(values)
        top = earned if self._factors is None else sum(map(mul, values, self._factors))
        return Sums(earned, self._possible, top, self._base, len(values))

    def _dropping_sums(self, values: Sequence[Value]) -> Sums:
        """As `_plain_sums` for one total: what is None or OUT takes no part."""
        places, pool, beside = self._pool(values)
        kept, lowest = self.category.keep_best, self.category.drop_lowest
        dropped = choose(pool, lowest if kept is None else len(places) - kept, self.category.drop_highest)
        earned = beside.earned + sum(pool.values)
        possible = beside.possible + sum([self.columns[place].possible for place in places])
        top = pool.fixed_top + sum(pool.tops)
        base = pool.fixed_base + sum(pool.bases)
        for at in (*dropped.lowest, *dropped.highest):
            earned -= pool.values[at]
            possible -= self.columns[places[at]].possible
            top -= pool.tops[at]
            base -= pool.bases[at]
        dropped = Dropped(_in_columns(places, dropped.lowest), _in_columns(places, dropped.highest))
        return Sums(earned, possible, top, base, beside.pieces + len(places), dropped, len(places))

    def _pool(self, values: Sequence[Value]) -> tuple[Sequence[int], Pool, Sums]:
        """The places of what may be dropped, the same as a pool, and the sums of what may not."""
        may_drop = self._may_drop
        places = [at for at, value in enumerate(values) if value is not None and value is not OUT and may_drop[at]]
        droppable: list[Amount] = [values[at] for at in places]  # type: ignore[misc]
        beside = NOTHING
        if self._some_kept:
            kept = [OUT if may else value for value, may in zip(values, may_drop, strict=True)]
            beside = self._plain_sums(kept)[0]
        tops: Sequence[Amount] = droppable
        if self.category.weighing != "points":
            tops = [self.columns[at].factor * value for at, value in zip(places, droppable, strict=True)]
        bases = [self.columns[place].base for place in places]
        # An own weight of 0 makes a base of 0 too, so bases alone do not tell.
        any_possible = any(bases) or any(self.columns[place].possible for place in places)
        return places, Pool(tops, bases, droppable, any_possible, beside.top, beside.base), beside


def _column(work: Work, factor: int) -> Column:
    possible = 0 if work.extra_credit else work.possible
    droppable = not (work.never_drop or work.extra_credit)
    return Column(work, factor, possible * factor, possible, droppable)


def _factors(category: Category, works: Sequence[Work]) -> list[int]:
    if category.weighing == "points":
        return [1] * len(works)
    weights = [_weight(category, work) for work in works]
    common = lcm(
        *(work.possible * weight.denominator for work, weight in zip(works, weights, strict=True) if work.possible)
    )
    # Out of 0 there is no percentage to weigh: such work adds its points and no more.
    return [
        (common // work.possible * weight).numerator if work.possible else 0
        for work, weight in zip(works, weights, strict=True)
    ]


def _weight(category: Category, work: Work) -> Fraction:
    if category.weighing == "equal" or work.weight is None:
        return Fraction(1)
    return Fraction(work.weight)


def _in_columns(places: Sequence[int], chosen: frozenset[int]) -> frozenset[int]:
    return frozenset([places[at] for at in chosen]) if chosen else chosen
