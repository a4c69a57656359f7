"""A course grade of weighted periods as it is printed: each line adds up by hand to the total shown (G11, G12)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .periods import CourseGrade, CourseTotal, WeightedPeriod
from .scales import round_percent, round_to

FEWEST, MOST = 2, 8
"""Decimals: as few as let the printed lines add up."""
MORE = 3
"""So many decimals more may a percentage have than what it adds: 92.27% × 50 would be 46.14 and not 46.13."""


class PrintedPeriod(NamedTuple):
    """One period's line."""

    id: int
    percent: Decimal | None
    """Of the period; None: it has no grade and takes no part."""
    weight: Decimal
    adds: Decimal | None
    """Percent × weight ÷ 100; None: it takes no part."""
    is_replaced: bool
    """A teacher put another total in the place of the computed one."""


class PrintedCourse(NamedTuple):
    """The lines, what they add up to, and what becomes of it."""

    lines: tuple[PrintedPeriod, ...]
    together: Decimal
    weight_sum: Decimal
    """Of the periods that take part."""
    is_scaled: bool
    """The weights that take part are below 100: together ÷ their sum × 100."""
    before_cap: Decimal | None
    percent: Decimal | None
    places: int
    """Decimals of what the lines add and of their sum."""
    percent_places: int
    """Decimals of the periods' percentages."""


def printed_course(grade: CourseGrade) -> PrintedCourse:
    """The current total, with the fewest decimals with which the lines make the total that is shown."""
    total = grade.current_working
    for places in range(FEWEST, MOST):
        for percent_places in range(places, places + MORE + 1):
            found = _printed(total, places, percent_places)
            if _adds_up(total, found):
                return found
    return _carried(total, _printed(total, MOST, MOST + MORE))


def _printed(total: CourseTotal, places: int, percent_places: int) -> PrintedCourse:
    lines = tuple(_line(one, places, percent_places) for one in total.periods)
    together = sum((line.adds for line in lines if line.adds is not None), Decimal(0))
    before_cap = None if total.before_cap is None else round_percent(total.before_cap)
    weight_sum = round_to(total.weight_sum, 2)
    is_scaled = total.scaled_by is not None
    return PrintedCourse(lines, together, weight_sum, is_scaled, before_cap, total.percent, places, percent_places)


def _line(one: WeightedPeriod, places: int, percent_places: int) -> PrintedPeriod:
    weight = round_to(one.period.weight, 2)
    takes_part = one.exact is not None and one.share is not None
    percent = None if one.exact is None else round_to(one.exact, percent_places)
    adds = round_to(one.exact * one.period.weight / 100, places) if takes_part and one.exact is not None else None
    return PrintedPeriod(one.period.id, percent, weight, adds, one.override is not None)


def _adds_up(total: CourseTotal, found: PrintedCourse) -> bool:
    """Whether what is printed, worked out by hand, is what is shown."""
    if total.percent is None or not found.weight_sum:
        return True
    by_line = all(_comes_to(line, found.places) for line in found.lines)
    worked = Fraction(found.together)
    if found.is_scaled:
        worked = worked / Fraction(found.weight_sum) * 100
    shown = found.percent if found.before_cap is None else found.before_cap
    return by_line and round_percent(worked) == shown


def _carried(total: CourseTotal, found: PrintedCourse) -> PrintedCourse:
    """Three thirds of a whole never add up in decimals: the largest line carries what is missing."""
    exact = sum((one.exact * one.period.weight / 100 for one in total.periods if one.exact is not None), Fraction(0))
    missing = round_to(exact, found.places) - found.together
    largest = max(line.adds for line in found.lines if line.adds is not None)
    at = next(at for at, line in enumerate(found.lines) if line.adds == largest)
    line = found.lines[at]._replace(adds=largest + missing)
    return found._replace(lines=(*found.lines[:at], line, *found.lines[at + 1 :]), together=found.together + missing)


def _comes_to(line: PrintedPeriod, places: int) -> bool:
    """Whether percent × weight as printed is what the line says that it adds."""
    if line.percent is None or line.adds is None:
        return True
    return round_to(Fraction(line.percent) * Fraction(line.weight) / 100, places) == line.adds
