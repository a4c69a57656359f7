"""The server's side of the cookie: it dies at sign-out, with time, and when the account changes."""

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import AuditEntry, LoginSession
from tests.school import PASSWORD

NEW = "nineteen quiet otters swim"


def copy_of(client, app):
    """Another browser with the same cookies, as a thief would have it."""
    thief = app.test_client()
    thief._cookies = dict(client._cookies)
    return thief


def test_a_copied_cookie_is_dead_after_sign_out(app, school, sign_in):
    client = sign_in(school.rivera)
    thief = copy_of(client, app)
    assert thief.get("/auth/sessions").status_code == 200
    assert client.post("/auth/sign-out").status_code == 303
    assert thief.get("/auth/sessions").status_code == 303
    assert thief.get("/auth/sessions", headers={"X-Requested-With": "fetch"}).status_code == 401


def test_the_token_changes_at_each_sign_in_and_is_stored_as_a_hash(app, school, sign_in):
    first, second = sign_in(school.rivera), sign_in(school.rivera)
    tokens = []
    for client in (first, second):
        with client.session_transaction() as session:
            tokens.append(session["_user_id"])
    assert tokens[0] != tokens[1]
    stored = db.session.scalars(select(LoginSession.token_hash)).all()
    assert not set(tokens) & set(stored)


def test_what_stood_in_the_cookie_before_signing_in_is_gone(client, school):
    with client.session_transaction() as session:
        session["planted"] = "by someone else"
        session["csrf_token"] = "1" * 40
    client.post("/auth/sign-in", data={"username": "rivera", "password": PASSWORD})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "1" * 40


@pytest.mark.parametrize(("who", "minutes"), [("rivera", 30), ("pat", 30), ("dana", 60), ("maya", 60), ("tess", 30)])
def test_the_session_ends_after_the_idle_time_of_the_role(school, sign_in, clock, who, minutes):
    client = sign_in(school.people[who])
    clock.advance(minutes=minutes - 1)
    assert client.get("/auth/sessions").status_code == 200
    clock.advance(minutes=minutes)
    assert client.get("/auth/sessions").status_code == 303


def test_everyone_signs_in_anew_after_twelve_hours(school, sign_in, clock):
    client = sign_in(school.dana)
    for _ in range(13):
        clock.advance(minutes=55)
        assert client.get("/auth/sessions").status_code == 200
    clock.advance(minutes=55)
    assert client.get("/auth/sessions").status_code == 303


@pytest.mark.parametrize(("who", "stays"), [("dana", True), ("maya", True), ("rivera", False), ("tess", False)])
def test_only_families_keep_a_session_on_their_own_device(client, school, clock, who, stays):
    client.post("/auth/sign-in", data={"username": who, "password": PASSWORD, "own_device": "y"})
    clock.advance(days=29)
    assert (client.get("/auth/sessions").status_code == 200) is stays
    clock.advance(days=2)
    assert client.get("/auth/sessions").status_code == 303


def test_changing_the_password_ends_every_other_session(app, school, sign_in):
    here, there = sign_in(school.dana), sign_in(school.dana)
    answer = here.post("/auth/password", data={"current": PASSWORD, "password": NEW})
    assert answer.status_code == 303
    assert here.get("/auth/sessions").status_code == 200
    assert there.get("/auth/sessions").status_code == 303
    assert app.test_client().post("/auth/sign-in", data={"username": "dana", "password": PASSWORD}).status_code == 422
    assert app.test_client().post("/auth/sign-in", data={"username": "dana", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", NEW, "The current password is not right."),
        (PASSWORD, "too short", "Use 15 characters or more"),
        (PASSWORD, "aaaaaaaaaaaaaaaaaa", "easy to guess"),
        (PASSWORD, "Password1234567890", "easy to guess"),
        (PASSWORD, "dana.diaz.dana.diaz", "easy to guess"),
        (PASSWORD, "oak school oak school", "easy to guess"),
        (PASSWORD, "x" * 201, "Use 200 characters or fewer"),
        ("", "", "Enter your current password"),
    ],
)
def test_a_password_is_refused_with_its_reason(school, sign_in, current, new, words):
    client = sign_in(school.dana)
    answer = client.post("/auth/password", data={"current": current, "password": new})
    assert answer.status_code == 422
    assert words in answer.text
    assert new not in answer.text or not new


def test_a_student_needs_eight_characters(school, sign_in):
    client = sign_in(school.maya)
    assert client.post("/auth/password", data={"current": PASSWORD, "password": "owl tre"}).status_code == 422
    assert client.post("/auth/password", data={"current": PASSWORD, "password": "owl tree"}).status_code == 303


def test_emoji_blanks_and_64_characters_are_welcome(school, sign_in):
    client = sign_in(school.dana)
    answer = client.post("/auth/password", data={"current": PASSWORD, "password": "🦉 naïve owls " + "zebra " * 9})
    assert answer.status_code == 303


def test_guessing_the_current_password_is_held_up(school, sign_in, clock):
    client = sign_in(school.dana)
    for _ in range(10):
        assert client.post("/auth/password", data={"current": "wrong", "password": NEW}).status_code == 422
    assert client.post("/auth/password", data={"current": PASSWORD, "password": NEW}).status_code == 429


def test_a_deactivated_account_is_out_at_the_next_request(school, sign_in, clock):
    client = sign_in(school.rivera)
    school.rivera.deactivated_at = clock()
    assert client.get("/auth/sessions").status_code == 303


def test_a_role_that_ends_is_gone_at_the_next_request(school, sign_in, clock):
    client = sign_in(school.rivera)
    assert client.get("/teacher/").status_code == 200
    role = next(role for role in school.rivera.roles)
    role.ends_on = clock().date()
    assert client.get("/teacher/").status_code == 404


def test_one_can_end_ones_own_sessions_and_nobody_elses(app, school, sign_in):
    here, there, other = sign_in(school.dana), sign_in(school.dana), sign_in(school.erin)
    rows = {row.user_id: row.public_id for row in db.session.scalars(select(LoginSession).order_by(LoginSession.id))}
    theirs = rows[school.erin.id]
    here.post(f"/auth/sessions/{theirs}/ending")
    assert other.get("/auth/sessions").status_code == 200
    assert "Browser" in here.get("/auth/sessions").text
    assert here.post("/auth/sessions/endings").status_code == 303
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.act == "account.signed_out_everywhere"))
    assert (entry.actor_id, entry.person_id) == (school.dana.id, school.dana.id)
    assert there.get("/auth/sessions").status_code == 303
    assert here.get("/auth/sessions").status_code == 200


def test_a_person_with_two_roles_switches_between_them(school, sign_in):
    client = sign_in(school.tess)
    assert client.get("/").location == "/teacher/"
    refused = client.get("/parent/")
    assert refused.status_code == 403, "held, but not in use: the page offers the switch"
    assert client.post("/auth/role", data={"role": "parent-0"}).status_code == 303
    assert client.get("/").location == "/parent/"
    assert client.get("/parent/").status_code == 200
    assert client.get("/teacher/").status_code == 403


@pytest.mark.parametrize(
    "role", ["office-1", "teacher-999999", "student-0", "parent", "", "x-1", "teacher-١", "teacher--1"]
)
def test_a_role_one_does_not_hold_cannot_be_used(school, sign_in, role):
    client = sign_in(school.dana)
    assert client.post("/auth/role", data={"role": role}).status_code == 404 or role == "parent"
    assert client.get("/").location == "/parent/"


@pytest.mark.parametrize(("theme", "status"), [("dark", 303), ("light", 303), ("", 303), ("pink", 422)])
def test_the_theme_is_kept_with_the_account(school, sign_in, theme, status):
    client = sign_in(school.dana)
    assert client.post("/auth/appearance", data={"theme": theme}).status_code == status
    page = client.get("/auth/appearance").text
    assert (f'data-theme="{theme}"' in page) is (status == 303 and theme != "")


@pytest.mark.parametrize(("entry", "status"), [("fields", 303), ("right", 303), ("", 303), ("upside down", 422)])
def test_a_teacher_chooses_how_to_type_scores(school, sign_in, entry, status):
    client = sign_in(school.rivera)
    assert client.post("/auth/appearance", data={"theme": "", "grade_entry": entry}).status_code == status
    assert school.rivera.grade_entry == (entry or None if status == 303 else None)


def test_who_does_not_teach_is_not_asked_how_to_type_scores(school, sign_in):
    client = sign_in(school.dana)
    assert "Grade entry" not in client.get("/auth/appearance").text
    assert client.post("/auth/appearance", data={"theme": "", "grade_entry": "fields"}).status_code == 303
    assert school.dana.grade_entry is None


@pytest.mark.parametrize(
    ("who", "own_device", "words"), [("dana", "", "after 60 minutes"), ("pat", "", "after 30 minutes")]
)
def test_the_footer_says_when_one_is_signed_out(client, school, who, own_device, words):
    client.post("/auth/sign-in", data={"username": who, "password": PASSWORD, "own_device": own_device})
    assert words in client.get("/auth/sessions").text


def test_the_footer_promises_nothing_on_ones_own_device(client, school):
    client.post("/auth/sign-in", data={"username": "dana", "password": PASSWORD, "own_device": "y"})
    assert "without activity" not in client.get("/auth/sessions").text
