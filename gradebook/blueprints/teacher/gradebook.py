"""T2: the class grid, entering scores by assignment, and the one place that writes cells."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.teacher import bp, grid_answer, grid_page
from gradebook.blueprints.teacher.grid_fields import Sent, request_key, sent_cells
from gradebook.blueprints.teacher.grid_once import once
from gradebook.blueprints.teacher.grid_one import asks_letter_keys, newest_due, one_of
from gradebook.blueprints.teacher.grid_script import facts_of_one, script_facts
from gradebook.blueprints.teacher.grid_table import Trouble, table_of
from gradebook.blueprints.teacher.grid_view import facts_of
from gradebook.blueprints.teacher.grid_wish import Wish
from gradebook.extensions import db
from gradebook.models import ChangeKind, Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import since
from gradebook.services.grades import ClassWork, class_work, day_begins
from gradebook.services.grid_views import Arrangement, arrangement_of
from gradebook.services.scores import Place, Saved, save_typed
from gradebook.web import door
from gradebook.web.login import current_login, current_person
from gradebook.web.requests import moment, wants_page


@bp.get("/classes/<section_id>")
@door.teacher
def gradebook(section_id: str) -> Any:
    """The class's grid; a class that grades outcomes has a page of its own."""
    section, view = access.section_and_view(current_person(), section_id)
    if section.grades_outcomes:
        return redirect(url_for(".class_outcomes", section_id=section_id), 303)
    return _grid(section, Arrangement.of(view))


@bp.get("/classes/<section_id>/by-assignment")
@door.teacher
def by_assignment(section_id: str) -> Any:
    """What a phone opens first: the newest work that is due, in one column."""
    section = access.section_for_teacher(current_person(), section_id)
    if not section.grades_outcomes:
        column = newest_due(section, class_work(section, moment()).columns, moment())
        if column is not None:
            return redirect(url_for(".enter_scores", assignment_id=column.public_id), 303)
    return redirect(url_for(".gradebook", section_id=section_id), 303)


@bp.get("/assignments/<assignment_id>/scores")
@door.teacher
def enter_scores(assignment_id: str) -> Any:
    """One assignment's scores in one column."""
    section = access.section_of_assignment(current_person(), assignment_id)
    if section.grades_outcomes:
        return redirect(url_for(".rate", assignment_id=assignment_id), 303)
    return _one(section, class_work(section, moment()), assignment_id)


@bp.post("/classes/<section_id>/scores")
@door.teacher
def scores(section_id: str) -> Any:
    """Save any cells of the class: from the grid, from one assignment's page, from a script."""
    return once(lambda: _save(section_id))


def _save(section_id: str) -> Any:
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    sent, work = sent_cells(request, section.last_seq), class_work(section, moment(), unwritten=True)
    _check_back(work)
    saved = save_typed(
        section,
        work,
        sent.texts,
        seen=sent.seen,
        keep=sent.keep,
        actor_id=person.id,
        now=moment(),
        kind=ChangeKind.PASTE if request.form.get("how") == "paste" else ChangeKind.TYPED,
        request=request_key(request),
    )
    number = saved.number_seen(section.last_seq)  # of the moment at which the other values were read
    answer = None if wants_page() else grid_answer.answer_of(work, sent, saved, number)
    db.session.commit()
    if answer is not None:
        return jsonify(answer), _status(saved)
    if saved.conflicts:
        return _choice(section, work, sent, saved, number)
    if saved.errors:
        return _again(section, work, grid_answer.troubles_of(work, sent, saved), saved)
    told: Any = {"heading": _saved_words(saved)}
    if saved.number:
        undo = url_for(".undo", section_id=section_id, seq=saved.number)
        told |= {"url": undo, "label": _("Undo"), "post": True}
    flash(told, "good")
    return redirect(_back(section), 303)


def _status(saved: Saved) -> int:
    return 409 if saved.conflicts else 422 if saved.errors else 200


def _saved_words(saved: Saved) -> str:
    if not saved.places:
        return _("Nothing was changed, so nothing was saved.")
    count = len(saved.places)
    return ngettext("%(num)s score saved.", "%(num)s scores saved.", count)


def _check_back(work: ClassWork) -> None:
    """The page to go back to, if it is one assignment's, is one of this class."""
    assignment = request.args.get("assignment")
    if assignment and assignment not in {column.public_id for column in work.columns}:
        raise NotFound


def _view() -> dict[str, Any]:
    """What the form's address says of the page that it was on: one assignment's, or the grid with its filters."""
    assignment = request.args.get("assignment")
    if not assignment:
        return Wish.of(request.args).arguments()
    only = {"only": "blank"} if request.args.get("only") == "blank" else {}
    keys = {"keys": "letters"} if asks_letter_keys(request.args) else {}
    return {"assignment": assignment, **only, **keys}


def _back(section: Section) -> str:
    """The page that the form was on, with the same filters."""
    view = _view()
    if "assignment" in view:
        return url_for("teacher.enter_scores", assignment_id=view.pop("assignment"), **view)
    return url_for("teacher.gradebook", section_id=section.public_id, **view)


def _again(section: Section, work: ClassWork, troubles: Mapping[Place, Trouble], saved: Saved) -> Any:
    """The same page with what was typed, after the good ones were saved."""
    assignment = request.args.get("assignment")
    if assignment:
        return _one(section, work, assignment, troubles, saved), 422
    return _grid(section, arrangement_of(section, current_person().id), troubles, saved), 422


def _grid(
    section: Section,
    view: Arrangement,
    troubles: Mapping[Place, Trouble] | None = None,
    saved: Saved | None = None,
) -> str:
    troubles = troubles or {}
    always, wish = {place[1] for place in troubles}, Wish.of(request.args)
    changed_after = _changed_after(section, wish)
    grid = grid_page.load(section, wish, moment(), always, view=view, changed_after=changed_after)
    return render_template(
        "teacher/gradebook.html",
        section=section,
        grid=grid,
        wish=grid.wish,
        table=table_of(grid, troubles),
        problems=grid_answer.problems_of(grid.work, {row.student.id: row.student for row in grid.rows}, troubles),
        saved_words=_saved_words(saved) if saved and saved.places else None,
        script=script_facts(grid, current_person()),
        **facts_of(grid, current_person()),
    )


def _changed_after(section: Section, wish: Wish) -> int:
    """The class's number at the moment since which changes are wished for; without an earlier visit all of them."""
    if wish.show != "changed":
        return 0
    day = wish.day
    if day is not None:
        return since.number_at(section, day_begins(day, ZoneInfo(section.school.timezone)))
    visit = since.last_visit(current_login())
    return 0 if visit is None else since.number_at(section, visit)


def _one(
    section: Section,
    work: ClassWork,
    assignment_id: str,
    troubles: Mapping[Place, Trouble] | None = None,
    saved: Saved | None = None,
) -> str:
    one = one_of(section, work, assignment_id, request.args, troubles or {})
    if one is None:
        raise NotFound
    return render_template(
        "teacher/enter_scores.html",
        section=section,
        one=one,
        script=facts_of_one(section, work, one, current_person()),
        problems=grid_answer.problems_of(work, one.students, troubles or {}),
        saved_words=_saved_words(saved) if saved and saved.places else None,
    )


def _choice(section: Section, work: ClassWork, sent: Sent, saved: Saved, number: int) -> Any:
    """Both values of each cell that two people changed; nothing of them is written yet."""
    page = render_template(
        "teacher/grid_choice.html",
        section=section,
        choices=grid_answer.choices_of(section, work, sent, saved, current_person()),
        seen=number,
        saved_words=_saved_words(saved) if saved.places else None,
        back=_back(section),
        view=_view(),
    )
    return page, 409
