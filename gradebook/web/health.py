"""Two answers for the people who run the server: is it alive, is it ready."""

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gradebook.extensions import db
from gradebook.web import door


def init_app(app: Flask) -> None:
    """Register /healthz and /readyz."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


@door.public
def healthz() -> tuple[str, int, dict[str, str]]:
    """The process answers. Asks nothing of the database."""
    return "alive\n", 200, {"Content-Type": "text/plain"}


@door.public
def readyz() -> tuple[str, int, dict[str, str]]:
    """The database answers too; 503 while it does not."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "not ready\n", 503, {"Content-Type": "text/plain"}
    return "ready\n", 200, {"Content-Type": "text/plain"}
