"""One score or status into every blank cell of an assignment."""

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import ScoreChange
from tests.blueprints.teacher.test_gradebook import opened, points, send


def blanks_url(work):
    return f"/teacher/assignments/{work.public_id}/blanks"


def texts(client, section):
    return [one["value"] for one in opened(client, section).cells()]


def test_the_page_says_how_many_cells_are_blank(sign_in, school):
    client = sign_in(school.rivera)

    assert "Fill 1 blank cell" in client.get(blanks_url(school.test)).text
    assert "Integers quiz has no blank cells." in client.get(blanks_url(school.quiz)).text


@pytest.mark.parametrize("typed", ["12,5", "m", "e", "90%"])
def test_blank_cells_are_filled_others_are_left_and_it_can_be_undone(sign_in, school, typed):
    client = sign_in(school.rivera)
    before = texts(client, school.algebra)

    answer = client.post(blanks_url(school.test), data={"seen": "0", "value": typed})
    page = client.get(answer.location).text

    assert "1 score filled." in page
    assert texts(client, school.algebra) == [*before[:3], typed.replace(",", ".")]
    client.post(f"/teacher/classes/{school.algebra.public_id}/undo?seq=1")
    assert texts(client, school.algebra) == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type a score, or m for missing"),
        ("12x", "&#34;12x&#34; is not a score."),
        ("500", "Fractions test is out of 50. You typed 500, which is too much for everyone"),
        ("1.234", "Use no more than 2 decimal places"),
        ("x" * 5000, "is not a score"),
    ],
)
def test_what_is_no_score_fills_nothing(sign_in, school, typed, words):
    answer = sign_in(school.rivera).post(blanks_url(school.test), data={"seen": "0", "value": typed})

    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalars(select(ScoreChange)).all() == []


def test_a_period_that_was_closed_meanwhile_is_said_to_be_locked(sign_in, school):
    client = sign_in(school.rivera)
    client.get(blanks_url(school.test))
    school.algebra.closings = {str(school.algebra.term_id): "2026-10-14T12:00:00+00:00"}
    db.session.flush()

    answer = client.post(blanks_url(school.test), data={"seen": "0", "value": "5"})

    assert answer.status_code == 409
    assert "These scores are locked." in answer.text
    assert db.session.scalars(select(ScoreChange)).all() == []


def test_a_cell_that_somebody_filled_meanwhile_is_left(sign_in, school):
    rivera, cole = sign_in(school.rivera), sign_in(school.cole)
    send(cole, school.algebra, [("seen", "0"), (f"{school.leo.id}.{school.test.id}", "44")])

    rivera.post(blanks_url(school.test), data={"seen": "0", "value": "m"})

    assert points(school.test, school.leo) == 44


def test_a_cell_that_somebody_emptied_meanwhile_is_left_and_said(sign_in, school):
    rivera, cole = sign_in(school.rivera), sign_in(school.cole)
    emptied = [(f"{student.id}.{school.quiz.id}", "") for student in (school.maya, school.leo)]
    send(cole, school.algebra, [("seen", "0"), *emptied])

    answer = rivera.post(blanks_url(school.quiz), data={"seen": "0", "value": "7"})

    assert "2 were changed by someone since and are left." in rivera.get(answer.location).text
    assert texts(rivera, school.algebra)[::2] == ["", ""]


@pytest.mark.parametrize("name", ["osei", "pat", "maya", "dana"])
def test_others_fill_nothing(sign_in, school, name):
    client = sign_in(school.people[name])

    assert client.get(blanks_url(school.test)).status_code == 404
    assert client.post(blanks_url(school.test), data={"seen": "0", "value": "m"}).status_code == 404
