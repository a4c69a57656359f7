"""Message families: the same words because of one assignment, to each guardian in private."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import (
    Conversation,
    Enrollment,
    Guardianship,
    Message,
    Participant,
    Position,
    Restriction,
    RoleKind,
    User,
)
from gradebook.services import messaging
from tests.art import make_art
from tests.families import score
from tests.school import SEEN, TODAY, YEAR, enroll, make_role, make_user

WORDS = "{student} has not handed in {assignment}."


def address(assignment) -> str:
    return f"/messages/families/{assignment.public_id}"


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def carried(page: str) -> dict[str, list[str]]:
    """What the form of the preview would send."""
    begins = page.index('<form method="post" action="/messages/families/')
    form = page[begins : page.index("</form>", begins)]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    found.pop("csrf_token")
    return found


def key_on(page: str) -> str:
    return re.search(r'name="client_key" value="([^"]*)"', page)[1]


def sent() -> list[tuple[str, str, str]]:
    """(guardian, child, words) of each message."""
    guardian, student = db.aliased(User), db.aliased(User)
    rows = db.session.execute(
        select(guardian.username, student.username, Message.body)
        .select_from(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(guardian, guardian.id == Conversation.guardian_id)
        .join(student, student.id == Conversation.student_id)
        .order_by(student.username, guardian.username, Message.seq)
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def rivera(school, sign_in):
    return sign_in(school.rivera)


@pytest.fixture
def missing(school):
    """The hidden test is missing for Leo, and Maya has a score."""
    score(school.test, school.leo, None, status=Status.missing)
    school.test.posted_at = SEEN
    db.session.commit()
    return school.test


def preview(client, assignment, **more):
    key = more.get("client_key") or key_on(client.get(address(assignment)).text)
    data = {"who": "missing", "body": WORDS, "client_key": key, "do": "preview", **more}
    return client.post(address(assignment), data=data)


def send(client, assignment, page, **more):
    return client.post(address(assignment), data={**carried(page), "do": "send", **more})


# --- Who is meant


def test_the_form_counts_those_who_are_meant(school, rivera, missing):
    text = words_of(rivera.get(address(missing)).text)
    assert "1 student whose work is missing" in text
    assert "0 students without a score" in text
    assert "Each guardian gets a private message of their own" in text


@pytest.mark.parametrize(
    ("choice", "guardians"),
    [
        ({"who": "missing"}, ["erin", "tess"]),
        ({"who": "below", "below": "83,1"}, ["dana"]),  # Maya has 83 %
        ({"who": "below", "below": "83"}, None),
        ({"who": "blank"}, None),
        ({"who": "chosen"}, None),
    ],
)
def test_each_group(school, rivera, missing, choice, guardians):
    answer = preview(rivera, missing, **choice)
    assert answer.status_code == (422 if guardians is None else 200)
    if guardians is None:
        words = "Choose at least one student" if choice["who"] == "chosen" else "There is no such student at the moment"
        assert words in answer.text
        return
    answer = send(rivera, missing, answer.text)
    assert answer.status_code == 303
    assert sorted(guardian for guardian, _child, _words in sent()) == guardians


def test_a_student_who_joined_after_the_work_was_due_is_not_without_a_score(school, rivera):
    assert "1 student without a score" in words_of(rivera.get(address(school.test)).text)  # Leo
    place = db.session.query(Enrollment).filter_by(section_id=school.algebra.id, user_id=school.leo.id).one()
    place.begins_on = TODAY  # due on 9 October
    db.session.commit()
    assert "0 students without a score" in words_of(rivera.get(address(school.test)).text)


def test_a_chosen_few_who_are_not_in_the_class_are_nobody(school, rivera, missing):
    answer = preview(rivera, missing, who="chosen", students=[school.zoe.public_id, "nonsense", ""])
    assert answer.status_code == 422
    answer = preview(rivera, missing, who="chosen", students=[school.zoe.public_id, school.maya.public_id])
    assert "Zoe" not in answer.text
    assert [key.split("-")[0] for key in carried(answer.text)["to"]] == [school.maya.public_id]


def test_a_class_that_grades_outcomes_offers_no_marks(school, rivera):
    art = make_art(school)
    db.session.commit()
    page = rivera.get(address(art.works["portrait"])).text
    assert "1 student without a rating" in words_of(page)
    assert 'value="missing"' not in page
    assert 'name="below"' not in page
    answer = preview(rivera, art.works["portrait"], who="blank")
    assert "Leo Evans" in answer.text
    assert "Maya Diaz" not in answer.text


# --- What is shown, and what is sent


def test_the_preview_shows_who_gets_what_and_writes_nothing(school, rivera, missing):
    page = preview(rivera, missing).text
    text = words_of(page)
    assert "Send 2 messages?" in text
    assert "Erin Evans (mother)" in text
    assert "Tess Tanner (stepmother)" in text
    assert "Leo has not handed in Fractions test." in text
    assert sent() == []
    assert db.session.scalar(db.select(db.func.count()).select_from(Conversation)) == 0


def test_each_guardian_gets_it_in_a_conversation_of_their_own(school, rivera, missing, sign_in):
    answer = send(rivera, missing, preview(rivera, missing).text)
    assert answer.headers["Location"] == "/messages/"
    assert "2 messages were sent." in rivera.get("/messages/").text
    words = "Leo has not handed in Fractions test."
    assert sent() == [("erin", "leo", words), ("tess", "leo", words)]
    erin = sign_in(school.erin)
    page = erin.get("/messages/").text
    assert words in page
    assert "1 unread" in page
    talk = re.search(r'href="(/messages/\w{12})"', page)[1]
    assert "Tess" not in erin.get(talk).text
    taking_part = db.session.execute(
        select(Participant.user_id).join(Conversation).where(Conversation.guardian_id == school.erin.id)
    ).scalars()
    assert set(taking_part) == {school.erin.id, school.rivera.id, school.cole.id}


def test_it_goes_on_in_a_conversation_that_there_is_and_unread_words_stay_unread(school, rivera, missing, talk):
    where = talk("erin", "leo", "algebra", ("erin", "A question that nobody has read"))
    send(rivera, missing, preview(rivera, missing).text)
    assert [body for guardian, _child, body in sent() if guardian == "erin"] == [
        "A question that nobody has read",
        "Leo has not handed in Fractions test.",
    ]
    page = rivera.get("/messages/").text
    assert "2 unread" in page
    assert "A question that nobody has read" in rivera.get(where).text


def test_ones_own_words_are_not_new_to_oneself(school, rivera, missing, sign_in):
    send(rivera, missing, preview(rivera, missing).text)
    assert "unread" not in rivera.get("/messages/").text
    assert "unread" in sign_in(school.cole).get("/messages/").text


def test_a_guardian_of_two_students_gets_one_message_about_each(school, rivera):
    db.session.add(
        Guardianship(
            school_id=school.oak.id, student_id=school.leo.id, guardian_id=school.dana.id, relationship_name="aunt",
            begins_on=YEAR[0],
        )
    )  # fmt: skip
    db.session.commit()
    both = [school.maya.public_id, school.leo.public_id]
    send(rivera, school.test, preview(rivera, school.test, who="chosen", students=both).text)
    assert [(guardian, child) for guardian, child, _words in sent() if guardian == "dana"] == [
        ("dana", "leo"),
        ("dana", "maya"),
    ]


# --- Who gets nothing


def test_who_may_not_be_written_to_is_not_named(school, rivera):
    page = preview(rivera, school.test, who="chosen", students=[school.maya.public_id]).text
    assert "Dana Diaz" in page
    for barred in ("Rex Diaz", "Gus Gray"):
        assert barred not in page


@pytest.mark.parametrize("why", ["no right", "an order", "ended", "out of use"])
def test_a_student_without_anybody_is_listed_in_the_same_words_whatever_the_reason(school, rivera, why):
    link = school.guardianships["dana_of_maya"]
    if why == "no right":
        link.may_message = False
    elif why == "ended":
        link.ends_on = TODAY
    elif why == "out of use":
        school.dana.deactivated_at = SEEN
    else:
        db.session.add(
            Restriction(
                school_id=school.oak.id, student_id=school.maya.id, adult_id=school.dana.id, no_contact=True,
                no_records=False, hide_address=False, document_reference="Court 1", begins_on=TODAY,
                entered_by=school.pat.id, entered_at=SEEN,
            )
        )  # fmt: skip
    db.session.commit()
    page = preview(rivera, school.test, who="chosen", students=[school.maya.public_id, school.leo.public_id])
    text = words_of(page.text)
    assert "Nobody can be written to about Maya at the moment." in text
    assert "Dana Diaz" not in page.text
    send(rivera, school.test, page.text)
    assert {child for _guardian, child, _words in sent()} == {"leo"}


def test_a_guardian_whom_the_office_has_not_confirmed_gets_nothing_and_the_page_says_why(school, rivera):
    school.dana.identity_seen_at = None
    db.session.commit()
    page = preview(rivera, school.test, who="chosen", students=[school.maya.public_id]).text
    assert "Nobody can get this message" in page
    assert "the school office must confirm who they are first" in page
    assert 'value="send"' not in page
    answer = send(rivera, school.test, page, to=[f"{school.maya.public_id}-{school.dana.public_id}"])
    assert answer.status_code == 409
    assert sent() == []


@pytest.mark.parametrize("why", ["no right", "an order"])
def test_a_guardian_who_sees_no_grades_is_not_told_by_message_either(school, rivera, missing, why):
    if why == "no right":
        school.guardianships["erin_of_leo"].may_see_grades = False
    else:
        db.session.add(
            Restriction(
                school_id=school.oak.id, student_id=school.leo.id, adult_id=school.erin.id, no_contact=False,
                no_records=True, hide_address=False, document_reference="Court 1", begins_on=TODAY,
                entered_by=school.pat.id, entered_at=SEEN,
            )
        )  # fmt: skip
    db.session.commit()
    page = preview(rivera, missing).text
    assert "Erin Evans (mother) gets nothing: they do not see how Leo does in this class." in words_of(page)
    assert send(rivera, missing, page, to=carried(page)["to"] * 2).status_code == 409
    send(rivera, missing, page)
    assert [guardian for guardian, _child, _words in sent()] == ["tess"]


def test_a_link_at_another_school_gives_nothing_here(school, rivera, missing):
    make_role(school.leo, school.elm, RoleKind.STUDENT)
    make_role(school.dana, school.elm, RoleKind.PARENT)
    db.session.add(
        Guardianship(
            school_id=school.elm.id, student_id=school.leo.id, guardian_id=school.dana.id, relationship_name="aunt",
            begins_on=YEAR[0],
        )
    )  # fmt: skip
    db.session.commit()
    page = preview(rivera, missing).text
    assert "Dana" not in page
    view = f"/teacher/classes/{school.algebra.public_id}/students/{school.leo.public_id}"
    assert "Dana" not in rivera.get(f"{view}/as-student").text
    assert rivera.get(f"{view}/as-guardian/{school.dana.public_id}").status_code == 404


def test_a_teacher_does_not_write_about_a_child_of_their_own(school, sign_in):
    tess = sign_in(school.tess)
    both = [school.leo.public_id, school.zoe.public_id]
    page = preview(tess, school.essay, who="chosen", students=both).text
    text = words_of(page)
    assert "You are recorded as a guardian of Leo" in text
    assert "Erin" not in text
    send(tess, school.essay, page)
    assert [(guardian, child) for guardian, child, _words in sent()] == [("chris", "zoe")]


# --- Once, all or nothing, and as it was shown


def test_sent_twice_is_sent_once(school, rivera, missing):
    page = preview(rivera, missing).text
    for _ in range(3):
        assert send(rivera, missing, page).status_code == 303
    assert len(sent()) == 2
    assert "These messages were sent before. Nothing was sent twice." in rivera.get("/messages/").text


def test_sent_again_after_the_work_came_in_is_still_the_same_sending(school, rivera, missing):
    page = preview(rivera, missing).text
    send(rivera, missing, page)
    db.session.execute(db.text("DELETE FROM scores WHERE student_id = :leo"), {"leo": school.leo.id})
    db.session.commit()
    assert send(rivera, missing, page).status_code == 303
    assert len(sent()) == 2


@pytest.mark.parametrize("other", [{"body": "Other words for {student}"}, {"who": "chosen"}])
def test_the_key_of_a_form_that_was_sent_sends_nothing_else(school, rivera, missing, other):
    page = preview(rivera, missing).text
    send(rivera, missing, page)
    if "who" in other:
        other = {"who": "chosen", "students": [school.maya.public_id], "to": [
            f"{school.maya.public_id}-{school.dana.public_id}"
        ]}  # fmt: skip
    answer = send(rivera, missing, page, **other)
    assert answer.status_code == 409
    assert "You sent another message from this form before" in answer.text
    assert key_on(answer.text) != carried(page)["client_key"][0]
    assert len(sent()) == 2


def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_sent(school, rivera, missing):
    page = preview(rivera, missing).text
    school.guardianships["tess_of_leo"].ends_on = TODAY
    db.session.commit()
    answer = send(rivera, missing, page)
    assert answer.status_code == 409
    assert "Something changed since you looked, and nothing was sent" in answer.text
    assert sent() == []
    assert send(rivera, missing, answer.text).status_code == 303
    assert [guardian for guardian, _child, _words in sent()] == ["erin"]


@pytest.mark.parametrize("to", [[], ["x"], ["{maya}-{dana}"], ["{leo}-{erin}", "{leo}-{rex}"]])
def test_recipients_cannot_be_made_up(school, rivera, missing, to):
    keys = {name: person.public_id for name, person in school.people.items()}
    answer = send(rivera, missing, preview(rivera, missing).text, to=[text.format(**keys) for text in to])
    assert answer.status_code == 409
    assert sent() == []


def test_more_than_can_be_sent_at_once_is_refused_before_and_at_the_sending(school, rivera, missing, monkeypatch):
    page = preview(rivera, missing).text
    monkeypatch.setattr(messaging, "MOST_AT_ONCE", 1)
    for answer in (preview(rivera, missing), send(rivera, missing, page)):
        assert answer.status_code == 422
        assert "These would be 2 messages, and at most 1 are sent at once" in words_of(answer.text)
        assert WORDS in unescape(answer.text)
    assert sent() == []


def test_an_hours_messages_are_counted(school, rivera, missing, monkeypatch, clock):
    monkeypatch.setattr(messaging, "MOST_AN_HOUR", 3)
    assert send(rivera, missing, preview(rivera, missing).text).status_code == 303
    answer = preview(rivera, missing)
    assert answer.status_code == 422
    assert "in this hour you can send 1 more" in words_of(answer.text)
    clock.now += timedelta(minutes=61)
    assert messaging.room_for(school.oak.id, school.rivera.id, clock()) == 3


def test_where_one_cannot_be_written_none_is(school, rivera, missing, monkeypatch):
    page = preview(rivera, missing).text

    def fail(*_args):
        raise RuntimeError

    monkeypatch.setattr(messaging, "_mark_own_read", fail)
    assert send(rivera, missing, page).status_code == 500
    db.session.rollback()
    assert sent() == []
    assert db.session.scalar(db.select(db.func.count()).select_from(Conversation)) == 0


# --- Words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": ""}, "Write a message"),
        ({"body": "\u200b"}, "Write a message"),
        ({"body": "{teacher} says"}, "There is nothing to put in for {teacher}. Use {student} or {assignment}"),
        ({"body": "x" * 5001}, "Shorten it to 5,000 or fewer"),
        ({"body": "{student}" + "x" * 4990 + "{student}{student}"}, "Shorten it"),
        ({"who": "below", "below": ""}, "Type a number of percent, like 60"),
        ({"who": "below", "below": "many"}, "Type a number of percent, like 60"),
        ({"client_key": ""}, "Your message was not sent. It is still in the box"),
        ({"who": "everybody"}, "Choose whose families get the message"),
        ({"who": ""}, "Choose whose families get the message"),
    ],
)
def test_what_cannot_be_sent_is_said_and_kept(school, rivera, missing, fields, words):
    answer = preview(rivera, missing, **fields)
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    assert unescape(answer.text).count(fields.get("body", WORDS)[:40]) >= 1
    assert sent() == []


def test_braces_in_a_title_are_not_filled_again(school, rivera, missing):
    missing.title = "{student} & <b>sets</b>"
    db.session.commit()
    page = preview(rivera, missing).text
    assert "Leo has not handed in {student} &amp; &lt;b&gt;sets&lt;/b&gt;." in page
    send(rivera, missing, page)
    assert sent()[0][2] == "Leo has not handed in {student} & <b>sets</b>."


def test_back_from_the_preview_keeps_everything(school, rivera, missing):
    page = preview(rivera, missing, who="below", below="90", body=WORDS + "\nSecond line").text
    answer = rivera.post(address(missing), data={**carried(page), "do": "edit"})
    assert answer.status_code == 200
    assert "Second line" in answer.text
    assert 'value="below" checked' in answer.text
    assert 'value="90"' in answer.text


def test_hidden_scores_are_pointed_out(school, rivera):
    assert "are hidden from families" in rivera.get(address(school.test)).text
    assert "are hidden from families" not in rivera.get(address(school.quiz)).text


def test_a_class_that_is_over_is_not_written_about(school, rivera, missing):
    page = preview(rivera, missing).text
    school.algebra.term.ends_on = TODAY
    db.session.commit()
    assert "This class is over" in rivera.get(address(missing)).text
    answer = send(rivera, missing, page)
    assert answer.status_code == 403
    assert sent() == []


# --- For whom


@pytest.mark.parametrize("who", ["sub", "osei", "finch", "pat", "dana", "maya", "leo", "rex"])
def test_nobody_else(school, sign_in, missing, who):
    client = sign_in(school.people[who])
    assert client.get(address(missing)).status_code == 404
    assert client.post(address(missing), data={"do": "send"}).status_code == 404
    assert sent() == []


def test_a_place_that_ended_between_preview_and_sending_sends_nothing(school, sign_in, missing):
    cole = sign_in(school.cole)
    page = preview(cole, missing).text
    db.session.execute(
        db.text("UPDATE enrollments SET ends_on = :day WHERE user_id = :cole"), {"day": TODAY, "cole": school.cole.id}
    )
    db.session.commit()
    assert send(cole, missing, page).status_code == 404
    assert sent() == []


def add_families(school, assignment, count: int) -> None:
    """Students of Algebra whose work is missing, each with two guardians."""
    for index in range(count):
        student = make_user(f"s{index}", f"Student {index}", "student")
        make_role(student, school.oak, RoleKind.STUDENT)
        enroll(student, school.algebra, Position.STUDENT)
        score(assignment, student, None, status=Status.missing)
        for side in "ab":
            guardian = make_user(f"g{index}{side}", f"Guardian {index}{side}")
            make_role(guardian, school.oak, RoleKind.PARENT)
            db.session.add(
                Guardianship(
                    school_id=school.oak.id, student_id=student.id, guardian_id=guardian.id,
                    relationship_name="parent", begins_on=YEAR[0],
                )
            )  # fmt: skip
    db.session.commit()


def test_sixty_guardians_cost_no_more_statements_than_two(school, rivera, missing, count_statements):
    costs = []
    for more in (0, 29):
        add_families(school, missing, more)
        key = key_on(rivera.get(address(missing)).text)
        with count_statements() as shown:
            page = preview(rivera, missing, client_key=key)
        with count_statements() as asked:
            assert send(rivera, missing, page.text).status_code == 303
        costs.append((len(shown), len(asked)))
    assert len(sent()) == 2 + 60
    assert costs[0] == costs[1] == (12, 24)
