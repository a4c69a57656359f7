"""`flask worker`: does the queued and scheduled work."""

import os

import click
from flask import Flask

from gradebook.jobs.worker import parent_is, work


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.command("worker")(worker)


@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one stops.")
def worker(with_parent: bool) -> None:
    """Do jobs until stopped. One worker is enough; several share the work."""
    try:
        work(parent_is(os.getppid()) if with_parent else lambda: True)
    except KeyboardInterrupt:
        click.echo("Worker stopped.")
