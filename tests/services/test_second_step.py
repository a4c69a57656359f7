"""Codes of authenticator apps and recovery codes: which are taken, once, and what is stored of them."""

import threading
from base64 import b32decode
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import Authenticator, RecoveryCode, RoleKind, StepKind
from gradebook.policy import second_step as policy
from gradebook.policy.person import Acting, Step
from gradebook.policy.rules import can
from gradebook.policy.scopes import schools_run_by
from gradebook.services import accounts, second_step
from gradebook.services.second_step import Check
from tests.steps import code_of, give_app

SECRET = "a key that is long enough and used in tests only"


def test_the_codes_are_those_of_rfc_6238(monkeypatch):
    """The test values of its appendix B, for SHA-1, of which an app shows the last six digits."""
    monkeypatch.setattr(second_step, "key_of", lambda _app, _secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    for seconds, shown in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037"), (20000000000, "353130")):
        moment = datetime.fromtimestamp(seconds, UTC)
        assert second_step.next_code(Authenticator(last_counter=0), "", moment) == shown


def test_the_key_stands_nowhere_and_is_another_with_another_secret_or_seed(school):
    app = give_app(school.pat)
    key = second_step.key_of(app, SECRET)
    assert len(key) == 32
    assert key not in str(vars(app))
    assert b32decode(key).hex() not in app.seed
    assert second_step.key_of(app, SECRET + "!") != key
    assert second_step.key_of(give_app(school.rivera), SECRET) != key


@pytest.mark.parametrize(
    ("off", "found"),
    [(0, Check.RIGHT), (-30, Check.RIGHT), (30, Check.RIGHT), (-60, Check.WRONG), (60, Check.WRONG)],
)
def test_one_step_of_drift_is_taken_and_no_more(school, off, found):
    app = give_app(school.pat)
    assert second_step.take_code(app, code_of(app, timedelta(seconds=off)), SECRET, utc_now()) == found


def test_a_code_works_once_and_those_before_it_no_longer(school, clock):
    app = give_app(school.pat)
    before, code = code_of(app, timedelta(seconds=-30)), code_of(app)
    assert second_step.take_code(app, code, SECRET, clock()) == Check.RIGHT
    assert second_step.take_code(app, code, SECRET, clock()) == Check.USED
    assert second_step.take_code(app, before, SECRET, clock()) == Check.USED
    clock.advance(seconds=30)
    assert second_step.take_code(app, code_of(app), SECRET, clock()) == Check.RIGHT


@pytest.mark.parametrize(
    "written", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "{1}\u00a0{2}\n", "\u200e{1}\u2009{2}", "arabic"]
)
def test_a_code_is_understood_as_it_is_pasted(school, clock, written):
    app = give_app(school.pat)
    code = code_of(app)
    typed = written.format(code, code[:3], code[3:])
    if written == "arabic":
        typed = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert second_step.take_code(app, typed, SECRET, clock()) == Check.RIGHT


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢x", "²²²²²²", "0" * 5000])
def test_anything_else_is_no_code(school, clock, typed):
    app = give_app(school.pat)
    assert second_step.take_code(app, typed, SECRET, clock()) == Check.WRONG


def test_ten_recovery_codes_of_which_each_works_once(school, clock):
    codes = second_step.new_recovery_codes(school.pat.id, SECRET, clock())
    assert len(set(codes)) == second_step.recovery_codes_left(school.pat.id) == 10
    stored = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(codes) & set(stored)
    typed = second_step.shown_code(codes[0]).lower()
    assert second_step.take_recovery_code(school.quinn.id, typed, SECRET, clock()) == Check.WRONG, "not of another"
    assert second_step.take_recovery_code(school.pat.id, typed, SECRET, clock()) == Check.RIGHT
    assert second_step.take_recovery_code(school.pat.id, typed, SECRET, clock()) == Check.USED
    assert second_step.recovery_codes_left(school.pat.id) == 9
    second_step.new_recovery_codes(school.pat.id, SECRET, clock())
    assert second_step.take_recovery_code(school.pat.id, codes[1], SECRET, clock()) == Check.WRONG, "of the set before"


@pytest.mark.commits
@pytest.mark.parametrize("what", ["a code of the app", "a recovery code"])
def test_of_two_who_type_the_same_code_at_the_same_moment_one_is_let_in(app, school, clock, what):
    user_id, found, barrier = school.pat.id, [], threading.Barrier(4)
    typed = code_of(give_app(school.pat))
    if what == "a recovery code":
        typed = second_step.new_recovery_codes(user_id, SECRET, clock())[0]
    db.session.commit()
    db.session.remove()

    def try_it():
        with app.app_context():
            barrier.wait()
            found.append(second_step.take(user_id, typed, SECRET, clock())[0])
            db.session.commit()

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [Check.RIGHT, Check.USED, Check.USED, Check.USED]


def test_a_trusted_device_is_asked_for_no_code_until_30_days_or_a_new_password(school, clock):
    give_app(school.pat)
    assert second_step.asked_of(school.pat, None, clock()).awaits
    token = second_step.trust_device(school.pat, clock())
    assert second_step.asked_of(school.pat, token, clock()) == second_step.Asked(step=StepKind.DEVICE)
    assert second_step.asked_of(school.pat, "another", clock()).awaits
    give_app(school.rivera)
    assert second_step.asked_of(school.rivera, token, clock()).awaits, "another person on the same device"
    clock.advance(days=30)
    assert second_step.asked_of(school.pat, token, clock()).awaits
    token = second_step.trust_device(school.pat, clock())
    accounts.set_password(school.pat, "nine brown kettles whistle", clock(), actor_id=school.pat.id, keep_session=None)
    assert second_step.asked_of(school.pat, token, clock()).awaits


def test_the_office_can_nothing_in_a_session_without_a_second_step(school, clock):
    """The wall behind the doors: no list, no action."""
    pat = accounts.person_acting_as(school.pat, clock(), RoleKind.OFFICE)
    assert (schools_run_by(pat), can(pat, "school:manage", school.oak)) == ([school.oak.id], True)
    pat.step = Step()
    assert policy.is_owed(pat)
    assert (schools_run_by(pat), can(pat, "school:manage", school.oak)) == ([], False)
    pat.step = Step(StepKind.DEVICE, clock())
    assert (schools_run_by(pat), policy.is_proved(pat)) == ([school.oak.id], False)
    pat.step = Step(StepKind.APP, clock() - timedelta(hours=2))
    assert policy.is_proved(pat)
    assert not policy.is_proved(pat, within=timedelta(hours=1))


def test_teachers_need_it_where_the_school_says_so_and_guardians_never(school, clock):
    for rule, owed in ((False, False), (True, True)):
        school.oak.teachers_take_step = rule
        db.session.flush()
        tess = accounts.person_acting_as(school.tess, clock(), RoleKind.TEACHER)
        tess.step = Step()
        assert policy.is_owed(tess) is owed
        tess.acting = Acting(RoleKind.PARENT, None)
        tess.__dict__.pop("roles_in_use", None)
        assert not policy.is_owed(tess)
        assert policy.must_have_one(tess) is owed
