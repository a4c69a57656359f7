"""What the office has stopped, said on each page of messages and beside what was not sent (policy/stops.py)."""

from typing import Any

from flask import g
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.forms import WordsForm
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.policy.stops import Stop, address_in, stopped
from gradebook.services import message_rules
from gradebook.web.login import signed_in_person


@bp.context_processor
def _told() -> dict[str, Any]:
    """`stops_told` for who uses messages, and for nobody else: students learn of nothing."""
    person = signed_in_person()
    if person is None or not can(person, "messages:use"):
        return {}
    if "stops_told" not in g:
        g.stops_told = message_rules.stops_told(person)
    return {"stops_told": g.stops_told}


def accepts(form: WordsForm, person: Person, school_id: int, title: str = "") -> bool:
    """Whether the words are right and none of them is stopped; else the form says why."""
    if not form.validate():
        return False
    stop = stopped(person, school_id, f"{title}\n{form.body.data}")
    if stop is not None:
        refuse(form, stop, title=title)
    return stop is None


def refuse(form: WordsForm, stop: Stop, *, kept: bool = False, title: str = "") -> None:
    """Say beside the words why they were not sent, and whether they are kept as a draft."""
    words = _words(stop, f"{title}\n{form.body.data}")
    form.body.errors = [f"{words} {_('It is kept as your draft.')}" if kept else words]


def _words(stop: Stop, body: str) -> str:
    if not stop.is_of_links:
        return _("Not sent: the school office has stopped writing messages for now.")
    return _(
        "Not sent: “%(word)s” looks like a web or email address, and the school office has stopped these for now. Take "
        "it out, or put a space after each full stop.",
        word=address_in(body),
    )
