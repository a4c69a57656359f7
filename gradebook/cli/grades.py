"""`flask import-scores` and `flask export-grades`: one class's scores in, its grades out."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from gradebook.cli.reading import person_called
from gradebook.cli.roster import print_problems
from gradebook.clock import utc_now
from gradebook.extensions import db, only_reading
from gradebook.grading.values import points_text
from gradebook.interchange.grades_csv import as_csv, as_json
from gradebook.interchange.scores_csv import read_scores
from gradebook.interchange.tables import LARGEST, Unreadable
from gradebook.models import Enrollment, Position, RoleKind, Section
from gradebook.services import score_import
from gradebook.services.grade_export import grade_lines
from gradebook.services.periods import PeriodClosed
from gradebook.services.scores import Content


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(import_scores)
    app.cli.add_command(export_grades)


@click.command("import-scores")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--section", "public_id", metavar="ID", required=True, help="The class: the ID in its address.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--leave-out-problems", is_flag=True, help="Import the rest when some rows have problems.")
@click.option("--confirm-high", is_flag=True, help="Take over scores that are more than half above full marks.")
@click.option("--category", metavar="TITLE", help="For new assignments of which the file names no category.")
@click.option(
    "--as", "username", metavar="USERNAME", help="Whose name stands in the history; else the class's teacher."
)
@with_appcontext
def import_scores(
    path: Path,
    public_id: str,
    dry_run: bool,
    leave_out_problems: bool,
    confirm_high: bool,
    category: str | None,
    username: str | None,
) -> None:
    """Import scores into a class: a Canvas export, or a CSV with a row for each score (docs/imports.md)."""
    with only_reading():
        plan, actor_id = _prepared(path, public_id, category, confirm_high, username)
        _print_plan(plan)
    if dry_run:
        click.echo(_("Nothing was written: this was a dry run."))
        return
    plan.section = section_called(public_id)
    try:
        number = score_import.apply(
            plan, utc_now(), actor_id=actor_id, leave_out_problems=leave_out_problems, file=path.name
        )
        db.session.commit()
    except score_import.Refused as refused:
        db.session.rollback()
        raise click.ClickException(_why_not(refused.why)) from None
    except PeriodClosed as closed:
        words = _closed(closed)
        db.session.rollback()
        raise click.ClickException(words) from None
    click.echo(_("Everything was up to date. Nothing was written.") if number is None else _("Done."))


def _prepared(
    path: Path, public_id: str, category: str | None, confirm_high: bool, username: str | None
) -> tuple[score_import.ScorePlan, int]:
    section = section_called(public_id)
    actor_id = person_called(username).id if username else _teacher_of(section)
    try:
        with path.open("rb") as file:
            sheet = read_scores(file.read(LARGEST + 1), path.name)
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    click.echo(_("Read %(count)s scores of %(file)s", count=len(sheet.cells), file=path.name), err=True)
    return score_import.prepare(section, sheet, utc_now(), category=category, confirm_high=confirm_high), actor_id


def section_called(public_id: str) -> Section:
    """The class with this ID. Raises ClickException when there is none."""
    section = db.session.scalar(
        select(Section)
        .where(Section.public_id == public_id)
        .options(joinedload(Section.school), joinedload(Section.term))
    )
    if section is None:
        raise click.ClickException(_("There is no class with the ID %(id)s.", id=public_id))
    return section


def _teacher_of(section: Section) -> int:
    """Who leads the class, else anyone who teaches it: a change needs a name in the history."""
    places = db.session.execute(
        select(Enrollment.user_id, Enrollment.position)
        .where(Enrollment.section_id == section.id, Enrollment.role_kind == RoleKind.TEACHER)
        .order_by(Enrollment.id)
    ).all()
    if not places:
        raise click.ClickException(_("The class has no teacher. Say in whose name with --as USERNAME."))
    return int(min(places, key=lambda place: place.position != Position.LEAD).user_id)


def _print_plan(plan: score_import.ScorePlan) -> None:
    click.echo(_("%(format)s file into %(title)s", format=plan.format, title=plan.section.title))
    counts = (
        (_("new"), len(plan.new)), (_("changed"), len(plan.changed)), (_("same"), plan.same),
        (_("problems"), len(plan.problems)), (_("new assignments"), len(plan.assignments)),
        (_("new categories"), len(plan.categories)),
    )  # fmt: skip
    for name, count in counts:
        click.echo(f"  {name:<16}{count:>8}")
    for change in plan.changed[:50]:
        click.echo(f"  {change.student}, {change.assignment}: {_shown(change.before)} → {_shown(change.after)}")
    print_problems(_("Notes"), plan.notes)
    print_problems(_("Problems"), plan.problems)


def _shown(content: Content) -> str:
    if content.status != "none":
        return content.status
    if content.points is not None:
        text = points_text(content.points)
    else:
        text = content.letter or f"{points_text(content.percent or 0)}%"
    return f"{text} late" if content.late else text


def _closed(closed: PeriodClosed) -> str:
    return _(
        "Nothing was written: %(title)s is closed since %(day)s. The school office can reopen it on the page Terms.",
        title=closed.title, day=closed.school.today(closed.since).isoformat(),
    )  # fmt: skip


def _why_not(why: str) -> str:
    if why == "problems":
        return _("Nothing was written, because of the problems above. Mend the file, or add --leave-out-problems.")
    return _("Nothing was written: the class changed while the plan was made. Run the import again.")


@click.command("export-grades")
@click.option("--section", "public_id", metavar="ID", required=True, help="The class: the ID in its address.")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@with_appcontext
def export_grades(public_id: str, kind: str) -> None:
    """Print each student's current and final grade and letter; in JSON with the parts that they are made of."""
    with only_reading():
        section, now = section_called(public_id), utc_now()
        lines = grade_lines(section, now)
        if kind == "csv":
            click.echo(as_csv(lines), nl=False)
        else:
            click.echo(
                as_json(lines, title=section.title, school=section.school.name, term=section.term.title, at=now),
                nl=False,
            )
