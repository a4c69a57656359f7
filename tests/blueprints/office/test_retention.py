"""The office sets years, sees what goes next and what went, and places holds."""

import re
from datetime import UTC, datetime

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import AuditEntry, LegalHold, RecordClass, RoleKind
from gradebook.policy.conversations import Correspondence
from gradebook.services import message_rules, messaging, retention
from tests.conftest import NOON
from tests.families import add_guardianship
from tests.school import make_role, make_user

YEARS = dict.fromkeys(retention.USUAL_YEARS, "7") | {"messages": "5", "files": "2", "reads": "2"}
YEARS |= {"drafts": "1", "notices": "1", "stops": "9"}


def talk_of(school):
    pair = Correspondence(school.maya, school.algebra, school.dana, ())
    talk = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON)
    messaging.send(talk, author_id=school.dana.id, body="Secret", client_key="1", now=NOON)
    db.session.commit()
    return talk


def test_years_are_kept_and_wrong_ones_said(school, sign_in):
    browser = sign_in(school.pat)
    assert browser.post("/office/retention", data=YEARS).status_code == 303
    years = retention.years_of(school.oak.id)
    assert (years[RecordClass.MESSAGES], years[RecordClass.STOPS]) == (5, 9)
    for wrong, says in (
        ("0", "Nothing is kept for less than 1 year"),
        ("x", "Enter a whole number"),
        ("", "Enter a num"),
    ):
        answer = browser.post("/office/retention", data={**YEARS, "files": wrong})
        assert answer.status_code == 422
        assert says in answer.text
    assert retention.years_of(school.oak.id)[RecordClass.FILES] == 2
    acts = db.session.query(AuditEntry).filter_by(act="retention.changed").count()
    assert acts == 4
    assert "changed how long messages are kept" in browser.get("/office/log").text


def test_what_goes_next_and_what_went_is_shown_without_a_word(school, sign_in, clock):
    talk_of(school)
    clock.set(datetime(2034, 1, 2, 12, tzinfo=UTC))
    page = sign_in(school.pat).get("/office/retention").text
    assert "About <bdi>Maya Diaz</bdi> · <bdi>Algebra</bdi>" in page
    assert "Secret" not in page
    assert "nothing here deletes it" in page
    link = add_guardianship(school.pat, school.maya, school.oak)
    db.session.commit()
    assert "About <bdi>Maya Diaz</bdi>" not in sign_in(school.pat).get("/office/retention").text
    db.session.delete(link)
    retention.sweep(clock())
    db.session.commit()
    page = sign_in(school.pat).get("/office/retention").text
    assert "Kept for 7 years" in page
    assert "About <bdi>Maya Diaz</bdi>" not in page
    assert "Kept for 7 years" not in sign_in(school.quinn).get("/office/retention").text


def test_a_hold_is_placed_with_a_reason_and_lifted(school, sign_in):
    talk = talk_of(school)
    browser, path = sign_in(school.pat), f"/office/people/{school.maya.public_id}/hold"
    assert browser.post(path, data={"reason": " "}).status_code == 422
    yesterday = {"last_day-day": "13", "last_day-month": "10", "last_day-year": "2026"}
    assert "today or later" in browser.post(path, data={"reason": "Court", **yesterday}).text
    nobody = {"guardian": school.gus.public_id, "section": school.algebra.public_id}
    assert "They never wrote" in browser.post(path, data={"reason": "Court", **nobody}).text
    assert db.session.query(LegalHold).count() == 0
    half = browser.post(path, data={"reason": "Court", "section": school.algebra.public_id})
    assert "choose both" in half.text
    assert db.session.query(LegalHold).count() == 0
    one = {"guardian": school.dana.public_id, "section": school.algebra.public_id}
    assert browser.post(path, data={"reason": "Court 26-7", **one}).status_code == 303
    hold = db.session.query(LegalHold).one()
    assert hold.conversation_id == talk.id
    assert "Court 26-7" in browser.get("/office/retention").text
    assert sign_in(school.quinn).post(f"/office/holds/{hold.public_id}/lifting").status_code == 404
    assert browser.post(f"/office/holds/{hold.public_id}/lifting").status_code == 303
    assert "Court 26-7" not in browser.get("/office/retention").text
    acts = [row.act for row in db.session.query(AuditEntry).filter(AuditEntry.act.like("hold.%"))]
    assert acts == ["hold.placed", "hold.lifted"]


def test_a_guardian_in_the_office_neither_finds_nor_lifts_the_hold_on_a_conversation(school, sign_in):
    """A hold on all stands on the page for everybody; it is somebody else who lifts what keeps one's own talks."""
    talk_of(school)
    robin = make_user("robin", "Robin Reed")
    make_role(robin, school.oak, RoleKind.OFFICE)
    browser, path = sign_in(school.pat), f"/office/people/{school.maya.public_id}/hold"
    one = {"guardian": school.dana.public_id, "section": school.algebra.public_id}
    assert browser.post(path, data={"reason": "Court 26-7", **one}).status_code == 303
    assert browser.post(path, data={"reason": "Her claim"}).status_code == 303
    add_guardianship(robin, school.maya, school.oak)
    db.session.commit()
    single, whole = db.session.query(LegalHold).order_by(LegalHold.id)
    party = sign_in(robin)
    for page in (path, "/office/retention", "/office/log"):
        assert "Court 26-7" not in party.get(page).text, page
        assert "Court 26-7" in browser.get(page).text, page
    assert "Her claim" in party.get(path).text
    assert "Somebody else lifts it" in party.get(path).text
    assert "Lift it" not in party.get(path).text
    for hold in (single, whole):
        assert party.post(f"/office/holds/{hold.public_id}/lifting").status_code == 404
        assert browser.post(f"/office/holds/{hold.public_id}/lifting").status_code == 303


def test_one_conversation_can_be_that_of_two_together(school, sign_in):
    talk_of(school)
    pairs = tuple(Correspondence(school.maya, school.algebra, each, ()) for each in (school.dana, school.gus))
    both = f"together-{school.gus.public_id}-{school.dana.public_id}"
    browser, path = sign_in(school.pat), f"/office/people/{school.maya.public_id}/hold"
    data = {"reason": "Court 26-7", "guardian": both, "section": school.algebra.public_id}
    offered = re.findall(r"together-[^\"]+", browser.get(path).text)
    data["guardian"] = next(each for each in offered if set(each.split("-")) == set(both.split("-")))
    assert "They never wrote" in browser.post(path, data=data).text
    joint = message_rules.open_joint(pairs, NOON, actor_id=school.pat.id)
    with actor.classes_opened([school.algebra.id]):
        messaging.send(joint, author_id=school.dana.id, body="To both", client_key="9", now=NOON)
    db.session.commit()
    assert browser.post(path, data=data).status_code == 303
    assert db.session.query(LegalHold).one().conversation_id == joint.id


def test_a_guardian_in_the_office_is_not_told_whether_the_other_one_wrote(school, sign_in):
    talk_of(school)
    make_role(school.pat, school.oak, RoleKind.PARENT)
    add_guardianship(school.pat, school.maya, school.oak)
    browser, path = sign_in(school.pat), f"/office/people/{school.maya.public_id}/hold"
    answers = set()
    for guardian in (school.dana, school.gus):  # one of them wrote
        data = {"reason": "Court", "guardian": guardian.public_id, "section": school.algebra.public_id}
        answer = browser.post(path, data=data)
        assert answer.status_code == 422
        assert "They never wrote" not in answer.text
        answers.add("hold all, or ask somebody else" in answer.text)
    assert answers == {True}
    assert browser.post(path, data={"reason": "Court"}).status_code == 303
