"""S2: one class, and why its grade is what it is."""

from flask import render_template

from gradebook.blueprints.student import bp
from gradebook.services import family
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/classes/<section_id>")
@door.student
def section(section_id: str) -> str:
    """The grade with its working, and all work."""
    found = family.class_of_student(current_person(), section_id)
    return render_template("student/section.html", family_class=found)
