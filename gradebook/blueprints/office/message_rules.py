"""O7: how messages work at the school: days without lessons, earlier conversations, closed writing, two guardians
together."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import first_day_without, last_day, own_school, tell, today
from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.models import DayOff, School, Section, User
from gradebook.policy import access
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import Correspondence
from gradebook.services import message_rules, office_hours, rosters
from gradebook.services.office_hours import WrongHours
from gradebook.web import door
from gradebook.web.fields import DayField, LineField, PickField, paragraph
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


class ClosingForm(FlaskForm):
    """Why a person may not write."""

    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. The person is told")),
            Length(max=message_rules.LONGEST_REASON, message=_l("Use %(max)d characters or fewer")),
        ],
        filters=[paragraph],
    )


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
    school: School, past: PastForm | None = None, off: DaysOffForm | None = None, asked: QuestionsForm | None = None
) -> str:
    chosen = "hidden" if school.hides_past_conversations else "readable"
    taken = "taken" if school.takes_score_questions else "not taken"
    return render_template(
        "office/messages.html",
        school=school,
        past=past or PastForm(formdata=None, past=chosen),
        off=off or DaysOffForm(formdata=None),
        asked=asked or QuestionsForm(formdata=None, questions=taken),
        days=office_hours.days_off(school),
        last_day=last_day,
        day=today(school),
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
    user, form = rosters.locked(_writer(person_id)), ClosingForm()
    if not form.validate():
        return _writing_page(user, form), 422
    message_rules.close_writing(user, own_school(), form.reason.data, moment(), actor_id=current_person().id)
    db.session.commit()
    tell(_("%(name)s can no longer write messages.", name=user.display_name), _("Reading goes on."), "good")
    return redirect(url_for("office.writing", person_id=person_id), 303)


@bp.post("/people/<person_id>/writing/opening")
@door.office
def writing_opening(person_id: str) -> Any:
    """The person may write again."""
    user = rosters.locked(_writer(person_id))
    message_rules.open_writing(user, own_school(), moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("%(name)s can write messages again.", name=user.display_name), "good")
    return redirect(url_for("office.writing", person_id=person_id), 303)


def _writer(person_id: str) -> User:
    """A guardian or teacher of the school, or someone whose writing was closed while they were. Raises NotFound."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    if message_rules.may_have_writing_closed(user, school, moment()) or message_rules.closure_of(user, school):
        return user
    raise NotFound


def _writing_page(user: User, form: ClosingForm) -> str:
    school = own_school()
    closure = message_rules.closure_of(user, school)
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
