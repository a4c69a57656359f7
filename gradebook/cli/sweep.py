"""`flask sweep`: delete what signing in leaves behind. Run it daily."""

import click
from flask import Flask

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.services.accounts import sweep


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("sweep")(sweep_command)


def sweep_command() -> None:
    """Delete old sign-in tries, dead login sessions and forgotten devices."""
    gone = sweep(utc_now())
    db.session.commit()
    click.echo(f"{gone} rows deleted")
