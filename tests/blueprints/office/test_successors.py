"""M8: a teacher leaves; the office says who answers now, and nothing that was written is lost."""

from datetime import date, timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import AuditEntry, Draft, Enrollment, Message, Notice, OfficeHours
from gradebook.services import rosters
from tests.blueprints.messages.conftest import talk  # noqa: F401 - a fixture
from tests.blueprints.messages.test_reach import KEY, plain
from tests.school import TODAY

HELLO = {"body": "Who teaches her now?", "client_key": KEY}


@pytest.fixture
def alone(school):
    """Ms Rivera teaches Algebra alone."""
    _place(school.cole, school).ends_on = TODAY - timedelta(days=1)
    db.session.commit()


@pytest.fixture
def begun(talk, clock):  # noqa: F811
    """A conversation that was begun yesterday."""

    def begun(*lines):
        clock.advance(days=-1)
        address = talk("dana", "maya", "algebra", *lines)
        clock.advance(days=1)
        return address

    return begun


def _place(user, school) -> Enrollment:
    return db.session.query(Enrollment).filter_by(user_id=user.id, section_id=school.algebra.id).one()


def _names(school, who, successor):
    return {_place(who, school).public_id: successor.public_id}


def test_the_successor_answers_with_the_whole_record_and_the_leaver_reads_nothing(
    sign_in,
    school,
    alone,
    begun,
    clock,
):
    """At noon, outside Ms Rivera's hours: what Dana writes is held for her, and then for Mr Osei."""
    db.session.add(OfficeHours(user_id=school.rivera.id, school_id=school.oak.id, days={"4": [480, 540]}))
    db.session.commit()
    address = begun(("dana", "First"), ("rivera", "Second"), ("dana", "Third"))
    dana, rivera, osei, pat = (sign_in(school.people[name]) for name in ("dana", "rivera", "osei", "pat"))
    dana.post(f"{address}/draft", data=HELLO)
    rivera.post(f"{address}/draft", data={"body": "Only mine", "client_key": KEY})
    assert osei.get(address).status_code == 404
    page = f"/office/people/{school.rivera.public_id}/successors"
    assert "Nobody else can answer" in plain(pat.get(page).text)
    assert pat.post(page, data=_names(school, school.rivera, school.osei)).status_code == 303

    for gone in (address, f"{address}/changes?after=0", f"{address}/stream"):
        assert rivera.get(gone).status_code == 404
    assert rivera.post(f"{address}/messages", data=HELLO).status_code == 404
    assert "unread" not in rivera.get("/messages/").text
    assert "1 unread" in plain(osei.get("/messages/").text)  # what Ms Rivera had not read
    told = plain(osei.get(address).text)
    assert all(words in told for words in ("First", "Second", "Third"))
    assert "Only mine" not in told
    family = dana.get(address).text
    assert "Kofi Osei answers here in place of Inés Rivera and Sue Subb, who cannot read" in plain(family)
    assert "Who teaches her now?" in family  # her draft
    assert osei.post(f"{address}/messages", data={"body": "I do.", "client_key": KEY}).status_code == 303
    assert dana.post(f"{address}/messages", data=HELLO).status_code == 303
    assert [one.body for one in db.session.query(Message).order_by(Message.seq)] == [
        "First", "Second", "Third", "I do.", "Who teaches her now?",
    ]  # fmt: skip
    held = db.session.query(Notice.recipient_id, Notice.due_at > clock()).filter(Notice.seq.in_((1, 3))).all()
    assert (school.osei.id, False) in held  # he has no hours: he is told at once
    assert school.rivera.id not in {recipient for recipient, _is_held in held}
    assert db.session.query(Draft.user_id).all() == [(school.rivera.id,)]
    act = db.session.query(AuditEntry).filter_by(act="section.successor_named").one()
    assert (act.person_id, act.facts["successor"]) == (school.rivera.id, school.osei.id)
    assert "Pat Parker let Kofi Osei answer for Inés Rivera in Algebra" in plain(pat.get("/office/log").text)


def test_without_a_successor_it_can_be_read_and_goes_on_when_there_is_one(
    sign_in,
    school,
    alone,
    begun,
):
    address, dana, pat = begun(), sign_in(school.dana), sign_in(school.pat)
    pat.post(f"/office/enrollments/{_place(school.rivera, school).public_id}/ending")
    closed = plain(dana.get(address).text)
    assert "has no teacher at the moment, so nobody would read a message. Contact the school office." in closed
    assert "Hello" in closed
    assert dana.post(f"{address}/messages", data=HELLO).status_code == 403
    assert "Nobody answers the families of this class" in pat.get(f"/office/classes/{school.algebra.public_id}").text
    pat.post(f"/office/people/{school.rivera.public_id}/successors", data=_names(school, school.rivera, school.osei))
    assert "Nobody answers" not in pat.get(f"/office/classes/{school.algebra.public_id}").text
    assert dana.post(f"{address}/messages", data=HELLO).status_code == 303


def test_a_locked_account_answers_nobody_until_somebody_is_named(sign_in, school, alone, begun, clock):
    address, dana, pat = begun(), sign_in(school.dana), sign_in(school.pat)
    rosters.deactivate(school.rivera, school.oak, clock(), actor_id=school.pat.id)
    db.session.commit()
    assert dana.post(f"{address}/messages", data=HELLO).status_code == 403
    assert "Nobody answers the families of this class" in pat.get(f"/office/classes/{school.algebra.public_id}").text
    page = f"/office/people/{school.rivera.public_id}/successors"
    assert pat.post(page, data=_names(school, school.rivera, school.osei)).status_code == 303
    assert "Kofi Osei answers here in place of Inés Rivera" in plain(dana.get(address).text)
    assert dana.post(f"{address}/messages", data=HELLO).status_code == 303


def test_who_leaves_at_the_end_of_the_year_reads_until_then_and_the_successor_from_then_on(
    sign_in,
    school,
    alone,
    begun,
    clock,
):
    address = begun()
    _place(school.rivera, school).ends_on = date(2027, 1, 1)
    db.session.commit()
    pat = sign_in(school.pat)
    page = f"/office/people/{school.rivera.public_id}/successors"
    assert "Taken over on Fri 1 Jan 2027." in plain(pat.get(page).text)
    assert pat.post(page, data=_names(school, school.rivera, school.osei)).status_code == 303
    for moment, reader, other in (
        (clock().replace(year=2027, month=1, day=1, hour=4, minute=59), "rivera", "osei"),  # 23:59 in New York
        (clock().replace(year=2027, month=1, day=1, hour=5, minute=0), "osei", "rivera"),
    ):
        clock.set(moment)
        assert sign_in(school.people[reader]).get(address).status_code == 200
        assert sign_in(school.people[other]).get(address).status_code == 404
    assert "Kofi Osei answers here in place of Inés Rivera" in plain(sign_in(school.dana).get(address).text)


def test_when_the_class_is_over_there_is_nobody_to_name(sign_in, school, alone, begun, clock):
    address = begun()
    clock.set(clock().replace(year=2027, month=6, day=19))
    pat = sign_in(school.pat)
    assert pat.get(f"/office/people/{school.rivera.public_id}/successors").status_code == 404
    assert "Who answers families" not in pat.get(f"/office/people/{school.rivera.public_id}").text
    assert "is over, so nothing more can be written here" in plain(sign_in(school.dana).get(address).text)


def test_who_cannot_answer_is_not_taken(sign_in, school, alone):
    pat, page = sign_in(school.pat), f"/office/people/{school.rivera.public_id}/successors"
    for nobody in (school.maya, school.dana, school.finch, school.rivera):
        assert pat.post(page, data=_names(school, school.rivera, nobody)).status_code == 422
    assert pat.post(page, data={}).status_code == 422
    assert _place(school.rivera, school).ends_on is None
    assert sign_in(school.quinn).get(page).status_code == 404
    assert sign_in(school.osei).get(page).status_code == 404


def test_a_colleague_who_stays_goes_on_and_keeps_the_place(sign_in, school, begun, clock):
    address, pat = begun(), sign_in(school.pat)
    before = _place(school.cole, school).begins_on
    pat.post(f"/office/people/{school.rivera.public_id}/successors", data=_names(school, school.rivera, school.cole))
    assert _place(school.cole, school).begins_on == before
    assert _place(school.rivera, school).ends_on == TODAY
    cole = sign_in(school.cole)
    assert cole.post(f"{address}/messages", data=HELLO).status_code == 303
    assert "no longer teaches this class" in plain(sign_in(school.dana).get(address).text)
