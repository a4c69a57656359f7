"""What students use: home and one class with the reasons for its grade."""

from flask import Blueprint

bp = Blueprint("student", __name__, url_prefix="/student")

from gradebook.blueprints.student import home, section  # noqa: E402, F401 - bind the routes
