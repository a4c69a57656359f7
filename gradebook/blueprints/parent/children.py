"""One child, and P2: one class of a child."""

from flask import render_template

from gradebook.blueprints.parent import bp
from gradebook.services import family
from gradebook.web import door, family_pages
from gradebook.web.login import current_person


@bp.get("/children/<student_id>")
@door.parent
def child(student_id: str) -> str:
    """All classes of one child."""
    found = family.child_of_guardian(current_person(), student_id)
    return render_template("parent/child.html", child=found, overview=found.overview)


@bp.get("/children/<student_id>/classes/<section_id>")
@door.parent
def section(student_id: str, section_id: str) -> str:
    """One class of one child: the same facts and working as the student sees."""
    return family_pages.class_of_child(current_person(), student_id, section_id)
