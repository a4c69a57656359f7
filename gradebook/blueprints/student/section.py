"""S2: one class, and why its grade is what it is."""

from gradebook.blueprints.student import bp
from gradebook.web import door, family_pages
from gradebook.web.login import current_person


@bp.get("/classes/<section_id>")
@door.student
def section(section_id: str) -> str:
    """The grade with its working, and all work; or the levels of a class that grades outcomes."""
    return family_pages.class_of_student(current_person(), section_id)
