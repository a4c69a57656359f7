"""The classes of record in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.models import RecordClass

NAMES = {
    RecordClass.ANNOUNCEMENTS: _l("announcements"),
    RecordClass.APPROVALS: _l("what a second person answered"),
    RecordClass.DRAFTS: _l("drafts that were never sent"),
    RecordClass.FILES: _l("files that came with messages"),
    RecordClass.MESSAGES: _l("messages"),
    RecordClass.NOTICES: _l("notices of messages"),
    RecordClass.READS: _l("who has read what, and when"),
    RecordClass.REPORTS: _l("reported messages"),
    RecordClass.REVIEWS: _l("reviews of messages"),
    RecordClass.STOPS: _l("stops of messages"),
}
HINTS = {
    RecordClass.ANNOUNCEMENTS: _l("Their words, and who got and opened them."),
    RecordClass.APPROVALS: _l("With the records of conversations that were handed out."),
    RecordClass.DRAFTS: "",
    RecordClass.FILES: _l("Their contents. The message stays, and says that there was a file."),
    RecordClass.MESSAGES: _l("With what stood there before they were edited or removed, and their files."),
    RecordClass.NOTICES: _l("Whom to tell that there is a message; they hold no words."),
    RecordClass.READS: "",
    RecordClass.REPORTS: _l("From the day on which they were settled: who reported them, why, and what was done."),
    RecordClass.REVIEWS: _l("From the day on which the conversations were told: reason, notes, and what was opened."),
    RecordClass.STOPS: _l("From the day on which they were over: for whom, and why."),
}


def class_words(kind: Any) -> str:
    """A class of record; one of another version of the product by its bare name."""
    return str(NAMES[RecordClass(kind)]) if kind in set(RecordClass) else str(kind or "–")
