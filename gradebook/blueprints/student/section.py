"""S2: one class, and why its grade is what it is."""

from flask import render_template

from gradebook.blueprints.student import bp
from gradebook.services import family, outcomes
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/classes/<section_id>")
@door.student
def section(section_id: str) -> str:
    """The grade with its working, and all work; or the levels of a class that grades outcomes."""
    person = current_person()
    found = family.class_of_student(person, section_id)
    if found.section.grades_outcomes:
        rated = outcomes.outcomes_for_family(found.section, person.id, moment())
        return render_template("student/outcomes.html", family_class=found, rated=rated)
    return render_template("student/section.html", family_class=found)
