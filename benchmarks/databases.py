"""The databases of a run: new ones, with the settings under which a school's data survives a power cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask

from benchmarks.loading import load
from benchmarks.workload import Workload
from gradebook.app import create_app
from gradebook.database_roles import owner_engine
from gradebook.extensions import db
from tests import postgres, sqlite

KEY = "measured-only-" * 4
DURABLE = "unix_socket_permissions = 0700\n"


@dataclass
class Database:
    """A filled database and the application on it, in this process."""

    kind: str
    url: str
    workload: Workload
    app: Flask
    folder: Path
    version: str

    @property
    def environment(self) -> dict[str, str]:
        """What a server needs to serve it."""
        return {
            "DATABASE_URL": postgres.application_url(self.url),
            "SECRET_KEY": KEY,
            "GRADEBOOK_ENV": "production",
            "INSTANCE_DIR": str(self.folder),
        }


@contextmanager
def databases(folder: Path, kinds: tuple[str, ...]) -> Iterator[dict[str, "sqlite.Databases | postgres.Databases"]]:
    """Makers of databases by kind; PostgreSQL is started if it is wanted, and gone afterwards."""
    server = postgres.Server(DURABLE, own_hands=False)
    makers: dict[str, sqlite.Databases | postgres.Databases] = {}
    try:
        if "sqlite" in kinds:
            makers["sqlite"] = sqlite.Databases(folder)
        if "postgresql" in kinds:
            server.start()
            makers["postgresql"] = postgres.Databases()
        yield makers
    finally:
        for maker in makers.values():
            maker.close()
        server.stop()


def fill(kind: str, url: str, workload: Workload, folder: Path) -> Database:
    """Migrate an empty database and load the school into it."""
    app = make_app(url, folder)
    with app.app_context():
        flask_migrate.upgrade()
        with owner_engine().begin() as connection:
            load(connection, workload)
        with db.engine.connect() as connection:
            version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
        db.engine.dispose()
    return Database(kind, url, workload, app, folder, version)


def make_app(url: str, folder: Path) -> Flask:
    """The application in this process, on this database."""
    return create_app(
        {
            "GRADEBOOK_ENV": "production",
            "DATABASE_URL": postgres.application_url(url),
            "DATABASE_OWNER_URL": url,
            "INSTANCE_DIR": str(folder),
            "SECRET_KEY": KEY,
            "MESSAGES_AN_HOUR": 1_000_000,
        }
    )
