"""What parents use: all children at a glance, and each child's classes."""

from flask import Blueprint

bp = Blueprint("parent", __name__, url_prefix="/parent")

from gradebook.blueprints.parent import children, home, interests, reports, seen  # noqa: E402, F401 - bind the routes
