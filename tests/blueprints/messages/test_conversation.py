"""One conversation: what it says, what is read, and what is sent."""

import re
from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Conversation, Participant, Restriction
from gradebook.services import messaging
from tests.school import TODAY


def read_by(user) -> int:
    return db.session.query(Participant.last_read_seq).filter_by(user_id=user.id).scalar()


# --- What it says


def test_it_names_child_class_and_everyone_who_reads(sign_in, school, talk):
    page = sign_in(school.rivera).get(talk("dana", "maya", "algebra")).text
    text = re.sub(r"</?bdi>", "", page)
    assert "About Maya Diaz · Algebra" in text
    assert "with Dana Diaz (mother)" in text
    assert "You, Abe Cole, and Dana Diaz can read this. Maya cannot." in text
    assert 'role="log" aria-label="Messages with Dana Diaz about Maya"' in page
    assert re.search(r'<label for="body">Message Dana Diaz about Maya</label>', text)
    assert re.search(r"<button[^>]*>Send", page)
    assert "Check for new messages" in page
    assert "office can read" not in text  # not in this version


def test_a_guardian_sees_the_teachers_on_the_other_side(sign_in, school, talk):
    page = sign_in(school.dana).get(talk("dana", "maya", "algebra")).text
    text = re.sub(r"</?bdi>", "", page)
    assert "with Inés Rivera and Abe Cole" in text
    assert "You, Inés Rivera, and Abe Cole can read this. Maya cannot." in text
    assert 'aria-label="Messages with Inés Rivera and Abe Cole about Maya"' in page


def test_neither_message_nor_count_stands_in_the_title(sign_in, school, talk):
    page = sign_in(school.rivera).get(talk("dana", "maya", "algebra", ("dana", "Secret"))).text
    title = re.search(r"<title>(.*?)</title>", page)[1]
    assert title == "About Maya Diaz · Algebra – Oak School"


def test_words_are_shown_as_typed_and_never_as_markup(sign_in, school, talk):
    page = (
        sign_in(school.rivera)
        .get(
            talk("dana", "maya", "algebra", ("dana", '<script>alert("x")</script>\n<img src=x> & https://example.org'))
        )
        .text
    )
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt; &amp; https://example.org" in page
    assert 'href="https://example.org' not in page


def test_days_and_times_are_those_of_the_school(sign_in, school, talk):
    page = sign_in(school.dana).get(talk("dana", "maya", "algebra")).text
    assert "Today, Wed 14 Oct" in page
    assert "08:00</time>" in page


@pytest.mark.parametrize("name", ["dana", "rivera", "cole"])
def test_who_takes_part_opens_it(sign_in, school, talk, name):
    assert sign_in(school.people[name]).get(talk("dana", "maya", "algebra")).status_code == 200


@pytest.mark.parametrize("name", ["erin", "chris", "gus", "rex", "osei", "tess", "sub", "pat", "quinn", "finch"])
def test_for_everyone_else_it_is_not_there(sign_in, school, talk, name):
    browser = sign_in(school.people[name])
    address = talk("dana", "maya", "algebra")
    assert browser.get(address).status_code == 404
    answer = browser.post(f"{address}/messages", data={"body": "Hello", "client_key": str(uuid4())})
    assert answer.status_code == 404


def test_an_order_hides_it_from_the_next_request_on(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    assert dana.get(address).status_code == 200
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert dana.get(address).status_code == 404
    assert dana.post(f"{address}/messages", data={"body": "x", "client_key": str(uuid4())}).status_code == 404


# --- What is read


def test_opening_it_marks_it_read_for_the_reader_only(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("dana", "One"), ("dana", "Two"))
    page = sign_in(school.rivera).get(address).text
    assert read_by(school.rivera) == 2
    assert read_by(school.cole) == 0
    assert 'class="count"' not in page  # the badge of this very page knows


def test_a_page_without_news_writes_nothing(sign_in, school, talk, count_statements):
    address = talk("dana", "maya", "algebra")
    rivera = sign_in(school.rivera)
    with count_statements() as first:
        rivera.get(address)
    assert [each for each in first if not each.startswith("SELECT")] != []
    with count_statements() as second:
        rivera.get(address)
    assert [each for each in second if not each.startswith("SELECT")] == []


def test_the_first_new_message_is_marked(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("rivera", "Old"), ("dana", "Fresh"))
    rivera = sign_in(school.rivera)
    page = rivera.get(address).text
    assert page.index("Old</div>") < page.index('id="new"') < page.index("Fresh</div>")
    assert 'id="new"' not in rivera.get(address).text


def test_an_earlier_page_leaves_the_newest_unread(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", *[("dana", f"Message {number}.") for number in range(1, 61)])
    rivera = sign_in(school.rivera)
    page = rivera.get(f"{address}?before=11").text
    assert "Message 10." in page
    assert "Message 11." not in page
    assert read_by(school.rivera) == 0
    page = rivera.get(address).text
    assert "Message 60." in page
    assert "Message 10." not in page
    assert f'href="{address}?before=11"' in page  # Show earlier
    assert page.index("Message 59.") < page.index("Message 60.")


@pytest.mark.parametrize("nonsense", ["0", "1", "-5", "x", "", "9" * 40, "1.5", "%00"])
def test_a_made_up_place_in_it_is_not_there(sign_in, school, talk, nonsense):
    address = talk("dana", "maya", "algebra")
    assert sign_in(school.dana).get(f"{address}?before={nonsense}").status_code in (400, 404)


def test_a_conversation_costs_six_statements_however_long_it_is(sign_in, school, talk, count_statements):
    address = talk("dana", "maya", "algebra", *[("dana", "Hello")] * 3)
    longer = talk("erin", "leo", "algebra", *[("erin", "Hello")] * 70)
    rivera = sign_in(school.rivera)
    for path in (address, longer):
        rivera.get(path)
        with count_statements() as seen:
            rivera.get(path)
        assert len(seen) <= 6, seen


# --- What is sent


def test_a_message_is_sent_and_the_page_comes_back_at_it(sign_in, school, talk, fields, bodies):
    address = talk("dana", "maya", "algebra")
    rivera = sign_in(school.rivera)
    form = fields(rivera.get(address).text)
    answer = rivera.post(f"{address}/messages", data={**form, "body": "Thank you.\r\n\r\nShe did well. "})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{address}#newest"
    assert bodies() == ["Hello", "Thank you.\n\nShe did well."]
    page = sign_in(school.dana).get(address).text
    assert 'id="newest"' in page
    assert "Thank you.\n\nShe did well." in page


def test_sending_costs_eight_statements_at_most(sign_in, school, talk, count_statements):
    address = talk("dana", "maya", "algebra", *[("dana", "Hello")] * 30)
    for user in (school.dana, school.rivera):
        browser = sign_in(user)
        with count_statements() as seen:
            browser.post(f"{address}/messages", data={"body": "Hello", "client_key": str(uuid4())})
        assert len(seen) <= 8, seen


def test_the_same_form_sent_twice_is_one_message(sign_in, school, talk, fields, bodies):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    form = {**fields(dana.get(address).text), "body": "Once"}
    for _ in range(2):
        assert dana.post(f"{address}/messages", data=form).status_code == 303
    assert bodies() == ["Hello", "Once"]
    assert db.session.scalar(db.select(Conversation.last_seq)) == 2


def test_the_same_form_with_other_words_is_a_conflict_that_keeps_them(sign_in, school, talk, fields, bodies):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    form = fields(dana.get(address).text)
    dana.post(f"{address}/messages", data={**form, "body": "First"})
    answer = dana.post(f"{address}/messages", data={**form, "body": "Second"})
    assert answer.status_code == 409
    assert "There is a problem" in answer.text
    again = fields(answer.text)
    assert again["body"] == "Second"
    assert again["client_key"] != form["client_key"]
    assert dana.post(f"{address}/messages", data=again).status_code == 303
    assert bodies() == ["Hello", "First", "Second"]


@pytest.mark.parametrize("key", [None, "", "x", "1" * 36, "g0000000-0000-0000-0000-000000000000", "é" * 36])
def test_without_a_good_key_nothing_is_sent_and_the_words_stay(sign_in, school, talk, fields, bodies, key):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    data = {"body": "Precious words"} | ({} if key is None else {"client_key": key})
    answer = dana.post(f"{address}/messages", data=data)
    assert answer.status_code == 422
    assert "Your message was not sent. It is still in the box. Try again" in answer.text
    again = fields(answer.text)
    assert again["body"] == "Precious words"
    assert dana.post(f"{address}/messages", data=again).status_code == 303
    assert bodies() == ["Hello", "Precious words"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Write a message"),
        (" \r\n\t ", "Write a message"),
        ("\u200b", "Write a message"),
        ("x" * 5001, "The message has 5,001 characters. Shorten it to 5,000 or fewer"),
        ("bell\x07", "has a character in it that cannot be shown"),
        ("esc\x1b[31m", "has a character in it that cannot be shown"),
    ],
)
def test_what_cannot_be_sent_is_said_in_words_and_kept(sign_in, school, talk, fields, bodies, body, words):
    address = talk("dana", "maya", "algebra")
    dana = sign_in(school.dana)
    key = str(uuid4())
    answer = dana.post(f"{address}/messages", data={"body": body, "client_key": key})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words in answer.text
    assert "<title>Error: " in answer.text
    assert fields(answer.text)["body"] == messaging.cleaned(body)
    assert fields(answer.text)["client_key"] == key
    assert bodies() == ["Hello"]


def test_five_thousand_characters_are_not_too_many(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    data = {"body": "\U0001f44d" * 5000, "client_key": str(uuid4())}
    assert sign_in(school.dana).post(f"{address}/messages", data=data).status_code == 303
    assert len(bodies()[1]) == 5000


def test_a_nul_is_refused_and_nothing_is_sent(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    answer = sign_in(school.dana).post(f"{address}/messages", data={"body": "a\0b", "client_key": str(uuid4())})
    assert answer.status_code in (400, 422)
    assert bodies() == ["Hello"]


def test_repeated_and_unknown_fields_do_no_harm(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    data = {"body": ["One", "Two"], "client_key": [str(uuid4()), "x"], "author_id": "1", "seq": "9"}
    assert sign_in(school.dana).post(f"{address}/messages", data=data).status_code == 303
    assert bodies() == ["Hello", "One"]


def test_without_its_token_nothing_is_sent(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    data = {"body": "Hello", "client_key": str(uuid4())}
    assert sign_in(school.dana).post(f"{address}/messages", data=data, csrf=False).status_code == 400
    assert bodies() == ["Hello"]


# --- When it is over


def test_after_the_child_left_it_is_read_only_and_says_why(sign_in, school, talk, bodies):
    from gradebook.models import Enrollment

    address = talk("dana", "maya", "algebra")
    db.session.query(Enrollment).filter_by(user_id=school.maya.id).update({"ends_on": TODAY})
    dana = sign_in(school.dana)
    page = dana.get(address).text
    assert "is no longer in <bdi>Algebra</bdi>" in page
    assert "Write to the school office" in page
    assert "555 0100" in page
    assert "<textarea" not in page
    answer = dana.post(f"{address}/messages", data={"body": "Precious", "client_key": str(uuid4())})
    assert answer.status_code == 403
    assert "Your message was not sent" in answer.text
    assert "<title>Error: " in answer.text
    assert "Precious</textarea>" in answer.text
    assert bodies() == ["Hello"]


def test_a_teacher_is_told_that_the_guardian_no_longer_receives(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    school.dana_of_maya.ends_on = TODAY
    rivera = sign_in(school.rivera)
    page = re.sub(r"</?bdi>", "", rivera.get(address).text)
    assert "Dana Diaz can no longer receive messages about Maya. Ask the school office." in page
    assert "You and Abe Cole can read this." in page
    answer = rivera.post(f"{address}/messages", data={"body": "Hello?", "client_key": str(uuid4())})
    assert answer.status_code == 403
    assert bodies() == ["Hello"]


def test_what_was_written_is_kept_where_the_conversation_is_hidden_meanwhile(sign_in, school, talk, bodies):
    address = talk("dana", "maya", "algebra")
    school.oak.hides_past_conversations = True
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    dana, form = sign_in(school.dana), {"body": "Precious", "client_key": str(uuid4())}
    for path in (address, "/messages/abcdefghijkl"):
        answer = dana.post(f"{path}/messages", data=form)
        assert (answer.status_code, "Precious</textarea>" in answer.text) == (404, True)
        assert "<title>Error: " in answer.text
        assert "Maya" not in answer.text
        assert "Precious" not in dana.post(f"{path}/messages", data=form, headers={"X-Requested-With": "fetch"}).text
    assert bodies() == ["Hello"]


def test_after_the_class_is_over_it_can_still_be_read(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    school.algebra.term.ends_on = TODAY
    page = sign_in(school.dana).get(address).text
    assert "<bdi>Algebra</bdi> is over" in page
