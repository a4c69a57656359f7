"""One score or status into every blank cell of an assignment: what the column's menu does, as a page."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_fields import seen_number
from gradebook.blueprints.teacher.grid_words import Numbers, why_not
from gradebook.extensions import db
from gradebook.grading.typed import ScoreError, parse_score
from gradebook.models import Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services.grades import ClassWork, Column, cells_of, class_work, students_of
from gradebook.services.periods import closed_since
from gradebook.services.scores import EMPTY, Place, content_of, save_typed
from gradebook.web import door
from gradebook.web.fields import LineField
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class BlanksForm(FlaskForm):
    """What goes into the blank cells."""

    value = LineField(_l("Score or status to put in"))


@bp.get("/assignments/<assignment_id>/blanks")
@door.teacher
def blanks(assignment_id: str) -> Any:
    """How many cells are blank, and what to put in."""
    section, work, column = _of(assignment_id)
    return _page(section, work, column, BlanksForm())


@bp.post("/assignments/<assignment_id>/blanks")
@door.teacher
def fill_blanks(assignment_id: str) -> Any:
    """Fill them. A cell that somebody changed since the page was opened is left."""
    section, work, column = _of(assignment_id)
    form, seen = BlanksForm(), seen_number(request, section.last_seq)
    if closed_since(section, column.grading_period_id):
        return _page(section, work, column, form), 409
    if not form.validate() or not _is_score(form, work, column):
        return _page(section, work, column, form), 422
    texts = dict.fromkeys(_blank(section, work, column), form.value.data)
    saved = save_typed(section, work, texts, seen=seen, actor_id=current_person().id, now=moment())
    left = len(saved.conflicts) + len(saved.errors)
    db.session.commit()
    told: Any = {"heading": ngettext("%(num)s score filled.", "%(num)s scores filled.", len(saved.places))}
    if left:
        told["text"] = ngettext(
            "%(num)s was changed by someone since and is left.",
            "%(num)s were changed by someone since and are left.",
            left,
        )
    if saved.number:
        undo = url_for(".undo", section_id=section.public_id, seq=saved.number)
        told |= {"url": undo, "label": _("Undo"), "post": True}
    flash(told, "good")
    return redirect(url_for(".gradebook", section_id=section.public_id), 303)


def _of(assignment_id: str) -> tuple[Section, ClassWork, Column]:
    section = access.section_of_assignment(current_person(), assignment_id)
    work = class_work(section, moment())
    column = next((one for one in work.columns if one.public_id == assignment_id), None)
    if column is None or section.grades_outcomes:
        raise NotFound
    return section, work, column


def _blank(section: Section, work: ClassWork, column: Column) -> list[Place]:
    filled = {cell.student_id for cell in cells_of([column.id]) if content_of(cell) != EMPTY}
    students = students_of(section, section.school.today(work.now))
    return [(column.id, student.id) for student in students if student.id not in filled]


def _is_score(form: BlanksForm, work: ClassWork, column: Column) -> bool:
    """Whether what was typed is a score or a status for this assignment; else says why not."""
    typed, letters = form.value.data or "", work.scale.labels if work.scale else ()
    if not typed:
        form.value.errors = [_("Type a score, or m for missing, e for excused, i for incomplete")]
        return False
    try:
        parse_score(typed, column.possible, letters=letters)
    except ScoreError as error:
        numbers = Numbers.here()
        named = {"assignment": column.title, "points": numbers.points(column.possible), "typed": typed}
        too_high = _(
            "%(assignment)s is out of %(points)s. You typed %(typed)s, which is too much for everyone", **named
        )
        is_high = error.code == "needs_confirmation"
        form.value.errors = [too_high if is_high else why_not(error, typed, column, numbers)]
        return False
    return True


def _page(section: Section, work: ClassWork, column: Column, form: BlanksForm) -> str:
    locked_since = closed_since(section, column.grading_period_id)
    count = len(_blank(section, work, column))
    return render_template(
        "teacher/blanks.html", section=section, column=column, form=form, count=count, locked_since=locked_since
    )
