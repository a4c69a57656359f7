"""The Flask extensions, created unbound; app.py binds them."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from gradebook.database import Base, will_write

db = SQLAlchemy(metadata=Base.metadata)  # the models inherit from Base alone; db gives the session and the engine
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()


@contextmanager
def only_reading() -> Iterator[None]:
    """Inside, transactions do not take SQLite's write lock; the one that was begun is over afterwards."""
    token = will_write.set(False)
    try:
        yield
    finally:
        db.session.rollback()
        will_write.reset(token)
