"""Levels that are stored, and read back as they were (grading.md G16)."""

import json
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradebook.grading.frozen import FrozenError, freeze_levels, thaw, thaw_levels
from gradebook.grading.outcomes import (
    Level,
    LevelsOfStudent,
    MasteryScale,
    Method,
    OutcomeLevel,
    OutcomeRules,
    Rating,
    Said,
    outcome_result,
)
from tests.grading.how_many import how_many
from tests.grading.random_classes import AT

FIRST = Path(__file__).parent / "frozen_levels_1.json"
some = settings(max_examples=how_many(60), derandomize=True, deadline=None, database=None)
SCALE = MasteryScale(
    (
        Level(Fraction(4), "Exceeds", "Does more than is expected."),
        Level(Fraction(3), "Meets"),
        Level(Fraction(5, 2), "Nearly"),
        Level(Fraction(1), "Beginning"),
    ),
    Fraction(3),
)


def levels_of(rules: OutcomeRules, *ratings: list[Rating]) -> LevelsOfStudent:
    return LevelsOfStudent(
        SCALE,
        rules,
        tuple(
            OutcomeLevel(key, f"public{key}", f"Outcome {key}", "AR1" if key == 1 else None, None, result)
            for key, result in enumerate((outcome_result(SCALE, rules, some) for some in ratings), 1)
        ),
    )


def written_and_read(levels: LevelsOfStudent) -> dict[str, Any]:
    """What comes back from a column of JSON."""
    data: dict[str, Any] = json.loads(json.dumps(freeze_levels(levels), allow_nan=False))
    return data


def some_ratings(chance: Random) -> list[Rating]:
    return [
        Rating(work, chance.choice(SCALE.levels).number, day=AT + timedelta(days=chance.randrange(9)), title=f"W{work}")
        if chance.random() < 0.7
        else Rating(work, said=chance.choice((Said.missing, Said.excused)), position=work, posted=False)
        for work in range(chance.randrange(8))
    ]


@given(st.randoms(use_true_random=False))
@some
def test_frozen_levels_come_back_with_every_part(chance: Random) -> None:
    rules = OutcomeRules(chance.choice(list(Method)), chance.randrange(1, 4), chance.random() < 0.5)
    levels = levels_of(rules, *(some_ratings(chance) for _outcome in range(3)))
    again = thaw_levels(written_and_read(levels))
    assert again == levels
    assert [one.result.to_dict() for one in again.outcomes] == [one.result.to_dict() for one in levels.outcomes]


def first_frozen() -> LevelsOfStudent:
    """The levels in frozen_levels_1.json: everything that levels can hold is in them."""
    ratings = [
        Rating(1, Fraction(3), day=AT, position=1, title="Sketch"),
        Rating(2, Fraction(5, 2), day=AT + timedelta(days=7), position=2, posted=False, title="Still life"),
        Rating(3, said=Said.missing, title="Portrait"),
        Rating(4, said=Said.excused),
    ]
    return levels_of(OutcomeRules(Method.mean, 2, True), ratings, [])


def test_levels_that_were_stored_by_the_first_version_are_still_read() -> None:
    assert thaw_levels(json.loads(FIRST.read_text())) == first_frozen()


def test_what_is_written_has_not_changed_without_a_new_version() -> None:
    assert written_and_read(first_frozen()) == json.loads(FIRST.read_text())


@pytest.mark.parametrize("change", [{"version": 2}, {"kind": "class"}, {"levels": {"scale": {}}}])
def test_other_data_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FrozenError):
        thaw_levels(written_and_read(first_frozen()) | change)
    with pytest.raises(FrozenError):
        thaw(written_and_read(first_frozen()))
