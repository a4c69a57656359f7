"""What a change would do to grades, before it is made."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gradebook.grading.effects import compare, in_proportion, mean, part_of, scaled_to_100, worth
from gradebook.grading.values import Category, Rules, Work
from tests.grading.random_classes import AT


def test_a_class_is_compared_student_by_student() -> None:
    found = compare([(Decimal(80), Decimal(81)), (Decimal(70), Decimal(69)), (Decimal(60), Decimal(60)), (None, None)])
    assert (found.up, found.down, found.same, found.changed) == (1, 1, 2, 2)
    assert (found.mean_before, found.mean_after) == (Decimal("70.00"), Decimal("70.00"))


def test_a_total_that_appears_is_a_rise_and_one_that_vanishes_a_fall() -> None:
    found = compare([(None, Decimal(0)), (Decimal(0), None)])
    assert (found.up, found.down, found.same) == (1, 1, 0)


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean([]) is None
    assert mean([None, Decimal("80.01"), Decimal("80.02")]) == Decimal("80.02")  # half up


@pytest.mark.parametrize(
    ("points", "old", "new", "then"),
    [
        (1800, 2000, 2500, (2250, True)),
        (1700, 3000, 1000, (567, False)),
        (1, 2000, 1000, (1, False)),  # half a cent, up
        (0, 2000, 1000, (0, True)),
    ],
)
def test_scores_are_kept_in_proportion(points: int, old: int, new: int, then: tuple[int, bool]) -> None:
    assert in_proportion(points, old, new) == then


@pytest.mark.parametrize(
    ("weights", "scaled"),
    [
        (["30", "60"], ["33.33", "66.67"]),
        (["1", "1", "1"], ["33.34", "33.33", "33.33"]),
        (["50", "75"], ["40.00", "60.00"]),
        (["0", "90"], ["0.00", "100.00"]),
    ],
)
def test_scaled_weights_make_exactly_100(weights: list[str], scaled: list[str]) -> None:
    found = scaled_to_100([Decimal(weight) for weight in weights])
    assert [str(weight) for weight in found] == scaled
    assert sum(found) == 100


def quizzes(drop_lowest: int = 0) -> list[Category]:
    return [
        Category(1, "Quizzes", Fraction(30), drop_lowest=drop_lowest),
        Category(2, "Tests", Fraction(70), position=1),
    ]


def works(count: int) -> list[Work]:
    """So many quizzes of 20 points, and one test."""
    return [Work(at, 1, f"Quiz {at}", 2000, position=at) for at in range(1, count + 1)] + [Work(99, 2, "Test", 10000)]


def test_an_assignment_is_worth_its_part_of_its_category() -> None:
    assert worth(Rules(mode="weighted"), quizzes(), works(5), 5, AT) == Decimal("6.00")


def test_the_drop_rule_is_in_the_worth() -> None:
    assert worth(Rules(mode="weighted"), quizzes(drop_lowest=1), works(6), 6, AT) == Decimal("6.00")


def test_of_the_others_half_lie_above() -> None:
    """Of eight quizzes seven are others, four of them above: dropping the four highest leaves it in, 30 ÷ 4."""
    categories = [Category(1, "Quizzes", Fraction(30), drop_highest=4), *quizzes()[1:]]
    assert worth(Rules(mode="weighted"), categories, works(8), 8, AT) == Decimal("7.50")


def test_in_points_mode_the_worth_is_the_part_of_all_points() -> None:
    assert worth(Rules(), quizzes(), works(5), 5, AT) == Decimal("10.00")


def test_what_does_not_count_is_worth_nothing() -> None:
    some = [*works(2), Work(50, 1, "Bonus", 1000, extra_credit=True), Work(51, 1, "Practice", 1000, counts=False)]
    assert worth(Rules(mode="weighted"), quizzes(), some, 50, AT) is None
    assert worth(Rules(mode="weighted"), quizzes(), some, 51, AT) is None


def test_60_percent_of_the_points_is_rounded_half_up() -> None:
    assert part_of(2000, 60) == 1200
    assert part_of(1, 50) == 1
