"""The record of a conversation for the office: asked for with a reason, agreed to by another, fetched for some days."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest

from gradebook import actor
from gradebook.extensions import db
from gradebook.interchange.attachable import checked
from gradebook.models import (
    Approval,
    AuditEntry,
    Conversation,
    Duty,
    Enrollment,
    Message,
    MessageText,
    Position,
    RecordExport,
    ReviewReason,
    RoleKind,
)
from gradebook.policy.conversations import Correspondence
from gradebook.services import (
    accounts,
    duties,
    message_changes,
    message_rules,
    messaging,
    record_exports,
    reviews,
    successors,
)
from tests.conftest import NOON
from tests.families import add_guardianship
from tests.school import TODAY, enroll, make_role, make_user

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def talk(school, clock):
    """Dana and Ms Rivera, who has removed a message with a file; Robin and Sasha beside Pat in the office."""
    for name in ("robin", "sasha"):
        school.people[name] = make_user(name, name.title() + " Reed")
        make_role(school.people[name], school.oak, RoleKind.OFFICE)
    pair = Correspondence(school.maya, school.algebra, school.dana, ())
    found = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON)
    for author, words, files in (
        (school.dana, "Hello", ()),
        (school.rivera, "Taken back", [checked("gone.txt", b"Gone with it")]),
    ):
        messaging.send(found, author_id=author.id, body=words, client_key=words, now=NOON, files=files)
    messaging.mark_read(found.id, school.dana.id, 2, NOON)
    row = db.session.query(Message).filter_by(conversation_id=found.id, seq=2).one()
    message_changes.remove(row, NOON)
    message_rules.close_writing(school.dana, school.oak, "Rude words", NOON, actor_id=school.pat.id)
    db.session.commit()
    return found


def asked_by(browser, school, **more):
    data = {"guardian": school.dana.public_id, "section": school.algebra.public_id, "reason": "Court 26-7", **more}
    return browser.post(f"/office/students/{school.maya.public_id}/record", data=data)


def agreed(sign_in, school):
    """The public id of a record that Pat asked for and Robin agreed to."""
    assert asked_by(sign_in(school.pat), school).status_code == 303
    approval = db.session.query(Approval).order_by(Approval.id.desc()).first()
    assert sign_in(school.robin).post(f"/office/approvals/{approval.public_id}/approval").status_code == 303
    return db.session.query(RecordExport).order_by(RecordExport.id.desc()).first().public_id


def fetch(browser, export):
    return browser.post(f"/office/records/{export}/file")


def opened(answer):
    with ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def fetches():
    return db.session.query(AuditEntry).filter_by(act="record.fetched").count()


def test_what_was_written_to_the_office_needs_a_second_person_too(talk, school, sign_in):
    pair = Correspondence(school.maya, school.oak, school.dana, ())
    found = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON)
    for author in (school.dana, school.robin):
        messaging.send(found, author_id=author.id, body=f"By {author.username}", client_key="key", now=NOON)
    db.session.commit()
    assert asked_by(sign_in(school.pat), school, section="office").status_code == 303
    approval = db.session.query(Approval).one()
    robin = sign_in(school.robin)
    words = "Hand out the record of the conversation of Dana Diaz with the school office about Maya Diaz."
    assert words in robin.get("/office/approvals").text
    assert robin.post(f"/office/approvals/{approval.public_id}/approval").status_code == 303
    export = db.session.query(RecordExport).one().public_id
    answer = fetch(robin, export)
    assert answer.status_code == 200
    record = json.loads(opened(answer)["record.json"])
    assert record["conversation"]["class"] is None
    assert {(each["name"], each["role"]) for each in record["participants"]} == {
        ("Dana Diaz", "guardian"), ("Pat Parker", "office"), ("Robin Reed", "office"), ("Sasha Reed", "office"),
    }  # fmt: skip
    assert [each["text"] for each in record["messages"]] == ["By dana", "By robin"]
    listed = robin.get("/office/records").text
    assert "School office" in listed
    assert "Robin Reed" in listed
    assert sign_in(school.dana).post(f"/messages/{found.public_id}/record").status_code == 200


def test_two_people_agree_then_both_fetch_all_that_is_kept(talk, school, sign_in):
    export = agreed(sign_in, school)
    page = sign_in(school.robin).get("/office/approvals").text
    assert "Hand out the record of the conversation of Dana Diaz with the teachers of Algebra about Maya Diaz." in page
    answer = fetch(sign_in(school.pat), export)
    assert answer.status_code == 200
    files = opened(answer)
    assert files["files/00002-1 gone.txt"] == b"Gone with it"
    record = json.loads(files["record.json"])
    assert record["made_for"] == "office"
    _hello, gone = record["messages"]
    assert (gone["text"], gone["removed_text"], gone["removed_at"]) == (None, "Taken back", "2026-10-14T12:00:00Z")
    assert record["reads"] == [{"at": "2026-10-14T12:00:00Z", "by": "Dana Diaz", "up_to": 2}]
    assert {each["name"] for each in record["participants"]} == {"Dana Diaz", "Inés Rivera", "Abe Cole"}
    writing = {"about": "Dana Diaz", "act": "messages.writing_closed", "at": "2026-10-14T12:00:00Z", "by": "Pat Parker"}
    assert record["audit"] == [writing]
    again = fetch(sign_in(school.robin), export)
    assert again.data == answer.data
    assert fetches() == 2
    listed = sign_in(school.pat).get("/office/records").text
    assert "Fetched by <bdi>Robin Reed</bdi>" in listed
    assert "Court 26-7" in listed


def test_nobody_fetches_before_a_second_person_has_agreed(talk, school, sign_in):
    assert asked_by(sign_in(school.pat), school).status_code == 303
    approval = db.session.query(Approval).one()
    sign_in(school.pat).post(f"/office/approvals/{approval.public_id}/approval")
    assert db.session.query(RecordExport).count() == 0
    sign_in(school.robin).post(f"/office/approvals/{approval.public_id}/refusal", data={"why": "Not this one"})
    assert db.session.query(RecordExport).count() == 0


@pytest.mark.parametrize("as_what", ["a guardian of the child", "a teacher of the class"])
def test_no_party_of_the_conversations_asks_or_fetches(talk, school, sign_in, as_what):
    """Else a guardian who works in the office could get what the other one wrote."""
    export = agreed(sign_in, school)
    if as_what.startswith("a guardian"):
        make_role(school.pat, school.oak, RoleKind.PARENT)
        add_guardianship(school.pat, school.maya, school.oak)
    else:
        make_role(school.pat, school.oak, RoleKind.TEACHER, ends_on=TODAY)  # was one, by any date
        enroll(school.pat, school.algebra, Position.SUBSTITUTE, ends_on=TODAY)
    pat = sign_in(school.pat)
    assert fetch(pat, export).status_code == 404
    answer = asked_by(pat, school)
    assert answer.status_code == 422
    assert "somebody else has to ask" in answer.text
    assert "Download (ZIP)" not in pat.get("/office/records").text
    assert fetch(sign_in(school.robin), export).status_code == 200


def is_told(browser, approval):
    """Where somebody of the office could find out that the record is asked for."""
    pages = [browser.get(f"/office/{path}").text for path in ("approvals", "people", "records", "log")]
    signs = ("Maya Diaz.</a>", "waits for you", "waits for a second person", "second person to agree")
    signs_done = ("About <bdi>Maya Diaz", "as the second person", "fetched the record")
    return (
        any(sign in page for page in pages for sign in (*signs, *signs_done)),
        browser.get(f"/office/approvals/{approval.public_id}").status_code,
    )


def test_a_party_in_the_office_neither_agrees_nor_learns_of_it(talk, school, sign_in):
    """Robin is the other guardian, Toni taught the class; Sasha neither."""
    make_role(school.robin, school.oak, RoleKind.PARENT)
    add_guardianship(school.robin, school.maya, school.oak)
    toni = make_user("toni", "Toni Reed")
    make_role(toni, school.oak, RoleKind.OFFICE)
    make_role(toni, school.oak, RoleKind.TEACHER, ends_on=TODAY)
    enroll(toni, school.algebra, Position.SUBSTITUTE, ends_on=TODAY)
    assert asked_by(sign_in(school.pat), school).status_code == 303
    approval = db.session.query(Approval).one()
    parties = [sign_in(each) for each in (school.robin, toni)]
    for party in parties:
        assert is_told(party, approval) == (False, 404)
        for act in ("approval", "refusal", "withdrawal"):
            answer = party.post(f"/office/approvals/{approval.public_id}/{act}", data={"why": "No"})
            assert answer.status_code == 404, act
    sasha = sign_in(school.sasha)
    assert is_told(sasha, approval) == (True, 200)
    assert sasha.post(f"/office/approvals/{approval.public_id}/approval").status_code == 303
    export = db.session.query(RecordExport).one().public_id
    assert fetch(sasha, export).status_code == 200
    assert [is_told(party, approval) for party in parties] == [(False, 404)] * 2
    assert is_told(sign_in(school.pat), approval) == (True, 200)


def test_what_only_parties_could_agree_to_is_not_asked_for(talk, school, sign_in):
    for each in (school.robin, school.sasha):
        make_role(each, school.oak, RoleKind.PARENT)
        add_guardianship(each, school.maya, school.oak)
    answer = asked_by(sign_in(school.pat), school)
    assert answer.status_code == 422
    assert "nobody could agree" in answer.text
    assert db.session.query(Approval).count() == 0


def test_only_the_two_fetch_and_only_for_a_week(talk, school, sign_in, clock):
    export = agreed(sign_in, school)
    for name in ("sasha", "quinn", "rivera", "dana", "maya"):
        assert fetch(sign_in(school.people[name]), export).status_code == 404, name
    assert "Not for you to fetch" in sign_in(school.sasha).get("/office/records").text
    clock.advance(days=7, seconds=-1)
    assert fetch(sign_in(school.pat), export).status_code == 200
    clock.advance(seconds=1)
    assert fetch(sign_in(school.pat), export).status_code == 404
    assert fetches() == 1


def test_who_has_left_the_office_fetches_nothing(talk, school, sign_in):
    export = agreed(sign_in, school)
    browser = sign_in(school.robin)
    next(role for role in school.robin.roles if role.kind == RoleKind.OFFICE).ends_on = TODAY
    assert fetch(browser, export).status_code == 404
    assert fetches() == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"reason": " "}, "Say why"),
        ({"guardian": "nobody"}, "choose one from the list"),
        ({"guardian": "gus"}, "They never wrote to each other"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_asked_for(talk, school, sign_in, more, says):
    if more.get("guardian") == "gus":
        more = {"guardian": school.gus.public_id}
    answer = asked_by(sign_in(school.pat), school, **more)
    assert answer.status_code == 422
    assert says in answer.text
    assert db.session.query(Approval).count() == 0


def test_the_same_is_not_asked_for_twice(talk, school, sign_in):
    assert asked_by(sign_in(school.pat), school).status_code == 303
    assert "asked for already" in asked_by(sign_in(school.robin), school).text
    assert db.session.query(Approval).count() == 1


def test_a_school_with_one_office_account_is_told(school, sign_in):
    pair = Correspondence(school.maya, school.algebra, school.dana, ())
    found = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON)
    messaging.send(found, author_id=school.dana.id, body="Hello", client_key="1", now=NOON)
    browser = sign_in(school.pat)
    assert "nobody can agree" in browser.get(f"/office/students/{school.maya.public_id}/record").text
    answer = asked_by(browser, school)
    assert answer.status_code == 422
    assert "nobody can agree" in answer.text
    assert db.session.query(Approval).count() == 0


def test_a_joint_conversation_is_named_by_both(talk, school, sign_in):
    pairs = tuple(Correspondence(school.maya, school.algebra, each, ()) for each in (school.dana, school.gus))
    joint = message_rules.open_joint(pairs, NOON, actor_id=school.pat.id)
    with actor.classes_opened([school.algebra.id]):
        messaging.send(joint, author_id=school.dana.id, body="To both", client_key="9", now=NOON)
    both = f"together-{school.dana.public_id}-{school.gus.public_id}"
    assert asked_by(sign_in(school.pat), school, guardian=both).status_code == 303
    approval = db.session.query(Approval).one()
    sign_in(school.robin).post(f"/office/approvals/{approval.public_id}/approval")
    answer = fetch(sign_in(school.robin), db.session.query(RecordExport).one().public_id)
    record = json.loads(opened(answer)["record.json"])
    assert [each["text"] for each in record["messages"]] == ["To both"]
    assert [each["act"] for each in record["audit"]] == ["messages.writing_closed", "messages.joint_opened"]


def test_what_oversight_read_is_in_it_once_it_is_told_and_not_before(talk, school, sign_in, clock):
    export = agreed(sign_in, school)
    before = fetch(sign_in(school.pat), export).data
    duties.give(school.sasha, school.oak, Duty.REVIEWER, NOON, actor_id=school.pat.id)
    with actor.acting_as(school.sasha.id, NOON):
        wanted = reviews.Wanted(school.maya, ReviewReason.SAFETY, "A worry", TODAY, TODAY, days=3)
        review = reviews.open_review(
            accounts.person_acting_as(school.sasha, NOON, RoleKind.OFFICE), school.oak, wanted, NOON
        )
        with actor.reading_in_review(review.id):
            reviews.note_reading(review, db.session.get_one(Conversation, talk.id), NOON)
        review.held_until = TODAY + timedelta(days=4)  # as who watches has agreed
    db.session.commit()
    clock.advance(days=3)
    reviews.end_due(clock())
    db.session.commit()
    assert fetch(sign_in(school.robin), export).data == before
    clock.advance(days=1)
    reviews.end_due(clock())
    db.session.commit()
    after = fetch(sign_in(school.robin), export)
    record = json.loads(opened(after)["record.json"])
    assert (record["messages"][2]["by"], record["messages"][2]["role"]) == ("School office", "office")
    assert record["messages"][2]["text"].startswith("The school office read messages of this conversation")
    assert b"Sasha" not in opened(after)["record.json"]
    assert fetch(sign_in(school.pat), export).data == after.data
    browser = sign_in(school.dana)
    own = opened(browser.post(f"/messages/{talk.public_id}/record"))["record.json"]
    assert b"The school office read messages" in own
    assert b"Sasha" not in own


def test_who_answers_in_the_place_of_a_leaver_is_in_it(talk, school, sign_in, clock):
    clock.advance(days=1)
    place = db.session.query(Enrollment).filter_by(user_id=school.rivera.id, section_id=school.algebra.id).one()
    successors.name_successor(
        successors.left_by(school.rivera, school.oak, TOMORROW)[0], school.osei, clock(), actor_id=school.pat.id
    )
    assert place.ends_on == TOMORROW
    db.session.commit()
    record = json.loads(opened(fetch(sign_in(school.pat), agreed(sign_in, school)))["record.json"])
    assert record["audit"][-1] == {
        "about": "Inés Rivera", "act": "section.successor_named", "at": "2026-10-15T12:00:00Z", "by": "Pat Parker",
        "successor": "Kofi Osei",
    }  # fmt: skip
    assert [(each["teacher"], each["reads"]) for each in record["teacher_changes"]] == [
        ("Kofi Osei", True), ("Inés Rivera", False),
    ]  # fmt: skip


def test_there_is_a_limit(talk, school, sign_in, monkeypatch):
    monkeypatch.setattr(record_exports, "MOST_AN_HOUR", 1)
    export, browser = agreed(sign_in, school), sign_in(school.pat)
    assert fetch(browser, export).status_code == 200
    assert fetch(browser, export).status_code == 303
    assert fetches() == 1


@pytest.mark.only("postgresql")
def test_the_database_opens_the_conversation_to_these_two_alone(talk, school, sign_in, app):
    """Asked past the policy: only inside, only for the two, only for reading, only until its end."""
    public_id = agreed(sign_in, school)
    export = db.session.query(RecordExport).filter_by(public_id=public_id).one().id
    people = {name: school.people[name].id for name in ("pat", "robin", "sasha", "quinn", "maya")}
    db.session.commit()

    def seen(name, moment=NOON):
        with app.test_request_context():
            actor.acts(people[name], moment)
            outside = db.session.query(MessageText).count() + db.session.query(Message).count()
            with actor.record_opened(export):
                found = db.session.query(MessageText).count(), db.session.query(Message).count()
                changed = db.session.query(Message).update({"body": "Forged"}) + db.session.query(Conversation).update(
                    {"last_seq": 9}
                )
            db.session.rollback()
            return outside, found, changed

    assert seen("pat") == seen("robin") == (0, (1, 2), 0)
    for name in ("sasha", "quinn", "maya"):
        assert seen(name) == (0, (0, 0), 0), name
    assert seen("pat", NOON + timedelta(days=7)) == (0, (0, 0), 0)
    assert seen("pat", NOON - timedelta(days=1)) == (0, (0, 0), 0)
