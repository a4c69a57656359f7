"""What an export prints of a grade: every name and every amount of one small class and of one course."""

from fractions import Fraction

from gradebook.grading.cells import Asked
from gradebook.grading.overrides import Override
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import section_grade
from gradebook.grading.values import Category, GradingScale, LateRule, Mark, Period, Rules, Work
from tests.grading.random_classes import AT

SCALE = GradingScale.of([("A", 90), ("B", 80), ("F", 0)])


def test_a_grade_is_exported_with_all_its_parts() -> None:
    rules = Rules(mode="weighted", late=LateRule(Fraction(10)), cap_percent=Fraction(90), scale=SCALE)
    categories = [Category(7, "Quizzes", Fraction(50), drop_lowest=1, weighing="equal", position=1)]
    works = [Work(at, 7, f"Quiz {at}", 2000, position=at) for at in (1, 2, 3)]
    works.append(Work(4, 7, "Bonus", 500, extra_credit=True, position=4))
    marks: dict[int, Mark | int] = {1: Mark(letter="B", late=True), 2: Mark(percent=Fraction("97.5")), 4: 200}
    exported = section_grade(rules, categories, works, marks, Asked(AT)).to_dict()
    late = {"intervals": 1, "asked": "2", "taken": "2", "time_known": False}
    first = {
        "work_id": 1, "title": "Quiz 1", "out_of": "20", "what": "dropped", "reason": "lowest", "typed": "17.8",
        "typed_percent": None, "typed_letter": "B", "late": late, "value": "15.8", "earned": "0", "possible": "0",
        "share": None, "contribution": "0",
    }  # fmt: skip
    second = {
        "work_id": 2, "title": "Quiz 2", "out_of": "20", "what": "counted", "reason": "scored", "typed": "19.5",
        "typed_percent": "97.5", "typed_letter": None, "late": None, "value": "19.5", "earned": "19.5",
        "possible": "20", "share": "100", "contribution": "97.5",
    }  # fmt: skip
    third = {
        "work_id": 3, "title": "Quiz 3", "out_of": "20", "what": "not_graded", "reason": "blank", "typed": None,
        "typed_percent": None, "typed_letter": None, "late": None, "value": None, "earned": "0", "possible": "0",
        "share": None, "contribution": "0",
    }  # fmt: skip
    bonus = {
        "work_id": 4, "title": "Bonus", "out_of": "5", "what": "extra_credit", "reason": "extra_credit", "typed": "2",
        "typed_percent": None, "typed_letter": None, "late": None, "value": "2", "earned": "2", "possible": "0",
        "share": None, "contribution": "40",
    }  # fmt: skip
    part = {
        "category_id": 7, "title": "Quizzes", "weighing": "equal", "extra_credit": False, "earned": "21.5",
        "possible": "20", "exact": "137.5", "percentage": "137.50", "weight": "50", "share": "100",
        "contribution": "137.5", "dropped_lowest": 1, "dropped_highest": 0, "pool": 2,
        "lines": [first, second, third, bonus],
    }  # fmt: skip
    current = {
        "percent": "90.00", "exact": "90", "letter": "A", "reason": "computed", "earned": "21.5", "possible": "20",
        "weight_sum": "50", "scaled_by": "2", "before_cap": "137.5", "parts": [part],
    }  # fmt: skip
    final = exported.pop("final")
    assert exported == {
        "mode": "weighted", "cap_percent": "90", "letter_on_whole_percent": False, "graded_count": 3,
        "counting_count": 4, "current": current,
    }  # fmt: skip
    # The 15.8 counts now, and the 0 of the third is dropped: (79 + 97.5 + 40) ÷ 2.
    assert (final["exact"], final["before_cap"], final["letter"]) == ("90", "108.25", "A")
    assert [line["what"] for line in final["parts"][0]["lines"]] == ["counted", "counted", "dropped", "extra_credit"]


def test_a_course_is_exported_with_its_periods() -> None:
    rules = Rules(scale=SCALE, cap_percent=Fraction(95), periods=(Period(5, Fraction(60)), Period(6, Fraction(20))))
    works = [Work(1, 7, "Quiz", 1000, period_id=5), Work(2, 7, "Test", 1000, period_id=6), Work(3, 7, "Lost", 1000)]
    calculator = CourseCalculator(rules, [Category(7, "All")], works)
    override = Override(None, "A", "a prize")
    exported = calculator.grade({1: 870}, Asked(AT), overrides={6: override}).to_dict()
    periods = exported.pop("periods")
    assert [(one["period_id"], one["grade"]["current"]["percent"]) for one in periods] == [(5, "87.00"), (6, None)]
    lines = [
        {"period_id": 5, "weight": "60", "exact": "87", "share": "75", "contribution": "65.25", "override": None},
        {"period_id": 6, "weight": "20", "exact": "100", "share": "25", "contribution": "25",
         "override": {"percent": None, "letter": "A", "reason": "a prize"}},
    ]  # fmt: skip
    total = {
        "percent": "90.25", "exact": "90.25", "letter": "A", "weight_sum": "80", "scaled_by": "1.25",
        "before_cap": None, "periods": lines,
    }  # fmt: skip
    assert exported == {"graded_count": 1, "counting_count": 2, "current": total, "final": total, "outside": [3]}


def test_the_total_that_a_cap_lowered_is_exported() -> None:
    rules = Rules(cap_percent=Fraction(90), periods=(Period(5, Fraction(150)),))
    calculator = CourseCalculator(rules, [Category(7)], [Work(1, 7, possible=1000, period_id=5)])
    total = calculator.grade({1: 850}, Asked(AT)).current_working
    assert (total.exact, total.before_cap, total.scaled_by) == (90, Fraction("127.5"), None)
    assert total.to_dict()["before_cap"] == "127.5"
