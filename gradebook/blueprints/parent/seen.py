"""P2: where a teacher asks for it, a guardian confirms to have seen scores."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.parent import bp
from gradebook.extensions import db
from gradebook.services import family, seen
from gradebook.services.family import Child, FamilyClass, Piece
from gradebook.services.seen import ToConfirm
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment, whole_number

VERSION = "seen-"
"""Before the public id of an assignment: the version of the score that stands on the page."""


@bp.get("/children/<student_id>/classes/<section_id>/seen")
@door.parent
def scores_to_confirm(student_id: str, section_id: str) -> str:
    """The scores that wait, with one button, and those that are confirmed."""
    return _page(*_found(student_id, section_id))


@bp.post("/children/<student_id>/classes/<section_id>/seen")
@door.parent
def confirm_scores(student_id: str, section_id: str) -> Any:
    """Confirm what stood on the page; a score that changed since waits on."""
    child, one, asked = _found(student_id, section_id)
    versions = {
        name.removeprefix(VERSION): whole_number(text, 11)
        for name, text in request.form.items()
        if name.startswith(VERSION)
    }
    known = {key: version for key, version in versions.items() if version is not None}
    count = seen.confirm(
        asked, known, school_id=one.section.school_id, student_id=child.id, guardian_id=current_person().id,
        now=moment(),
    )  # fmt: skip
    db.session.commit()
    if count < len(known) or not count:
        return _page(*_found(student_id, section_id), moved=True), 409
    flash(_confirmed_words(count), "good")
    return redirect(url_for("parent.section", student_id=student_id, section_id=section_id), 303)


def _confirmed_words(count: int) -> str:
    return ngettext("Confirmed: you have seen %(num)s score.", "Confirmed: you have seen %(num)s scores.", count)


def _found(student_id: str, section_id: str) -> tuple[Child, FamilyClass, list[ToConfirm]]:
    person = current_person()
    child, one = family.class_of_child(person, student_id, section_id)
    return child, one, seen.scores_to_confirm(one.section, child.id, person.id, person.now)


def _page(child: Child, one: FamilyClass, asked: list[ToConfirm], *, moved: bool = False) -> str:
    pieces = {ask.public_id: one.piece(ask.assignment_id) for ask in asked}
    shown: list[tuple[ToConfirm, Piece]] = [
        (ask, piece) for ask in asked if (piece := pieces[ask.public_id]) is not None
    ]
    return render_template(
        "parent/seen.html",
        child=child,
        family_class=one,
        waiting=[(ask, piece) for ask, piece in shown if ask.confirmed_at is None],
        confirmed=[(ask, piece) for ask, piece in shown if ask.confirmed_at is not None],
        moved=_("A score changed while you were looking. Nothing was confirmed for it: look again.") if moved else None,
    )
