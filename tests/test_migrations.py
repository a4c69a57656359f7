"""Every step up and down, on both databases; the models and the steps say the same."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from gradebook.extensions import db
from tests.conftest import World, dispose


@pytest.fixture
def empty_app(world: World, empty_database: str):
    """The application on a database without a table."""
    app = world.make_app(empty_database)
    with app.app_context():
        yield app
        db.session.remove()
    dispose(app)


def tables():
    """The names of all tables but Alembic's own."""
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty_app):
    flask_migrate.upgrade()
    assert tables() == set(db.metadata.tables)
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == set(db.metadata.tables)


def test_the_steps_lead_to_what_the_models_say(empty_app):
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
