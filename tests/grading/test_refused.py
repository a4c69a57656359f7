"""Rules that cannot be computed with are refused, with a reason."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Category, LateRule, Period, Rules, RulesError, Work

ONE, ZERO = Fraction(1), Fraction(0)
LESS = Fraction(-1, 100)


def late(percent: Fraction = ONE, floor: Fraction = ZERO) -> Rules:
    return Rules(late=LateRule(percent, floor=floor))


def of(work: Work) -> Calculator:
    return Calculator(Rules(), [Category(1)], [Work(2, 1, possible=10), work])


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: Category(1, weight=LESS), "negative_weight"),
        (lambda: Category(1, drop_lowest=-1), "negative_drop"),
        (lambda: Category(1, drop_highest=-1), "negative_drop"),
        (lambda: Category(1, keep_best=0), "keeps_none"),
        (lambda: Category(1, keep_best=2, drop_lowest=1), "keeps_and_drops"),
        (lambda: Rules(missing_percent=LESS), "negative_percent"),
        (lambda: Rules(cap_percent=LESS), "negative_percent"),
        (lambda: late(LESS), "negative_percent"),
        (lambda: late(floor=LESS), "negative_percent"),
        (lambda: late(floor=100 - LESS), "floor_above_100"),
        (lambda: Rules(periods=(Period(1, ONE), Period(2, LESS))), "negative_weight"),
        (lambda: Rules(periods=(Period(1, ONE), Period(1, ZERO))), "period_twice"),
        (lambda: Calculator(Rules(), [Category(1), Category(1)], []), "category_twice"),
        (lambda: of(Work(2, 1)), "assignment_twice"),
        (lambda: of(Work(1, 7)), "unknown_category"),
        (lambda: of(Work(1, 1, possible=-1)), "negative_points"),
        (lambda: of(Work(1, 1, weight=LESS)), "negative_weight"),
    ],
)
def test_bad_rules_are_refused_with_a_reason(made: Callable[[], object], code: str) -> None:
    with pytest.raises(RulesError) as caught:
        made()
    assert caught.value.code == code
    assert code in str(caught.value)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Category(1, weight=ZERO, drop_lowest=99, drop_highest=99),
        lambda: Category(1, keep_best=1, drop_highest=1),
        lambda: Rules(missing_percent=ZERO, cap_percent=ZERO),
        lambda: Rules(missing_percent=None, cap_percent=None),
        lambda: late(ZERO, ZERO),
        lambda: late(Fraction(500), Fraction(100)),
        lambda: Rules(periods=(Period(1, ZERO), Period(2, Fraction(500)))),
        lambda: Calculator(Rules(), [], []),
        lambda: of(Work(1, 1, possible=0, weight=ZERO)),
    ],
)
def test_rules_at_their_bounds_are_not(made: Callable[[], object]) -> None:
    made()


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: Category(1, "Quizzes", weight=LESS), "Quizzes"),
        (lambda: Category(1, "Quizzes", drop_lowest=-1), "Quizzes"),
        (lambda: Category(1, "Quizzes", keep_best=0), "Quizzes"),
        (lambda: Category(1, "Quizzes", keep_best=1, drop_lowest=1), "Quizzes"),
        (lambda: of(Work(1, 7, "Essay")), "Essay"),
        (lambda: of(Work(1, 1, "Essay", possible=-1)), "Essay"),
        (lambda: of(Work(1, 1, "Essay", weight=LESS)), "Essay"),
        (lambda: Rules(periods=(Period(1, ONE), Period(2, LESS))), "2"),
        (lambda: Rules(cap_percent=LESS), ""),
    ],
)
def test_what_is_refused_is_named(made: Callable[[], object], name: str) -> None:
    with pytest.raises(RulesError) as caught:
        made()
    assert caught.value.name == name
    assert caught.value.args == (caught.value.code, name)
