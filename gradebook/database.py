"""The ground under the models: the declarative base, the column types, and how each database is opened."""

import secrets
import sqlite3
import string
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Enum, Integer, MetaData, String, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from gradebook.prepared import prepare_statements

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SQLITE_OLDEST = (3, 35, 0)  # RETURNING

# Whether the transaction that begins next will write. Requests that only read say False (web/requests.py),
# so that on SQLite they do not wait for a writer; everything else takes the write lock at once, because a
# deferred BEGIN that upgrades later fails with "database is locked" whatever the busy timeout is.
will_write: ContextVar[bool] = ContextVar("will_write", default=True)


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=NAMING)


class Points(TypeDecorator[Decimal]):
    """An exact number with two decimals (points, percent, weights), stored as whole hundredths.

    An integer column can hold neither NaN nor a rounding error, on either database.
    """

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        hundredths = Decimal(value) * 100
        if hundredths != int(hundredths):
            raise ValueError(f"{value} has more than 2 decimal places")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; kept in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must say its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """SQLite keeps text without a zone: read it in one step, for a page may hold a thousand moments."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        return lambda text: None if text is None else datetime.fromisoformat(f"{text}+00:00")


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY


def enum_column(kind: type[StrEnum], name: str) -> Enum:
    """A text column that accepts the values of `kind` only, held by a CHECK called `name`."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


_ALPHABET = string.ascii_letters + string.digits


def new_public_id() -> str:
    """12 random letters and digits: what stands in a URL, never a counter (71 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class HasId:
    """A row with a counted key."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)


class HasPublicId(HasId):
    """A row that a URL can name."""

    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)


def sha256_of(text: str) -> str:
    """In hexadecimal. SQLite has no such function of its own; its trigger that seals the audit log needs one."""
    return sha256(text.encode()).hexdigest()


def normalise_url(url: str) -> str:
    """The database URL with the driver that is installed: `postgres://` and `postgresql://` mean psycopg2."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg2://" + url.removeprefix(scheme)
    return url


AS_WRITTEN = "-c join_collapse_limit=1 -c jit=off"
"""PostgreSQL joins tables in the order in which we wrote them. Our statements join up to ten by their keys: trying
the other orders took the planner up to 20 ms for an answer of 1 ms (docs/decisions/0017)."""


def engine_options(url: str) -> dict[str, Any]:
    """What create_engine() needs for this database."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 10}}
    pool = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
    # The connection that was used last has the plans (prepared.py) and the tables' facts at hand; others come cold.
    return {**pool, "pool_use_lifo": True, "connect_args": {"options": AS_WRITTEN}}


def prepare_engine(engine: Engine) -> None:
    """Open SQLite connections safely (architecture.md 5); let those of PostgreSQL keep plans."""
    if engine.dialect.name != "sqlite":
        prepare_statements(engine)
        return
    if sqlite3.sqlite_version_info < SQLITE_OLDEST:
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed")
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own transactions silently lost updates in a trial
    connection.create_function("sha256_of", 1, sha256_of, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=10000",
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged score survives a power cut
        "foreign_keys=ON",
        "cache_size=-1024",  # KiB for each thread's connection; what is not in it is in the system's cache
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Straight to the driver: every request begins a transaction, and around a statement SQLAlchemy does much more."""
    statement = "BEGIN IMMEDIATE" if will_write.get() else "BEGIN"
    try:
        connection.connection.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error
