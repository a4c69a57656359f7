"""Orders that take rights away: they hold at once; confirming and lifting them needs a second person."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms.fields.choices import SelectChoice

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    fault_words,
    first_day_without,
    last_day,
    own_school,
    span_words,
    tell,
    today,
)
from gradebook.blueprints.office.confirming import Answer, ask_about, confirm_page, say, wants_to_edit
from gradebook.blueprints.office.forms import LiftForm, OrderForm
from gradebook.extensions import db
from gradebook.models import Restriction, School, User
from gradebook.policy import access
from gradebook.services import custody, rosters
from gradebook.services.rosters import RosterError, RosterFault
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/students/<student_id>/restrictions/new")
@door.office
def new_restriction(student_id: str) -> Any:
    """An empty form."""
    student = access.student_for_office(current_person(), student_id)
    return _new_page(student, OrderForm(formdata=None, begins_on=today(own_school())))


@bp.post("/students/<student_id>/restrictions/new")
@door.office
def new_restriction_post(student_id: str) -> Any:
    """First what the order does, then recorded; it holds from its first day, before anyone confirms it."""
    student, school = rosters.locked(access.student_for_office(current_person(), student_id)), own_school()
    form = OrderForm()
    adult = _linked_adults(student, school).get(form.adult.data or "")
    if wants_to_edit() or not form.validate() or adult is None:
        return _new_page(student, form, 200 if wants_to_edit() else 422)

    def save() -> None:
        rosters.restrict(student, adult, school, form.order(), moment(), actor_id=current_person().id)

    try:
        question = ask_about(save, student, school, _plain_words(form, adult, student))
    except RosterError as error:
        _complain(form, error)
        return _new_page(student, form, 422)
    if question.answer != Answer.CONFIRMED:
        heading = _("Record an order against %(name)s", name=adult.display_name)
        return confirm_page(heading, student, question, _("Record the order"))
    save()
    db.session.commit()
    tell(_("The order is recorded."), question.sentences[0], "good")
    return redirect(url_for("office.guardians", student_id=student_id), 303)


def _linked_adults(student: User, school: School) -> dict[str, User]:
    """Everyone who is or was recorded as a guardian; nobody else has anything to be taken away."""
    lines = custody.guardians_of(student, school, today(school))
    return {line.guardianship.guardian.public_id: line.guardianship.guardian for line in lines}


def _plain_words(form: OrderForm, adult: User, student: User) -> list[Markup]:
    """What no right of this product shows."""
    if not form.hide_address.data:
        return []
    template = gettext("%(student)s’s address is not given to %(guardian)s.")
    return [say(template, student=student.called, guardian=adult.display_name)]


def _complain(form: OrderForm, error: RosterError) -> None:
    words = fault_words(error)
    if error.fault == RosterFault.DATES:
        form.last_day.complain(words)
    elif error.fault == RosterFault.NOTHING_RESTRICTED:
        form.no_contact.errors = [words]
    else:
        form.adult.errors = [words]


def _new_page(student: User, form: OrderForm, status: int = 200) -> Any:
    school = own_school()
    adults = _linked_adults(student, school)
    form.adult.choices = [SelectChoice(key, adult.display_name) for key, adult in adults.items()]
    if status == 422 and form.adult.data not in adults:
        form.adult.errors = [_("Choose who is restricted")]
    alone = rosters.office_accounts(school, today(school)) < 2
    return render_template("office/new_restriction.html", student=student, form=form, alone=alone), status


# --- The second person


@bp.post("/restrictions/<restriction_id>/confirmation")
@door.office
def restriction_confirmation(restriction_id: str) -> Any:
    """Someone else has read the document too."""
    order = rosters.locked(access.restriction_for_office(current_person(), restriction_id))
    return _act(
        order,
        lambda: rosters.confirm_restriction(order, moment(), actor_id=current_person().id),
        _("The order is confirmed."),
    )


@bp.get("/restrictions/<restriction_id>/lifting")
@door.office
def restriction_lifting(restriction_id: str) -> Any:
    """Ask that an order ends."""
    order = access.restriction_for_office(current_person(), restriction_id)
    return _lift_page(order, LiftForm(formdata=None, last_day=last_day(today(own_school()))))


@bp.post("/restrictions/<restriction_id>/lifting")
@door.office
def restriction_lifting_post(restriction_id: str) -> Any:
    """Note who asks; the order holds until a second person has agreed."""
    order, form = rosters.locked(access.restriction_for_office(current_person(), restriction_id)), LiftForm()
    ends_on = first_day_without(form.last_day.day)
    if not form.validate() or ends_on is None:
        return _lift_page(order, form, 422)
    try:
        rosters.ask_to_lift(order, ends_on, moment(), actor_id=current_person().id)
    except RosterError as error:
        wrong_day = _(
            "The last day must lie within the order: %(span)s.", span=span_words(order.begins_on, order.ends_on)
        )
        form.last_day.complain(wrong_day if error.fault == RosterFault.DATES else fault_words(error))
        return _lift_page(order, form, 422)
    db.session.commit()
    tell(_("A second person has to agree."), _("Until then the order holds."), "good")
    return _back(order)


@bp.post("/restrictions/<restriction_id>/lifting/confirmation")
@door.office
def restriction_lift(restriction_id: str) -> Any:
    """The second person agrees: first what that does, then the order ends."""
    order = rosters.locked(access.restriction_for_office(current_person(), restriction_id))
    school = own_school()
    student = rosters.locked(db.session.get_one(User, order.student_id))

    def save() -> None:
        rosters.lift(order, today(school), moment(), actor_id=current_person().id)

    try:
        question = ask_about(save, student, school)
    except RosterError as error:
        return _told(order, error)
    if question.answer != Answer.CONFIRMED:
        heading = _("Lift the order against %(name)s", name=order.adult.display_name)
        back = url_for("office.guardians", student_id=student.public_id)
        return confirm_page(heading, student, question, _("Lift the order"), back=back)
    return _act(order, save, _("The order is lifted."))


@bp.post("/restrictions/<restriction_id>/lifting/refusal")
@door.office
def restriction_keeping(restriction_id: str) -> Any:
    """The order stays."""
    order = rosters.locked(access.restriction_for_office(current_person(), restriction_id))
    return _act(
        order,
        lambda: rosters.keep_restriction(order, moment(), actor_id=current_person().id),
        _("The order stays as it is."),
    )


def _act(order: Restriction, act: Any, done: str) -> Any:
    try:
        act()
    except RosterError as error:
        return _told(order, error)
    db.session.commit()
    flash(done, "good")
    return _back(order)


def _told(order: Restriction, error: RosterError) -> Any:
    db.session.rollback()
    tell(_("Nothing was changed."), fault_words(error), "bad")
    return _back(order)


def _back(order: Restriction) -> Any:
    student = db.session.get_one(User, order.student_id)
    return redirect(url_for("office.guardians", student_id=student.public_id), 303)


def _lift_page(order: Restriction, form: LiftForm, status: int = 200) -> Any:
    school = own_school()
    page = render_template(
        "office/lifting.html",
        order=order,
        form=form,
        student=db.session.get_one(User, order.student_id),
        alone=rosters.office_accounts(school, today(school)) < 2,
        span=span_words,
    )
    return page, status
