"""What students use: home, one class with the reasons for its grade, and the calendar."""

from flask import Blueprint

bp = Blueprint("student", __name__, url_prefix="/student")

from gradebook.blueprints.student import (  # noqa: E402, F401 - bind the routes
    calendar,
    calendar_links,
    home,
    questions,
    reports,
    section,
)
