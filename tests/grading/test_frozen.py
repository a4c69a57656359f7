"""A grade that is stored, and read back as it was (grading.md G16)."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradebook.grading.cells import Asked
from gradebook.grading.frozen import FrozenError, freeze, frozen_exact, frozen_totals, thaw
from gradebook.grading.overrides import Override
from gradebook.grading.periods import CourseCalculator, CourseGrade
from gradebook.grading.printed import printed
from gradebook.grading.section_grade import ExactTotals, section_grade
from gradebook.grading.values import Category, Grade, LateRule, Mark, Period, Rules, Status, Work
from tests.grading.how_many import how_many
from tests.grading.random_classes import AT, some_class

FIRST = Path(__file__).parent / "frozen_1.json"
some = settings(max_examples=how_many(60), derandomize=True, deadline=None, database=None)


def written_and_read(grade: Grade | CourseGrade) -> dict[str, Any]:
    """What comes back from a column of JSON."""
    text = json.dumps(freeze(grade), allow_nan=False)
    data: dict[str, Any] = json.loads(text)
    return data


def exact_of(grade: Grade | CourseGrade) -> ExactTotals:
    totals = grade.current_working.exact, grade.final_working.exact
    return ExactTotals(*totals, grade.graded_count, grade.counting_count)


@given(st.randoms(use_true_random=False))
@some
def test_a_frozen_grade_comes_back_with_every_part(chance: Random) -> None:
    grade = some_class(chance).grade()
    data = written_and_read(grade)
    assert thaw(data) == grade
    assert (frozen_totals(data), frozen_exact(data)) == (grade.totals, exact_of(grade))


@given(st.randoms(use_true_random=False))
@some
def test_a_frozen_course_comes_back_with_its_periods_and_overrides(chance: Random) -> None:
    one = some_class(chance)
    rules = replace(one.rules, periods=(Period(1, Fraction(100, 3)), Period(2, Fraction(40))))
    works = [work._replace(period_id=chance.choice([1, 2, None])) for work in one.works]
    overrides = {2: Override(None, chance.choice(["B+", "Z"]), "as agreed")}
    grade = CourseCalculator(rules, one.categories, works).grade(one.marks, one.asked, overrides=overrides)
    data = written_and_read(grade)
    assert thaw(data) == grade
    assert (frozen_totals(data), frozen_exact(data)) == (grade.totals, exact_of(grade))


def first_frozen() -> Grade:
    """The grade in frozen_1.json: everything that a grade can hold is in it."""
    rules = Rules(mode="weighted", late=LateRule(Fraction(10)), cap_percent=Fraction(90))
    categories = [
        Category(1, "Quizzes", Fraction("33.33"), drop_lowest=1, drop_highest=1, weighing="own", position=1),
        Category(2, "Bonus", Fraction(5), extra_credit=True, position=2),
    ]
    works = [
        Work(1, 1, "Quiz 1", 1500, Fraction(1, 3), due_at=AT, position=1, period_id=7),
        Work(2, 1, "Quiz 2", 2000, never_drop=True, position=2),
        Work(3, 1, "Quiz 3", 2000, position=3, posted=False),
        Work(4, 1, "Quiz 4", 2000, position=4),
        Work(5, 1, "Extra", 500, extra_credit=True, position=5),
        Work(6, 1, "Practice", 500, counts=False, position=6),
        Work(7, 2, "Puzzle", 1000, position=7),
    ]
    marks: dict[int, Mark | int] = {
        1: Mark(percent=Fraction("77.77"), late=True),
        2: Mark(status=Status.missing),
        3: 2000,
        4: 1850,
        7: Mark(points=900, late=True, turned_in_at=AT),
    }
    return section_grade(rules, categories, works, marks, Asked(AT))


def test_a_grade_frozen_by_the_first_version_is_still_read() -> None:
    data = json.loads(FIRST.read_text("utf-8"))
    assert thaw(data) == first_frozen()
    assert freeze(first_frozen()) == data, "the stored form has changed: raise VERSION, and read the old one too"


def test_a_frozen_grade_is_printed_as_it_was() -> None:
    grade = first_frozen()
    thawed = thaw(written_and_read(grade))
    assert isinstance(thawed, Grade)
    assert printed(thawed) == printed(grade)


def test_the_same_parts_are_stored_once() -> None:
    works = [Work(1, 1, possible=1000), Work(2, 1, possible=1000)]
    all_graded = section_grade(Rules(), [Category(1)], works, {1: 900, 2: 800}, Asked(AT))
    assert "final_working" not in freeze(all_graded)["grade"]
    one_ungraded = section_grade(Rules(), [Category(1)], works, {1: 900}, Asked(AT))
    assert "final_working" in freeze(one_ungraded)["grade"]


def test_what_has_its_default_is_left_out() -> None:
    """Most fields of most lines: it keeps the stored grade small."""
    grade = section_grade(Rules(), [Category(1, "Quizzes", Fraction(0))], [Work(1, 1, possible=1000)], {}, Asked(AT))
    (part,) = freeze(grade)["grade"]["final_working"]["parts"]
    assert part["category"] == {"id": 1, "title": "Quizzes"}
    assert part["lines"][0]["work"] == {"id": 1, "category_id": 1, "possible": 1000}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": 2, "kind": "class", "grade": {}},
        {"version": 1, "kind": "standards", "grade": {}},
        {"version": 1, "kind": "class", "grade": {}},
        {"version": 1, "kind": "class", "grade": {"colour": "red", "current_working": None}},
    ],
)
def test_other_data_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(FrozenError, match="not a frozen grade"):
        thaw(data)


@pytest.mark.parametrize("other", [{"version": 2}, {"version": None}, {"kind": "standards"}])
def test_a_whole_grade_of_another_version_or_kind_is_not_guessed_at(other: dict[str, Any]) -> None:
    data = freeze(first_frozen()) | other
    for read in (thaw, frozen_totals, frozen_exact):
        with pytest.raises(FrozenError) as refused:
            read(data)
        assert str(refused.value) == f"not a frozen grade of version 1: {data['version']!r} {data['kind']!r}"


def test_a_closed_period_brings_its_frozen_grade_to_the_course() -> None:
    rules = Rules(periods=(Period(1, Fraction(50)), Period(2, Fraction(50))))
    works = [Work(1, 1, possible=1000, period_id=1), Work(2, 1, possible=1000, period_id=2)]
    calculator = CourseCalculator(rules, [Category(1)], works)
    then = calculator.grade({1: 900, 2: 500}, Asked(AT))
    closed = written_and_read(then.periods[0][1])
    changed = {1: 100, 2: 700}
    grade = thaw(closed)
    assert isinstance(grade, Grade)
    course = calculator.grade(changed, Asked(AT), frozen={1: grade})
    assert course.current == Decimal("80.00")  # (90 + 70) ÷ 2: the 1 of 10 typed later changes nothing
    assert calculator.totals(changed, Asked(AT), frozen={1: frozen_exact(closed)}) == course.totals
