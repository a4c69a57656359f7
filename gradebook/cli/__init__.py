"""The `flask` commands, a module per subject."""

from flask import Flask
from flask_migrate import Migrate

from gradebook.cli import audit, database, demo, grades, office, records, roster, worker
from gradebook.config import ROOT
from gradebook.extensions import db

migrate = Migrate(render_as_batch=True, compare_type=True)  # an extension that only `flask db` needs


def init_app(app: Flask) -> None:
    """Register every command."""
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    for module in (audit, database, demo, grades, office, records, roster, worker):
        module.init_app(app)
