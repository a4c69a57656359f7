"""Files that come with a message: taken from the form, and handed out again to be kept, never to be shown."""

from dataclasses import replace
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.blueprints.messages.forms import SendForm
from gradebook.extensions import db
from gradebook.interchange.attachable import (
    LARGEST,
    MEGABYTE,
    Attachable,
    NotAttachable,
    Why,
    checked,
)
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.services import attachments
from gradebook.services.attachments import QUOTA
from gradebook.web import door
from gradebook.web.files import file_response


class Refused(Exception):
    """A file was not taken; the form says which and why, and nothing was written."""


def taken(form: SendForm) -> list[Attachable]:
    """The files of a form whose sender may send. Raises Refused.

    Looking at them may take a second, so the transaction that was begun is let go: nobody waits for it.
    """
    sent = form.sent_files()
    if not sent:
        return []
    db.session.rollback()
    try:
        return [_taken(file) for file in sent]
    except NotAttachable as no:
        form.refuse_files(words_for(no.why, no.name))
        raise Refused from None


def no_room(form: SendForm) -> None:
    """The person has sent as much as one may; nothing is written."""
    db.session.rollback()
    form.refuse_files(
        _("There is no room for more files of yours: they may have %(most)s MB together", most=QUOTA // MEGABYTE)
    )


def _taken(file: FileStorage) -> Attachable:
    found = checked(file.filename or "", file.stream.read(LARGEST + 1))
    return replace(found, is_held=bool(current_app.config["CLAMD"]))


def words_for(why: Why, name: str) -> str:
    """What is wrong with a file, and what to do."""
    words = {
        Why.DAMAGED: _("%(file)s cannot be read: it is damaged or locked with a password", file=name),
        Why.EMPTY: _("%(file)s is empty", file=name),
        Why.KIND: _("%(file)s is none of these: PDF, PNG, JPG, DOCX, XLSX, TXT", file=name),
        Why.MACROS: _("%(file)s has macros in it. Save it without macros and attach it again", file=name),
        Why.OTHER_CONTENT: _("%(file)s is not what its name says. Save it anew in the right format", file=name),
        Why.TOO_LARGE: _("%(file)s is larger than %(most)s MB", file=name, most=LARGEST // MEGABYTE),
        Why.TOO_MANY_PIXELS: _("%(file)s is too large a picture. Save it smaller and attach it again", file=name),
    }
    return words[why]


@bp.get("/<conversation_id>/files/<file_id>")
@door.adult
def attachment(conversation_id: str, file_id: str) -> Any:
    """A file, to be kept on one's device; it is never shown as a page of ours."""
    found = policy.conversation_read_by(correspondent(), conversation_id)
    file = attachments.file_in(found, policy.key_of(file_id))
    if file is None:
        raise NotFound
    return file_response(*file)
