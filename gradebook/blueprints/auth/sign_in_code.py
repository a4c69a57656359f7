"""A4: the code after the password, and again where a code of this session is asked for."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import Field

from gradebook.blueprints.auth import bp
from gradebook.blueprints.auth.forms import StepForm
from gradebook.blueprints.auth.sign_in import let_in
from gradebook.extensions import db
from gradebook.models import AttemptKind, StepKind, User
from gradebook.services import accounts, second_step, sign_in_log
from gradebook.services.second_step import Check
from gradebook.web import door
from gradebook.web.login import awaited_token, begin_login, current_login_session, current_person, signed_in_person
from gradebook.web.requests import moment
from gradebook.web.tries import counted_try
from gradebook.web.visitors import safe_next, visitor

RECOVERY = "recovery"


@bp.get("/auth/sign-in/code")
@door.public
def sign_in_code() -> Any:
    """The code of the app, or with way=recovery a recovery code."""
    if accounts.awaiting(awaited_token(), moment()) is None:
        return _too_late()
    return _page("auth/sign_in_code.html", StepForm(formdata=None))


@bp.post("/auth/sign-in/code")
@door.public
def sign_in_code_post() -> Any:
    """Check the code, then hand out a new login session; the old token opens nothing any more."""
    form, found = StepForm(), accounts.awaiting(awaited_token(), moment())
    if found is None:
        return _too_late()
    login_session, person = found
    step, status = taken(form.code, person.user) if form.validate() else (None, 422)
    if step is None:
        return _page("auth/sign_in_code.html", form), status
    token, now = accounts.pass_step(login_session, step, moment()), moment()
    if form.trust.data and step == StepKind.APP:
        new_device: str | None = second_step.trust_device(person.user, now)
    else:
        new_device = accounts.remember_device(person.id, visitor().device_token, now)
    sign_in_log.note_signed_in(person, login_session, now, is_new=new_device is not None)
    response = let_in(person, token, login_session, target=safe_next(request.args.get("next")), new_device=new_device)
    if step == StepKind.RECOVERY:
        tell_of_recovery(person.id)
    return response


@bp.get("/auth/second-step/code")
@door.signed_in
def second_step_code() -> Any:
    """A code again, for what a trusted device or an older code is not enough for."""
    if second_step.app_of(current_person().id) is None:
        return redirect(url_for("auth.own_second_step", next=request.args.get("next")), 303)
    return _page("auth/second_step_code.html", StepForm(formdata=None))


@bp.post("/auth/second-step/code")
@door.signed_in
def second_step_code_post() -> Any:
    """Note it in the login session, whose token changes."""
    form, person, login_session = StepForm(), current_person(), current_login_session()
    if second_step.app_of(person.id) is None:
        return redirect(url_for("auth.own_second_step", next=request.args.get("next")), 303)
    step, status = taken(form.code, person.user) if form.validate() else (None, 422)
    if step is None:
        return _page("auth/second_step_code.html", form), status
    token, keep = accounts.pass_step(login_session, step, moment()), login_session.own_device
    db.session.commit()
    begin_login(token, keep=keep)
    if step == StepKind.RECOVERY:
        tell_of_recovery(person.id)
    return redirect(safe_next(request.args.get("next")), 303)


def taken(field: Field, user: User) -> tuple[StepKind | None, int]:
    """How what was typed passes the second step; or None, the status of the answer, and words beside the field.

    Each try is counted, like one at a password, and taken back when it is right.
    """
    user_id, username = user.id, user.username
    try:
        attempt_id = counted_try(AttemptKind.STEP, username)
    except accounts.TooManyTries:
        field.errors = [_("Too many wrong codes. Wait 5 minutes or more.")]
        return None, 429
    checked, step = second_step.take(user_id, field.data or "", current_app.config["SECRET_KEY"], moment())
    if checked != Check.RIGHT:
        field.errors = [_words(checked, step)]
        return None, 422
    accounts.forgive(attempt_id)
    return step, 200


def _words(checked: Check, step: StepKind) -> str:
    if step == StepKind.RECOVERY:
        return {
            Check.USED: _("This recovery code was used before. Each works once; use another."),
            Check.WRONG: _("That code is not right. Check each letter, or use another code."),
        }[checked]
    return {
        Check.USED: _("That code was used already. Wait until your app shows the next one."),
        Check.WRONG: _("That code is not right. Codes change every 30 seconds; use the newest one."),
    }[checked]


def tell_of_recovery(user_id: int) -> None:
    """How many recovery codes are left, and where to make new ones."""
    left = second_step.recovery_codes_left(user_id)
    words: Any = {
        "heading": _("You used a recovery code"),
        "text": _("Recovery codes left: %(number)s. If your phone is lost, put another one into use.", number=left),
        "url": url_for("auth.own_second_step"),
        "label": _("Change your second step"),
    }
    flash(words, "warn")


def _too_late() -> Any:
    if signed_in_person() is None:
        flash(_("Sign in again. There are 10 minutes for the code after the password."), "warn")
    return redirect(url_for("auth.sign_in", next=request.args.get("next")), 303)


def _page(template: str, form: StepForm) -> str:
    by_recovery, page = request.args.get("way") == RECOVERY, str(request.endpoint).removesuffix("_post")
    other_way = url_for(page, next=request.args.get("next"), way=None if by_recovery else RECOVERY)
    return render_template(template, form=form, by_recovery=by_recovery, other_way=other_way)
