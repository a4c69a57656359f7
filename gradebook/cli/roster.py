"""`flask import-oneroster`: people, classes and enrollments from the school's student system."""

import math
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.cli.reading import person_called
from gradebook.clock import utc_now
from gradebook.extensions import db, only_reading
from gradebook.interchange.oneroster.plan import Plan
from gradebook.interchange.oneroster.reader import read_roster
from gradebook.interchange.tables import Problem, Unreadable
from gradebook.jobs import closings
from gradebook.services import roster_import

SHOWN = 50
"""Problems and notes that are printed; their number always is."""


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(import_oneroster)


@click.command("import-oneroster")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--leave-out-problems", is_flag=True, help="Import the rest when some rows have problems.")
@click.option("--allow-ending", is_flag=True, help="Agree that more than 10% of people or enrollments end.")
@click.option("--timezone", metavar="ZONE", help="Time zone of schools that are new, like America/New_York.")
@click.option("--as", "username", metavar="USERNAME", help="Whose name stands in the history and the audit log.")
@click.option("--details", is_flag=True, help="Print every planned change, old and new.")
@with_appcontext
def import_oneroster(
    path: Path,
    dry_run: bool,
    leave_out_problems: bool,
    allow_ending: bool,
    timezone: str | None,
    username: str | None,
    details: bool,
) -> None:
    """Import a OneRoster 1.1 or 1.2 CSV export (or School Data Sync 2.1): a folder or a zip."""
    prepared, actor_id = _prepared(path, _known_zone(timezone), username)
    _print_plan(prepared.plan, details)
    if dry_run:
        click.echo(_("Nothing was written: this was a dry run."))
        return
    closings.keep_for(math.inf)  # in transactions of their own, so that the import's need not do it all
    try:
        roster_import.apply(
            prepared, utc_now(), actor_id=actor_id, leave_out_problems=leave_out_problems,
            allow_ending=allow_ending, progress=_progress(_("Wrote")),
        )  # fmt: skip
        db.session.commit()
    except roster_import.Refused as refused:
        db.session.rollback()
        raise click.ClickException(_why_not(refused.why, prepared.plan)) from None
    click.echo(_("Done.") if prepared.plan.writes else _("Everything was up to date. Nothing was written."))


def _prepared(path: Path, timezone: str | None, username: str | None) -> tuple[roster_import.Prepared, int | None]:
    """The plan, made without a lock that could hold up a teacher."""
    try:
        roster = read_roster(path, _progress(_("Read")))
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    with only_reading():
        actor = person_called(username) if username else None
        return roster_import.prepare(roster, utc_now(), timezone), actor.id if actor else None


def _known_zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(_("%(name)s is not a time zone.", name=name), param_hint="--timezone") from None


def _progress(verb: str) -> Any:
    def tell(what: str, rows: int) -> None:
        click.echo(f"{verb} {what}: {rows}", err=True)

    return tell


def _print_plan(plan: Plan, details: bool) -> None:
    heads = (_("created"), _("changed"), _("ended"), _("unchanged"))
    click.echo(f"{'':<14}" + "".join(f"{head:>11}" for head in heads))
    for name, counts in plan.counts().items():
        if any(counts.values()):
            click.echo(f"{name:<14}" + "".join(f"{count:>11}" for count in counts.values()))
    if details:
        _print_changes(plan)
    print_problems(_("Notes"), plan.notes)
    print_problems(_("Problems"), plan.problems)
    for file, count in sorted(plan.left_out.items()):
        click.echo(
            ngettext(
                "%(num)s row of %(file)s.csv depends on a row with a problem.",
                "%(num)s rows of %(file)s.csv depend on rows with problems.",
                count, file=file,
            )
        )  # fmt: skip


def _print_changes(plan: Plan) -> None:
    for name, kind in plan.kinds.items():
        for sign, items in (("+", kind.created), ("~", kind.changed), ("-", kind.ended)):
            for item in items:
                before = item.before or {}
                words = ", ".join(f"{key}: {before.get(key)} → {value}" for key, value in item.values.items())
                click.echo(f"{sign} {name}: {item.label}" + (f" ({words})" if item.before is not None else ""))


def print_problems(title: str, problems: list[Problem]) -> None:
    """Their number, and the first of them with file and line."""
    if not problems:
        return
    click.echo(f"\n{title}: {len(problems)}")
    for problem in problems[:SHOWN]:
        click.echo(f"  {problem}")
    if len(problems) > SHOWN:
        click.echo(_("  … and %(count)s more", count=len(problems) - SHOWN))


def _why_not(why: str, plan: Plan) -> str:
    if why == "problems":
        return _("Nothing was written, because of the problems above. Mend the files, or add --leave-out-problems.")
    if why == "endings":
        words = ", ".join(f"{each.ended} of {each.of} {each.kind}" for each in plan.too_much)
        return _(
            "Nothing was written: the files would end %(what)s. Most often a file is incomplete. "
            "If it is right, add --allow-ending.",
            what=words,
        )
    if why == "no_teacher":
        return _("Nothing was written: a class with scores has no teacher. Say in whose name with --as USERNAME.")
    return _("Nothing was written: the database changed while the plan was made. Run the import again.")
