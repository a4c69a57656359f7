"""`python -m benchmarks.calculation`: the calculation alone, without a database or a page.

Four classes: 30 students × 40 assignments as the grid needs it (totals only), the same with all printed parts,
300 × 160 with drops in every category, and one student with a category of 160 of which 20 are dropped. Each is
measured in processor time against a floor of the same run: plain Python that only finds each score of the class
and adds it up. Goals were set on a machine whose floor of 30 × 40 took FLOOR_OF_GOALS milliseconds.
"""

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from benchmarks.judging import Verdict, judge
from gradebook.grading.cells import Asked
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Category, GradingScale, LateRule, Mark, Rules, Status, Work

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = Asked(AT, joined_at=AT - timedelta(days=90), posted_only=True)
FLOOR_OF_GOALS = 0.061
"""Taken from a machine 2.2 times slower, where it is 0.134."""
ROUNDS = 25
MOST_GROWTH = 1.5
"""How many times more one score of a large class may cost than one of a small class."""


class SomeClass(NamedTuple):
    """A class with everyone's marks."""

    calculator: Calculator
    students: list[dict[int, Mark | int]]
    works: list[Work]

    def totals(self) -> None:
        """What a grid asks."""
        for marks in self.students:
            self.calculator.totals(marks, ASKED)

    def grades(self) -> None:
        """The same with all printed parts."""
        for marks in self.students:
            self.calculator.grade(marks, ASKED)

    def floor(self) -> None:
        """Each score found, asked what it is, and added up: what no calculation can leave out."""
        for marks in self.students:
            earned = possible = 0
            for work in self.works:
                mark = marks.get(work.id)
                if isinstance(mark, int):
                    earned += mark
                    possible += work.possible


def class_of(students: int, assignments: int, *, drops: Sequence[tuple[int, int]], never_drop: int = 0) -> SomeClass:
    """As many categories as `drops` has (lowest, highest); full marks differ, so that drops are no mere sorting."""
    chance = random.Random(students * 1000 + assignments)
    weights = (20, 20, 25, 35) if len(drops) == 4 else (100,)
    categories = [
        Category(at, f"Category {at}", Fraction(weight), lowest, highest, position=at)
        for at, (weight, (lowest, highest)) in enumerate(zip(weights, drops, strict=True))
    ]
    works = [
        Work(
            id=at,
            category_id=at % len(categories),
            title=f"Assignment {at}",
            possible=chance.choice((1000, 2000, 2500, 5000, 10_000)),
            never_drop=at < never_drop,
            due_at=AT - timedelta(days=80 - at % 80),
            position=at,
        )
        for at in range(assignments)
    ]
    letters = GradingScale.of([("A", 90), ("B", 80), ("C", 70), ("D", 60), ("F", 0)])
    rules = Rules(mode="weighted", late=LateRule(Fraction(10), floor=Fraction(50)), scale=letters)
    marks = [_marks(chance, works) for _ in range(students)]
    return SomeClass(Calculator(rules, categories, works), marks, works)


def _marks(chance: random.Random, works: Sequence[Work]) -> dict[int, Mark | int]:
    """Mostly plain scores; of a hundred, four late, two missing, two excused, five empty."""
    marks: dict[int, Mark | int] = {}
    for work in works:
        points, what = chance.randint(work.possible // 3, work.possible), chance.random()
        if what < 0.87:
            marks[work.id] = points
        elif what < 0.91:
            assert work.due_at is not None
            marks[work.id] = Mark(points=points, late=True, turned_in_at=work.due_at + timedelta(hours=30))
        elif what < 0.95:
            marks[work.id] = Mark(status=Status.missing if what < 0.93 else Status.excused)
    return marks


class Case(NamedTuple):
    """One thing to measure, with its goal where it was set, in milliseconds."""

    title: str
    run: Callable[[], None]
    floor: Callable[[], None]
    goal: float
    scores: int


def cases() -> list[Case]:
    """What is measured."""
    usual = class_of(30, 40, drops=((1, 0), (0, 0), (0, 0), (0, 0)))
    large = class_of(300, 160, drops=((2, 0), (2, 1), (3, 0), (1, 1)))
    one = class_of(1, 160, drops=((20, 0),), never_drop=10)
    return [
        Case("30 × 40, totals", usual.totals, usual.floor, 2, 1_200),
        Case("30 × 40, all printed parts", usual.grades, usual.floor, 6, 1_200),
        Case("300 × 160, totals, drops in every category", large.totals, large.floor, 250, 48_000),
        Case("1 × 160, 20 dropped, 10 never", one.totals, one.floor, 2, 160),
    ]


def growth() -> tuple[float, float]:
    """Milliseconds for a thousand scores of 300 × 160, and of 30 × 40, drops in every category."""
    drops = ((1, 0), (1, 1), (1, 0), (1, 1))
    small, large = class_of(30, 40, drops=drops), class_of(300, 160, drops=drops)
    of_large, of_small = in_turn(large.totals, small.totals, 7)
    return of_large / 48, of_small / 1.2


def in_turn(first: Callable[[], None], second: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Milliseconds of processor time of both, medians; in turn, so that a busy moment of the machine falls on both."""
    samples: tuple[list[float], list[float]] = [], []
    for number in range(rounds + 1):
        for run, kept in zip((first, second), samples, strict=True):
            begun = time.process_time()
            run()
            if number:
                kept.append(time.process_time() - begun)
    return 1000 * median(samples[0]), 1000 * median(samples[1])


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calculation", description=(__doc__ or "").splitlines()[0]
    )
    parser.parse_args()
    gc.disable()
    verdicts: list[Verdict] = []
    print("| case | measured | floor | ratio | bound | goal where it was set | |")
    print("|---|---|---|---|---|---|---|")
    for case in cases():
        measured, floor = in_turn(case.run, case.floor, ROUNDS if case.scores < 10_000 else 7)
        # The floor where the goals were set, for as many scores.
        bound = case.goal / (FLOOR_OF_GOALS * case.scores / 1_200)
        verdicts.append(judge(measured / floor, bound))
        print(
            f"| {case.title} | {measured:.2f} ms | {floor:.3f} ms | {measured / floor:.1f} | {bound:.1f} "
            f"| {case.goal:g} ms | {verdicts[-1]} |"
        )
    large, small = growth()
    verdicts.append(judge(large / small, MOST_GROWTH))
    print(
        f"| a thousand scores of 300 × 160, and of 30 × 40 | {large:.2f} ms | {small:.2f} ms | {large / small:.2f} "
        f"| {MOST_GROWTH} | linear | {verdicts[-1]} |"
    )
    return 0 if all(verdict is Verdict.MET for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
