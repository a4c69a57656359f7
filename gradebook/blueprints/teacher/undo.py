"""Undo and redo of one's own changes in a class, step by step, also after the page was opened again."""

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.teacher import bp, grid_answer
from gradebook.blueprints.teacher.grid_fields import Sent, field_name, forced_places, request_key
from gradebook.blueprints.teacher.grid_once import once
from gradebook.blueprints.teacher.grid_words import Numbers
from gradebook.blueprints.teacher.history_words import act_words, cell_words, change_words
from gradebook.extensions import db
from gradebook.models import Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import score_restore
from gradebook.services.grades import ClassWork, class_work
from gradebook.services.score_history import Change, Names, changes_by_id, names_of
from gradebook.services.score_restore import OwnAct, PutBack
from gradebook.services.scores import content_from_facts
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment, wants_page, whole_number


@bp.post("/classes/<section_id>/undo")
@door.teacher
def undo(section_id: str) -> Any:
    """Take back one of this person's own changes; what anyone else changed since is named and left."""
    return once(lambda: _step(section_id, score_restore.undo))


@bp.post("/classes/<section_id>/redo")
@door.teacher
def redo(section_id: str) -> Any:
    """Do again what was undone."""
    return once(lambda: _step(section_id, score_restore.redo))


@bp.get("/classes/<section_id>/undoable")
@door.teacher
def undoable(section_id: str) -> Any:
    """What can be undone and what done again, newest first, for a script."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    undo_acts, redo_acts = score_restore.own_acts(section, person.id)
    single = [act.first_id for act in (*undo_acts, *redo_acts) if act.cells == 1]
    changes = {change.seq: change for change in changes_by_id(section, single)}
    names = names_of(section, section.school.today(moment()))
    return jsonify(
        undo=[_words(act, changes, names) for act in undo_acts],
        redo=[_words(act, changes, names) for act in redo_acts],
    )


def _words(act: OwnAct, changes: dict[int, Change], names: Names) -> dict[str, Any]:
    words = act_words(act.kind, act.cells)
    if act.seq in changes:
        change = changes[act.seq]
        before, after = change_words(change, Numbers.here())
        words = _("%(cell)s: %(before)s → %(after)s", cell=cell_words(change, names), before=before, after=after)
    return {"seq": act.seq, "kind": act.kind, "count": act.cells, "words": words}


def _step(section_id: str, act: Any) -> Any:
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    work = class_work(section, moment())
    done: PutBack = act(
        section,
        work,
        _seq(),
        force=forced_places(request),
        request=request_key(request),
        actor_id=person.id,
        now=moment(),
    )
    number = done.number_seen(section.last_seq)
    answer = None if wants_page() else _answer(work, done, number)
    db.session.commit()
    if answer is not None:
        return jsonify(answer), 409 if done.clashes else 422 if done.errors else 200
    _tell(section, done)
    return redirect(url_for(".gradebook", section_id=section_id), 303)


def _seq() -> int:
    seq = whole_number(request.values.get("seq"))
    if seq is None:
        raise NotFound
    return seq


def _answer(work: ClassWork, done: PutBack, number: int) -> dict[str, Any]:
    """As after a save, with the cells that were left because somebody changed them since."""
    answer = grid_answer.answer_of(work, Sent(dict.fromkeys(done.errors, ""), 0, frozenset()), done, number)
    answer["marks"] = {field_name(place): grid_answer.marks(done.cells.get(place)) for place in done.places}
    answer["clashes"] = {
        field_name(clash.change.place): {
            "mine": grid_answer.text(work, clash.change.place, content_from_facts(clash.change.before)),
            "theirs": grid_answer.text(work, clash.change.place, content_from_facts(clash.stands)),
            "by": clash.later.by,
            "at": clash.later.at.isoformat(timespec="seconds"),
        }
        for clash in done.clashes
    }
    return answer


def _tell(section: Section, done: PutBack) -> None:
    left = len(done.clashes) + len(done.errors)
    history: Any = {
        "text": ngettext(
            "%(num)s was changed by someone since, or cannot change any more, and was left as it is.",
            "%(num)s were changed by someone since, or cannot change any more, and were left as they are.",
            left,
        )
        if left
        else None,
        "url": url_for(".score_history", section_id=section.public_id),
        "label": _("Score history"),
    }
    put_back = ngettext("%(num)s score put back.", "%(num)s scores put back.", len(done.places))
    told: Any = {"heading": put_back if done.places else _("Nothing was put back."), **history}
    flash(told, "good" if done.places else "info")
