"""From the sums of the categories to one exact total: points mode and weighted mode (grading.md G6, G7)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from .categories import Sums
from .values import Amount, Category, Rules


class Total:
    """Makes the total of a class's categories, prepared once. Sums come in the order of the categories."""

    def __init__(self, rules: Rules, categories: Sequence[Category]) -> None:
        self._weighted = rules.mode == "weighted"
        self._cap = rules.cap_percent
        self._extra = [category.extra_credit for category in categories]
        # Weights as whole numbers over one common divisor: the sum then needs no fraction until its end.
        self._divisor = lcm(*(Fraction(category.weight).denominator for category in categories))
        self._weights = [(category.weight * self._divisor).numerator for category in categories]

    def of(self, sums: Sequence[Sums]) -> Fraction | None:
        """The total in percent, not rounded and not capped; None with nothing possible."""
        return self._weighted_total(sums) if self._weighted else self._points_total(sums)

    def capped(self, sums: Sequence[Sums]) -> Fraction | None:
        """As `of`, under the class's cap if it has one (G10)."""
        return self.under_cap(self.of(sums))

    def under_cap(self, total: Fraction | None) -> Fraction | None:
        """The total, or the class's cap where that is less."""
        return total if total is None or self._cap is None else min(total, self._cap)

    def _points_total(self, sums: Sequence[Sums]) -> Fraction | None:
        """All points ÷ all possible (G6); an extra-credit category adds no possible (G10)."""
        possible = sum(one.possible for one, extra in zip(sums, self._extra, strict=True) if not extra)
        if possible == 0:
            return None
        return Fraction(100 * sum(one.earned for one in sums), possible)

    def _weighted_total(self, sums: Sequence[Sums]) -> Fraction | None:
        """Σ weight × percentage; weights below 100 are scaled up to 100, extra credit is added (G7, G10)."""
        part: Amount = 0
        extra: Amount = 0
        part_of, extra_of, weight_sum = 1, 1, 0
        for one, weight, is_extra in zip(sums, self._weights, self._extra, strict=True):
            if one.base == 0:
                continue
            if is_extra:
                extra, extra_of = extra * one.base + weight * one.top * extra_of, extra_of * one.base
            else:
                part, part_of = part * one.base + weight * one.top * part_of, part_of * one.base
                weight_sum += weight
        if weight_sum == 0:
            return None
        # Weights are in percent: part ÷ divisor is the total already, unless it is scaled by 100 ÷ W.
        total = Fraction(100 * part, part_of * min(weight_sum, 100 * self._divisor))
        return total + Fraction(extra, extra_of * self._divisor) if extra else total
