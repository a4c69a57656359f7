"""`flask demo`: load the demonstration school into an empty database."""

import click
from flask import Flask, current_app
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import School
from gradebook.services.demonstration import load_demonstration_school


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("demo")(demo)


def demo() -> None:
    """Load the demonstration school; only in development, and only where there is no school yet."""
    if current_app.config["GRADEBOOK_ENV"] == "production":
        raise click.ClickException("The demonstration school is not for production.")
    if db.session.scalar(select(School.id).limit(1)) is not None:
        raise click.ClickException("This database holds a school already; nothing was changed.")
    sign_ins = load_demonstration_school(utc_now())
    db.session.commit()
    for sign_in in sign_ins:
        click.echo(f"{sign_in.role:<22} {sign_in.username:<14} {sign_in.password}")
