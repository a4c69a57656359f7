"""What the importing commands share: looking at the database without holding its write lock."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask_babel import gettext as _
from sqlalchemy import select

from gradebook.database import will_write
from gradebook.extensions import db
from gradebook.models import User


@contextmanager
def only_reading() -> Iterator[None]:
    """Inside, transactions do not take SQLite's write lock; the one that was begun is over afterwards."""
    token = will_write.set(False)
    try:
        yield
    finally:
        db.session.rollback()
        will_write.reset(token)


def person_called(username: str) -> User:
    """The account with this username. Raises ClickException when there is none."""
    user = db.session.scalar(select(User).where(User.username_key == username.strip().casefold()))
    if user is None:
        raise click.ClickException(_("Nobody has the username %(username)s.", username=username))
    return user
