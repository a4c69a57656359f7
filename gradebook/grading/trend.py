"""How a grade has gone: the same calculator, asked about the work up to one day after another.

Scores are taken as they stand now, and sorted by the day of their work: so the last point is the grade itself, and
nothing but what is posted decides where the others lie (grading.md G8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .values import Marks, Totals

MOST_POINTS = 8
"""Days that are looked at: more than these stand too close on a phone."""


class TrendPoint(NamedTuple):
    """The grade of the work up to a day."""

    day: date
    percent: Decimal
    """`current`, 2 places."""
    letter: str | None
    pieces: int
    """Assignments with a value in it."""


def trend(ask: Callable[[Marks], Totals], marks: Marks, days: Mapping[int, date]) -> list[TrendPoint]:
    """The grade day by day, the oldest first; days on which there was no grade yet are left out.

    days: of which day each marked assignment is. Marks without a day count from the beginning.
    """
    known = sorted({days[key] for key in marks if key in days})
    found = []
    for day in spread(known, MOST_POINTS):
        totals = ask({key: mark for key, mark in marks.items() if key not in days or days[key] <= day})
        if totals.current is not None:
            found.append(TrendPoint(day, totals.current, totals.letter, totals.graded_count))
    return found


def spread(days: list[date], most: int) -> list[date]:
    """At most so many of the days, evenly, with the first and the last."""
    if len(days) <= most:
        return days
    last = len(days) - 1
    return [days[(number * last) // (most - 1)] for number in range(most)]
