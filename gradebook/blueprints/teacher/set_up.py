"""T4: how a new term starts. The set-up of another of one's classes, without its scores."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from gradebook.blueprints.teacher import bp
from gradebook.extensions import db
from gradebook.models import Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import set_up_copies, teacher_home
from gradebook.services.set_up_copies import MOST_DAYS, NotEmpty, Plan
from gradebook.web import door
from gradebook.web.fields import DIGITS, LineField
from gradebook.web.login import current_person
from gradebook.web.requests import moment

_DAYS = re.compile(r"(?P<back>[-\u2212])?(?P<days>[0-9]{1,4})", re.ASCII)


class SetUpForm(FlaskForm):
    """From which class, what, and how far its days move."""

    source = HiddenField()
    with_assignments = BooleanField(_l("Its assignments too, without scores"))
    days = LineField(_l("Move the dates by"))

    def validate_days(self, field: LineField) -> None:
        """A whole number."""
        if self.shift is None:
            raise ValidationError(
                _("Enter a whole number of days, like 364; at most %(most)s, and 0 to leave them", most=MOST_DAYS)
            )

    @property
    def shift(self) -> int | None:
        """The days that were typed; None if they are no such number."""
        found = _DAYS.fullmatch((self.days.data or "").translate(DIGITS))
        days = int(found["days"]) if found else MOST_DAYS + 1
        return None if days > MOST_DAYS else -days if found and found["back"] else days


@bp.get("/classes/<section_id>/set-up")
@door.teacher
def set_up(section_id: str) -> Any:
    """The classes to choose from; then what would be taken over from the chosen one."""
    section = access.section_for_teacher(current_person(), section_id)
    chosen = request.args.get("from")
    if not chosen:
        return _choice(section)
    source = _source(section, chosen)
    days = set_up_copies.usual_shift(source, section)
    fields = {"source": source.public_id, "with_assignments": True, "days": str(days)}
    return _look(section, source, SetUpForm(formdata=None, data=fields), days)


@bp.post("/classes/<section_id>/set-up")
@door.teacher
def set_up_post(section_id: str) -> Any:
    """Show it with other days, or take it over."""
    section = access.section_for_teacher(current_person(), section_id)
    form = SetUpForm()
    if not form.source.data:
        return _choice(section), 422
    source = _source(section, form.source.data)
    if not form.validate() or form.shift is None:
        return _look(section, source, form, 0), 422
    if request.form.get("do") != "copy":
        return _look(section, source, form, form.shift)
    return _copy(section, source, form, form.shift)


def _source(section: Section, public_id: str) -> Section:
    """Another class of this teacher."""
    if public_id == section.public_id:
        raise NotFound
    return access.section_for_teacher(current_person(), public_id)


def _choice(section: Section) -> str:
    others = [one for one in teacher_home.classes_of(current_person()) if one.section.id != section.id]
    return render_template(
        "teacher/set_up_choice.html", section=section, others=others, pieces=set_up_copies.pieces_of(section)
    )


def _look(section: Section, source: Section, form: SetUpForm, days: int) -> str:
    return render_template(
        "teacher/set_up.html",
        section=section,
        plan=set_up_copies.plan(source, section, days, moment()),
        form=form,
        pieces=set_up_copies.pieces_of(section),
    )


def _copy(section: Section, source: Section, form: SetUpForm, days: int) -> Any:
    with_assignments = bool(form.with_assignments.data)
    back = url_for(".rules", section_id=section.public_id)
    try:
        plan = set_up_copies.copy_set_up(
            source, section, days=days, with_assignments=with_assignments,
            actor_id=current_person().id, now=moment(),
        )  # fmt: skip
    except NotEmpty:
        db.session.rollback()
        return _look(section, source, form, days), 409
    db.session.commit()
    flash(_copied_words(plan, with_assignments), "good")
    return redirect(back, 303)


def _copied_words(plan: Plan, with_assignments: bool) -> str:
    if not with_assignments:
        return _("The rules and categories of %(title)s were taken over.", title=plan.source.title)
    return ngettext(
        "The rules and categories of %(title)s and %(num)s assignment were taken over.",
        "The rules and categories of %(title)s and %(num)s assignments were taken over.",
        len(plan.works),
        title=plan.source.title,
    )
