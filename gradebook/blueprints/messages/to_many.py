"""Words to many families at once: typed, shown with who gets them, then sent to those who were shown or to nobody.

An announcement (announcing.py) and the messages because of one assignment (families.py) are the two of this kind.
"""

from abc import ABC, abstractmethod
from typing import Any

from flask import request

from gradebook.blueprints.messages.forms import MessageForm
from gradebook.extensions import db
from gradebook.services import announcements, messaging

USED = (announcements.OtherWords, messaging.OtherBody)
TOO_MANY = (announcements.TooMany, messaging.TooMany)


class ToMany(ABC):
    """One request of this kind: what is typed, to whom it would go now, and what becomes of it."""

    form: MessageForm

    @abstractmethod
    def load(self) -> None:
        """Read who writes and to whom one may: at the beginning, and anew where the transaction was given up."""

    @abstractmethod
    def is_closed(self) -> bool:
        """Whether nothing can be sent at all; the page says why."""

    @abstractmethod
    def is_right(self) -> bool:
        """Whether what was typed can be sent; else the form says what is wrong."""

    @abstractmethod
    def found(self) -> Any:
        """Who gets what, as things stand now."""

    @abstractmethod
    def can_go(self, found: Any) -> bool:
        """Whether these can be sent to; else the form says why not."""

    @abstractmethod
    def was_shown(self, found: Any) -> bool:
        """Whether just these were shown before *Send* was pressed."""

    @abstractmethod
    def was_sent(self) -> bool:
        """Whether just this was sent before under the key of the form. Raises one of USED."""

    @abstractmethod
    def send(self, found: Any | None) -> Any:
        """Send it to these, and give the answer; None: just this was sent before. Raises one of USED or TOO_MANY, or
        Nobody."""

    @abstractmethod
    def say_used(self) -> None:
        """Say in the form that its key has sent something else."""

    @abstractmethod
    def say_too_many(self, error: Exception) -> None:
        """Say in the form how much can be sent."""

    @abstractmethod
    def page(self) -> str:
        """The words, and to whom."""

    @abstractmethod
    def preview(self, found: Any, *, moved: bool = False) -> str:
        """Who gets what; moved: it is no longer what was shown, and nothing was sent."""


def answer(sending: ToMany) -> Any:
    """Show who gets it; go back to the words; or send to those who were shown."""
    what = request.form.get("do")
    if sending.is_closed():
        return sending.page(), 403
    if what == "edit":
        return sending.page()
    if not sending.is_right():
        return sending.page(), 422
    if what == "send":
        return _send(sending)
    found = sending.found()
    return sending.preview(found) if sending.can_go(found) else (sending.page(), 422)


def _send(sending: ToMany) -> Any:
    try:
        found = None if sending.was_sent() else sending.found()
        if found is not None:
            if not sending.was_shown(found):
                return sending.preview(found, moved=True), 409
            if not sending.can_go(found):
                return sending.page(), 422
        done = sending.send(found)
    except USED:
        _give_up(sending)
        sending.say_used()
        return sending.page(), 409
    except TOO_MANY as error:
        _give_up(sending)
        sending.say_too_many(error)
        return sending.page(), 429
    except announcements.Nobody:
        _give_up(sending)
        sending.can_go(sending.found())
        return sending.page(), 422
    db.session.commit()
    return done


def _give_up(sending: ToMany) -> None:
    """Nothing is written, and what was typed is kept."""
    db.session.rollback()
    sending.load()
