"""The two roles on PostgreSQL: the owner of the tables, who migrates them, and the narrow one that serves.

Row-level security holds for the second alone, because owners and superusers can look past it.
"""

import logging
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from gradebook.config import ConfigurationError
from gradebook.database import engine_options, normalise_url
from gradebook.extensions import db

log = logging.getLogger("gradebook.database")

IS_WIDE = """
SELECT role.rolsuper OR role.rolbypassrls OR pg_has_role(role.oid, tables.relowner, 'MEMBER')
FROM pg_roles role, pg_class tables
WHERE role.rolname = current_user AND tables.oid = to_regclass('conversations')
"""

KEPT_BACK = {
    "audit_entries": "UPDATE, DELETE",
    "audit_seals": "INSERT, UPDATE, DELETE",
    "audit_head": "INSERT, UPDATE, DELETE",
}
"""What the role that serves may not do to these tables: the audit log is only added to. For tables that
are not there yet the migration that makes them takes the same back."""


def require_narrow_role(app: Flask) -> None:
    """Outside development serve PostgreSQL only as a role for which row-level security holds.

    Raises ConfigurationError; where the database does not answer yet, the first connection does.
    """
    if app.config["GRADEBOOK_ENV"] != "production":
        return
    with app.app_context():
        engine = db.engine
        if engine.dialect.name != "postgresql":
            return
        event.listen(engine, "connect", _refuse_wide_role)
        try:
            engine.connect().close()
        except OperationalError as problem:
            log.warning("the database does not answer yet: %s", problem.orig)
        engine.dispose()


def _refuse_wide_role(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(IS_WIDE)
        row = cursor.fetchone()
    connection.rollback()
    if row is not None and row[0]:
        raise ConfigurationError(
            "DATABASE_URL names a role for which row-level security does not hold: a superuser, or the owner of the "
            "tables. Make another with `flask create-database-roles`, and name the owner in DATABASE_OWNER_URL."
        )


def owner_engine() -> Engine:
    """Connects as the owner of the tables; as the application itself where no owner is named, and on SQLite."""
    url = normalise_url(current_app.config["DATABASE_OWNER_URL"])
    if not url or make_url(url).get_backend_name() == "sqlite":
        return db.engine
    return create_engine(url, poolclass=NullPool, connect_args=engine_options(url)["connect_args"])


# --- Making them


def make_role(connection: Connection, name: str, password: str | None) -> bool:
    """A role that can sign in and do nothing else yet. False where there is one of this name: it is left as it is."""
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}):
        return False
    _execute(
        connection, "CREATE ROLE {} LOGIN PASSWORD %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS", name, password
    )
    return True


def make_database(connection: Connection, name: str, owner: str) -> bool:
    """An empty database of this owner; False where there is one of this name. Not inside a transaction."""
    if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
        return False
    owned = f"OWNER {_quoted(connection, owner)} ENCODING 'UTF8' TEMPLATE template0"
    _execute(connection, f"CREATE DATABASE {{}} {owned}", name)
    return True


def let_in(connection: Connection, role: str) -> None:
    """Give the role that serves what it needs on the tables that there are and on those to come.

    The connection is the owner's. Twice does no harm.
    """
    for grant in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {}",
    ):
        _execute(connection, grant, role)
    for table, kept_back in KEPT_BACK.items():
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}):
            _execute(connection, f"REVOKE {kept_back} ON {table} FROM {{}}", role)


def _execute(connection: Connection, statement: str, name: str, *values: Any) -> None:
    connection.exec_driver_sql(statement.format(_quoted(connection, name)), values)


def _quoted(connection: Connection, name: str) -> str:
    """A name as SQL writes it; the driver reads every % twice."""
    return connection.dialect.identifier_preparer.quote_identifier(name).replace("%", "%%")
