"""T6 on paper: one student in one class for a meeting with the family, who may take it home."""

from flask import render_template

from gradebook.blueprints.teacher import bp
from gradebook.policy import access, viewing
from gradebook.services import family, outcomes
from gradebook.services.grades import Place, Student
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/classes/<section_id>/students/<student_id>/report")
@door.teacher
def student_report(section_id: str, student_id: str) -> str:
    """What the family sees of the class: posted scores and feedback, no hidden score and no private note."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    user = viewing.student_today(person, section, student_id)
    place = access.student_of_section(section, student_id)
    student = Student(user.id, user.public_id, user.display_name, user.sort_name, place.begins_on, place.ends_on)
    rated = outcomes.outcomes_for_family(section, user.id, person.now) if section.grades_outcomes else None
    return render_template(
        "teacher/report.html",
        section=section,
        family_class=family.family_classes(person, [Place(student, section, None)])[0],
        form=user.form,
        rated=rated,
    )
