"""T11: the comments that a teacher keeps to use again."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.comment_forms import BankForm, why_not_kept
from gradebook.extensions import db
from gradebook.models import BankComment
from gradebook.policy import access
from gradebook.policy.person import Person
from gradebook.services import comment_bank
from gradebook.services.comment_bank import BankError
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import version_seen


@bp.get("/comments")
@door.teacher
def comment_bank_page() -> Any:
    """All of them, and a form for one more."""
    return _list(BankForm(formdata=None))


@bp.post("/comments")
@door.teacher
def add_bank_comment() -> Any:
    """One more."""
    person, form = current_person(), BankForm()
    if not form.validate():
        return _list(form), 422
    try:
        comment_bank.add_comment(person.id, _school(person), form.words.data)
    except BankError as error:
        db.session.rollback()
        form.words.errors = [why_not_kept(error.code)]
        return _list(form), 422
    db.session.commit()
    flash(_("The comment is in your bank."), "good")
    return redirect(url_for(".comment_bank_page"), 303)


@bp.get("/comments/<comment_id>")
@door.teacher
def bank_comment(comment_id: str) -> Any:
    """One of them, to be changed."""
    comment = access.bank_comment_of(current_person(), comment_id)
    return _one(comment, BankForm(formdata=None, data={"words": comment.words}))


@bp.post("/comments/<comment_id>")
@door.teacher
def change_bank_comment(comment_id: str) -> Any:
    """Other words in its place."""
    comment, form, seen = access.bank_comment_of(current_person(), comment_id), BankForm(), version_seen()
    if not form.validate():
        return _one(comment, form), 422
    try:
        comment_bank.change_comment(comment, form.words.data, seen=seen)
    except BankError as error:
        db.session.rollback()
        form.words.errors = [why_not_kept(error.code)]
        status = 409 if error.code == "moved" else 422
        return _one(access.bank_comment_of(current_person(), comment_id), form), status
    db.session.commit()
    flash(_("The comment is changed. Where you used it before it stays as it was."), "good")
    return redirect(url_for(".comment_bank_page"), 303)


@bp.post("/comments/<comment_id>/removal")
@door.teacher
def remove_bank_comment(comment_id: str) -> Any:
    """Out of the bank."""
    comment_bank.remove_comment(access.bank_comment_of(current_person(), comment_id))
    db.session.commit()
    flash(_("The comment is deleted from your bank. Where you used it before it stays."), "good")
    return redirect(url_for(".comment_bank_page"), 303)


def _school(person: Person) -> int:
    """The school in which this teacher acts."""
    [key] = person.school_days
    return key


def _list(form: BankForm) -> str:
    person = current_person()
    bank = comment_bank.bank_of(person.id, _school(person))
    return render_template("teacher/comment_bank.html", bank=bank, form=form, most=comment_bank.MOST)


def _one(comment: BankComment, form: BankForm) -> str:
    return render_template("teacher/bank_comment.html", comment=comment, form=form)
