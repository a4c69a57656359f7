"""One message: what stood there before, and what its author may still do about it."""

from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent, most_an_hour
from gradebook.blueprints.messages.forms import MessageForm, WordsForm
from gradebook.blueprints.messages.shown import sides_of, timezones
from gradebook.blueprints.messages.stopping import accepts
from gradebook.extensions import db
from gradebook.models import Conversation, Message
from gradebook.policy import conversations as policy
from gradebook.policy import own_messages
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.policy.stops import stopped
from gradebook.services import message_changes, messaging
from gradebook.web import door
from gradebook.web.requests import moment, version_seen, wants_page, whole_number


@bp.app_template_filter()
def is_fresh(sent_at: datetime) -> bool:
    """Whether what was sent then can still be changed by its author."""
    return own_messages.is_fresh(sent_at, moment())


@bp.app_template_filter()
def just_removed(removed_at: datetime) -> bool:
    """Whether what was removed then can still be brought back by its author."""
    return own_messages.is_just_removed(removed_at, moment())


def _found(person: Person, conversation_id: str, seq: str) -> tuple[Conversation, Message]:
    found = policy.conversation_read_by(person, conversation_id)
    return found, own_messages.message_for(person, found, whole_number(seq))


def _own_found(person: Person, conversation_id: str, seq: str) -> tuple[Conversation, Message]:
    """Of somebody else's message there is nothing to do. Raises NotFound."""
    found, shown = _found(person, conversation_id, seq)
    if shown.author_id != person.id:
        raise NotFound
    return found, shown


@bp.get("/<conversation_id>/messages/<seq>")
@door.adult
def message(conversation_id: str, seq: str) -> str:
    """The message with its earlier texts; for its author also what can be done now."""
    person = correspondent()
    return _page(person, *_found(person, conversation_id, seq))


def _page(person: Person, found: Conversation, shown: Message, sent: WordsForm | None = None) -> str:
    may_change, may_correct = can(person, "message:change", shown), can(person, "message:correct", shown)
    form = sent if may_change else None
    if may_change and form is None:
        form = WordsForm(formdata=None, data={"body": shown.body})
    if may_correct:  # what was meant as an edit and came too late is not typed again
        given = {"body": sent.body.data} if sent else {}
        form = sent if isinstance(sent, MessageForm) else MessageForm(formdata=None, data=given)
    return render_template(
        "messages/message.html",
        conversation=found,
        sides=sides_of(found, policy.standing(person, found), person),
        message=shown,
        texts=message_changes.earlier_texts(shown),
        timezone=timezones(person)[found.school_id],
        may_change=may_change,
        may_correct=may_correct,
        may_bring_back=can(person, "message:bring_back", shown),
        form=form,
        unsaved=sent.body.data if sent and not form else None,
    )


@bp.post("/<conversation_id>/messages/<seq>")
@door.adult
def edit_message(conversation_id: str, seq: str) -> Any:
    """Put other words in its place, within a quarter of an hour."""
    person, form = correspondent(), WordsForm()
    found, shown = _own_found(person, conversation_id, seq)
    seen = version_seen()
    if not can(person, "message:change", shown):
        return _too_late(person, found, shown, form)
    if not accepts(form, person, found.school_id):
        return _refused(person, found, shown, form, 422)
    try:
        number = message_changes.edit(shown, body=form.body.data, seen=seen, now=moment())
    except message_changes.Moved:
        return _moved(person, conversation_id, seq, form)
    return _done(found, number, shown.seq)


@bp.post("/<conversation_id>/messages/<seq>/removal")
@door.adult
def remove_message(conversation_id: str, seq: str) -> Any:
    """Leave only that there was a message, within a quarter of an hour."""
    person = correspondent()
    found, shown = _own_found(person, conversation_id, seq)
    if shown.removed_at is None and not can(person, "message:change", shown):
        return _too_late(person, found, shown)
    try:
        number = message_changes.remove(shown, moment())
    except message_changes.Moved:
        return _moved(person, conversation_id, seq)
    return _done(found, number, shown.seq)


@bp.post("/<conversation_id>/messages/<seq>/return")
@door.adult
def bring_back_message(conversation_id: str, seq: str) -> Any:
    """Take the removal back, within 10 seconds."""
    person = correspondent()
    found, shown = _own_found(person, conversation_id, seq)
    if shown.removed_at is not None and not can(person, "message:bring_back", shown):
        return _too_late(person, found, shown)
    try:
        number = message_changes.bring_back(shown)
    except message_changes.Moved:
        return _moved(person, conversation_id, seq)
    return _done(found, number, shown.seq)


@bp.post("/<conversation_id>/messages/<seq>/correction")
@door.adult
def correct_message(conversation_id: str, seq: str) -> Any:
    """One more message, which says that it puts this one right."""
    person, form = correspondent(), MessageForm()
    found, shown = _own_found(person, conversation_id, seq)
    if not can(person, "message:correct", shown):
        return _too_late(person, found, shown, form)
    if not accepts(form, person, found.school_id):
        return _refused(person, found, shown, form, 422)
    words = {"body": form.body.data, "client_key": form.client_key.data, "most_an_hour": most_an_hour()}
    try:
        number = messaging.send(found, author_id=person.id, **words, now=moment(), corrects=shown.seq)
    except messaging.OtherBody:
        db.session.rollback()
        form.was_used()
        return _refused(person, *_found(person, conversation_id, seq), form, 409)
    except messaging.TooMany as error:
        db.session.rollback()
        form.too_many(error.most)
        return _refused(person, *_found(person, conversation_id, seq), form, 429)
    return _done(found, number, number)


def _done(found: Conversation, number: int, seq: int) -> Any:
    public_id = found.public_id
    db.session.commit()
    if not wants_page():
        return jsonify(number=number)
    return redirect(url_for("messages.conversation", conversation_id=public_id, _anchor=f"m{seq}"), 303)


def _refused(person: Person, found: Conversation, shown: Message, form: WordsForm, status: int) -> Any:
    """The page with the words in it and why nothing happened; for a script only why."""
    if wants_page():
        return _page(person, found, shown, form), status
    problem = next((str(words) for errors in form.errors.values() for words in errors), None)
    return jsonify(error=status, problem=problem), status


def _too_late(person: Person, found: Conversation, shown: Message, form: WordsForm | None = None) -> Any:
    """What could be done is not possible any more; the page says what is."""
    words = _("That is not possible any more. What can still be done stands below.")
    if stopped(person, found.school_id):
        words = _("Nothing was changed: the school office has stopped writing messages for now.")
    if not wants_page():
        return jsonify(error=403, problem=words), 403
    flash(words, "bad")
    return _page(person, found, shown, form), 403


def _moved(person: Person, conversation_id: str, seq: str, form: WordsForm | None = None) -> Any:
    db.session.rollback()
    words = _("The message has changed since you opened this page. Look at it again.")
    if not wants_page():
        return jsonify(error=409, problem=words), 409
    flash(words, "bad")
    return _page(person, *_found(person, conversation_id, seq), form), 409
