"""Closing a term or grading period, with the checklist first, and opening it again."""

import hashlib
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import fault_words, own_school
from gradebook.blueprints.office.forms import ReopeningForm
from gradebook.extensions import db
from gradebook.jobs import closings
from gradebook.models import AcademicSession
from gradebook.policy import access
from gradebook.services import closing
from gradebook.services.closing import Checklist, Progress
from gradebook.services.rosters import RosterError
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment

AT_ONCE = 2.0
"""Seconds for which closing a term keeps grades itself: enough for a small school, which then waits for no worker."""
LONGER = 8.0
"""Seconds for which somebody waits who has asked for it."""


@bp.get("/terms/<term_id>/closing")
@door.office
def term_closing(term_id: str) -> Any:
    """What is unfinished, class by class."""
    found = _term(term_id)
    if found.closed_at is not None:
        return redirect(url_for("office.term", term_id=term_id), 303)
    return render_template("office/term_checklist.html", term=found, checklist=closing.checklist(found, moment()))


@bp.post("/terms/<term_id>/closing")
@door.office
def term_closing_post(term_id: str) -> Any:
    """Ask with the counts; then close what was read."""
    found = _term(term_id)
    checklist = closing.checklist(found, moment())
    given, digest = request.form.get("confirm"), _digest(found, checklist)
    if given != digest and found.closed_at is None:
        page = render_template(
            "office/term_closing.html", term=found, checklist=checklist, sentences=_sentences(found, checklist),
            digest=digest, out_of_date=bool(given),
        )  # fmt: skip
        return page, 409 if given else 200
    try:
        count = closing.close_session(own_school(), found, moment(), actor_id=current_person().id)
    except RosterError as error:
        return _back(term_id, error)
    title, school_id = found.title, found.school_id
    db.session.commit()
    closings.keep_for(AT_ONCE, school_id)
    words = ngettext("%(title)s closed for %(num)s class.", "%(title)s closed for %(num)s classes.", count, title=title)
    flash(words, "good")
    if closing.progress_of(_term(term_id)).is_done:
        return redirect(url_for("office.terms"), 303)
    return redirect(url_for("office.term", term_id=term_id), 303)


@bp.post("/terms/<term_id>/keeping")
@door.office
def term_keeping(term_id: str) -> Any:
    """Keep grades of what is closed for a while, where no worker does it."""
    found = _term(term_id)
    if found.closed_at is not None:
        school_id = found.school_id
        db.session.rollback()
        closings.keep_for(LONGER, school_id)
        flash(_progress_words(closing.progress_of(_term(term_id))), "good")
    return redirect(url_for("office.term", term_id=term_id), 303)


def _progress_words(progress: Progress) -> str:
    return ngettext(
        "The grades of %(kept)s of %(num)s class are kept.",
        "The grades of %(kept)s of %(num)s classes are kept.",
        progress.classes,
        kept=progress.kept,
    )


@bp.get("/terms/<term_id>/reopening")
@door.office
def term_reopening(term_id: str) -> Any:
    """What reopening does, and the reason for it."""
    found = _term(term_id)
    if found.closed_at is None:
        return redirect(url_for("office.term", term_id=term_id), 303)
    return _reopening_page(found, ReopeningForm(formdata=None))


@bp.post("/terms/<term_id>/reopening")
@door.office
def term_reopening_post(term_id: str) -> Any:
    """Open it again."""
    found, form = _term(term_id), ReopeningForm()
    if not form.validate():
        return _reopening_page(found, form), 422
    try:
        count = closing.reopen_session(own_school(), found, form.reason.data, moment(), actor_id=current_person().id)
    except RosterError as error:
        return _back(term_id, error)
    title = found.title
    db.session.commit()
    words = ngettext(
        "%(title)s is open again for %(num)s class.", "%(title)s is open again for %(num)s classes.", count, title=title
    )
    flash(words, "good")
    return redirect(url_for("office.terms"), 303)


def _term(public_id: str) -> AcademicSession:
    found: AcademicSession = access.school_row_for_office(current_person(), AcademicSession, public_id)
    return found


def _back(term_id: str, error: RosterError) -> Any:
    """Someone else was quicker, or it is part of what is closed: the term's own page shows how it stands."""
    db.session.rollback()
    flash(fault_words(error), "bad")
    return redirect(url_for("office.term", term_id=term_id), 303)


def _reopening_page(found: AcademicSession, form: ReopeningForm) -> str:
    return render_template("office/term_reopening.html", term=found, form=form)


def _digest(found: AcademicSession, checklist: Checklist) -> str:
    """A short name of what the page says; other counts have another one."""
    said = (found.id, found.title, len(checklist.classes), checklist.blanks, checklist.hidden)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _sentences(found: AcademicSession, checklist: Checklist) -> list[str]:
    """What closing does, with the counts."""
    said = [
        ngettext(
            "The grades of %(num)s class are kept as they are now. Its teachers can no longer change them.",
            "The grades of %(num)s classes are kept as they are now. Their teachers can no longer change them.",
            len(checklist.classes),
        )
    ]
    if checklist.blanks:
        said.append(
            ngettext(
                "%(num)s score that was due is blank. It stays not graded.",
                "%(num)s scores that were due are blank. They stay not graded.",
                checklist.blanks,
            )
        )
    if checklist.hidden:
        said.append(
            ngettext(
                "%(num)s score is hidden. Families’ grades are kept without it.",
                "%(num)s scores are hidden. Families’ grades are kept without them.",
                checklist.hidden,
            )
        )
    return said
