"""The last row of a grid: averages over a class."""

from decimal import Decimal
from fractions import Fraction

from gradebook.grading.averages import mean_percent, mean_points


def test_the_mean_of_points_has_2_places_half_up() -> None:
    assert mean_points([1800, 1700]) == Decimal("17.50")
    assert mean_points([1000, 1001]) == Decimal("10.01")  # 10.005
    assert mean_points([1000, Fraction(1, 2), 1]) == Decimal("3.34")  # 3.33833...


def test_the_mean_of_percentages_has_2_places_half_up() -> None:
    assert mean_percent([Decimal("80.01"), Decimal("80.02")]) == Decimal("80.02")
    assert mean_percent([Decimal(90), Decimal(80), Decimal(80)]) == Decimal("83.33")


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean_points([]) is None
    assert mean_percent([]) is None
