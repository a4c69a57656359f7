"""What a conversation says besides its words: hours, who has read, who joined, what is closed, muted or over."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.models import Enrollment, Notice, Participant, Position, Read
from gradebook.services import message_rules, office_hours
from tests.school import TODAY, enroll

WORKDAYS = {str(day): [540, 960] for day in range(5)}  # 09:00 to 16:00
KEY = "00000000-0000-4000-8000-000000000001"


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?(bdi|time|b)\b[^>]*>", "", page)))


@pytest.fixture
def hours(school):
    office_hours.set_own_days(school.rivera.id, school.oak.id, WORKDAYS)
    db.session.commit()


# --- Hours, before sending


def test_the_hours_stand_before_sending_and_say_when_the_teacher_is_told(sign_in, school, talk, hours, clock):
    address = talk("dana", "maya", "algebra")
    text = plain(sign_in(school.dana).get(address).text)  # Wednesday, 08:00 in New York
    assert "Inés Rivera usually reads messages Mon–Fri 09:00–16:00." in text
    assert "You can send now. Inés Rivera is told on Wed 14 Oct at 09:00." in text
    assert "call the school office: 555 0100" in text
    clock.set(datetime(2026, 10, 14, 13, tzinfo=UTC))
    text = plain(sign_in(school.dana).get(address).text)
    assert "Inés Rivera usually reads messages Mon–Fri 09:00–16:00." in text
    assert "You can send now" not in text


def test_they_stand_before_the_first_message_too(sign_in, school, hours):
    page = sign_in(school.dana).get(f"/messages/new?student={school.maya.public_id}&section={school.algebra.public_id}")
    assert "is told on Wed 14 Oct at 09:00" in plain(page.text)


def test_days_off_move_when_the_teacher_is_told(sign_in, school, talk, hours, clock):
    span = Span(TODAY, TODAY + timedelta(days=5))
    office_hours.add_days_off(school.oak, "Break", span, clock(), actor_id=school.pat.id)
    text = plain(sign_in(school.dana).get(talk("dana", "maya", "algebra")).text)
    assert "is told on Mon 19 Oct at 09:00" in text


def test_teachers_are_told_nothing_of_each_others_hours(sign_in, school, talk, hours):
    assert "usually reads" not in sign_in(school.cole).get(talk("dana", "maya", "algebra")).text


def test_sending_is_never_held_back(sign_in, school, talk, hours):
    address = talk("dana", "maya", "algebra")
    answer = sign_in(school.dana).post(f"{address}/messages", data={"body": "At night", "client_key": KEY})
    assert answer.status_code == 303
    assert "At night" in sign_in(school.rivera).get(address).text
    due = db.session.query(Notice.due_at).filter_by(recipient_id=school.rivera.id, seq=2).scalar()
    assert due == datetime(2026, 10, 14, 13, tzinfo=UTC)


# --- Setting them


def test_a_teacher_sets_hours_and_gives_them_up(sign_in, school):
    browser = sign_in(school.rivera)
    filled = {f"{part}-{day}": "" for part in ("begin", "end") for day in range(7)}
    times = {"begin-0": "8:00", "end-0": "16:00", "begin-4": "0900", "end-4": "24:00"}
    answer = browser.post("/messages/hours", data=filled | times)
    assert answer.status_code == 303
    assert office_hours.own_days(school.rivera.id, school.oak.id) == {"0": [480, 960], "4": [540, 1440]}
    page = browser.get("/messages/hours").text
    assert 'value="08:00"' in page
    assert 'value="24:00"' in page
    assert browser.post("/messages/hours", data=filled).status_code == 303
    assert office_hours.own_days(school.rivera.id, school.oak.id) == {}


@pytest.mark.parametrize(
    ("begin", "end", "says"),
    [
        ("8:00", "", "Enter both times like 08:00"),
        ("eight", "16:00", "Enter both times like 08:00"),
        ("08:60", "16:00", "Enter both times like 08:00"),
        ("08:00", "24:01", "Enter both times like 08:00"),
        ("16:00", "08:00", "The hours must end after they begin"),
        ("08:00", "08:00", "The hours must end after they begin"),
        ("٠٨:٠٠", "08:00", "The hours must end after they begin"),
    ],
)
def test_wrong_hours_are_said_where_they_stand_and_kept(sign_in, school, begin, end, says):
    answer = sign_in(school.rivera).post("/messages/hours", data={"begin-0": begin, "end-0": end})
    assert answer.status_code == 422
    assert says in plain(answer.text)
    assert "<title>Error: " in answer.text
    assert office_hours.own_days(school.rivera.id, school.oak.id) == {}


def test_guardians_have_no_hours(sign_in, school):
    assert sign_in(school.dana).get("/messages/hours").status_code == 404


# --- Who has read


def test_the_family_sees_when_a_teacher_has_read(sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra")
    assert "Read by" not in sign_in(school.dana).get(address).text
    sign_in(school.rivera).get(address)
    clock.advance(hours=2)
    sign_in(school.rivera).get(address)  # later looks change nothing
    assert "Read by Inés Rivera, Wed 14 Oct, 08:00" in plain(sign_in(school.dana).get(address).text)


def test_what_a_teacher_reads_in_quiet_hours_is_shown_when_they_end(sign_in, school, talk, hours, clock):
    clock.set(datetime(2026, 10, 15, 1, 30, tzinfo=UTC))  # Wednesday, 21:30
    address = talk("dana", "maya", "algebra")
    sign_in(school.rivera).get(address)
    assert db.session.query(Read).one().read_at == clock()
    for moment, is_shown in (
        (datetime(2026, 10, 15, 12, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 15, 13, tzinfo=UTC), True),
    ):
        clock.set(moment)
        text = plain(sign_in(school.dana).get(address).text)
        assert ("Read by Inés Rivera, Thu 15 Oct, 09:00" in text) == is_shown
        assert "Read by" not in text.replace("Read by Inés Rivera, Thu 15 Oct, 09:00", "")


def test_what_was_shown_as_read_stays_when_more_is_read_at_night(sign_in, school, talk, hours, clock):
    clock.set(datetime(2026, 10, 14, 14, tzinfo=UTC))
    address = talk("dana", "maya", "algebra")
    sign_in(school.rivera).get(address)
    clock.set(datetime(2026, 10, 15, 2, tzinfo=UTC))
    assert "Read by Inés Rivera, Wed 14 Oct, 10:00" in plain(sign_in(school.dana).get(address).text)


def test_teachers_see_when_the_guardian_has_read_and_not_what_colleagues_did(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("rivera", "Hello"))
    sign_in(school.cole).get(address)
    sign_in(school.dana).get(address)
    text = plain(sign_in(school.rivera).get(address).text)
    assert "Read by Dana Diaz" in text
    assert "Read by Abe Cole" not in text


def test_each_persons_reading_is_kept_with_its_time(sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra", ("dana", "One"), ("dana", "Two"))
    sign_in(school.rivera).get(address)
    clock.advance(minutes=5)
    sign_in(school.cole).get(address)
    rows = db.session.query(Read.user_id, Read.seq, Read.read_at).order_by(Read.read_at).all()
    assert [tuple(row) for row in rows] == [
        (school.rivera.id, 2, clock() - timedelta(minutes=5)),
        (school.cole.id, 2, clock()),
    ]


# --- Who joined and left


def test_the_page_says_on_its_day_who_joined_and_who_left(sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra")
    enroll(school.osei, school.algebra, Position.SUBSTITUTE, TODAY + timedelta(days=1), TODAY + timedelta(days=3))
    db.session.commit()
    assert "From Thu 15 Oct Kofi Osei can read it too." in plain(sign_in(school.dana).get(address).text)
    clock.advance(days=1)
    text = plain(sign_in(school.dana).get(address).text)
    assert "Today, Thu 15 Oct Kofi Osei joined the teachers of this class and can read this conversation." in text
    clock.advance(days=2)
    text = plain(sign_in(school.dana).get(address).text)
    assert (
        "Today, Sat 17 Oct Kofi Osei no longer teaches this class and cannot read this conversation any more." in text
    )


# --- Only read any more


def test_an_ended_guardian_reads_the_past_and_the_page_follows_nothing(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra", ("dana", "Words of before"), ("rivera", "An answer"))
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    browser = sign_in(school.dana)
    page = browser.get(address).text
    assert "Words of before" in page
    assert "You can read what was written up to Tue 13 Oct." in plain(page)
    for trace in ("data-talk", '<form class="composer"', "/mute", "Dana Diaz can read"):
        assert trace not in page
    assert "Ended: you can only read it" in plain(browser.get("/messages/").text)
    assert browser.get("/messages/unread").json["unread"] == 0
    for path in ("stream", "changes?after=0"):
        assert browser.get(f"{address}/{path}").status_code == 404
    for path in ("read", "draft", "mute"):
        assert browser.post(f"{address}/{path}", data={"seq": "2", "body": "x"}).status_code == 404
    answer = browser.post(f"{address}/messages", data={"body": "Not lost", "client_key": KEY})
    assert answer.status_code == 403
    assert "Not lost" in answer.text  # to copy
    assert bodies() == ["Words of before", "An answer"]
    assert db.session.query(Participant.last_read_seq).filter_by(user_id=school.dana.id).scalar() == 1


def test_a_school_may_hide_the_past(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("dana", "Words of before"))
    school.dana_of_maya.ends_on = TODAY
    school.oak.hides_past_conversations = True
    db.session.commit()
    browser = sign_in(school.dana)
    assert browser.get(address).status_code == 404
    assert "Words of before" not in browser.get("/messages/").text


def test_a_class_that_is_over_offers_the_teachers_of_the_childs_other_classes(sign_in, school, talk):
    address = talk("erin", "leo", "history")
    school.history.ended = True
    db.session.commit()
    page = sign_in(school.erin).get(address).text
    assert "History is over, so nothing more can be written here." in plain(page)
    assert "Write to Inés Rivera and Abe Cole" in plain(page)
    assert f"section={school.algebra.public_id}" in page


def test_a_class_without_a_teacher_leads_to_the_office(sign_in, school):
    db.session.query(Enrollment).filter_by(user_id=school.osei.id).update({"ends_on": TODAY})
    db.session.commit()
    text = plain(sign_in(school.erin).get(f"/messages/new?student={school.leo.public_id}").text)
    assert "History Nobody in this class can be written to at the moment. Contact the school office." in text
    assert "School office: 555 0100" in text
    assert "Tess" not in text  # his stepmother, who teaches it too


# --- Closed by the office


def test_who_may_not_write_is_told_why_and_goes_on_reading(sign_in, school, talk, clock, bodies):
    address = talk("dana", "maya", "algebra")
    message_rules.close_writing(school.dana, school.oak, "Please call us first.", clock(), actor_id=school.pat.id)
    db.session.commit()
    browser = sign_in(school.dana)
    for path in (address, "/messages/new"):
        page = browser.get(path).text
        assert "The school office has closed writing messages for you: “Please call us first.”" in plain(page)
        assert '<form class="composer"' not in page
    answer = browser.post(f"{address}/messages", data={"body": "Still here", "client_key": KEY})
    assert answer.status_code == 403
    assert "Still here" in answer.text
    assert bodies() == ["Hello"]
    assert "Please call us first." not in sign_in(school.rivera).get(address).text


# --- Muted


def test_a_muted_conversation_is_not_counted_anywhere_and_can_be_read(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("rivera", "One"), ("rivera", "Two"))
    browser = sign_in(school.dana)
    assert browser.get("/messages/unread").json["unread"] == 2
    assert browser.post(f"{address}/mute").status_code == 303
    assert browser.get("/messages/unread").json["unread"] == 0
    listed = plain(browser.get("/messages/").text)
    assert "Muted" in listed
    assert "unread" not in listed
    assert browser.post(f"{address}/mute", data={"mute": "no"}).status_code == 303
    assert browser.get("/messages/unread").json["unread"] == 2
    page = browser.get(address).text
    assert "Two" in page
    assert "Mute this conversation" in plain(page)


def test_who_may_not_write_can_still_mute(sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra", ("rivera", "One"))
    message_rules.close_writing(school.dana, school.oak, "Please call.", clock(), actor_id=school.pat.id)
    db.session.commit()
    browser = sign_in(school.dana)
    assert "Mute this conversation" in plain(browser.get(address).text)
    assert browser.post(f"{address}/mute").status_code == 303
    page = browser.get(address).text
    assert "Tell me again" in page
    assert 'id="mute"' in page
    assert browser.post(f"{address}/mute", data={"mute": "no"}).status_code == 303
    school.algebra.ended = True
    db.session.commit()
    assert 'id="mute"' not in browser.get(address).text  # nothing new comes


def test_teachers_do_not_mute(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    browser = sign_in(school.rivera)
    assert "Mute" not in browser.get(address).text
    assert browser.post(f"{address}/mute").status_code == 404
