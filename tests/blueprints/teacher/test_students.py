"""T6: one student's story in one class."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import AccountKind, Enrollment, LateInterval, Position, RoleKind
from tests.school import enroll, make_role, make_score, make_user

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def url(school, student, section="algebra"):
    return f"/teacher/classes/{school.sections[section].public_id}/students/{student.public_id}"


def test_the_page_shows_the_posted_grade_and_the_one_with_hidden_scores(school, sign_in):
    page = sign_in(school.rivera).get(url(school, school.maya)).text
    assert "<h1>Maya Diaz in Algebra</h1>" in page
    assert "90%" in page  # the quiz alone is posted
    assert "<strong>85.8%</strong> with hidden scores, which only teachers see." in page
    assert "The sum for Maya Diaz" in page
    assert "41.5 <small>of 50</small>" in page
    assert "Hidden</span>" in page


def test_without_hidden_scores_there_is_one_grade(school, sign_in):
    school.test.posted_at = NOW
    page = sign_in(school.rivera).get(url(school, school.maya)).text
    assert "85.8%" in page
    assert "with hidden scores" not in page


def test_every_status_is_said_in_words(school, sign_in):
    school.algebra.late_percent, school.algebra.late_interval = Decimal(10), LateInterval.DAY
    score = make_score(school.test, school.leo, status=Status.missing)
    teacher = sign_in(school.rivera)
    page = teacher.get(url(school, school.leo)).text
    assert "counts as 0 of 50" in page
    assert "was due Fri 9 Oct" in page  # in the list of missing work
    score = db.session.get(type(score), (school.test.id, school.leo.id, school.oak.id))
    score.status, score.points, score.late = Status.none, Decimal(30), True
    page = teacher.get(url(school, school.leo)).text
    assert "30 − 5 late = 25" in page
    assert "Nothing is missing." in page
    score.status = Status.excused
    assert "does not count" in teacher.get(url(school, school.leo)).text


def test_guardians_who_may_be_written_to_are_offered_one_by_one(school, sign_in):
    page = sign_in(school.rivera).get(url(school, school.maya)).text
    assert "Dana Diaz" in page
    assert "mother" in page
    link = f"/messages/new?student={school.maya.public_id}&amp;section={school.algebra.public_id}"
    assert f"{link}&amp;guardian={school.dana.public_id}" in page
    assert "Rex Diaz" not in page  # an order forbids it
    assert "Gus Gray" not in page  # ended


def test_a_student_without_guardians_says_so(school, sign_in):
    school.guardianships["erin_of_leo"].may_message = False
    school.guardianships["tess_of_leo"].may_message = False
    page = sign_in(school.rivera).get(url(school, school.leo)).text
    assert "Nobody may be messaged about this student now." in page
    assert "/messages/new" not in page


def test_the_neighbours_are_in_order_of_names(school, sign_in):
    teacher = sign_in(school.rivera)
    first = teacher.get(url(school, school.maya)).text
    assert "Student 1 of 2" in first
    assert url(school, school.leo) in first
    assert "Previous student" not in first
    last = teacher.get(url(school, school.leo)).text
    assert "Previous student" in last
    assert "Next student" not in last


def test_a_student_who_left_is_shown_with_dates_and_nothing_to_change(school, sign_in):
    place = db.session.query(Enrollment).filter_by(user_id=school.maya.id, section_id=school.algebra.id).one()
    place.ends_on = date(2026, 10, 10)
    page = sign_in(school.rivera).get(url(school, school.maya)).text
    assert "was in this class from Mon 31 Aug 2026 to Fri 9 Oct 2026" in page
    assert "18 <small>of 20</small>" in page
    assert "/messages/new" not in page
    assert f"/teacher/assignments/{school.quiz.public_id}" not in page


def test_a_class_without_work_says_what_to_do(school, sign_in):
    school.quiz.deleted_at = school.test.deleted_at = NOW
    page = sign_in(school.rivera).get(url(school, school.maya)).text
    assert "No scores yet" in page
    assert "Add assignment" in page


@pytest.mark.parametrize("who", ["osei", "tess", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_finds_the_student(school, sign_in, who):
    assert sign_in(school.people[who]).get(url(school, school.maya)).status_code == 404


def test_a_student_of_another_class_is_not_found(school, sign_in):
    assert sign_in(school.rivera).get(url(school, school.zoe)).status_code == 404
    assert sign_in(school.rivera).get(url(school, school.rivera)).status_code == 404
    assert sign_in(school.osei).get(url(school, school.zoe, "history")).status_code == 200


def test_a_teacher_who_is_a_guardian_of_the_child_is_offered_no_messages(school, sign_in):
    page = sign_in(school.tess)
    page.post("/auth/role", data={"role": f"teacher-{school.oak.id}"})
    assert "/messages/new" not in page.get(url(school, school.leo, "history")).text


def test_the_page_asks_the_database_the_same_however_large_the_class(school, sign_in, count_statements):
    teacher = sign_in(school.rivera)
    with count_statements() as small:
        teacher.get(url(school, school.maya))
    for number in range(12):
        pupil = make_user(f"pupil{number}", f"Pupil {number}", AccountKind.STUDENT)
        make_role(pupil, school.oak, RoleKind.STUDENT)
        enroll(pupil, school.algebra, Position.STUDENT)
        make_score(school.quiz, pupil, points=Decimal(number))
    db.session.commit()
    with count_statements() as large:
        teacher.get(url(school, school.maya))
    assert len(large) == len(small) <= 12, large
