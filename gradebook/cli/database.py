"""`flask create-database-roles`: the owner and the serving role of a PostgreSQL database."""

from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import URL, NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from gradebook import database_roles
from gradebook.database import normalise_url


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(create_database_roles)


@click.command("create-database-roles")
@click.option(
    "--admin",
    metavar="URL",
    envvar="DATABASE_ADMIN_URL",
    default="postgresql:///postgres",
    show_default=True,
    help="The server as somebody who may create roles and databases; also from DATABASE_ADMIN_URL.",
)
@with_appcontext
def create_database_roles(admin: str) -> None:
    """Make the roles and the database that DATABASE_OWNER_URL and DATABASE_URL name, where they are missing.

    The owner makes the tables (flask db upgrade); the other serves, and row-level security holds for it. Roles and
    databases that are there already stay as they are; the rights are given in any case.
    """
    owner, app = _named("DATABASE_OWNER_URL"), _named("DATABASE_URL")
    if owner.username == app.username:
        raise click.ClickException("DATABASE_OWNER_URL and DATABASE_URL name the same role. They must be two.")
    if owner.database != app.database:
        raise click.ClickException("DATABASE_OWNER_URL and DATABASE_URL name different databases.")
    try:
        _create(_engine(make_url(normalise_url(admin)), isolation_level="AUTOCOMMIT"), owner, app)
    except DBAPIError as error:
        raise click.ClickException(f"PostgreSQL refused: {str(error.orig).strip()}") from None


def _named(setting: str) -> URL:
    text = current_app.config[setting]
    url = make_url(normalise_url(text)) if text else None
    if url is None or url.get_backend_name() != "postgresql" or not url.username or not url.database:
        raise click.ClickException(f"{setting} must name a role and a database: postgresql://role:password@host/name")
    return url


def _engine(url: URL, **options: Any) -> Any:
    return create_engine(url, poolclass=NullPool, **options)


def _create(admin: Any, owner: URL, app: URL) -> None:
    with admin.connect() as connection:
        for url in (owner, app):
            _tell(database_roles.make_role(connection, str(url.username), url.password), "role", url.username)
        made = database_roles.make_database(connection, str(owner.database), str(owner.username))
        _tell(made, "database", owner.database)
    with _engine(owner).begin() as connection:
        database_roles.let_in(connection, str(app.username))
    click.echo(f"{app.username} may use what {owner.username} makes in {owner.database}. Next: flask db upgrade")


def _tell(is_new: bool, kind: str, name: str | None) -> None:
    click.echo(f"Made the {kind} {name}." if is_new else f"The {kind} {name} is there already.")
