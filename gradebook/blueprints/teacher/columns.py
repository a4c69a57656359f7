"""The columns of a class's grid: which of them one sees and in which order, and one of them as a file."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.teacher import bp
from gradebook.extensions import db
from gradebook.models import Section
from gradebook.policy import access
from gradebook.services import grid_views
from gradebook.services.column_export import column_csv
from gradebook.services.grades import ClassWork, Column, class_work
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment, wants_page


@bp.get("/classes/<section_id>/columns")
@door.teacher
def columns(section_id: str) -> Any:
    """Every column with whether it is shown, in this person's order."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    work, view = class_work(section, moment()), grid_views.arrangement_of(section, person.id)
    in_order = view.in_order(work.columns)
    groups = [(one, [column for column in in_order if column.category_id == one.id]) for one in work.categories]
    return render_template(
        "teacher/columns.html", section=section, view=view, groups=[(one, some) for one, some in groups if some]
    )


@bp.post("/classes/<section_id>/columns")
@door.teacher
def columns_post(section_id: str) -> Any:
    """Choose, hide, show or move columns; `page` says that the form of the page above was sent."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    work, asked = class_work(section, moment()), request.values
    if "page" in asked:
        _choose(section, work)
    told = _act(section, work)
    db.session.commit()
    if told is not None:
        flash(told, "good" if isinstance(told, dict) else "warn")
    if not wants_page():
        return "", 204
    stays = "page" in asked and "save" not in asked
    return redirect(url_for(".columns" if stays else ".gradebook", section_id=section_id), 303)


def _choose(section: Section, work: ClassWork) -> None:
    shown = set(request.form.getlist("shown"))
    hidden = [column.id for column in work.columns if column.public_id not in shown]
    percent = bool(request.form.get("percent"))
    grid_views.choose_columns(section, current_person().user.id, hidden=hidden, shows_percent=percent)


def _act(section: Section, work: ClassWork) -> Any:
    """The one act that is asked for; what is said of it, None where nothing needs to be."""
    who, by_key = current_person().user.id, {column.public_id: column for column in work.columns}
    act = next((name for name in ("hide", "show", "move") if name in request.values), None)
    if act is None:
        return _act_on_all(section, who)
    named = [by_key.get(key) for key in request.values[act].split(".")]
    one, past = named[0], named[-1]
    if one is None or past is None or (act == "move" and not _can_pass(one, past)):
        return _("That assignment is no longer where it was. Nothing was changed.")
    if act == "move":
        return _move(section, work, one, past)
    (grid_views.hide_column if act == "hide" else grid_views.show_column)(section, who, one.id)
    if act == "show":
        return {"heading": _("%(assignment)s stands in your view again.", assignment=one.title)}
    return _told(
        section,
        _("%(assignment)s is hidden from your view.", assignment=one.title),
        _("Nobody else sees a difference: it counts, and it is exported as before."),
        show=one.public_id,
    )


def _act_on_all(section: Section, who: int) -> Any:
    if "show_all" in request.values:
        grid_views.show_all(section, who)
    if "usual" in request.values:
        grid_views.usual_order(section, who)
    return None


def _can_pass(one: Column, past: Column) -> bool:
    return one.id != past.id and one.category_id == past.category_id


def _move(section: Section, work: ClassWork, one: Column, past: Column) -> Any:
    grid_views.move_column(section, current_person().user.id, work.columns, one, past)
    return _told(
        section,
        _("%(assignment)s was moved past %(other)s in your view.", assignment=one.title, other=past.title),
        None,
        move=f"{one.public_id}.{past.public_id}",
    )


def _told(section: Section, heading: str, text: str | None, **undo: Any) -> dict[str, Any]:
    url = url_for(".columns_post", section_id=section.public_id, **undo)
    return {"heading": heading, "text": text, "url": url, "label": _("Undo"), "post": True}


@bp.get("/assignments/<assignment_id>/scores.csv")
@door.teacher
def export_column(assignment_id: str) -> Any:
    """The scores of one assignment as a file."""
    person = current_person()
    section = access.section_of_assignment(person, assignment_id)
    assignment = access.assignment_for_teacher(person, assignment_id)
    answer = current_app.response_class(column_csv(section, assignment, moment()), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{assignment.title}.csv")
    return answer
