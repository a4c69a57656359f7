"""T3: making, changing, deleting and restoring an assignment, as pages."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Assignment, AuditEntry, Category, Score, ScoreChange, Section, Weighing
from tests.school import make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def new_url(school):
    return f"/teacher/classes/{school.algebra.public_id}/assignments/new"


def url(assignment, act=""):
    return f"/teacher/assignments/{assignment.public_id}{act}"


def typed(school, **changes):
    """The fields of a new quiz as a browser sends them."""
    quizzes = db.session.scalars(select(Category).where(Category.title == "Quizzes")).one()
    fields = {
        "title": "Quiz 2", "points": "20", "category": quizzes.public_id, "due-day": "23", "due-month": "10",
        "due-year": "2026", "assigned-day": "", "assigned-month": "", "assigned-year": "", "shows": "when_posted",
        "counts": "y", "do": "save",
    }  # fmt: skip
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not None}


def as_it_stands(school, assignment, **changes):
    """The fields of a stored assignment as its page shows them."""
    category = db.session.get(Category, assignment.category_id)
    due = assignment.due_on
    return typed(
        school,
        title=assignment.title,
        points=f"{assignment.points.normalize():f}",
        category=category.public_id,
        **{"due-day": str(due.day), "due-month": str(due.month), "due-year": str(due.year)},
        shows="as_entered" if assignment.posted_at else "when_posted",
        seen=str(assignment.seq),
        **changes,
    )


def made(title="Quiz 2"):
    return db.session.scalars(select(Assignment).where(Assignment.title == title)).one_or_none()


def score_of(assignment, student):
    return db.session.get(Score, (assignment.id, student.id, assignment.school_id))


# --- Making


def test_a_new_assignment_is_saved_at_the_end_of_the_class(school, sign_in):
    teacher = sign_in(school.rivera)
    assert "<h1>Add assignment</h1>" in teacher.get(new_url(school)).text
    number = school.algebra.last_seq
    answer = teacher.post(
        new_url(school),
        data=typed(
            school, **{"due_time": "15:30", "assigned-day": "12", "assigned-month": "10", "assigned-year": "2026"}
        ),
    )
    assert answer.status_code == 303
    assert answer.location.endswith(f"/teacher/classes/{school.algebra.public_id}")
    quiz = made()
    assert (quiz.points, quiz.due_on, quiz.due_time) == (Decimal(20), date(2026, 10, 23), time(15, 30))
    assert quiz.assigned_on == date(2026, 10, 12)
    assert (quiz.counts, quiz.extra_credit, quiz.posted_at) == (True, False, None)
    assert quiz.position == 2
    assert quiz.seq == db.session.get(Section, school.algebra.id).last_seq == number + 1
    assert "Quiz 2 is saved. It counts 20% of the grade." in teacher.get(answer.location).text


def test_save_and_enter_scores_goes_on_to_the_scores(school, sign_in):
    answer = sign_in(school.rivera).post(new_url(school), data=typed(school, do="scores"))
    assert answer.location.endswith(f"/teacher/assignments/{made().public_id}/scores")


def test_scores_can_show_as_they_are_entered(school, sign_in):
    sign_in(school.rivera).post(new_url(school), data=typed(school, shows="as_entered"))
    assert made().posted_at == NOW


@pytest.mark.parametrize("points", ["12,5", "12.5", "١٢٫٥"])
def test_points_are_read_in_every_way_of_writing_them(school, sign_in, points):
    assert sign_in(school.rivera).post(new_url(school), data=typed(school, points=points)).status_code == 303
    assert made().points == Decimal("12.5")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Enter a title for the assignment"),
        ({"title": "   "}, "Enter a title for the assignment"),
        ({"title": None}, "Enter a title for the assignment"),
        ({"title": "x" * 201}, "Use 200 characters or fewer for the title"),
        ({"points": ""}, "Enter how many points the assignment is out of"),
        ({"points": "abc"}, "Points must be a number, like 20 or 12.5"),
        ({"points": "NaN"}, "Points must be a number, like 20 or 12.5"),
        ({"points": "-5"}, "Points must be a number, like 20 or 12.5"),
        ({"points": "1e9"}, "Points must be a number, like 20 or 12.5"),
        ({"points": "9" * 400}, "Points must be a number, like 20 or 12.5"),
        ({"points": "12.345"}, "Use no more than 2 decimal places"),
        ({"points": "100000"}, "Points can be at most 99999.99"),
        ({"points": "0"}, "Points must be more than 0, or take away “Counts toward the grade”"),
        ({"category": "nonsense"}, "Category: choose one from the list"),
        ({"category": None}, "Category: choose one from the list"),
        ({"due-day": "31", "due-month": "2"}, "Enter a due date like 18 11 2026"),
        ({"due-day": "x"}, "Enter a due date like 18 11 2026"),
        ({"due-year": "99999999"}, "Enter a due date like 18 11 2026"),
        ({"due_time": "25:00"}, "Enter a time like 15:30"),
        ({"due-day": "", "due-month": "", "due-year": "", "due_time": "15:30"}, "Enter a due date for the due time"),
        (
            {"assigned-day": "24", "assigned-month": "10", "assigned-year": "2026"},
            "The due date must be on or after the assigned date",
        ),
        ({"weight": "much"}, "The own weight must be a number"),
        ({"description": "x" * 5001}, "Use 5,000 characters or fewer"),
        ({"shows": "never"}, "There is a problem"),
        ({"shows": None}, "There is a problem"),
    ],
)
def test_bad_input_is_refused_in_words_and_kept(school, sign_in, changes, words):
    answer = sign_in(school.rivera).post(new_url(school), data=typed(school, **changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert "<title>Error: " in answer.text
    if "title" not in changes:
        assert 'value="Quiz 2"' in answer.text
    assert db.session.scalar(select(Assignment.id).where(Assignment.position == 2)) is None


def test_points_of_0_are_fine_for_what_does_not_count(school, sign_in):
    assert sign_in(school.rivera).post(new_url(school), data=typed(school, points="0", counts=None)).status_code == 303
    assert (made().points, made().counts) == (Decimal(0), False)


def test_a_title_may_be_used_twice_with_a_note(school, sign_in):
    teacher = sign_in(school.rivera)
    answer = teacher.post(new_url(school), data=typed(school, title="integers QUIZ"))
    assert "Another assignment in this class has the same title." in teacher.get(answer.location).text


def test_the_preview_says_what_it_would_do_and_changes_nothing(school, sign_in):
    answer = sign_in(school.rivera).post(new_url(school), data=typed(school, do="preview"))
    assert answer.status_code == 200
    assert "Worth 20% of the grade, once everything is graded." in answer.text
    # Maya: quizzes 90% × 40 + test 83% × 60 = 85.8%; Leo: 45%. With 12 of 20 more: 79.8% and 52.5%.
    assert "If everyone scored 60%, the class average would go from 65.4% to 66.15%." in answer.text
    assert "With 12 of 20, for three students" in answer.text
    assert made() is None
    assert db.session.get(Section, school.algebra.id).last_seq == 0


def test_a_class_without_categories_gets_its_first_one_with_its_first_assignment(school, sign_in):
    for category in db.session.scalars(select(Category).where(Category.section_id == school.algebra.id)):
        category.deleted_at = NOW
    for assignment in (school.quiz, school.test):
        assignment.deleted_at = NOW
    teacher = sign_in(school.rivera)
    assert "Everything" in teacher.get(new_url(school)).text
    assert teacher.post(new_url(school), data=typed(school, category=None)).status_code == 303
    category = db.session.get(Category, made().category_id)
    assert (category.title, category.weight) == ("Everything", Decimal(100))


def test_the_own_weight_is_asked_where_a_category_uses_it(school, sign_in):
    teacher = sign_in(school.rivera)
    assert "Own weight" not in teacher.get(new_url(school)).text
    db.session.scalars(select(Category).where(Category.title == "Quizzes")).one().weighing = Weighing.OWN
    assert "Own weight" in teacher.get(new_url(school)).text
    teacher.post(new_url(school), data=typed(school, weight="2.5"))
    assert made().weight == Decimal("2.5")


def test_the_category_of_another_class_cannot_be_chosen(school, sign_in):
    essays = db.session.scalars(select(Category).where(Category.title == "Essays")).one()
    answer = sign_in(school.rivera).post(new_url(school), data=typed(school, category=essays.public_id))
    assert answer.status_code == 422
    assert made() is None


# --- Changing


def test_the_page_of_an_assignment_shows_it_as_it_stands(school, sign_in):
    page = sign_in(school.rivera).get(url(school.quiz)).text
    assert "<h1>Integers quiz</h1>" in page
    assert 'value="20"' in page
    assert "Worth 40% of the grade" in page
    assert 'name="seen" value="0"' in page


def test_a_change_is_saved_under_the_classes_next_number(school, sign_in):
    answer = sign_in(school.rivera).post(
        url(school.quiz), data=as_it_stands(school, school.quiz) | {"title": "Quiz one"}
    )
    assert answer.status_code == 303
    assert school.quiz.title == "Quiz one"
    assert school.quiz.seq == db.session.get(Section, school.algebra.id).last_seq == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "assignment.changed")).one()
    assert (entry.facts["before"]["title"], entry.facts["after"]["title"]) == ("Integers quiz", "Quiz one")


def test_hiding_and_showing_are_part_of_the_form(school, sign_in):
    teacher = sign_in(school.rivera)
    teacher.post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"shows": "when_posted"})
    assert school.quiz.posted_at is None
    teacher.post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"shows": "as_entered"})
    assert school.quiz.posted_at == NOW


def test_a_moment_chosen_for_posting_is_kept(school, sign_in):
    school.quiz.posted_at = NOW + timedelta(days=2)
    teacher = sign_in(school.rivera)
    assert "At the time I chose when posting" in teacher.get(url(school.quiz)).text
    fields = as_it_stands(school, school.quiz) | {"shows": "as_planned", "title": "Quiz one"}
    assert teacher.post(url(school.quiz), data=fields).status_code == 303
    assert (school.quiz.title, school.quiz.posted_at) == ("Quiz one", NOW + timedelta(days=2))


def test_without_the_version_nothing_is_changed(school, sign_in):
    teacher = sign_in(school.rivera)
    for seen in (None, "", "x", "²", "9" * 30):
        fields = as_it_stands(school, school.quiz) | {"title": "Other", "seen": seen}
        answer = teacher.post(
            url(school.quiz), data={name: value for name, value in fields.items() if value is not None}
        )
        assert answer.status_code == 428, seen
    assert school.quiz.title == "Integers quiz"


def test_a_change_of_what_someone_else_changed_meanwhile_shows_both_versions(school, sign_in):
    mine = as_it_stands(school, school.quiz) | {"title": "Mine"}
    sign_in(school.cole).post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"title": "His"})
    teacher = sign_in(school.rivera)
    answer = teacher.post(url(school.quiz), data=mine)
    assert answer.status_code == 409
    assert "Someone else changed this assignment" in answer.text
    assert "His" in answer.text
    assert 'value="Mine"' in answer.text
    assert school.quiz.title == "His"
    assert teacher.post(url(school.quiz), data=mine | {"seen": str(school.quiz.seq)}).status_code == 303
    assert school.quiz.title == "Mine"


# --- Full marks when scores exist


def test_changing_the_points_asks_what_becomes_of_the_scores(school, sign_in):
    answer = sign_in(school.rivera).post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"points": "25"})
    assert answer.status_code == 200
    assert "2 scores were given out of 20. What should stay the same?" in answer.text
    for words in ("Diaz, Maya", "18 of 20", "18 of 25", "22.5 of 25", "Evans, Leo", "11.25 of 25"):
        assert words in answer.text
    assert 'name="kept_for" value="25"' in answer.text
    assert school.quiz.points == Decimal(20)


def test_the_scores_can_stay(school, sign_in):
    fields = as_it_stands(school, school.quiz) | {"points": "25", "keep": "scores", "kept_for": "25"}
    assert sign_in(school.rivera).post(url(school.quiz), data=fields).status_code == 303
    assert school.quiz.points == Decimal(25)
    assert score_of(school.quiz, school.maya).points == Decimal(18)
    assert db.session.scalars(select(ScoreChange)).all() == []


def test_the_percentages_can_stay_and_the_history_says_so(school, sign_in):
    fields = as_it_stands(school, school.quiz) | {"points": "25", "keep": "percentages", "kept_for": "25"}
    assert sign_in(school.rivera).post(url(school.quiz), data=fields).status_code == 303
    assert score_of(school.quiz, school.maya).points == Decimal("22.5")
    assert score_of(school.quiz, school.leo).points == Decimal("11.25")
    changes = db.session.scalars(select(ScoreChange).order_by(ScoreChange.student_id)).all()
    assert [(one.kind, one.before["points"], one.after["points"]) for one in changes] == [
        ("rule", 1800, 2250),
        ("rule", 900, 1125),
    ]
    assert {one.seq for one in changes} == {school.quiz.seq}


def test_what_does_not_come_out_even_is_said_and_rounded(school, sign_in):
    teacher = sign_in(school.rivera)
    answer = teacher.post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"points": "7.77"})
    assert "2 scores do not come out even" in answer.text
    fields = as_it_stands(school, school.quiz) | {"points": "7.77", "keep": "percentages", "kept_for": "7.77"}
    teacher.post(url(school.quiz), data=fields)
    assert score_of(school.quiz, school.maya).points == Decimal("6.99")  # 6.993
    assert score_of(school.quiz, school.leo).points == Decimal("3.50")  # 3.4965


def test_a_choice_whose_effect_was_not_shown_is_asked_again(school, sign_in):
    fields = as_it_stands(school, school.quiz) | {"points": "30", "keep": "percentages", "kept_for": "25"}
    answer = sign_in(school.rivera).post(url(school.quiz), data=fields)
    assert answer.status_code == 200
    assert "27 of 30" in answer.text
    assert school.quiz.points == Decimal(20)


def test_scores_typed_as_percent_or_letter_follow_by_themselves(school, sign_in):
    for student in (school.maya, school.leo):
        score = score_of(school.quiz, student)
        score.points, score.percent = None, Decimal(90)
    fields = as_it_stands(school, school.quiz) | {"points": "25"}
    assert sign_in(school.rivera).post(url(school.quiz), data=fields).status_code == 303
    assert score_of(school.quiz, school.maya).percent == Decimal(90)


def test_percentages_cannot_be_kept_when_scores_would_grow_beyond_what_can_be_stored(school, sign_in):
    school.quiz.points = Decimal("0.01")
    fields = as_it_stands(school, school.quiz) | {"points": "9000", "keep": "percentages", "kept_for": "9000"}
    answer = sign_in(school.rivera).post(url(school.quiz), data=fields)
    assert answer.status_code == 422
    assert "some scores would be too large" in answer.text
    assert school.quiz.points == Decimal("0.01")


def test_percentages_of_no_points_cannot_be_kept(school, sign_in):
    school.quiz.points = Decimal(0)
    teacher = sign_in(school.rivera)
    asked = teacher.post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"points": "10"})
    assert "Keep the percentages" not in asked.text
    fields = as_it_stands(school, school.quiz) | {"points": "10", "keep": "percentages", "kept_for": "10"}
    answer = teacher.post(url(school.quiz), data=fields)
    assert answer.status_code == 422
    assert "Percentages cannot be kept" in answer.text


# --- Deleting and restoring


def test_deleting_names_the_thing_and_its_scores_and_can_be_undone(school, sign_in):
    teacher = sign_in(school.rivera)
    page = teacher.get(url(school.quiz, "/deletion")).text
    assert "Delete Integers quiz and 2 scores" in page
    answer = teacher.post(url(school.quiz, "/deletion"), data={"seen": "0"})
    assert answer.status_code == 303
    result = teacher.get(answer.location).text
    assert "Integers quiz is deleted." in result
    assert f'action="{url(school.quiz, "/restoration")}"' in result
    assert teacher.get(url(school.quiz)).status_code == 404
    assert "Deleted in the last 30 days" in teacher.get(new_url(school)).text
    assert teacher.post(url(school.quiz, "/restoration")).status_code == 303
    assert school.quiz.deleted_at is None
    assert score_of(school.quiz, school.maya).points == Decimal(18)


def test_a_deleted_assignment_changes_the_grade_at_once(school, sign_in):
    student = sign_in(school.maya)
    assert "90%" in student.get("/student/").text
    sign_in(school.rivera).post(url(school.quiz, "/deletion"), data={"seen": "0"})
    assert "90%" not in student.get("/student/").text


def test_a_deleted_assignment_says_until_when_it_can_come_back(school, sign_in, clock):
    teacher = sign_in(school.rivera)
    teacher.post(url(school.quiz, "/deletion"), data={"seen": "0"})
    assert "is deleted" in teacher.get(url(school.quiz, "/deletion")).text
    clock.advance(days=30, minutes=1)
    teacher = sign_in(school.rivera)
    assert teacher.get(url(school.quiz, "/deletion")).status_code == 404
    assert teacher.post(url(school.quiz, "/restoration")).status_code == 404


def test_deleting_what_was_changed_meanwhile_is_refused(school, sign_in):
    sign_in(school.cole).post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"title": "His"})
    teacher = sign_in(school.rivera)
    assert teacher.post(url(school.quiz, "/deletion"), data={"seen": "0"}).status_code == 409
    assert teacher.post(url(school.quiz, "/deletion")).status_code == 428
    assert school.quiz.deleted_at is None


def test_what_comes_back_to_a_removed_category_goes_to_the_first_one(school, sign_in):
    teacher = sign_in(school.rivera)
    teacher.post(url(school.quiz, "/deletion"), data={"seen": "0"})
    db.session.get(Category, school.quiz.category_id).deleted_at = NOW
    answer = teacher.post(url(school.quiz, "/restoration"))
    assert "Its category was removed meanwhile" in teacher.get(answer.location).text
    assert db.session.get(Category, school.quiz.category_id).title == "Tests"


def test_what_was_not_deleted_cannot_be_restored(school, sign_in):
    assert sign_in(school.rivera).post(url(school.quiz, "/restoration")).status_code == 404


# --- Who may


@pytest.mark.parametrize("who", ["osei", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_finds_the_assignment(school, sign_in, who):
    person = sign_in(school.people[who])
    for address in (url(school.quiz), url(school.quiz, "/deletion"), new_url(school)):
        assert person.get(address).status_code == 404
    assert person.post(new_url(school), data=typed(school)).status_code == 404
    assert person.post(url(school.quiz), data=as_it_stands(school, school.quiz) | {"title": "X"}).status_code == 404
    assert person.post(url(school.quiz, "/deletion"), data={"seen": "0"}).status_code == 404
    assert (school.quiz.title, school.quiz.deleted_at) == ("Integers quiz", None)
    assert made() is None


def test_the_co_teacher_may(school, sign_in):
    assert sign_in(school.cole).post(new_url(school), data=typed(school)).status_code == 303


@pytest.mark.parametrize("fields", [{}, {"do": "preview"}, {"title": ["a", "b"], "points": ["1", "2"]}])
def test_nonsense_is_answered_with_the_form(school, sign_in, fields):
    assert sign_in(school.rivera).post(new_url(school), data=fields).status_code == 422


def test_the_page_asks_the_database_the_same_however_many_scores_there_are(school, sign_in, count_statements):
    teacher = sign_in(school.rivera)
    with count_statements() as small:
        teacher.get(url(school.quiz))
    category = db.session.get(Category, school.quiz.category_id)
    for number in range(12):
        more = Assignment(
            school_id=school.oak.id, section_id=school.algebra.id, category_id=category.id, title=f"Q{number}",
            points=Decimal(10),
        )  # fmt: skip
        db.session.add(more)
        db.session.flush()
        make_score(more, school.maya, points=Decimal(7))
    db.session.commit()
    with count_statements() as large:
        teacher.get(url(school.quiz))
    assert len(large) == len(small) <= 7, large
