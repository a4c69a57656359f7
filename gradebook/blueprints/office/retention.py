"""How long a school keeps what is written about messages; holds; what would go next, and what went."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.office import bp, which_conversation
from gradebook.blueprints.office.common import first_day_without, last_day, own_school, tell, today
from gradebook.extensions import db
from gradebook.models import RecordClass, School, User
from gradebook.policy import access, oversight
from gradebook.services import record_exports, retention, rosters
from gradebook.services.record_exports import NoConversation
from gradebook.web import door
from gradebook.web.fields import AmountField, DayField, PickField, paragraph
from gradebook.web.login import current_person
from gradebook.web.record_classes import HINTS, NAMES, class_words
from gradebook.web.requests import moment

EVERYTHING = ""


def _years(kind: RecordClass) -> AmountField:
    return AmountField(
        NAMES[kind],
        description=HINTS[kind],
        most=retention.MOST_YEARS,
        wrong=_l("Enter a whole number of years, like 7"),
        missing=_l("Enter a number of years, like 7"),
        whole=True,
    )


class YearsForm(FlaskForm):
    """For how many years each class of record is kept: a field for each, by its name."""

    def years(self) -> dict[RecordClass, int]:
        """What was typed; the form is valid."""
        return {kind: int(self[kind.value].amount or 0) for kind in retention.USUAL_YEARS}


for _kind in retention.USUAL_YEARS:
    setattr(YearsForm, _kind.value, _years(_kind))


class HoldForm(FlaskForm):
    """What is not deleted, why, and until when."""

    guardian = PickField(_l("Guardian"))
    section = PickField(_l("Class, or the office"))
    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. The reason is kept in the log")),
            Length(max=500, message=_l("Use %(max)d characters or fewer")),
        ],
        filters=[paragraph],
    )
    last_day = DayField(_l("Last day of the hold"))


# --- The school


@bp.get("/retention")
@door.office
def retention_rules() -> Any:
    """The years, the dry run, the holds, and what was deleted."""
    return _page(own_school())


@bp.post("/retention")
@door.office
def retention_rules_post() -> Any:
    """Keep other years."""
    school, form = rosters.locked(own_school()), YearsForm()
    if not form.validate():
        return _page(school, form), 422
    years = form.years()
    for kind, count in years.items():
        if count < 1:
            form[kind.value].errors = [_("Nothing is kept for less than 1 year")]
    if any(count < 1 for count in years.values()):
        return _page(school, form), 422
    retention.set_years(school, years, moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.retention_rules"), 303)


def _page(school: School, form: YearsForm | None = None) -> str:
    years = {kind.value: str(count) for kind, count in retention.years_of(school.id).items()}
    return render_template(
        "office/retention.html",
        school=school,
        form=form or YearsForm(formdata=None, data=years),
        lines=retention.dry_run(school, moment()),
        going=retention.going(current_person(), school, moment()),
        holds=[one for one, _may in retention.holds_of(current_person()) if retention.is_in_force(one, today(school))],
        deleted=retention.deleted(current_person(), school),
        class_words=class_words,
        last_day=last_day,
    )


# --- Holds


@bp.get("/people/<person_id>/hold")
@door.office
def hold(person_id: str) -> Any:
    """The holds on a child or an adult, and a form for another."""
    user = access.person_for_office(current_person(), person_id)
    return _hold_page(user, _offered(HoldForm(formdata=None), user))


@bp.post("/people/<person_id>/hold")
@door.office
def hold_post(person_id: str) -> Any:
    """Nothing of it is deleted from now on."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    form = _offered(HoldForm(), user)
    if not form.validate():
        return _hold_page(user, form), 422
    if form.last_day.day is not None and form.last_day.day < today(school):
        form.last_day.complain(_("The last day must be today or later."))
        return _hold_page(user, form), 422
    try:
        one = _one_conversation(form, user)
    except NoConversation:
        return _hold_page(user, form), 422
    retention.place_hold(
        school, user, form.reason.data, moment(), actor_id=current_person().id, conversation_id=one,
        ends_on=first_day_without(form.last_day.day),
    )  # fmt: skip
    db.session.commit()
    tell(_("The hold is placed."), _("It holds at once, until it is lifted or its last day is over."), "good")
    return redirect(url_for("office.hold", person_id=person_id), 303)


@bp.post("/holds/<hold_id>/lifting")
@door.office
def hold_lifting(hold_id: str) -> Any:
    """What is old can be deleted again."""
    row = rosters.locked(oversight.hold_to_lift(current_person(), hold_id))
    retention.lift_hold(row, moment(), actor_id=current_person().id)
    key = row.person.public_id
    db.session.commit()
    flash(_("The hold is lifted."), "good")
    return redirect(url_for("office.hold", person_id=key), 303)


def _offered(form: HoldForm, user: User) -> HoldForm:
    """For a child it can be one conversation; without a guardian it is all."""
    school = own_school()
    form.guardian.offer([(EVERYTHING, _("All conversations")), *which_conversation.guardian_choices(user, school)])
    form.section.offer([(EVERYTHING, _("All classes")), *which_conversation.section_choices(user, school)])
    for field in (form.guardian, form.section):
        field.data = field.data or EVERYTHING
    return form


def _one_conversation(form: HoldForm, user: User) -> int | None:
    """The key of the one that is meant, if one is. Raises NoConversation, and the form says what is wrong.

    Whether others wrote to each other about one's own child is not told to a guardian who works in the office.
    """
    if not form.guardian.data and not form.section.data:
        return None
    if not form.guardian.data or not form.section.data:
        wanting = form.section if form.guardian.data else form.guardian
        wanting.errors = [_("For one conversation choose both, the guardian and the class")]
        raise NoConversation
    at, guardian_ids = which_conversation.chosen(form, user, own_school())
    if not oversight.may_ask_for_record(current_person(), user, at):
        form.section.errors = [_("You are their guardian, or teach this class: hold all, or ask somebody else")]
        raise NoConversation
    found = record_exports.conversation_of(user, at, guardian_ids)
    if found is None:
        form.guardian.errors = [_("They never wrote to each other about this child in this class, or with the office")]
        raise NoConversation
    return found


def _hold_page(user: User, form: HoldForm) -> str:
    school = own_school()
    return render_template(
        "office/hold.html",
        user=user,
        form=form,
        school=school,
        holds=[
            (each, retention.is_in_force(each, today(school)), may_lift)
            for each, may_lift in retention.holds_of(current_person(), user)
        ],
        last_day=last_day,
        is_child=len(form.guardian.choices) > 1,
    )
