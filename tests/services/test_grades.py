"""From rows to grades: what families see, what teachers see, and in how many statements."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from gradebook.extensions import db
from gradebook.grading.values import Mark, Reason, Status, What
from gradebook.models import Enrollment, Position, RoleKind, Score
from gradebook.services import accounts, grades
from gradebook.services.grades import Cell, Place, Student, classes_of_students, mark_of, places_of_student
from tests.families import add_category, add_class, add_letters, add_work, changed, score
from tests.school import SEEN, TODAY, YEAR, enroll

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def a_cell(**more) -> Cell:
    nothing = dict.fromkeys(Cell._fields)
    return Cell(**{**nothing, "status": "none", "late": False, "late_cleared": False, "seq": 0, **more})


def place_of(user, section) -> Place:
    student = Student(user.id, user.public_id, user.display_name, user.sort_name, YEAR[0], None)
    return Place(student, section)


def seen_of(user, section, now=NOW):
    db.session.commit()
    return classes_of_students([place_of(user, section)], now)[0]


# --- One cell


def test_a_plain_score_is_its_hundredths():
    assert mark_of(a_cell(points=1850), NEW_YORK) == 1850


@pytest.mark.parametrize("content", [{"points": 1850}, {"percent": 9000}, {"letter": "B"}])
def test_only_what_is_marked_late_is_late_however_it_was_typed(content):
    turned_in = datetime(2026, 10, 10, tzinfo=UTC)
    mark = mark_of(a_cell(**content, turned_in_at=turned_in), NEW_YORK)
    assert mark == 1850 or (mark.turned_in_at is None and not mark.late)
    late = mark_of(a_cell(**content, turned_in_at=turned_in, late=True), NEW_YORK)
    assert late.late
    assert late.turned_in_at == turned_in


def test_a_typed_percent_keeps_its_decimals():
    assert mark_of(a_cell(percent=8725), NEW_YORK) == Mark(percent=Fraction("87.25"))


def test_incomplete_work_is_missing_from_midnight_of_its_day_in_the_schools_zone():
    mark = mark_of(a_cell(status="incomplete", finish_by=date(2026, 10, 14)), NEW_YORK)
    assert mark.status is Status.incomplete
    assert mark.finish_by_at == datetime(2026, 10, 14, 4, tzinfo=UTC)


@pytest.mark.parametrize("said", [{"points": 0}, {"percent": 0}, {"letter": "F"}, {"status": "missing"}])
def test_a_cell_that_says_something_is_not_blank(said):
    assert not grades.is_blank(a_cell(**said))


@pytest.mark.parametrize("said", [{}, {"comment": "Well done"}, {"late": True}])
def test_a_comment_alone_is_nothing_to_the_calculation(said):
    assert grades.is_blank(a_cell(**said))


def test_work_without_a_time_is_due_at_the_end_of_its_school_day():
    assert grades.due_moment(date(2026, 10, 14), None, NEW_YORK) == datetime(2026, 10, 15, 4, tzinfo=UTC)
    assert grades.due_moment(date(2026, 10, 14), time(8, 30), NEW_YORK) == datetime(2026, 10, 14, 12, 30, tzinfo=UTC)
    assert grades.due_moment(None, time(8, 30), NEW_YORK) is None


def test_the_end_of_the_school_day_is_right_on_the_day_the_clocks_change():
    assert grades.due_moment(date(2026, 10, 31), None, NEW_YORK) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert grades.due_moment(date(2026, 11, 1), None, NEW_YORK) == datetime(2026, 11, 2, 5, tzinfo=UTC)


# --- Rosters


def test_the_roster_of_a_day_has_those_who_are_in_the_class_on_it(school):
    enroll(school.zoe, school.algebra, Position.STUDENT, ends_on=TODAY)
    before, on = (grades.students_of(school.algebra, day) for day in (TODAY - timedelta(days=1), TODAY))
    assert [student.display_name for student in before] == ["Zoe Clark", "Maya Diaz", "Leo Evans"]
    assert [student.display_name for student in on] == ["Maya Diaz", "Leo Evans"]


def test_the_roster_is_sorted_without_accents_and_case_on_every_database(school):
    school.leo.sort_name = "Émile, Leo"
    school.maya.sort_name = "eastman, Maya"
    db.session.commit()
    assert [student.public_id for student in grades.students_of(school.algebra, TODAY)] == [
        school.maya.public_id,
        school.leo.public_id,
    ]


def test_the_roster_is_read_in_pages(school):
    first = grades.students_of(school.algebra, TODAY, limit=1)
    second = grades.students_of(school.algebra, TODAY, limit=1, offset=1)
    assert [student.display_name for student in first + second] == ["Maya Diaz", "Leo Evans"]


def test_teachers_are_not_on_the_roster(school):
    assert school.rivera.id not in {student.id for student in grades.students_of(school.algebra, TODAY)}


# --- A class


def test_deleted_work_and_work_of_a_deleted_category_is_gone(school):
    gone = add_category(school.algebra, "Old", deleted_at=NOW)
    score(add_work(gone, "Old work"), school.maya, "1")
    score(add_work(add_category(school.algebra, "Odd", 0), "Struck", deleted_at=NOW), school.maya, "1")
    work = grades.class_work(school.algebra, NOW)
    assert {column.title for column in work.columns} == {"Integers quiz", "Fractions test"}
    assert [category.title for category in work.categories] == ["Quizzes", "Tests", "Odd"]
    assert set(seen_of(school.maya, school.algebra).cells) == {school.quiz.id}


def test_posting_that_lies_ahead_begins_at_its_moment(school):
    school.test.posted_at = NOW + timedelta(minutes=1)
    db.session.commit()
    assert school.test.id not in seen_of(school.maya, school.algebra, NOW).cells
    assert school.test.id in seen_of(school.maya, school.algebra, NOW + timedelta(minutes=1)).cells


def test_teachers_totals_have_the_hidden_scores_and_families_have_not(school):
    work = grades.class_work(school.algebra, NOW)
    student = place_of(school.maya, school.algebra)[0]
    marks = work.marks(grades.cells_of([school.quiz.id, school.test.id], [school.maya.id]))
    assert work.totals(student, marks, posted_only=False).current == Decimal("85.80")
    assert work.totals(student, marks, posted_only=True).current == Decimal("90.00")
    assert seen_of(school.maya, school.algebra).totals.current == Decimal("90.00")
    assert work.has_hidden()


def test_letters_are_those_of_the_class(school):
    add_letters(school.algebra)
    assert seen_of(school.maya, school.algebra).totals.letter == "A"
    assert seen_of(school.zoe, school.history).totals.letter is None


def test_work_due_before_joining_is_not_the_students(school):
    student, section, _ = place_of(school.maya, school.algebra)
    late_joiner = student._replace(begins_on=date(2026, 10, 1))
    seen = classes_of_students([Place(late_joiner, section)], NOW)[0]
    lines = {line.work.id: line for part in seen.grade.parts for line in part.lines}
    assert lines[school.quiz.id].what is What.counted  # scored all the same
    db.session.delete(db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id)))
    db.session.commit()
    seen = classes_of_students([Place(late_joiner, section)], NOW)[0]
    lines = {line.work.id: line for part in seen.grade.parts for line in part.lines}
    assert lines[school.quiz.id].reason is Reason.before_joining


# --- Hidden


def test_nothing_of_a_hidden_score_reaches_what_families_see(school):
    make = db.session.get(Score, (school.test.id, school.maya.id, school.oak.id))
    make.comment = "SECRET 41.5"
    changed(school.test, school.maya, NOW, school.rivera)
    seen = seen_of(school.maya, school.algebra)
    assert set(seen.cells) == {school.quiz.id}
    assert school.test.id not in seen.changed
    assert "SECRET" not in repr((seen.cells, seen.changed, seen.grade.to_dict()))


def test_hidden_work_reads_exactly_like_work_that_nobody_has_graded(school):
    ungraded = add_work(add_category(school.algebra, "More", 10), "Ungraded")
    lines = {line.work.id: line for part in seen_of(school.maya, school.algebra).grade.parts for line in part.lines}
    hidden, blank = lines[school.test.id], lines[ungraded.id]
    assert (hidden.what, hidden.reason) == (blank.what, blank.reason) == (What.not_graded, Reason.blank)


def test_a_cell_that_was_hidden_meanwhile_is_left_out_once_more(school):
    seen = seen_of(school.maya, school.algebra)
    hidden_cell = grades.cells_of([school.test.id], [school.maya.id])[0]
    seen.cells[school.test.id] = hidden_cell  # as if the query had let it through
    assert seen.totals.current == Decimal("90.00")
    assert seen.grade.current == Decimal("90.00")


# --- Several classes


def test_each_student_has_their_own_scores_in_each_class(school):
    db.session.commit()
    seen = classes_of_students(
        [
            place_of(school.maya, school.algebra),
            place_of(school.leo, school.algebra),
            place_of(school.zoe, school.history),
        ],
        NOW,
    )
    assert [one.totals.current for one in seen] == [Decimal("90.00"), Decimal("45.00"), Decimal("90.00")]


def test_the_scores_of_a_class_that_a_child_left_do_not_come_with_a_sibling_in_it(school):
    # Zoe once had a score in Algebra; only Leo is asked about there.
    score(school.quiz, school.zoe, "3")
    seen = classes_of_students([place_of(school.leo, school.algebra), place_of(school.zoe, school.history)], NOW)
    assert [set(one.cells) for one in seen] == [{school.quiz.id}, {school.essay.id}]


def test_when_a_score_last_changed_comes_from_its_history(school):
    changed(school.quiz, school.maya, NOW, school.rivera)
    assert seen_of(school.maya, school.algebra).changed == {school.quiz.id: NOW}
    assert seen_of(school.leo, school.algebra).changed == {}


def test_three_statements_whatever_the_number_of_classes_and_work(school, count_statements):
    places = [place_of(school.maya, school.algebra)]
    add_letters(school.algebra)
    for number in range(4):
        places.append(place_of(school.maya, add_class(school.oak, f"Class {number}", school.maya, pieces=9)))
    db.session.commit()
    for some in (places[:1], places):
        for place in some:
            assert place.section.school.timezone  # loaded by whoever found the place
        with count_statements() as seen:
            classes_of_students(some, NOW)
        assert len(seen) == 3
    with count_statements() as seen:
        assert classes_of_students([], NOW) == []
    assert seen == []


def test_a_students_places_are_the_classes_of_today_by_title(school, app):
    person = accounts.person_acting_as(school.leo, NOW, RoleKind.STUDENT)
    assert [place.section.title for place in places_of_student(person)] == ["Algebra", "History"]
    school.algebra.ended = True
    db.session.commit()
    assert [place.section.title for place in places_of_student(person)] == ["History"]


def test_a_class_is_current_in_its_term(school):
    term = school.algebra.term
    assert grades.term_today(school.algebra, term.begins_on)
    assert grades.term_today(school.algebra, term.ends_on - timedelta(days=1))
    assert not grades.term_today(school.algebra, term.ends_on)
    assert not grades.term_today(school.algebra, term.begins_on - timedelta(days=1))


def test_a_posted_score_is_seen_from_the_moment_of_posting(school):
    assert school.quiz.id not in seen_of(school.maya, school.algebra, SEEN - timedelta(seconds=1)).cells
    assert school.quiz.id in seen_of(school.maya, school.algebra, SEEN).cells


def test_the_place_names_who_leads_the_class_today(school):
    maya = accounts.person_acting_as(school.maya, NOW, RoleKind.STUDENT)
    assert places_of_student(maya)[0].teacher == "Inés Rivera"
    lead = db.session.query(Enrollment).filter_by(user_id=school.rivera.id).one()
    lead.ends_on = TODAY
    db.session.commit()
    assert places_of_student(maya)[0].teacher is None
