"""`flask record-verify`: whether the record of a conversation is whole, and was given out by this Gradebook."""

from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask.cli import with_appcontext

from gradebook.extensions import db, only_reading
from gradebook.interchange import record_file
from gradebook.models import School, User
from gradebook.services import record_exports


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(record_verify)


@click.command("record-verify")
@click.argument("file", type=click.File("rb"))
@with_appcontext
def record_verify(file: IO[bytes]) -> None:
    """Look whether the record FILE (a ZIP) is whole, and to whom this Gradebook gave it and when. Fails if not."""
    try:
        found = record_file.verify(file)
    except record_file.NoRecord as problem:
        raise click.ClickException("This is not the record of a conversation.") from problem
    if found.wrong:
        raise click.ClickException(f"Not what SHA256SUMS says: {', '.join(found.wrong)}. The record was changed.")
    click.echo(f"Whole: conversation {found.conversation}, made for a {found.made_for}. SHA-256 {found.digest}")
    with only_reading():
        times = [_words(*each) for each in record_exports.fetched_as(found.digest)]
    if not times:
        raise click.ClickException("The log knows no such file: this Gradebook never gave it out like this.")
    click.echo("\n".join(times))


def _words(at: datetime, actor_id: int | None, school_id: int | None) -> str:
    """In the school's time zone."""
    person, school = db.session.get(User, actor_id), db.session.get(School, school_id)
    zone = school.timezone if school else "UTC"
    local = at.astimezone(ZoneInfo(zone))
    return f"Given to {person.display_name if person else 'nobody known'} on {local:%Y-%m-%d %H:%M} ({zone})."
