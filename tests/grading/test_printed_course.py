"""What is printed of a course of weighted periods adds up by hand."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.overrides import Override
from gradebook.grading.periods import CourseCalculator, CourseGrade
from gradebook.grading.printed_course import PrintedCourse, printed_course
from gradebook.grading.values import Category, Period, Rules, Work
from tests.grading.how_many import how_many
from tests.grading.random_classes import AT, some_class


def some_course(seed: int) -> CourseGrade:
    """A class as teachers can type it, its work in up to four periods with weights of two decimals."""
    chance = Random(seed)
    one = some_class(chance)
    weights = [chance.choice([0, 10, 20, 25, 30, 50, "33.33", "12.5", 60]) for _ in range(chance.randint(1, 4))]
    periods = tuple(Period(at, Fraction(weight)) for at, weight in enumerate(weights, start=1))
    works = [work._replace(period_id=chance.randint(1, len(periods))) for work in one.works]
    overrides = {1: Override(Decimal("77.77"), None, "as agreed")} if chance.random() < 0.2 else {}
    rules = replace(one.rules, periods=periods)
    return CourseCalculator(rules, one.categories, works).grade(one.marks, one.asked, overrides=overrides)


def by_hand(amount: Decimal, places: int = 2) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def added_up(sum_: PrintedCourse) -> Decimal:
    """The total that a person with a pencil reaches from what is printed, before the cap."""
    lines = [line.adds for line in sum_.lines if line.adds is not None]
    assert sum(lines, Decimal(0)) == sum_.together
    return by_hand(sum_.together / sum_.weight_sum * 100 if sum_.is_scaled else sum_.together)


def test_the_printed_periods_add_up_to_the_printed_total() -> None:
    for seed in range(how_many(2000)):
        grade = some_course(seed)
        sum_ = printed_course(grade)
        assert sum_.percent == grade.current
        if sum_.percent is not None:
            assert added_up(sum_) == (sum_.percent if sum_.before_cap is None else sum_.before_cap), f"course {seed}"


def test_each_printed_percentage_times_its_weight_is_what_it_adds() -> None:
    for seed in range(how_many(2000)):
        sum_ = printed_course(some_course(seed))
        for line in sum_.lines:
            if line.adds is not None and line.percent is not None:
                assert by_hand(line.percent * line.weight / 100, sum_.places) == line.adds, f"course {seed}"


def course(*scores: tuple[int, int, int], overrides: dict[int, Override] | None = None) -> PrintedCourse:
    """Periods of one piece each: (points, of, weight); no points given: nothing graded."""
    rules = Rules(periods=tuple(Period(at, Fraction(weight)) for at, (_, _, weight) in enumerate(scores, 1)))
    works = [Work(at, 1, possible=of * 100, period_id=at) for at, (_, of, _) in enumerate(scores, 1)]
    marks = {at: points * 100 for at, (points, _, _) in enumerate(scores, 1) if points >= 0}
    calculator = CourseCalculator(rules, [Category(1)], works)
    return printed_course(calculator.grade(marks, Asked(AT), overrides=overrides or {}))


def test_the_lines_say_what_each_period_brings() -> None:
    sum_ = course((8, 10, 60), (-1, 10, 30), (9, 10, 10), overrides={3: Override(Decimal(70), None, "as agreed")})
    assert [str(line.percent) for line in sum_.lines] == ["80.00", "None", "70.00"]
    assert [str(line.adds) for line in sum_.lines] == ["48.00", "None", "7.00"]
    assert [line.is_replaced for line in sum_.lines] == [False, False, True]
    assert [line.id for line in sum_.lines] == [1, 2, 3]
    assert [str(line.weight) for line in sum_.lines] == ["60.00", "30.00", "10.00"]
    assert (str(sum_.together), str(sum_.weight_sum), sum_.is_scaled) == ("55.00", "70.00", True)
    assert (str(sum_.percent), sum_.before_cap) == ("78.57", None)  # 55 ÷ 70 × 100
    assert (sum_.places, sum_.percent_places) == (2, 2)


@pytest.mark.parametrize(
    ("weights", "percent", "is_scaled"),
    [((60, 40), "84.00", False), ((60, "39.5"), "83.97", True), ((60, "40.5"), "84.45", False)],
)
def test_weights_are_shared_out_only_below_100(weights: tuple[Any, Any], percent: str, is_scaled: bool) -> None:
    """80% and 90%: 48 + 36; (48 + 35.55) ÷ 99.5 × 100; 48 + 36.45."""
    rules = Rules(periods=tuple(Period(at, Fraction(weight)) for at, weight in enumerate(weights, 1)))
    works = [Work(at, 1, possible=1000, period_id=at) for at in (1, 2)]
    grade = CourseCalculator(rules, [Category(1)], works).grade({1: 800, 2: 900}, Asked(AT))
    assert (str(grade.current), printed_course(grade).is_scaled) == (percent, is_scaled)


def test_nothing_graded_has_lines_and_no_total() -> None:
    sum_ = course((-1, 10, 60), (-1, 10, 40))
    assert (sum_.percent, sum_.together, sum_.weight_sum) == (None, 0, 0)
    assert [(line.percent, line.adds) for line in sum_.lines] == [(None, None), (None, None)]


def test_periods_without_weight_bring_nothing() -> None:
    sum_ = course((8, 10, 0), (9, 10, 0))
    assert sum_.percent is None
    assert [str(line.percent) for line in sum_.lines] == ["80.00", "90.00"]
    assert [line.adds for line in sum_.lines] == [None, None]


def test_thirds_that_make_a_half_are_rounded_as_the_total_is() -> None:
    """30.001333… + 30.001333… + 28.002333… is 88.005, shown as 88.01: one line carries what decimals lose."""
    sum_ = course((90004, 99000, 33), (90004, 99000, 33), (84007, 102_000, 34))
    assert added_up(sum_) == sum_.percent == Decimal("88.01")
    assert [str(line.adds) for line in sum_.lines] == ["30.00133334", "30.00133333", "28.00233333"]
    assert str(sum_.together) == "88.00500000"


def test_the_total_that_a_cap_lowered_is_printed() -> None:
    rules = Rules(cap_percent=Fraction(95), periods=(Period(1, Fraction(60)), Period(2, Fraction(60))))
    works = [Work(at, 1, possible=1000, period_id=at) for at in (1, 2)]
    sum_ = printed_course(CourseCalculator(rules, [Category(1)], works).grade({1: 900, 2: 850}, Asked(AT)))
    assert (str(sum_.percent), str(sum_.before_cap), str(sum_.together)) == ("95.00", "105.00", "105.00")
    assert not sum_.is_scaled
