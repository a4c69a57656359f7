"""A conversation with the office of the child's school: begun by a guardian, answered by whoever works there."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from gradebook.extensions import db
from gradebook.models import (
    ClosureScope,
    Conversation,
    ConversationKind,
    DayOff,
    Enrollment,
    Guardianship,
    Notice,
    NoticeKind,
    Participant,
    Role,
    RoleKind,
)
from gradebook.policy.conversations import correspondence_with_office, offices_for_guardian, standing
from gradebook.services import message_rules, messaging, rosters
from gradebook.services.accounts import person_acting_as
from tests.school import TODAY, YEAR, make_role, make_user

START = "/messages/new"


def words(page):
    return re.sub(r"</?(bdi|b)( [^>]*)?>", "", page.text)


@pytest.fixture
def office_talk(school, clock):
    """office_talk("dana", "maya", ("dana", "Hello"), …): the address of a guardian's conversation with the office."""

    def office_talk(guardian, student, *lines):
        person = person_acting_as(school.people[guardian], clock(), RoleKind.PARENT)
        pair = correspondence_with_office(person, school.people[student].public_id, school.oak.public_id)
        opened = messaging.open_conversation(pair, actor_id=person.id, now=clock())
        for number, (author, body) in enumerate(lines or ((guardian, "Hello"),)):
            key = f"{opened.id}-{number}"
            messaging.send(opened, author_id=school.people[author].id, body=body, client_key=key, now=clock())
        db.session.commit()
        return f"/messages/{opened.public_id}"

    return office_talk


def only_talk():
    return db.session.scalars(select(Conversation)).one()


# --- Beginning


def test_a_guardian_writes_and_the_office_answers_by_name(sign_in, school, fields):
    dana, pat = sign_in(school.dana), sign_in(school.pat)
    page = dana.get(START)
    assert "Or write to the school office about Maya" in words(page)
    first = dana.get(f"{START}?student={school.maya.public_id}&office={school.oak.public_id}")
    assert "About Maya Diaz · School office" in words(first)
    assert "You and the school office can read this: Pat Parker. Maya cannot." in words(first)
    answer = dana.post("/messages/", data=fields(first.text) | {"body": "She is ill"})
    address = answer.headers["Location"].split("#")[0]
    assert address == f"/messages/{only_talk().public_id}"
    listed = pat.get("/messages/")
    assert "1 unread" in words(listed)
    assert "with Dana Diaz (mother)" in words(listed)
    opened = pat.get(address)
    assert "She is ill" in words(opened)
    assert pat.post(f"{address}/messages", data=fields(opened.text) | {"body": "Get well"}).status_code == 303
    assert "School office – Pat Parker" in words(dana.get(address))
    told = dana.get(f"{address}/changes?after=1").json["messages"]
    assert [each["by"] for each in told] == ["School office – Pat Parker"]
    assert "School office – Pat Parker" in words(dana.get("/messages/search?q=well"))


def test_it_is_one_for_a_child_and_a_guardian(sign_in, school, office_talk, how_many, clock):
    address = office_talk("dana", "maya")
    assert office_talk("dana", "maya") == address
    assert how_many() == 1
    page = sign_in(school.dana).get(f"{START}?student={school.maya.public_id}&office={school.oak.public_id}")
    assert page.headers["Location"] == f"{address}#write"


@pytest.mark.parametrize(
    "query",
    [
        "student={leo}&office={oak}",
        "student={maya}&office={elm}",
        "office={oak}",
        "student={maya}&office=nonsense",
        "student=x&office={oak}",
    ],
)
def test_nobody_writes_about_a_child_or_to_a_school_that_is_not_theirs(sign_in, school, query):
    names = {name: getattr(school, name).public_id for name in ("leo", "maya", "oak", "elm")}
    assert sign_in(school.dana).get(f"{START}?{query.format(**names)}").status_code == 404


def test_what_was_written_is_kept_where_the_right_has_ended_meanwhile(sign_in, school, fields):
    dana = sign_in(school.dana)
    first = dana.get(f"{START}?student={school.maya.public_id}&office={school.oak.public_id}")
    school.dana_of_maya.may_message = False
    db.session.commit()
    answer = dana.post("/messages/", data=fields(first.text) | {"body": "She is ill"})
    assert answer.status_code == 404
    assert "She is ill" in answer.text


def test_a_child_without_a_class_still_has_an_office(sign_in, school):
    db.session.query(Enrollment).filter_by(user_id=school.maya.id).update({"ends_on": TODAY})
    page = words(sign_in(school.dana).get(START))
    assert "Or write to the school office about Maya" in page
    assert "Algebra" not in page


def test_where_a_class_has_no_teacher_the_office_is_offered(sign_in, school, talk):
    address = talk("dana", "maya", "algebra")
    db.session.query(Enrollment).filter_by(section_id=school.algebra.id, role_kind=RoleKind.TEACHER).update(
        {"ends_on": TODAY}
    )
    page = sign_in(school.dana).get(address)
    assert "Write to the school office" in words(page)
    assert f"office={school.oak.public_id}" in page.text


# --- Who reads it


def test_a_guardian_who_works_in_the_office_neither_sees_nor_answers_it(sign_in, school, office_talk):
    """By any date. Nobody else works there, so there is nobody to write to, and the phone is named."""
    address = office_talk("dana", "maya")
    db.session.add(
        Guardianship(
            school_id=school.oak.id, student_id=school.maya.id, guardian_id=school.pat.id, relationship_name="aunt",
            begins_on=YEAR[0], ends_on=YEAR[0] + timedelta(days=1),
        )
    )  # fmt: skip
    db.session.commit()
    pat, dana = sign_in(school.pat), sign_in(school.dana)
    assert pat.get(address).status_code == 404
    assert "Maya" not in pat.get("/messages/").text
    assert pat.post(f"{address}/messages", data={"body": "Hello"}).status_code == 404
    page = words(dana.get(address))
    assert "Nobody in the school office can read messages about Maya at the moment" in page
    assert "555 0100" in page
    assert "Nobody in the school office" in words(dana.get(START))


def test_guardians_never_learn_of_each_other(sign_in, school, office_talk, clock):
    """Each has a conversation of their own; Erin and Tess are both guardians of Leo."""
    erins, tess = office_talk("erin", "leo", ("erin", "Only for the office")), office_talk("tess", "leo")
    assert erins != tess
    person = person_acting_as(school.tess, clock(), RoleKind.PARENT)
    assert [one.display_name for one in standing(person, _talk(tess)).teachers] == ["Pat Parker"]
    browser = sign_in(school.erin)
    assert browser.get(tess).status_code == 404
    for address in (erins, "/messages/", START):
        assert "Tess Tanner" not in browser.get(address).text


def _talk(address):
    return db.session.scalars(select(Conversation).where(Conversation.public_id == address.rsplit("/", 1)[1])).one()


@pytest.mark.parametrize("who", ["maya", "rivera", "quinn", "rex", "gus"])
def test_nobody_else_finds_it(sign_in, school, office_talk, who):
    address = office_talk("dana", "maya", ("dana", "Hello"), ("pat", "Good morning"))
    browser = sign_in(school.people[who])
    for path in (address, f"{address}/changes?after=0", f"{address}/stream"):
        assert browser.get(path).status_code == 404, path


def test_whoever_joins_the_office_reads_it_from_that_day_on(sign_in, school, office_talk, clock):
    address = office_talk("dana", "maya", ("dana", "Hello"), ("pat", "Good morning"))
    quinn = school.quinn
    assert sign_in(quinn).get(address).status_code == 404
    role = rosters.give_role(quinn, school.oak, RoleKind.OFFICE, TODAY, clock(), actor_id=school.pat.id)
    db.session.commit()
    browser = sign_in(quinn)
    assert browser.post("/auth/role", data={"role": f"office-{school.oak.id}"}).status_code == 303
    assert browser.get(address).status_code == 200
    rosters.end_role(role, TODAY, clock(), actor_id=school.pat.id)
    db.session.commit()
    assert browser.get(address).status_code in (303, 403, 404)


def test_who_joined_the_office_unnoticed_is_admitted_with_the_next_message(school, office_talk):
    """A role that no act of the office has given, as by a command."""
    office_talk("dana", "maya")
    lou = make_user("lou", "Lou Lane")
    make_role(lou, school.oak, RoleKind.OFFICE)
    db.session.commit()
    office_talk("dana", "maya", ("dana", "Hello"), ("dana", "Once more"))
    roles = dict(db.session.execute(select(Participant.user_id, Participant.role_kind)).all())
    assert roles == {school.dana.id: RoleKind.PARENT, school.pat.id: RoleKind.OFFICE, lou.id: RoleKind.OFFICE}


# --- Rights, stops and times


def test_an_order_against_contact_closes_it_to_the_guardian_and_for_the_office(sign_in, school, office_talk, clock):
    address = office_talk("dana", "maya")
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    pat, dana = sign_in(school.pat), sign_in(school.dana)
    assert "can no longer receive messages about Maya" in words(pat.get(address))
    assert "Since then you no longer receive or write messages" in words(dana.get(address))
    assert dana.get(f"{address}/stream").status_code == 404


def test_after_the_child_has_left_the_school_it_is_read_only(sign_in, school, office_talk):
    address = office_talk("dana", "maya")
    db.session.query(Role).filter_by(user_id=school.maya.id).update({"ends_on": TODAY})
    db.session.commit()
    page = words(sign_in(school.dana).get(address))
    assert "Maya is no longer at this school" in page
    assert "Send message" not in page


def test_a_stop_holds_for_the_guardian_and_never_for_the_office(sign_in, school, office_talk, fields, clock):
    address = office_talk("dana", "maya")
    message_rules.stop(school.oak, ClosureScope.EVERYONE, "Wait", clock(), actor_id=school.pat.id)
    db.session.commit()
    pat, dana = sign_in(school.pat), sign_in(school.dana)
    assert "Nothing can be sent for now" in words(dana.get(address))
    opened = pat.get(address)
    assert pat.post(f"{address}/messages", data=fields(opened.text) | {"body": "We call"}).status_code == 303


def test_the_office_is_told_on_the_next_day_with_lessons(sign_in, school, office_talk, clock):
    db.session.add(
        DayOff(school_id=school.oak.id, title="Fall day", begins_on=TODAY, ends_on=TODAY + timedelta(days=1))
    )
    db.session.commit()
    address = office_talk("dana", "maya", ("dana", "Hello"), ("pat", "Yes?"))
    rows = db.session.execute(select(Notice.recipient_id, Notice.due_at).where(Notice.kind == NoticeKind.MESSAGE)).all()
    due = dict(map(tuple, rows))
    assert due[school.dana.id] == clock()
    assert school.oak.today(due[school.pat.id]) == TODAY + timedelta(days=1)
    assert "The school has no lessons today" in words(sign_in(school.dana).get(address))


# --- What the office does with it


def test_the_office_begins_none_and_has_no_file_without_a_second_person(sign_in, school, office_talk):
    address = office_talk("dana", "maya")
    pat = sign_in(school.pat)
    assert pat.get(START).status_code == 404
    assert pat.get(f"{address}/record").status_code == 404
    assert pat.get(f"{address}/messages/1/report").status_code == 404
    page = pat.get(address).text
    assert "/record" not in page
    assert "/report" not in page


def test_an_answer_to_an_announcement_of_the_office_goes_to_it(sign_in, school, fields, announced_by_office):
    dana = sign_in(school.dana)
    page = dana.get(announced_by_office)
    assert "Your answer is a private message to the school office" in page.text
    [link] = re.findall(r'href="(/messages/new[^"]*announcement=[^"]*)"', page.text)
    first = dana.get(link.replace("&amp;", "&"))
    assert dana.post("/messages/", data=fields(first.text) | {"body": "Thank you"}).status_code == 303
    assert "Answer to an announcement" in dana.get(f"/messages/{only_talk().public_id}").text


@pytest.fixture
def announced_by_office(school, clock):
    from gradebook.policy import announcements as policy
    from gradebook.services import announcements as acts

    person = person_acting_as(school.pat, clock(), RoleKind.OFFICE)
    audience = policy.audience_of(person, [], to_school=True)
    found = acts.announce(person, audience, acts.Draft("Trip", "Bring a coat", "key", None), clock())
    db.session.commit()
    return f"/messages/announcements/{found.public_id}"


# --- What the database says by itself


def test_a_conversation_stays_what_it_is(school, office_talk):
    office_talk("dana", "maya")
    talk = only_talk()
    with pytest.raises(DBAPIError, match="stays what it is"), db.session.begin_nested():
        db.session.execute(db.update(Conversation).values(key="another"))
    for wrong in ({"section_id": school.algebra.id}, {"is_joint": True}):
        facts = {"key": "x", "kind": ConversationKind.OFFICE, "created_at": talk.created_at} | wrong
        people = {"student_id": school.maya.id, "guardian_id": school.dana.id, "created_by": school.dana.id}
        row = Conversation(school_id=school.oak.id, **facts, **people)
        with pytest.raises(DBAPIError), db.session.begin_nested():
            db.session.add(row)


def test_offices_are_asked_for_in_one_statement(school, clock, count_statements):
    person = person_acting_as(school.dana, clock(), RoleKind.PARENT)
    with count_statements() as statements:
        assert [one.student.display_name for one in offices_for_guardian(person)] == ["Maya Diaz"]
    assert len(statements) <= 1
