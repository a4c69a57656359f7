"""What a change would do to grades, before it is made: before and after of a class, the worth of one assignment,
scores kept in proportion, weights scaled to 100."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .cells import Asked
from .scales import round_percent, round_to
from .section_grade import Calculator
from .values import Category, Mark, Rules, Work

Percent = Decimal | None


class Comparison(NamedTuple):
    """A class before and after: how many totals rise, fall and stay, and the mean of the totals there are."""

    up: int
    down: int
    same: int
    mean_before: Percent
    mean_after: Percent

    @property
    def changed(self) -> int:
        """How many totals are not what they were."""
        return self.up + self.down


def compare(pairs: Iterable[tuple[Percent, Percent]]) -> Comparison:
    """(before, after) of each student. A total that appears counts as a rise, one that vanishes as a fall."""
    pairs = list(pairs)
    up = sum(1 for before, after in pairs if after is not None and (before is None or after > before))
    down = sum(1 for before, after in pairs if before is not None and (after is None or after < before))
    return Comparison(
        up,
        down,
        len(pairs) - up - down,
        mean(before for before, _ in pairs),
        mean(after for _, after in pairs),
    )


def mean(percents: Iterable[Percent]) -> Percent:
    """The mean of the totals there are, 2 places."""
    known = [Fraction(percent) for percent in percents if percent is not None]
    return round_percent(sum(known, Fraction(0)) / len(known)) if known else None


def worth(rules: Rules, categories: Sequence[Category], works: Sequence[Work], work_id: int, at: datetime) -> Percent:
    """How many percent of the grade the assignment decides once everything is graded, 2 places.

    Asked of a student whose other scores lie half above and half below, so that the drops take those.
    None where it decides nothing: extra credit, does not count, out of 0, or a category without weight.
    """
    others = [work.id for work in works if work.id != work_id]
    above = set(others[::2])
    marks: dict[int, Mark | int] = {
        work.id: work.possible // 2 if work.id == work_id else work.possible * (work.id in above) for work in works
    }
    grade = Calculator(rules, categories, works).grade(marks, Asked(at))
    for part in grade.final_parts:
        for line in part.lines:
            if line.work.id == work_id and line.share is not None:
                return round_percent(line.share)
    return None


def part_of(possible: int, percent: int) -> int:
    """So many percent of the points possible, in hundredths, half up."""
    return int(round_to(Fraction(possible * percent, 100), 0))


def in_proportion(points: int, old: int, new: int) -> tuple[int, bool]:
    """The same percentage of other full marks, in hundredths: half up, and whether that was exact."""
    exact = Fraction(points * new, old)
    return int(round_to(exact, 0)), exact.denominator == 1


def scaled_to_100(weights: Sequence[Decimal]) -> list[Decimal]:
    """The weights in the same proportion, 2 places, adding up to exactly 100. Their sum must be above 0.

    The cents that rounding leaves over go to the largest remainders, the earlier first.
    """
    together = sum(map(Fraction, weights), Fraction(0))
    exact = [Fraction(weight) * 10_000 / together for weight in weights]
    cents = [amount.numerator // amount.denominator for amount in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: cents[at] - exact[at])
    for at in by_remainder[: 10_000 - sum(cents)]:
        cents[at] += 1
    return [Decimal(cent).scaleb(-2) for cent in cents]
