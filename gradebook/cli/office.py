"""The first person in (`create-office-user`), and the way back when nobody is left (`sign-in-slip`,
`reset-second-step`)."""

from datetime import datetime
from zoneinfo import available_timezones

import click
from flask import Flask, current_app
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import Role, RoleKind, School, User
from gradebook.services import invitations, rosters, second_step
from gradebook.services.accounts import name_key
from gradebook.services.rosters import Details, RosterError


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(create_office_user)
    app.cli.add_command(sign_in_slip)
    app.cli.add_command(reset_second_step)


@click.command("create-office-user")
@click.argument("name")
@click.option("--school", "school_name", metavar="NAME", help="The school; it is made if there is none of this name.")
@click.option("--timezone", metavar="ZONE", help="Of a new school, like Europe/London.")
@click.option("--username", help="The sign-in name; made from the name if left out.")
@click.option("--email", help="Their address.")
def create_office_user(
    name: str, school_name: str | None, timezone: str | None, username: str | None, email: str | None
) -> None:
    """Add NAME to the school office and print a one-use code with which they choose a password.

    There is no default password. With one school in the database, --school may be left out.
    """
    now = utc_now()
    name = name.strip()
    if not name or "\0" in name or len(name) > 200:
        raise click.ClickException("NAME must have 1 to 200 characters.")
    school = _school(school_name, timezone)
    details = Details(name, name, name[:100], username or rosters.suggest_username(name), email)
    try:
        user = rosters.add_person(school, RoleKind.OFFICE, details, school.today(now), now, actor_id=None)
    except RosterError:
        raise click.ClickException(
            f"The username {details.username} is taken. Choose another with --username, "
            f"or print a new code for it: flask sign-in-slip {details.username}"
        ) from None
    _print_slip(user, school, now)


@click.command("sign-in-slip")
@click.argument("username")
def sign_in_slip(username: str) -> None:
    """Print a one-use code with which USERNAME chooses a new password; older unused codes are void."""
    user = db.session.scalar(select(User).where(User.username_key == name_key(username)))
    school = db.session.scalar(
        select(School)
        .join(Role, Role.school_id == School.id)
        .where(Role.user_id == (user.id if user else None))
        .limit(1)
    )
    if user is None or school is None:
        raise click.ClickException(f"There is nobody with the username {username}.")
    if user.deactivated_at is not None:
        raise click.ClickException(f"The account {username} is locked.")
    _print_slip(user, school, utc_now())


@click.command("reset-second-step")
@click.argument("username")
def reset_second_step(username: str) -> None:
    """Take away the second step at sign-in of USERNAME, who has lost the phone and the recovery codes.

    Make sure who asks. Every session of theirs ends; they set up a new one when they sign in, and are told.
    """
    user = db.session.scalar(select(User).where(User.username_key == name_key(username)))
    if user is None:
        raise click.ClickException(f"There is nobody with the username {username}.")
    if not second_step.reset(user, utc_now(), school_id=None, actor_id=None):
        raise click.ClickException(f"{username} has no second step.")
    db.session.commit()
    click.echo(f"The second step of {user.username} is taken away; every session has ended.")


def _school(name: str | None, timezone: str | None) -> School:
    """The school of this name, made now if it is new; without a name, the only one."""
    schools = db.session.scalars(select(School).order_by(School.id)).all()
    if name is None:
        if len(schools) != 1:
            raise click.ClickException("Say which school: --school NAME (and --timezone ZONE for a new one).")
        return schools[0]
    found = [school for school in schools if school.name.casefold() == name.strip().casefold()]
    return found[0] if found else _new_school(name.strip(), timezone)


def _new_school(name: str, timezone: str | None) -> School:
    if not name:
        raise click.ClickException("The name of the school is empty.")
    if timezone not in available_timezones():
        raise click.ClickException("A new school needs its time zone: --timezone Europe/London, America/New_York …")
    school = School(name=name, timezone=timezone)
    db.session.add(school)
    db.session.flush()
    return school


def _print_slip(user: User, school: School, now: datetime) -> None:
    code, invitation = invitations.issue_slip(user, school, current_app.config["SECRET_KEY"], now, actor_id=None)
    db.session.commit()
    click.echo(f"School:   {school.name}")
    click.echo(f"Username: {user.username}")
    click.echo(f"Code:     {invitations.shown_code(code)}  (works once, until {invitation.expires_at:%d %b %Y})")
    click.echo(f"Open:     {current_app.config['BASE_URL']}/auth/invitation")
