"""`flask create-office-user` and `flask sign-in-slip`."""

import re

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Invitation, Role, RoleKind, School, User
from tests.school import PASSWORD
from tests.steps import give_app


@pytest.fixture
def run(app, clock):
    return lambda *words: app.test_cli_runner().invoke(args=words)


def code_in(output):
    return re.search(r"Code: +(\w{4} \w{4})", output)[1]


def test_the_first_office_account_of_a_new_school(app, run):
    done = run("create-office-user", "Olu Ojo", "--school", "Ash School", "--timezone", "Africa/Lagos")
    assert done.exit_code == 0, done.output
    user, school = db.session.scalars(select(User)).one(), db.session.scalars(select(School)).one()
    assert (school.name, school.timezone) == ("Ash School", "Africa/Lagos")
    assert (user.username, user.password_hash) == ("olu.ojo", None)
    assert db.session.scalars(select(Role)).one().kind == RoleKind.OFFICE
    assert "Username: olu.ojo" in done.output
    client = app.test_client()
    client.post("/auth/invitation", data={"code": code_in(done.output)})
    assert client.post("/auth/invitation/acceptance", data={"password": "nine brown kettles sing"}).status_code == 303
    assert client.get("/office/people").location.startswith("/auth/second-step"), "then the second step"


def test_the_only_school_need_not_be_named(run):
    run("create-office-user", "Olu Ojo", "--school", "Ash School", "--timezone", "UTC")
    assert run("create-office-user", "Uma Uche").exit_code == 0
    assert run("create-office-user", "Ada Ade", "--school", "ash school").exit_code == 0
    assert len(db.session.scalars(select(School)).all()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Olu",), "Say which school"),
        (("Olu", "--school", "New"), "needs its time zone"),
        (("Olu", "--school", "New", "--timezone", "Mars/Base"), "needs its time zone"),
        (("Olu", "--school", "Oak School", "--username", "PAT"), "The username PAT is taken"),
        ((" ", "--school", "Oak School"), "NAME must have"),
        (("x" * 201, "--school", "Oak School"), "NAME must have"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(school, run, words, says):
    before = db.session.query(User).count(), db.session.query(School).count()
    done = run("create-office-user", *words)
    assert done.exit_code == 1
    assert says in done.output
    assert "Traceback" not in done.output
    db.session.rollback()
    assert (db.session.query(User).count(), db.session.query(School).count()) == before


def test_a_new_slip_for_who_cannot_get_in(school, run):
    done = run("sign-in-slip", "Pat")
    assert done.exit_code == 0, done.output
    assert code_in(done.output)
    assert db.session.scalars(select(Invitation)).one().user_id == school.pat.id


def test_no_slip_for_nobody_or_a_locked_account(school, run, clock):
    assert "There is nobody" in run("sign-in-slip", "nobody").output
    school.pat.deactivated_at = clock()
    db.session.commit()
    locked = run("sign-in-slip", "pat")
    assert (locked.exit_code, "is locked" in locked.output) == (1, True)


def test_the_servers_owner_takes_away_a_lost_second_step(app, school, run, sign_in):
    """A school whose only person of the office has lost phone and codes."""
    give_app(school.pat)
    pat = sign_in(school.pat)
    assert pat.get("/office/people").status_code == 200
    done = run("reset-second-step", "PAT")
    assert (done.exit_code, "The second step of pat is taken away" in done.output) == (0, True)
    assert pat.get("/office/people").location.startswith("/auth/sign-in")
    client = app.test_client()
    client.post("/auth/sign-in", data={"username": "pat", "password": PASSWORD})
    page = client.get("/auth/second-step").text
    assert "Your second step at sign-in was taken away" in page
    assert "Your second step at sign-in was taken away" not in client.get("/auth/second-step").text
    for username, says in (("pat", "pat has no second step"), ("nobody", "nobody with the username")):
        done = run("reset-second-step", username)
        assert (done.exit_code, says in done.output) == (1, True)


def test_a_code_for_the_demonstration_is_told_in_development_only(app, school, run, clock, monkeypatch):
    give_app(school.pat)
    assert "development only" in run("demo-code", "pat").output
    monkeypatch.setitem(app.config, "GRADEBOOK_ENV", "development")
    client = app.test_client()
    for _ in range(2):
        client.post("/auth/sign-in", data={"username": "pat", "password": PASSWORD})
        code = run("demo-code", "pat").output.strip()
        assert client.post("/auth/sign-in/code", data={"code": code}).status_code == 303
    assert "Try again in half a minute" in run("demo-code", "pat").output
    clock.advance(seconds=30)
    assert run("demo-code", "pat").exit_code == 0
    assert "quinn has no authenticator app" in run("demo-code", "quinn").output
