"""Averages over a class: the last row of a grid. They are for teachers only and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .scales import round_percent
from .values import Amount


def mean_points(amounts: Sequence[Amount]) -> Decimal | None:
    """The mean of scores in hundredths, in points with 2 places; None of none."""
    return round_percent(Fraction(sum(amounts), 100 * len(amounts))) if amounts else None


def mean_percent(percents: Sequence[Decimal]) -> Decimal | None:
    """The mean of printed totals, with 2 places; None of none."""
    return round_percent(Fraction(sum(percents)) / len(percents)) if percents else None
