"""The calendar: school years, terms and grading periods."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    SESSION_KINDS,
    fault_words,
    first_day_without,
    last_day,
    own_school,
    today,
)
from gradebook.blueprints.office.forms import TermForm
from gradebook.extensions import db
from gradebook.models import AcademicSession, School, SessionKind
from gradebook.policy import access
from gradebook.services import directory, rosters
from gradebook.services.rosters import RosterError, RosterFault
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment

NOTHING = "none"


@bp.get("/terms")
@door.office
def terms() -> Any:
    """What there is, and a form for one more."""
    school = own_school()
    return _page(school, _offered(TermForm(formdata=None), school))


@bp.post("/terms")
@door.office
def terms_post() -> Any:
    """Add a year, term or grading period."""
    school = own_school()
    form = _offered(TermForm(), school)
    if not form.validate():
        return _page(school, form, 422)
    try:
        added = _add(form, school)
    except RosterError as error:
        db.session.rollback()
        words = _overlap_words(form, error) if error.fault == RosterFault.OVERLAP else fault_words(error)
        form.begins_on.complain(words)
        return _page(own_school(), form, 422)
    db.session.commit()
    flash(_("%(title)s was added.", title=added.title), "good")
    return redirect(url_for("office.terms"), 303)


def _add(form: TermForm, school: School) -> AcademicSession:
    begins_on, ends_on = form.begins_on.day, first_day_without(form.last_day.day)
    if begins_on is None or ends_on is None:
        raise RosterError(RosterFault.DATES)
    parent = None
    if form.parent.data != NOTHING:
        parent = access.school_row_for_office(current_person(), AcademicSession, form.parent.data)
    return rosters.add_session(
        school, SessionKind(form.kind.data), form.title.data, begins_on, ends_on, moment(),
        actor_id=current_person().id, parent=parent,
    )  # fmt: skip


def _overlap_words(form: TermForm, error: RosterError) -> str:
    """Both are named."""
    return _(
        "The dates of %(new)s overlap with those of %(other)s. Change one of them.",
        new=form.title.data,
        other=error.facts["title"],
    )


def _offered(form: TermForm, school: School) -> TermForm:
    longer = [each for each in directory.sessions_of(school) if each.kind != SessionKind.GRADING_PERIOD]
    form.parent.offer([(NOTHING, _("Nothing, it stands alone")), *((each.public_id, each.title) for each in longer)])
    return form


def _page(school: School, form: TermForm, status: int = 200) -> Any:
    sessions = directory.sessions_of(school)
    page = render_template(
        "office/terms.html",
        tree=_tree(sessions),
        form=form,
        kinds=SESSION_KINDS,
        day=today(school),
        last_day=last_day,
    )
    return page, status


def _tree(sessions: list[AcademicSession]) -> list[tuple[int, AcademicSession]]:
    """(depth, session): each one under what it is part of."""
    known = {each.id for each in sessions}

    def under(parent_id: int | None, depth: int) -> list[tuple[int, AcademicSession]]:
        rows = []
        for each in sessions if depth == 0 else reversed(sessions):  # the newest year first, its terms in order
            at_home = each.parent_id if each.parent_id in known else None
            if at_home == parent_id:
                rows += [(depth, each), *under(each.id, depth + 1)]
        return rows

    return under(None, 0)
