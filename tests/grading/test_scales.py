"""Percent and letters (grading.md G12, G13)."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradebook.grading.scales import letter_for, letter_percent, percent_text, round_percent
from gradebook.grading.values import GradingScale, Rules, ScaleError, hundredths
from gradebook.grading.whatif import target_of
from tests.grading.how_many import how_many

LETTERS = GradingScale.of([("C", 70), ("A", 90), ("F", 0), ("B", 80), ("D", 60)])
some = settings(max_examples=how_many(150), derandomize=True, deadline=None, database=None)
scales = st.sets(st.integers(1, 10_000), max_size=8).map(
    lambda bounds: GradingScale.of((f"L{n}", Fraction(n, 100)) for n in sorted(bounds | {0}))
)


@pytest.mark.parametrize(
    ("exact", "printed"),
    [
        ("88.355", "88.36"),
        ("54.375", "54.38"),
        ("0", "0.00"),
        ("100", "100.00"),
        ("250/3", "83.33"),
        ("-0.005", "-0.01"),
    ],
)
def test_a_half_goes_up(exact: str, printed: str) -> None:
    assert str(round_percent(Fraction(exact))) == printed


@given(st.integers(-2_000_000, 2_000_000))
@some
def test_rounding_is_that_of_decimal(thousandths: int) -> None:
    exact = Decimal(thousandths).scaleb(-3)
    assert round_percent(Fraction(exact)) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_callers_decimal_context_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 2
        assert str(round_percent(Fraction("87.654"))) == "87.65"


@pytest.mark.parametrize(
    ("percent", "text"),
    [("82.40", "82.4"), ("82.00", "82"), ("100.00", "100"), ("0.00", "0"), ("90.05", "90.05")],
)
def test_a_total_has_no_trailing_zeros(percent: str, text: str) -> None:
    assert percent_text(Decimal(percent)) == text


def test_bands_are_sorted_from_the_top() -> None:
    assert LETTERS.labels == ("A", "B", "C", "D", "F")


@pytest.mark.parametrize(
    ("percent", "letter"),
    [("100", "A"), ("140", "A"), ("90", "A"), ("89.99", "B"), ("60", "D"), ("59.99", "F"), ("0", "F")],
)
def test_a_bound_belongs_to_its_letter(percent: str, letter: str) -> None:
    assert letter_for(LETTERS, Decimal(percent)) == letter


def test_below_every_bound_is_the_lowest_letter() -> None:
    assert letter_for(LETTERS, Decimal("-0.01")) == "F"


@pytest.mark.parametrize(("percent", "letter"), [("89.50", "A"), ("89.49", "B"), ("59.50", "D")])
def test_letters_on_whole_percent(percent: str, letter: str) -> None:
    assert letter_for(LETTERS, Decimal(percent), on_whole_percent=True) == letter


def test_a_letter_is_worth_a_little_less_than_the_next() -> None:
    scale = GradingScale.of([("A", 90), ("B+", "89.5"), ("B", "89.45"), ("C", "88.45"), ("F", 0)])
    worth = {label: letter_percent(scale, label) for label in scale.labels}
    assert worth == {
        "A": 100,
        "B+": Fraction("89.9"),  # narrower than 1%
        "B": Fraction("89.49"),  # narrower than 0.1%
        "C": Fraction("88.45"),  # exactly 1% wide
        "F": Fraction("87.45"),
    }


def test_a_letter_that_is_not_in_the_scale_is_worth_nothing_known() -> None:
    assert letter_percent(LETTERS, "Z") is None


@given(scales)
@some
def test_a_typed_letter_is_worth_a_percentage_of_its_own_band(scale: GradingScale) -> None:
    for label in scale.labels:
        worth = letter_percent(scale, label)
        assert worth is not None
        assert letter_for(scale, round_percent(worth)) == label


@given(scales, st.booleans())
@some
def test_the_target_of_a_letter_is_the_first_total_that_has_it(scale: GradingScale, whole: bool) -> None:
    rules = Rules(scale=scale, letter_on_whole_percent=whole)
    for label in scale.labels:
        target = target_of(rules, label)
        assert target is not None
        better = scale.labels[: scale.labels.index(label) + 1]
        assert letter_for(scale, target, whole) in better
        if target > 0:
            assert letter_for(scale, target - Decimal("0.01"), whole) not in better


@pytest.mark.parametrize(
    ("code", "label", "bands"),
    [
        ("no_bands", "", []),
        ("no_zero", "B", [("A", 90), ("B", 1)]),
        ("equal_bounds", "B", [("A", 90), ("B", 90), ("F", 0)]),
        ("equal_labels", "", [("A", 90), ("a", 80), ("F", 0)]),
        ("empty_label", "", [(" ", 90), ("F", 0)]),
        ("negative", "F", [("A", 90), ("F", -1)]),
        ("too_many_decimals", "A", [("A", "89.995"), ("F", 0)]),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(code: str, label: str, bands: list[tuple[str, int | str]]) -> None:
    with pytest.raises(ScaleError) as refused:
        GradingScale.of(bands)
    assert (refused.value.code, refused.value.label) == refused.value.args == (code, label)


def test_bounds_out_of_20_become_percentages() -> None:
    scale = GradingScale.out_of(20, [("Très bien", 16), ("Passable", 10), ("Insuffisant", 0)])
    assert [band.bound for band in scale.bands] == [80, 50, 0]


def test_points_have_two_decimals() -> None:
    assert hundredths(Decimal("18.5")) == 1850
    with pytest.raises(ValueError, match="2 decimals"):
        hundredths(Decimal("18.555"))
