"""A class's rules applied to one student's marks: current and final (grading.md G1, G6, G7, G10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from .categories import CategoryColumns, Sums
from .cells import Asked, Cell, Value, read_cell, values_of, worth_of
from .scales import Letters, round_percent_or_none
from .totals import Total
from .values import Category, Grade, Marks, Rules, RulesError, Totals, Work
from .working import current_and_final

BothSums = tuple[Sums, Sums]
"""Of a category: for current and for final."""


class ExactTotals(NamedTuple):
    """The two totals before rounding; a course grade is made of these (G11, G12)."""

    current: Fraction | None
    final: Fraction | None
    graded_count: int
    counting_count: int


class Calculator:
    """One class's rules, categories and assignments, prepared once and asked for each of its students."""

    def __init__(self, rules: Rules, categories: Iterable[Category], works: Iterable[Work]) -> None:
        self.rules = rules
        categories, works = list(categories), list(works)
        _check(categories, works)
        self._groups = [
            CategoryColumns(category, [work for work in works if work.category_id == category.id])
            for category in sorted(categories, key=lambda category: (category.position, category.id))
        ]
        self._total = Total(rules, [group.category for group in self._groups])
        self.letters = Letters(rules.scale, rules.letter_on_whole_percent)

    def totals(self, marks: Marks, asked: Asked) -> Totals:
        """The numbers alone, for pages with many students; always those of `grade`."""
        return self.totals_of(self.sums(marks, asked))

    def totals_of(self, sums: Sequence[BothSums]) -> Totals:
        """What the categories' sums come to."""
        exact = self._exact_of(sums)
        current = round_percent_or_none(exact.current)
        final = current if exact.final == exact.current else round_percent_or_none(exact.final)
        letter, final_letter = self.letters.of(current), self.letters.of(final)
        return Totals(current, final, letter, final_letter, exact.graded_count, exact.counting_count)

    def grade(self, marks: Marks, asked: Asked) -> Grade:
        """The grade with every part, in an order that can be printed and added up by hand."""
        cells = [self._cells(group, marks, asked) for group in self._groups]
        sums = [group.sums([worth_of(cell) for cell in some]) for group, some in zip(self._groups, cells, strict=True)]
        current, final = current_and_final(self.rules, self._groups, cells, sums, self._total, self.letters)
        return Grade(
            current_working=current,
            final_working=final,
            graded_count=sum(one.pieces for one, _ in sums),
            counting_count=sum(one.pieces for _, one in sums),
            mode=self.rules.mode,
            cap_percent=self.rules.cap_percent,
            letter_on_whole_percent=self.rules.letter_on_whole_percent,
        )

    def exact(self, marks: Marks, asked: Asked) -> ExactTotals:
        """Both totals before rounding, capped."""
        return self._exact_of(self.sums(marks, asked))

    def sums(self, marks: Marks, asked: Asked) -> list[BothSums]:
        """What each category adds up to, in their order."""
        return [group.sums(self._values(group, marks, asked)) for group in self._groups]

    def adds_up_like(self, other: Calculator) -> bool:
        """Whether both make the same sums of the same marks, so that only what they make of the sums can differ:
        weights, the mode of the total, the cap, letters."""
        mine, its = self.rules, other.rules
        return (mine.missing_percent, mine.late, mine.scale) == (its.missing_percent, its.late, its.scale) and [
            group.adding for group in self._groups
        ] == [group.adding for group in other._groups]

    def _exact_of(self, sums: Sequence[BothSums]) -> ExactTotals:
        current, final = [pair[0] for pair in sums], [pair[1] for pair in sums]
        graded, counting = sum(one.pieces for one in current), sum(one.pieces for one in final)
        total = self._total.capped(current)
        final_total = total if graded == counting else self._total.capped(final)
        return ExactTotals(total, final_total, graded, counting)

    def _values(self, group: CategoryColumns, marks: Marks, asked: Asked) -> list[Value]:
        return values_of(self.rules, group.works, marks, asked)

    def _cells(self, group: CategoryColumns, marks: Marks, asked: Asked) -> list[Cell]:
        return [read_cell(self.rules, work, marks.get(work.id), asked) for work in group.works]


def _check(categories: list[Category], works: list[Work]) -> None:
    known = {category.id for category in categories}
    if len(known) != len(categories):
        raise RulesError("category_twice")
    if len({work.id for work in works}) != len(works):
        raise RulesError("assignment_twice")
    for work in works:
        if work.category_id not in known:
            raise RulesError("unknown_category", work.title)
        if work.possible < 0:
            raise RulesError("negative_points", work.title)
        if work.weight is not None and work.weight < 0:
            raise RulesError("negative_weight", work.title)


def section_grade(
    rules: Rules, categories: Iterable[Category], works: Iterable[Work], marks: Marks, asked: Asked
) -> Grade:
    """One student's grade in one class. For a whole class, prepare one `Calculator`."""
    return Calculator(rules, categories, works).grade(marks, asked)
