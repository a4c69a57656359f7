"""The Flask extensions, created unbound; app.py binds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import CursorResult, Executable

from gradebook.database import Base, will_write

db = SQLAlchemy(metadata=Base.metadata)  # the models inherit from Base alone; db gives the session and the engine
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()


def execute_plain(statement: Executable, values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement of plain tables and columns, after what was changed in the session.

    The session would only pass it on, and takes as long for that as for all else.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


@contextmanager
def only_reading() -> Iterator[None]:
    """Inside, transactions do not take SQLite's write lock; the one that was begun is over afterwards."""
    token = will_write.set(False)
    try:
        yield
    finally:
        db.session.rollback()
        will_write.reset(token)
