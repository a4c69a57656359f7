"""What must hold for every class there can be (grading.md, "Proofs expected")."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradebook.grading.cells import Asked
from gradebook.grading.periods import CourseCalculator
from gradebook.grading.section_grade import section_grade
from gradebook.grading.values import (
    Category,
    GradingScale,
    LateRule,
    Mark,
    Period,
    Rules,
    Status,
    Work,
    WorkLine,
    exact_text,
)
from gradebook.grading.whatif import Need, needed_for
from tests.grading import oracle
from tests.grading.how_many import how_many
from tests.grading.random_classes import AT, SomeClass, some_class, some_mark

chance = st.randoms(use_true_random=False)
some = settings(max_examples=how_many(60), derandomize=True, deadline=None, database=None)


def lines_of(one: SomeClass) -> list[WorkLine]:
    return [line for part in one.grade().parts for line in part.lines]


@given(chance)
@some
def test_the_order_of_the_input_never_matters(chance: Random) -> None:
    one = some_class(chance)
    shuffled = replace(one, categories=one.categories[::-1], works=chance.sample(one.works, len(one.works)))
    shuffled.marks = dict(reversed(one.marks.items()))
    assert shuffled.grade().to_dict() == one.grade().to_dict()


@given(chance)
@some
def test_the_points_of_an_excused_score_never_matter(chance: Random) -> None:
    one = some_class(chance)
    assume(one.works)
    work = chance.choice(one.works)
    grades = [
        replace(one, marks=one.marks | {work.id: Mark(points=points, status=Status.excused)}).grade().totals
        for points in (None, 0, chance.randint(0, 99_999))
    ]
    assert grades[0] == grades[1] == grades[2]


@given(chance)
@some
def test_a_full_mark_never_lowers_current(chance: Random) -> None:
    """While nothing is above 100%: no score, no category and not the total (an extra-credit category brings a total
    above 100 in points mode, and a full mark draws it down to 100). No highest are dropped.

    In points mode only where no lowest are dropped either: the drop is chosen for the category, and with one piece
    more it may take another score, with fewer or more points possible, which can hurt the whole. The next test is
    such a class."""
    one = some_class(chance, above_full=False)
    drops = 0 if one.rules.mode == "points" else 2
    one.categories = [
        replace(category, drop_highest=0, drop_lowest=min(drops, category.drop_lowest), keep_best=None)
        for category in one.categories
    ]
    one.works = [work._replace(extra_credit=False) for work in one.works]
    ungraded = [work for work in one.works if work.id not in one.marks]
    assume(ungraded)
    work = chance.choice(ungraded)
    before = one.grade()
    assume(all(part.exact is None or part.exact <= 100 for part in before.parts))
    assume(one.rules.mode == "weighted" or (before.current_working.before_cap or before.current or 0) <= 100)
    after = replace(one, marks=one.marks | {work.id: Mark(points=work.possible, posted=True)}).grade()
    assert before.current is None or (after.current is not None and after.current >= before.current)


def test_in_points_mode_with_a_drop_a_full_mark_can_lower_current() -> None:
    """Quizzes drop one: of 0/5, 80/100 and 10/10 the 0/5 goes, 90/110; beside them stands a test with 0/100.
    With 30/30 more, dropping the 80/100 leaves 40/45 (88.9%) and dropping the 0/5 leaves 120/140 (85.7%): the long
    paper goes, which is best for the quizzes and not for the whole, 40/145 instead of 90/210."""
    quizzes = [Work(at, 1, possible=possible * 100, position=at) for at, possible in enumerate((5, 100, 10, 30), 1)]
    works = [*quizzes, Work(9, 2, possible=100_00)]
    marks: dict[int, Mark | int] = {1: 0, 2: 80_00, 3: 10_00, 9: 0}
    categories = [Category(1, drop_lowest=1), Category(2)]
    before = section_grade(Rules(), categories, works, marks, Asked(AT))
    after = section_grade(Rules(), categories, works, marks | {4: 30_00}, Asked(AT))
    assert (before.current, after.current) == (Decimal("42.86"), Decimal("27.59"))


@given(chance)
@some
def test_dropping_the_lowest_never_lowers_a_category(chance: Random) -> None:
    """Unless what must stay is worse than what may go: work never to be dropped, extra credit, or a score that only
    adds points because it is out of 0. As many as the class says are dropped all the same, and each piece that goes
    makes what stays weigh more (grade_cases.json has both). So: every piece may be dropped and is out of more."""
    one = some_class(chance)
    one.works = [
        work._replace(never_drop=False, extra_credit=False, possible=work.possible or 500, weight=work.weight or None)
        for work in one.works
    ]
    percentages = []
    for lowest in (0, 1, 2, 3):
        one.categories = [
            replace(category, drop_lowest=lowest, drop_highest=0, keep_best=None) for category in one.categories
        ]
        percentages.append([part.exact for part in one.grade().parts])
    for fewer, more in zip(percentages, percentages[1:], strict=False):
        assert all(a is None or (b is not None and a <= b) for a, b in zip(fewer, more, strict=True))


@given(chance)
@some
def test_the_printed_parts_add_up_to_the_total(chance: Random) -> None:
    grade = some_class(chance).grade().to_dict()
    for total in (grade["current"], grade["final"]):
        if total["exact"] is None:
            continue
        whole = Fraction(total["before_cap"] or total["exact"])
        assert sum(Fraction(part["contribution"]) for part in total["parts"]) == whole
        for part in total["parts"]:
            assert sum(Fraction(line["contribution"]) for line in part["lines"]) == Fraction(part["contribution"])
            assert sum(Fraction(line["earned"]) for line in part["lines"]) == Fraction(part["earned"])
            assert sum(Fraction(line["possible"]) for line in part["lines"]) == Fraction(part["possible"])
            if part["share"] is not None:
                shares = [Fraction(line["share"]) for line in part["lines"] if line["share"] is not None]
                assert sum(shares) == Fraction(part["share"])
                assert all(line["what"] != "dropped" for line in part["lines"] if line["share"] is not None)


@given(chance)
@some
def test_the_shares_of_a_weighted_grade_are_the_whole(chance: Random) -> None:
    one = some_class(chance)
    one.rules = replace(one.rules, mode="weighted")
    working = one.grade().current_working
    assume(working.exact is not None and working.weight_sum is not None)
    shares = sum(part.share for part in working.parts if part.share and not part.category.extra_credit)
    assert shares == max(Fraction(100), working.weight_sum or 0)


@given(chance)
@some
def test_hidden_scores_never_change_what_a_family_sees(chance: Random) -> None:
    one = some_class(chance)
    one.asked = one.asked._replace(posted_only=True)
    by_id = {work.id: work for work in one.works}

    def hidden(work_id: int, mark: Mark | int) -> bool:
        own = None if isinstance(mark, int) else mark.posted
        return not (by_id[work_id].posted if own is None else own)

    without = {key: mark for key, mark in one.marks.items() if not hidden(key, mark)}
    others = dict(one.marks)
    for key, mark in one.marks.items():
        if hidden(key, mark):
            other = some_mark(chance, by_id[key])
            others[key] = (Mark(points=other) if isinstance(other, int) else other)._replace(posted=False)
    seen = one.grade().to_dict()
    assert seen == replace(one, marks=without).grade().to_dict()
    assert seen == replace(one, marks=others).grade().to_dict()


@given(chance)
@some
def test_a_cell_of_a_bare_number_is_a_plain_score(chance: Random) -> None:
    one = some_class(chance)
    full = {key: Mark(points=mark) if isinstance(mark, int) else mark for key, mark in one.marks.items()}
    assert replace(one, marks=full).grade().to_dict() == one.grade().to_dict()


@pytest.mark.parametrize("thousand", range(10))
def test_ten_thousand_grades_are_those_of_a_second_calculator_that_tries_everything(thousand: int) -> None:
    for seed in range(thousand * 1000, thousand * 1000 + how_many(1000)):
        one = some_class(Random(seed))
        calculator = one.calculator()
        grade = calculator.grade(one.marks, one.asked)
        exact = oracle.grade(one.rules, one.categories, one.works, one.marks, **one.asked._asdict())
        assert (grade.current_working.exact, grade.final_working.exact) == exact, seed
        assert (grade.current, grade.final) == tuple(map(oracle.rounded, exact)), seed
        assert seed % 5 or calculator.totals(one.marks, one.asked) == grade.totals, seed


def test_what_is_dropped_is_what_the_second_calculator_drops() -> None:
    """In one category, so that there are up to ten to choose from."""
    for seed in range(how_many(1000)):
        one = some_class(Random(seed))
        category = one.categories[0]
        one.categories, one.works = [category], [work._replace(category_id=1) for work in one.works]
        for part in one.grade().final_parts:
            # Given what each cell is worth, the choice alone is compared.
            worth = [(line.work, Fraction(line.value)) for line in part.lines if line.value is not None]
            kept = {work.id for work, _ in oracle.after_drops(part.category, worth)}
            dropped = {line.work.id for line in part.lines if line.what == "dropped"}
            assert {work.id for work, _ in worth} - kept == dropped, seed


def test_of_160_with_unequal_points_the_20_without_which_the_category_is_best_are_dropped() -> None:
    """No other choice of 140 can be better than q, if even the 140 that most exceed q × possible add up to none."""
    for seed in range(5):
        chance = Random(seed)
        works = [Work(at, 1, possible=chance.randint(1, 100) * 50, never_drop=at < 10) for at in range(160)]
        marks: dict[int, Mark | int] = {work.id: chance.randint(0, work.possible) for work in works}
        (part,) = section_grade(Rules(), [Category(1, drop_lowest=20)], works, marks, Asked(AT)).parts
        assert (part.dropped_lowest, part.pool) == (20, 150)
        q = Fraction(part.earned, part.possible)
        above = {line.work.id: (line.value or 0) - q * line.work.possible for line in part.lines}
        best = sorted((above[at] for at in range(10, 160)), reverse=True)[:130]
        assert sum(best) + sum(above[at] for at in range(10)) == 0


def test_large_classes_are_computed_without_an_exception() -> None:
    for seed in range(how_many(1000)):
        one = some_class(Random(seed), most_works=40)
        grade = one.grade()
        assert one.calculator().totals(one.marks, one.asked) == grade.totals, seed
        json.dumps(grade.to_dict(), allow_nan=False)


@given(chance)
@some
def test_a_course_of_periods_is_made_of_the_grades_of_its_periods(chance: Random) -> None:
    one = some_class(chance)
    one.rules = replace(one.rules, periods=(Period(1, Fraction(40)), Period(2, Fraction(chance.choice([0, 30, 90])))))
    one.works = [work._replace(period_id=chance.choice([1, 2, None])) for work in one.works]
    calculator = CourseCalculator(one.rules, one.categories, one.works)
    course = calculator.grade(one.marks, one.asked)
    assert calculator.totals(one.marks, one.asked) == course.totals
    assert course.outside == tuple(sorted(work.id for work in one.works if work.period_id is None))
    for period, grade in course.periods:
        works = [work for work in one.works if work.period_id == period.id]
        assert replace(one, works=works).grade() == grade
    whole = course.current_working.before_cap or course.current_working.exact
    assert whole is None or sum(part.contribution for part in course.current_working.periods) == whole
    json.dumps(course.to_dict(), allow_nan=False)


def test_what_is_needed_in_a_course_of_periods() -> None:
    rules = Rules(periods=(Period(1, Fraction(60)), Period(2, Fraction(40))))
    works = [Work(1, 1, possible=1000, period_id=1), Work(2, 1, possible=1000, period_id=2)]
    calculator = CourseCalculator(rules, [Category(1)], works)
    needed = needed_for(partial(calculator.grade, asked=Asked(AT)), {1: 800}, [2], Decimal(86))
    # 80 × 0.6 + 94.98 × 0.4 is 85.992, printed 85.99; with 94.99 it is 85.996, printed 86.
    assert (needed.answer, needed.percent, needed.total) == (Need.needs, Decimal("94.99"), Decimal("86.00"))


def test_the_plain_function_is_the_calculator() -> None:
    one = some_class(Random(12))
    args = (one.rules, one.categories, one.works, one.marks)
    assert section_grade(*args, one.asked) == one.grade()


def test_what_is_needed_is_the_smallest_that_reaches() -> None:
    """Compared with trying all of 0.00% to 100.00%, one after the other, drops of both kinds included."""
    tried = 0
    for seed in range(200):
        random = Random(seed)
        one = some_class(random, most_works=6)
        blank = [work.id for work in one.works if work.id not in one.marks]
        now = one.grade().current
        if not blank or now is None or tried == 5:
            continue
        tried += 1
        target = max(Decimal(0), now + random.choice([-10, 1, 3, 8]))
        needed = needed_for(partial(one.calculator().grade, asked=one.asked), one.marks, blank, target)
        assert (needed.answer, needed.percent) == first_that_reaches(one, blank, target), seed
    assert tried == 5


def first_that_reaches(one: SomeClass, blank: list[int], target: Decimal) -> tuple[Need, Decimal | None]:
    calculator = one.calculator()
    for step in range(10_001):
        pretend = dict.fromkeys(blank, Mark(percent=Fraction(step, 100), posted=True))
        current = calculator.totals(one.marks | pretend, one.asked).current
        if current is not None and current >= target:
            return Need.needs if step else Need.already_reached, Decimal(step).scaleb(-2)
    return Need.not_reachable, None


@given(st.fractions() | st.decimals(allow_nan=False, allow_infinity=False, places=4).map(Fraction))
@some
def test_exact_text_is_exact(amount: Fraction) -> None:
    assert Fraction(exact_text(amount)) == amount


def test_exact_text_is_exact_for_the_smallest_amounts_too() -> None:
    assert exact_text(Fraction(1, 5**30)) == "0." + str(2**30).rjust(30, "0")
    assert exact_text(Fraction(-7, 2**40)) == "-0." + str(7 * 5**40).rjust(40, "0")


@given(chance)
@some
def test_other_weights_are_made_of_the_same_sums(chance: Random) -> None:
    one = some_class(chance)
    other = replace(
        one,
        rules=replace(one.rules, mode="weighted", cap_percent=Fraction(90), letter_on_whole_percent=True),
        categories=[
            replace(each, weight=each.weight + 7, extra_credit=chance.random() < 0.2) for each in one.categories
        ],
    )
    then, now = one.calculator(), other.calculator()
    assert then.adds_up_like(now)
    assert now.totals_of(then.sums(one.marks, one.asked)) == now.totals(one.marks, one.asked)


def test_what_changes_the_sums_is_told_from_what_does_not() -> None:
    one = some_class(Random(12))
    others = [
        replace(one, rules=replace(one.rules, missing_percent=Fraction(1))),
        replace(one, rules=replace(one.rules, late=LateRule(Fraction(3), "hour", Fraction(0)))),
        replace(one, rules=replace(one.rules, scale=GradingScale.of([("Z", 0)]))),
        replace(one, categories=[replace(each, drop_highest=each.drop_highest + 1) for each in one.categories]),
        replace(one, works=[each._replace(possible=each.possible + 1) for each in one.works]),
    ]
    assert [one.calculator().adds_up_like(other.calculator()) for other in others] == [False] * 5
