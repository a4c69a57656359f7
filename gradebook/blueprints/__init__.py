"""Everything that speaks HTTP, by audience. Blueprints do not import one another."""

from flask import Flask

from gradebook.blueprints import auth


def register_blueprints(app: Flask) -> None:
    """Bind the blueprints to their places."""
    app.register_blueprint(auth.bp)
