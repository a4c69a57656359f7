"""What the commands share: whom a username names."""

import click
from flask_babel import gettext as _
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import User


def person_called(username: str) -> User:
    """The account with this username. Raises ClickException when there is none."""
    user = db.session.scalar(select(User).where(User.username_key == username.strip().casefold()))
    if user is None:
        raise click.ClickException(_("Nobody has the username %(username)s.", username=username))
    return user
