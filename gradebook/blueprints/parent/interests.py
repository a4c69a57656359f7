"""P1, P4: what a guardian wants to be told of one child."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import ValidationError

from gradebook.blueprints.parent import bp
from gradebook.extensions import db
from gradebook.services import family, interests
from gradebook.services.family import Child
from gradebook.services.interests import Interests
from gradebook.web import door
from gradebook.web.fields import AmountField, PickField, typed
from gradebook.web.login import current_person

AT_ONCE, NEVER = "0", "never"
DAYS = (2, 7, 14)
"""Choices of after how many days missing work is told, beside at once and never."""


class InterestsForm(FlaskForm):
    """When the home page says something about a child."""

    missing_after = PickField(_l("Missing work"))
    below = AmountField(_l("A grade below"), most=100, wrong=_l("Type a number of percent, like 60"))
    falls_by = AmountField(_l("A grade that fell by"), most=100, wrong=_l("Type a number of points, like 5"))
    new_scores = BooleanField(_l("How many new scores and comments there are"))
    due_soon = BooleanField(_l("What is due next"))

    def offer(self, days: int | None) -> None:
        """The choices, with the one that is kept."""
        some = sorted({*DAYS, *([days] if days else [])})
        words = [
            (
                str(one),
                ngettext("After %(num)s day", "After %(num)s days", one),
            )
            for one in some
        ]
        self.missing_after.offer([(AT_ONCE, _("At once")), *words, (NEVER, _("Never"))])

    def validate_falls_by(self, field: Any) -> None:
        """A fall of nothing is no fall."""
        if field.amount is not None and not field.amount:
            raise ValidationError(_("Type a number of points, like 5"))

    @property
    def wanted(self) -> Interests:
        """What was chosen."""
        after = self.missing_after.data
        return Interests(
            missing_after=None if after == NEVER else int(after),
            below=self.below.amount,
            falls_by=self.falls_by.amount,
            new_scores=self.new_scores.data,
            due_soon=self.due_soon.data,
        )


@bp.get("/children/<student_id>/interests")
@door.parent
def child_interests(student_id: str) -> str:
    """What is kept."""
    child = family.child_alone(current_person(), student_id)
    kept = child.interests
    form = InterestsForm(
        formdata=None,
        missing_after=NEVER if kept.missing_after is None else str(kept.missing_after),
        below=typed(kept.below),
        falls_by=typed(kept.falls_by),
        new_scores=kept.new_scores,
        due_soon=kept.due_soon,
    )
    return _page(child, form)


@bp.post("/children/<student_id>/interests")
@door.parent
def save_child_interests(student_id: str) -> Any:
    """Keep it."""
    person = current_person()
    child, form = family.child_alone(person, student_id), InterestsForm()
    form.offer(child.interests.missing_after)
    if not form.validate():
        return _page(child, form), 422
    interests.save_interests(person.id, child.id, form.wanted)
    db.session.commit()
    flash(_("Saved. Your home page now follows this for %(name)s.", name=child.called), "good")
    return redirect(url_for("parent.home"), 303)


def _page(child: Child, form: InterestsForm) -> str:
    form.offer(child.interests.missing_after)
    return render_template("parent/interests.html", child=child, form=form)
