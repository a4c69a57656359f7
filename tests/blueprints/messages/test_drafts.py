"""What someone has begun to write is kept for that person alone, until it is sent."""

from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Draft, Restriction

SCRIPT = {"X-Requested-With": "fetch"}
HALF = "Half a sentence\r\nand more"


def keep(browser, address, body, **more):
    return browser.post(f"{address}/draft", data={"body": body, "client_key": str(uuid4())}, **more)


def drafts():
    return db.session.execute(db.select(Draft.user_id, Draft.body)).all()


def test_a_draft_is_in_the_box_again_also_after_signing_out(sign_in, school, talk, fields):
    address = talk("dana", "maya", "algebra")
    answer = keep(sign_in(school.dana), address, HALF)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}#write")
    page = sign_in(school.dana).get(address).text
    assert fields(page)["body"] == "Half a sentence\nand more"
    assert "Your draft is saved" not in page
    assert "<title>Error" not in page
    assert "Save draft" in page


def test_nobody_else_sees_it(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    keep(sign_in(school.dana), address, "Only mine")
    keep(sign_in(school.rivera), address, "Only hers")
    for user, own in ((school.dana, "Only mine"), (school.rivera, "Only hers"), (school.cole, None)):
        page = sign_in(user).get(address).text
        assert [words for words in ("Only mine", "Only hers") if words in page] == ([own] if own else [])
        assert "Only" not in sign_in(user).get("/messages/").text


def test_the_last_one_counts_and_an_empty_one_is_none(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    for body in ("One", "Two"):
        assert keep(dana, address, body, headers=SCRIPT).status_code == 204
    assert drafts() == [(school.dana.id, "Two")]
    assert keep(dana, address, "  ", headers=SCRIPT).status_code == 204
    assert drafts() == []


def test_sending_ends_it_and_a_failed_sending_does_not(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    keep(dana, address, "Dana’s")
    keep(rivera, address, "Rivera’s")
    dana.post(f"{address}/messages", data={"body": "x" * 5001, "client_key": str(uuid4())})
    assert len(drafts()) == 2
    dana.post(f"{address}/messages", data={"body": "Sent", "client_key": str(uuid4())})
    assert drafts() == [(school.rivera.id, "Rivera’s")]


@pytest.mark.parametrize("body", ["x" * 5001, "bell\x07"])
def test_what_could_not_be_sent_is_not_kept_and_stays_in_the_box(sign_in, school, talk, fields, body):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    answer = keep(dana, address, body)
    assert answer.status_code == 422
    assert fields(answer.text)["body"] == body
    assert keep(dana, address, body, headers=SCRIPT).json["problem"]
    assert drafts() == []


def test_without_the_right_nothing_is_kept(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    erin, dana = sign_in(school.erin), sign_in(school.dana)
    assert keep(erin, address, "x").status_code == 404
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert keep(dana, address, "x").status_code == 404
    assert drafts() == []


def test_the_page_costs_no_more_statements_for_it(sign_in, school, talk, count_statements):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    keep(dana, address, "Begun")
    dana.get(address)
    with count_statements() as seen:
        assert "Begun" in dana.get(address).text
    assert len(seen) <= 6, seen
