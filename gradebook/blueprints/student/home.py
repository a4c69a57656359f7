"""S1: the student's home."""

from flask import render_template

from gradebook.blueprints.student import bp
from gradebook.services import family
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/")
@door.student
def home() -> str:
    """Where do I stand, what is new, what do I do next."""
    return render_template("student/home.html", overview=family.overview_of_student(current_person()))
