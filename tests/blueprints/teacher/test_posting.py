"""Posting scores to families, now or later, and hiding them again."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Assignment, AuditEntry, Section
from tests.school import make_score


def posting_url(work):
    return f"/teacher/assignments/{work.public_id}/posting"


def hiding_url(work):
    return f"/teacher/assignments/{work.public_id}/hiding"


def undo_url(work):
    return f"/teacher/assignments/{work.public_id}/posting/undo"


def posted_at(work):
    db.session.expire_all()
    return db.session.get(Assignment, work.id).posted_at


def later(day="20", month="10", year="2026", time="16:30", **more):
    return {
        "seen": "0", "when": "later", "day-day": day, "day-month": month, "day-year": year, "time": time, **more,
    }  # fmt: skip


def test_the_page_says_what_families_will_see(sign_in, school):
    html = sign_in(school.rivera).get(posting_url(school.test)).text

    assert "<h1>Post scores: Fractions test</h1>" in html
    assert "1 of 2 students have a score; 1 will show as not graded yet." in html
    assert "America/New_York" in html


def test_students_who_are_missing_or_excused_are_not_called_ungraded(sign_in, school):
    make_score(school.test, school.leo, status="excused")

    html = sign_in(school.rivera).get(posting_url(school.test)).text

    assert "1 of 2 students have a score; 1 is missing, excused or incomplete." in html


def test_posting_now_shows_the_scores_and_undo_hides_them(sign_in, school, clock):
    client = sign_in(school.rivera)

    answer = client.post(posting_url(school.test), data={"seen": "0", "when": "now"})

    assert answer.status_code == 303
    assert posted_at(school.test) == clock()
    page = client.get(answer.location).text
    assert "Fractions test posted to 1 student." in page
    assert f'action="{undo_url(school.test)}?seen=1"' in page
    undone = client.post(f"{undo_url(school.test)}?seen=1")
    assert undone.status_code == 303
    assert "Fractions test is hidden from students and families." in client.get(undone.location).text
    assert posted_at(school.test) is None
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts[-2:] == ["scores.posted", "scores.hidden"]
    assert db.session.get(Section, school.algebra.id).last_seq == 2


def test_posting_at_a_time_of_the_school_takes_effect_then(sign_in, school, clock):
    client = sign_in(school.rivera)

    answer = client.post(posting_url(school.test), data=later())

    assert answer.status_code == 303
    assert posted_at(school.test) == datetime(2026, 10, 20, 20, 30, tzinfo=UTC)
    assert "Fractions test will be posted on Tue 20 Oct, 16:30." in client.get(answer.location).text


@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        (later(day="1", month="11", time="01:30"), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (later(day="14", month="3", year="2027", time="03:00"), datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        (later(time="٤:٣٠"), datetime(2026, 10, 20, 8, 30, tzinfo=UTC)),
    ],
    ids=["the first of two half past ones", "the first moment of summer time", "Arabic-Indic digits"],
)
def test_a_moment_is_the_one_that_the_clocks_of_the_school_show(sign_in, school, fields, moment):
    assert sign_in(school.rivera).post(posting_url(school.test), data=fields).status_code == 303
    assert posted_at(school.test) == moment


def test_undo_puts_back_the_moment_that_was_planned_also_after_a_reload(sign_in, school):
    client = sign_in(school.rivera)
    client.post(posting_url(school.test), data=later())
    planned = posted_at(school.test)
    client.post(posting_url(school.test), data={"seen": "1", "when": "now"})

    page = client.get(posting_url(school.test)).text
    assert "Inés Rivera posted these scores on" in page
    assert "Before that they were to be posted on" in page
    assert f'action="{undo_url(school.test)}"' in page
    assert client.post(undo_url(school.test), data={"seen": "2"}).status_code == 303
    assert posted_at(school.test) == planned


def test_undo_of_hiding_shows_the_scores_as_long_as_nobody_changed_it_since(sign_in, school):
    client = sign_in(school.rivera)
    before = posted_at(school.quiz)
    client.post(hiding_url(school.quiz), data={"seen": "0"})
    sign_in(school.cole).post(posting_url(school.quiz), data=later(seen="1"))

    assert client.post(f"{undo_url(school.quiz)}?seen=1").status_code == 409
    assert posted_at(school.quiz) != before
    client.post(undo_url(school.quiz), data={"seen": "2"})
    assert posted_at(school.quiz) is None
    client.post(undo_url(school.quiz), data={"seen": "3"})
    assert posted_at(school.quiz) == datetime(2026, 10, 20, 20, 30, tzinfo=UTC), "undone twice, it is as it was"


def test_where_nothing_was_done_there_is_nothing_to_undo(sign_in, school):
    client = sign_in(school.rivera)

    assert undo_url(school.quiz) not in client.get(posting_url(school.quiz)).text
    assert client.post(undo_url(school.quiz), data={"seen": "0"}).status_code == 409


def test_hiding_says_what_families_no_longer_see(sign_in, school):
    html = sign_in(school.rivera).get(posting_url(school.quiz)).text

    assert "<h1>Hide scores: Integers quiz</h1>" in html
    assert "2 of 2 students have a score." in html
    assert "Students and their guardians see these scores and comments now." in html


def test_a_script_is_told_nothing_but_that_it_is_done(sign_in, school):
    client = sign_in(school.rivera)
    fetch = {"X-Requested-With": "fetch"}

    answer = client.post(posting_url(school.test), data={"seen": "0", "when": "now"}, headers=fetch)
    assert (answer.status_code, answer.text) == (204, "")
    assert "Fractions test posted to 1 student." in client.get(f"/teacher/classes/{school.algebra.public_id}").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (later(day="", month="", year=""), "Enter the date on which the scores are posted"),
        (later(day="31", month="2"), "Enter a day like 14 3 2026"),
        (later(time=""), "Enter a time like 16:30"),
        (later(time="25:00"), "Enter a time like 16:30"),
        (later(day="14", month="3", year="2027", time="02:30"), "There is no such time on that day"),
        ({**later(), "when": "now"}, "Choose whether to post now, or at the date and time below"),
        (later(day="14", time="07:59"), "The date and time must lie ahead"),
        ({"seen": "0", "when": "never"}, "Not a valid choice"),
        ({"seen": "0", "when": ["later", "now"], "time": "x" * 9000}, "Enter a time like 16:30"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_with_a_reason(sign_in, school, fields, words):
    answer = sign_in(school.rivera).post(posting_url(school.test), data=fields)

    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error: " in answer.text
    assert posted_at(school.test) is None


def test_who_saw_an_older_assignment_is_told(sign_in, school):
    client = sign_in(school.rivera)
    client.post(posting_url(school.test), data={"seen": "0", "when": "now"})

    assert sign_in(school.cole).post(hiding_url(school.test), data={"seen": "0"}).status_code == 409
    assert sign_in(school.cole).post(posting_url(school.test), data={"seen": "0", "when": "now"}).status_code == 409
    assert posted_at(school.test) is not None


def test_a_changed_score_is_no_reason_to_refuse(sign_in, school):
    client = sign_in(school.rivera)
    name = f"{school.maya.id}.{school.test.id}"
    client.post(f"/teacher/classes/{school.algebra.public_id}/scores", data={"seen": "0", name: "40"})

    assert client.post(posting_url(school.test), data={"seen": "0", "when": "now"}).status_code == 303


@pytest.mark.parametrize("seen", [{}, {"seen": "x"}, {"seen": "99"}])
def test_without_what_was_seen_nothing_is_posted_or_hidden(sign_in, school, seen):
    client = sign_in(school.rivera)

    assert client.post(posting_url(school.test), data={"when": "now", **seen}).status_code == 428
    assert client.post(hiding_url(school.quiz), data=seen).status_code == 428
    assert (posted_at(school.test), posted_at(school.quiz) is not None) == (None, True)


@pytest.mark.parametrize("name", ["osei", "sub", "finch", "pat", "maya", "dana"])
def test_others_can_neither_see_post_nor_hide(sign_in, school, name):
    client = sign_in(school.people[name])

    assert client.get(posting_url(school.test)).status_code == 404
    assert client.post(posting_url(school.test), data={"seen": "0", "when": "now"}).status_code == 404
    assert client.post(hiding_url(school.quiz), data={"seen": "0"}).status_code == 404
    assert client.post(undo_url(school.quiz), data={"seen": "0"}).status_code == 404
    assert (posted_at(school.test), posted_at(school.quiz) is not None) == (None, True)


def test_hiding_cannot_be_done_by_a_link(sign_in, school):
    assert sign_in(school.rivera).get(hiding_url(school.quiz)).status_code == 405
