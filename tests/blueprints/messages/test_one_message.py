"""A message of one's own can be changed for a quarter of an hour, then only put right; both sides see what was done."""

import re
from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Enrollment, Restriction
from tests.school import TODAY

SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def one(talk):
    """The address of Dana's first message."""
    return talk("dana", "maya", "algebra", ("dana", "At three"), ("rivera", "Thank you")) + "/messages/1"


def edit(browser, one, body="At four", seen="1", **more):
    return browser.post(one, data={"body": body, "seen": seen}, **more)


def test_the_author_edits_and_both_sides_see_what_stood_there(sign_in, school, one):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    assert "Edit your message" in dana.get(one).text
    answer = edit(dana, one)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{one.removesuffix('/messages/1')}#m1")
    for browser in (dana, rivera):
        page = browser.get(one).text
        assert "At four" in page
        assert "At three" in page
        talk = browser.get(one.removesuffix("/messages/1")).text
        assert "Edited" in talk
        assert "At three" not in talk


def test_nobody_else_can_change_it(sign_in, school, one, bodies):
    for user in (school.rivera, school.cole, school.erin, school.maya):
        browser = sign_in(user)
        for path in (one, f"{one}/removal", f"{one}/return", f"{one}/correction"):
            data = {"body": "Mine", "seen": "1", "client_key": str(uuid4())}
            assert browser.post(path, data=data).status_code == 404
    assert "Edit your message" not in sign_in(school.rivera).get(one).text
    assert sign_in(school.erin).get(one).status_code == 404
    assert bodies() == ["At three", "Thank you"]


def test_after_a_quarter_of_an_hour_only_a_correction_is_left(sign_in, school, one, bodies, clock):
    dana = sign_in(school.dana)
    clock.advance(minutes=15)
    assert edit(dana, one, "Still").status_code == 303
    clock.advance(seconds=1)
    page = edit(dana, one, "Too late", seen="2")
    assert page.status_code == 403
    assert "not possible any more" in page.text
    assert "Too late</textarea>" in page.text  # what was typed becomes the correction
    assert dana.post(f"{one}/removal").status_code == 403
    key = re.search(r'name="client_key" value="([^"]+)"', page.text)[1]
    for _twice in range(2):
        assert dana.post(f"{one}/correction", data={"body": "Too late", "client_key": key}).status_code == 303
    assert bodies() == ["Still", "Thank you", "Too late"]
    page = sign_in(school.rivera).get(one.removesuffix("/messages/1")).text
    assert re.search(r"Correction</a> <q[^>]*>Still", page)
    assert "Corrected</a>" in page


def test_a_correction_before_that_is_refused(sign_in, school, one, bodies):
    answer = sign_in(school.dana).post(f"{one}/correction", data={"body": "Early", "client_key": str(uuid4())})
    assert answer.status_code == 403
    assert "Early" not in bodies()


def test_removing_leaves_a_line_and_undo_for_10_seconds(sign_in, school, one, bodies, clock):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    talk = one.removesuffix("/messages/1")
    assert dana.post(f"{one}/removal").status_code == 303
    for browser, undo in ((dana, True), (rivera, False)):
        page = browser.get(talk).text
        assert "Message removed" in page
        assert "At three" not in page + browser.get(one).text + browser.get("/messages/").text
        assert (f"{one}/return" in page) is undo
    clock.advance(seconds=10)
    assert dana.post(f"{one}/return").status_code == 303
    assert bodies() == ["At three", "Thank you"]
    dana.post(f"{one}/removal")
    clock.advance(seconds=11)
    assert f"{one}/return" not in dana.get(talk).text
    assert dana.post(f"{one}/return").status_code == 403
    assert bodies() == ["", "Thank you"]


def test_where_nothing_more_can_be_written_nothing_can_be_changed(sign_in, school, one, bodies):
    dana = sign_in(school.dana)
    db.session.query(Enrollment).filter_by(user_id=school.maya.id).update({"ends_on": TODAY})
    for path in (one, f"{one}/removal"):
        assert dana.post(path, data={"body": "Late", "seen": "1"}).status_code == 403
    assert "stays as it is" in dana.get(one).text
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert dana.get(one).status_code == 404
    assert bodies() == ["At three", "Thank you"]


@pytest.mark.parametrize(
    ("body", "seen", "status"), [("  ", "1", 422), ("x" * 5001, "1", 422), ("At four", "7", 409), ("At four", "", 428)]
)
def test_what_cannot_be_saved_stays_in_the_box(sign_in, school, one, bodies, body, seen, status):
    dana = sign_in(school.dana)
    answer = edit(dana, one, body, seen)
    assert answer.status_code == status
    if status != 428:
        assert body.strip() in answer.text
        assert edit(dana, one, body, seen, headers=SCRIPT).json["problem"]
    assert bodies() == ["At three", "Thank you"]


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "9" * 30])
def test_a_message_that_is_not_there_is_not_found(sign_in, school, one, number):
    dana = sign_in(school.dana)
    assert dana.get(one[:-1] + number).status_code == 404
    assert dana.post(one[:-1] + f"{number}/removal").status_code == 404


def test_a_script_is_told_the_change_and_then_what_it_looks_like(sign_in, school, one):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    talk = one.removesuffix("/messages/1")
    assert edit(dana, one, headers=SCRIPT).json == {"number": 3}
    told = rivera.get(f"{talk}/changes?after=2", headers=SCRIPT).json
    assert (told["number"], told["more"], [line["seq"] for line in told["messages"]]) == (3, False, [1])
    assert "At four" in told["messages"][0]["message"]
    assert dana.post(f"{one}/removal", headers=SCRIPT).json == {"number": 4}
    told = rivera.get(f"{talk}/changes?after=3", headers=SCRIPT).json["messages"][0]
    assert "Message removed" in told["message"]
    assert "At four" not in str(told)
