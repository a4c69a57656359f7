"""P3: a guardian is not told of a conversation any more, or is again."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.services import message_rules
from gradebook.web import door
from gradebook.web.requests import moment


@bp.post("/<conversation_id>/mute")
@door.correspondent
def mute(conversation_id: str) -> Any:
    """Teachers have office hours instead: for them the address does not exist."""
    person = correspondent()
    found = policy.conversation_for(person, conversation_id)
    if not person.acts_as(RoleKind.PARENT):
        raise NotFound
    is_muted = request.form.get("mute") != "no"
    message_rules.set_muted(person, found, is_muted, moment())
    db.session.commit()
    flash(
        _("Muted. You are not told of new messages here.") if is_muted else _("You are told of new messages again."),
        "good",
    )
    return redirect(url_for("messages.conversation", conversation_id=conversation_id), 303)
