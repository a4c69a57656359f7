"""Error pages: plain words, no details, and they are there when the database is not."""

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gradebook.extensions import db


def test_a_page_that_is_not_there_says_so(client, sign_in, school):
    for browser in (client, sign_in(school.maya)):
        answer = browser.get("/no/such/page")
        assert answer.status_code == 404
        assert "We could not find that page" in answer.text


def test_a_mistake_of_ours_shows_a_reference_and_no_details(app, client, school, monkeypatch, caplog):
    def broken():
        raise ValueError("details that nobody should read")

    monkeypatch.setitem(app.view_functions, "auth.forgot", broken)
    answer = client.get("/auth/forgot")
    assert answer.status_code == 500
    assert "details that nobody" not in answer.text
    reference = caplog.records[-1].args[0]
    assert reference in answer.text


@pytest.mark.parametrize("who", ["rivera", "maya"])
def test_while_the_database_is_away_people_are_told_to_try_again(school, sign_in, monkeypatch, who):
    browser = sign_in(school.people[who])

    def away(*_args, **_kwargs):
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    for way in ("connection", "execute", "scalar"):
        monkeypatch.setattr(Session, way, away)
    answer = browser.get("/auth/sessions")
    assert answer.status_code == 503
    assert "<h1>" in answer.text
    assert "server closed" not in answer.text


def test_scripts_get_a_short_answer(client, school):
    answer = client.get("/no/such/page", headers={"X-Requested-With": "fetch"})
    assert answer.json == {"error": 404}


def test_health_does_not_need_the_database_and_readiness_does(client, school, monkeypatch):
    assert client.get("/readyz").status_code == 200

    def away(*_args, **_kwargs):
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(db.session, "execute", away)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
