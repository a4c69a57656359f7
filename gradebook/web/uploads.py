"""Room for files: more than a form is read only where files are taken, and only from people who may send them."""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, request

from gradebook.extensions import only_reading
from gradebook.interchange.attachable import LARGEST, MEGABYTE
from gradebook.models import RoleKind
from gradebook.services.attachments import MOST_FILES
from gradebook.web.login import signed_in_person

MOST_BYTES = MOST_FILES * LARGEST + 2 * MEGABYTE
"""Of a request with files: all of them at their largest, and the form around them."""


def takes_files(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view whose form has files; below its door."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    """Before anything reads what was sent."""
    app.before_request(_make_room)


def _make_room() -> None:
    """Nothing is locked while a slow connection sends: who asks is looked up before, and again by the view."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not hasattr(view, "takes_files"):
        return
    if (request.content_length or 0) <= current_app.config["MAX_CONTENT_LENGTH"]:
        return
    with only_reading():
        person = signed_in_person()
        may_send = person is not None and (person.acts_as(RoleKind.PARENT) or person.acts_as(RoleKind.TEACHER))
    g.pop("_login_user", None)
    if may_send:
        request.max_content_length = MOST_BYTES
