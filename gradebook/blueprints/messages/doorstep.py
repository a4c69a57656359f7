"""Behind the door: the office has seen who a guardian is (ux.md A3), and a kept device asks for the password again."""

from typing import Any

from flask import current_app, jsonify, redirect, render_template, request, url_for

from gradebook.blueprints.messages import bp
from gradebook.models import RoleKind
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import accounts
from gradebook.web.login import current_login, current_person
from gradebook.web.requests import SAFE_METHODS, moment, wants_page


class NotConfirmed(Exception):
    """This guardian will be able to use messages, but not yet."""


class NotProved(Exception):
    """The password was last given too long ago on this device, which stays signed in."""


def correspondent() -> Person:
    """The person who asks. Raises NotConfirmed and NotProved for every address alike: nothing is learned from them."""
    person = current_person()
    if not can(person, "messages:use"):
        raise NotConfirmed
    if accounts.needs_proof(current_login(), _moment_of_the_page()):
        raise NotProved
    return person


def most_an_hour() -> int:
    """Messages that one account may send one by one in a school within an hour."""
    return int(current_app.config["MESSAGES_AN_HOUR"])


def announcer() -> Person:
    """The person who reads or writes announcements; the office is asked for no proof of it."""
    person = current_person()
    return person if person.acts_as(RoleKind.OFFICE) else correspondent()


def _moment_of_the_page() -> Any:
    """What is sent was written on a page opened before: words that took their time are not thrown away."""
    return moment() if request.method in SAFE_METHODS else moment() - accounts.FAMILY_IDLE


@bp.errorhandler(NotProved)
def not_proved(_error: NotProved) -> Any:
    """To the page that asks, and back afterwards; 401 for scripts."""
    if not wants_page():
        return jsonify(error=401), 401
    back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for("messages.proof", next=back), 303)


@bp.errorhandler(NotConfirmed)
def not_confirmed(_error: NotConfirmed) -> Any:
    """Whom to call."""
    if not wants_page():
        return jsonify(error=403), 403
    return render_template("messages/not_confirmed.html", schools=current_person().roles_in_use), 403


def page_number(text: str | None) -> int:
    """The number of a page in an address. Raises NotFound for what is none."""
    if text is None:
        return 1
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 7 or int(text) == 0:
        raise NotFound
    return int(text)
