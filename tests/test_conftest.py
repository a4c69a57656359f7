"""The ground that the other tests stand on: what a test writes is gone, and nothing is counted twice."""

import pytest
from sqlalchemy import func, select, text

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import LoginSession, School


def schools() -> int:
    return db.session.scalar(select(func.count()).select_from(School))


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(app, turn):
    assert schools() == 0
    db.session.add(School(name="Oak School", timezone="America/New_York"))
    db.session.commit()
    db.session.remove()
    assert schools() == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_view_commits_is_gone_for_the_next(app, school, sign_in, turn):
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0
    sign_in(school.rivera)
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1


@pytest.mark.commits
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits_for_real_has_a_database_of_its_own(app, turn):
    assert schools() == 0
    db.session.add(School(name="Oak School", timezone="America/New_York"))
    db.session.commit()
    with db.engine.connect() as another:
        assert another.scalar(select(func.count()).select_from(School)) == 1


def test_two_people_use_two_browsers(school, sign_in):
    rivera, maya = sign_in(school.rivera), sign_in(school.maya)
    for client, address in ((rivera, "/teacher/"), (maya, "/student/")):
        assert client.get(address).status_code == 200
    assert maya.get("/teacher/").status_code in (403, 404)


def test_a_post_without_the_token_is_refused(client):
    answer = client.post("/auth/sign-in", data={"username": "rivera", "password": "x"}, csrf=False)
    assert answer.status_code == 400


def test_statements_are_counted_but_not_their_transactions(app, count_statements):
    with count_statements() as seen:
        db.session.execute(text("SELECT 1"))
        with db.session.begin_nested():
            db.session.execute(text("SELECT 2"))
        db.session.commit()
    assert seen == ["SELECT 1", "SELECT 2"]


def test_time_moves_only_when_it_is_told_to(clock):
    before = utc_now()
    assert utc_now() == before
    clock.advance(hours=1)
    assert (utc_now() - before).total_seconds() == 3600


@pytest.mark.only("postgresql")
def test_a_test_about_one_database_runs_there_only(app, database_kind):
    assert database_kind == db.engine.dialect.name == "postgresql"
