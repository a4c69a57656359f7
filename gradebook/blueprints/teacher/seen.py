"""Asking guardians to confirm that they have seen the scores of one assignment, and who has."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.teacher import bp
from gradebook.extensions import db
from gradebook.models import Assignment, Section
from gradebook.policy import access
from gradebook.services import seen
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/assignments/<assignment_id>/seen")
@door.teacher
def seen_by_guardians(assignment_id: str) -> str:
    """Whether it is asked for, and each student's guardians with what they confirmed."""
    section, assignment = _found(assignment_id)
    return render_template(
        "teacher/seen.html",
        section=section,
        assignment=assignment,
        asked=seen.request_for(assignment),
        is_posted=assignment.is_posted(moment()),
        lines=seen.lines_of(current_person(), section, assignment, moment()),
    )


@bp.post("/assignments/<assignment_id>/seen")
@door.teacher
def ask_to_confirm(assignment_id: str) -> Any:
    """Ask from now on."""
    section, assignment = _found(assignment_id)
    seen.ask_to_confirm(section, assignment, actor_id=current_person().id, now=moment())
    db.session.commit()
    flash(_("Guardians are asked to confirm that they have seen the scores."), "good")
    return redirect(url_for("teacher.seen_by_guardians", assignment_id=assignment_id), 303)


@bp.post("/assignments/<assignment_id>/seen/ending")
@door.teacher
def stop_asking_to_confirm(assignment_id: str) -> Any:
    """Ask no more; what was confirmed is kept."""
    _section, assignment = _found(assignment_id)
    seen.stop_asking(assignment, now=moment())
    db.session.commit()
    flash(_("Nobody is asked any more. What was confirmed is kept."), "good")
    return redirect(url_for("teacher.seen_by_guardians", assignment_id=assignment_id), 303)


def _found(assignment_id: str) -> tuple[Section, Assignment]:
    person = current_person()
    assignment = access.assignment_for_teacher(person, assignment_id)
    return access.section_of_assignment(person, assignment_id), assignment
