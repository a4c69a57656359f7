"""What the script of an open conversation says (static/js/messages/)."""

from functools import cache

from flask import json
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from gradebook.web.language import gettext as _
from gradebook.web.language import language


def script_words() -> Markup:
    """As JSON for an attribute; the same for everybody who speaks the language."""
    return _words_in(language().name)


@cache
def _words_in(_language: str) -> Markup:
    return htmlsafe_json_dumps(
        {
            "sending": _("Sending…"),
            "away": _("Not sent. Your message is still here."),
            "signedOut": _("Not sent: you were signed out. Your message is still here."),
            "lost": _("Not sent: you can no longer write in this conversation. Your message is still here, to copy."),
            "retry": _("Retry"),
            "sign_in": _("Sign in"),
            "cancel": _("Cancel"),
            "back": _("Change it"),
            "new_from": _("New message from %(name)s", name="{name}"),
            "new_several": _("New messages"),
            "ended_heading": _("This conversation is no longer open to you"),
            "ended_words": _("What you may read has changed. The school office can help."),
            "ended_label": _("What you wrote, to copy"),
            "stopped": _("Writing messages is stopped for now"),
            "goes_on": _("Messages can be written again"),
            "reason_away": _("There is no answer. Try again."),
            "sign_in_heading": _("Sign in to send what you wrote"),
            "sign_in_words": _(
                "You were signed out. What you wrote is kept on this page and is sent when you are back."
            ),
            "no_words": _("Write a message"),
            "files_most": _("Choose 5 files or fewer"),
            "files_large": _("A file is larger than 10 MB. Choose a smaller one."),
            "files_kind": _("Choose only these kinds of files: PDF, PNG, JPG, DOCX, XLSX, TXT"),
            "files_remove": _("Remove %(file)s", file="{file}"),
            "removed": _("Message removed"),
            "undo": _("Undo"),
            "too_late": _("It is too late to undo that."),
            "not_saved": _("Nothing was changed: there is no answer. Try again."),
            "sign_in_page": _("Open the sign-in page in a new tab"),
        },
        dumps=json.dumps,
    )
