"""The calendar: school years, terms and grading periods; closing them is in closings.py."""

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    SESSION_KINDS,
    both_versions,
    fault_words,
    first_day_without,
    has_moved_on,
    last_day,
    own_school,
    span_words,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.forms import TermChangeForm, TermForm
from gradebook.extensions import db
from gradebook.models import AcademicSession, School, SessionKind
from gradebook.policy import access
from gradebook.services import closing, directory, rosters
from gradebook.services.periods import PeriodClosed
from gradebook.services.rosters import RosterError, RosterFault, Term, term_of
from gradebook.web import door
from gradebook.web.closed import closed_words
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
        form.begins_on.complain(_words(form, error))
        return _page(own_school(), form, 422)
    except PeriodClosed as closed:
        words = closed_words(closed)
        db.session.rollback()
        form.parent.errors = [words]
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


def _words(form: TermForm | TermChangeForm, error: RosterError) -> str:
    """The rule that stands in the way; of dates that overlap both are named."""
    if error.fault != RosterFault.OVERLAP:
        return fault_words(error)
    return _(
        "The dates of %(new)s overlap with those of %(other)s. Change one of them.",
        new=form.title.data,
        other=error.facts["title"],
    )


def _offered(form: TermForm, school: School) -> TermForm:
    form.parent.offer(_parents(each for each in directory.sessions_of(school) if each.closed_at is None))
    return form


def _parents(sessions: Iterable[AcademicSession]) -> list[tuple[str, str]]:
    """What can have parts."""
    longer = [each for each in sessions if each.kind != SessionKind.GRADING_PERIOD]
    return [(NOTHING, _("Nothing, it stands alone")), *((each.public_id, each.title) for each in longer)]


def _page(school: School, form: TermForm, status: int = 200) -> Any:
    sessions = directory.sessions_of(school)
    page = render_template(
        "office/terms.html",
        tree=_tree(sessions),
        form=form,
        kinds=SESSION_KINDS,
        day=today(school),
        last_day=last_day,
        closed_on=lambda each: school.today(each.closed_at),
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


# --- One term


@bp.get("/terms/<term_id>")
@door.office
def term(term_id: str) -> Any:
    """Its title and dates; closing and reopening it."""
    found, school = _term(term_id), own_school()
    return _term_page(found, _filled(found, school))


@bp.post("/terms/<term_id>")
@door.office
def term_post(term_id: str) -> Any:
    """Save title and dates, unless someone else saved others meanwhile."""
    school = rosters.locked(own_school())
    found = _term(term_id)
    form, saved = TermChangeForm(), term_of(found)
    _offer_parents(form, found, school)
    moved_on = has_moved_on(saved)
    begins_on, ends_on = (form.begins_on.day, first_day_without(form.last_day.day)) if form.validate() else (None, None)
    if begins_on is None or ends_on is None:
        return _term_page(found, form, 422)
    typed = Term(form.title.data, begins_on, ends_on, _parent_key(form))
    if moved_on and typed != saved:
        return both_versions(
            _rows(found, saved, typed), version_of(saved), url_for("office.term", term_id=found.public_id)
        )
    try:
        changed = rosters.change_session(school, found, typed, moment(), actor_id=current_person().id)
    except RosterError as error:
        place = form.parent if error.fault == RosterFault.CYCLE else form.begins_on
        return _term_refused(term_id, form, place, _words(form, error))
    except PeriodClosed as closed:
        return _term_refused(term_id, form, form.begins_on, closed_words(closed))
    db.session.commit()
    flash(_("%(title)s is saved.", title=typed.title) if changed else _("Nothing was changed."), "good")
    return redirect(url_for("office.terms"), 303)


def _term(public_id: str) -> AcademicSession:
    found: AcademicSession = access.school_row_for_office(current_person(), AcademicSession, public_id)
    return found


def _term_refused(term_id: str, form: TermChangeForm, field: Any, words: str) -> Any:
    db.session.rollback()
    if hasattr(field, "complain"):
        field.complain(words)
    else:
        field.errors = [words]
    return _term_page(_term(term_id), form, 422)


def _filled(found: AcademicSession, school: School) -> TermChangeForm:
    parent = db.session.get(AcademicSession, found.parent_id) if found.parent_id else None
    data = {
        "title": found.title, "parent": parent.public_id if parent else NOTHING, "begins_on": found.begins_on,
        "last_day": last_day(found.ends_on),
    }  # fmt: skip
    form = TermChangeForm(formdata=None, data=data)
    return _offer_parents(form, found, school)


def _offer_parents(form: TermChangeForm, found: AcademicSession, school: School) -> TermChangeForm:
    """Everything longer that is open, and what it is part of now."""
    sessions = directory.sessions_of(school)
    form.parent.offer(
        _parents(each for each in sessions if each.id == found.parent_id or (each.closed_at is None and each != found))
    )
    return form


def _parent_key(form: TermChangeForm) -> int | None:
    return None if form.parent.data == NOTHING else _term(form.parent.data).id


def _rows(found: AcademicSession, saved: Term, typed: Term) -> list[tuple[Any, Any, Any]]:
    def title(key: int | None) -> str:
        return db.session.get_one(AcademicSession, key).title if key else _("Nothing, it stands alone")

    return [
        (_("Title"), saved.title, typed.title),
        (_("From, until"), span_words(saved.begins_on, saved.ends_on), span_words(typed.begins_on, typed.ends_on)),
        (_("Part of"), title(saved.parent_id), title(typed.parent_id)),
    ]


def _term_page(found: AcademicSession, form: TermChangeForm, status: int = 200) -> Any:
    page = render_template(
        "office/term.html",
        term=found,
        form=form,
        kind=SESSION_KINDS[found.kind],
        version=version_shown(term_of(found)),
        closing=closing.closing_of(found),
        progress=closing.progress_of(found) if found.closed_at else None,
        closed_on=found.closed_at and own_school().today(found.closed_at),
        span=span_words(found.begins_on, found.ends_on),
    )
    return page, status
