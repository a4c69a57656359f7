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
    assert f'action="{hiding_url(school.test)}?seen=1"' in page
    undone = client.post(f"{hiding_url(school.test)}?seen=1")
    assert undone.status_code == 303
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
    ("fields", "words"),
    [
        (later(day="", month="", year=""), "Enter the date on which the scores are posted"),
        (later(day="31", month="2"), "Enter a day like 14 3 2026"),
        (later(time=""), "Enter a time like 16:30"),
        (later(time="25:00"), "Enter a time like 16:30"),
        (later(time="٤:٣٠"), "Enter a time like 16:30"),
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
    assert (posted_at(school.test), posted_at(school.quiz) is not None) == (None, True)


def test_hiding_cannot_be_done_by_a_link(sign_in, school):
    assert sign_in(school.rivera).get(hiding_url(school.quiz)).status_code == 405
