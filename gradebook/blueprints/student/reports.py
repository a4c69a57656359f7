"""A student's own report on paper: all classes in short, or one class in full."""

from flask import render_template

from gradebook.blueprints.student import bp
from gradebook.services import family, outcomes
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/report")
@door.student
def report() -> str:
    """All classes of the term: grade, what is missing, the latest scores and feedback."""
    overview = family.overview_of_student(current_person())
    return render_template("student/report.html", overview=overview, family_class=None)


@bp.get("/classes/<section_id>/report")
@door.student
def section_report(section_id: str) -> str:
    """One class: the grade with its sum, and all work with feedback; or the levels of its outcomes.

    What the student asked about a score stays between the student and the teacher: paper is shown to others.
    """
    person = current_person()
    one = family.class_of_student(person, section_id)
    rated = outcomes.outcomes_for_family(one.section, person.id, person.now) if one.section.grades_outcomes else None
    return render_template("student/report.html", overview=None, family_class=one, rated=rated)
