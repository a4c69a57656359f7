"""One child on paper for a meeting: all classes in short, or one class in full."""

from flask import render_template

from gradebook.blueprints.parent import bp
from gradebook.services import family, outcomes
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/children/<student_id>/report")
@door.parent
def report(student_id: str) -> str:
    """All classes of the term: grade, what is missing, the latest scores and feedback."""
    child = family.child_of_guardian(current_person(), student_id)
    return render_template("parent/report.html", child=child, family_class=None)


@bp.get("/children/<student_id>/classes/<section_id>/report")
@door.parent
def section_report(student_id: str, section_id: str) -> str:
    """One class: the grade with its sum, and all work with feedback; or the levels of its outcomes."""
    person = current_person()
    child, one = family.class_of_child(person, student_id, section_id)
    rated = outcomes.outcomes_for_family(one.section, child.id, person.now) if one.section.grades_outcomes else None
    return render_template("parent/report.html", child=child, family_class=one, rated=rated)
