"""Grading periods into a course grade (grading.md G11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from .cells import Asked
from .overrides import Override, counts_as
from .scales import Letters, round_percent_or_none
from .section_grade import Calculator, ExactTotals
from .values import Category, Grade, Marks, Period, Rules, Totals, Work, exact_text

ZERO = Fraction(0)
NOTHING: Mapping[int, Any] = {}
Exacts = Sequence[Fraction | None]
"""A total of each period before rounding, in the order of the rules' periods; None where it has none."""


class WeightedPeriod(NamedTuple):
    """One period in one of the two totals of a course."""

    period: Period
    exact: Fraction | None
    """The period's own total, not rounded; None: it has none, and counts as 0 in `final`."""
    share: Fraction | None
    """Percent of the course grade that it decides after rescaling; None: it takes no part."""
    contribution: Fraction
    """Percent points that it brings."""
    override: Override | None = None
    """What a teacher put in place of its total; `exact` is then what that counts as (G14)."""

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings."""
        return {
            "period_id": self.period.id,
            "weight": exact_text(self.period.weight),
            "exact": _text_or_none(self.exact),
            "share": _text_or_none(self.share),
            "contribution": exact_text(self.contribution),
            "override": self._override_dict(),
        }

    def _override_dict(self) -> dict[str, Any] | None:
        if self.override is None:
            return None
        percent, letter, reason = self.override.percent, self.override.letter, self.override.reason
        return {"percent": None if percent is None else str(percent), "letter": letter, "reason": reason}


@dataclass(frozen=True, slots=True)
class CourseTotal:
    """One of the two totals of a course, with what each period brings to it."""

    percent: Decimal | None
    exact: Fraction | None
    """After the cap, before rounding."""
    letter: str | None
    weight_sum: Fraction
    scaled_by: Fraction | None
    """100 ÷ the weights that take part, where they are below 100; else None."""
    before_cap: Fraction | None
    periods: tuple[WeightedPeriod, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings."""
        return {
            "percent": None if self.percent is None else str(self.percent),
            "exact": _text_or_none(self.exact),
            "letter": self.letter,
            "weight_sum": exact_text(self.weight_sum),
            "scaled_by": _text_or_none(self.scaled_by),
            "before_cap": _text_or_none(self.before_cap),
            "periods": [period.to_dict() for period in self.periods],
        }


@dataclass(frozen=True, slots=True)
class CourseGrade:
    """A course grade of weighted periods, each with its own grade and parts."""

    current_working: CourseTotal
    final_working: CourseTotal
    periods: tuple[tuple[Period, Grade], ...]
    outside: tuple[int, ...]
    """Ids of assignments in no period: they do not count, and the teacher is told."""

    @property
    def current(self) -> Decimal | None:
        """Of the periods that have a current grade, 2 places."""
        return self.current_working.percent

    @property
    def final(self) -> Decimal | None:
        """With the other periods as 0, 2 places."""
        return self.final_working.percent

    @property
    def letter(self) -> str | None:
        """The letter of `current`."""
        return self.current_working.letter

    @property
    def final_letter(self) -> str | None:
        """The letter of `final`."""
        return self.final_working.letter

    @property
    def graded_count(self) -> int:
        """Over all periods, as in `Grade`."""
        return sum(grade.graded_count for _, grade in self.periods)

    @property
    def counting_count(self) -> int:
        """Over all periods, as in `Grade`."""
        return sum(grade.counting_count for _, grade in self.periods)

    @property
    def totals(self) -> Totals:
        """The same numbers without the parts."""
        return Totals(self.current, self.final, self.letter, self.final_letter, self.graded_count, self.counting_count)

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; amounts are exact strings."""
        return {
            "graded_count": self.graded_count,
            "counting_count": self.counting_count,
            "current": self.current_working.to_dict(),
            "final": self.final_working.to_dict(),
            "periods": [{"period_id": period.id, "grade": grade.to_dict()} for period, grade in self.periods],
            "outside": list(self.outside),
        }


class CourseCalculator:
    """As `Calculator`, for a class whose periods have weights: each period is computed alone (G11)."""

    def __init__(self, rules: Rules, categories: Iterable[Category], works: Iterable[Work]) -> None:
        categories, works = tuple(categories), tuple(works)
        self.rules = rules
        self.calculators = {
            period.id: Calculator(rules, categories, [work for work in works if work.period_id == period.id])
            for period in rules.periods
        }
        self.outside = tuple(sorted(work.id for work in works if work.period_id not in self.calculators))
        self.letters = Letters(rules.scale, rules.letter_on_whole_percent)

    def totals(
        self,
        marks: Marks,
        asked: Asked,
        *,
        frozen: Mapping[int, ExactTotals] = NOTHING,
        overrides: Mapping[int, Override] = NOTHING,
    ) -> Totals:
        """The numbers alone; always those of `grade`. `frozen` is what `frozen_exact` reads of closed periods."""
        exact = [
            frozen.get(period.id) or self.calculators[period.id].exact(marks, asked) for period in self.rules.periods
        ]
        current, final = self._both([one.current for one in exact], [one.final for one in exact], overrides)
        graded, counting = sum(one.graded_count for one in exact), sum(one.counting_count for one in exact)
        return Totals(current.percent, final.percent, current.letter, final.letter, graded, counting)

    def grade(
        self,
        marks: Marks,
        asked: Asked,
        *,
        frozen: Mapping[int, Grade] = NOTHING,
        overrides: Mapping[int, Override] = NOTHING,
    ) -> CourseGrade:
        """The course grade with the grade of every period and its parts.

        By period id: `frozen` has the grades of closed periods, which are taken as they are (G16), and
        `overrides` what a teacher put in place of a period's total (G14).
        """
        grades = [
            frozen.get(period.id) or self.calculators[period.id].grade(marks, asked) for period in self.rules.periods
        ]
        current, final = self._both(
            [grade.current_working.exact for grade in grades],
            [grade.final_working.exact for grade in grades],
            overrides,
        )
        return CourseGrade(current, final, tuple(zip(self.rules.periods, grades, strict=True)), self.outside)

    def _both(
        self, current: Exacts, final: Exacts, overrides: Mapping[int, Override]
    ) -> tuple[CourseTotal, CourseTotal]:
        if overrides:
            current, final = self._replaced(current, overrides), self._replaced(final, overrides)
        return (
            weigh_periods(self.rules, current, self.letters, overrides),
            weigh_periods(self.rules, finals_as_zero(final), self.letters, overrides),
        )

    def _replaced(self, exact: Exacts, overrides: Mapping[int, Override]) -> Exacts:
        counting = [overrides.get(period.id) for period in self.rules.periods]
        values = [None if override is None else counts_as(override, self.rules.scale) for override in counting]
        return [one if value is None else value for one, value in zip(exact, values, strict=True)]


def finals_as_zero(exact: Exacts) -> Exacts:
    """The finals of the periods, those without one as 0 (G11); without any at all there is no final."""
    if all(one is None for one in exact):
        return exact
    return [one or ZERO for one in exact]


def weigh_periods(
    rules: Rules, exact: Exacts, letters: Letters, overrides: Mapping[int, Override] = NOTHING
) -> CourseTotal:
    """The weighted total of the periods' exact totals, in the order of the rules' periods (G11).

    Periods without a total take no part. Weights that add up to less than 100 are scaled up, above 100 they
    are left, and a weight of 0 in all gives None. `exact` has the overrides in it already.
    """
    pairs = list(zip(rules.periods, exact, strict=True))
    weight_sum = sum((period.weight for period, one in pairs if one is not None), ZERO)
    scaled_by = 100 / weight_sum if 0 < weight_sum < 100 else None
    periods = tuple(
        _weighted(period, one, weight_sum, scaled_by)._replace(override=overrides.get(period.id))
        for period, one in pairs
    )
    total = sum((part.contribution for part in periods), ZERO) if weight_sum else None
    cap = rules.cap_percent
    capped = total if total is None or cap is None else min(total, cap)
    percent = round_percent_or_none(capped)
    before_cap = total if total != capped else None
    return CourseTotal(percent, capped, letters.of(percent), weight_sum, scaled_by, before_cap, periods)


def calculator_for(
    rules: Rules, categories: Iterable[Category], works: Iterable[Work]
) -> Calculator | CourseCalculator:
    """What makes the course grade of a class: by weighted periods where it has them (G11)."""
    if rules.periods:
        return CourseCalculator(rules, categories, works)
    return Calculator(rules, categories, works)


def _weighted(
    period: Period, exact: Fraction | None, weight_sum: Fraction, scaled_by: Fraction | None
) -> WeightedPeriod:
    if exact is None or weight_sum == 0:
        return WeightedPeriod(period, exact, None, ZERO)
    share = period.weight * (scaled_by or 1)
    return WeightedPeriod(period, exact, share, exact * share / 100)


def _text_or_none(amount: Fraction | None) -> str | None:
    return None if amount is None else exact_text(amount)
