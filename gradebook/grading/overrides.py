"""A total that a teacher replaced: what is shown, while the computed grade is kept (grading.md G14).

`Override` is what was put in place of a class's or a grading period's grade. `shown(totals, override, letters)`
gives the totals that pages show; the `Grade` itself is never changed. In a course grade of weighted periods a
replaced period counts as what is shown of it, so that the printed sum adds up: `periods.CourseCalculator` is
given the overrides of the periods, by period id.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .scales import Letters, letter_percent, round_percent
from .typed import parse_score
from .values import GradingScale, Totals

HUNDRED_PERCENT = 10_000
"""In hundredths: a total is typed as a score out of 100 would be."""


class OverrideError(ValueError):
    """An override that is not taken. `code`: one_form (a percentage or a letter, not both and not neither),
    negative, too_many_decimals, no_reason, not_a_total."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Override:
    """A percentage (2 places) or a letter, with the reason for it. Valid by construction."""

    percent: Decimal | None
    letter: str | None
    reason: str

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.letter is None):
            raise OverrideError("one_form")
        if self.percent is not None:
            if self.percent < 0:
                raise OverrideError("negative")
            if (Fraction(self.percent) * 100).denominator != 1:
                raise OverrideError("too_many_decimals")
        if not self.reason.strip():
            raise OverrideError("no_reason")


def typed_override(text: str, reason: str, *, letters: Collection[str] = (), confirmed: bool = False) -> Override:
    """What a teacher typed for a total: `88`, `88.5%` or a letter of the class. Raises ScoreError as a score cell
    does (above 150% unless `confirmed`), and OverrideError."""
    typed = parse_score(text, HUNDRED_PERCENT, letters=letters, confirmed=confirmed)
    percent = Fraction(typed.points, 100) if typed.points is not None else typed.percent
    if typed.late or (percent is None and typed.letter is None):
        raise OverrideError("not_a_total")
    return Override(None if percent is None else round_percent(percent), typed.letter, reason.strip())


def shown(totals: Totals, override: Override | None, letters: Letters) -> Totals:
    """The totals that pages show: the override in place of current and final, with its letter.

    A letter stands alone, without a percentage: the computed one might contradict it.
    """
    if override is None:
        return totals
    letter = override.letter or letters.of(override.percent)
    return totals._replace(current=override.percent, final=override.percent, letter=letter, final_letter=letter)


def counts_as(override: Override, scale: GradingScale | None) -> Fraction | None:
    """The percentage with which a replaced period counts in the course grade; a letter as when typed for a score
    (G13). None for a letter that the scale has lost: the computed total then counts."""
    if override.percent is not None:
        return Fraction(override.percent)
    return letter_percent(scale, override.letter or "") if scale else None
