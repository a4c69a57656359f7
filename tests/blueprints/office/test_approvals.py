"""Acts that need a second person: nothing is done until another person of the same office agrees."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from gradebook.blueprints.office import approval_words
from gradebook.blueprints.office.approval_words import Words
from gradebook.extensions import db
from gradebook.models import Answer, Approval, AuditEntry, RoleKind, User
from gradebook.services import accounts, approvals, approved_acts
from gradebook.services.approvals import ApprovalError, ApprovalFault
from tests.conftest import NOON
from tests.school import TODAY, make_role, make_user

KIND = "greeting.changed"


def greet(approval, _person, now):
    """The act of these tests: Maya is called something else."""
    if approval.details["called"] == "impossible":
        raise LookupError
    db.session.get_one(User, approval.person_id).called = approval.details["called"]


@pytest.fixture
def office(school, monkeypatch):
    """Pat, and Robin and Sasha beside; the school can do an act of this kind."""
    monkeypatch.setitem(approved_acts.ACTS, KIND, greet)
    words = Words("Change a greeting", lambda approval: f"Maya is greeted as {approval.details['called']}.")
    monkeypatch.setitem(approval_words.KINDS, KIND, words)
    for name in ("robin", "sasha"):
        school.people[name] = make_user(name, name.title() + " Reed")
        make_role(school.people[name], school.oak, RoleKind.OFFICE)
    return school


def as_office(user):
    return accounts.person_acting_as(user, NOON, RoleKind.OFFICE)


def asked(school, by="pat", called="Mia", now=NOON):
    approval = approvals.ask(
        as_office(school.people[by]), KIND, {"called": called}, "She asked us to", now, person_id=school.maya.id
    )
    db.session.commit()
    return approval


def state(approval):
    db.session.expire_all()
    return SimpleNamespace(answer=approval.answer, called=db.session.get_one(User, approval.person_id).called)


def acts():
    return list(db.session.scalars(db.select(AuditEntry.act).order_by(AuditEntry.id)))


def test_nothing_is_done_before_another_person_agrees(office, sign_in):
    approval = asked(office)
    assert state(approval).called == "Maya"
    own = sign_in(office.pat)
    page = own.get(f"/office/approvals/{approval.public_id}").text
    assert "Agree, and do it now" not in page
    assert own.post(f"/office/approvals/{approval.public_id}/approval").status_code == 303
    assert "it was you who asked" in own.get("/office/approvals").text
    assert state(approval).answer is None
    other = sign_in(office.robin)
    assert "1 act waits for you" in other.get("/office/people").text
    page = other.get(f"/office/approvals/{approval.public_id}").text
    assert "Maya is greeted as Mia." in page
    assert "She asked us to" in page
    assert "Agree, and do it now" in page
    assert other.post(f"/office/approvals/{approval.public_id}/approval").status_code == 303
    assert vars(state(approval)) == {"answer": Answer.APPROVED, "called": "Mia"}
    assert acts() == ["approval.asked", "approval.approved"]
    log = other.get("/office/log?kind=approvals").text
    assert "Pat Parker asked a second person to agree: Change a greeting" in log
    assert "Robin Reed agreed, as the second person: Change a greeting" in log


def test_what_waits_can_be_refused_with_a_reason_and_not_without(office, sign_in):
    approval, other = asked(office), sign_in(office.robin)
    answer = other.post(f"/office/approvals/{approval.public_id}/refusal", data={"why": " "})
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert state(approval).answer is None
    answer = other.post(f"/office/approvals/{approval.public_id}/refusal", data={"why": "Her name is Maya"})
    assert answer.status_code == 303
    assert vars(state(approval)) == {"answer": Answer.REFUSED, "called": "Maya"}
    assert "Her name is Maya" in sign_in(office.pat).get(f"/office/approvals/{approval.public_id}").text
    other.post(f"/office/approvals/{approval.public_id}/approval")
    assert state(approval).answer == Answer.REFUSED
    assert acts() == ["approval.asked", "approval.refused"]


def test_only_who_asked_withdraws(office, sign_in):
    approval = asked(office)
    sign_in(office.robin).post(f"/office/approvals/{approval.public_id}/withdrawal")
    assert state(approval).answer is None
    sign_in(office.pat).post(f"/office/approvals/{approval.public_id}/withdrawal")
    assert state(approval).answer == Answer.WITHDRAWN
    assert acts() == ["approval.asked", "approval.withdrawn"]


def test_nobody_agrees_any_more_from_its_end_on(office, sign_in, clock):
    approval = asked(office)
    clock.set(NOON + approvals.LASTS)
    other = sign_in(office.robin)
    other.post(f"/office/approvals/{approval.public_id}/approval")
    assert "The time to agree has run out" in other.get("/office/approvals").text
    assert vars(state(approval)) == {"answer": None, "called": "Maya"}
    clock.set(NOON + approvals.LASTS - timedelta(seconds=1))
    other.post(f"/office/approvals/{approval.public_id}/approval")
    assert state(approval).answer == Answer.APPROVED


def test_what_was_asked_by_someone_who_left_the_office_is_not_done(office, sign_in):
    locked, left = asked(office, by="sasha"), asked(office, by="robin", called="Mimi")
    office.sasha.deactivated_at = NOON
    next(role for role in office.robin.roles if role.kind == RoleKind.OFFICE).ends_on = TODAY
    db.session.commit()
    browser = sign_in(office.pat)
    for approval in (locked, left):
        browser.post(f"/office/approvals/{approval.public_id}/approval")
        assert "no longer works in the office" in browser.get("/office/approvals").text
        assert vars(state(approval)) == {"answer": None, "called": "Maya"}


def test_a_school_with_one_office_account_is_told_and_nothing_waits(school, sign_in):
    with pytest.raises(ApprovalError) as refused:
        asked(school)
    assert refused.value.fault == ApprovalFault.ALONE
    assert db.session.query(Approval).count() == 0
    assert (
        "Your school has one office account, so nobody can agree" in sign_in(school.pat).get("/office/approvals").text
    )


def test_nothing_is_asked_for_without_a_reason(office):
    with pytest.raises(ApprovalError) as refused:
        approvals.ask(as_office(office.pat), KIND, {}, "  ", NOON)
    assert refused.value.fault == ApprovalFault.NO_REASON


def test_an_act_that_fails_takes_the_agreement_with_it(office):
    approval = asked(office, called="impossible")
    with pytest.raises(LookupError):
        approved_acts.approve(approval, as_office(office.robin), NOON)
    db.session.rollback()
    assert state(approval).answer is None
    assert acts() == ["approval.asked"]


def test_an_act_of_another_version_is_never_approved(office, sign_in, monkeypatch):
    approval = asked(office)
    monkeypatch.delitem(approved_acts.ACTS, KIND)
    sign_in(office.robin).post(f"/office/approvals/{approval.public_id}/approval")
    assert state(approval).answer is None


def test_the_office_of_another_school_finds_nothing(office, sign_in):
    approval, far = asked(office), sign_in(office.quinn)
    assert far.get(f"/office/approvals/{approval.public_id}").status_code == 404
    assert far.post(f"/office/approvals/{approval.public_id}/approval").status_code == 404
    assert "Nothing waits." in far.get("/office/approvals").text
    assert state(approval).answer is None


def test_every_kind_of_act_has_its_words():
    assert set(approved_acts.ACTS) == set(approval_words.KINDS)
