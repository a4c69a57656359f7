"""`flask worker`: does the queued and scheduled work."""

import os

import click
from flask import Flask, current_app

from gradebook.config import ConfigurationError
from gradebook.database_roles import require_narrow_role
from gradebook.jobs.worker import parent_is, work


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("worker")(worker)


@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one stops.")
def worker(with_parent: bool) -> None:
    """Do jobs until stopped. One worker is enough; several share the work."""
    try:
        require_narrow_role(current_app)
        work(parent_is(os.getppid()) if with_parent else lambda: True)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("Worker stopped.")
