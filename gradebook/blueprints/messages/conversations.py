"""P3 and T10: the list of conversations, one conversation, and a message in it."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.conversation_rows import rows
from gradebook.blueprints.messages.doorstep import correspondent, most_an_hour, page_number
from gradebook.blueprints.messages.files import Refused, no_room, taken
from gradebook.blueprints.messages.forms import MessageForm, SendForm
from gradebook.blueprints.messages.message_lines import MessagePen
from gradebook.blueprints.messages.script_words import script_words
from gradebook.blueprints.messages.shown import CONVERSATIONS_BESIDE, by_child, shown, timezones
from gradebook.blueprints.messages.stopping import accepts, refuse
from gradebook.blueprints.messages.unsent import unsent
from gradebook.extensions import db
from gradebook.models import Conversation, RoleKind
from gradebook.policy import conversations as policy
from gradebook.policy import stops
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import announced, attachments, messaging
from gradebook.services.messaging import has_words
from gradebook.web import door
from gradebook.web.requests import moment, short_write, wants_page
from gradebook.web.uploads import takes_files

CONVERSATIONS_ON_A_PAGE = 50


@bp.get("/")
@door.adult
def index() -> str:
    """The list."""
    person, number = correspondent(), page_number(request.args.get("page"))
    lines = messaging.conversations(
        person, limit=CONVERSATIONS_ON_A_PAGE + 1, offset=(number - 1) * CONVERSATIONS_ON_A_PAGE
    )
    here, zones = lines[:CONVERSATIONS_ON_A_PAGE], timezones(person)
    teachers = _teachers(person, here)
    return render_template(
        "messages/index.html",
        groups=[
            (group[0], rows(group, person, zones, teachers, child_named=teachers is None)) for group in by_child(here)
        ],
        number=number,
        has_more=len(lines) > len(here),
        teachers=teachers,
        timezones=zones,
        announced=announced.new_for(person) if number == 1 and person.acts_as(RoleKind.PARENT) else [],
    )


def _teachers(person: Person, lines: list[messaging.ConversationLine]) -> dict[int, list[str]] | None:
    """The other side, for guardians; for teachers and the office it is the guardian."""
    if not person.acts_as(RoleKind.PARENT):
        return None
    return policy.teachers_of_each(person, [line.id for line in lines])


@bp.get("/<conversation_id>")
@door.adult
def conversation(conversation_id: str) -> str:
    """The newest messages, or those before a number; opening the newest marks them read."""
    person = correspondent()
    before = _number(request.args.get("before"))
    found = policy.conversation_read_by(person, conversation_id)
    page = messaging.messages_of(found, person.id, before=before)
    if not page.lines and not (found.is_joint and before is None):
        raise NotFound
    unread_from = None
    if before is None and page.last_read_seq < page.last_seq and policy.takes_part(person, found):
        unread_from = page.last_read_seq + 1
        with short_write():
            messaging.mark_read(found.id, person.id, page.last_seq, moment())
        found = policy.conversation_read_by(person, conversation_id)
    return _page(person, found, SendForm(data={"body": page.draft}), page, unread_from)


def rows_beside(person: Person, here: str | None) -> Markup:
    """The list that stands beside a conversation; `here` is the public id of the one that is open."""
    lines = messaging.conversations(person, limit=CONVERSATIONS_BESIDE)
    return rows(lines, person, timezones(person), here=here, words=False)


def _number(text: str | None) -> int | None:
    return None if text is None else page_number(text)


def _page(
    person: Person,
    found: Conversation,
    form: MessageForm,
    page: messaging.MessagePage | None = None,
    unread_from: int | None = None,
) -> str:
    page = page or messaging.messages_of(found, person.id)
    newest_own = max((line.seq for line in page.lines if line.author_id == person.id), default=None)
    standing = policy.standing(person, found, newest_own)
    talk = shown(found, standing, page, person, unread_from)
    return render_template(
        "messages/conversation.html",
        talk=talk,
        pen=MessagePen(person, found.public_id, talk.timezone, over=not talk.goes_on),
        offered=_offered(person, found, standing),
        form=form,
        has_errors=bool(form.errors or (form.is_submitted() and form.body.data)),
        beside=rows_beside(person, found.public_id),
        mark=stops.mark(person, found.school_id),
        script_words=script_words(),
    )


def writing_part(person: Person, found: Conversation) -> dict[str, str]:
    """What a stop of the office changes on an open page: the box that is written in, and the notice."""
    page = messaging.messages_of(found, person.id)
    standing = policy.standing(person, found)
    box = render_template(
        "messages/_writing.html",
        talk=shown(found, standing, page, person, None),
        offered=_offered(person, found, standing),
        form=SendForm(formdata=None, data={"body": page.draft}),
    )
    return {"writing": box, "notice": render_template("messages/_stops.html")}


def _offered(person: Person, found: Conversation, standing: policy.Standing) -> list[policy.Correspondence]:
    """Where nothing can be written any more: the classes of the child whose teachers a guardian can write to, and the
    office."""
    if standing.closed is None or standing.closed is policy.WhyNot.ENDED or standing.closed.is_a_stop:
        return []
    child = found.student.public_id
    classes = policy.correspondences_of_guardian(person, child)
    offices = [] if found.is_with_office else policy.offices_for_guardian(person, child)
    here = (pair for pair in offices if pair.school_id == found.school_id and pair.why_not is None)
    return [*(pair for pair in classes if pair.at != found.section), *here]


@bp.post("/<conversation_id>/messages")
@door.adult
@takes_files
def send(conversation_id: str) -> Any:
    """One more message; back to the conversation at its newest. A script is told the number of the message."""
    person, form = correspondent(), SendForm()
    try:
        found = policy.conversation_read_by(person, conversation_id)
    except NotFound:
        if wants_page():
            return unsent(form.body.data)
        raise
    if not can(person, "conversation:reply", found):
        return _stopped(person, found, form, 403)
    if not accepts(form, person, found.school_id):
        return _stopped(person, found, form, 422)
    words = {"body": form.body.data, "client_key": form.client_key.data, "most_an_hour": most_an_hour()}
    try:
        number = messaging.send(found, author_id=person.id, **words, now=moment(), files=taken(form))
    except messaging.OtherBody:
        db.session.rollback()
        form.was_used()
        return _not_sent(person, policy.conversation_read_by(person, conversation_id), form, 409)
    except messaging.TooMany as error:
        db.session.rollback()
        form.too_many(error.most)
        return _not_sent(person, policy.conversation_read_by(person, conversation_id), form, 429)
    except attachments.QuotaUsedUp:
        no_room(form)
        return _not_sent(person, policy.conversation_read_by(person, conversation_id), form, 422)
    except Refused:
        return _not_sent(person, policy.conversation_read_by(person, conversation_id), form, 422)
    db.session.commit()
    if not wants_page():
        return jsonify(number=number)
    return redirect(url_for("messages.conversation", conversation_id=conversation_id, _anchor="newest"), 303)


def _stopped(person: Person, found: Conversation, form: MessageForm, status: int) -> Any:
    """Where only a stop of the office stands against it, what was written is kept as the draft."""
    stop = stops.stopped(person, found.school_id, form.body.data)
    if stop is not None and form.validate() and policy.takes_part(person, found):
        messaging.keep_draft(found, author_id=person.id, body=form.body.data, now=moment())
        db.session.commit()
        refuse(form, stop, kept=True)
        found = policy.conversation_read_by(person, found.public_id)
    return _not_sent(person, found, form, status)


def _not_sent(person: Person, found: Conversation, form: MessageForm, status: int) -> Any:
    """The page with the words in it and why they were not sent; for a script only why."""
    if wants_page():
        return _page(person, found, form), status
    problem = next((str(words) for errors in form.errors.values() for words in errors), None)
    return jsonify(error=status, problem=problem), status


@bp.post("/<conversation_id>/draft")
@door.adult
def draft(conversation_id: str) -> Any:
    """Keep what is begun, for its author alone; back to the conversation at the box."""
    person, form = correspondent(), SendForm()
    found = policy.conversation_for(person, conversation_id)
    if has_words(form.body.data) and not form.validate():
        return _not_sent(person, found, form, 422)
    messaging.keep_draft(found, author_id=person.id, body=form.body.data, now=moment())
    db.session.commit()
    if not wants_page():
        return "", 204
    if has_words(form.body.data):
        flash(_("Your draft is saved. Only you can see it."), "good")
    return redirect(url_for("messages.conversation", conversation_id=conversation_id, _anchor="write"), 303)
