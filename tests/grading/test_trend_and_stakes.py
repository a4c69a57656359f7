"""How a grade has gone, and what one piece of work can still do to it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.section_grade import Calculator
from gradebook.grading.stakes import stake
from gradebook.grading.trend import MOST_POINTS, spread, trend
from gradebook.grading.values import Category, Mark, Rules, Status, Work

AT = datetime(2026, 10, 14, 12, tzinfo=UTC)
QUIZZES = Category(id=1, title="Quizzes", drop_lowest=1)


def totals_of(works, categories=None, rules=None):
    calculator = Calculator(rules or Rules(), categories or [Category(id=1)], works)
    return lambda marks: calculator.totals(marks, Asked(AT))


def works(count, possible=1000):
    return [Work(number, 1, f"Work {number}", possible, position=number) for number in range(1, count + 1)]


def days(count):
    return {number: date(2026, 9, number) for number in range(1, count + 1)}


def test_each_point_is_the_grade_of_the_work_up_to_its_day():
    points = trend(totals_of(works(3)), {1: 900, 2: 500, 3: 1000}, days(3))
    assert [(point.day.day, point.percent, point.pieces) for point in points] == [
        (1, Decimal("90.00"), 1),
        (2, Decimal("70.00"), 2),
        (3, Decimal("80.00"), 3),
    ]


def test_the_last_point_is_the_grade_itself_drops_included():
    ask = totals_of(works(4), [QUIZZES])
    marks = {1: 300, 2: 900, 3: 800, 4: 700}
    points = trend(ask, marks, days(4))
    assert points[-1].percent == ask(marks).current == Decimal("80.00")
    assert points[0].percent == Decimal("30.00")  # a single score is never dropped


def test_days_without_a_grade_are_left_out():
    marks = {1: Mark(status=Status.excused), 2: 500}
    assert [point.day.day for point in trend(totals_of(works(2)), marks, days(2))] == [2]
    assert trend(totals_of(works(2)), {}, days(2)) == []


@pytest.mark.parametrize("count", [1, 7, 8, 9, 30])
def test_many_days_are_thinned_out_evenly_with_the_first_and_the_last(count):
    known = [date(2026, 9, day) for day in range(1, count + 1)]
    found = spread(known, MOST_POINTS)
    assert len(found) == min(count, MOST_POINTS) == len(set(found))
    assert (found[0], found[-1]) == (known[0], known[-1])
    assert found == sorted(found)


def test_missing_work_brings_what_full_marks_add_to_the_grade_of_now():
    ask = totals_of(works(2))
    marks = {1: 800, 2: Mark(status=Status.missing)}
    found = stake(ask, marks, 2, ask(marks).current, counts_now=True)
    assert (found.now, found.full, found.effect) == (Decimal("40.00"), Decimal("90.00"), Decimal("50.00"))


def test_work_ahead_decides_between_a_zero_and_full_marks():
    ask = totals_of(works(2))
    found = stake(ask, {1: 800}, 2, ask({1: 800}).current)
    assert (found.none, found.full, found.effect) == (Decimal("40.00"), Decimal("90.00"), Decimal("50.00"))


def test_where_there_is_no_grade_yet_the_first_piece_decides_all_of_it():
    found = stake(totals_of(works(1)), {}, 1, None)
    assert (found.now, found.none, found.full, found.effect) == (None, 0, 100, 100)


def test_work_without_weight_has_no_effect():
    categories = [Category(id=1, weight=Fraction(100)), Category(id=2, weight=Fraction(0))]
    ask = totals_of([*works(1), Work(9, 2, "Practice", 1000)], categories, Rules(mode="weighted"))
    assert stake(ask, {1: 800}, 9, Decimal("80.00")).effect == 0


def test_a_grade_above_full_marks_is_not_called_a_loss():
    ask = totals_of(works(2))
    marks = {1: 1500}
    found = stake(ask, marks, 2, ask(marks).current)
    assert found.full < found.now
    assert found.effect == Decimal("50.00")
