"""Many saves of the same cell at the same moment, over HTTP, on real threads and real commits."""

import threading
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import Score, ScoreChange, Section

FETCH = {"X-Requested-With": "fetch"}
KEY = "6f1f7b0a-0c6e-4a5e-9f0e-0123456789ab"

pytestmark = pytest.mark.commits


class Answer:
    """What one of many got."""

    def __init__(self, response) -> None:
        self.status = response.status_code
        self.json = response.json


@pytest.fixture
def together(app, school, sign_in):
    """together(people, section, fields of each): the answers, in order, of as many requests that start together."""

    def together(people, section, sent):
        path = f"/teacher/classes/{section.public_id}/scores"
        browsers = [sign_in(person) for person in people]
        sent = [{**fields, "csrf_token": browser.csrf_token()} for browser, fields in zip(browsers, sent, strict=True)]
        db.session.commit()
        db.session.rollback()  # let go of the database
        ready, answers, broken = threading.Barrier(len(sent)), {}, []

        def run(place):
            try:
                ready.wait(60)
                # The plain client: the session of the test belongs to the test's own thread.
                response = FlaskClient.open(browsers[place], path, method="POST", data=sent[place], headers=FETCH)
                answers[place] = Answer(response)
            except Exception as problem:
                broken.append(problem)

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(sent))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert not broken
        return [answers[place] for place in range(len(sent))]

    return together


def test_of_fifty_who_save_one_cell_one_wins_and_the_others_get_both_values(together, school):
    people = [school.rivera if number % 2 else school.cole for number in range(50)]
    names = {school.rivera.id: "Inés Rivera", school.cole.id: "Abe Cole"}
    by = [names[person.id] for person in people]
    name = f"{school.maya.id}.{school.quiz.id}"
    place = (school.quiz.id, school.maya.id, school.oak.id)
    section_id = school.algebra.id
    texts = [f"{number // 4}.{number % 4 * 25:02}" for number in range(50)]  # 50 values, none of them 18

    answers = together(people, school.algebra, [{"seen": 0, name: text} for text in texts])

    won = [number for number, answer in enumerate(answers) if answer.status == 200]
    assert len(won) == 1
    assert sorted({answer.status for answer in answers}) == [200, 409]
    [winner] = won
    said = texts[winner].rstrip("0").rstrip(".")
    assert answers[winner].json["saved"] == {name: said or "0"}
    for number, answer in enumerate(answers):
        if number != winner:
            assert answer.json["saved"] == {}
            conflict = answer.json["conflicts"][name]
            assert (conflict["mine"], conflict["theirs"]) == (texts[number], said or "0")
            assert conflict["by"] == by[winner]
    assert db.session.get_one(Score, place).points == Decimal(texts[winner])
    assert db.session.scalar(select(func.count()).select_from(ScoreChange)) == 1
    assert db.session.scalar(select(Section.last_seq).where(Section.id == section_id)) == 1


def test_the_same_batch_at_once_is_written_once_and_everyone_is_told_the_same(together, school):
    name, other = f"{school.maya.id}.{school.quiz.id}", f"{school.leo.id}.{school.quiz.id}"
    fields = {"seen": 0, name: "10", other: "11", "request": KEY}
    answers = together([school.rivera] * 8, school.algebra, [fields] * 8)
    assert [answer.status for answer in answers] == [200] * 8
    assert [answer.json["saved"] for answer in answers] == [{name: "10", other: "11"}] * 8
    assert {answer.json["number"] for answer in answers} == {1}
    assert db.session.scalar(select(func.count()).select_from(ScoreChange)) == 2
