"""Which scores a category drops (grading.md G9).

Dropping the lowest percentages one by one is not always best for the student when assignments have unequal
points, and trying every choice takes too long. Both drops are one question: of all choices of `size` scores,
which has the highest (top + Σ top) ÷ (base + Σ base)? Dinkelbach's method answers it exactly: start from any
ratio q, rank the scores by top − q × base, take the best ones, see their ratio, and repeat until it is q
again. See Kane & Kane, "Dropping Lowest Grades". It is done in whole numbers, q being kept as two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .values import Amount


class Pool(NamedTuple):
    """The scores that may be dropped, in class order, and what stands beside them whatever is dropped.

    The category's percentage is Σ top ÷ Σ base over all that is kept.
    """

    tops: Sequence[Amount]
    bases: Sequence[int]
    values: Sequence[Amount]
    """Hundredths of a point; they decide where nothing has points possible."""
    any_possible: bool
    fixed_top: Amount
    fixed_base: int


class Dropped(NamedTuple):
    """The places, in the pool, of what is dropped."""

    lowest: frozenset[int] = frozenset()
    highest: frozenset[int] = frozenset()


NOTHING_DROPPED = Dropped()


def choose(pool: Pool, lowest: int, highest: int) -> Dropped:
    """What is dropped (G9): first the lowest, keeping the best percentage; of what is left, the highest."""
    size = len(pool.tops)
    lowest = max(0, min(lowest, size - 1))
    if lowest + highest >= size:
        highest = 0
    if lowest == 0 and highest == 0:
        return NOTHING_DROPPED
    if not pool.any_possible:
        return _by_points(pool.values, lowest, highest)
    everything = range(size)
    low = frozenset(leave_out(everything, lowest, pool.tops, pool.bases, pool.fixed_top, pool.fixed_base))
    if highest == 0:
        return Dropped(low)
    # The lowest percentage is the highest of the same scores with their signs turned.
    left = [place for place in everything if place not in low]
    turned = [-top for top in pool.tops]
    return Dropped(low, frozenset(leave_out(left, highest, turned, pool.bases, -pool.fixed_top, pool.fixed_base)))


def leave_out(
    places: Sequence[int],
    count: int,
    tops: Sequence[Amount],
    bases: Sequence[int],
    fixed_top: Amount,
    fixed_base: int,
) -> Sequence[int]:
    """The `count` places without which the others have the highest percentage; of equal choices, later ones.

    A choice with nothing in its base has no percentage, and is taken only if there is no other.
    """
    size = len(places) - count
    all_top = q_top = fixed_top + sum([tops[place] for place in places])
    all_base = q_base = fixed_base + sum([bases[place] for place in places])
    if count == 0 or all_base == 0:
        return places[size:]
    while True:
        less = [q_top * base - top * q_base for top, base in zip(tops, bases, strict=True)]
        # sorted() is stable, so of equal worth the earlier stays in front.
        ranked = sorted(places, key=less.__getitem__)
        if fixed_base == 0:
            _bring_a_base(ranked, bases, size)
        dropped = ranked[size:]
        top = all_top - sum([tops[place] for place in dropped])
        base = all_base - sum([bases[place] for place in dropped])
        if top * q_base == q_top * base:
            return dropped
        q_top, q_base = top, base


def _bring_a_base(ranked: list[int], bases: Sequence[int], size: int) -> None:
    """If none of the first `size` has a base, the first that has one takes the last of their places."""
    if not any(bases[place] for place in ranked[:size]):
        first = next(place for place in ranked if bases[place])
        ranked.remove(first)
        ranked.insert(size - 1, first)


def _by_points(values: Sequence[Amount], lowest: int, highest: int) -> Dropped:
    """Nothing has points possible: fewest points first, and of equal points the earlier is dropped."""
    rising = sorted(range(len(values)), key=values.__getitem__)
    low = frozenset(rising[:lowest])
    falling = sorted((place for place in range(len(values)) if place not in low), key=lambda at: -values[at])
    return Dropped(low, frozenset(falling[:highest]))
