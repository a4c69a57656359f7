"""Questions about a score: one at a time, about what is posted, between the student and the teachers of the class."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from gradebook.extensions import db
from gradebook.models import RoleKind, ScoreQuestion
from gradebook.policy.access import NotFound
from gradebook.services import accounts, family, questions, teacher_home
from gradebook.services.questions import MOST_A_DAY, MOST_ABOUT_ONE, NotTaken, Refused

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def ask(school, words="Why 18?", now=NOW, work=None):
    questions.ask(school.algebra, (work or school.quiz).id, school.maya.id, words, now)
    db.session.commit()


def answer(school, words="Line 3 was wrong.", by=None, now=NOW):
    (*_some, last) = questions.questions_of(school.maya.id, school.quiz.id)
    done = questions.answer(last, words, actor_id=(by or school.rivera).id, now=now)
    db.session.commit()
    return done


def test_a_question_waits_and_the_next_one_follows_its_answer(school):
    ask(school)
    ask(school)  # the same words, sent twice
    with pytest.raises(NotTaken) as refused:
        ask(school, "And line 4?")
    assert refused.value.why is Refused.WAITING
    assert answer(school)
    ask(school, "And line 4?")
    found = questions.questions_of(school.maya.id, school.quiz.id)
    assert [(one.words, one.answer) for one in found] == [("Why 18?", "Line 3 was wrong."), ("And line 4?", None)]


def test_what_a_colleague_answered_stays(school):
    ask(school)
    assert answer(school, "Mine")
    assert not answer(school, "His", by=school.cole)
    assert answer(school, "Mine")  # sent twice
    (one,) = questions.questions_of(school.maya.id, school.quiz.id)
    assert (one.answer, one.answered_by) == ("Mine", school.rivera.id)


def test_there_is_an_end_to_questions_about_one_score_and_in_a_day(school):
    for number in range(MOST_ABOUT_ONE):
        ask(school, f"Question {number}", now=NOW - timedelta(days=2))
        answer(school)
    with pytest.raises(NotTaken) as refused:
        ask(school, "One more")
    assert refused.value.why is Refused.ENOUGH
    for number in range(MOST_A_DAY):
        db.session.add(
            row(school, asked_at=NOW, words=str(number), answer="x", answered_at=NOW, answered_by=school.rivera.id)
        )
    db.session.commit()
    with pytest.raises(NotTaken) as refused:
        ask(school, "Another", work=school.test)
    assert refused.value.why is Refused.TODAY


def row(school, **more):
    return ScoreQuestion(
        school_id=school.oak.id, section_id=school.algebra.id, assignment_id=school.quiz.id, student_id=school.maya.id,
        **more,
    )  # fmt: skip


def test_the_database_holds_two_at_once_apart(school):
    db.session.add_all(row(school, words=words, asked_at=NOW) for words in ("One", "Two"))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_only_teachers_of_the_class_of_today_find_it(school):
    ask(school)
    key = questions.questions_of(school.maya.id, school.quiz.id)[0].public_id
    for teacher in (school.rivera, school.cole):
        person = accounts.person_acting_as(teacher, NOW, RoleKind.TEACHER)
        assert questions.question_for_teacher(person, key).question.words == "Why 18?"
        assert [one.questions for one in teacher_home.classes_of(person) if one.section.title == "Algebra"] == [1]
    for teacher in (school.osei, school.sub, school.finch, school.tess):
        person = accounts.person_acting_as(teacher, NOW, RoleKind.TEACHER)
        assert not any(one.questions for one in teacher_home.classes_of(person))
        with pytest.raises(NotFound):
            questions.question_for_teacher(person, key)


def test_an_answer_is_news_until_it_was_seen_and_while_the_score_is_posted(school):
    ask(school)
    answer(school, now=NOW - timedelta(hours=1))

    def told(since):
        person = accounts.person_acting_as(school.maya, NOW, RoleKind.STUDENT)
        return [one.section.title for one in family.overview_of_student(person).answers_since(since)]

    assert told(NOW - timedelta(hours=2)) == ["Algebra"]
    assert told(NOW - timedelta(minutes=30)) == []
    school.quiz.posted_at = None
    db.session.commit()
    assert told(NOW - timedelta(hours=2)) == []
