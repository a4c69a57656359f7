"""Behind the door: a guardian reads messages only after the office has seen who they are (ux.md A3)."""

from flask import render_template

from gradebook.blueprints.messages import bp
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.web.login import current_person


class NotConfirmed(Exception):
    """This guardian will be able to use messages, but not yet."""


def correspondent() -> Person:
    """The person who asks. Raises NotConfirmed for every address alike, so that nothing can be learned from it."""
    person = current_person()
    if not can(person, "messages:use"):
        raise NotConfirmed
    return person


@bp.errorhandler(NotConfirmed)
def not_confirmed(_error: NotConfirmed) -> tuple[str, int]:
    """Whom to call."""
    return render_template("messages/not_confirmed.html", schools=current_person().roles_in_use), 403


def page_number(text: str | None) -> int:
    """The number of a page in an address. Raises NotFound for what is none."""
    if text is None:
        return 1
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 7 or int(text) == 0:
        raise NotFound
    return int(text)
