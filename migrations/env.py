"""Runs the migration steps on the application's database (through Flask-Migrate)."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from gradebook.database import Points, UtcDateTime, will_write
from gradebook.database_roles import owner_engine

database = current_app.extensions["migrate"].db


def run_migrations() -> None:
    """All steps in one transaction, on both databases: a step that fails leaves nothing behind."""
    will_write.set(True)
    with owner_engine().connect() as connection:
        _check_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transactional_ddl=True,
            render_item=_plain_types,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        _check_foreign_keys(connection, "ON")


def _check_foreign_keys(connection: Connection, state: str) -> None:
    """SQLite changes a table by copying it, which its checks forbid; they can be switched outside a transaction."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={state}")


def _plain_types(kind: str, item: Any, _autogenerate: Any) -> str | bool:
    """Our column types as the plain ones behind them: an old step must not change when our code does."""
    if kind == "type" and isinstance(item, Points):
        return "sa.Integer()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database, not as a script of SQL.")
run_migrations()
