"""The classes of record in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.models import RecordClass

NAMES = {
    RecordClass.DRAFTS: _l("drafts that were never sent"),
    RecordClass.FILES: _l("files that came with messages"),
    RecordClass.MESSAGES: _l("messages"),
    RecordClass.NOTICES: _l("notices of messages"),
    RecordClass.READS: _l("who has read what, and when"),
}


def class_words(kind: Any) -> str:
    """A class of record; one of another version of the product by its bare name."""
    return str(NAMES[RecordClass(kind)]) if kind in set(RecordClass) else str(kind or "–")
