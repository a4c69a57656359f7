"""One account sends so many messages within an hour and no more; what was sent before is never refused."""

from uuid import uuid4

import pytest

from gradebook.services import messaging

SCRIPT = {"X-Requested-With": "fetch"}
WORDS = "You have sent 2 messages within an hour"


@pytest.fixture
def two_an_hour(app, monkeypatch):
    monkeypatch.setitem(app.config, "MESSAGES_AN_HOUR", 2)


def sent(browser, address, key=None, body="Once more", **more):
    return browser.post(f"{address}/messages", data={"body": body, "client_key": key or str(uuid4())}, **more)


def test_what_is_over_it_is_kept_with_the_reason(two_an_hour, sign_in, school, talk, fields, bodies, clock):
    address, dana, key = talk("dana", "maya", "algebra", ("dana", "One")), sign_in(school.dana), str(uuid4())
    assert sent(dana, address, key).status_code == 303
    before = bodies()
    refused = sent(dana, address, body="Three")
    assert refused.status_code == 429
    assert WORDS in refused.text
    form = fields(refused.text)
    assert form["body"] == "Three"
    answer = sent(dana, address, headers=SCRIPT)
    assert (answer.status_code, WORDS in answer.json["problem"]) == (429, True)
    assert sent(dana, address, key).status_code == 303  # sent before: never refused
    assert sent(dana, address, key, body="Other").status_code == 409
    assert bodies() == before
    assert sent(sign_in(school.rivera), address).status_code == 303  # each has their own
    clock.advance(minutes=30)
    assert dana.post(f"{address}/messages/1/correction", data={**form, "body": "Right"}).status_code == 429
    clock.advance(minutes=31)
    assert dana.post(f"{address}/messages", data=form).status_code == 303
    assert bodies()[-1] == "Three"


def test_a_first_message_over_it_begins_nothing(two_an_hour, sign_in, school, talk, fields, bodies, how_many):
    talk("dana", "maya", "algebra", ("dana", "One"), ("dana", "Two"))
    dana = sign_in(school.dana)
    before = how_many(), bodies()
    form = fields(dana.get(f"/messages/new?student={school.maya.public_id}&office={school.oak.public_id}").text)
    answer = dana.post("/messages/", data={**form, "body": "To the office"})
    assert answer.status_code == 429
    assert WORDS in answer.text
    assert fields(answer.text)["body"] == "To the office"
    assert (how_many(), bodies()) == before


def test_a_message_to_many_families_counts_once(two_an_hour, sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra")
    letters = [
        messaging.Letter(school.maya.id, school.dana.id, "For you"),
        messaging.Letter(school.leo.id, school.erin.id, "For you"),
    ]
    key = str(uuid4())
    assert messaging.send_to_each(school.algebra, letters, author_id=school.rivera.id, client_key=key, now=clock()) == 2
    rivera = sign_in(school.rivera)
    assert sent(rivera, address).status_code == 303
    assert sent(rivera, address).status_code == 429
