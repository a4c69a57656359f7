"""Every view carries one decorator that states its door: who may come in at all. The policy decides the rest.

    @bp.get("/classes/<section_id>")
    @door.teacher
    def gradebook(section_id): ...

The door is checked before the view runs; a route without one stops the application from starting.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, redirect, request, url_for
from werkzeug.exceptions import Unauthorized

from gradebook.models import RoleKind
from gradebook.policy import second_step
from gradebook.policy.access import NotFound
from gradebook.web.login import signed_in_person
from gradebook.web.requests import wants_page

View = Callable[..., Any]


class DoorError(RuntimeError):
    """A route has no door."""


class RoleNotInUse(Exception):
    """The person holds a role that opens this door, but uses another one now."""

    def __init__(self, kinds: tuple[RoleKind, ...]) -> None:
        super().__init__(kinds)
        self.kinds = kinds


class StepOwed(Exception):
    """The role in use opens only after a second step at sign-in, and this login session has passed none."""


class CodeNeeded(Exception):
    """What is asked for needs a code of the authenticator app that was typed in this login session."""


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    view.door = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open to everyone who is signed in, in any role."""
    return _guarded(view, "signed in", ())


def roles(*kinds: RoleKind) -> Callable[[View], View]:
    """Open to people who use one of these roles now."""
    return lambda view: _guarded(view, " or ".join(kinds), kinds)


teacher = roles(RoleKind.TEACHER)
student = roles(RoleKind.STUDENT)
parent = roles(RoleKind.PARENT)
office = roles(RoleKind.OFFICE)
correspondent = roles(RoleKind.PARENT, RoleKind.TEACHER)
staff = roles(RoleKind.TEACHER, RoleKind.OFFICE)
adult = roles(RoleKind.PARENT, RoleKind.TEACHER, RoleKind.OFFICE)


def require_code(within: timedelta | None = None) -> None:
    """Go on only after a code was typed in this login session, `within` that time if one is named.

    Call it first in a view of the office, in its GET as in its POST: what a form sent is not kept meanwhile.
    Raises CodeNeeded, which leads to the page that asks for a code, and back afterwards.
    """
    person = signed_in_person()
    if person is None or not second_step.is_proved(person, within):
        raise CodeNeeded


def unattended(view: View) -> View:
    """Asked by a page that is only open: it does not count as activity, so that nobody stays signed in by it."""
    view.unattended = True  # type: ignore[attr-defined]
    return view


def _guarded(view: View, name: str, kinds: tuple[RoleKind, ...]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        person = signed_in_person()
        if person is None:
            return ask_to_sign_in()
        if kinds and not any(person.acts_as(kind) for kind in kinds):
            held = tuple(kind for kind in kinds if person.holds(kind))
            raise RoleNotInUse(held) if held else NotFound
        if kinds and second_step.is_owed(person):
            raise StepOwed
        return view(*args, **kwargs)

    guarded.door = name  # type: ignore[attr-defined]
    return guarded


def ask_to_sign_in() -> Any:
    """To the sign-in page and back afterwards; 401 for scripts."""
    if not wants_page():
        raise Unauthorized
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("auth.sign_in", next=back), 303)


def init_app(app: Flask) -> None:
    """Let no address under /messages/ answer a student in a way of its own."""
    app.before_request(_no_messages_for_students)


def _no_messages_for_students() -> None:
    """The door alone is not enough: a wrong method, a slash too few or a form without token is answered before it."""
    if request.path.lstrip("/").partition("/")[0] == "messages":
        person = signed_in_person()
        if person is not None and person.acts_as(RoleKind.STUDENT):
            raise NotFound


def check_doors(app: Flask) -> None:
    """Raises DoorError naming every route whose view states no door."""
    open_routes = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "door")
    ]
    if open_routes:
        raise DoorError("These routes have no door: " + ", ".join(sorted(open_routes)))
