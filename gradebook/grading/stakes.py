"""What one piece of work can still do to a grade: the grade with full marks on it, and with nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .values import Mark, Marks, Totals

NOTHING_AT_STAKE = Decimal(0)


class Stake(NamedTuple):
    """`current` in three cases, 2 places; None where there is no grade."""

    now: Decimal | None
    full: Decimal | None
    """With full marks on the piece."""
    none: Decimal | None
    """With 0 on it."""
    counts_now: bool = False
    """Whether the piece counts already, as missing work does by the class's rule."""

    @property
    def effect(self) -> Decimal:
        """Percentage points that full marks bring: over what counts for it now, or over a 0 where nothing does."""
        low = self.now if self.counts_now else self.none
        if self.full is None:
            return NOTHING_AT_STAKE
        return max(self.full - (low or 0), NOTHING_AT_STAKE)


def stake(
    ask: Callable[[Marks], Totals], marks: Marks, work_id: int, now: Decimal | None, *, counts_now: bool = False
) -> Stake:
    """What is at stake in one piece; `now` is what `ask(marks)` says, which the caller knows already."""
    full = ask({**marks, work_id: Mark(percent=Fraction(100))}).current
    none = now if counts_now else ask({**marks, work_id: 0}).current
    return Stake(now, full, none, counts_now)
