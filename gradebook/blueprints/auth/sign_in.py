"""A1: sign in; sign out; forgot."""

from typing import Any

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.auth import bp
from gradebook.blueprints.auth.forms import SignInForm
from gradebook.blueprints.auth.home import home_of
from gradebook.extensions import db
from gradebook.models import AttemptKind, LoginSession
from gradebook.policy.person import Person
from gradebook.services import accounts, passwords, second_step, sign_in_log
from gradebook.web import door
from gradebook.web.login import (
    begin_login,
    begin_waiting,
    current_login,
    current_person,
    end_login,
    signed_in_person,
)
from gradebook.web.requests import moment
from gradebook.web.tries import counted_try
from gradebook.web.visitors import (
    A_YEAR,
    device_cookie_name,
    device_name,
    safe_next,
    visitor,
)


@bp.get("/auth/sign-in")
@door.public
def sign_in() -> Any:
    """The form; whoever is signed in goes on to where they wanted."""
    if signed_in_person() is not None:
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("auth/sign_in.html", form=SignInForm())


@bp.post("/auth/sign-in")
@door.public
def sign_in_post() -> Any:
    """One error for every wrong combination, in the same time."""
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    try:
        attempt_id = counted_try(AttemptKind.PASSWORD, form.username.data or "")
    except accounts.TooManyTries:
        return _refused(form, _("Too many tries. Wait 5 minutes, or ask the school office for a sign-in slip."), 429)
    person = accounts.person_named(form.username.data or "", moment())
    db.session.expunge_all()  # what was read stays readable …
    db.session.rollback()  # … and no lock and no connection is held while the hash is worked out
    stored = person.user.password_hash if person else None
    if not passwords.check_password(stored, form.password.data or "") or person is None:
        return _refused(form, _("The username or password is not right."), 422)
    accounts.forgive(attempt_id)
    if stored and passwords.needs_rehash(stored):
        accounts.store_hash(person.id, passwords.hash_password(form.password.data or ""))
    return open_session(person, own_device=form.own_device.data, target=safe_next(request.args.get("next")))


def open_session(person: Person, *, own_device: bool, target: str) -> Response:
    """The way on from a right password: a new login session on this browser, or the page that asks for the code."""
    now, device_token = moment(), visitor().device_token
    asked = second_step.asked_of(person.user, device_token, now)
    token, row = accounts.open_login_session(
        person, own_device=own_device, device_name=device_name(), step=asked.step, awaits_step=asked.awaits
    )
    if asked.awaits:
        db.session.commit()
        begin_waiting(token)
        return make_response(redirect(url_for("auth.sign_in_code", next=target), 303))
    new_device = accounts.remember_device(person.id, device_token, now)
    sign_in_log.note_signed_in(person, row, now, is_new=new_device is not None)
    if asked.reset_at:
        second_step.note_told(person.id, now)
    response = let_in(person, token, row, target=target, new_device=new_device)
    if asked.reset_at:
        _tell_of_reset()
    return response


def let_in(person: Person, token: str, row: LoginSession, *, target: str, new_device: str | None) -> Response:
    """Commit, hand this browser the login session, and go to `target`."""
    keep = row.own_device
    db.session.commit()
    begin_login(token, keep=keep)
    if target == url_for("auth.home"):
        target = home_of(accounts.default_role(person))  # at once, without the request in between
    response = make_response(redirect(target, 303))
    if new_device:
        response.set_cookie(
            device_cookie_name(),
            new_device,
            max_age=A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def _tell_of_reset() -> None:
    words: Any = {
        "heading": _("Your second step at sign-in was taken away"),
        "text": _("The school office did this, so that you can set it up again. If you did not ask, tell the office."),
        "url": url_for("auth.own_second_step"),
        "label": _("Set it up again"),
    }
    flash(words, "warn")


def _refused(form: SignInForm, words: str, status: int) -> Any:
    form.username.errors = [*form.username.errors, words]
    return _again(form, status)


def _again(form: SignInForm, status: int) -> Any:
    return render_template("auth/sign_in.html", form=form), status


@bp.post("/auth/sign-out")
@door.signed_in
def sign_out() -> Any:
    """End the login session on the server, then the cookie."""
    accounts.end_login_session(current_person().id, current_login().public_id, moment())
    db.session.commit()
    end_login()
    flash(_("You are signed out."), "good")
    return redirect(url_for("auth.sign_in"), 303)


@bp.get("/auth/forgot")
@door.public
def forgot() -> Any:
    """A2, for schools that send no mail: a slip from the office."""
    return render_template("auth/forgot.html")
