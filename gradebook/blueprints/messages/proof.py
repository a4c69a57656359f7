"""The password again, before Messages open on a device that stays signed in (ux.md 3.11)."""

from typing import Any

from flask import redirect, render_template, request, url_for

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.forms import ProofForm
from gradebook.extensions import db
from gradebook.services import accounts
from gradebook.web import door
from gradebook.web.login import begin_login, current_login_session
from gradebook.web.password_again import check_password_again
from gradebook.web.requests import moment
from gradebook.web.visitors import safe_next


@bp.get("/proof")
@door.adult
def proof() -> str:
    """The form."""
    return _page(ProofForm())


@bp.post("/proof")
@door.adult
def proof_post() -> Any:
    """Check the password, as often as at sign-in; then on to the messages."""
    form, login_session = ProofForm(), current_login_session()
    if not form.validate():
        return _page(form), 422
    status = check_password_again(form.password)
    if status != 200:
        return _page(form), status
    keep, token = login_session.own_device, accounts.prove(login_session, moment())
    db.session.commit()
    begin_login(token, keep=keep)
    return redirect(safe_next(request.args.get("next") or url_for("messages.index")), 303)


def _page(form: ProofForm) -> str:
    return render_template("messages/proof.html", form=form)
