"""O2: students who come of age: from which day, and whose rights end with it. Nothing is saved before its effect was
read."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    both_versions,
    has_moved_on,
    last_day,
    own_school,
    tell,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.confirming import Answer, ask_about, confirm_page, digest_of, wants_to_edit
from gradebook.blueprints.office.forms import AgeForm, OfAgeForm
from gradebook.extensions import db
from gradebook.models import School, User
from gradebook.policy import access
from gradebook.services import coming_of_age as ages
from gradebook.services import rosters
from gradebook.services.coming_of_age import Effect, Recorded
from gradebook.web import door
from gradebook.web.filters import day as day_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment

# --- One student


@bp.get("/students/<student_id>/coming-of-age")
@door.office
def of_age(student_id: str) -> Any:
    """From which day the student holds the rights."""
    student = access.student_for_office(current_person(), student_id)
    return _day_page(student, OfAgeForm(formdata=None, day=ages.recorded_day(student, own_school())))


@bp.post("/students/<student_id>/coming-of-age")
@door.office
def of_age_post(student_id: str) -> Any:
    """First what the day does, then saved."""
    student, school = rosters.locked(access.student_for_office(current_person(), student_id)), own_school()
    form, saved = OfAgeForm(), Recorded(ages.recorded_day(student, school))
    moved_on = has_moved_on(saved)
    if not form.validate():
        return _day_page(student, form, 422)
    typed = form.day.day
    if moved_on:
        rows = [(form.day.label.text, _day_or_none(saved.day), _day_or_none(typed))]
        return both_versions(rows, version_of(saved), url_for("office.of_age", student_id=student_id))
    if wants_to_edit() or typed == saved.day:
        return _day_page(student, form)

    def save() -> None:
        ages.record_day(student, school, typed, moment(), actor_id=current_person().id)

    question = ask_about(save, student, school)
    if question.answer != Answer.CONFIRMED:
        heading = _("When %(name)s comes of age", name=student.called)
        return confirm_page(heading, student, question, _("Save the day"), seen=version_of(saved))
    save()
    db.session.commit()
    tell(_("Saved."), question.sentences[0], "good")
    return redirect(url_for("office.guardians", student_id=student_id), 303)


def _day_or_none(day: Any) -> str:
    return day_words(day, year=True) if day else _("None: the date of birth says it")


def _day_page(student: User, form: OfAgeForm, status: int = 200) -> Any:
    school = own_school()
    page = render_template(
        "office/of_age.html",
        student=student,
        form=form,
        school=school,
        birthday=ages.birthday_of_age(student, school),
        version=version_shown(Recorded(ages.recorded_day(student, school))),
    )
    return page, status


# --- The school


@bp.get("/coming-of-age")
@door.office
def coming_of_age() -> Any:
    """Whose rights end within 60 days, whose ended lately, and the school's age."""
    age = own_school().age_of_majority
    return _page(AgeForm(formdata=None, age="" if age is None else str(age)))


@bp.post("/coming-of-age")
@door.office
def coming_of_age_post() -> Any:
    """The school's age: first how many guardians it is about, then saved."""
    school, form = rosters.locked(own_school()), AgeForm()
    if wants_to_edit() or not form.validate() or form.years == school.age_of_majority:
        return _page(form, 422 if form.errors else 200)
    effect = ages.effect_of_age(school, form.years, moment(), actor_id=current_person().id)
    sentences = _effect_words(effect)
    digest = digest_of(sentences)
    if request.form.get("confirm") != digest:
        return _page(form, 409 if request.form.get("confirm") else 200, sentences=sentences, digest=digest)
    ages.set_age(school, form.years, moment(), actor_id=current_person().id)
    db.session.commit()
    tell(_("Saved."), sentences[0], "good")
    return redirect(url_for("office.coming_of_age"), 303)


def _effect_words(effect: Effect) -> list[str]:
    """What another age does to links, in numbers: a school may have hundreds."""
    ended = ngettext(
        "%(num)s guardian loses the rights today.", "%(num)s guardians lose the rights today.", effect.end_now
    )
    opened = ngettext(
        "%(num)s guardian has the rights again from today.",
        "%(num)s guardians have the rights again from today.",
        effect.hold_again,
    )
    moved = ngettext(
        "For %(num)s guardian the day on which the rights end moves.",
        "For %(num)s guardians the day on which the rights end moves.",
        effect.end_later,
    )
    pairs = ((effect.end_now, ended), (effect.hold_again, opened), (effect.end_later, moved))
    return [words for count, words in pairs if count] or [_("What each guardian can see and write stays as it is.")]


def _page(form: AgeForm, status: int = 200, sentences: Any = (), digest: str = "") -> Any:
    school: School = own_school()
    day = today(school)
    page = render_template(
        "office/coming_of_age.html",
        form=form,
        soon=ages.ending_soon(school, day),
        lately=ages.ended_lately(school, day),
        sentences=sentences,
        digest=digest,
        out_of_date=status == 409,
        last_day=last_day,
    )
    return page, status
