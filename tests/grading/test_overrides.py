"""A total that a teacher replaced (grading.md G14)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.overrides import Override, OverrideError, shown, typed_override
from gradebook.grading.periods import CourseCalculator, CourseGrade
from gradebook.grading.scales import Letters
from gradebook.grading.section_grade import Calculator
from gradebook.grading.typed import ScoreError
from gradebook.grading.values import Category, GradingScale, Mark, Period, Rules, Totals, Work
from tests.grading.random_classes import AT

SCALE = GradingScale.of([("A", 90), ("B", 80), ("C", 70), ("F", 0)])
WORK = Work(1, 1, possible=1000)


def set_to(text: str) -> Override:
    return typed_override(text, "ill for weeks", letters=SCALE.labels)


@pytest.mark.parametrize(
    ("text", "percent", "letter"),
    [
        ("88.5", "88.50", None),
        ("88,5 %", "88.50", None),
        ("0", "0.00", None),
        ("b", None, "B"),
        ("100", "100.00", None),
        ("150", "150.00", None),
    ],
)
def test_a_total_is_typed_as_a_percentage_or_a_letter(text: str, percent: str | None, letter: str | None) -> None:
    override = set_to(text)
    assert (override.percent, override.letter) == (None if percent is None else Decimal(percent), letter)
    assert override.reason == "ill for weeks"


@pytest.mark.parametrize("text", ["", "m", "ex", "t", "88l", "B l"])
def test_what_is_not_a_total_is_refused(text: str) -> None:
    with pytest.raises(OverrideError) as caught:
        set_to(text)
    assert caught.value.code == "not_a_total"


@pytest.mark.parametrize(
    ("text", "code"),
    [("-1", "negative"), ("88.555", "too_many_decimals"), ("Q", "not_a_score"), ("18/20", "other_total")],
)
def test_a_total_is_read_as_strictly_as_a_score(text: str, code: str) -> None:
    with pytest.raises(ScoreError) as caught:
        set_to(text)
    assert caught.value.code == code


def test_a_total_above_150_waits_for_a_second_confirmation() -> None:
    with pytest.raises(ScoreError) as caught:
        set_to("150.01")
    assert caught.value.code == "needs_confirmation"
    assert typed_override("150.01", "a prize", confirmed=True).percent == Decimal("150.01")


@pytest.mark.parametrize(
    ("percent", "letter", "reason", "code"),
    [
        (None, None, "because", "one_form"),
        (Decimal(88), "B", "because", "one_form"),
        (Decimal("-0.01"), None, "because", "negative"),
        (Decimal("88.555"), None, "because", "too_many_decimals"),
        (Decimal(88), None, " ", "no_reason"),
        (None, "B", "", "no_reason"),
    ],
)
def test_an_override_is_valid_or_refused_with_a_reason(
    percent: Decimal | None, letter: str | None, reason: str, code: str
) -> None:
    with pytest.raises(OverrideError) as caught:
        Override(percent, letter, reason)
    assert caught.value.code == code
    assert code in str(caught.value)


def test_an_override_is_shown_in_place_of_both_totals_and_the_computed_grade_is_kept() -> None:
    calculator = Calculator(Rules(scale=SCALE), [Category(1)], [WORK, Work(2, 1, possible=1000)])
    grade = calculator.grade({1: 750}, Asked(AT))
    assert shown(grade.totals, None, calculator.letters) == grade.totals
    seen = shown(grade.totals, set_to("80"), calculator.letters)
    assert (seen.current, seen.final, seen.letter, seen.final_letter) == (Decimal(80), Decimal(80), "B", "B")
    assert (seen.graded_count, seen.counting_count) == (1, 2)
    assert (grade.current, grade.final, grade.letter) == (Decimal(75), Decimal("37.5"), "C")


def test_a_letter_stands_alone() -> None:
    calculator = Calculator(Rules(scale=SCALE), [Category(1)], [WORK])
    seen = shown(calculator.totals({1: 750}, Asked(AT)), set_to("A"), calculator.letters)
    assert (seen.current, seen.final, seen.letter, seen.final_letter) == (None, None, "A", "A")


def test_the_letter_of_a_percentage_follows_the_rule_of_the_class() -> None:
    assert shown(computed(), set_to("89.5"), Letters(SCALE, on_whole_percent=False)).letter == "B"
    assert shown(computed(), set_to("89.5"), Letters(SCALE, on_whole_percent=True)).letter == "A"
    assert shown(computed(), set_to("89.5"), Letters(None, on_whole_percent=False)).letter is None


def computed() -> Totals:
    return Calculator(Rules(), [Category(1)], [WORK]).totals({1: 750}, Asked(AT))


def course(
    overrides: dict[int, Override], marks: dict[int, Mark | int], scale: GradingScale | None = SCALE
) -> CourseGrade:
    rules = Rules(scale=scale, periods=(Period(1, Fraction(60)), Period(2, Fraction(40))))
    works = [Work(1, 1, possible=1000, period_id=1), Work(2, 1, possible=1000, period_id=2)]
    calculator = CourseCalculator(rules, [Category(1)], works)
    grade = calculator.grade(marks, Asked(AT), overrides=overrides)
    assert calculator.totals(marks, Asked(AT), overrides=overrides) == grade.totals
    return grade


def test_a_replaced_period_counts_in_the_course_as_it_is_shown() -> None:
    override = set_to("90")
    grade = course({1: override}, {1: 500, 2: 700})
    assert grade.current == Decimal("82.00")  # 90 × 0.6 + 70 × 0.4
    replaced, other = grade.current_working.periods
    assert (replaced.exact, replaced.contribution, replaced.override) == (90, 54, override)
    assert (other.exact, other.contribution, other.override) == (70, 28, None)
    assert grade.periods[0][1].current == Decimal("50.00")  # the computed grade is kept
    assert grade.to_dict()["current"]["periods"][0]["override"] == {
        "percent": "90.00", "letter": None, "reason": "ill for weeks",
    }  # fmt: skip


def test_a_replaced_period_without_scores_takes_part_in_both_totals() -> None:
    grade = course({2: set_to("70")}, {1: 1000})
    assert (grade.current, grade.final) == (Decimal("88.00"), Decimal("88.00"))  # 100 × 0.6 + 70 × 0.4


def test_a_letter_counts_as_when_typed_for_a_score() -> None:
    assert course({1: set_to("B")}, {1: 0, 2: 890}).current == Decimal("89.00")  # 1 below the bound of A


def test_a_letter_that_the_scale_has_lost_leaves_the_computed_total() -> None:
    lost = Override(None, "Z", "an old scale")
    assert course({1: lost}, {1: 500, 2: 500}).current == Decimal("50.00")
    assert course({1: lost}, {1: 500, 2: 500}, scale=None).current == Decimal("50.00")
