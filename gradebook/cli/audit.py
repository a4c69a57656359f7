"""`flask audit-verify`: whether the audit log is what was written."""

import re

import click
from flask import Flask
from flask.cli import with_appcontext

from gradebook.extensions import only_reading
from gradebook.services import audit_chain
from gradebook.services.audit_chain import Break, Fault

WORDS = {
    Fault.CHANGED: "Entry {number} ({row}) is not what Gradebook wrote: it was changed, moved or put in by hand.",
    Fault.REMOVED: "Entry {number} ({row}) was removed.",
    Fault.INSERTED: "An entry ({row}) was put in past Gradebook: it has no seal.",
    Fault.LAST_REMOVED: "Entry {number}, and whatever came after it, was removed.",
    Fault.HEAD_CHANGED: "Up to the last entry all is whole, but audit_head says something else: it was changed.",
    Fault.NOT_AS_KEPT: "Entry {number} has another hash than the one that was kept: the log was written anew.",
}


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(audit_verify)


def _kept(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text.strip().lower())
    if found is None:
        raise click.BadParameter("it must be as this command prints it: a number, a colon and 64 letters and digits.")
    return int(found[1]), found[2]


@click.command("audit-verify")
@click.option(
    "--kept", metavar="NUMBER:HASH", callback=_kept, help="A newest hash of an earlier day, from where it was kept."
)
@with_appcontext
def audit_verify(kept: tuple[int, str] | None) -> None:
    """Go through the whole audit log; name the first entry that was changed, removed or put in, and fail.

    The last line is the newest hash. Keep it outside: with --kept it shows later that nobody wrote the log anew.
    """
    with only_reading():
        verdict = audit_chain.verify(kept)
    if verdict.broken is not None:
        whole = f"Entries 1 to {verdict.number} are whole." if verdict.number else "No entry before it is whole."
        raise click.ClickException(f"{_words(verdict.broken)} {whole}")
    click.echo(f"The audit log is whole: {verdict.number} entries.", err=True)
    click.echo(f"{verdict.number}:{verdict.hash}")


def _words(broken: Break) -> str:
    row = f"row {broken.entry_id} of audit_entries" if broken.entry_id is not None else "its row is not known any more"
    if broken.at is not None:
        row += f", {broken.act}, {broken.at:%Y-%m-%d %H:%M} UTC"
    return WORDS[broken.fault].format(number=broken.number, row=row)
