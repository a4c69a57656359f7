"""Records of conversations: asked for with a reason, agreed to by a second person, fetched for some days."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from gradebook import actor
from gradebook.blueprints.office import bp, which_conversation
from gradebook.blueprints.office.approval_words import fault_words
from gradebook.blueprints.office.common import own_school, tell
from gradebook.blueprints.office.log_words import sentence
from gradebook.extensions import db, only_reading
from gradebook.models import User
from gradebook.policy import access, oversight
from gradebook.services import approvals, record_exports, records
from gradebook.services.approvals import ApprovalError
from gradebook.services.record_exports import AskedAlready, NoConversation, TooManyRecords
from gradebook.web import door
from gradebook.web.fields import PickField, paragraph
from gradebook.web.login import current_person
from gradebook.web.records import answer, made
from gradebook.web.requests import moment


class AskingForm(FlaskForm):
    """Which conversation, and why."""

    guardian = PickField(_l("Guardian"))
    section = PickField(_l("Class, or the office"))
    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. The second person reads it, and it is kept in the log")),
            Length(max=approvals.LONGEST_REASON, message=_l("Use %(max)d characters or fewer")),
        ],
        filters=[paragraph],
    )


@bp.get("/students/<student_id>/record")
@door.office
def new_record(student_id: str) -> Any:
    """Which conversation about this child, and why."""
    student = access.student_for_office(current_person(), student_id)
    return _page(student, _offered(AskingForm(formdata=None), student))


@bp.post("/students/<student_id>/record")
@door.office
def new_record_post(student_id: str) -> Any:
    """Ask for it; a second person has to agree."""
    student = access.student_for_office(current_person(), student_id)
    form = _offered(AskingForm(), student)
    if not form.validate():
        return _page(student, form), 422
    at, guardian_ids = which_conversation.chosen(form, student, own_school())
    if not oversight.may_ask_for_record(current_person(), student, at):
        form.section.errors = [_("You are a guardian of this child, or teach this class: somebody else has to ask")]
        return _page(student, form), 422
    try:
        record_exports.ask(current_person(), student, at, guardian_ids, form.reason.data, moment())
    except NoConversation:
        form.guardian.errors = [_("They never wrote to each other about this child in this class, or with the office")]
        return _page(student, form), 422
    except AskedAlready:
        form.guardian.errors = [_("This record is asked for already, or can be fetched already")]
        return _page(student, form), 422
    except ApprovalError as error:
        form.reason.errors = [fault_words(error)]
        return _page(student, form), 422
    db.session.commit()
    tell(_("A second person has to agree."), _("Then you both can fetch the record."), "good")
    return redirect(url_for("office.records_of_conversations"), 303)


def _offered(form: AskingForm, student: User) -> AskingForm:
    form.guardian.offer(which_conversation.guardian_choices(student, own_school()))
    form.section.offer(which_conversation.section_choices(student, own_school()))
    return form


def _page(student: User, form: AskingForm) -> str:
    is_possible = bool(form.guardian.choices and form.section.choices)
    alone = approvals.is_alone(own_school(), moment())
    return render_template("office/new_record.html", student=student, form=form, alone=alone, is_possible=is_possible)


@bp.get("/records")
@door.office
def records_of_conversations() -> Any:
    """Those that two people agreed on, and who fetched them."""
    person, school = current_person(), own_school()
    return render_template(
        "office/records.html",
        school=school,
        exports=record_exports.exports(person),
        waiting=record_exports.waiting(person, moment()),
    )


@bp.post("/records/<record_id>/file")
@door.office
def record_file(record_id: str) -> Any:
    """The file: made from what is only read, written down, then given."""
    person = current_person()
    export = oversight.record_for_office(person, record_id)
    try:
        record_exports.keep_to_the_limit(person, moment())
        file, digest = _made(record_id)
        export = oversight.record_for_office(person, record_id)
        with actor.record_opened(export.id):
            conversation = access.conversation_of_record(person, export)
            record_exports.note_fetched(person, conversation, digest, moment(), export)
    except TooManyRecords:
        db.session.rollback()
        flash(_("You have fetched as many records in the last hour as one person may. Try again later."), "bad")
        return redirect(url_for("office.records_of_conversations"), 303)
    response = answer(file, conversation)
    db.session.commit()
    return response


def _made(record_id: str) -> Any:
    person = current_person()
    db.session.rollback()
    with only_reading():
        export = oversight.record_for_office(person, record_id)
        with actor.record_opened(export.id):
            conversation = access.conversation_of_record(person, export)
            return made(records.record_for_office(person, conversation, own_school()), sentence)
