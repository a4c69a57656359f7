"""Announcements through HTTP: written, shown before they are sent, sent once, answered in private, taken back."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from gradebook import actor
from gradebook.blueprints.messages import announcements as page_of_announcements
from gradebook.extensions import db
from gradebook.models import Announcement, AnnouncementState, Conversation, Guardianship, Message
from gradebook.services import message_rules
from tests.conftest import NOON
from tests.school import TODAY, YEAR

NEW, POST = "/messages/announcements/new", "/messages/announcements"
WORDS = {"title": "Trip on Friday", "body": "Bring a coat", "when": "now"}


def key_on(page):
    return re.search(r'name="client_key" value="([^"]*)"', page)[1]


def carried(page):
    """What the form of the preview would send."""
    form = page[page.index(f'<form method="post" action="{POST}"') :]
    found = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form[: form.index("</form>")]
    ):
        found.setdefault(name, []).append(unescape(value))
    found.pop("csrf_token")
    return found


def words_of(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


@pytest.fixture
def visit(school, sign_in, clock):
    """visit("dana"): a browser in which Dana is signed in."""
    return lambda name: sign_in(school.people[name])


@pytest.fixture
def preview(school, visit):
    """preview("rivera", "algebra", title=…): the browser, and the page that shows who gets it."""

    def preview(name, *sections, **more):
        browser = visit(name)
        key = key_on(browser.get(NEW).text)
        keys = [school.sections[each].public_id for each in sections]
        return browser, browser.post(POST, data={**WORDS, "do": "preview", "client_key": key, "sections": keys, **more})

    return preview


@pytest.fixture
def announce(preview):
    """announce("rivera", "algebra"): the browser of the author, and the address of what was sent."""

    def announce(name, *sections, **more):
        browser, page = preview(name, *sections, **more)
        answer = browser.post(POST, data={**carried(page.text), "do": "send"})
        assert answer.status_code == 303
        return browser, answer.location

    return announce


def test_who_gets_it_is_shown_and_nothing_is_sent_yet(preview):
    _browser, page = preview("rivera", "algebra")
    assert page.status_code == 200
    assert "Send to 3 guardians?" in words_of(page.text)
    for name in ("Dana Diaz", "Erin Evans", "Tess Tanner"):
        assert name in page.text
    for name in ("Rex Diaz", "Gus Gray", "Chris Clark"):
        assert name not in page.text
    assert db.session.scalar(select(func.count()).select_from(Announcement)) == 0


def test_a_guardian_reads_it_alone(announce, visit):
    browser, address = announce("rivera", "algebra")
    assert "Opened by 0 of 3 guardians" in words_of(browser.get(address).text)
    dana = visit("dana")
    assert "Maya: announcement: Trip on Friday" in words_of(dana.get("/parent/").text)
    assert dana.get("/messages/unread").json["unread"] == 1
    page = dana.get(address).text
    assert "Bring a coat" in page
    for name in ("Erin", "Tess", "Leo", "Opened by"):
        assert name not in page
    assert dana.get("/messages/unread").json["unread"] == 0
    assert "announcement:" not in words_of(dana.get("/parent/").text)
    assert "Opened by 1 of 3 guardians" in words_of(browser.get(address).text)
    assert visit("chris").get(address).status_code == 404
    assert visit("maya").get(address).status_code == 404


def test_pressed_twice_it_is_sent_once(preview):
    browser, page = preview("rivera", "algebra")
    fields = {**carried(page.text), "do": "send"}
    first, second = browser.post(POST, data=fields), browser.post(POST, data=fields)
    assert first.location == second.location
    assert db.session.scalar(select(func.count()).select_from(Announcement)) == 1
    other = browser.post(POST, data={**fields, "body": "Other words"})
    assert other.status_code == 409
    assert "Other words" in other.text
    assert key_on(other.text) != fields["client_key"][0]


def test_what_changed_since_it_was_shown_is_shown_again(preview, school):
    browser, page = preview("rivera", "algebra")
    school.tess_of_leo.ends_on = TODAY
    db.session.commit()
    again = browser.post(POST, data={**carried(page.text), "do": "send"})
    assert again.status_code == 409
    assert "Send to 2 guardians?" in words_of(again.text)
    assert browser.post(POST, data={**carried(again.text), "do": "send"}).status_code == 303


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"title": ""}, "Say in a few words what it is about"),
        ({"body": " "}, "Write a message"),
        ({"sections": []}, "Choose at least one class"),
        ({"when": "later"}, "Enter the date on which it is sent"),
        ({"time": "16:30"}, "Choose whether to send now, or at the date and time below"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(preview, more, says):
    _browser, page = preview("rivera", "algebra", **more)
    assert page.status_code == 422
    assert says in words_of(page.text)
    assert ("Trip on Friday" in page.text) or "title" in more
    assert ("Bring a coat" in page.text) or "body" in more


def on(day, month, time, year=2026):
    return {"when": "later", "day-day": day, "day-month": month, "day-year": year, "time": time}


def test_at_a_time_of_the_school(announce, clock, visit):
    """In New York; on 1 November its clocks are put back, and half past one comes twice: it is the first."""
    for fields, moment in (
        (on(15, 10, "16:30"), "2026-10-15T20:30:00+00:00"),
        (on(1, 11, "1:30"), "2026-11-01T05:30:00+00:00"),
    ):
        _browser, address = announce("rivera", "algebra", **fields)
        found = db.session.scalars(select(Announcement).where(Announcement.public_id == address.split("/")[-1])).one()
        assert found.send_at.isoformat() == moment
        assert found.state == AnnouncementState.SCHEDULED
    assert visit("dana").get(address).status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (on(14, 3, "2:30", 2027), "the clocks are turned forward"),
        (on(13, 10, "16:30"), "must lie ahead"),
        (on(31, 2, "16:30"), "Enter the date on which it is sent"),
        (on(15, 10, "25:00"), "Enter a time like 16:30"),
    ],
)
def test_a_time_that_is_none_is_refused(preview, fields, says):
    _browser, page = preview("rivera", "algebra", **fields)
    assert page.status_code == 422
    assert says in words_of(page.text)


def test_what_is_planned_can_be_cancelled(announce):
    browser, address = announce("rivera", "algebra", **on(15, 10, "16:30"))
    assert "It will be sent on" in words_of(browser.get(address).text)
    assert browser.post(f"{address}/cancellation").status_code == 303
    assert "It was not sent" in words_of(browser.get(address).text)
    assert "Cancel this announcement" not in browser.get(address).text


def test_taken_back_nobody_reads_a_word_of_it(announce, visit, clock):
    browser, address = announce("rivera", "algebra")
    dana = visit("dana")
    dana.get(address)
    clock.advance(seconds=30)
    browser.post(f"{address}/recall")
    page = dana.get(address).text
    assert "This announcement was withdrawn" in page
    assert "Bring a coat" not in page
    assert "Trip on Friday" not in page
    assert "Trip on Friday" not in dana.get("/messages/announcements").text
    assert "Trip on Friday" not in visit("erin").get("/parent/").text
    assert "Bring a coat" in browser.get(address).text


def test_after_a_minute_it_stays(announce, visit, clock):
    browser, address = announce("rivera", "algebra")
    clock.advance(seconds=60)
    assert "Take it back" not in browser.get(address).text
    assert browser.post(f"{address}/recall").status_code == 303
    assert "It is too late" in words_of(browser.get(address).text)
    assert "Bring a coat" in visit("dana").get(address).text


def answer_of(browser, address, fields):
    """The page of the answer, from the link of the announcement, and what its form holds."""
    link = unescape(re.search(r'href="(/messages/new\?[^"]*announcement=[^"]*)"', browser.get(address).text)[1])
    return fields(browser.get(link).text)


def test_an_answer_is_a_private_message_that_says_what_it_answers(announce, visit, fields, school):
    browser, address = announce("rivera", "algebra")
    dana = visit("dana")
    sent = {**answer_of(dana, address, fields), "body": "She will come"}
    talk = dana.post("/messages/", data=sent).location.split("#")[0]
    for reader in (dana, browser, visit("cole")):
        page = words_of(reader.get(talk).text)
        assert "Answer to an announcement Trip on Friday" in page
        assert "She will come" in page
    assert visit("erin").get(talk).status_code == 404
    conversation = db.session.scalars(select(Conversation)).one()
    assert (conversation.guardian_id, conversation.student_id) == (school.dana.id, school.maya.id)
    assert "1 has answered" in words_of(browser.get(address).text)
    for reader in (dana, browser):
        assert b'"title": "Trip on Friday"' in reader.post(f"{talk}/record").data
    with actor.acting_as(school.rivera.id, NOON):
        db.session.scalars(select(Announcement)).one().recalled_at = NOON  # in the minute in which she answered
    assert b"Trip on Friday" not in dana.post(f"{talk}/record").data
    assert "Trip on Friday" not in dana.get(talk).text


def test_an_answer_to_what_was_withdrawn_meanwhile_is_kept_and_can_go_as_a_message(announce, visit, fields):
    browser, address = announce("rivera", "algebra")
    dana = visit("dana")
    sent = {**answer_of(dana, address, fields), "body": "She will come"}
    browser.post(f"{address}/recall")
    again = dana.post("/messages/", data=sent)
    assert again.status_code == 409
    assert "The announcement that you answer was withdrawn" in words_of(again.text)
    assert fields(again.text)["body"] == "She will come"
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    assert dana.post("/messages/", data=fields(again.text)).status_code == 303
    assert db.session.scalars(select(Message)).one().announcement_id is None


def test_the_office_answers_itself_unless_nobody_there_may_read_it(announce, visit, school):
    _browser, address = announce("pat", to="school")
    page = words_of(visit("chris").get(address).text)
    assert "Answer in private" in page
    link = {
        "school_id": school.oak.id, "student_id": school.zoe.id, "relationship_name": "aunt", "begins_on": YEAR[0],
        "guardian_id": school.pat.id, "ends_on": YEAR[0],
    }  # fmt: skip
    db.session.add(Guardianship(**link))
    db.session.commit()
    page = words_of(visit("chris").get(address).text)
    assert "you cannot answer it here at the moment" in page
    assert "555 0100" in page


def test_the_office_sees_how_many_answered_it_but_not_about_a_child_of_its_own(announce, visit, fields, school):
    pat, address = announce("pat", to="school")
    for name in ("dana", "chris"):
        browser = visit(name)
        browser.post("/messages/", data={**answer_of(browser, address, fields), "body": "Thank you"})
    assert "2 have answered" in words_of(pat.get(address).text)
    link = {
        "school_id": school.oak.id, "student_id": school.maya.id, "relationship_name": "aunt", "begins_on": YEAR[0],
        "guardian_id": school.pat.id, "ends_on": YEAR[0],
    }  # fmt: skip
    db.session.add(Guardianship(**link))
    db.session.commit()
    assert "1 has answered" in words_of(pat.get(address).text)


def test_it_is_found_by_searching(announce, visit):
    announce("rivera", "algebra")
    assert "Trip on Friday" in visit("dana").get("/messages/search?q=coat").text
    assert "Trip on Friday" not in visit("chris").get("/messages/search?q=coat").text


def test_who_may_not_write_keeps_what_was_typed(preview, school, clock):

    browser, page = preview("rivera", "algebra")
    message_rules.close_writing(school.rivera, school.oak, "Called into the office", clock(), actor_id=school.pat.id)
    db.session.commit()
    refused = browser.post(POST, data={**carried(page.text), "do": "send"})
    assert refused.status_code == 403
    assert "Called into the office" in refused.text
    assert "Bring a coat" in refused.text
    assert db.session.scalar(select(func.count()).select_from(Announcement)) == 0


def test_where_there_are_many_the_list_has_pages(announce, visit, clock, monkeypatch):

    monkeypatch.setattr(page_of_announcements, "ON_A_PAGE", 1)
    announce("rivera", "algebra", title="The first")
    clock.advance(seconds=1)
    announce("rivera", "algebra", title="The second")
    dana = visit("dana")
    assert "The second" in dana.get(POST).text
    assert "The first" in dana.get(f"{POST}?page=2").text
