"""The password of who is signed in, asked for again before an act that an open session is not enough for."""

from flask_babel import gettext as _
from wtforms import Field

from gradebook.models import AttemptKind
from gradebook.services import accounts, passwords
from gradebook.web.login import current_person
from gradebook.web.tries import counted_try


def check_password_again(field: Field, wrong: str | None = None) -> int:
    """200 if it is their password; else the status of the answer, with words beside the field.

    Each try is committed and counted as one at sign-in, and taken back when it is right.
    """
    user = current_person().user
    stored = user.password_hash
    try:
        attempt_id = counted_try(AttemptKind.PASSWORD, user.username)
    except accounts.TooManyTries:
        field.errors = [_("Too many tries. Wait 5 minutes.")]
        return 429
    if not passwords.check_password(stored, field.data or ""):
        field.errors = [wrong or _("The password is not right.")]
        return 422
    accounts.forgive(attempt_id)
    return 200
