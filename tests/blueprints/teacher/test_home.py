"""T1: the teacher's home, and the list of classes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import (
    AccountKind,
    Assignment,
    Category,
    Position,
    RoleKind,
    Score,
    ScoreChange,
)
from gradebook.policy.conversations import Correspondence
from gradebook.services import messaging
from tests.school import enroll, make_role, make_score, make_section, make_user

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def change(section, assignment, student, teacher, seq, at=NOW):
    """One entry of the history."""
    db.session.add(
        ScoreChange(
            school_id=section.school_id, section_id=section.id, assignment_id=assignment.id, student_id=student.id,
            seq=seq, changed_by=teacher.id, changed_at=at, kind="typed", after={"points": 1800},
        )
    )  # fmt: skip


def write_to_ms_rivera(school, words):
    """Dana writes about Maya."""
    pair = Correspondence(school.maya, school.algebra, school.dana, (school.rivera, school.cole))
    conversation = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOW)
    messaging.send(conversation, author_id=school.dana.id, body=words, client_key="one", now=NOW)
    return conversation


def test_home_shows_the_classes_with_what_is_to_grade_and_what_is_hidden(school, sign_in):
    page = sign_in(school.rivera).get("/teacher/").text
    assert "<h1>Today</h1>" in page
    assert 'Algebra</span><span class="vh">, 1 to grade, 1 score hidden' in page
    assert "History" not in page


def test_the_class_changed_last_has_the_primary_button(school, sign_in):
    geometry = make_section(school.oak, "Geometry")
    enroll(school.rivera, geometry, Position.LEAD)
    change(school.algebra, school.quiz, school.maya, school.rivera, 1)
    page = sign_in(school.rivera).get("/teacher/").text
    assert page.count('<span class="wide-only"><a class="btn btn--primary"') == 1
    assert page.count('<span class="phone-only"><a class="btn btn--primary"') == 1
    assert 'Enter scores<span class="vh">: Algebra' in page
    assert 'Open grades<span class="vh">: Geometry' in page


def test_work_past_due_with_blanks_waits_oldest_first(school, sign_in):
    db.session.delete(db.session.get(Score, (school.quiz.id, school.leo.id, school.oak.id)))
    page = sign_in(school.rivera).get("/teacher/").text
    assert page.index("Integers quiz") < page.index("Fractions test")  # due 18 Sep, 9 Oct
    assert f"/teacher/assignments/{school.quiz.public_id}/scores" in page


@pytest.mark.parametrize("status", [Status.missing, Status.excused, Status.incomplete])
def test_a_cell_with_a_status_does_not_wait(school, sign_in, status):
    make_score(school.test, school.leo, status=status)
    page = sign_in(school.rivera).get("/teacher/").text
    assert "Nothing is waiting to be graded." in page
    assert "nothing to grade" in page


def test_work_turned_in_and_not_scored_still_waits(school, sign_in):
    make_score(school.test, school.leo, status=Status.turned_in)
    assert "Fractions test" in sign_in(school.rivera).get("/teacher/").text


def test_work_is_not_waiting_before_the_end_of_its_day_in_the_schools_time_zone(school, sign_in, clock):
    school.test.due_on = date(2026, 10, 14)
    clock.set(datetime(2026, 10, 15, 3, 59, tzinfo=UTC))  # 23:59 in New York
    teacher = sign_in(school.rivera)
    assert "Nothing is waiting" in teacher.get("/teacher/").text
    clock.set(datetime(2026, 10, 15, 4, 0, tzinfo=UTC))
    assert "Fractions test" in teacher.get("/teacher/").text


def test_work_due_before_a_student_joined_does_not_wait_for_them(school, sign_in):
    new = make_user("nia", "Nia New", AccountKind.STUDENT)
    make_role(new, school.oak, RoleKind.STUDENT)
    enroll(new, school.algebra, Position.STUDENT, begins_on=date(2026, 10, 12))
    page = sign_in(school.rivera).get("/teacher/").text
    assert "1 to grade" in page


def test_deleted_work_does_not_wait(school, sign_in):
    school.test.deleted_at = NOW
    assert "Nothing is waiting" in sign_in(school.rivera).get("/teacher/").text


def test_unread_messages_name_sender_and_child_and_never_say_the_words(school, sign_in):
    write_to_ms_rivera(school, "Maya was ill on Friday")
    page = sign_in(school.rivera).get("/teacher/").text
    assert "Dana Diaz" in page
    assert "about Maya Diaz" in page
    assert "ill on Friday" not in page
    assert "Dana Diaz" not in sign_in(school.osei).get("/teacher/").text


def test_the_last_five_changes_of_this_teacher_are_listed_together_as_they_were_made(school, sign_in):
    for student in (school.maya, school.leo):
        change(school.algebra, school.quiz, student, school.rivera, 1, NOW - timedelta(days=1))
    change(school.algebra, school.test, school.maya, school.cole, 2)
    page = sign_in(school.rivera).get("/teacher/").text
    assert "2 scores typed in Integers quiz" in page
    assert "typed in Fractions test" not in page  # Mr Cole's


def test_a_teacher_without_classes_is_told_who_adds_them(school, sign_in):
    new = make_user("newt", "Newt New")
    make_role(new, school.oak, RoleKind.TEACHER)
    page = sign_in(new).get("/teacher/").text
    assert "You have no classes this term" in page
    assert "555 0100" in page


def test_a_substitute_of_yesterday_has_no_classes_today(school, sign_in):
    assert "Algebra" not in sign_in(school.sub).get("/teacher/").text


@pytest.mark.parametrize("who", ["maya", "dana", "pat"])
def test_only_teachers_have_this_page(school, sign_in, who):
    assert sign_in(school.people[who]).get("/teacher/").status_code == 404
    assert sign_in(school.people[who]).get("/teacher/classes").status_code == 404


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get("/teacher/").status_code == 303


def test_classes_lists_all_of_them_with_term_students_and_role(school, sign_in):
    page = sign_in(school.cole).get("/teacher/classes").text
    assert "<h1>Classes</h1>" in page
    assert "Algebra" in page
    assert "Co-teacher" in page
    assert 'data-label="Students">2<' in page
    assert "History" not in page


def test_a_substitute_reads_until_when(school, sign_in):
    enroll(school.osei, school.algebra, Position.SUBSTITUTE, ends_on=date(2026, 10, 24))
    assert "Substitute until Fri 23 Oct" in sign_in(school.osei).get("/teacher/classes").text


def more_classes(school, count, students):
    """Classes of Ms Rivera with a due and blank assignment and history in each."""
    pupils = []
    for number in range(students):
        pupil = make_user(f"pupil{number}", f"Pupil {number}", AccountKind.STUDENT)
        make_role(pupil, school.oak, RoleKind.STUDENT)
        pupils.append(pupil)
    for number in range(count):
        section = make_section(school.oak, f"Class {number}")
        enroll(school.rivera, section, Position.LEAD)
        category = Category(school_id=school.oak.id, section_id=section.id, title="All", weight=Decimal(100))
        db.session.add(category)
        db.session.flush()
        work = Assignment(
            school_id=school.oak.id, section_id=section.id, category_id=category.id, title="Work", points=Decimal(10),
            due_on=date(2026, 10, 1),
        )  # fmt: skip
        db.session.add(work)
        db.session.flush()
        for pupil in pupils:
            enroll(pupil, section, Position.STUDENT)
        change(section, work, pupils[0], school.rivera, 1)


def test_home_asks_the_database_the_same_however_much_there_is(school, sign_in, count_statements):
    teacher = sign_in(school.rivera)
    with count_statements() as small:
        teacher.get("/teacher/")
    more_classes(school, count=6, students=8)
    db.session.commit()
    with count_statements() as large:
        page = teacher.get("/teacher/").text
    assert "8 to grade" in page
    assert len(large) == len(small) <= 8, large
    with count_statements() as classes:
        teacher.get("/teacher/classes")
    assert len(classes) <= 4, classes
