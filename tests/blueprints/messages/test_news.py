"""What a page of messages asks by script: what is new, how many are not read; and sending without leaving the page."""

from datetime import timedelta
from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Conversation, LoginSession, Participant, Restriction
from gradebook.services import messaging

SCRIPT = {"X-Requested-With": "fetch"}


def ask(browser, address, **more):
    return browser.get(address, headers=SCRIPT, **more)


def send(browser, address, body, key=None):
    return browser.post(f"{address}/messages", data={"body": body, "client_key": key or str(uuid4())}, headers=SCRIPT)


def unread(browser):
    return ask(browser, "/messages/unread").json["unread"]


# --- What is new


def test_the_messages_after_a_number_come_in_order_and_once(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", *[("dana", f"Message {number}.") for number in range(1, 121)])
    rivera, seen, told, more = sign_in(school.rivera), 3, [], True
    while more:
        answer = ask(rivera, f"{address}/changes?after={seen}").json
        told += [line["seq"] for line in answer["messages"]]
        seen, more = answer["number"], answer["more"]
    assert told == list(range(4, 121))
    assert ask(rivera, f"{address}/changes?after={seen}").status_code == 204


def test_a_message_is_told_as_the_page_shows_it(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("dana", "<b>One</b>"))
    page = sign_in(school.rivera).get(address).text
    line = ask(sign_in(school.rivera), f"{address}/changes?after=0").json["messages"][0]
    assert line["message"].strip() in page.replace(' id="newest" tabindex="-1"', "")
    assert line["day_mark"].strip() in page
    assert line["by"] == "Dana Diaz"
    assert "&lt;b&gt;One&lt;/b&gt;" in line["message"]


def test_only_the_author_is_told_the_key_that_sent_it(sign_in, school, talk):
    address, key = talk("dana", "maya", "algebra"), str(uuid4())
    rivera, dana = sign_in(school.rivera), sign_in(school.dana)
    send(rivera, address, "Mine", key)
    assert key in ask(rivera, f"{address}/changes?after=1").text
    assert key not in ask(dana, f"{address}/changes?after=1").text


def test_asking_what_is_new_marks_nothing_read_and_writes_nothing(sign_in, school, talk, count_statements):
    address = talk("dana", "maya", "algebra", ("dana", "One"))
    rivera = sign_in(school.rivera)
    with count_statements() as seen:
        ask(rivera, f"{address}/changes?after=0")
    assert len(seen) <= 4, seen
    assert all(each.startswith("SELECT") for each in seen)
    assert unread(rivera) == 1


def test_a_page_from_before_a_backup_was_restored_is_told_to_load_again(sign_in, school, talk):
    answer = ask(sign_in(school.dana), f"{talk('dana', 'maya', 'algebra')}/changes?after=9").json
    assert (answer["stale"], answer["messages"]) == (True, [])


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "9" * 30])
def test_a_number_that_is_none_is_refused(sign_in, school, talk, after):
    assert ask(sign_in(school.dana), f"{talk('dana', 'maya', 'algebra')}/changes?after={after}").status_code == 400


def test_an_order_ends_it_from_the_next_question_on(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    assert ask(dana, f"{address}/changes?after=0").status_code == 200
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert ask(dana, f"{address}/changes?after=0").status_code == 404
    assert dana.post(f"{address}/read", data={"seq": "1"}, headers=SCRIPT).status_code == 404
    assert unread(dana) == 0


# --- What is read


def test_what_was_shown_is_read_and_the_count_is_the_same_everywhere(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", *[("dana", "Hello")] * 3)
    talk("erin", "leo", "algebra", ("erin", "Hello"))
    rivera = sign_in(school.rivera)
    assert unread(rivera) == 4
    for seq, left in (("2", 2), ("1", 2), ("3", 1), ("999", 1)):
        assert rivera.post(f"{address}/read", data={"seq": seq}, headers=SCRIPT).status_code == 204
        assert unread(rivera) == left
    assert '<span class="count">1</span>' in rivera.get("/teacher/").text
    assert db.session.scalar(
        db.select(Participant.last_read_seq).join(Conversation).where(
            Participant.user_id == school.rivera.id, Conversation.student_id == school.maya.id
        )
    ) == 3  # nobody has read what is not written yet  # fmt: skip


@pytest.mark.parametrize("seq", ["", "x", "-1"])
def test_a_place_that_is_none_is_refused(sign_in, school, talk, seq):
    address = talk("dana", "maya", "algebra")
    assert sign_in(school.rivera).post(f"{address}/read", data={"seq": seq}, headers=SCRIPT).status_code == 400


def test_the_count_is_told_again_only_when_something_changed(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    rivera = sign_in(school.rivera)
    mark = ask(rivera, "/messages/unread").json["mark"]
    assert ask(rivera, f"/messages/unread?mark={mark}").status_code == 204
    send(rivera, address, "Mine")  # nothing unread for her, but the list shows it
    answer = ask(rivera, f"/messages/unread?mark={mark}").json
    assert (answer["unread"], answer["badge"].strip()) == (0, "")


def test_the_list_beside_says_which_one_is_open(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    page = ask(sign_in(school.rivera), f"/messages/beside?here={address.rpartition('/')[2]}").text
    assert 'aria-current="page"' in page
    assert 'aria-current="page"' not in ask(sign_in(school.rivera), "/messages/beside?here=x").text


def test_asking_is_no_activity(sign_in, school, talk, clock):
    address = talk("dana", "maya", "algebra")
    rivera = sign_in(school.rivera)
    used = db.session.scalar(db.select(LoginSession.last_used_at).where(LoginSession.user_id == school.rivera.id))
    clock.set(clock() + timedelta(minutes=5))
    for path in ("/messages/unread", "/messages/beside", f"{address}/changes?after=0"):
        assert ask(rivera, path).status_code == 200
    rivera.post(f"{address}/read", data={"seq": "1"}, headers=SCRIPT)
    db.session.expire_all()
    assert used == db.session.scalar(
        db.select(LoginSession.last_used_at).where(LoginSession.user_id == school.rivera.id)
    )


# --- Sending by script


def test_a_script_is_told_the_number_of_its_message(sign_in, school, talk, bodies):
    address, key = talk("dana", "maya", "algebra"), str(uuid4())
    dana = sign_in(school.dana)
    for _try in range(2):
        answer = send(dana, address, "Once", key)
        assert (answer.status_code, answer.json) == (200, {"number": 2})
    assert bodies() == ["Hello", "Once"]


def test_a_script_is_told_why_nothing_was_sent(sign_in, school, talk, bodies):
    address, key = talk("dana", "maya", "algebra"), str(uuid4())
    dana = sign_in(school.dana)
    answer = send(dana, address, "x" * (messaging.LONGEST_MESSAGE + 1))
    assert (answer.status_code, answer.json["problem"][:28]) == (422, "The message has 5,001 charac")
    send(dana, address, "First", key)
    answer = send(dana, address, "Second", key)
    assert answer.status_code == 409
    assert "another message" in answer.json["problem"]
    assert bodies() == ["Hello", "First"]


def test_a_script_learns_that_the_conversation_is_over(sign_in, school, talk, bodies):
    from gradebook.models import Enrollment
    from tests.school import TODAY

    address = talk("dana", "maya", "algebra")
    db.session.query(Enrollment).filter_by(user_id=school.maya.id).update({"ends_on": TODAY})
    assert send(sign_in(school.dana), address, "Late").status_code == 403
    assert bodies() == ["Hello"]


def test_a_script_is_sent_to_no_page(app, sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    assert ask(app.test_client(), f"{address}/changes?after=0").status_code == 401
    dana = sign_in(school.dana)
    school.dana.identity_seen_at = school.dana.email_confirmed_at = None
    db.session.flush()
    answer = ask(dana, f"{address}/changes?after=0")
    assert (answer.status_code, answer.json) == (403, {"error": 403})
