"""`flask demo`: load the demonstration school into an empty database. `flask demo-code`: a code to sign in with."""

import click
from flask import Flask, current_app
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import School, User
from gradebook.services import accounts, second_step
from gradebook.services.demonstration import load_demonstration_school


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("demo")(demo)
    app.cli.add_command(demo_code)


def demo() -> None:
    """Load the demonstration school; only in development, and only where there is no school yet."""
    if current_app.config["GRADEBOOK_ENV"] == "production":
        raise click.ClickException("The demonstration school is not for production.")
    if db.session.scalar(select(School.id).limit(1)) is not None:
        raise click.ClickException("This database holds a school already; nothing was changed.")
    sign_ins = load_demonstration_school(utc_now())
    db.session.commit()
    for sign_in in sign_ins:
        click.echo(sign_in.line)


@click.command("demo-code")
@click.argument("username", default="office")
def demo_code(username: str) -> None:
    """Print the code with which USERNAME signs in now; only in development, in place of an authenticator app."""
    if current_app.config["GRADEBOOK_ENV"] != "development":
        raise click.ClickException("Codes come from a person's own authenticator app. This is for development only.")
    user = db.session.scalar(select(User).where(User.username_key == accounts.name_key(username)))
    app = second_step.newest_app(user.id) if user else None
    if app is None:
        raise click.ClickException(f"{username} has no authenticator app.")
    now = utc_now()
    code = second_step.next_code(app, current_app.config["SECRET_KEY"], now)
    if code is None:
        raise click.ClickException("The codes of this minute are used up. Try again in half a minute.")
    click.echo(code)
