"""Reporting a message to the office. The other side is told nothing, so the conversation itself does not change."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import ValidationError

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.blueprints.messages.shown import sides_of, timezones
from gradebook.extensions import db
from gradebook.models import Conversation, Message, ReportReason
from gradebook.policy import conversations as policy
from gradebook.policy import own_messages
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import reports
from gradebook.web import door
from gradebook.web.fields import ReasonField, WordsField
from gradebook.web.requests import moment, whole_number

REASONS = {
    ReportReason.SAFETY: _l("I am worried about somebody’s safety"),
    ReportReason.HURTFUL: _l("It threatens, insults or puts pressure on somebody"),
    ReportReason.PRIVATE: _l("It says or asks for something too private"),
    ReportReason.WRONG: _l("It was meant for somebody else, or is about another child"),
    ReportReason.OTHER: _l("Something else"),
}


class ReportForm(FlaskForm):
    """Why a message is reported."""

    reason = ReasonField(_l("What is wrong with it?"), words=REASONS, missing=_l("Choose what is wrong with it"))
    words = WordsField(_l("In your own words"), most=reports.LONGEST_WORDS)

    def validate_words(self, field: Any) -> None:
        """Needed where the list says nothing."""
        if self.reason.data == ReportReason.OTHER and not field.data:
            raise ValidationError(_("Say what is wrong with it"))


@bp.get("/<conversation_id>/messages/<seq>/report")
@door.correspondent
def report(conversation_id: str, seq: str) -> str:
    """The form; where this person has reported it already, how far that is."""
    person = correspondent()
    return _page(person, *_found(person, conversation_id, seq), ReportForm(formdata=None))


@bp.post("/<conversation_id>/messages/<seq>/report")
@door.correspondent
def report_post(conversation_id: str, seq: str) -> Any:
    """To the office, and nobody else."""
    person, form = correspondent(), ReportForm()
    found, message = _found(person, conversation_id, seq)
    if not form.validate():
        return _page(person, found, message, form), 422
    try:
        reports.report(person, message, ReportReason(form.reason.data), form.words.data, moment())
    except reports.TooMany:
        db.session.rollback()
        form.words.errors = [
            _("You have reported %(most)s messages today. Call the school office", most=reports.MOST_A_DAY)
        ]
        return _page(person, *_found(person, conversation_id, seq), form), 429
    db.session.commit()
    flash(_("The school office has received your report."), "good")
    return redirect(url_for("messages.report", conversation_id=conversation_id, seq=seq), 303)


def _found(person: Person, conversation_id: str, seq: str) -> tuple[Conversation, Message]:
    """One's own message is nothing to report. Raises NotFound."""
    found = policy.conversation_read_by(person, conversation_id)
    message = own_messages.message_for(person, found, whole_number(seq))
    if not can(person, "message:report", message):
        raise NotFound
    return found, message


def _page(person: Person, found: Conversation, message: Message, form: ReportForm) -> str:
    return render_template(
        "messages/report.html",
        conversation=found,
        sides=sides_of(found, policy.standing(person, found), person),
        message=message,
        timezone=timezones(person)[found.school_id],
        form=form,
        known=reports.newest_of(person, message),
        reasons=REASONS,
    )


@bp.get("/reports")
@door.correspondent
def own_reports() -> str:
    """What this person has reported, and how far it is."""
    person = correspondent()
    return render_template(
        "messages/reports.html", lines=reports.own_reports(person), reasons=REASONS, timezones=timezones(person)
    )
