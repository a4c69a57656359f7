"""S2: asking about a score, and the teacher's answer. No guardian is in it, and nothing of it is in messages."""

import pytest

from gradebook.extensions import db
from gradebook.models import ScoreQuestion
from tests.families import pages_of, words

pytestmark = pytest.mark.usefixtures("clock")


def url_of(school, work=None):
    return f"/student/classes/{school.algebra.public_id}/assignments/{(work or school.quiz).public_id}/question"


def asked(school, sign_in, question="Why not 19?"):
    """Maya's browser, in which she asked."""
    maya = sign_in(school.maya)
    assert maya.post(url_of(school), data={"words": question}).status_code == 303
    return maya


def test_a_question_stays_with_the_score_and_its_answer_is_news(school, sign_in):
    maya = asked(school, sign_in)
    page = maya.get(f"/student/classes/{school.algebra.public_id}").text
    assert "Why not 19?" in page
    assert "Not answered yet." in page
    rivera = sign_in(school.rivera)
    home = rivera.get("/teacher/").text
    assert "Questions about scores" in home
    listed = rivera.get(f"/teacher/classes/{school.algebra.public_id}/questions").text
    assert "Why not 19?" in listed
    key = db.session.query(ScoreQuestion).one().public_id
    assert "The score now: 18 out of 20" in words(rivera.get(f"/teacher/questions/{key}").text)
    assert rivera.post(f"/teacher/questions/{key}", data={"words": "Line 3 is wrong."}).status_code == 303
    assert "Your question about a score was answered" in maya.get("/student/").text
    text = words(maya.get(f"/student/classes/{school.algebra.public_id}").text)
    assert "Inés Rivera answered" in text
    assert "Line 3 is wrong." in text


def test_a_school_that_takes_no_questions_keeps_those_of_before(school, sign_in):
    maya = asked(school, sign_in)
    page = f"/student/classes/{school.algebra.public_id}"
    assert "Ask about this" in maya.get(page).text
    school.oak.takes_score_questions = False
    db.session.commit()
    assert "Ask about this" not in maya.get(page).text
    assert "Why not 19?" in maya.get(page).text
    key = db.session.query(ScoreQuestion).one().public_id
    assert sign_in(school.rivera).post(f"/teacher/questions/{key}", data={"words": "See line 3"}).status_code == 303
    assert "Your school takes no questions here" in words(maya.get(url_of(school)).text)
    answer = maya.post(url_of(school), data={"words": "And why not 20?"})
    assert answer.status_code == 409
    assert "And why not 20?" in answer.text
    assert db.session.query(ScoreQuestion).count() == 1


def test_no_guardian_reads_it_and_no_message_is_made_of_it(school, sign_in):
    asked(school, sign_in)
    _own, guardians = pages_of(school.maya, school.algebra)
    dana = sign_in(school.dana)
    for url in [*guardians, "/messages/"]:
        assert "Why not 19?" not in dana.get(url).text
    assert "unread message" not in dana.get("/parent/").text


def test_a_classmate_sees_nothing_of_it(school, sign_in):
    asked(school, sign_in)
    leo = sign_in(school.leo)
    for url in (url_of(school), f"/student/classes/{school.algebra.public_id}"):
        assert "Why not 19?" not in leo.get(url).text


@pytest.mark.parametrize("words_", ["", "   ", "x" * 501])
def test_nothing_and_too_much_is_refused_and_kept_on_the_page(school, sign_in, words_):
    answer = sign_in(school.maya).post(url_of(school), data={"words": words_})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words_.strip() in answer.text
    assert db.session.query(ScoreQuestion).count() == 0


def test_while_one_waits_no_other_is_taken(school, sign_in):
    maya = asked(school, sign_in)
    page = words(maya.get(url_of(school)).text)
    assert "Your last question about this score waits for its answer." in page
    answer = maya.post(url_of(school), data={"words": "And line 4?"})
    assert answer.status_code == 409
    assert "And line 4?" in answer.text
    assert db.session.query(ScoreQuestion).count() == 1


def test_what_is_not_posted_cannot_be_asked_about(school, sign_in):
    maya = sign_in(school.maya)
    for work in (school.test, school.essay):
        assert maya.get(url_of(school, work)).status_code == 404
        assert maya.post(url_of(school, work), data={"words": "Why?"}).status_code == 404
    school.quiz.posted_at = None
    db.session.commit()
    assert maya.post(url_of(school), data={"words": "Why?"}).status_code == 404


def test_a_question_about_a_score_that_was_hidden_since_is_not_shown(school, sign_in):
    maya = asked(school, sign_in)
    school.quiz.posted_at = None
    db.session.commit()
    assert "Why not 19?" not in maya.get(f"/student/classes/{school.algebra.public_id}").text


def test_what_a_colleague_answered_first_stays_and_the_words_are_kept(school, sign_in):
    asked(school, sign_in)
    key = db.session.query(ScoreQuestion).one().public_id
    for teacher, status in ((school.rivera, 303), (school.cole, 409)):
        answer = sign_in(teacher).post(f"/teacher/questions/{key}", data={"words": f"By {teacher.called}"})
        assert answer.status_code == status
    assert "By Inés" in answer.text
    assert "By Abe" in answer.text


def test_the_page_of_the_class_takes_no_statement_more_for_questions(school, sign_in, count_statements):
    maya, url = sign_in(school.maya), f"/student/classes/{school.algebra.public_id}"
    maya.get(url)
    with count_statements() as before:
        maya.get(url)
    for number in range(4):
        more = {"answer": "A", "answered_at": school.quiz.posted_at, "answered_by": school.cole.id}
        db.session.add(
            ScoreQuestion(
                school_id=school.oak.id, section_id=school.algebra.id, assignment_id=school.quiz.id,
                student_id=school.maya.id, words=f"Question {number}", asked_at=school.quiz.posted_at, **more,
            )
        )  # fmt: skip
    db.session.commit()
    with count_statements() as after:
        assert "Question 3" in maya.get(url).text
    assert len(after) == len(before)
