"""Everything that speaks HTTP, by audience. Blueprints do not import one another."""

from flask import Flask

from gradebook.blueprints import auth, messages, office, parent, student, teacher


def register_blueprints(app: Flask) -> None:
    """Bind the blueprints to their places."""
    for blueprint in (auth.bp, messages.bp, office.bp, parent.bp, student.bp, teacher.bp):
        app.register_blueprint(blueprint)
