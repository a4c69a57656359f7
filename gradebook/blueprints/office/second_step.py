"""A4: who needs a second step at sign-in, and taking away one that was lost, after making sure who asks."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import fault_words, own_school, tell
from gradebook.extensions import db
from gradebook.models import School, User
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import rosters
from gradebook.services import second_step as steps
from gradebook.services.rosters import RosterError
from gradebook.web import door
from gradebook.web.fields import LineField
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class ResetForm(FlaskForm):
    """How the office made sure who asks."""

    how = LineField(
        _l("How did you make sure who asks?"),
        [
            DataRequired(_l("Say how you made sure, like: came to the office")),
            Length(max=200, message=_l("Use %(max)d characters or fewer")),
        ],
    )


class RuleForm(FlaskForm):
    """Who needs a second step besides the office."""

    teachers = RadioField(
        _l("Second step at sign-in"),
        choices=[
            SelectChoice("optional", _l("The school office needs it; teachers and guardians may have it")),
            SelectChoice("required", _l("The school office and teachers need it; guardians may have it")),
        ],
    )


@bp.get("/sign-in")
@door.office
def sign_in() -> Any:
    """O9: who needs a second step at this school."""
    school = own_school()
    return _rule_page(school, RuleForm(teachers="required" if school.teachers_take_step else "optional"))


@bp.post("/sign-in")
@door.office
def sign_in_post() -> Any:
    """It holds from everybody's next request on."""
    school, form = rosters.locked(own_school()), RuleForm()
    if not form.validate():
        return _rule_page(school, form), 422
    steps.set_teachers_rule(school, form.teachers.data == "required", moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.sign_in"), 303)


def _rule_page(school: School, form: RuleForm) -> str:
    with_app, teachers = steps.teachers_with_app(school, moment())
    return render_template("office/sign_in.html", form=form, with_app=with_app, teachers=teachers)


@bp.get("/people/<person_id>/second-step")
@door.office
def second_step(person_id: str) -> Any:
    """What taking it away does."""
    user = _owner(person_id)
    door.require_code()
    return _page(user, ResetForm(formdata=None))


@bp.post("/people/<person_id>/second-step")
@door.office
def second_step_post(person_id: str) -> Any:
    """Take it away, and end every session of that person."""
    user, school, form = _owner(person_id), own_school(), ResetForm()
    door.require_code()
    if not form.validate():
        return _page(user, form), 422
    back = redirect(url_for("office.person", person_id=person_id), 303)
    try:
        done = steps.reset_by_office(user, school, form.how.data, moment(), actor_id=current_person().id)
    except RosterError as error:
        db.session.rollback()
        tell(_("Nothing was changed."), fault_words(error), "bad")
        return back
    db.session.commit()
    words = _("The second step of %(name)s is taken away. They are signed out everywhere.", name=user.display_name)
    flash(words if done else _("Nothing was changed."), "good")
    return back


def _owner(person_id: str) -> User:
    """Someone of the school with an authenticator app. Raises NotFound."""
    user = access.person_for_office(current_person(), person_id)
    if steps.app_of(user.id) is None:
        raise NotFound
    return user


def _page(user: User, form: ResetForm) -> str:
    return render_template("office/second_step.html", user=user, form=form)
