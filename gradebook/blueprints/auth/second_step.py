"""A4: one's own second step at sign-in: an authenticator app, its recovery codes, trusted devices."""

from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.auth import bp
from gradebook.blueprints.auth.forms import BeginAppForm, ChangeStepForm, StepForm
from gradebook.blueprints.auth.sign_in_code import taken
from gradebook.extensions import db
from gradebook.models import Authenticator, StepKind
from gradebook.policy import second_step as policy
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.services import accounts, audit, second_step
from gradebook.services.second_step import Check
from gradebook.web import door
from gradebook.web.frame import PRODUCT
from gradebook.web.login import begin_login, current_login, current_login_session, current_person
from gradebook.web.password_again import check_password_again
from gradebook.web.qr import drawing_of
from gradebook.web.requests import moment
from gradebook.web.visitors import safe_next

PROOF_LIFE = timedelta(minutes=15)
"""How long ago the password may have been given for the first app: who finds an open session cannot add theirs."""

NEW_APP = "new_app"  # in the browser's signed cookie: the app whose key this browser is shown


@bp.get("/auth/second-step")
@door.signed_in
def own_second_step() -> Any:
    """What there is, and how to change it; for who owes one, how to set it up."""
    person = _offered()
    app = second_step.app_of(person.id)
    if app is None:
        return _choice(BeginAppForm(formdata=None))
    if policy.is_owed(person):
        return redirect(url_for("auth.second_step_code", next=request.args.get("next")), 303)
    return _state(app, _change_form(formdata=None))


@bp.post("/auth/second-step")
@door.signed_in
def change_second_step() -> Any:
    """Another app, new recovery codes, or none any more: after the password and a code."""
    person, form = _offered(), _change_form()
    app = second_step.app_of(person.id)
    if app is None:
        return redirect(url_for("auth.own_second_step"), 303)
    status = _checked(form)
    if status != 200:
        return _state(second_step.app_of(person.id), form), status
    if form.act.data == "codes":
        return _codes_page(person)
    if form.act.data == "off":
        return _turned_off(person)
    return _begun(person)


def _checked(form: ChangeStepForm) -> int:
    """Whether password and code are right, as the status of the answer. A code is used up only with the password."""
    if not form.validate():
        return 422
    status = check_password_again(form.password)
    if status == 200:
        _step, status = taken(form.code, current_person().user)
    return status


@bp.post("/auth/second-step/app")
@door.signed_in
def begin_app() -> Any:
    """Make the key of the first app; the next page shows it."""
    person, form = _offered(), BeginAppForm()
    if second_step.app_of(person.id) is not None:
        return redirect(url_for("auth.own_second_step"), 303)
    if _asks_password():
        status = check_password_again(form.password) if form.validate() else 422
        if status != 200:
            return _choice(form), status
    return _begun(person)


def _begun(person: Person) -> Any:
    """A new key, which only this browser is shown."""
    app = second_step.begin_app(person.id, moment())
    db.session.flush()
    session[NEW_APP] = app.id
    db.session.commit()
    return redirect(url_for("auth.new_app", next=request.args.get("next")), 303)


@bp.get("/auth/second-step/app")
@door.signed_in
def new_app() -> Any:
    """The key as a QR code and as text, and the field for the first code."""
    app = second_step.waiting_app(_offered().id, session.get(NEW_APP), moment())
    if app is None:
        return redirect(url_for("auth.own_second_step"), 303)
    return _app_page(app, StepForm(formdata=None))


@bp.post("/auth/second-step/app/confirmation")
@door.signed_in
def confirm_app() -> Any:
    """Put the app into use with its first code, and show the recovery codes once."""
    person, form, login_session = _offered(), StepForm(), current_login_session()
    app = second_step.waiting_app(person.id, session.get(NEW_APP), moment())
    if app is None:
        return redirect(url_for("auth.own_second_step"), 303)
    if not form.validate():
        return _app_page(app, form), 422
    secret = current_app.config["SECRET_KEY"]
    if second_step.confirm_app(app, form.code.data or "", secret, person.user, login_session, moment()) != Check.RIGHT:
        db.session.rollback()
        form.code.errors = [_("That code is not right. Codes change every 30 seconds; use the newest one.")]
        return _app_page(app, form), 422
    token, keep = accounts.pass_step(login_session, StepKind.APP, moment()), login_session.own_device
    begin_login(token, keep=keep)
    return _codes_page(person, is_new=True)


@bp.post("/auth/second-step/devices/endings")
@door.signed_in
def end_trust() -> Any:
    """Ask for a code on every device again."""
    count = accounts.trust_no_device(_offered().id)
    db.session.commit()
    words = ngettext("%(num)s device is no longer trusted.", "%(num)s devices are no longer trusted.", count)
    flash(words, "good")
    return redirect(url_for("auth.own_second_step"), 303)


def _offered() -> Person:
    """The person who asks. Raises NotFound for students, who are offered none."""
    person = current_person()
    if not policy.may_have_one(person.user):
        raise NotFound
    return person


def _asks_password() -> bool:
    return moment() - current_login().proved_at > PROOF_LIFE


def _turned_off(person: Person) -> Any:
    if policy.must_have_one(person):
        raise NotFound
    second_step.turn_off(person.user, current_login_session(), moment())
    db.session.commit()
    flash(_("The second step is turned off. You are signed out everywhere else."), "good")
    return redirect(url_for("auth.own_second_step"), 303)


def _change_form(**given: Any) -> ChangeStepForm:
    form = ChangeStepForm(**given)
    if policy.must_have_one(current_person()):
        form.act.choices = [choice for choice in form.act.choices if choice.value != "off"]
    return form


def _choice(form: BeginAppForm) -> str:
    if not _asks_password():
        del form.password
    return render_template("auth/second_step.html", form=form, app=None, owed=policy.is_owed(current_person()))


def _state(app: Authenticator | None, form: ChangeStepForm) -> str:
    person = current_person()
    return render_template(
        "auth/second_step.html",
        form=form,
        app=app,
        codes_left=second_step.recovery_codes_left(person.id),
        codes=second_step.RECOVERY_CODES,
        devices=second_step.trusted_devices(person.user, moment()),
        must=policy.must_have_one(person),
        timezone=next((role.timezone for role in person.roles), "UTC"),
    )


def _app_page(app: Authenticator, form: StepForm) -> str:
    person, secret = current_person(), current_app.config["SECRET_KEY"]
    issuer = next((role.school_name for role in person.roles_in_use), PRODUCT)
    key = second_step.key_of(app, secret)
    address = second_step.address_of(app, secret, person.user.username, issuer)
    return render_template(
        "auth/new_app.html",
        form=form,
        key=" ".join(key[place : place + 4] for place in range(0, len(key), 4)),
        address=address,
        drawing=drawing_of(address, "qr"),
    )


def _codes_page(person: Person, *, is_new: bool = False) -> Any:
    """Ten new recovery codes, committed; they stand in this answer only."""
    made = second_step.new_recovery_codes(person.id, current_app.config["SECRET_KEY"], moment())
    if not is_new:
        audit.record("second_step.codes_made", moment(), school_id=None, actor_id=person.id, person_id=person.id)
    db.session.commit()
    codes = [second_step.shown_code(code) for code in made]
    return render_template(
        "auth/recovery_codes.html",
        codes=codes,
        is_new=is_new,
        onward=safe_next(request.args.get("next")) if is_new else url_for("auth.own_second_step"),
        username=person.user.username,
    )
