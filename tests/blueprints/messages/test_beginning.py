"""Choosing about whom and to whom, and the first message."""

import re
from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Guardianship, Position, RoleKind
from gradebook.services import message_rules
from tests.school import TODAY, YEAR, enroll, make_role, make_user


def new(**keys) -> str:
    return "/messages/new?" + "&".join(f"{name}={value.public_id}" for name, value in keys.items())


def second_child(school):
    ben = make_user("ben", "Ben Diaz", "student")
    make_role(ben, school.oak, RoleKind.STUDENT)
    enroll(ben, school.history, Position.STUDENT)
    db.session.add(
        Guardianship(
            school_id=school.oak.id, student_id=ben.id, guardian_id=school.dana.id, relationship_name="mother",
            begins_on=YEAR[0],
        )
    )  # fmt: skip
    return ben


# --- As a guardian


def test_with_one_child_the_classes_come_first(sign_in, school):
    page = sign_in(school.erin).get("/messages/new").text
    text = re.sub(r"</?bdi>", "", page)
    assert "<h1>Who do you want to write to?</h1>" in page
    assert "Algebra" in text
    assert "Inés Rivera and Abe Cole" in text
    assert "History" in text
    assert "Kofi Osei" in text
    assert "Tess Tanner" not in text  # she is Leo's stepmother


def test_with_two_children_one_is_chosen_first(sign_in, school):
    ben = second_child(school)
    dana = sign_in(school.dana)
    page = dana.get("/messages/new").text
    assert "<h1>Who is the message about?</h1>" in page
    assert "Algebra" not in page
    page = dana.get(new(student=ben)).text
    assert "History" in page
    assert "Algebra" not in page


def test_the_page_says_who_will_read_before_anything_is_written(sign_in, school):
    page = sign_in(school.dana).get(new(student=school.maya, section=school.algebra)).text
    text = re.sub(r"</?bdi>", "", page)
    assert "About Maya Diaz · Algebra" in text
    assert "You, Inés Rivera, and Abe Cole can read this. Maya cannot." in text
    assert "Message Inés Rivera and Abe Cole about Maya" in text


def test_what_was_begun_before_is_continued(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    answer = sign_in(school.dana).get(new(student=school.maya, section=school.algebra))
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{address}#write"


def test_a_guardian_chooses_neither_other_children_nor_other_classes(sign_in, school):
    dana = sign_in(school.dana)
    for address in (
        new(student=school.leo),
        new(student=school.leo, section=school.algebra),
        new(student=school.maya, section=school.history),
        new(section=school.algebra),
        "/messages/new?student=madeUpKey123",
        "/messages/new?student=x&section=y",
    ):
        assert dana.get(address).status_code == 404


def test_a_guardian_with_nobody_to_write_to_is_told_so(sign_in, school):
    page = sign_in(school.gus).get("/messages/new").text
    assert "There is nobody to write to at the moment" in page
    assert "555 0100" in page


# --- As a teacher


def test_a_teacher_chooses_class_then_student_and_guardian(sign_in, school):
    rivera = sign_in(school.rivera)
    page = rivera.get("/messages/new").text
    assert f"section={school.algebra.public_id}" in page
    assert "History" not in page
    page = rivera.get(new(section=school.algebra)).text
    for name in ("Maya Diaz", "Dana Diaz", "Leo Evans", "Erin Evans", "Tess Tanner"):
        assert name in page
    for name in ("Gus Gray", "Rex Diaz", "Zoe Clark"):
        assert name not in page


def test_from_a_students_page_the_only_guardian_is_chosen_already(sign_in, school):
    page = sign_in(school.rivera).get(new(student=school.maya, section=school.algebra)).text
    assert "with <bdi>Dana Diaz</bdi> (mother)" in page


def test_of_two_guardians_one_is_chosen(sign_in, school):
    rivera = sign_in(school.rivera)
    page = rivera.get(new(student=school.leo, section=school.algebra)).text
    assert "Erin Evans" in page
    assert "Tess Tanner" in page
    assert "<textarea" not in page
    page = rivera.get(new(student=school.leo, section=school.algebra, guardian=school.tess)).text
    text = re.sub(r"</?bdi>", "", page)
    assert "with Tess Tanner (stepmother)" in text
    assert "You, Abe Cole, and Tess Tanner can read this. Leo cannot." in text
    assert "Erin" not in page


def test_a_guardian_not_yet_confirmed_is_shown_and_not_offered(sign_in, school):
    school.erin.identity_seen_at = None
    page = sign_in(school.rivera).get(new(student=school.leo, section=school.algebra)).text
    assert "the school office must confirm who they are first" in page
    assert f"guardian={school.erin.public_id}" not in page
    assert f"guardian={school.tess.public_id}" in page


def test_a_teacher_who_is_the_guardian_gets_no_contact_of_the_other(sign_in, school):
    tess = sign_in(school.tess)
    page = tess.get(new(section=school.history)).text
    assert "Chris Clark" in page
    assert "Erin" not in page
    page = tess.get(new(student=school.leo, section=school.history)).text
    assert "There is nobody to write to at the moment" in page
    assert "Erin" not in page
    assert tess.get(new(student=school.leo, section=school.history, guardian=school.erin)).status_code == 404


def test_a_teacher_chooses_neither_other_classes_nor_their_students(sign_in, school):
    rivera = sign_in(school.rivera)
    for address in (
        new(section=school.history),
        new(section=school.botany),
        new(student=school.zoe, section=school.algebra),
        new(student=school.maya),
        new(student=school.maya, section=school.algebra, guardian=school.rex),
        new(student=school.maya, section=school.algebra, guardian=school.gus),
        new(student=school.maya, section=school.algebra, guardian=school.erin),
    ):
        assert rivera.get(address).status_code == 404


# --- The first message


@pytest.fixture
def first(sign_in, school, fields):
    """The browser of Dana and the form of a first message about Maya."""
    dana = sign_in(school.dana)
    return dana, fields(dana.get(new(student=school.maya, section=school.algebra)).text)


def test_the_first_message_opens_the_conversation(first, sign_in, school, bodies, how_many):
    dana, form = first
    answer = dana.post("/messages/", data={**form, "body": "Good morning"})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#newest")
    assert bodies() == ["Good morning"]
    assert how_many() == 1
    assert "Good morning" in dana.get(answer.headers["Location"]).text
    assert "Good morning" in sign_in(school.cole).get(answer.headers["Location"]).text


def test_sent_twice_it_is_one_conversation_and_one_message(first, bodies, how_many):
    dana, form = first
    addresses = {dana.post("/messages/", data={**form, "body": "Hi"}).headers["Location"] for _ in range(3)}
    assert len(addresses) == 1
    assert bodies() == ["Hi"]
    assert how_many() == 1


def test_two_first_messages_land_in_one_conversation(first, bodies, how_many):
    dana, form = first
    dana.post("/messages/", data={**form, "body": "Hi"})
    dana.post("/messages/", data={**form, "body": "And", "client_key": str(uuid4())})
    assert bodies() == ["Hi", "And"]
    assert how_many() == 1


def test_the_same_key_with_other_words_is_a_conflict(first, fields, bodies):
    dana, form = first
    dana.post("/messages/", data={**form, "body": "Hi"})
    answer = dana.post("/messages/", data={**form, "body": "Other"})
    assert answer.status_code == 409
    assert fields(answer.text)["body"] == "Other"
    assert bodies() == ["Hi"]


@pytest.mark.parametrize("body", ["", "   ", "x" * 5001, "bell\x07"])
def test_what_cannot_be_sent_begins_nothing(first, fields, body, bodies, how_many):
    dana, form = first
    answer = dana.post("/messages/", data={**form, "body": body})
    assert answer.status_code == 422
    assert fields(answer.text) == {**form, "body": body.strip()}
    assert bodies() == []
    assert how_many() == 0


def test_without_a_key_nothing_is_begun_and_the_words_stay(first, fields, how_many):
    dana, form = first
    form.pop("client_key")
    answer = dana.post("/messages/", data={**form, "body": "Precious"})
    assert answer.status_code == 422
    assert how_many() == 0
    assert dana.post("/messages/", data=fields(answer.text)).status_code == 303


def test_nobody_begins_what_is_not_theirs_to_begin(sign_in, school, how_many):
    pairs = {
        "dana": (school.leo, school.algebra, school.dana),
        "erin": (school.leo, school.algebra, school.tess),
        "gus": (school.maya, school.algebra, school.gus),
        "rex": (school.maya, school.algebra, school.rex),
        "osei": (school.maya, school.algebra, school.dana),
        "rivera": (school.maya, school.algebra, school.rex),
        "tess": (school.leo, school.history, school.erin),
        "sub": (school.maya, school.algebra, school.dana),
        "finch": (school.fern, school.botany, school.dana),
    }
    for name, (student, section, guardian) in pairs.items():
        data = {
            "student": student.public_id, "section": section.public_id, "guardian": guardian.public_id,
            "body": "Hello", "client_key": str(uuid4()),
        }  # fmt: skip
        assert sign_in(school.people[name]).post("/messages/", data=data).status_code == 404, name
    assert how_many() == 0


def test_what_was_written_is_kept_where_the_right_ended_meanwhile(first, school, how_many, clock):
    dana, form = first
    message_rules.close_writing(school.dana, school.oak, "Please call us.", clock(), actor_id=school.pat.id)
    db.session.commit()
    answer = dana.post("/messages/", data={**form, "body": "Two hours <of> work"})
    assert answer.status_code == 403
    assert "Two hours &lt;of&gt; work</textarea>" in answer.text
    assert "Please call us." in answer.text
    message_rules.open_writing(school.dana, school.oak, clock(), actor_id=school.pat.id)
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    gone = dana.post("/messages/", data={**form, "body": "Two hours"})
    assert (gone.status_code, "Two hours</textarea>" in gone.text) == (404, True)
    assert "Maya" not in gone.text
    nowhere = dana.post("/messages/", data={**form, "student": "x" * 12, "body": "Two hours"})
    token = r'name="csrf_token"[^>]*>'
    assert re.sub(token, "", nowhere.text) == re.sub(token, "", gone.text)
    assert how_many() == 0


def test_a_teacher_who_names_no_guardian_writes_to_nobody(sign_in, school, how_many):
    data = {
        "student": school.leo.public_id, "section": school.algebra.public_id, "body": "Hello",
        "client_key": str(uuid4()),
    }  # fmt: skip
    rivera = sign_in(school.rivera)
    for guardian in ({}, {"guardian": ""}, {"guardian": "None"}, {"guardian": school.leo.public_id}):
        assert rivera.post("/messages/", data=data | guardian).status_code == 404
    assert how_many() == 0


@pytest.mark.parametrize("nonsense", ["", "x", "é" * 12, "' OR 1=1 --", "9" * 5000, "../../etc"])
def test_nonsense_is_not_found_and_never_an_error(sign_in, school, nonsense):
    data = {"student": nonsense, "section": nonsense, "guardian": nonsense, "body": "x", "client_key": nonsense}
    for user in (school.dana, school.rivera):
        browser = sign_in(user)
        assert browser.post("/messages/", data=data).status_code == 404
        assert browser.post("/messages/").status_code == 404
        assert browser.get("/messages/new", query_string={"section": nonsense or "x"}).status_code == 404
        assert browser.get(f"/messages/{nonsense or 'x'}").status_code == 404


def test_two_guardians_have_two_conversations_and_do_not_hear_of_each_other(sign_in, school, fields, how_many):
    rivera = sign_in(school.rivera)
    found = {}
    for guardian in (school.erin, school.tess):
        form = fields(rivera.get(new(student=school.leo, section=school.algebra, guardian=guardian)).text)
        answer = rivera.post("/messages/", data={**form, "body": f"Only for {guardian.called}"})
        found[guardian.username] = answer.headers["Location"]
    assert how_many() == 2
    erin = sign_in(school.erin)
    assert erin.get(found["tess"]).status_code == 404
    for page in (erin.get(found["erin"]).text, erin.get("/messages/").text, erin.get("/messages/new").text):
        assert "Tess" not in page
