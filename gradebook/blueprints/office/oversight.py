"""O8: who of the office looks into conversations, and the queue of reported messages."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import DUTIES, last_day, own_school, tell, today
from gradebook.extensions import db
from gradebook.models import Duty, MessageReport, ReportOutcome, ReportReason, ReviewReason, School
from gradebook.policy import access, oversight
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import key_of
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import duties, reports, reviews
from gradebook.services.duties import DutyError, DutyFault
from gradebook.web import door
from gradebook.web.fields import ReasonField, WordsField
from gradebook.web.files import file_response
from gradebook.web.login import current_person
from gradebook.web.requests import moment, short_write

REASONS = {
    ReportReason.SAFETY: _l("Worried about somebody’s safety"),
    ReportReason.HURTFUL: _l("Threatens, insults or puts pressure on somebody"),
    ReportReason.PRIVATE: _l("Says or asks for something too private"),
    ReportReason.WRONG: _l("Meant for somebody else, or about another child"),
    ReportReason.OTHER: _l("Something else"),
}
REVIEW_REASONS = {
    ReviewReason.SAFETY: _l("Somebody’s safety"),
    ReviewReason.CONDUCT: _l("How somebody behaves in messages"),
    ReviewReason.COMPLAINT: _l("A complaint"),
    ReviewReason.REPORT: _l("A reported message"),
    ReviewReason.LEGAL: _l("An authority or a court asks for it"),
    ReviewReason.OTHER: _l("Something else"),
}
OUTCOMES = {
    ReportOutcome.NOTHING: _l("Nothing had to be done"),
    ReportOutcome.TALKED: _l("Talked with the people concerned"),
    ReportOutcome.WRITING: _l("Closed somebody’s writing"),
    ReportOutcome.PASSED_ON: _l("Passed it on to the authority in charge"),
    ReportOutcome.OTHER: _l("Something else"),
}
NO_DUTY = "none"


class SettleForm(FlaskForm):
    """What was done about a report."""

    outcome = ReasonField(_l("What was done"), words=OUTCOMES, missing=_l("Choose what was done"))
    done = WordsField(
        _l("In your own words"),
        most=reports.LONGEST_WORDS,
        missing=_l("Say what was done. It is kept with the report"),
    )


def overseer() -> Person:
    """The person who asks, named for looking into messages, after a code was typed in this login session: a trusted
    device is not enough. Raises NotFound and CodeNeeded for every address alike: nothing is learned from them."""
    person = current_person()
    if not can(person, "messages:review"):
        raise NotFound
    door.require_code()
    return person


# --- Who


@bp.get("/oversight")
@door.office
def message_oversight() -> str:
    """Who may look, for everyone in the office; what waits, for who may."""
    school, person = own_school(), current_person()
    _end_what_is_over(person, school)
    reads, watches = can(person, "messages:review"), can(person, "reviews:watch")
    return render_template(
        "office/oversight.html",
        school=school,
        people=duties.office_people(school, moment()),
        duties=DUTIES,
        no_duty=NO_DUTY,
        reads=reads,
        watches=watches,
        reviews=reviews.all_of(person) if reads or watches else [],
        day=today(school),
        last_day=last_day,
        waiting=reports.queue(person) if reads else [],
        settled=reports.queue(person, settled=True, limit=20) if reads else [],
        reasons=REASONS,
        review_reasons=REVIEW_REASONS,
        outcomes=OUTCOMES,
    )


def _end_what_is_over(person: Person, school: School) -> None:
    """A worker does it in the minute after; here it is done where there is none, before anything is shown."""
    if reviews.has_due(person, school, moment()):
        with short_write():
            reviews.end_due(moment(), school.id)


@bp.post("/oversight/people/<person_id>")
@door.office
def oversight_duty(person_id: str) -> Any:
    """Name somebody of the office, or take the duty back."""
    user = access.person_for_office(current_person(), key_of(person_id))
    given = request.form.get("duty")
    if given not in {*DUTIES, NO_DUTY}:
        flash(_("Choose what this person does."), "bad")
        return redirect(url_for("office.message_oversight"), 303)
    duty = None if given == NO_DUTY else Duty(given or "")
    try:
        duties.give(user, own_school(), duty, moment(), actor_id=current_person().id)
    except DutyError as error:
        db.session.rollback()
        tell(_("Nothing was changed."), _fault_words(error), "bad")
    else:
        db.session.commit()
        flash(_("Saved."), "good")
    return redirect(url_for("office.message_oversight"), 303)


def _fault_words(error: DutyError) -> str:
    return {
        DutyFault.NOT_OF_THE_OFFICE: _("This person does not have the office role."),
        DutyFault.ONE_SELF: _("Nobody can do this for themselves. Ask someone else in the office."),
        DutyFault.REVIEWER: _("Who may read messages does not choose who else may, or who watches. Ask someone else."),
    }[error.fault]


# --- Reported messages


@bp.get("/oversight/reports/<report_id>")
@door.office
def message_report(report_id: str) -> str:
    """The message with the few around it; that it is read is written down before."""
    return _report_page(_noted(report_id), SettleForm(formdata=None))


def _noted(report_id: str) -> MessageReport:
    """A report, once the log says that this person looks at it. One that is settled shows no message any more."""
    person = overseer()
    found = oversight.report_for_office(person, report_id)
    if found.settled_at is None:
        with short_write():
            reports.note_look(found, moment(), actor_id=person.id)
    return found


def _report_page(found: MessageReport, form: SettleForm) -> str:
    school = own_school()
    return render_template(
        "office/message_report.html",
        school=school,
        line=reports.line_of(found),
        messages=reports.shown(found),
        relationships=reports.relationships_in(found),
        form=form,
        reasons=REASONS,
        outcomes=OUTCOMES,
        timezone=school.timezone,
    )


@bp.get("/oversight/reports/<report_id>/files/<file_id>")
@door.office
def message_report_file(report_id: str, file_id: str) -> Any:
    """A file of these messages, to be kept on one's device."""
    found = _noted(report_id)
    file = reports.file_of(found, key_of(file_id))
    if file is None:
        raise NotFound
    return file_response(*file)


@bp.post("/oversight/reports/<report_id>/taking")
@door.office
def message_report_taking(report_id: str) -> Any:
    """This person looks at it now."""
    person = overseer()
    found = oversight.report_for_office(person, report_id)
    return _act(found, lambda: reports.take(found, moment(), actor_id=person.id), _("You are looking at this report."))


@bp.post("/oversight/reports/<report_id>/settling")
@door.office
def message_report_settling(report_id: str) -> Any:
    """It is settled; the reporter sees when."""
    person, form = overseer(), SettleForm()
    found = oversight.report_for_office(person, report_id)
    if not form.validate():
        return _report_page(_noted(report_id), form), 422
    outcome, done = ReportOutcome(form.outcome.data), form.done.data
    settle = lambda: reports.settle(found, outcome, done, moment(), actor_id=person.id)  # noqa: E731
    return _act(found, settle, _("The report is settled. Its reporter sees that, and when."))


def _act(found: MessageReport, act: Any, done: str) -> Response:
    public_id = found.public_id
    try:
        act()
    except reports.Settled:
        db.session.rollback()
        flash(_("Somebody has settled this report already."), "bad")
    else:
        db.session.commit()
        flash(done, "good")
    return redirect(url_for("office.message_report", report_id=public_id), 303)  # type: ignore[return-value]
