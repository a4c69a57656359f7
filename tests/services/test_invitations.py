"""Sign-in slips: codes, their life, and that each works once."""

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AuditEntry, Invitation
from gradebook.services import invitations, rosters
from gradebook.services.rosters import Link
from tests.school import PASSWORD, TODAY

SECRET = "a key"


def issue(school, user=None):
    return invitations.issue_slip(user or school.maya, school.oak, SECRET, utc_now(), actor_id=school.pat.id)


def test_codes_have_no_letters_that_look_alike():
    codes = {invitations.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(r"[A-HJKMNP-TV-Z2-9]{8}", code) for code in codes)


@pytest.mark.parametrize("typed", ["ABCD EFGH", "abcdefgh", " ab-cd ef gh "])
def test_spaces_and_case_do_not_matter(typed):
    assert invitations.typed_code(typed) == "ABCDEFGH"


def test_the_code_is_not_stored_and_needs_the_key(school):
    code, invitation = issue(school)
    db.session.flush()
    assert code not in str(vars(invitation))
    assert invitations.invitation_for(code, SECRET) is invitation
    assert invitations.invitation_for(code, "another key") is None
    assert invitations.invitation_for(invitations.shown_code(code).lower(), SECRET) is invitation


def test_a_slip_lives_14_days_to_the_minute(school, clock):
    _code, invitation = issue(school)
    db.session.flush()
    end = utc_now() + timedelta(days=14)
    assert invitations.state_of(invitation, end - timedelta(minutes=1)) == "usable"
    assert invitations.state_of(invitation, end) == "expired"


def test_a_newer_slip_and_a_locked_account_void_the_older(school):
    _code, first = issue(school, school.dana)
    _code, second = issue(school, school.dana)
    db.session.flush()
    db.session.refresh(first)
    assert [invitations.state_of(each, utc_now()) for each in (first, second)] == ["withdrawn", "usable"]
    rosters.deactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id)
    rosters.reactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id)
    db.session.flush()
    db.session.refresh(second)
    assert invitations.state_of(second, utc_now()) == "withdrawn", "opening the account does not revive a slip"


def test_a_slip_works_once_and_is_written_down(school):
    _code, invitation = issue(school)
    db.session.flush()
    epoch = school.maya.auth_epoch
    assert invitations.accept(invitation, PASSWORD, utc_now())
    assert not invitations.accept(invitation, "another " + PASSWORD, utc_now())
    assert school.maya.auth_epoch == epoch + 1, "whoever was signed in with the old password is out"
    db.session.flush()
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["invitation.issued", "account.password_changed", "invitation.accepted"]


@pytest.mark.commits
def test_two_who_use_one_slip_at_the_same_moment(app, clock):
    from tests.school import build

    school = build()
    _code, invitation = issue(school)
    db.session.flush()
    key, told, together = invitation.id, [], threading.Barrier(2)
    db.session.commit()  # from here on this thread holds no lock

    def use(password):
        with app.app_context():
            together.wait()
            found = db.session.get_one(Invitation, key)
            told.append(invitations.accept(found, password, utc_now()))
            db.session.commit()

    threads = [threading.Thread(target=use, args=(f"password number {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False, True]


def test_an_invitation_names_the_children_about_whom_there_is_a_right(school):
    def names(user):
        db.session.flush()
        return [child.display_name for child in invitations.children_of(user, utc_now())]

    assert names(school.dana) == ["Maya Diaz"]
    assert names(school.rex) == [], "under an order"
    assert names(school.gus) == [], "ended"
    rosters.link_guardian(school.zoe, school.dana, school.oak, Link("aunt", TODAY), utc_now(), actor_id=school.pat.id)
    assert names(school.dana) == ["Maya Diaz"], "an aunt without rights is not told"
    assert names(school.maya) == []
