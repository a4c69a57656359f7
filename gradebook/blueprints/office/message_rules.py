"""O9: how messages work at the school: stopping them at once, days without lessons, earlier conversations, two
guardians together."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import first_day_without, kept_fields, last_day, own_school, tell, today
from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.models import ClosureScope, DayOff, School, Section, User, WritingClosure
from gradebook.policy import access
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import Correspondence
from gradebook.services import message_rules, office_hours, rosters
from gradebook.services.office_hours import WrongHours
from gradebook.web import door
from gradebook.web.fields import DayField, LineField, PickField, WordsField
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class PastForm(FlaskForm):
    """What a guardian whose link has ended may still read."""

    past = RadioField(
        _l("When a guardian’s link to a child has ended"),
        choices=[
            SelectChoice("readable", _l("Earlier conversations can still be read, and nothing new arrives")),
            SelectChoice("hidden", _l("Earlier conversations are hidden")),
        ],
    )


class QuestionsForm(FlaskForm):
    """Whether students can ask about a score."""

    questions = RadioField(
        _l("What students can do"),
        choices=[
            SelectChoice("taken", _l("Ask the teachers of a class about a score of theirs")),
            SelectChoice("not taken", _l("Not ask here. What was asked before stays, and can be answered")),
        ],
    )


class DaysOffForm(FlaskForm):
    """Days without lessons."""

    title = LineField(
        _l("What for"),
        [
            DataRequired(_l("Say what for, like Autumn break")),
            Length(max=120, message=_l("Use %(max)d characters or fewer")),
        ],
    )
    first_day = DayField(_l("First day without lessons"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day without lessons"))


LASTS = {
    "": (_l("Until the office lifts it"), None),
    "1": (_l("1 hour"), timedelta(hours=1)),
    "8": (_l("8 hours"), timedelta(hours=8)),
    "24": (_l("24 hours"), timedelta(hours=24)),
    "72": (_l("3 days"), timedelta(days=3)),
    "168": (_l("7 days"), timedelta(days=7)),
}
"""How long a stop can be set to last."""


class ClosingForm(FlaskForm):
    """Why a person may not write, and for how long."""

    reason = WordsField(_l("Reason"), most=message_rules.LONGEST_REASON, missing=_l("Say why. The person is told"))
    lasts = PickField(_l("How long"), default="", pairs=[(hours, words) for hours, (words, _span) in LASTS.items()])

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by itself, counted from now."""
        span = LASTS[self.lasts.data][1]
        return None if span is None else moment() + span


class StopForm(ClosingForm):
    """What is stopped for the whole school, why, and for how long."""

    scope = RadioField(
        _l("What is stopped"),
        choices=[
            SelectChoice(ClosureScope.EVERYONE.value, _l("All messages: neither guardians nor teachers can write")),
            SelectChoice(ClosureScope.GUARDIANS.value, _l("Messages of guardians; teachers can write")),
            SelectChoice(ClosureScope.TEACHERS.value, _l("Messages of teachers; guardians can write")),
            SelectChoice(ClosureScope.LINKS.value, _l("Web and email addresses in messages; all else can be written")),
        ],
        validate_choice=False,
    )

    def validate_scope(self, field: Any) -> None:
        """One of these."""
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(_("Choose what is stopped"))


class JointForm(FlaskForm):
    """Which two guardians, and about which class."""

    first = PickField(_l("One guardian"))
    second = PickField(_l("The other guardian"))
    section = PickField(_l("Class"))


# --- The school


@bp.get("/messages")
@door.office
def messages() -> Any:
    """The rules of the school. No conversation is shown here."""
    return _page(own_school())


@bp.post("/messages")
@door.office
def messages_post() -> Any:
    """What becomes of earlier conversations."""
    school, form = rosters.locked(own_school()), PastForm()
    if not form.validate():
        return _page(school, past=form), 422
    message_rules.set_past_hidden(school, form.past.data == "hidden", moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.messages"), 303)


@bp.post("/messages/questions")
@door.office
def score_questions() -> Any:
    """Whether students can ask about a score."""
    school, form = rosters.locked(own_school()), QuestionsForm()
    if not form.validate():
        return _page(school, asked=form), 422
    message_rules.set_questions_taken(school, form.questions.data == "taken", moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.messages"), 303)


@bp.post("/messages/days-off")
@door.office
def days_off() -> Any:
    """Add days without lessons; one day where no last one is given."""
    school, form = own_school(), DaysOffForm()
    if not form.validate() or form.first_day.day is None:
        return _page(school, off=form), 422
    span = Span(form.first_day.day, first_day_without(form.last_day.day or form.first_day.day))
    try:
        office_hours.add_days_off(school, form.title.data, span, moment(), actor_id=current_person().id)
    except WrongHours:
        form.last_day.complain(_("The last day must be on or after the first day."))
        return _page(school, off=form), 422
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.messages"), 303)


@bp.post("/messages/days-off/<day_off_id>/removal")
@door.office
def days_off_removal(day_off_id: str) -> Any:
    """These days have lessons after all."""
    school = own_school()
    row: DayOff = access.school_row_for_office(current_person(), DayOff, day_off_id)
    office_hours.remove_days_off(school, row, moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("Removed. These days have lessons."), "good")
    return redirect(url_for("office.messages"), 303)


def _page(
    school: School,
    past: PastForm | None = None,
    off: DaysOffForm | None = None,
    asked: QuestionsForm | None = None,
    stop: StopForm | None = None,
) -> str:
    chosen = "hidden" if school.hides_past_conversations else "readable"
    taken = "taken" if school.takes_score_questions else "not taken"
    return render_template(
        "office/messages.html",
        school=school,
        past=past or PastForm(formdata=None, past=chosen),
        off=off or DaysOffForm(formdata=None),
        asked=asked or QuestionsForm(formdata=None, questions=taken),
        stop=stop or StopForm(formdata=None),
        closures=message_rules.closures_of(school, moment()),
        days=office_hours.days_off(school),
        last_day=last_day,
        day=today(school),
    )


# --- Stopping messages at once


@bp.post("/messages/stops")
@door.office
def stops() -> Any:
    """First what it does, then the stop."""
    school, form = rosters.locked(own_school()), StopForm()
    if not form.validate():
        return _page(school, stop=form), 422
    scope = ClosureScope(form.scope.data)
    if request.form.get("confirm") != "yes":
        return _stop_page(school, form, scope)
    message_rules.stop(school, scope, form.reason.data, moment(), actor_id=current_person().id, ends_at=form.ends_at)
    db.session.commit()
    tell(_("It holds from now on."), _("Those whom it concerns read your reason on their pages of messages."), "good")
    return redirect(url_for("office.messages"), 303)


@bp.post("/messages/stops/<stop_id>/lifting")
@door.office
def stop_lifting(stop_id: str) -> Any:
    """End a stop before its time; one that has ended stays ended."""
    school = rosters.locked(own_school())
    closure: WritingClosure = access.school_row_for_office(current_person(), WritingClosure, stop_id)
    message_rules.lift(closure, school, moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("It is lifted: from now on messages can be written again as before."), "good")
    return redirect(url_for("office.messages"), 303)


def _stop_page(school: School, form: StopForm, scope: ClosureScope) -> str:
    return render_template(
        "office/stop.html",
        form=form,
        scope=scope,
        count=message_rules.concerned(school, scope, moment()),
        ends_at=form.ends_at,
        timezone=school.timezone,
        kept=kept_fields(),
    )


# --- One person's writing


@bp.get("/people/<person_id>/writing")
@door.office
def writing(person_id: str) -> Any:
    """Whether this guardian or teacher may write, and closing it."""
    user = _writer(person_id)
    return _writing_page(user, ClosingForm(formdata=None))


@bp.post("/people/<person_id>/writing")
@door.office
def writing_post(person_id: str) -> Any:
    """Close it, with the reason that the person is told."""
    user, school, form = _writer(person_id), rosters.locked(own_school()), ClosingForm()
    if not form.validate():
        return _writing_page(user, form), 422
    message_rules.close_writing(
        user, school, form.reason.data, moment(), actor_id=current_person().id, ends_at=form.ends_at
    )
    db.session.commit()
    tell(_("%(name)s can no longer write messages.", name=user.display_name), _("Reading goes on."), "good")
    return redirect(url_for("office.writing", person_id=person_id), 303)


@bp.post("/people/<person_id>/writing/opening")
@door.office
def writing_opening(person_id: str) -> Any:
    """The person may write again."""
    user, school = _writer(person_id), rosters.locked(own_school())
    message_rules.open_writing(user, school, moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("%(name)s can write messages again.", name=user.display_name), "good")
    return redirect(url_for("office.writing", person_id=person_id), 303)


def _writer(person_id: str) -> User:
    """A guardian or teacher of the school, or someone whose writing was closed while they were. Raises NotFound."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    if message_rules.may_have_writing_closed(user, school, moment()):
        return user
    raise NotFound


def _writing_page(user: User, form: ClosingForm) -> str:
    school = own_school()
    closure = message_rules.closure_of(user, school, moment())
    return render_template("office/writing.html", user=user, form=form, closure=closure, timezone=school.timezone)


# --- Two guardians together


@bp.get("/students/<student_id>/together")
@door.office
def together(student_id: str) -> Any:
    """The guardians who may be put into one conversation."""
    return _together_page(access.student_for_office(current_person(), student_id))


@bp.post("/students/<student_id>/together")
@door.office
def together_post(student_id: str) -> Any:
    """First who will read what the other writes, then the conversation."""
    student = rosters.locked(access.student_for_office(current_person(), student_id))
    form = _offered(JointForm(), student)
    if not form.validate():
        return _together_page(student, form), 422
    if form.first.data == form.second.data:
        form.second.errors = [_("Choose two guardians")]
        return _together_page(student, form), 422
    pairs = _pairs(student, form)
    if request.form.get("confirm") != "yes":
        return _together_page(student, form, asks=pairs)
    message_rules.open_joint(pairs, moment(), actor_id=current_person().id)
    db.session.commit()
    tell(_("The conversation is open."), _("Both guardians are told of it."), "good")
    return redirect(url_for("office.together", student_id=student_id), 303)


def _choices(student: User) -> tuple[list[tuple[User, str]], list[Section]]:
    school = own_school()
    day = today(school)
    return policy.may_be_joined(student, school, day), policy.classes_to_join_in(student, school, day)


def _offered(form: JointForm, student: User) -> JointForm:
    guardians, sections = _choices(student)
    pairs = [(one.public_id, f"{one.display_name} ({relation})") for one, relation in guardians]
    form.first.offer(pairs)
    form.second.offer(pairs)
    form.section.offer([(section.public_id, section.title) for section in sections])
    return form


def _pairs(student: User, form: JointForm) -> tuple[Correspondence, Correspondence]:
    """What was chosen; the form has checked that both may be."""
    guardians, sections = _choices(student)
    section = next(one for one in sections if one.public_id == form.section.data)
    teachers = tuple(policy.teachers_who_read(section, student.id, today(own_school())))
    by_key = {one.public_id: (one, relation) for one, relation in guardians}
    first, second = (by_key[key] for key in (form.first.data, form.second.data))
    return Correspondence(student, section, first[0], teachers, first[1]), Correspondence(
        student, section, second[0], teachers, second[1]
    )


def _together_page(student: User, form: JointForm | None = None, asks: Any = None) -> str:
    guardians, sections = _choices(student)
    shown = form or _offered(JointForm(formdata=None), student)
    if form is None and len(guardians) > 1:
        shown.second.data = guardians[1][0].public_id
    return render_template(
        "office/together.html",
        student=student,
        form=shown,
        is_possible=len(guardians) > 1 and bool(sections),
        asks=asks,
        known=message_rules.joint_of(student, own_school()),
    )
