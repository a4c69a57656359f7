"""One place in a class: its position and dates."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    POSITIONS,
    both_versions,
    fault_words,
    first_day_without,
    has_moved_on,
    last_day,
    own_school,
    span_words,
    tell,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.forms import PlacesForm
from gradebook.extensions import db
from gradebook.models import Enrollment, Position, RoleKind
from gradebook.policy import access
from gradebook.services import rosters
from gradebook.services.periods import PeriodClosed
from gradebook.services.rosters import Place, RosterError
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/enrollments/<enrollment_id>")
@door.office
def enrollment(enrollment_id: str) -> Any:
    """The form."""
    place = access.school_row_for_office(current_person(), Enrollment, enrollment_id)
    form = _form(place, formdata=None, data={**_place(place).__dict__, "last_day": last_day(place.ends_on)})
    return _page(place, form)


@bp.post("/enrollments/<enrollment_id>")
@door.office
def enrollment_post(enrollment_id: str) -> Any:
    """Save position and dates."""
    place = rosters.locked(access.school_row_for_office(current_person(), Enrollment, enrollment_id))
    form, saved = _form(place), _place(place)
    moved_on = has_moved_on(saved)
    if not form.validate() or form.begins_on.day is None:
        return _page(place, form, 422)
    position = Position(form.position.data) if "position" in form else Position.STUDENT
    typed = Place(position, form.begins_on.day, first_day_without(form.last_day.day))
    if moved_on and typed != saved:
        here = url_for("office.enrollment", enrollment_id=enrollment_id)
        return both_versions(_rows(saved, typed), version_of(saved), here)
    try:
        rosters.change_enrollment(place, typed, moment(), actor_id=current_person().id)
    except RosterError as error:
        form.last_day.complain(fault_words(error))
        return _page(place, form, 422)
    except PeriodClosed as closed:
        form.begins_on.complain(closed_words(closed))
        return _page(place, form, 422)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.section", section_id=place.section.public_id), 303)


@bp.post("/enrollments/<enrollment_id>/ending")
@door.office
def enrollment_ending(enrollment_id: str) -> Any:
    """End the place today. Scores stay."""
    place = rosters.locked(access.school_row_for_office(current_person(), Enrollment, enrollment_id))
    rosters.end_enrollment(place, today(own_school()), moment(), actor_id=current_person().id)
    name, title = place.user.display_name, place.section.title
    db.session.commit()
    tell(_("%(name)s has left %(title)s.", name=name, title=title), _("Scores are kept."), "good")
    return redirect(url_for("office.section", section_id=place.section.public_id), 303)


def _form(place: Enrollment, **given: Any) -> PlacesForm:
    return PlacesForm(students=place.role_kind == RoleKind.STUDENT, **given)


def _place(place: Enrollment) -> Place:
    return Place(place.position, place.begins_on, place.ends_on)


def _rows(saved: Place, typed: Place) -> list[tuple[Any, Any, Any]]:
    return [
        (_("Position"), POSITIONS[saved.position], POSITIONS[typed.position]),
        (_("From, until"), span_words(saved.begins_on, saved.ends_on), span_words(typed.begins_on, typed.ends_on)),
    ]


def _page(place: Enrollment, form: PlacesForm, status: int = 200) -> Any:
    is_over = place.ends_on is not None and place.ends_on <= today(own_school())
    page = render_template(
        "office/enrollment.html", place=place, form=form, version=version_shown(_place(place)), is_over=is_over
    )
    return page, status
