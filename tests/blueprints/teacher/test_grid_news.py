"""What the open grid is told of others' changes."""

from datetime import timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import ChangeKind, Enrollment, LoginSession, ScoreChange
from gradebook.services import posting
from gradebook.services.counters import next_number
from gradebook.services.score_history import news_of
from tests.conftest import NOON
from tests.services.test_score_restore import save

FETCH = {"X-Requested-With": "fetch"}


def ask(client, section, after):
    return client.get(f"/teacher/classes/{section.public_id}/changes?after={after}", headers=FETCH)


def name(work, student):
    return f"{student.id}.{work.id}"


def test_when_nothing_changed_the_answer_is_empty_within_three_statements(sign_in, school, count_statements):
    save(school, {(school.quiz, school.maya): "10"})
    teacher, section = sign_in(school.rivera), school.algebra
    assert section.last_seq == 1
    with count_statements() as seen:
        answer = ask(teacher, section, 1)
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(seen) <= 3, seen


def test_the_cells_that_changed_say_who_changed_them_and_from_what(sign_in, school):
    save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    save(school, {(school.quiz, school.maya): "11l", (school.quiz, school.leo): "m"}, by=school.cole)
    save(school, {(school.test, school.leo): "5"})
    answer = ask(sign_in(school.rivera), school.algebra, 0).json
    by_cole, mine = {"by": "Abe Cole", "own": False}, {"by": "Inés Rivera", "own": True}
    also = {"at": "2026-10-14T12:00:00+00:00", "comment": False, "note": False}
    assert answer["cells"] == {
        name(school.quiz, school.maya): {"text": "11l", "was": "18", **by_cole, **also},
        name(school.quiz, school.leo): {"text": "m", "was": "9", **by_cole, **also},
        name(school.test, school.leo): {"text": "5", "was": "", **mine, **also},
    }
    assert answer["students"][str(school.maya.id)]["overall"] == "55%"
    assert (answer["number"], answer["stale"]) == (3, False)
    assert list(ask(sign_in(school.rivera), school.algebra, 2).json["cells"]) == [name(school.test, school.leo)]


def test_a_change_of_anything_else_says_that_the_page_is_stale(sign_in, school):
    posting.post_scores(school.algebra, school.test, at=NOON, actor_id=school.cole.id, now=NOON)
    save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    teacher = sign_in(school.rivera)
    both = ask(teacher, school.algebra, 0).json
    assert (list(both["cells"]), both["stale"]) == ([name(school.quiz, school.maya)], True)
    assert ask(teacher, school.algebra, 1).json["stale"] is False


def test_posting_alone_is_told_too(sign_in, school):
    posting.post_scores(school.algebra, school.test, at=NOON, actor_id=school.cole.id, now=NOON)
    assert ask(sign_in(school.rivera), school.algebra, 0).json == {
        "number": 1, "cells": {}, "students": {}, "stale": True,
    }  # fmt: skip


def test_a_number_that_no_score_took_makes_the_page_stale(sign_in, school):
    """Rules, the roster and whatever else counts the class up: the page cannot show it cell by cell."""
    save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    next_number(school.algebra)
    save(school, {(school.quiz, school.leo): "10"}, by=school.cole)
    teacher = sign_in(school.rivera)
    assert [ask(teacher, school.algebra, after).json["stale"] for after in (0, 1, 2)] == [True, True, False]


def test_scores_kept_in_proportion_make_the_page_stale(sign_in, school):
    """Their assignment has other full marks now."""
    save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    db.session.query(ScoreChange).one().kind = ChangeKind.RULE
    assert ask(sign_in(school.rivera), school.algebra, 0).json["stale"] is True


def test_after_very_much_the_page_is_to_be_opened_again(sign_in, school, monkeypatch):
    monkeypatch.setattr(news_of, "__defaults__", (1,))
    save(school, {(school.quiz, school.maya): "10", (school.quiz, school.leo): "11"}, by=school.cole)
    assert ask(sign_in(school.rivera), school.algebra, 0).json == {
        "number": 1, "cells": {}, "students": {}, "stale": True,
    }  # fmt: skip


def test_work_that_came_with_its_scores_makes_the_page_stale(sign_in, school):
    number = save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    school.quiz.seq = number
    assert ask(sign_in(school.rivera), school.algebra, 0).json["stale"] is True


def test_students_who_left_are_not_told_of(sign_in, school):
    save(school, {(school.quiz, school.maya): "10", (school.quiz, school.leo): "11"}, by=school.cole)
    place = db.session.query(Enrollment).filter_by(user_id=school.maya.id, section_id=school.algebra.id).one()
    place.ends_on = NOON.date() - timedelta(days=2)
    answer = ask(sign_in(school.rivera), school.algebra, 0).json
    assert list(answer["cells"]) == [name(school.quiz, school.leo)]
    assert list(answer["students"]) == [str(school.leo.id)]


@pytest.mark.parametrize(("after", "status"), [("", 400), ("x", 400), ("-1", 400), ("99999999999", 400), ("77", 200)])
def test_what_is_no_number_of_the_class(sign_in, school, after, status):
    answer = ask(sign_in(school.rivera), school.algebra, after)
    assert answer.status_code == status
    assert status == 400 or answer.json["stale"] is True


@pytest.mark.parametrize("who", ["osei", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_is_told(sign_in, school, who):
    save(school, {(school.quiz, school.maya): "10"})
    assert ask(sign_in(school.people[who]), school.algebra, 0).status_code == 404


def test_asking_keeps_nobody_signed_in(sign_in, school, clock):
    teacher = sign_in(school.rivera)
    section = school.algebra
    clock.advance(minutes=20)
    assert ask(teacher, section, 0).status_code == 204
    assert db.session.query(LoginSession).one().last_used_at == NOON
    clock.advance(minutes=11)
    assert ask(teacher, section, 0).status_code == 401


def test_a_page_that_a_person_opens_does(sign_in, school, clock):
    teacher = sign_in(school.rivera)
    clock.advance(minutes=20)
    teacher.get(f"/teacher/classes/{school.algebra.public_id}")
    clock.advance(minutes=11)
    assert ask(teacher, school.algebra, 0).status_code == 204
