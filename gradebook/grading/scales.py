"""Percent and letters (grading.md G12, G13). The one place that rounds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from .values import GradingScale


def round_percent(percent: Fraction) -> Decimal:
    """The percentage with 2 places, half up (grading.md G12): 88.355 is 88.36."""
    return _from_hundredths(_half_up(percent, 2))


def round_percent_or_none(percent: Fraction | None) -> Decimal | None:
    """As `round_percent`; None stays None."""
    return None if percent is None else round_percent(percent)


def percent_text(percent: Decimal) -> str:
    """The total as it stands everywhere, without trailing zeros: Decimal("82.40") is "82.4" (G12)."""
    text = f"{percent:.2f}"
    return text.rstrip("0").rstrip(".")


def letter_for(scale: GradingScale, percent: Decimal, on_whole_percent: bool = False) -> str:
    """The letter of a printed total (G13): the first band from the top whose bound it reaches.

    The printed 2 places are compared, so that 89.995, printed as 90, has the letter of 90.
    `on_whole_percent` rounds the printed total to whole percent first (89.5 is then compared as 90).
    """
    top, bottom = (_half_up(Fraction(percent)), 1) if on_whole_percent else percent.as_integer_ratio()
    for band in scale.bands:
        if top * band.bound.denominator >= band.bound.numerator * bottom:  # comparing fractions takes much longer
            return band.label
    return scale.bands[-1].label


class Letters:
    """`letter_for` with one scale, remembering its answers: a class has few different totals."""

    def __init__(self, scale: GradingScale | None, on_whole_percent: bool) -> None:
        self._scale = scale
        self._on_whole_percent = on_whole_percent
        self._known: dict[Decimal, str] = {}

    def of(self, percent: Decimal | None) -> str | None:
        """The letter of a printed total; None without a scale or without a total."""
        if percent is None or self._scale is None:
            return None
        letter = self._known.get(percent)
        if letter is None:
            letter = self._known[percent] = letter_for(self._scale, percent, self._on_whole_percent)
        return letter


def letter_percent(scale: GradingScale, letter: str) -> Fraction | None:
    """The percentage that a typed letter is worth (G13); None if the scale has no such letter.

    The top letter is 100%. Another is 1% below the next higher bound, or 0.1% or 0.01% where the band is
    narrower than that, so that the percentage always lies in the letter's own band.
    """
    wanted = letter.casefold()
    higher: Fraction | None = None
    for label, bound in scale.bands:
        if label.casefold() == wanted:
            return max(Fraction(100), bound) if higher is None else higher - _step_below(higher - bound)
        higher = bound
    return None


def _step_below(width: Fraction) -> Fraction:
    for step in (Fraction(1), Fraction(1, 10)):
        if width >= step:
            return step
    return Fraction(1, 100)


def _half_up(amount: Fraction, places: int = 0) -> int:
    """The nearest whole number of these decimal places; a half goes away from zero."""
    top, bottom = amount.numerator * 10**places, amount.denominator
    size = (2 * abs(top) + bottom) // (2 * bottom)
    return size if top >= 0 else -size


@lru_cache(maxsize=32768)
def _from_hundredths(hundredths: int) -> Decimal:
    # From text and not by arithmetic: the caller's decimal context must not be able to change a grade.
    size = abs(hundredths)
    return Decimal(f"{'-' if hundredths < 0 else ''}{size // 100}.{size % 100:02d}")


def round_to(amount: Fraction, places: int) -> Decimal:
    """The amount with so many places, half up: for the lines of a sum; totals have 2 (`round_percent`)."""
    return Decimal(_half_up(amount, places)).scaleb(-places)
