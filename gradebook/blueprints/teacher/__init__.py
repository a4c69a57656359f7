"""What teachers use: home, the class grid, assignments, rules, one student in a class."""

from flask import Blueprint

bp = Blueprint("teacher", __name__, url_prefix="/teacher")

from gradebook.blueprints.teacher import (  # noqa: E402, F401 - bind the routes
    assignments,
    bank,
    blanks,
    columns,
    comments,
    gradebook,
    grid_news,
    grid_stream,
    history,
    home,
    outcomes,
    overrides,
    posting,
    questions,
    ratings,
    reports,
    rules,
    rules_history,
    seen,
    set_up,
    students,
    undo,
    view_as,
)
