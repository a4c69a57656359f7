"""The `flask` commands, a module per subject."""

from flask import Flask

from gradebook.cli import demo, grades, office, roster, worker


def init_app(app: Flask) -> None:
    """Register every command."""
    for module in (demo, grades, office, roster, worker):
        module.init_app(app)
