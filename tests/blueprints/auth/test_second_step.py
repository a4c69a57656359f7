"""A4: setting up an authenticator app, signing in with it, losing it; and every way in that might go round it."""

import html
import re

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import AppEnd, AuditEntry, Authenticator, LoginSession, RoleKind, StepKind
from gradebook.services import accounts, invitations, second_step
from gradebook.web.streams import _sight
from tests.school import PASSWORD, make_role
from tests.steps import code_of, give_app, set_up, wrong_code

SET_UP = "/auth/second-step"
CODE = "/auth/sign-in/code"
NEW = "nine brown kettles whistle"


def with_password(client, username="pat", password=PASSWORD, next="", **more):
    return client.post(f"/auth/sign-in{next}", data={"username": username, "password": password, **more})


def with_code(client, code, **more):
    return client.post(CODE, data={"code": code, **more})


def key_on(page):
    """The key as it stands on the page, of which anybody can make codes."""
    return re.search(r'id="key"[^>]*>([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")


def recovery_codes_on(page):
    return re.findall(r'<li><code dir="ltr">([A-Z0-9]{5} [A-Z0-9]{5})</code>', page.text)


# --- Setting it up


def test_the_office_is_led_to_set_it_up_and_then_let_in(client, school):
    answer = with_password(client, next="?next=/office/classes")
    assert answer.location == "/office/classes"
    led = client.get("/office/classes")
    assert (led.status_code, led.location) == (303, f"{SET_UP}?next=/office/classes")
    page = client.get(led.location)
    assert "Your role needs a second step" in page.text
    assert 'href="/office/' not in page.text
    begun = client.post(f"{SET_UP}/app?next=/office/classes")
    page = client.get(begun.location)
    assert 'class="qr"' in page.text
    assert 'autocomplete="one-time-code"' in page.text
    app = db.session.scalars(select(Authenticator)).one()
    uri = html.unescape(re.search(r'href="(otpauth:[^"]+)"', page.text)[1])
    assert uri == f"otpauth://totp/Oak%20School:pat?secret={key_on(page)}&issuer=Oak%20School"
    wrong = client.post(f"{SET_UP}/app/confirmation?next=/office/classes", data={"code": wrong_code(app)})
    assert (wrong.status_code, "That code is not right." in wrong.text) == (422, True)
    assert client.get("/office/classes").status_code == 303, "not yet"
    done = client.post(f"{SET_UP}/app/confirmation?next=/office/classes", data={"code": code_of(app)})
    assert len(recovery_codes_on(done)) == 10
    assert 'href="/office/classes"' in done.text
    assert "no-store" in done.headers["Cache-Control"]
    assert client.get("/office/classes").status_code == 200
    assert client.get(f"{SET_UP}/app").location == SET_UP, "the key is not shown again"


def test_the_first_app_changes_the_session_and_ends_the_others(client, school, sign_in):
    other = sign_in(school.pat, step=None)
    with_password(client)
    before = client.kept()["_user_id"]
    set_up(client)
    assert client.kept()["_user_id"] != before
    stolen = client.application.test_client()
    stolen.keep(_user_id=before)
    for browser in (stolen, other):
        assert browser.get(SET_UP).location.startswith("/auth/sign-in")


def test_who_finds_an_open_session_cannot_add_an_app_of_theirs(school, sign_in, clock):
    rivera = sign_in(school.rivera, step=None)
    clock.advance(minutes=16)
    assert "Again, because you signed in some time ago." in rivera.get(SET_UP).text
    assert rivera.post(f"{SET_UP}/app").status_code == 422
    assert rivera.post(f"{SET_UP}/app", data={"password": "wrong"}).status_code == 422
    assert db.session.scalars(select(Authenticator)).all() == []
    assert rivera.post(f"{SET_UP}/app", data={"password": PASSWORD}).location == f"{SET_UP}/app"


def test_the_key_is_shown_only_to_the_browser_that_asked_for_it(school, sign_in):
    own, other = sign_in(school.rivera, step=None), sign_in(school.rivera, step=None)
    own.post(f"{SET_UP}/app")
    assert own.get(f"{SET_UP}/app").status_code == 200
    assert other.get(f"{SET_UP}/app").location == SET_UP


def test_a_key_waits_for_an_hour(school, sign_in, clock):
    rivera = sign_in(school.rivera, step=None)
    rivera.post(f"{SET_UP}/app")
    clock.advance(minutes=20)
    rivera.get(SET_UP)
    clock.advance(minutes=20)
    rivera.get(SET_UP)
    clock.advance(minutes=20)
    assert rivera.get(f"{SET_UP}/app").location == SET_UP


def test_students_are_offered_none_and_guardians_and_teachers_are_free(school, sign_in):
    assert sign_in(school.maya, step=None).get(SET_UP).status_code == 404
    assert SET_UP not in sign_in(school.maya, step=None).get("/student/").text
    for name, home in (("dana", "/parent/"), ("rivera", "/teacher/")):
        browser = sign_in(school.people[name], step=None)
        assert browser.get(home).status_code == 200
        assert f'href="{SET_UP}"' in browser.get(home).text
        answer, _app = set_up(browser)
        assert len(recovery_codes_on(answer)) == 10


# --- Signing in


def test_signing_in_takes_password_and_code(client, school, clock):
    app = give_app(school.pat)
    asked = with_password(client, next="?next=/office/classes")
    assert asked.location == f"{CODE}?next=/office/classes"
    for path in ("/", "/office/people", SET_UP, "/auth/sessions", "/auth/password"):
        assert client.get(path).location.startswith("/auth/sign-in?next="), "nothing opens yet"
    early = client.application.test_client()
    early.keep(_user_id=client.kept()["awaited"])
    assert early.get("/office/people").location.startswith("/auth/sign-in"), "nor as a login session"
    page = client.get(asked.location)
    assert "<h1>Enter your code</h1>" in page.text
    assert 'name="trust"' in page.text
    assert "checked" not in page.text
    wrong = client.post(asked.location, data={"code": wrong_code(app)})
    assert wrong.status_code == 422
    assert "That code is not right. Codes change every 30 seconds; use the newest one." in wrong.text
    before = client.kept()
    done = client.post(asked.location, data={"code": code_of(app)})
    assert (done.status_code, done.location) == (303, "/office/classes")
    assert client.get("/office/people").status_code == 200
    for key in ("_user_id", "awaited"):
        thief = client.application.test_client()
        thief.keep(**{key: before["awaited"]})
        assert thief.get("/office/people").location.startswith("/auth/sign-in"), "the token from before is dead"
        assert thief.get(CODE).location == "/auth/sign-in"


def test_a_code_that_was_used_lets_nobody_in_again(client, app, school):
    code = code_of(give_app(school.pat))
    with_password(client)
    assert with_code(client, code).status_code == 303
    other = app.test_client()
    with_password(other)
    answer = with_code(other, code)
    assert answer.status_code == 422
    assert "That code was used already." in answer.text
    assert other.get("/office/people").location.startswith("/auth/sign-in")


def test_the_code_may_take_ten_minutes(client, school, clock):
    app = give_app(school.pat)
    with_password(client)
    clock.advance(minutes=10)
    assert with_code(client, code_of(app)).location == "/auth/sign-in"
    assert "Sign in again." in client.get("/auth/sign-in").text
    assert client.get("/office/people").location.startswith("/auth/sign-in")


def test_ten_wrong_codes_hold_it_up_and_fifty_in_a_day(client, app, school, clock):
    phone = give_app(school.pat)
    with_password(client)
    for _ in range(10):
        assert with_code(client, wrong_code(phone)).status_code == 422
    answer = with_code(client, code_of(phone))
    assert (answer.status_code, "Too many wrong codes." in answer.text) == (429, True)
    assert with_code(client, "AAAAA AAAAA").status_code == 429, "recovery codes too"
    for _ in range(4):
        clock.advance(minutes=5)
        with_password(client)
        for _ in range(10):
            assert with_code(client, wrong_code(phone)).status_code == 422
    clock.advance(minutes=30)
    with_password(client)
    assert with_code(client, code_of(phone)).status_code == 429
    clock.advance(days=1)
    with_password(client)
    assert with_code(client, code_of(phone)).status_code == 303


def test_wrong_codes_of_another_do_not_hold_up_a_device_from_before(client, app, school, clock):
    phone = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(phone))
    client.post("/auth/sign-out")
    attacker = app.test_client()
    with_password(attacker)
    for _ in range(11):
        answer = with_code(attacker, wrong_code(phone))
    assert answer.status_code == 429
    clock.advance(seconds=30)
    with_password(client)
    assert with_code(client, code_of(phone)).status_code == 303


def test_a_recovery_code_lets_in_once_and_says_what_to_do(client, app, school, clock):
    give_app(school.pat)
    first, second, *_rest = second_step.new_recovery_codes(school.pat.id, app.secret_key, clock())
    with_password(client)
    page = client.get(f"{CODE}?way=recovery")
    assert "Recovery code" in page.text
    assert 'name="trust"' not in page.text
    assert client.post(f"{CODE}?way=recovery", data={"code": first}).location == "/office/people"
    assert "Recovery codes left: 9." in client.get("/office/people").text
    other = app.test_client()
    with_password(other)
    assert "This recovery code was used before." in with_code(other, first).text
    assert with_code(other, second, trust="y").status_code == 303
    other.post("/auth/sign-out")
    assert with_password(other).location.startswith(CODE), "a recovery code makes no device trusted"
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["second_step.recovery_code_used", "account.signed_in"] * 2


def test_a_trusted_device_is_asked_again_after_30_days_and_only_there(client, app, school, clock):
    phone = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(phone), trust="y")
    client.post("/auth/sign-out")
    assert with_password(client).location == "/office/people"
    assert client.get("/office/people").status_code == 200
    assert "1 device" in client.get(SET_UP).text
    assert with_password(app.test_client()).location.startswith(CODE)
    clock.advance(days=30)
    assert with_password(client).location.startswith(CODE)


def test_without_the_tick_the_device_is_not_trusted(client, school):
    phone = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(phone))
    client.post("/auth/sign-out")
    assert with_password(client).location.startswith(CODE)


@pytest.mark.parametrize("how", ["here", "signing out everywhere else"])
def test_the_trust_can_be_taken_back(client, school, how):
    phone = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(phone), trust="y")
    client.post("/auth/sessions/endings" if how != "here" else f"{SET_UP}/devices/endings")
    client.post("/auth/sign-out")
    assert with_password(client).location.startswith(CODE)


# --- Ways round it


def test_a_slip_and_a_new_password_do_not_go_round_it(client, app, school, clock):
    phone = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(phone), trust="y")
    code, _slip = invitations.issue_slip(school.pat, school.oak, app.secret_key, clock(), actor_id=None)
    db.session.commit()
    client.post("/auth/sign-out")
    client.post("/auth/invitation", data={"code": code})
    answer = client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert answer.location.startswith(CODE), "also on a device that was trusted"
    assert client.get("/office/people").location.startswith("/auth/sign-in")
    clock.advance(seconds=30)
    assert with_code(client, code_of(phone)).location == "/office/people"


def test_an_invitation_leads_a_new_person_of_the_office_to_set_it_up(client, app, school, clock):
    code, _slip = invitations.issue_slip(school.pat, school.oak, app.secret_key, clock(), actor_id=None)
    client.post("/auth/invitation", data={"code": code})
    answer = client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert client.get(answer.location).location.startswith(SET_UP)


def test_a_password_changed_meanwhile_ends_a_sign_in_that_waits_for_its_code(client, school, clock):
    phone = give_app(school.pat)
    with_password(client)
    accounts.set_password(school.pat, NEW, clock(), actor_id=school.pat.id, keep_session=None)
    assert with_code(client, code_of(phone)).location == "/auth/sign-in"


def test_switching_to_the_office_leads_to_it(school, sign_in):
    make_role(school.rivera, school.oak, RoleKind.OFFICE)
    rivera = sign_in(school.rivera, step=None)
    assert rivera.get("/teacher/").status_code == 200
    rivera.post("/auth/role", data={"role": f"office-{school.oak.id}"})
    assert rivera.get("/office/people").location.startswith(SET_UP)
    rivera.post("/auth/role", data={"role": f"teacher-{school.oak.id}"})
    assert rivera.get("/teacher/").status_code == 200


def test_a_session_kept_on_a_guardians_own_device_opens_no_office(school, client):
    """Dana's phone stays signed in for 30 days; then she begins to work in the office."""
    with_password(client, "dana", own_device="y")
    make_role(school.dana, school.oak, RoleKind.OFFICE)
    client.post("/auth/role", data={"role": f"office-{school.oak.id}"})
    assert client.get("/office/people").location.startswith(SET_UP)


def test_a_session_without_the_step_is_asked_for_the_code_where_there_is_an_app(school, sign_in):
    """As it would be after two sign-ins at the moment in which the app is set up."""
    pat = sign_in(school.pat, step=None)
    app = give_app(school.pat)
    assert pat.get("/office/people").location.startswith(SET_UP)
    assert pat.get(SET_UP).location == f"{SET_UP}/code"
    assert pat.post(f"{SET_UP}/code?next=/office/classes", data={"code": code_of(app)}).location == "/office/classes"
    assert pat.get("/office/classes").status_code == 200


def test_scripts_and_forms_of_the_office_are_refused_too(school, sign_in):
    pat = sign_in(school.pat, step=None)
    answer = pat.get("/office/people", headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.json) == (403, {"error": 403})
    answer = pat.post(f"/office/people/{school.maya.public_id}", data={"display_name": "Changed"})
    assert answer.location == SET_UP
    assert school.maya.display_name == "Maya Diaz"


def test_where_the_school_says_so_teachers_need_it_on_pages_scripts_and_open_streams(app, school, sign_in):
    rivera, stepped = sign_in(school.rivera, step=None), sign_in(school.rivera)
    path = f"/teacher/classes/{school.algebra.public_id}"
    assert rivera.get(path).status_code == 200
    assert _sight(rivera.kept()["_user_id"], lambda *_found: 1) == 1
    pat = sign_in(school.pat)
    assert "0 of 5 teachers have it now" in pat.get("/office/sign-in").text
    assert pat.post("/office/sign-in", data={"teachers": "perhaps"}).status_code == 422
    assert pat.post("/office/sign-in", data={"teachers": "required"}).location == "/office/sign-in"
    assert "changed whether teachers need a second step" in pat.get("/office/log").text
    assert rivera.get(path).location == f"{SET_UP}?next={path}"
    for script in (f"{path}/changes?after=0", f"{path}/stream"):
        assert rivera.get(script, headers={"X-Requested-With": "fetch"}).status_code == 403
    assert rivera.get("/messages/").location.startswith(SET_UP)
    assert _sight(rivera.kept()["_user_id"], lambda *_found: 1) is None, "an open stream ends"
    assert stepped.get(path).status_code == 200
    assert _sight(stepped.kept()["_user_id"], lambda *_found: 1) == 1


# --- Changing it


def change(browser, act, code, password=PASSWORD):
    return browser.post(SET_UP, data={"act": act, "password": password, "code": code})


def test_the_page_says_what_there_is(school, sign_in, app, clock):
    give_app(school.pat)
    second_step.new_recovery_codes(school.pat.id, app.secret_key, clock())
    page = sign_in(school.pat).get(SET_UP).text
    assert "10 of 10 left" in page
    assert "Turn the second step off" not in page, "the office cannot"


@pytest.mark.parametrize("act", ["app", "codes", "off"])
def test_every_change_takes_password_and_code(school, sign_in, act, clock):
    app, rivera = give_app(school.rivera), sign_in(school.rivera)
    wrong = change(rivera, act, code_of(app), "wrong")
    assert (wrong.status_code, "The password is not right." in wrong.text) == (422, True)
    assert change(rivera, act, wrong_code(app)).status_code == 422
    assert change(rivera, act, "").status_code == 422
    assert app.ended_at is None
    assert change(rivera, act, code_of(app)).status_code in (200, 303), "the code was not used up by a wrong password"


def test_another_app_takes_the_place_of_the_first_only_with_its_own_code(client, school, clock):
    old = give_app(school.pat)
    with_password(client)
    with_code(client, code_of(old))
    clock.advance(seconds=30)
    assert change(client, "app", code_of(old)).location == f"{SET_UP}/app"
    assert old.ended_at is None
    new = db.session.scalars(select(Authenticator).order_by(Authenticator.id.desc())).first()
    done = client.post(f"{SET_UP}/app/confirmation", data={"code": code_of(new)})
    assert len(recovery_codes_on(done)) == 10
    assert (old.end, new.ended_at) == (AppEnd.REPLACED, None)
    clock.advance(minutes=1)
    client.post("/auth/sign-out")
    with_password(client)
    assert with_code(client, code_of(old)).status_code == 422
    assert with_code(client, code_of(new)).status_code == 303


def test_the_first_app_cannot_be_replaced_without_a_code(school, sign_in):
    give_app(school.rivera)
    rivera = sign_in(school.rivera)
    assert rivera.post(f"{SET_UP}/app").location == SET_UP
    assert rivera.get(f"{SET_UP}/app").location == SET_UP


def test_a_teacher_can_turn_it_off_and_the_office_cannot(school, sign_in):
    app, rivera, elsewhere = give_app(school.rivera), sign_in(school.rivera), sign_in(school.rivera)
    assert change(rivera, "off", code_of(app)).location == SET_UP
    assert "Use an authenticator app" in rivera.get(SET_UP).text
    assert app.end == AppEnd.TURNED_OFF
    assert elsewhere.get("/teacher/").location.startswith("/auth/sign-in")
    own = db.session.scalars(select(LoginSession).where(LoginSession.ended_at.is_(None))).all()
    assert {row.step_kind for row in own if row.user_id == school.rivera.id} == {None}
    app, pat = give_app(school.pat), sign_in(school.pat)
    assert change(pat, "off", code_of(app)).status_code == 422
    assert app.ended_at is None


def test_what_was_done_stands_in_the_log(school, sign_in):
    rivera = sign_in(school.rivera, step=None)
    _answer, app = set_up(rivera)
    second_step.reset(school.rivera, app.added_at, school_id=None, actor_id=None)
    text = sign_in(school.pat).get("/office/log").text
    assert "Inés Rivera</bdi> set up a second step" in text or "set up a second step at sign-in" in text
    assert "took away the second step at sign-in of" in text


# --- A code again


def test_what_needs_a_code_of_this_session_is_not_opened_by_a_trusted_device(app, school, sign_in):
    """door.require_code: for reading others' messages and the like."""
    phone, trusted = give_app(school.pat), sign_in(school.pat, step=StepKind.DEVICE)
    path = f"/office/people/{school.rivera.public_id}/second-step"
    give_app(school.rivera)
    asked = trusted.get(path)
    assert asked.location == f"{SET_UP}/code?next={path}"
    before = trusted.kept()["_user_id"]
    assert "Enter a code to go on" in trusted.get(asked.location).text
    assert trusted.post(asked.location, data={"code": wrong_code(phone)}).status_code == 422
    assert trusted.post(asked.location, data={"code": code_of(phone)}).location == path
    assert trusted.kept()["_user_id"] != before
    assert trusted.get(path).status_code == 200


# --- Lost


def reset(browser, user, how="Came to the office with her passport"):
    return browser.post(f"/office/people/{user.public_id}/second-step", data={"how": how})


def test_another_person_of_the_office_takes_it_away_and_the_owner_is_told(client, school, sign_in):
    """Everything lost: phone and recovery codes."""
    app, pat, elsewhere = give_app(school.rivera), sign_in(school.pat), sign_in(school.rivera)
    page = pat.get(f"/office/people/{school.rivera.public_id}")
    assert f"/office/people/{school.rivera.public_id}/second-step" in page.text
    assert reset(pat, school.rivera, " ").status_code == 422
    assert app.ended_at is None
    assert reset(pat, school.rivera).location == f"/office/people/{school.rivera.public_id}"
    assert app.end == AppEnd.RESET
    assert elsewhere.get("/teacher/").location.startswith("/auth/sign-in"), "every session ends"
    assert "Came to the office with her passport" in pat.get("/office/log").text
    assert with_password(client, "rivera").location == "/teacher/"
    assert "Your second step at sign-in was taken away" in client.get("/teacher/").text
    client.post("/auth/sign-out")
    with_password(client, "rivera")
    assert "taken away" not in client.get("/teacher/").text, "told once"


def test_nobody_takes_away_their_own_nor_that_of_another_school(school, sign_in):
    apps = [give_app(user) for user in (school.pat, school.finch, school.cole)]
    make_role(school.cole, school.elm, RoleKind.TEACHER)
    pat = sign_in(school.pat)
    assert reset(pat, school.pat).status_code == 303
    assert "Nobody can do this for themselves." in pat.get("/office/people").text
    assert reset(pat, school.finch).status_code == 404
    assert reset(pat, school.cole).status_code == 303
    assert "Another school uses this account too" in pat.get("/office/people").text
    assert [app.ended_at for app in apps] == [None, None, None]
    assert reset(pat, school.dana).status_code == 404, "there is none"
    assert reset(sign_in(school.rivera), school.pat).status_code == 404
