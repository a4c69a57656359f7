"""Levels of outcomes: by hand (tests/data/outcome_cases.json), by an independent oracle, and what must always hold.

A case's `ratings` are in the order in which the work was made; a number is the rated level's, or an object with `r`
(the number) or `said`, and `due`, `position`, `posted`. Without `due` the work is due one day after the one before it,
unless any other has a day. `shares` and `parts` are those of the ratings in their own order, if given; `order` is the
ratings from the earliest to the latest.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradebook.grading.outcomes import (
    Level,
    MasteryError,
    MasteryScale,
    Method,
    OutcomeResult,
    OutcomeRules,
    Part,
    Rating,
    Said,
    Why,
    outcome_result,
)
from gradebook.grading.values import exact_text
from tests.grading.how_many import how_many
from tests.grading.test_explanation import arithmetic

Case = dict[str, Any]
CASES: list[Case] = json.loads(
    (Path(__file__).parent.parent / "data" / "outcome_cases.json").read_text("utf-8"), parse_float=Decimal
)["cases"]
FOUR = MasteryScale.of([(4, "Exceeds"), (3, "Meets"), (2, "Approaching"), (1, "Beginning")], met_from=3)
FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)

chance = st.randoms(use_true_random=False)
some = settings(max_examples=how_many(60), derandomize=True, deadline=None, database=None)


def scale_of(case: Case) -> MasteryScale:
    given = case.get("scale")
    return MasteryScale.of(given["levels"], given["met_from"]) if given else FOUR


def rules_of(case: Case) -> OutcomeRules:
    return OutcomeRules(Method(case["method"]), case.get("times", 3), case.get("missing_is_lowest", False))


def ratings_of(case: Case) -> list[Rating]:
    said = [one if isinstance(one, dict) else {"r": one} for one in case["ratings"]]
    dated = any("due" in one for one in said)
    return [_rating(one, key, dated) for key, one in enumerate(said, 1)]


def _rating(one: Case, key: int, dated: bool) -> Rating:
    due = datetime.fromisoformat(one["due"]).replace(tzinfo=UTC) if "due" in one else None
    return Rating(
        work_id=key,
        number=Fraction(one["r"]) if "r" in one else None,
        said=Said(one.get("said", "level")),
        day=due if dated else FIRST + timedelta(days=key),
        position=one.get("position", 0),
        posted=one.get("posted", True),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_worked_out_by_hand(case: Case) -> None:
    result = outcome_result(
        scale_of(case), rules_of(case), ratings_of(case), posted_only=case.get("posted_only", False)
    )
    number = None if case["number"] is None else Decimal(case["number"])
    assert (result.number, result.level and result.level.label, result.is_met) == (number, case["level"], case["met"])
    assert result.why == case.get("why", Why.worked_out)
    lines = {line.rating.work_id: line for line in result.lines}
    if "exact" in case:
        assert result.exact == Fraction(case["exact"])
    if "times_met" in case:
        assert result.times_met == case["times_met"]
    if "shares" in case:
        assert [exact_text(lines[key].share) for key in sorted(lines)] == case["shares"]
    if "parts" in case:
        assert [lines[key].part for key in sorted(lines)] == case["parts"]
    if "order" in case:
        assert [line.rating.work_id for line in result.lines] == case["order"]


def test_every_method_has_cases_with_and_without_a_level() -> None:
    for method in Method:
        of_method = [case for case in CASES if case["method"] == method]
        assert any(case["number"] for case in of_method)
    assert {case.get("why") for case in CASES} == {None, Why.not_rated, Why.not_often_enough}


# --- An oracle: the definitions of docs/grading.md in other words


def oracle(scale: MasteryScale, rules: OutcomeRules, ratings: list[Rating], posted_only: bool) -> Decimal | None:
    """The printed number, worked out without looking at the program."""
    never = datetime(9999, 1, 1, tzinfo=UTC)
    row = [one for one in ratings if not posted_only or one.posted]
    row.sort(key=lambda one: one.work_id)
    row.sort(key=lambda one: one.position)
    row.sort(key=lambda one: one.day if one.day is not None else never)
    numbers: list[Fraction] = []
    for one in row:
        if one.said == "level":
            numbers.append(Fraction(one.number or 0))
        elif one.said == "missing" and rules.missing_is_lowest:
            numbers.append(min(level.number for level in scale.levels))
    if not numbers:
        return None
    if rules.method == "latest":
        exact = numbers[-1]
    elif rules.method == "highest":
        exact = sorted(numbers)[-1]
    elif rules.method == "mean":
        exact = sum(numbers, Fraction(0)) / len(numbers)
    elif rules.method == "decaying":
        before = numbers[: len(numbers) - 1]
        mean = sum(before, Fraction(0)) / len(before) if before else numbers[0]
        exact = (65 * numbers[-1] + 35 * mean) / 100
    else:
        good = [number for number in numbers if not number < scale.met_from]
        if len(good) < rules.times:
            return None
        exact = sum(good, Fraction(0)) / len(good)
    # Enough digits that the quotient cannot fall on the other side of a half.
    quotient = Decimal(exact.numerator * 10**12 // exact.denominator).scaleb(-12)
    return quotient.quantize(Decimal("0.01"), ROUND_HALF_UP)


def some_scale(dice: Random) -> MasteryScale:
    numbers = dice.sample([Fraction(half, 2) for half in range(13)], dice.randint(2, 7))
    levels = [(number, f"level {number}") for number in numbers]
    return MasteryScale.of(levels, met_from=dice.choice(sorted(numbers)[1:]))


def some_ratings(dice: Random, scale: MasteryScale, most: int = 9) -> list[Rating]:
    return [_some_rating(dice, scale, key) for key in range(1, dice.randint(0, most) + 1)]


def _some_rating(dice: Random, scale: MasteryScale, key: int) -> Rating:
    said = Said.level if dice.random() < 0.75 else dice.choice([Said.excused, Said.missing])
    return Rating(
        work_id=key,
        number=dice.choice(scale.levels).number if said is Said.level else None,
        said=said,
        day=dice.choice([None, *(FIRST + timedelta(days=days) for days in range(4))]),
        position=dice.randint(1, 3),
        posted=dice.random() < 0.7,
    )


def some_rules(dice: Random) -> OutcomeRules:
    return OutcomeRules(dice.choice(list(Method)), dice.randint(1, 4), dice.random() < 0.5)


def test_it_is_equal_to_the_oracle_on_ten_thousand_random_outcomes() -> None:
    dice = Random(11)
    without, count = 0, how_many(10_000)
    for _ in range(count):
        scale, rules = some_scale(dice), some_rules(dice)
        ratings, posted_only = some_ratings(dice, scale), dice.random() < 0.5
        result = outcome_result(scale, rules, ratings, posted_only=posted_only)
        assert result.number == oracle(scale, rules, ratings, posted_only)
        without += result.number is None
    assert count // 10 <= without <= count // 2


# --- What must always hold


def drawn(dice: Random) -> tuple[MasteryScale, OutcomeRules, list[Rating]]:
    scale = some_scale(dice)
    return scale, some_rules(dice), some_ratings(dice, scale)


@given(chance)
@some
def test_the_order_of_the_input_never_matters(dice: Random) -> None:
    scale, rules, ratings = drawn(dice)
    shuffled = dice.sample(ratings, len(ratings))
    assert outcome_result(scale, rules, shuffled) == outcome_result(scale, rules, ratings)


@given(chance)
@some
def test_what_is_hidden_never_changes_what_a_family_sees(dice: Random) -> None:
    scale, rules, ratings = drawn(dice)
    seen = outcome_result(scale, rules, ratings, posted_only=True)
    others = [one if one.posted else _some_rating(dice, scale, one.work_id)._replace(posted=False) for one in ratings]
    assert outcome_result(scale, rules, others, posted_only=True) == seen
    assert outcome_result(scale, rules, [one for one in ratings if one.posted]) == seen
    assert all(line.rating.posted for line in seen.lines)


@given(chance)
@some
def test_a_result_lies_within_what_counted_and_has_the_level_of_its_number(dice: Random) -> None:
    scale, rules, ratings = drawn(dice)
    result = outcome_result(scale, rules, ratings)
    if result.exact is None:
        assert (result.number, result.level, result.is_met) == (None, None, False)
        return
    numbers = [line.number for line in result.counted if line.number is not None]
    assert min(numbers) <= result.exact <= max(numbers)
    assert result.level is not None
    assert result.number is not None
    assert result.level.number <= result.number
    assert not any(result.level.number < level.number <= result.number for level in scale.levels)
    assert result.is_met == (result.number >= scale.met_from)


@given(chance)
@some
def test_the_printed_parts_add_up(dice: Random) -> None:
    scale, rules, ratings = drawn(dice)
    result = outcome_result(scale, rules, ratings)
    assert len(result.lines) == len(ratings)
    if result.exact is None:
        assert sum(line.share for line in result.lines) == 0
        return
    assert sum(line.share for line in result.lines) == 1
    assert sum(line.share * (line.number or 0) for line in result.lines) == result.exact
    assert {line for line in result.lines if line.share} == set(result.counted)


@given(chance)
@some
def test_highest_is_never_below_the_others(dice: Random) -> None:
    scale, _rules, ratings = drawn(dice)
    by_method = {
        method: outcome_result(scale, OutcomeRules(method, 1, missing_is_lowest=True), ratings).number or Decimal(0)
        for method in Method
    }
    assert all(by_method[Method.highest] >= number for number in by_method.values())


@given(chance)
@some
def test_a_better_rating_never_lowers_a_result(dice: Random) -> None:
    """But in times_met, where one rating more that just meets it can lower the mean of those that met it."""
    scale, rules, ratings = drawn(dice)
    rated = [at for at, one in enumerate(ratings) if one.said is Said.level and one.number != scale.levels[0].number]
    if not rated or rules.method is Method.times_met:
        return
    at = dice.choice(rated)
    better = [one._replace(number=scale.levels[0].number) if place == at else one for place, one in enumerate(ratings)]
    before, after = (outcome_result(scale, rules, some).number for some in (ratings, better))
    assert before is not None
    assert after is not None
    assert after >= before


@given(chance)
@some
def test_the_number_of_an_excused_rating_never_matters(dice: Random) -> None:
    scale, rules, ratings = drawn(dice)
    filled = [one._replace(number=Fraction(9)) if one.said is Said.excused else one for one in ratings]
    assert outcome_result(scale, rules, filled).number == outcome_result(scale, rules, ratings).number


# --- What a page and an export read


def result_of(numbers: list[int], method: Method, **rules: Any) -> OutcomeResult:
    ratings = [
        Rating(key, Fraction(number), day=FIRST + timedelta(days=key), title=f"Piece {key}")
        for key, number in enumerate(numbers, 1)
    ]
    return outcome_result(FOUR, OutcomeRules(method, **rules), ratings)


def test_a_decaying_average_says_what_its_parts_are() -> None:
    result = result_of([3, 2, 4], Method.decaying)
    assert [line.number for line in result.earlier] == [3, 2]
    assert [line.contribution for line in result.lines] == [Fraction("0.525"), Fraction("0.35"), Fraction("2.6")]
    assert (result.is_rounded, result.in_full) == (True, Decimal("3.475"))
    assert not result_of([3, 3], Method.decaying).is_rounded


def test_a_result_that_never_ends_is_not_printed_in_full() -> None:
    result = result_of([3, 3, 2], Method.mean)
    assert (result.in_full, result.is_rounded) == (None, True)
    assert result_of([], Method.mean).in_full is None
    assert not result_of([], Method.mean).is_rounded


def test_an_export_holds_everything_to_work_it_out_again() -> None:
    assert result_of([3, 4], Method.decaying).to_dict() == {
        "method": "decaying", "times": None, "why": "worked_out", "exact": "3.65", "number": "3.65", "level": "Meets",
        "met": True, "times_met": 2,
        "ratings": [
            {"assignment_id": 1, "assignment": "Piece 1", "said": "level", "number": "3", "part": "counted",
             "share": "0.35"},
            {"assignment_id": 2, "assignment": "Piece 2", "said": "level", "number": "4", "part": "counted",
             "share": "0.65"},
        ],
    }  # fmt: skip
    waiting = result_of([3], Method.times_met, times=2).to_dict()
    assert (waiting["times"], waiting["why"], waiting["number"], waiting["exact"], waiting["level"]) == (
        2, "not_often_enough", None, None, None,
    )  # fmt: skip
    json.dumps(waiting)


def test_a_rating_that_meets_stays_named_while_there_are_too_few() -> None:
    result = result_of([3, 2, 4], Method.times_met, times=3)
    assert [line.part for line in result.lines] == [Part.counted, Part.not_met, Part.counted]


# --- Scales


def test_levels_stand_from_the_top_whatever_their_order() -> None:
    scale = MasteryScale.of([(1, "Beginning"), (4, "Exceeds"), (3, "Meets")], met_from=3)
    assert [level.label for level in scale.levels] == ["Exceeds", "Meets", "Beginning"]
    assert scale.lowest == Level(Fraction(1), "Beginning")
    assert scale.level_of(Decimal("0.5")).label == "Beginning"
    assert (scale.is_met(Decimal("2.99")), scale.is_met(Decimal("3.00"))) == (False, True)


@pytest.mark.parametrize(
    ("levels", "met_from", "code", "label"),
    [
        ([(1, "One")], 1, "few_levels", ""),
        ([(number, f"L{number}") for number in range(13)], 2, "many_levels", ""),
        ([(2, " "), (1, "One")], 2, "empty_label", ""),
        ([(2, "Meets"), (1, "MEETS")], 2, "equal_labels", "MEETS"),
        ([(2, "Also two"), (2, "Two"), (1, "One")], 2, "equal_numbers", "Two"),
        ([(2, "Two"), (-1, "Minus")], 2, "negative", "Minus"),
        ([(2, "Two"), ("1.005", "Fine")], 2, "too_many_decimals", "Fine"),
        ([(3, "Three"), (1, "One")], 2, "met_is_no_level", ""),
        ([(3, "Three"), (2, "Two"), (1, "One")], 1, "met_is_lowest", "One"),
    ],
)
def test_a_scale_that_cannot_be_used_is_refused(levels: Any, met_from: int, code: str, label: str) -> None:
    with pytest.raises(MasteryError) as refused:
        MasteryScale.of(levels, met_from)
    assert (refused.value.code, refused.value.label) == refused.value.args == (code, label)


def test_the_most_levels_and_the_fewest_are_allowed() -> None:
    assert len(MasteryScale.of([(number, f"L{number}") for number in range(12)], 2).levels) == 12
    assert len(MasteryScale.of([(0, "Not yet"), ("0.01", "Yes")], "0.01").levels) == 2


@pytest.mark.parametrize("times", [0, 11])
def test_an_outcome_cannot_be_asked_for_never_or_too_often(times: int) -> None:
    with pytest.raises(ValueError, match="^times must be between 1 and 10$"):
        OutcomeRules(Method.times_met, times)
    assert OutcomeRules(Method.times_met, 1).times == 1
    assert OutcomeRules(Method.times_met, 10).times == 10


# --- What docs/grading.md says

PAGE = (Path(__file__).parent.parent.parent / "docs" / "grading.md").read_text("utf-8")
METHODS = {"decaying average": Method.decaying, "met three times": Method.times_met}


def rows_of_the_page() -> list[list[str]]:
    """The worked lines of the page: ratings, method, sum, result, level."""
    section = PAGE.split("## Standards-based grading")[1]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", rows_of_the_page(), ids=" ".join)
def test_a_line_of_the_page_is_right(row: list[str]) -> None:
    said, method, by_hand, number, level = row
    name, _semicolon, missing = method.partition("; ")
    ratings = [
        Rating(at, said=Said(one)) if one.isalpha() else Rating(at, Fraction(one))
        for at, one in enumerate(said.split(", "), 1)
    ]
    rules = OutcomeRules(METHODS[name] if name in METHODS else Method(name), 3, bool(missing))
    result = outcome_result(FOUR, rules, ratings)
    if number == "–":
        assert (result.number, level) == (None, f"none yet: met {result.times_met} times")
        return
    assert result.number == Decimal(number)
    assert result.level is not None
    assert result.level.label == level
    assert Decimal(arithmetic(by_hand, number)) == Decimal(number)


def test_the_page_has_a_line_for_every_method() -> None:
    assert {row[1].partition("; ")[0] for row in rows_of_the_page()} == {
        "latest", "highest", "mean", "decaying average", "met three times",
    }  # fmt: skip
