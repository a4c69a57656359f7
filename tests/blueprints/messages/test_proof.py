"""A device that stays signed in asks for the password again before it shows messages: a child may hold it."""

import pytest

from gradebook.extensions import db
from gradebook.models import Attempt, LoginSession
from tests.school import PASSWORD


@pytest.fixture
def kept(app, school):
    """A browser that Dana marked as her own device."""
    client = app.test_client()
    data = {"username": "dana", "password": PASSWORD, "own_device": "y"}
    assert client.post("/auth/sign-in", data=data).status_code == 303
    return client


@pytest.fixture
def addresses(school, talk):
    """Every address that shows messages or who writes to whom."""
    about = f"student={school.maya.public_id}&section={school.algebra.public_id}"
    return ["/messages/", "/messages/new", f"/messages/new?{about}", talk("dana", "maya", "algebra")]


def test_messages_open_with_the_password_of_today(kept, addresses, clock):
    clock.advance(hours=12)
    assert all(kept.get(address).status_code in (200, 303) for address in addresses)
    assert kept.get("/messages/").status_code == 200


def test_after_12_hours_every_address_asks_and_grades_do_not(kept, addresses, clock):
    clock.advance(hours=12, minutes=1)
    for address in addresses:
        answer = kept.get(address)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/messages/proof")
    assert kept.get("/parent/").status_code == 200


def test_an_address_that_is_nobodys_asks_alike(kept, addresses, clock):
    clock.advance(hours=13)
    assert kept.get("/messages/AAAAbbbb1111").location == "/messages/proof?next=/messages/AAAAbbbb1111"


def test_the_password_opens_messages_and_leads_back(kept, talk, clock):
    address = talk("dana", "maya", "algebra", ("rivera", "Words for Dana"))
    clock.advance(hours=13)
    answer = kept.post(kept.get(address).location, data={"password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, address)
    assert "Words for Dana" in kept.get(address).text
    clock.advance(hours=11)
    assert kept.get(address).status_code == 200
    assert db.session.query(Attempt).count() == 0


def test_the_session_has_another_token_afterwards(kept, app, school, clock):
    thief = app.test_client()
    thief._cookies = dict(kept._cookies)
    clock.advance(hours=13)
    kept.post("/messages/proof", data={"password": PASSWORD})
    assert kept.get("/messages/").status_code == 200
    assert thief.get("/parent/").location.startswith("/auth/sign-in")


def test_a_wrong_password_opens_nothing_and_tries_are_counted(kept, clock):
    clock.advance(hours=13)
    for _try in range(10):
        answer = kept.post("/messages/proof", data={"password": "a guess of the child"})
        assert (answer.status_code, "The password is not right." in answer.text) == (422, True)
    assert kept.post("/messages/proof", data={"password": PASSWORD}).status_code == 429
    assert kept.get("/messages/").location.startswith("/messages/proof")


def test_nothing_is_written_on_a_page_that_asks(kept, talk, fields, bodies, clock):
    address = talk("dana", "maya", "algebra", ("rivera", "Hello"))
    form = fields(kept.get(address).text)
    clock.advance(hours=13, minutes=1)
    answer = kept.post(f"{address}/messages", data={**form, "body": "By the child"})
    assert (answer.status_code, answer.location) == (303, "/messages/proof")
    assert bodies() == ["Hello"]


def test_words_that_took_their_time_are_still_sent(kept, talk, fields, bodies, clock):
    """The page was opened within the 12 hours; what was typed on it is not thrown away."""
    address = talk("dana", "maya", "algebra", ("rivera", "Hello"))
    clock.advance(hours=12)
    form = fields(kept.get(address).text)
    clock.advance(minutes=59)
    assert kept.post(f"{address}/messages", data={**form, "body": "A long answer"}).status_code == 303
    assert bodies() == ["Hello", "A long answer"]


def test_a_device_that_is_not_kept_never_asks(sign_in, school, clock):
    """It is signed out after an hour anyway."""
    client = sign_in(school.dana)
    login_session = db.session.query(LoginSession).one()
    assert not login_session.own_device
    clock.advance(minutes=59)
    assert client.get("/messages/").status_code == 200


@pytest.mark.parametrize("target", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example/"])
def test_it_leads_to_no_other_site(kept, clock, target):
    clock.advance(hours=13)
    answer = kept.post("/messages/proof", query_string={"next": target}, data={"password": PASSWORD})
    assert answer.location == "/"
