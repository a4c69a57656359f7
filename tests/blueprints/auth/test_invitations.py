"""A3: from the code on a slip to an account."""

import re

import pytest

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AccountKind, RoleKind
from gradebook.services import invitations
from tests.school import PASSWORD, make_role, make_user

NEW = "nine brown kettles whistle"


def slip_for(app, user, school):
    code, invitation = invitations.issue_slip(
        user, school.oak, app.config["SECRET_KEY"], utc_now(), actor_id=school.pat.id
    )
    db.session.commit()
    return code, invitation


@pytest.fixture
def nora(school):
    """A guardian who has no password yet."""
    nora = make_user("nora", "Nora North")
    nora.password_hash, nora.identity_seen_at = None, None
    make_role(nora, school.oak, RoleKind.PARENT)
    return nora


def test_a_slip_becomes_an_account(app, school, client, nora):
    code, _invitation = slip_for(app, nora, school)
    assert f'value="{code}"' in client.get(f"/auth/invitation?code={code}").text, "the square fills the code in"
    typed = client.post("/auth/invitation", data={"code": invitations.shown_code(code).lower()})
    assert (typed.status_code, typed.location) == (303, "/auth/invitation/acceptance")
    page = client.get(typed.location)
    assert "<h1>Accept your invitation</h1>" in page.text
    assert "Nora North" in page.text
    assert "15 characters or more" in page.text
    done = client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert (done.status_code, done.location) == (303, "/parent/")
    assert "Your account is ready." in client.get("/parent/").text
    assert nora.password_hash.startswith("$argon2id$")


def test_an_account_opened_with_a_slip_waits_for_its_identity(app, school, client, nora):
    """Whoever finds the slip on the bus sees no message."""
    code, _invitation = slip_for(app, nora, school)
    client.post("/auth/invitation", data={"code": code})
    client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert nora.identity_seen_at is None
    assert "/messages" not in client.get("/parent/").text


def test_a_students_password_may_be_shorter(app, school, client):
    sam = make_user("sam", "Sam Snow", AccountKind.STUDENT)
    make_role(sam, school.oak, RoleKind.STUDENT)
    code, _invitation = slip_for(app, sam, school)
    client.post("/auth/invitation", data={"code": code})
    assert "8 characters or more" in client.get("/auth/invitation/acceptance").text
    assert client.post("/auth/invitation/acceptance", data={"password": "kettle 7 brown"}).status_code == 303
    assert client.get("/student/").status_code == 200


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "Enter a new password"),
        ("short", "Use 15 characters or more"),
        ("x" * 201, "Use 200 characters or fewer"),
        ("qwertyuiopasdfghjkl", "easy to guess"),
        ("Nora North Nora North", "made of your name"),
    ],
)
def test_a_password_that_is_refused_leaves_the_slip_usable(app, school, client, nora, password, words):
    code, invitation = slip_for(app, nora, school)
    client.post("/auth/invitation", data={"code": code})
    refused = client.post("/auth/invitation/acceptance", data={"password": password})
    assert refused.status_code == 422
    assert words in refused.text
    assert "There is a problem" in refused.text
    assert password == "" or password not in refused.text, "a password is never sent back"
    assert (nora.password_hash, invitation.used_at) == (None, None)


def test_a_used_slip_says_so(app, school, client, nora):
    code, _invitation = slip_for(app, nora, school)
    other = app.test_client()
    for browser in (client, other):
        browser.post("/auth/invitation", data={"code": code})
    assert client.post("/auth/invitation/acceptance", data={"password": NEW}).status_code == 303
    stored = nora.password_hash
    late = other.post("/auth/invitation/acceptance", data={"password": "someone else's long password"})
    assert late.status_code == 410
    assert "This slip has been used" in late.text
    assert nora.password_hash == stored


def test_an_old_slip_says_so(app, school, client, nora, clock):
    code, _invitation = slip_for(app, nora, school)
    client.post("/auth/invitation", data={"code": code})
    clock.advance(days=14)
    late = client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert (late.status_code, nora.password_hash) == (410, None)
    assert "more than 14 days old" in late.text


def test_a_slip_of_a_locked_account_does_not_open_it(app, school, client, nora):
    code, _invitation = slip_for(app, nora, school)
    nora.deactivated_at = utc_now()
    client.post("/auth/invitation", data={"code": code})
    late = client.post("/auth/invitation/acceptance", data={"password": NEW})
    assert (late.status_code, nora.password_hash) == (410, None)


@pytest.mark.parametrize("code", ["WRONG234", "x", "‮" * 30, "0", "A" * 40])
def test_an_unknown_code_says_so(school, client, code):
    answer = client.post("/auth/invitation", data={"code": code})
    assert answer.status_code == 404
    assert "We do not know this code" in answer.text


def test_no_code_and_no_slip(school, client):
    assert client.post("/auth/invitation", data={"code": " "}).status_code in (404, 422)
    assert client.post("/auth/invitation", data={}).status_code == 422
    assert client.get("/auth/invitation/acceptance").status_code == 303
    assert client.post("/auth/invitation/acceptance", data={"password": NEW}).status_code == 303


def test_codes_cannot_be_guessed_without_end(app, school, client, nora):
    for number in range(100):
        client.post("/auth/invitation", data={"code": f"WRONG{number:03}"})
    code, _invitation = slip_for(app, nora, school)
    answer = client.post("/auth/invitation", data={"code": code})
    assert answer.status_code == 429
    assert "Too many codes were tried" in answer.text


def test_a_slip_for_someone_else_never_links_to_the_one_signed_in(app, school, sign_in, nora):
    code, invitation = slip_for(app, nora, school)
    dana = sign_in(school.dana)
    dana.post("/auth/invitation", data={"code": code})
    page = dana.get("/auth/invitation/acceptance")
    assert page.status_code == 409
    assert "Switch account" in page.text
    assert "Nora" not in page.text
    assert dana.post("/auth/invitation/acceptance", data={"password": NEW}).status_code == 409
    assert (nora.password_hash, invitation.used_at) == (None, None)


def test_a_new_password_by_slip_ends_the_old_sessions(app, school, client, sign_in):
    before = sign_in(school.dana)
    code, _invitation = slip_for(app, school.dana, school)
    client.post("/auth/invitation", data={"code": code})
    assert client.post("/auth/invitation/acceptance", data={"password": NEW}).status_code == 303
    assert before.get("/parent/").status_code == 303
    again = app.test_client()
    assert again.post("/auth/sign-in", data={"username": "dana", "password": PASSWORD}).status_code == 422
    assert again.post("/auth/sign-in", data={"username": "dana", "password": NEW}).status_code == 303


def test_from_the_offices_page_to_the_first_sign_in(app, school, sign_in, client):
    """The whole way over HTTP: add a guardian, print the slip, accept it, tick the identity."""
    pat = sign_in(school.pat)
    added = pat.post("/office/people/new", data={"role": "parent", "display_name": "Ola Olsen"})
    printed = pat.post(added.location + "/slip").text
    code = re.search(r'slip__code">([^<]+)<', printed)[1]
    client.post("/auth/invitation", data={"code": code})
    assert client.post("/auth/invitation/acceptance", data={"password": NEW}).status_code == 303
    assert client.get("/parent/").status_code == 200
    assert client.get("/messages/").status_code == 403
    pat.post(added.location + "/identity", data={"seen_identity": "yes"})
    assert client.get("/messages/").status_code == 200
