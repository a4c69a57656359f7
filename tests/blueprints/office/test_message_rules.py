"""O7: the office sets how messages work, and never reads one."""

import re
from datetime import date

import pytest

from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.models import AuditEntry, Conversation, Message, Notice, WritingClosure
from gradebook.services import office_hours

DAY = {"first_day-day": "19", "first_day-month": "10", "first_day-year": "2026"}
LAST = {"last_day-day": "23", "last_day-month": "10", "last_day-year": "2026"}


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?(bdi|time|b)\b[^>]*>", "", page)))


def acts() -> list[str]:
    return list(db.session.scalars(db.select(AuditEntry.act).order_by(AuditEntry.id)))


# --- The school


def test_days_without_lessons_are_added_shown_and_removed(sign_in, school):
    browser = sign_in(school.pat)
    assert browser.post("/office/messages/days-off", data={"title": "Break", **DAY, **LAST}).status_code == 303
    assert office_hours.days_off_of(school.oak.id) == [Span(date(2026, 10, 19), date(2026, 10, 24))]
    assert "Break Mon 19 Oct to Fri 23 Oct" in plain(browser.get("/office/messages").text)
    [row] = office_hours.days_off(school.oak)
    assert browser.post(f"/office/messages/days-off/{row.public_id}/removal").status_code == 303
    assert office_hours.days_off_of(school.oak.id) == []
    assert acts() == ["school.days_off_changed"] * 2


def test_one_day_needs_no_last_one(sign_in, school):
    assert sign_in(school.pat).post("/office/messages/days-off", data={"title": "Strike", **DAY}).status_code == 303
    assert office_hours.days_off_of(school.oak.id) == [Span(date(2026, 10, 19), date(2026, 10, 20))]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({**DAY}, "Say what for"),
        ({"title": "Break"}, "Enter the first day"),
        ({"title": "Break", **DAY, **LAST, "last_day-day": "18"}, "The last day must be on or after the first day."),
        ({"title": "Break", **DAY, **LAST, "last_day-month": "13"}, "Enter a day like 14 3 2026"),
    ],
)
def test_wrong_days_are_said_and_nothing_is_kept(sign_in, school, data, says):
    answer = sign_in(school.pat).post("/office/messages/days-off", data=data)
    assert answer.status_code == 422
    assert says in plain(answer.text)
    assert office_hours.days_off_of(school.oak.id) == []


def test_the_school_decides_about_earlier_conversations(sign_in, school):
    browser = sign_in(school.pat)
    for past, is_hidden in (("hidden", True), ("readable", False)):
        assert browser.post("/office/messages", data={"past": past}).status_code == 303
        assert db.session.get(type(school.oak), school.oak.id).hides_past_conversations == is_hidden
    assert browser.post("/office/messages", data={"past": "else"}).status_code == 422


def test_the_school_decides_whether_students_ask_about_scores(sign_in, school):
    browser = sign_in(school.pat)
    assert browser.post("/office/messages/questions", data={"questions": "else"}).status_code == 422
    for questions, is_taken in (("not taken", False), ("not taken", False), ("taken", True)):
        assert browser.post("/office/messages/questions", data={"questions": questions}).status_code == 303
        assert db.session.get(type(school.oak), school.oak.id).takes_score_questions == is_taken
    assert acts() == ["school.score_questions_changed"] * 2
    assert school.elm.takes_score_questions


def test_another_schools_days_are_not_there(sign_in, school, clock):
    span = Span(date(2026, 10, 19), date(2026, 10, 24))
    office_hours.add_days_off(school.elm, "Theirs", span, clock(), actor_id=school.quinn.id)
    db.session.commit()
    [row] = office_hours.days_off(school.elm)
    browser = sign_in(school.pat)
    assert browser.post(f"/office/messages/days-off/{row.public_id}/removal").status_code == 404
    assert "Theirs" not in browser.get("/office/messages").text


# --- Stopping messages at once


ALL = {"scope": "everyone", "lasts": "", "reason": "A harmful message went round."}


def test_messages_are_stopped_after_the_office_has_read_what_that_does_and_lifted(sign_in, school):
    browser = sign_in(school.pat)
    asked = plain(browser.post("/office/messages/stops", data=ALL | {"lasts": "24"}).text)
    assert "10 people cannot write messages: neither guardians nor teachers." in asked
    assert "It ends by itself: Thu 15 Oct, 08:00." in asked
    assert "“A harmful message went round.”" in asked
    assert db.session.query(WritingClosure).all() == []
    for _twice in range(2):
        assert browser.post("/office/messages/stops", data=ALL | {"confirm": "yes"}).status_code == 303
    page = browser.get("/office/messages").text
    assert "All messages Stopped Since Wed 14 Oct, 08:00 A harmful message went round." in plain(page)
    [stop] = db.session.query(WritingClosure).all()
    for _twice in range(2):
        assert browser.post(f"/office/messages/stops/{stop.public_id}/lifting").status_code == 303
    assert "Stopped" not in browser.get("/office/messages").text
    assert acts() == ["messages.stopped", "messages.let_go_on"]
    log = plain(browser.get("/office/log").text)
    assert "Pat Parker stopped all messages: “A harmful message went round.”" in log
    assert "Pat Parker let everyone write messages again" in log


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"reason": " "}, "Say why. The person is told"),
        ({"reason": "x" * 501}, "Use 500 characters or fewer"),
        ({"scope": "person"}, "Choose what is stopped"),
        ({"scope": ""}, "Choose what is stopped"),
        ({"lasts": "999"}, "choose one from the list"),
    ],
)
def test_what_cannot_be_stopped_is_said_and_the_reason_stays(sign_in, school, missing, words):
    page = sign_in(school.pat).post("/office/messages/stops", data=ALL | missing | {"confirm": "yes"})
    assert page.status_code == 422
    assert words in plain(page.text)
    assert (ALL | missing)["reason"].strip() in page.text
    assert acts() == []


def test_the_office_of_another_school_lifts_nothing_here(sign_in, school):
    sign_in(school.pat).post("/office/messages/stops", data=ALL | {"confirm": "yes"})
    [stop] = db.session.query(WritingClosure).all()
    quinn = sign_in(school.quinn)
    assert quinn.post(f"/office/messages/stops/{stop.public_id}/lifting").status_code == 404
    assert "harmful" not in quinn.get("/office/messages").text
    assert acts() == ["messages.stopped"]


# --- One person's writing


def test_writing_can_be_closed_until_a_moment(sign_in, school, clock):
    browser, dana = sign_in(school.pat), sign_in(school.dana)
    browser.post(f"/office/people/{school.dana.public_id}/writing", data={"reason": "Please call us.", "lasts": "8"})
    assert "It ends by itself: Wed 14 Oct, 16:00." in plain(
        browser.get(f"/office/people/{school.dana.public_id}/writing").text
    )
    page = plain(dana.get("/messages/").text)
    assert "for you: “Please call us.” You can still read. Contact the school office. Until Wed 14 Oct, 16:00." in page
    clock.advance(minutes=55)
    dana.get("/messages/")
    clock.advance(minutes=55)
    assert "Please call us." in dana.get("/messages/").text
    clock.advance(hours=7)
    assert "Please call us." not in sign_in(school.dana).get("/messages/").text


def test_writing_is_closed_with_a_reason_and_opened_again(sign_in, school):
    browser, address = sign_in(school.pat), f"/office/people/{school.dana.public_id}/writing"
    answer = browser.post(address, data={"reason": " "})
    assert answer.status_code == 422
    assert "Say why. The person is told" in plain(answer.text)
    for _twice in range(2):
        assert browser.post(address, data={"reason": "Please call us."}).status_code == 303
    closure = db.session.query(WritingClosure).one()
    assert (closure.reason, closure.closed_by) == ("Please call us.", school.pat.id)
    assert db.session.query(Notice.recipient_id).all() == [(school.dana.id,)]
    assert "Please call us." in browser.get(address).text
    assert browser.post(f"{address}/opening").status_code == 303
    assert db.session.query(WritingClosure).one().opened_by == school.pat.id  # kept, with who opened it
    assert acts() == ["messages.writing_closed", "messages.writing_opened"]
    assert "Please call us." not in str(db.session.scalars(db.select(AuditEntry.facts)).all())


def test_a_teachers_writing_can_be_closed_and_a_students_does_not_exist(sign_in, school):
    browser = sign_in(school.pat)
    assert browser.get(f"/office/people/{school.rivera.public_id}/writing").status_code == 200
    assert browser.get(f"/office/people/{school.maya.public_id}/writing").status_code == 404
    assert browser.get(f"/office/people/{school.fern.public_id}/writing").status_code == 404
    assert "/writing" in browser.get(f"/office/people/{school.dana.public_id}").text
    assert "/writing" not in browser.get(f"/office/people/{school.maya.public_id}").text


# --- Two guardians together


@pytest.fixture
def two(school):
    """Gus is Maya's guardian again."""
    school.gus_of_maya.ends_on = None
    db.session.commit()
    return {
        "first": school.dana.public_id,
        "second": school.gus.public_id,
        "section": school.algebra.public_id,
    }


def test_two_guardians_are_put_together_after_reading_what_it_does(sign_in, school, two):
    browser, address = sign_in(school.pat), f"/office/students/{school.maya.public_id}/together"
    asked = browser.post(address, data=two)
    assert asked.status_code == 200
    assert "Dana Diaz and Gus Gray will read everything that is written there" in plain(asked.text)
    assert db.session.query(Conversation).count() == 0
    for _twice in range(2):
        assert browser.post(address, data=two | {"confirm": "yes"}).status_code == 303
    assert db.session.query(Conversation).one().is_joint
    assert db.session.query(Message).count() == 0
    assert acts() == ["messages.joint_opened"]
    for name in ("dana", "gus"):
        assert "opened a joint conversation" in browser.get(f"/office/log?person={name}").text
    assert "Dana Diaz and Gus Gray Algebra" in plain(browser.get(address).text)


def test_each_sees_who_is_in_it_before_writing(sign_in, school, two):
    address = f"/office/students/{school.maya.public_id}/together"
    sign_in(school.pat).post(address, data=two | {"confirm": "yes"})
    talk = f"/messages/{db.session.query(Conversation).one().public_id}"
    for user, other in ((school.dana, "Gus Gray"), (school.gus, "Dana Diaz"), (school.rivera, "Dana Diaz")):
        browser = sign_in(user)
        assert "Two guardians" in plain(browser.get("/messages/").text)
        text = plain(browser.get(talk).text)
        assert re.search(f"You, [^.]*{other}[^.]* can read this. Maya cannot.", text)
        key = f"00000000-0000-4000-8000-{user.id:012}"
        assert browser.post(f"{talk}/messages", data={"body": "Hello", "client_key": key}).status_code == 303
    assert db.session.query(Message).count() == 3
    told = db.session.query(Notice.recipient_id).filter_by(seq=3).all()
    assert sorted(told) == sorted([(school.dana.id,), (school.gus.id,)])
    assert sign_in(school.rex).get(talk).status_code == 404


@pytest.mark.parametrize("wrong", ["second", "first", "section"])
def test_who_may_not_be_put_together_cannot_be_chosen(sign_in, school, two, wrong):
    """The restricted father, a guardian of another child, a class of another child."""
    other = {"second": school.rex, "first": school.erin, "section": school.history}[wrong]
    answer = sign_in(school.pat).post(
        f"/office/students/{school.maya.public_id}/together",
        data=two | {wrong: other.public_id, "confirm": "yes"},
    )
    assert answer.status_code == 422
    assert db.session.query(Conversation).count() == 0


def test_one_guardian_is_not_two(sign_in, school, two):
    address = f"/office/students/{school.maya.public_id}/together"
    answer = sign_in(school.pat).post(address, data=two | {"second": two["first"], "confirm": "yes"})
    assert answer.status_code == 422
    assert "Choose two guardians" in plain(answer.text)


def test_with_one_guardian_there_is_nothing_to_choose(sign_in, school):
    page = sign_in(school.pat).get(f"/office/students/{school.maya.public_id}/together").text
    assert "This needs two guardians who may message teachers today" in plain(page)
    assert "<select" not in page
