"""What one cell is worth: kinds of empty, missing, late, hidden (grading.md G2, G3, G4, G8, G12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from .scales import letter_percent
from .values import Amount, GradingScale, LateDeduction, LateRule, Mark, Marks, Reason, Rules, Status, What, Work


class Left(Enum):
    """The one value of a cell that is in neither total."""

    OUT = "out"


OUT: Final = Left.OUT
Value = Amount | None | Literal[Left.OUT]
"""Hundredths of a point; None: not graded (0 in `final`); OUT: in neither total (G2)."""

# Read for every cell of a class: a module's name is found much faster than an enum's member.
EXCUSED = Status.excused
SCORABLE = (Status.none, Status.turned_in)
COUNTED, SCORED = What.counted, Reason.scored
IN_NEITHER = (What.does_not_count, What.not_assigned, What.excused)

INTERVALS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


class Asked(NamedTuple):
    """For whom and for when a grade is asked."""

    at: datetime
    joined_at: datetime | None = None
    """The first moment in the class; None: from its beginning."""
    left_at: datetime | None = None
    """The first moment no longer in the class."""
    posted_only: bool = False
    """What families see (G8)."""
    not_assigned: Collection[int] = ()
    """Ids of work that was not assigned to this student."""


class Cell(NamedTuple):
    """A cell with the reasons for its value; `value` is always what `value_of` says."""

    what: What
    reason: Reason
    typed: Amount | None
    typed_percent: Fraction | None
    typed_letter: str | None
    late: LateDeduction | None
    value: Amount | None


def values_of(rules: Rules, works: Sequence[Work], marks: Marks, asked: Asked) -> list[Value]:
    """`value_of` for each of these assignments; most cells are plain scores of work that everyone has."""
    get, hides, some_not_assigned = marks.get, asked.posted_only, bool(asked.not_assigned)
    values: list[Value] = []
    for work in works:
        mark = get(work.id)
        if type(mark) is int and work.counts and not some_not_assigned and (work.posted or not hides):
            values.append(mark)
        else:
            values.append(value_of(rules, work, mark, asked))
    return values


def value_of(rules: Rules, work: Work, mark: Mark | int | None, asked: Asked) -> Value:
    """What the cell is worth in both totals, in hundredths (G2 to G4, G8)."""
    if not work.counts or work.id in asked.not_assigned:
        return OUT
    if mark is None or (asked.posted_only and not is_posted(work, mark)):
        return None if _attended(work, asked) else OUT
    if isinstance(mark, int):
        return mark
    status = mark.status
    if status == EXCUSED:
        return OUT
    if status in SCORABLE:
        score = typed_points(rules.scale, work, mark)
        if score is not None:
            late = late_deduction(rules.late, work, mark, score) if rules.late else None
            return score if late is None else tidy(score - late.taken)
    if not _attended(work, asked):
        return OUT
    return missing_value(rules, work) if _is_missing(mark, asked.at) else None


def read_cell(rules: Rules, work: Work, mark: Mark | int | None, asked: Asked) -> Cell:
    """The cell with its reasons, for the page that explains it."""
    if mark is not None and asked.posted_only and not is_posted(work, mark):
        mark = None
    if type(mark) is int and work.counts and work.possible and not (work.extra_credit or asked.not_assigned):
        return Cell(COUNTED, SCORED, mark, None, None, None, mark)
    seen = Mark(points=mark) if isinstance(mark, int) else mark or Mark()
    value = value_of(rules, work, mark, asked)
    typed = typed_points(rules.scale, work, seen)
    what, reason = _why(work, seen, value, asked)
    late = None
    if reason in (Reason.scored, Reason.extra_credit) and typed is not None:
        late = late_deduction(rules.late, work, seen, typed)
    return Cell(what, reason, typed, seen.percent, seen.letter, late, None if value is OUT else value)


def worth_of(cell: Cell) -> Value:
    """What `value_of` says of the same cell."""
    return OUT if cell.what in IN_NEITHER else cell.value


def is_posted(work: Work, mark: Mark | int) -> bool:
    """Whether families see this score: the student's own posting, or else the assignment's (G8)."""
    if isinstance(mark, int) or mark.posted is None:
        return work.posted
    return mark.posted


def typed_points(scale: GradingScale | None, work: Work, mark: Mark) -> Amount | None:
    """The score as typed, in hundredths; from a percent or a letter it is derived exactly (G12, G13)."""
    if mark.points is not None:
        return mark.points
    percent = mark.percent
    if percent is None and mark.letter is not None and scale is not None:
        percent = letter_percent(scale, mark.letter)
    return None if percent is None else percent_of(percent, work.possible)


def late_deduction(rule: LateRule | None, work: Work, mark: Mark, score: Amount) -> LateDeduction | None:
    """What lateness takes from a score (G4); None if the score is on time, cleared, or there is no rule."""
    if rule is None or not mark.late or mark.late_cleared or work.possible == 0:
        return None
    intervals, time_known = _intervals_late(rule, work, mark)
    asked = percent_of(rule.percent * intervals, work.possible)
    # A score that is under the floor by itself stays as it is.
    taken = max(0, min(asked, score - percent_of(rule.floor, work.possible)))
    return LateDeduction(intervals, asked, taken, time_known)


def missing_value(rules: Rules, work: Work) -> Amount | None:
    """What missing work counts as, in hundredths; None: it does not count (G3)."""
    if rules.missing_percent is None:
        return None
    return percent_of(rules.missing_percent, work.possible)


def percent_of(percent: Fraction, possible: int) -> Amount:
    """So many percent of the points possible, in hundredths."""
    over, under = percent.numerator * possible, percent.denominator * 100
    return over // under if over % under == 0 else Fraction(over, under)


def percent_scored(cell: Cell, possible: int) -> Fraction | None:
    """The score as typed, in percent of full marks; None where none stands, or its status puts it aside."""
    if cell.typed is None or not possible or cell.what in (What.excused, What.missing):
        return None
    return Fraction(cell.typed) * 100 / possible


def tidy(amount: Amount) -> Amount:
    """Whole hundredths as a plain int: adding ints is many times faster, and the value is the same."""
    return amount.numerator if amount.denominator == 1 else amount


def _intervals_late(rule: LateRule, work: Work, mark: Mark) -> tuple[int, bool]:
    """Started intervals of lateness, and whether the time is known; late without a time is 1 (G4).

    The mark says whether it is late, the hand-in only how late: a hand-in before the due moment is no time late.
    """
    if work.due_at is None or mark.turned_in_at is None or mark.turned_in_at <= work.due_at:
        return 1, False
    return -((work.due_at - mark.turned_in_at) // INTERVALS[rule.interval]), True


def _is_missing(mark: Mark, at: datetime) -> bool:
    """Missing, or incomplete with its finish-by day come (G2)."""
    if mark.status == Status.incomplete:
        return mark.finish_by_at is not None and mark.finish_by_at <= at
    return mark.status == Status.missing


def _attended(work: Work, asked: Asked) -> bool:
    """Whether the work was due while the student was in the class (G2)."""
    return work.due_at is None or not (_before_joining(work.due_at, asked) or _after_leaving(work.due_at, asked))


# What is due at the end of a day is due at the midnight with which the next day begins: due before the one who joins
# on that next day, and not yet after the one whose last day it was.


def _before_joining(due_at: datetime, asked: Asked) -> bool:
    return asked.joined_at is not None and due_at <= asked.joined_at


def _after_leaving(due_at: datetime, asked: Asked) -> bool:
    return asked.left_at is not None and due_at > asked.left_at


def _why(work: Work, mark: Mark, value: Value, asked: Asked) -> tuple[What, Reason]:
    if value is OUT:
        return _why_out(work, mark, asked)
    if value is None:
        return _why_not_graded(work, mark, asked)
    if mark.status == Status.missing:
        return What.missing, Reason.missing_rule
    if mark.status == Status.incomplete:
        return What.missing, Reason.finish_by_passed
    if work.extra_credit:
        return What.extra_credit, Reason.extra_credit
    if work.possible == 0:
        return What.extra_credit, Reason.zero_possible
    return What.counted, Reason.scored


def _why_out(work: Work, mark: Mark, asked: Asked) -> tuple[What, Reason]:
    if not work.counts:
        return What.does_not_count, Reason.does_not_count
    if work.id in asked.not_assigned:
        return What.not_assigned, Reason.not_assigned
    if mark.status == Status.excused:
        return What.excused, Reason.excused
    if work.due_at is not None and _before_joining(work.due_at, asked):
        return What.not_assigned, Reason.before_joining
    return What.not_assigned, Reason.after_leaving


def _why_not_graded(work: Work, mark: Mark, asked: Asked) -> tuple[What, Reason]:
    if _is_missing(mark, asked.at):
        return What.not_graded, Reason.missing_not_counted
    if mark.status == Status.incomplete:
        return What.incomplete, Reason.finish_by_ahead
    if mark.letter is not None:
        return What.not_graded, Reason.unknown_letter
    if mark.status == Status.turned_in:
        return What.turned_in, Reason.turned_in
    # From the assignment alone, never from a score: that a hidden score exists must not show (G8).
    hidden = asked.posted_only and not work.posted and mark == Mark()
    return What.not_graded, Reason.hidden if hidden else Reason.blank
