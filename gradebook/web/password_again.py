"""The password of who is signed in, asked for again before an act that an open session is not enough for."""

from flask_babel import gettext as _
from wtforms import Field

from gradebook.extensions import db
from gradebook.models import AttemptKind
from gradebook.services import accounts, passwords
from gradebook.web.login import current_person
from gradebook.web.requests import moment
from gradebook.web.visitors import visitor


def check_password_again(field: Field, wrong: str | None = None) -> int:
    """200 if it is their password; else the status of the answer, with words beside the field.

    Each try is committed and counted as one at sign-in, and taken back when it is right.
    """
    user = current_person().user
    stored = user.password_hash
    try:
        attempt_id = accounts.knock(AttemptKind.PASSWORD, user.username, visitor(), moment()).id
    except accounts.TooManyTries:
        db.session.rollback()
        field.errors = [_("Too many tries. Wait 5 minutes.")]
        return 429
    db.session.commit()  # no lock is held while the hash is worked out
    if not passwords.check_password(stored, field.data or ""):
        field.errors = [wrong or _("The password is not right.")]
        return 422
    accounts.forgive(attempt_id)
    return 200
