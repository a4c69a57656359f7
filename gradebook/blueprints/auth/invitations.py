"""A3: from a sign-in slip to an account with a password."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from gradebook.blueprints.auth import bp
from gradebook.blueprints.auth.account import check_new_password, schools_of
from gradebook.blueprints.auth.forms import CodeForm, NewPasswordForm
from gradebook.blueprints.auth.sign_in import open_session
from gradebook.extensions import db
from gradebook.models import AttemptKind, Invitation
from gradebook.services import accounts, invitations
from gradebook.services.passwords import SHORTEST
from gradebook.web import door
from gradebook.web.login import signed_in_person
from gradebook.web.requests import moment
from gradebook.web.visitors import visitor

SLIP = "invitation"  # in the browser's signed cookie: the slip whose code was typed right


@bp.get("/auth/invitation")
@door.public
def invitation_code() -> Any:
    """Where the code from a slip is typed; the slip's QR code fills it in."""
    return render_template("auth/invitation_code.html", form=CodeForm(code=request.args.get("code", "")[:40]))


@bp.post("/auth/invitation")
@door.public
def invitation_code_post() -> Any:
    """Count the try, so that codes cannot be guessed without end; then on to the invitation."""
    form = CodeForm()
    if not form.validate():
        return render_template("auth/invitation_code.html", form=form), 422
    found = _look_up(form.code.data or "")
    db.session.commit()
    if isinstance(found, str):
        return _closed(found, 429 if found == "throttled" else 404)
    session[SLIP] = found.public_id
    return redirect(url_for("auth.invitation"), 303)


def _look_up(code: str) -> Invitation | str:
    """The invitation with this code, or why there is none."""
    try:
        attempt = accounts.knock(AttemptKind.CODE, invitations.typed_code(code), visitor(), moment())
    except accounts.TooManyTries:
        return "throttled"
    found = invitations.invitation_for(code, current_app.config["SECRET_KEY"])
    if found is None:
        return "unknown"
    accounts.forgive(attempt.id)
    return found


@bp.get("/auth/invitation/acceptance")
@door.public
def invitation() -> Any:
    """Who you are, your children, your password."""
    found = invitations.invitation_named(session.get(SLIP))
    if found is None:
        return redirect(url_for("auth.invitation_code"), 303)
    return _page(found, NewPasswordForm())


@bp.post("/auth/invitation/acceptance")
@door.public
def invitation_post() -> Any:
    """Set the password, use the slip up, sign in."""
    found, form = invitations.invitation_named(session.get(SLIP)), NewPasswordForm()
    if found is None:
        return redirect(url_for("auth.invitation_code"), 303)
    if invitations.state_of(found, moment()) != "usable" or _someone_else(found):
        return _page(found, form)
    schools = schools_of(accounts.person_of(found.user, moment()))
    if not form.validate() or not check_new_password(form, found.user, schools):
        return _page(found, form, 422)
    if not invitations.accept(found, form.password.data or "", moment()):
        db.session.rollback()
        return _closed("used", 410)
    person = accounts.person_of(found.user, moment())
    response = open_session(person, own_device=False, target=url_for("auth.home"))
    flash(_("Your account is ready."), "good")
    return response


def _someone_else(found: Invitation) -> bool:
    person = signed_in_person()
    return person is not None and person.id != found.user_id


def _page(found: Invitation, form: NewPasswordForm, status: int = 200) -> Any:
    state = invitations.state_of(found, moment())
    if state != "usable":
        return _closed(state, 410)
    if _someone_else(found):
        return render_template("auth/invitation_other.html"), 409
    person = accounts.person_of(found.user, moment())
    page = render_template(
        "auth/invitation.html",
        form=form,
        invited=found.user,
        roles=person.roles,
        children=invitations.children_of(found.user, moment()),
        shortest=SHORTEST[found.user.account_kind],
    )
    return page, status


def _closed(state: str, status: int) -> Any:
    return render_template("auth/invitation_closed.html", state=state), status
