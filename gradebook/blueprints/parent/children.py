"""One child, and P2: one class of a child."""

from flask import render_template

from gradebook.blueprints.parent import bp
from gradebook.services import family, outcomes
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment


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
    person = current_person()
    found, family_class = family.class_of_child(person, student_id, section_id)
    rated = None
    if family_class.section.grades_outcomes:
        rated = outcomes.outcomes_for_family(family_class.section, found.id, moment())
    return render_template(
        "parent/outcomes.html" if rated else "parent/section.html",
        child=found,
        family_class=family_class,
        rated=rated,
        neighbours=found.neighbours(family_class.section),
        teacher=family.teacher_to_write_to(person, found, family_class),
    )
