"""`flask create-database-roles` on a real server, and who may serve."""

import os
import secrets

import flask_migrate
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from gradebook.app import create_app
from gradebook.cli.database import create_database_roles
from gradebook.config import ConfigurationError
from gradebook.database_roles import require_narrow_role
from gradebook.extensions import db
from tests import postgres
from tests.conftest import dispose

pytestmark = pytest.mark.only("postgresql")
INSUFFICIENT_PRIVILEGE = "42501"


@pytest.fixture
def names():
    """Two roles and a database that are not there yet; gone afterwards."""
    ending = secrets.token_hex(4)
    owner, app, database = f"owner {ending}", f"app_{ending}", f"school_{ending}"
    yield owner, app, database
    with postgres.administrator().connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {database}"))
        connection.execute(text(f'DROP ROLE IF EXISTS "{owner}", {app}'))


@pytest.fixture
def made(world, names, tmp_path):
    """made(**settings): an application that is told these addresses."""
    owner, role, database = names
    address = make_url(os.environ[postgres.ADDRESS]).set(database=database, password="it's a pass%word")
    urls = {
        "DATABASE_OWNER_URL": address.set(username=owner).render_as_string(hide_password=False),
        "DATABASE_URL": address.set(username=role).render_as_string(hide_password=False),
    }
    apps = []

    def made(**settings):
        secret = {"SECRET_KEY": "k" * 40, "INSTANCE_DIR": str(tmp_path), "GRADEBOOK_ENV": "production"}
        apps.append(create_app({**secret, **urls, **settings}))
        return apps[-1]

    yield made
    for app in apps:
        dispose(app)


def run(app):
    return app.test_cli_runner().invoke(create_database_roles, ["--admin", os.environ[postgres.ADDRESS]])


def may(app, statement):
    """Whether the application's role may do this."""
    with app.app_context(), db.engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except ProgrammingError as error:
            return error.orig.pgcode != INSUFFICIENT_PRIVILEGE
    return True


def test_an_owner_who_migrates_and_a_role_that_serves(made, names):
    app = made()
    for turn in ("Made the database", "is there already"):
        result = run(app)
        assert result.exit_code == 0, result.output
        assert turn in result.output
    with app.app_context():
        flask_migrate.upgrade()
    assert may(app, "DELETE FROM schools")
    for _turn in ("as the migration left it", "given anew"):
        for table in ("audit_entries", "audit_seals", "audit_head"):
            assert may(app, f"SELECT count(*) FROM {table}")
            assert not may(app, f"DELETE FROM {table}")
        assert not may(app, "UPDATE audit_entries SET act = 'other'")
        assert not may(app, "UPDATE audit_seals SET hash = ''")
        assert not may(app, "INSERT INTO audit_seals VALUES (1, 1, '')")
        assert not may(app, "UPDATE audit_head SET number = 2")
        assert may(app, "INSERT INTO audit_entries (at, act, facts) VALUES (now(), 'x', '{}')")
        assert run(app).exit_code == 0
    assert may(app, "SELECT nextval('schools_id_seq')")
    assert not may(app, "ALTER TABLE schools ADD COLUMN more int")
    assert not may(app, "CREATE TABLE more (id int)")
    assert not may(app, "TRUNCATE users CASCADE")
    require_narrow_role(app)
    superuser = make_url(os.environ[postgres.ADDRESS]).set(database=names[2]).render_as_string(hide_password=False)
    for url in (app.config["DATABASE_OWNER_URL"], superuser):
        with pytest.raises(ConfigurationError, match="create-database-roles"):
            require_narrow_role(made(DATABASE_URL=url))
        require_narrow_role(made(DATABASE_URL=url, GRADEBOOK_ENV="development"))


def test_a_database_that_does_not_answer_yet_is_asked_later(made, caplog):
    require_narrow_role(made())
    assert "does not answer yet" in caplog.text


def test_two_addresses_that_are_one_role_are_refused(made):
    app = made()
    result = run(made(DATABASE_URL=app.config["DATABASE_OWNER_URL"]))
    assert result.exit_code == 1
    assert "must be two" in result.output
    assert "DATABASE_OWNER_URL must name" in run(made(DATABASE_OWNER_URL="")).output
