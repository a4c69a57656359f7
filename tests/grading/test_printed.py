"""What is printed adds up by hand, for every class there can be."""

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.printed import Printed, PrintedPart, printed
from gradebook.grading.section_grade import section_grade
from gradebook.grading.values import Category, Grade, GradingScale, LateRule, Mark, Rules, Status, Work
from tests.grading.how_many import how_many
from tests.grading.random_classes import AT, SomeClass, some_class

CENT = Decimal("0.01")


def typed_class(seed: int) -> SomeClass:
    """A class as teachers can type it: weights and the rule for missing work have two decimals."""
    chance = Random(seed)
    one = some_class(chance)
    one.categories = [
        replace(category, weight=Fraction(chance.choice([0, 5, 10, 25, 40, "33.33", "12.5", 110])))
        for category in one.categories
    ]
    one.works = [
        work._replace(weight=None if work.weight is None else Fraction(chance.choice([0, 1, 2, "1.25"])))
        for work in one.works
    ]
    missing = one.rules.missing_percent
    one.rules = replace(one.rules, missing_percent=missing and Fraction(chance.choice([0, 50, "33.33"])))
    return one


def by_hand(amount: Decimal, places: int = 2) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def added_up(sum_: Printed) -> Decimal:
    """The total that a person with a pencil reaches from what is printed, before the cap."""
    if sum_.mode == "points":
        assert sum((part.earned for part in sum_.parts), Decimal(0)) == sum_.earned
        return by_hand(sum_.earned / sum_.possible * 100)
    lines = [part.adds for part in sum_.parts if part.adds is not None]
    assert sum(lines, Decimal(0)) == sum_.together
    if sum_.rescaled is None:
        return by_hand(sum_.together)
    if not sum_.extras:
        return by_hand(sum_.together / sum_.weight_sum * 100)
    assert by_hand(sum_.together / sum_.weight_sum * 100, sum_.places) == sum_.rescaled
    return by_hand(sum_.rescaled + sum((part.adds or Decimal(0) for part in sum_.extras), Decimal(0)))


def points_of(part: PrintedPart) -> Decimal:
    return sum((line.value or Decimal(0) for line in part.counted), Decimal(0))


@pytest.mark.parametrize("final", [False, True], ids=["current", "final"])
def test_the_printed_lines_add_up_to_the_printed_total(final: bool) -> None:
    for seed in range(how_many(1500)):
        grade = typed_class(seed).grade()
        sum_ = printed(grade, final=final)
        assert sum_.percent == (grade.final if final else grade.current)
        if sum_.percent is not None:
            total = added_up(sum_)
            assert total == (sum_.percent if sum_.before_cap is None else sum_.before_cap), f"class {seed}"


def test_the_printed_pieces_of_a_category_add_up_to_its_points() -> None:
    for seed in range(how_many(500)):
        for part in printed(typed_class(seed).grade()).parts:
            assert points_of(part) == part.earned, f"class {seed}"
            for line in part.counted:
                taken = line.late_taken or Decimal(0)
                if line.what == "counted" and line.typed is not None:
                    assert line.typed - taken == line.value


def test_each_printed_percentage_times_its_weight_is_what_it_adds() -> None:
    for seed in range(how_many(500)):
        sum_ = printed(typed_class(seed).grade())
        for part in sum_.parts:
            if part.adds is not None and part.percent is not None:
                assert by_hand(part.percent * part.weight / 100, sum_.places) == part.adds, f"class {seed}"


def weighted(*scores: tuple[int, int, int]) -> Grade:
    """Categories of one piece each: (hundredths of a point, of, weight)."""
    categories = [Category(at, f"Category {at}", Fraction(weight)) for at, (_, _, weight) in enumerate(scores, 1)]
    works = [Work(at, at, f"Work {at}", of) for at, (_, of, _) in enumerate(scores, 1)]
    marks: dict[int, Mark | int] = {at: points for at, (points, _, _) in enumerate(scores, 1)}
    return section_grade(Rules(mode="weighted"), categories, works, marks, Asked(AT))


def test_two_decimals_are_enough_where_they_add_up() -> None:
    sum_ = printed(weighted((8500, 10000, 40), (5050, 6000, 30), (2700, 4000, 20)))
    assert [str(part.adds) for part in sum_.parts] == ["34.00", "25.25", "13.50"]
    assert (str(sum_.together), str(sum_.percent), sum_.places) == ("72.75", "80.83", 2)
    assert (sum_.weight_sum, sum_.percent_places) == (90, 2)


def test_more_decimals_are_printed_where_two_would_not_add_up() -> None:
    """26.42 + 26.43 + 27.24 would be 80.09."""
    sum_ = printed(weighted((8005, 10000, 33), (8008, 10000, 33), (8012, 10000, 34)))
    assert [str(part.adds) for part in sum_.parts] == ["26.417", "26.426", "27.241"]
    assert (str(sum_.together), str(sum_.percent)) == ("80.084", "80.08")


def test_thirds_that_never_add_up_in_decimals_do_on_the_page() -> None:
    """30 + 1/3 thrice, of weights 100, makes 91: no number of decimals shows that with equal lines."""
    grade = weighted((91, 99, 33), (91, 99, 33), (91, 102, 34))
    sum_ = printed(grade)
    assert added_up(sum_) == sum_.percent == Decimal("91.00")


def test_thirds_that_make_a_half_are_rounded_as_the_total_is() -> None:
    """30.001333… + 30.001333… + 28.002333… is 88.005, shown as 88.01. With any number of decimals the lines would make
    a little less, and 88.00: so one line carries the last millionth."""
    sum_ = printed(weighted((90004, 99000, 33), (90004, 99000, 33), (84007, 102_000, 34)))
    assert [str(part.adds) for part in sum_.parts] == ["30.001334", "30.001333", "28.002333"]
    assert (str(sum_.together), str(sum_.percent), sum_.places) == ("88.005000", "88.01", 6)
    assert [str(part.percent) for part in sum_.parts] == ["90.913131313", "90.913131313", "82.359803922"]
    assert sum_.percent_places == 9


def test_excused_and_dropped_work_is_named_with_its_reason() -> None:
    category = Category(1, "Quizzes", Fraction(100), drop_lowest=1)
    works = [Work(at, 1, f"Quiz {at}", 2000, position=at) for at in range(1, 5)]
    marks: dict[int, Mark | int] = {1: 1800, 2: 1200, 3: Mark(status=Status.excused)}
    (part,) = printed(section_grade(Rules(), [category], works, marks, Asked(AT))).parts
    assert [line.title for line in part.counted] == ["Quiz 1"]
    assert [(line.title, str(line.reason)) for line in part.left_out("dropped")] == [("Quiz 2", "lowest")]
    assert [line.title for line in part.left_out("excused")] == ["Quiz 3"]
    assert [(line.title, str(line.reason)) for line in part.left_out("not_graded")] == [("Quiz 4", "blank")]


def lines_of(part: PrintedPart) -> list[tuple[str | None, ...]]:
    """(typed, late, value, percent, weight) of each line, as texts."""
    return [
        tuple(
            None if amount is None else f"{amount:f}"
            for amount in (line.typed, line.late_taken, line.value, line.percent, line.weight)
        )
        for line in part.lines
    ]


def test_each_line_says_what_was_typed_what_was_taken_and_what_it_is_worth() -> None:
    rules = Rules(mode="weighted", late=LateRule(Fraction(10)), scale=GradingScale.of([("A", 90), ("F", 0)]))
    works = [
        Work(1, 1, "Quiz 1", 2000, Fraction(3), position=1),
        Work(2, 1, "Quiz 2", 1500, position=2, due_at=AT),
        Work(3, 1, "Quiz 3", 2000, Fraction("0.5"), position=3),
        Work(4, 1, "Quiz 4", 1000, position=4),
        Work(5, 1, "Puzzle", 0, position=5),
    ]
    marks: dict[int, Mark | int] = {
        1: Mark(letter="A", late=True),
        2: Mark(percent=Fraction("92.5"), late=True, turned_in_at=AT + timedelta(hours=25)),
        3: 1500,
        5: 100,
    }
    grade = section_grade(rules, [Category(1, "Quizzes", Fraction(100), weighing="own")], works, marks, Asked(AT))
    sum_ = printed(grade)
    (part,) = sum_.parts
    assert lines_of(part) == [
        ("20", "2", "18", "90.00", "3"),
        ("13.875", "3", "10.875", "72.50", "1"),
        ("15", None, "15", "75.00", "0.5"),
        (None, None, None, None, "1"),
        ("1", None, "1", None, "1"),
    ]
    assert [line.typed_letter for line in part.lines] == ["A", None, None, None, None]
    assert [line.typed_percent for line in part.lines] == [None, Decimal("92.5"), None, None, None]
    assert [line.late_time_known for line in part.lines] == [False, True, True, True, True]
    assert [f"{line.out_of:f}" for line in part.lines] == ["20", "15", "20", "10", "0"]
    # (3 × 90 + 72.5 + 0.5 × 75) ÷ 4.5 = 380 ÷ 4.5
    assert (str(part.percent), str(part.adds), f"{part.earned:f}", f"{part.possible:f}") == (
        "84.44",
        "84.44",
        "44.875",
        "55",
    )
    assert (sum_.graded_count, printed(grade, final=True).graded_count) == (4, 5)
    assert [line.what for line in printed(grade, final=True).parts[0].lines][3] == "as_zero"


def test_percentages_of_pieces_have_the_decimals_with_which_their_mean_comes_out() -> None:
    """1 of 32 is 3.125%, and the mean with 0% is 1.5625%: 3.13 and 0 would make 1.57, so three decimals are shown."""
    works = [Work(1, 1, possible=3200, position=1), Work(2, 1, possible=1000, position=2)]
    category = Category(1, "Quizzes", Fraction(100), weighing="equal")
    (part,) = printed(section_grade(Rules(mode="weighted"), [category], works, {1: 100, 2: 0}, Asked(AT))).parts
    assert str(part.percent) == "1.56"
    assert [(str(line.percent), line.weight) for line in part.lines] == [("3.125", None), ("0.000", None)]


def test_with_other_weights_than_those_typed_the_decimals_are_those_of_the_weighted_mean() -> None:
    """Thrice 3.125% and once 0% is 9.375 ÷ 4 = 2.34375; 3.13 thrice would make 2.35."""
    works = [Work(1, 1, possible=3200, weight=Fraction(3), position=1), Work(2, 1, possible=1000, position=2)]
    category = Category(1, "Quizzes", Fraction(100), weighing="own")
    (part,) = printed(section_grade(Rules(mode="weighted"), [category], works, {1: 100, 2: 0}, Asked(AT))).parts
    assert str(part.percent) == "2.34"
    assert [str(line.percent) for line in part.lines] == ["3.125", "0.000"]


def test_extra_credit_among_equal_pieces_is_in_the_sum_and_not_in_the_count() -> None:
    works = [Work(1, 1, possible=3200, position=1), Work(2, 1, possible=1000, extra_credit=True, position=2)]
    category = Category(1, "Quizzes", Fraction(100), weighing="equal")
    (part,) = printed(section_grade(Rules(mode="weighted"), [category], works, {1: 3200, 2: 100}, Asked(AT))).parts
    assert str(part.percent) == "110.00"
    assert [str(line.percent) for line in part.lines] == ["100.00", "10.00"]


def test_in_points_mode_there_are_points_and_no_percentages() -> None:
    works = [Work(1, 1, possible=2000, position=1), Work(2, 1, possible=1000, position=2)]
    category = Category(1, "Quizzes", weighing="equal")
    sum_ = printed(section_grade(Rules(), [category], works, {1: 1850, 2: 775}, Asked(AT)))
    (part,) = sum_.parts
    assert lines_of(part) == [("18.5", None, "18.5", None, None), ("7.75", None, "7.75", None, None)]
    assert (f"{sum_.earned:f}", f"{sum_.possible:f}", f"{part.earned:f}", f"{part.possible:f}") == (
        "26.25",
        "30",
        "26.25",
        "30",
    )
    assert (sum_.together, sum_.rescaled, part.adds, sum_.places) == (None, None, None, 2)


def test_an_extra_credit_category_is_added_after_rescaling() -> None:
    categories = [Category(1, "Tests", Fraction(60)), Category(2, "More", Fraction(5), extra_credit=True)]
    works = [Work(1, 1, possible=700), Work(2, 2, possible=300)]
    sum_ = printed(section_grade(Rules(mode="weighted"), categories, works, {1: 500, 2: 100}, Asked(AT)))
    # 5 ÷ 7 × 60 = 42.857…, ÷ 60 × 100 = 71.428…; 1 ÷ 3 × 5 = 1.666…; together 73.095…
    assert [part.category.title for part in sum_.parts] == ["Tests"]
    assert [part.category.title for part in sum_.extras] == ["More"]
    assert (str(sum_.percent), added_up(sum_)) == ("73.10", Decimal("73.10"))
    assert (str(sum_.rescaled), str(sum_.extras[0].adds)) == ("71.43", "1.67")
    assert (sum_.weight_sum, sum_.weight_total) == (60, 60)


@pytest.mark.parametrize(("weights", "rescaled"), [((60, 40), None), ((60, 39), "86.06"), ((60, 60), None)])
def test_weights_are_shared_out_only_below_100(weights: tuple[int, int], rescaled: str | None) -> None:
    """90% of 60 and 80% of 39: (54 + 31.2) ÷ 99 × 100 = 86.06."""
    grade = weighted((900, 1000, weights[0]), (800, 1000, weights[1]))
    sum_ = printed(grade)
    assert (sum_.rescaled if sum_.rescaled is None else str(sum_.rescaled)) == rescaled
    assert (grade.current_working.scaled_by is None) == (rescaled is None)


def test_a_cap_is_printed_with_what_it_lowered() -> None:
    sum_ = printed(
        section_grade(
            Rules(cap_percent=Fraction("100.5")), [Category(1)], [Work(1, 1, possible=800)], {1: 905}, Asked(AT)
        )
    )
    assert (str(sum_.percent), str(sum_.before_cap), sum_.cap_percent) == ("100.50", "113.13", Decimal("100.5"))


@pytest.mark.parametrize(("cap", "before"), [(105, None), (0, Decimal("80.00"))])
def test_a_cap_is_printed_only_where_it_lowered_something(cap: int, before: Decimal | None) -> None:
    sum_ = printed(
        section_grade(Rules(cap_percent=Fraction(cap)), [Category(1)], [Work(1, 1, possible=1000)], {1: 800}, Asked(AT))
    )
    assert (sum_.before_cap, sum_.cap_percent) == (before, None if before is None else Decimal(cap))


def test_extra_credit_is_apart_only_where_weights_are_shared_out() -> None:
    """90% of 100, and 50% of 10 on top."""
    categories = [Category(1, "Tests", Fraction(100)), Category(2, "More", Fraction(10), extra_credit=True)]
    works = [Work(1, 1, possible=1000), Work(2, 2, possible=1000)]
    sum_ = printed(section_grade(Rules(mode="weighted"), categories, works, {1: 900, 2: 500}, Asked(AT)))
    assert [(part.category.title, str(part.adds)) for part in sum_.parts] == [("Tests", "90.00"), ("More", "5.00")]
    assert (sum_.extras, str(sum_.together), str(sum_.percent)) == ((), "95.00", "95.00")


def test_a_total_of_0_and_a_capped_one_need_no_more_decimals() -> None:
    """0% of 60 and of 40; 90% and 85% of 60 each are 105."""
    sum_ = printed(weighted((0, 1000, 60), (0, 1000, 40)))
    assert ([str(part.adds) for part in sum_.parts], str(sum_.percent)) == (["0.00", "0.00"], "0.00")
    categories = [Category(at, f"Category {at}", Fraction(60)) for at in (1, 2)]
    works = [Work(at, at, possible=1000) for at in (1, 2)]
    rules = Rules(mode="weighted", cap_percent=Fraction(95))
    sum_ = printed(section_grade(rules, categories, works, {1: 900, 2: 850}, Asked(AT)))
    assert [str(part.adds) for part in sum_.parts] == ["54.00", "51.00"]
    assert (str(sum_.together), str(sum_.before_cap), str(sum_.percent)) == ("105.00", "105.00", "95.00")


def test_where_nothing_is_graded_no_weight_takes_part() -> None:
    categories = [Category(1, "Tests", Fraction(60))]
    sum_ = printed(section_grade(Rules(mode="weighted"), categories, [Work(1, 1, possible=10)], {}, Asked(AT)))
    assert (sum_.weight_sum, sum_.weight_total, sum_.percent) == (0, 60, None)


def test_pieces_that_weigh_by_their_points_have_no_percentage() -> None:
    (part,) = printed(weighted((900, 1000, 100))).parts
    assert [line.percent for line in part.lines] == [None]


def test_a_total_says_why_there_is_none() -> None:
    grade = section_grade(Rules(), [Category(1)], [Work(1, 1, possible=1000)], {}, Asked(AT))
    assert (printed(grade).percent, printed(grade).reason) == (None, grade.current_working.reason)
    assert printed(grade).reason == "nothing_graded"


def test_each_total_has_its_letter() -> None:
    rules = Rules(scale=GradingScale.of([("A", 90), ("B", 40), ("F", 0)]))
    works = [Work(1, 1, possible=1000), Work(2, 1, possible=1000)]
    grade = section_grade(rules, [Category(1)], works, {1: 900}, Asked(AT))
    assert (printed(grade).letter, printed(grade, final=True).letter) == ("A", "B")


def test_work_out_of_a_hundredth_of_a_point_has_a_percentage_and_out_of_0_none() -> None:
    works = [Work(1, 1, possible=1, position=1), Work(2, 1, possible=0, position=2)]
    category = Category(1, "Quizzes", Fraction(100), weighing="equal")
    (part,) = printed(section_grade(Rules(mode="weighted"), [category], works, {1: 1, 2: 5}, Asked(AT))).parts
    assert [line.percent for line in part.lines] == [Decimal("100.00"), None]


def test_categories_that_share_out_their_weight_are_named() -> None:
    categories = [
        Category(1, "Tests", Fraction(60)),
        Category(2, "Labs", Fraction(40)),
        Category(3, "None", Fraction(0)),
    ]
    sum_ = printed(section_grade(Rules(mode="weighted"), categories, [Work(1, 1, possible=100)], {1: 80}, Asked(AT)))
    assert [part.category.title for part in sum_.without_work] == ["Labs"]
    assert (sum_.weight_sum, sum_.weight_total) == (60, 100)
    everything = [Work(1, 1, possible=100), Work(2, 2, possible=100)]
    assert (
        printed(section_grade(Rules(mode="weighted"), categories, everything, {1: 80, 2: 80}, Asked(AT))).without_work
        == []
    )
