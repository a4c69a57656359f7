"""What a page is told about each number: why it counts, what was taken, what is pretended."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial

import pytest

from gradebook.grading.cells import Asked, percent_scored, read_cell
from gradebook.grading.section_grade import Calculator, section_grade
from gradebook.grading.values import (
    Category,
    GradingScale,
    LateDeduction,
    LateRule,
    Mark,
    Rules,
    Status,
    Work,
    WorkLine,
)
from gradebook.grading.whatif import points_for, what_if

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUIZZES = Category(1, "Quizzes", Fraction(30), drop_lowest=1, position=1)
ESSAYS = Category(2, "Essays", Fraction(50), position=2)
QUIZ, SHORT_QUIZ = Work(1, 1, "Quiz 1", 2000, due_at=AT, position=1), Work(2, 1, "Quiz 2", 1000, position=2)
ESSAY = Work(3, 2, "Essay", 5000, position=3, posted=False)


def line(mark: Mark | int | None, *, work: Work = QUIZ, posted_only: bool = False, **rules: object) -> WorkLine:
    marks = {} if mark is None else {work.id: mark}
    grade = section_grade(
        Rules(**rules),  # type: ignore[arg-type]
        [QUIZZES, ESSAYS],
        [work],
        marks,
        Asked(AT, posted_only=posted_only),
    )
    return next(line for part in grade.parts for line in part.lines)


def test_a_late_score_shows_what_was_taken() -> None:
    """18 − 2 late = 16."""
    shown = line(Mark(points=1800, late=True), late=LateRule(Fraction(10)))
    assert shown.late == LateDeduction(1, Fraction(200), Fraction(200), time_known=False)
    assert (shown.typed, shown.value, shown.earned) == (1800, 1600, 1600)


def test_the_floor_is_seen_in_what_was_taken() -> None:
    mark = Mark(points=1800, late=True, turned_in_at=AT + timedelta(days=9))
    shown = line(mark, late=LateRule(Fraction(10), floor=Fraction(50)))
    assert shown.late == LateDeduction(9, Fraction(1800), Fraction(800), time_known=True)


def test_late_work_out_of_0_loses_nothing_and_out_of_a_hundredth_its_part() -> None:
    rule, mark = LateRule(Fraction(10)), Mark(points=1, late=True)
    assert line(mark, work=QUIZ._replace(possible=0), late=rule).late is None
    taken = line(mark, work=QUIZ._replace(possible=1), late=rule).late
    assert taken == LateDeduction(1, Fraction(1, 10), Fraction(1, 10), time_known=False)


@pytest.mark.parametrize("early", [timedelta(0), timedelta(days=1)])
def test_a_late_mark_handed_in_by_the_due_moment_is_still_one_interval(early: timedelta) -> None:
    mark = Mark(points=1800, late=True, turned_in_at=AT - early)
    assert line(mark, late=LateRule(Fraction(10))).value == 1600


def test_a_hand_in_after_the_due_moment_is_not_late_unless_it_is_marked_late() -> None:
    shown = line(Mark(points=1800, turned_in_at=AT + timedelta(days=9)), late=LateRule(Fraction(10)))
    assert (shown.late, shown.value) == (None, 1800)


@pytest.mark.parametrize("status", [Status.excused, Status.missing, Status.incomplete])
def test_points_that_are_not_used_lose_nothing(status: Status) -> None:
    shown = line(Mark(points=1800, late=True, status=status), late=LateRule(Fraction(10)))
    assert (shown.late, shown.typed) == (None, 1800)


def test_what_was_typed_of_excused_work_is_still_told() -> None:
    shown = line(Mark(percent=Fraction("92.5"), status=Status.excused))
    assert (shown.what, shown.typed, shown.typed_percent) == ("excused", 1850, Fraction("92.5"))
    shown = line(Mark(letter="P", status=Status.excused), scale=GradingScale.of([("P", 50), ("N", 0)]))
    assert (shown.what, shown.typed, shown.typed_letter) == ("excused", 2000, "P")


@pytest.mark.parametrize("on_whole", [False, True])
def test_the_grade_says_whether_letters_look_at_whole_percents(on_whole: bool) -> None:
    grade = section_grade(Rules(letter_on_whole_percent=on_whole), [ESSAYS], [ESSAY], {3: 4000}, Asked(AT))
    assert grade.letter_on_whole_percent is on_whole


def test_missing_work_is_not_late_too() -> None:
    mark = Mark(status=Status.missing, late=True, turned_in_at=AT + timedelta(days=1))
    shown = line(mark, late=LateRule(Fraction(10)), missing_percent=Fraction(50))
    assert (shown.late, shown.value) == (None, 1000)


@pytest.mark.parametrize(
    ("mark", "what", "reason"),
    [
        (None, "not_graded", "blank"),
        (Mark(status=Status.turned_in), "turned_in", "turned_in"),
        (Mark(status=Status.incomplete), "incomplete", "finish_by_ahead"),
        (Mark(status=Status.incomplete, finish_by_at=AT), "missing", "finish_by_passed"),
        (Mark(status=Status.missing), "missing", "missing_rule"),
        (Mark(status=Status.excused, points=5), "excused", "excused"),
        (Mark(letter="Z"), "not_graded", "unknown_letter"),
        (Mark(letter="P"), "counted", "scored"),
        (1800, "counted", "scored"),
    ],
)
def test_each_kind_of_cell_says_what_it_is(mark: Mark | int | None, what: str, reason: str) -> None:
    shown = line(mark, scale=GradingScale.of([("P", 50), ("N", 0)]))
    assert (shown.what, shown.reason) == (what, reason)


def test_work_from_before_or_after_the_students_time_in_the_class_says_so() -> None:
    day = timedelta(days=1)
    for mark in (None, Mark(status=Status.missing), Mark(status=Status.turned_in)):
        marks = {} if mark is None else {QUIZ.id: mark}
        late_joiner = Asked(AT, joined_at=AT + day)
        early_leaver = Asked(AT, joined_at=AT - 9 * day, left_at=AT - day)
        for asked, reason in ((late_joiner, "before_joining"), (early_leaver, "after_leaving")):
            (shown,) = section_grade(Rules(), [QUIZZES], [QUIZ], marks, asked).parts[0].lines
            assert (shown.what, shown.reason) == ("not_assigned", reason)


def test_a_category_with_nothing_possible_decides_no_part_of_the_points() -> None:
    puzzle = Work(2, 1, "Puzzle", 0, position=1)
    grade = section_grade(Rules(), [QUIZZES, ESSAYS], [puzzle, ESSAY], {2: 500, 3: 4000}, Asked(AT))
    assert [part.share for part in grade.parts] == [None, 100]
    assert grade.current == Decimal("90.00")  # its 5 points are added all the same


def test_an_extra_credit_category_decides_no_part_of_the_points() -> None:
    more = Category(3, "More", Fraction(5), extra_credit=True, position=9)
    puzzle = Work(2, 3, "Puzzle", 1000, position=1)
    grade = section_grade(Rules(), [ESSAYS, more], [ESSAY, puzzle], {2: 500, 3: 4000}, Asked(AT))
    assert [part.share for part in grade.parts] == [100, None]
    assert grade.current == Decimal("90.00")  # (40 + 5) ÷ 50


def test_so_many_are_graded_and_so_many_count() -> None:
    works = [Work(at, 2, f"Essay {at}", 1000, position=at) for at in range(1, 5)]
    grade = section_grade(Rules(), [ESSAYS], works, {1: 900, 2: Mark(status=Status.excused)}, Asked(AT))
    assert (grade.graded_count, grade.counting_count) == (1, 3)
    totals = Calculator(Rules(), [ESSAYS], works).totals({1: 900, 2: Mark(status=Status.excused)}, Asked(AT))
    assert (totals.graded_count, totals.counting_count) == (1, 3)


@pytest.mark.parametrize(
    ("percent", "possible", "value"),
    [(50, 3, Fraction(3, 2)), (1, 101, Fraction(101, 100)), (1, 100, 1), (Fraction(1, 3), 100, Fraction(1, 3))],
)
def test_a_part_of_the_points_is_exact_to_the_smallest_part_of_a_hundredth(
    percent: int | Fraction, possible: int, value: Fraction | int
) -> None:
    shown = line(Mark(status=Status.missing), work=QUIZ._replace(possible=possible), missing_percent=Fraction(percent))
    assert shown.value == value


def test_missing_work_that_does_not_count_says_so() -> None:
    shown = line(Mark(status=Status.missing), missing_percent=None)
    assert (shown.what, shown.reason) == ("not_graded", "missing_not_counted")


@pytest.mark.parametrize("mark", [None, 4100, Mark(status=Status.missing), Mark(points=1, posted=False)])
def test_a_family_reads_the_same_whether_or_not_a_hidden_score_exists(mark: Mark | int | None) -> None:
    shown = line(mark, work=ESSAY, posted_only=True)
    assert (shown.what, shown.reason, shown.typed) == ("not_graded", "hidden", None)


def test_an_empty_cell_posted_to_this_student_is_blank_and_not_hidden() -> None:
    assert line(Mark(posted=True), work=ESSAY, posted_only=True).reason == "blank"


def test_a_grade_is_printed_as_exact_text() -> None:
    grade = section_grade(
        Rules(mode="weighted"), [QUIZZES, ESSAYS], [QUIZ, SHORT_QUIZ, ESSAY], {1: 1850, 2: 100, 3: 4100}, Asked(AT)
    )
    current = grade.to_dict()["current"]
    assert (current["percent"], current["weight_sum"], current["scaled_by"]) == ("85.94", "80", "1.25")
    quizzes = current["parts"][0]
    assert (quizzes["earned"], quizzes["possible"], quizzes["exact"]) == ("18.5", "20", "92.5")
    assert (quizzes["share"], quizzes["contribution"]) == ("37.5", "34.6875")
    assert (quizzes["dropped_lowest"], quizzes["pool"]) == (1, 2)
    assert [line["reason"] for line in quizzes["lines"]] == ["scored", "lowest"]
    assert [line["share"] for line in quizzes["lines"]] == ["37.5", None]


def test_a_cap_leaves_a_trace() -> None:
    grade = section_grade(Rules(cap_percent=Fraction(100)), [ESSAYS], [ESSAY], {3: 5500}, Asked(AT))
    assert grade.current == Decimal("100.00")
    assert grade.current_working.before_cap == 110


def test_pretend_scores_show_even_where_nothing_is_posted_yet() -> None:
    calculator = Calculator(Rules(), [ESSAYS, QUIZZES], [QUIZ, SHORT_QUIZ, ESSAY])
    ask = partial(calculator.grade, asked=Asked(AT, posted_only=True))
    marks = {1: 1000, 3: 5000}
    answer = what_if(ask, marks, {2: 1000, 3: 2500})
    assert answer.now.current == Decimal("50.00")  # the essay's 5000 is hidden
    assert answer.then.current == Decimal("58.33")  # (10 + 25) of 60, the 10 of 20 dropped
    assert marks == {1: 1000, 3: 5000}


def test_an_empty_cell_can_be_pretended() -> None:
    calculator = Calculator(Rules(), [ESSAYS, QUIZZES], [QUIZ, SHORT_QUIZ])
    ask = partial(calculator.grade, asked=Asked(AT, posted_only=True))
    answer = what_if(ask, {1: 1000, 2: 1000}, {2: None})
    assert (answer.now.current, answer.then.current) == (Decimal("100.00"), Decimal("50.00"))
    answer = what_if(ask, {1: 1000}, {2: None})  # empty already
    assert (answer.now.current, answer.then.current) == (Decimal("50.00"), Decimal("50.00"))


def test_what_was_dropped_is_still_told_in_full() -> None:
    """A page can say "dropped: Quiz 2, B, 17.8 − 2 late = 15.8 of 20"."""
    rules = Rules(late=LateRule(Fraction(10)), scale=GradingScale.of([("A", 90), ("B", 80), ("F", 0)]))
    works = [QUIZ, Work(2, 1, "Quiz 2", 2000, position=2), Work(3, 1, "Quiz 3", 2000, position=3)]
    marks = {1: Mark(percent=Fraction(99)), 2: Mark(letter="B", late=True), 3: 2000}
    (part,) = section_grade(rules, [QUIZZES], works, marks, Asked(AT)).parts
    dropped = part.lines[1]
    assert (dropped.what, dropped.reason) == ("dropped", "lowest")
    assert (dropped.typed, dropped.typed_letter, dropped.value) == (1780, "B", 1580)
    assert dropped.late == LateDeduction(1, 200, 200, time_known=False)
    assert (dropped.earned, dropped.possible, dropped.share, dropped.contribution) == (0, 0, None, 0)
    kept = part.lines[0]
    assert (kept.typed, kept.typed_percent, kept.value, kept.earned, kept.possible) == (1980, 99, 1980, 1980, 2000)


@pytest.mark.parametrize(
    ("mark", "possible", "percent"),
    [
        (1800, 2000, 90),
        (1000, 3000, Fraction(100, 3)),
        (500, 0, None),
        (None, 2000, None),
        (Mark(points=1800, status=Status.excused), 2000, None),
        (Mark(points=1800, status=Status.missing), 2000, None),
        (Mark(percent=Fraction(75)), 2000, 75),
    ],
)
def test_a_score_in_percent_of_full_marks(mark, possible, percent):
    cell = read_cell(Rules(), Work(1, 1, possible=possible), mark, Asked(datetime(2026, 10, 14, tzinfo=UTC)))
    assert percent_scored(cell, possible) == percent


@pytest.mark.parametrize(
    ("percent", "possible", "points"),
    [("90", 2000, "18"), ("33.33", 1000, "3.34"), ("0", 1000, "0"), ("0.01", 100, "0.01")],
)
def test_points_that_are_at_least_so_many_percent(percent, possible, points):
    assert points_for(Decimal(percent), possible) == Decimal(points)
