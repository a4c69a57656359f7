"""A try at a secret: counted before it is made."""

from gradebook.extensions import db
from gradebook.models import AttemptKind
from gradebook.services import accounts, sign_in_log
from gradebook.web.requests import moment
from gradebook.web.visitors import visitor


def counted_try(kind: AttemptKind, name: str) -> int:
    """Count a try for this name and commit, so that no lock is held while a hash is worked out; the key of the try,
    for accounts.forgive. Raises TooManyTries: nothing of the request is kept then, but that the account is held up."""
    try:
        attempt_id = accounts.knock(kind, name, visitor(), moment()).id
    except accounts.TooManyTries as error:
        db.session.rollback()
        if error.of_account:
            sign_in_log.note_held_up(kind, name, moment())
            db.session.commit()
        raise
    db.session.commit()
    return attempt_id
