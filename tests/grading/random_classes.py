"""Classes of every kind, drawn from a source of chance that is given."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from gradebook.grading.cells import Asked
from gradebook.grading.section_grade import Calculator
from gradebook.grading.values import Category, Grade, GradingScale, LateRule, Mark, Rules, Status, Work

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCALE = GradingScale.of([("A", 90), ("B+", "87.5"), ("B", "80.05"), ("C", 80), ("F", 0)])


@dataclass
class SomeClass:
    rules: Rules
    categories: list[Category]
    works: list[Work]
    marks: dict[int, Mark | int]
    asked: Asked

    def calculator(self) -> Calculator:
        return Calculator(self.rules, self.categories, self.works)

    def grade(self) -> Grade:
        return self.calculator().grade(self.marks, self.asked)


def some_class(chance: Random, most_works: int = 10, above_full: bool = True) -> SomeClass:
    """One student in one class; without `above_full` nothing is above 100%."""
    categories = [some_category(chance, at) for at in range(1, chance.randint(1, 3) + 1)]
    works = [some_work(chance, at, len(categories)) for at in range(1, chance.randint(0, most_works) + 1)]
    marks = {work.id: some_mark(chance, work, above_full) for work in works if chance.random() < 0.8}
    asked = Asked(
        AT,
        joined_at=maybe(chance, 0.15, AT - timedelta(days=20)),
        left_at=maybe(chance, 0.15, AT - timedelta(days=5)),
        posted_only=chance.random() < 0.4,
        not_assigned={work.id for work in works if chance.random() < 0.05},
    )
    return SomeClass(some_rules(chance), categories, works, marks, asked)


def some_rules(chance: Random) -> Rules:
    interval = chance.choice(["day", "hour"])
    late = LateRule(Fraction(chance.randint(0, 25)), interval, Fraction(chance.choice([0, 0, 50])))
    return Rules(
        mode=chance.choice(["points", "weighted"]),
        missing_percent=chance.choice([Fraction(0), Fraction(0), Fraction(50), Fraction(100, 3), None]),
        late=maybe(chance, 0.5, late),
        cap_percent=maybe(chance, 0.1, Fraction(100)),
        scale=maybe(chance, 0.7, SCALE),
        letter_on_whole_percent=chance.random() < 0.3,
    )


def some_category(chance: Random, at: int) -> Category:
    keep_best = maybe(chance, 0.15, chance.choice([1, 2, 3, 9]))
    lowest = chance.choice([0, 0, 1, 1, 2, 3, 9])
    return Category(
        id=at,
        title=f"Category {at}",
        weight=Fraction(chance.choice([0, 10, 20, 30, 50, 70, Fraction(100, 3)])),
        drop_lowest=0 if keep_best else lowest,
        keep_best=keep_best,
        drop_highest=chance.choice([0, 0, 0, 1, 2]),
        weighing=chance.choice(["points", "points", "equal", "own"]),
        extra_credit=chance.random() < 0.1,
        position=chance.randint(0, 3),
    )


def some_work(chance: Random, at: int, categories: int) -> Work:
    return Work(
        id=at,
        category_id=chance.randint(1, categories),
        title=f"Work {at}",
        possible=chance.choice([0, 0, 500, 1000, 1000, 1050, 2000, 10_000]),
        weight=maybe(chance, 0.7, Fraction(chance.choice([0, 1, 2, Fraction(1, 3)]))),
        extra_credit=chance.random() < 0.15,
        never_drop=chance.random() < 0.15,
        counts=chance.random() < 0.95,
        due_at=maybe(chance, 0.8, AT - timedelta(days=chance.randint(-5, 40))),
        position=chance.randint(0, 5),
        posted=chance.random() < 0.8,
    )


def some_mark(chance: Random, work: Work, above_full: bool = True) -> Mark | int:
    most = work.possible + (work.possible // 2 + 100 if above_full else 0)
    # Few different scores, so that ties are common.
    points = chance.choice([0, most, work.possible // 2, chance.randint(0, most)])
    if chance.random() < 0.4:
        return points
    form = chance.choice(["points", "points", "percent", "letter", "empty"])
    return Mark(
        points=points if form == "points" else None,
        percent=Fraction(chance.randint(0, 12_000 if above_full else 10_000), 100) if form == "percent" else None,
        letter=chance.choice([*SCALE.labels, "Z"]) if form == "letter" else None,
        status=chance.choice([*[Status.none] * 6, *Status]),
        late=chance.random() < 0.3,
        turned_in_at=maybe(chance, 0.5, AT - timedelta(hours=chance.randint(0, 900))),
        finish_by_at=maybe(chance, 0.7, AT + timedelta(hours=chance.choice([-1, 0, 1]))),
        late_cleared=chance.random() < 0.1,
        posted=chance.choice([None, None, None, True, False]),
    )


def maybe(chance: Random, how_often: float, thing: Any) -> Any:
    return thing if chance.random() < how_often else None
