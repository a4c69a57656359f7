"""Pretend scores, and "what do I need for a B?" (grading.md G15).

Both ask the same calculator as the real grade, with other marks: `Ask` is that calculator, bound to a student as
`partial(calculator.grade, asked=Asked(at, posted_only=True))`; families are answered from posted work only (G8).
What is settled about the periods of a course is bound in the same way (`frozen`, `overrides`). Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from .periods import CourseGrade
from .scales import round_percent
from .values import Grade, Mark, Marks, Reason, Rules, What

Ask = Callable[[Marks], Grade | CourseGrade]
HUNDRED = 10_000
"""100% in steps of 0.01%: the most that "what do I need" asks of anyone."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The grade now, and the grade if this happens."""

    now: Grade | CourseGrade
    then: Grade | CourseGrade


class Need(StrEnum):
    """The three answers to "what do I need?"."""

    already_reached = "already_reached"  # even 0% on all of it keeps the target
    needs = "needs"
    not_reachable = "not_reachable"


@dataclass(frozen=True, slots=True)
class Needed:
    """What is needed on the chosen assignments."""

    answer: Need
    percent: Decimal | None
    """The smallest equal percentage that reaches the target, to 0.01; None if none does."""
    total: Decimal | None
    """`current` with that percentage. If none reaches the target: the most that can be reached."""


def what_if(ask: Ask, marks: Marks, pretend: Mapping[int, Mark | int | None]) -> WhatIf:
    """The grade with pretend scores in place of the real ones; None pretends an empty cell."""
    return WhatIf(ask(marks), ask(_with(marks, pretend)))


def needed_for(ask: Ask, marks: Marks, work_ids: Collection[int], target: Decimal) -> Needed:
    """The smallest equal percentage on these assignments with which `current`, as printed, reaches `target`.

    Exact, drops and weights included (G15). Looks from 0% to 100%, in steps of 0.01%.
    """
    search = _Search(ask, marks, tuple(work_ids), target)
    step = search.first_reaching(0, HUNDRED)
    if step is None:
        return Needed(Need.not_reachable, None, search.most)
    answer = Need.already_reached if step == 0 else Need.needs
    return Needed(answer, round_percent(Fraction(step, 100)), search.outcome(step).total)


def points_for(percent: Decimal, possible: int) -> Decimal:
    """The points that are at least so many percent of full marks (in hundredths), upwards to 0.01."""
    return Decimal(ceil(Fraction(percent) * possible / 100)).scaleb(-2)


def target_of(rules: Rules, letter: str) -> Decimal | None:
    """The smallest printed total that has this letter, to ask `needed_for`; None if there is no such letter.

    With letters compared on whole percent (G13) that is half a percent below the next whole percent: a bound
    of 80 is reached by 79.5, one of 79.4 by 79.5 too.
    """
    bounds = dict(rules.scale.bands) if rules.scale else {}
    if letter not in bounds:
        return None
    bound = bounds[letter]
    if rules.letter_on_whole_percent and bound > 0:
        return round_percent(ceil(bound) - Fraction(1, 2))
    return round_percent(bound)


class _Outcome(NamedTuple):
    total: Decimal | None
    dropped: frozenset[tuple[int, Reason]]


class _Search:
    """Looks for the smallest percentage, in steps of 0.01%.

    A higher percentage does not always mean a higher total: with it another score may be dropped, and in
    points mode or with the highest dropped too, the total can then fall a little. But where the same scores
    are dropped at both ends of a range they are dropped within it, and there the total only rises. So ranges
    are halved until they drop the same at both ends.
    """

    def __init__(self, ask: Ask, marks: Marks, work_ids: tuple[int, ...], target: Decimal) -> None:
        self._ask = ask
        self._marks = marks
        self._work_ids = work_ids
        self._target = target
        self._known: dict[int, _Outcome] = {}

    @property
    def most(self) -> Decimal | None:
        """The highest total looked at: the most there is, once nothing was found to reach the target."""
        return max((one.total for one in self._known.values() if one.total is not None), default=None)

    def outcome(self, step: int) -> _Outcome:
        """`current` and what is dropped, with this many hundredths of a percent on each chosen assignment."""
        if step not in self._known:
            pretend = Mark(percent=Fraction(step, 100))
            marks = _with(self._marks, dict.fromkeys(self._work_ids, pretend))
            grade = self._ask(marks)
            self._known[step] = _Outcome(grade.current, _dropped(grade))
        return self._known[step]

    def first_reaching(self, low: int, high: int) -> int | None:
        """The first step from low to high that reaches the target."""
        if self._reaches(low):
            return low
        if high - low <= 1:
            return high if self._reaches(high) else None
        same = self.outcome(low).dropped == self.outcome(high).dropped
        if same and not self._reaches(high):
            return None
        middle = (low + high) // 2
        found = self.first_reaching(low, middle)
        return found if found is not None else self.first_reaching(middle, high)

    def _reaches(self, step: int) -> bool:
        total = self.outcome(step).total
        return total is not None and total >= self._target


def _with(marks: Marks, pretend: Mapping[int, Mark | int | None]) -> Marks:
    """The marks with the pretend ones in their place, which always show (G8 hides only real scores)."""
    mixed: dict[int, Mark | int] = dict(marks)
    for work_id, mark in pretend.items():
        if mark is None:
            mixed.pop(work_id, None)
        else:
            seen = Mark(points=mark) if isinstance(mark, int) else mark
            mixed[work_id] = seen._replace(posted=True)
    return mixed


def _dropped(grade: Grade | CourseGrade) -> frozenset[tuple[int, Reason]]:
    grades = [grade] if isinstance(grade, Grade) else [one for _, one in grade.periods]
    return frozenset(
        (line.work.id, line.reason)
        for one in grades
        for part in one.parts
        for line in part.lines
        if line.what is What.dropped
    )
