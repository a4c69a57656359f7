"""The password again, before Messages open on a device that stays signed in (ux.md 3.11)."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.forms import ProofForm
from gradebook.extensions import db
from gradebook.models import AttemptKind
from gradebook.services import accounts, passwords
from gradebook.web import door
from gradebook.web.login import begin_login, current_login_session, current_person
from gradebook.web.requests import moment
from gradebook.web.visitors import safe_next, visitor


@bp.get("/proof")
@door.correspondent
def proof() -> str:
    """The form."""
    return _page(ProofForm())


@bp.post("/proof")
@door.correspondent
def proof_post() -> Any:
    """Check the password, as often as at sign-in; then on to the messages."""
    form, person, login_session = ProofForm(), current_person(), current_login_session()
    if not form.validate():
        return _page(form), 422
    try:
        attempt_id = accounts.knock(AttemptKind.PASSWORD, person.user.username, visitor(), moment()).id
    except accounts.TooManyTries:
        db.session.rollback()
        form.password.errors = [_("Too many tries. Wait 5 minutes.")]
        return _page(form), 429
    db.session.commit()
    if not passwords.check_password(person.user.password_hash, form.password.data or ""):
        form.password.errors = [_("The password is not right.")]
        return _page(form), 422
    accounts.forgive(attempt_id)
    keep, token = login_session.own_device, accounts.prove(login_session, moment())
    db.session.commit()
    begin_login(token, keep=keep)
    return redirect(safe_next(request.args.get("next") or url_for("messages.index")), 303)


def _page(form: ProofForm) -> str:
    return render_template("messages/proof.html", form=form)
