"""Posting an assignment's scores to families, now or at a moment that lies ahead, and hiding them again."""

from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.exceptions import Conflict

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_fields import seen_number
from gradebook.blueprints.teacher.grid_page import is_entered, is_scored
from gradebook.extensions import db
from gradebook.models import Assignment, Section
from gradebook.policy import access
from gradebook.services import posting as acts
from gradebook.services.grades import cells_of, students_of
from gradebook.services.outcomes import ratings_of
from gradebook.web import door
from gradebook.web.filters import at as moment_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment, wants_page
from gradebook.web.when import WhenForm


class PostingForm(WhenForm):
    """When families see the scores."""

    no_day = _l("Enter the date on which the scores are posted")
    not_ahead = _l("The date and time must lie ahead. To post at once choose Now")
    now_or_later = _l("Choose whether to post now, or at the date and time below. For now, leave them empty")


@bp.get("/assignments/<assignment_id>/posting")
@door.teacher
def posting(assignment_id: str) -> Any:
    """What posting would show, and when it should."""
    section, assignment = _of_teacher(assignment_id)
    return _page(section, assignment, PostingForm())


@bp.post("/assignments/<assignment_id>/posting")
@door.teacher
def post_scores(assignment_id: str) -> Any:
    """Post, now or later."""
    section, assignment = _of_teacher(assignment_id)
    form = PostingForm()
    at = form.moment(moment(), ZoneInfo(section.school.timezone)) if form.validate() else None
    if at is None:
        return _page(section, assignment, form), 422
    _act(section, assignment, partial(acts.post_scores, at=at))
    return _done(section, assignment, _posted_words(section, assignment))


@bp.post("/assignments/<assignment_id>/hiding")
@door.teacher
def hide_scores(assignment_id: str) -> Any:
    """Hide the scores from families."""
    section, assignment = _of_teacher(assignment_id)
    _act(section, assignment, acts.hide_scores)
    return _done(section, assignment, _hidden_words(assignment))


@bp.post("/assignments/<assignment_id>/posting/undo")
@door.teacher
def undo_posting(assignment_id: str) -> Any:
    """Put back what was there before scores were last posted or hidden, by whoever."""
    section, assignment = _of_teacher(assignment_id)
    _act(section, assignment, acts.undo_posting)
    posted = assignment.posted_at is not None
    return _done(section, assignment, _posted_words(section, assignment) if posted else _hidden_words(assignment))


def _act(section: Section, assignment: Assignment, act: Callable[..., Any]) -> None:
    """Do it to what the person saw; where that has changed since, nothing is done and the answer is a conflict."""
    seen = seen_number(request, section.last_seq)
    try:
        act(section, assignment, seen=seen, actor_id=current_person().id, now=moment())
    except acts.Stale as stale:
        raise Conflict from stale


def _done(section: Section, assignment: Assignment, heading: str) -> Any:
    """Commit and say it, with Undo; a script shows its page anew."""
    undo = url_for(".undo_posting", assignment_id=assignment.public_id, seen=assignment.seq)
    db.session.commit()
    told: Any = {"heading": heading, "url": undo, "label": _("Undo"), "post": True}
    flash(told, "good")
    if not wants_page():
        return "", 204
    return redirect(url_for("teacher.gradebook", section_id=section.public_id), 303)


def _of_teacher(assignment_id: str) -> tuple[Section, Assignment]:
    person = current_person()
    assignment = access.assignment_for_teacher(person, assignment_id)
    return access.section_of_assignment(person, assignment_id), assignment


def _posted_words(section: Section, assignment: Assignment) -> str:
    at = assignment.posted_at
    if at is not None and at > moment():
        return _(
            "%(assignment)s will be posted on %(when)s.",
            assignment=assignment.title,
            when=moment_words(at, section.school.timezone).striptags(),
        )
    return ngettext(
        "%(assignment)s posted to %(num)s student.",
        "%(assignment)s posted to %(num)s students.",
        _counts(section, assignment)["shown"],
        assignment=assignment.title,
    )


def _hidden_words(assignment: Assignment) -> str:
    return _("%(assignment)s is hidden from students and families.", assignment=assignment.title)


def _page(section: Section, assignment: Assignment, form: PostingForm) -> str:
    return render_template(
        "teacher/grid_posting.html",
        section=section,
        assignment=assignment,
        form=form,
        is_posted=assignment.is_posted(moment()),
        last=acts.last_act(section, assignment),
        **_counts(section, assignment),
    )


def _counts(section: Section, assignment: Assignment) -> dict[str, int]:
    """How many students will see a score, how many another status, and how many nothing."""
    students = {student.id for student in students_of(section, section.school.today(moment()))}
    if section.grades_outcomes:
        rated = {row.student_id for row in ratings_of([assignment.id], students) if not row.is_blank}
        return {"count": len(students), "scored": len(rated), "shown": len(rated), "blank": len(students - rated)}
    cells = [cell for cell in cells_of([assignment.id]) if cell.student_id in students]
    scored = sum(is_scored(cell) for cell in cells)
    shown = sum(is_entered(cell) for cell in cells)
    return {"count": len(students), "scored": scored, "shown": shown, "blank": len(students) - shown}
