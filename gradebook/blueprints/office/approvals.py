"""What waits for a second person of the office: agree, refuse with a reason, withdraw what one asked for oneself."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.approval_words import answer_words, fault_words, kind_words, sentence
from gradebook.blueprints.office.common import own_school, tell
from gradebook.extensions import db
from gradebook.models import Approval
from gradebook.policy import oversight
from gradebook.services import approvals as waiting_acts
from gradebook.services import approved_acts, rosters
from gradebook.services.approvals import ApprovalError
from gradebook.web import door
from gradebook.web.fields import WordsField
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class RefusalForm(FlaskForm):
    """Why not."""

    why = WordsField(_l("Reason"), most=waiting_acts.LONGEST_REASON, missing=_l("Say why. Who asked reads it"))


@bp.get("/approvals")
@door.office
def approvals() -> Any:
    """What waits, and what was answered last."""
    school, person = own_school(), current_person()
    return render_template(
        "office/approvals.html",
        school=school,
        waiting=waiting_acts.waiting(person, moment()),
        answered=waiting_acts.answered(person, moment()),
        alone=waiting_acts.is_alone(school, moment()),
        sentence=sentence,
        answer_words=answer_words,
    )


@bp.get("/approvals/<approval_id>")
@door.office
def approval(approval_id: str) -> Any:
    """One of them."""
    return _page(oversight.approval_for_office(current_person(), approval_id), RefusalForm(formdata=None))


@bp.post("/approvals/<approval_id>/approval")
@door.office
def approval_approve(approval_id: str) -> Any:
    """Agree: it is done at once."""
    row = _locked(approval_id)
    try:
        approved_acts.approve(row, current_person(), moment())
    except ApprovalError as error:
        return _told(approval_id, error)
    db.session.commit()
    tell(_("Approved, and done."), sentence(row), "good")
    return redirect(url_for("office.approvals"), 303)


@bp.post("/approvals/<approval_id>/refusal")
@door.office
def approval_refuse(approval_id: str) -> Any:
    """Say no, with a reason."""
    row, form = _locked(approval_id), RefusalForm()
    if not form.validate():
        return _page(row, form), 422
    try:
        waiting_acts.refuse(row, form.why.data, current_person(), moment())
    except ApprovalError as error:
        return _told(approval_id, error)
    db.session.commit()
    tell(_("Refused."), _("Nothing is done. Who asked finds your reason here."), "good")
    return redirect(url_for("office.approvals"), 303)


@bp.post("/approvals/<approval_id>/withdrawal")
@door.office
def approval_withdraw(approval_id: str) -> Any:
    """Who asked no longer asks."""
    row = _locked(approval_id)
    try:
        waiting_acts.withdraw(row, current_person(), moment())
    except ApprovalError as error:
        return _told(approval_id, error)
    db.session.commit()
    tell(_("Withdrawn."), _("Nothing is done."), "good")
    return redirect(url_for("office.approvals"), 303)


def _locked(approval_id: str) -> Approval:
    return rosters.locked(oversight.approval_for_office(current_person(), approval_id))


def _told(approval_id: str, error: ApprovalError) -> Any:
    db.session.rollback()
    tell(_("Nothing was changed."), fault_words(error), "bad")
    return redirect(url_for("office.approval", approval_id=approval_id), 303)


def _page(row: Approval, form: RefusalForm) -> str:
    return render_template(
        "office/approval.html",
        approval=row,
        waits=row.waits(moment()),
        form=form,
        timezone=own_school().timezone,
        sentence=sentence,
        kind=kind_words(row.kind),
        answer_words=answer_words,
    )
