"""A student's grade, how it has gone, and what one more score could do to it; worked out once for marks that are equal
(docs/decisions/0025).

The last two ask the calculator a dozen times for what one page shows, and most pages are opened again with nothing
changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from gradebook.database import will_write
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import Calculator
from gradebook.grading.stakes import Stake, stake
from gradebook.grading.trend import TrendPoint, trend
from gradebook.grading.values import Mark, Marks, Totals
from gradebook.services.grades import ClassWork, Student
from gradebook.services.remembering import Remembered

MOST_MARKS = 20_000
"""Marks of which this process remembers what they come to, and could still: some 150 bytes each."""


class _Asked(NamedTuple):
    """What the answers depend on, besides the calculator."""

    marks: Mapping[int, Mark | int]
    joined: tuple[date, date | None]
    today: date


@dataclass
class _Answers:
    """What was asked so far."""

    now: Totals | None = None
    trend: list[TrendPoint] | None = None
    stakes: dict[int, Stake] = field(default_factory=dict)
    percents: dict[date, Decimal | None] = field(default_factory=dict)


@dataclass
class Outlook:
    """One student's grade in one class, at other marks than those of today."""

    work: ClassWork
    student: Student
    marks: Mapping[int, Mark | int]
    """What is posted."""
    today: date
    _answers: _Answers = field(default_factory=_Answers)

    def totals(self, marks: Marks) -> Totals:
        """The totals that these marks would come to."""
        return self.work.totals(self.student, marks, posted_only=False, for_family=True)

    @property
    def now(self) -> Totals:
        """The totals of the marks as they are."""
        if self._answers.now is None:
            self._answers.now = self.totals(self.marks)
        return self._answers.now

    @property
    def trend(self) -> list[TrendPoint]:
        """Day by day, of the work that was due by then. The scores are those of now."""
        if self._answers.trend is None:
            self._answers.trend = trend(self.totals, self.marks, {key: self._day(key) for key in self.marks})
        return self._answers.trend

    def percent_on(self, day: date, totals: Totals) -> Decimal | None:
        """The percentage of the work due by that day, with the scores of now; `totals` are those of all of it."""
        percents = self._answers.percents
        if day not in percents:
            by_then = {key: mark for key, mark in self.marks.items() if self._day(key) <= day}
            percents[day] = totals.current if len(by_then) == len(self.marks) else self.totals(by_then).current
        return percents[day]

    def _day(self, key: int) -> date:
        """When it was due, or else posted; today at the latest."""
        column = self.work.by_id[key]
        if column.due_on is not None:
            return min(column.due_on, self.today)
        school = self.work.section.school
        return min(school.today(column.posted_at), self.today) if column.posted_at else self.today

    def stake(self, work_id: int, totals: Totals, *, counts_now: bool) -> Stake:
        """What one piece of work can still do; `totals` are those of the marks of now."""
        stakes = self._answers.stakes
        if work_id not in stakes:
            stakes[work_id] = stake(self.totals, self.marks, work_id, totals.current, counts_now=counts_now)
        return stakes[work_id]


_known: Remembered[tuple[int, int], tuple[Calculator | CourseCalculator, _Asked, _Answers]] = Remembered(MOST_MARKS)
"""By class and student: what the answers depend on, and the answers."""


def outlook_of(work: ClassWork, student: Student, marks: Mapping[int, Mark | int], today: date) -> Outlook:
    """The outlook of these marks: the one that is remembered where all that it was made of is the same."""
    if will_write.get() or not work.is_plain or _has_a_day(marks):
        return Outlook(work, student, marks, today)
    key = (work.section.id, student.id)
    asked = _Asked(marks, (student.begins_on, student.ends_on), today)
    known = _known.get(key)
    if known is None or known[0] is not work.calculator or known[1] != asked:
        known = (work.calculator, asked, _Answers())
        _known.keep(key, known, len(marks) + 1)
    return Outlook(work, student, marks, today, known[2])


def _has_a_day(marks: Mapping[int, Mark | int]) -> bool:
    """Whether what some mark counts as changes on a day."""
    return any(isinstance(mark, Mark) and mark.finish_by_at is not None for mark in marks.values())
