"""A goal is met on a quiet machine or not at all."""

import pytest

from benchmarks.goals import GOALS
from benchmarks.judging import NOISY, WAITED, Verdict, judge, p95, spread, waited
from benchmarks.measuring import Case, interleave
from benchmarks.pages import NotThereYet
from benchmarks.report import FLOORS

QUIET = [1.0, 1.1, 0.9, 1.0] * 5
BUSY_FOR_A_WHILE = [1.0] * 8 + [2.5] * 4 + [1.0] * 8


def test_a_floor_that_stays_is_quiet():
    assert spread(QUIET) == pytest.approx(1.0)


def test_a_floor_that_moves_for_a_fifth_of_the_run_makes_it_noisy():
    assert spread(BUSY_FOR_A_WHILE) == pytest.approx(2.5)
    assert spread(BUSY_FOR_A_WHILE) > NOISY


def test_one_late_sample_does_not_make_a_run_noisy():
    assert spread([*QUIET, 50.0, *QUIET]) < NOISY


def test_computing_that_waits_for_the_processor_shows():
    assert waited([0.05, 0.05, 0.2], [0.05] * 3) == pytest.approx(1.0)
    assert waited([0.15, 0.1, 0.2], [0.05] * 3) > WAITED


def test_few_samples_are_compared_one_by_one():
    assert spread([1.0, 3.0]) == 3.0
    assert spread([2.0]) == 1.0


def test_a_noisy_run_passes_nothing():
    assert judge(1.0, 3.0) == Verdict.MET
    assert judge(1.0, 3.0, noisy=True) == Verdict.NOISY


@pytest.mark.parametrize(
    ("value", "verdict"), [(3.0, Verdict.MET), (3.01, Verdict.NEAR), (6.0, Verdict.NEAR), (6.01, Verdict.MISSED)]
)
def test_a_value_is_judged_by_its_bound_and_twice_that(value, verdict):
    assert judge(value, 3.0) == verdict


def test_p95_lies_above_19_of_20():
    assert p95([*range(1, 21), 100]) == 20
    assert p95([7.0]) == 7.0


def test_a_goal_follows_the_floors_of_the_run():
    grid = next(goal for goal in GOALS if goal.number == "P1")
    floors = {"hello": 1.0, "rows of a grid": 2.0, "joined table": 0.5}
    assert grid.bound(floors) == pytest.approx(3.0 * 3.5)


def test_the_password_hash_stands_outside_the_ratio():
    sign_in = next(goal for goal in GOALS if goal.number == "P13")
    assert sign_in.bound({"hello": 1.0, "hash": 50.0}) == pytest.approx(50.0 + 11.6)


def test_cases_take_turns_and_rare_ones_wait():
    order = []

    def runs(name):
        def run():
            order.append(name)
            return 0.001

        return run

    often, rare = Case("often", "", runs("often")), Case("rare", "", runs("rare"), every=2)
    assert interleave([often, rare], 3, seconds=60) == 3
    assert order == ["often", "rare", "often", "rare", "often", "often", "rare"]  # the first two warm up
    assert (len(often.samples), len(rare.samples)) == (3, 2)


def test_a_page_that_is_not_there_is_noted_and_left_out():
    def absent():
        raise NotThereYet("teacher.gradebook")

    case = Case("grid", "", absent)
    interleave([case], 2, seconds=60)
    assert case.problem == "no page yet (teacher.gradebook)"
    assert case.samples == []


def test_the_rounds_end_when_their_time_is_over():
    assert interleave([Case("one", "", lambda: 0.001)], 1000, seconds=0) == 1


def test_a_goal_knows_the_floors_that_it_is_measured_against():
    by_case = {goal.case: goal.floors(dict.fromkeys(FLOORS, 1.0)) for goal in GOALS}
    assert by_case["grid"] == {"hello", "rows of a grid", "joined table"}
    assert by_case["sign in"] == {"hello", "hash"}
    assert by_case["paste"] == {"hello", "1,200 written"}
