"""O2: who may see and write for a child. Nothing is saved before its effect was read."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    BASES,
    both_versions,
    fault_words,
    has_moved_on,
    last_day,
    own_school,
    span_words,
    tell,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.confirming import Answer, Question, ask_about, confirm_page, wants_to_edit
from gradebook.blueprints.office.forms import LinkForm, NewGuardianForm
from gradebook.extensions import db
from gradebook.models import Guardianship, RoleKind, School, User
from gradebook.policy import access
from gradebook.services import coming_of_age, custody, directory, rosters
from gradebook.services.custody import GuardianLine
from gradebook.services.rosters import Link, RosterError
from gradebook.web import door
from gradebook.web.fields import one_line
from gradebook.web.filters import day as day_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment

NEW = "new"  # the choice of someone whom the school does not know yet


@bp.get("/students/<student_id>/guardians")
@door.office
def guardians(student_id: str) -> Any:
    """The child's guardians, their rights, and the orders about them."""
    return _page(access.student_for_office(current_person(), student_id))


@bp.post("/students/<student_id>/guardians")
@door.office
def guardians_post(student_id: str) -> Any:
    """The ticked rights of every guardian at once: first what it does, then saved."""
    student, school = rosters.locked(access.student_for_office(current_person(), student_id)), own_school()
    lines = _open_lines(student, school)
    saved = [rosters.link_of(line.guardianship) for line in lines]
    wished = [_ticked(line.guardianship) for line in lines]
    here = url_for("office.guardians", student_id=student_id)
    if has_moved_on(*saved):
        return both_versions(_rights_rows(lines, wished), version_of(*saved), here)
    if wants_to_edit() or wished == saved:
        return _page(student, wished=wished)

    def save() -> None:
        for line, link in zip(lines, wished, strict=True):
            rosters.change_guardianship(line.guardianship, link, moment(), actor_id=current_person().id)

    question = ask_about(save, student, school)
    if question.answer != Answer.CONFIRMED:
        return _page(student, wished=wished, question=question)
    return _saved(save, question, here)


def _open_lines(student: User, school: School) -> list[GuardianLine]:
    """The links that hold now or later: the ones whose rights can be ticked."""
    lines = custody.guardians_of(student, school, today(school))
    return [line for line in lines if line.holds or line.is_later]


def _ticked(guardianship: Guardianship) -> Link:
    return replace(
        rosters.link_of(guardianship),
        may_see_grades=guardianship.public_id in request.form.getlist("grades"),
        may_message=guardianship.public_id in request.form.getlist("messages"),
    )


def _rights_rows(lines: list[GuardianLine], wished: list[Link]) -> list[tuple[Any, Any, Any]]:
    rows: list[tuple[Any, Any, Any]] = []
    for line, link in zip(lines, wished, strict=True):
        saved, name = rosters.link_of(line.guardianship), line.guardianship.guardian.display_name
        for words, right in ((_("May see grades"), "may_see_grades"), (_("May message teachers"), "may_message")):
            rows.append((f"{name}: {words}", yes_or_no(getattr(saved, right)), yes_or_no(getattr(link, right))))
    return rows


def yes_or_no(value: object) -> str:
    """A tick in words."""
    return _("Yes") if value else _("No")


def _saved(save: Callable[[], Any], question: Question, back: str) -> Any:
    """Do what was confirmed and say it again."""
    save()
    db.session.commit()
    tell(_("Saved."), question.sentences[0] if question.sentences else "", "good")
    return redirect(back, 303)


def _page(student: User, wished: list[Link] | None = None, question: Question | None = None) -> Any:
    school = own_school()
    lines = custody.guardians_of(student, school, today(school))
    orders = custody.restrictions_about(student, school)
    open_lines = [line for line in lines if line.holds or line.is_later]
    page = render_template(
        "office/guardians.html",
        student=student,
        lines=open_lines,
        wished=wished or [rosters.link_of(line.guardianship) for line in open_lines],
        ended=[line for line in lines if line not in open_lines],
        orders=[order for order in orders if order.ends_on is None or order.ends_on > today(school)],
        past_orders=[order for order in orders if order.ends_on is not None and order.ends_on <= today(school)],
        names=custody.names_of(
            key for order in orders for key in (order.entered_by, order.lift_asked_by, order.confirmed_by)
        ),
        alone=rosters.office_accounts(school, today(school)) < 2,
        me=current_person().id,
        version=version_shown(*[rosters.link_of(line.guardianship) for line in open_lines]),
        question=question,
        span=span_words,
        basis_words=basis_words,
        of_age_on=coming_of_age.of_age_on(student, school),
        last_day=last_day,
        day=today(school),
        timezone=school.timezone,
    )
    return page, question.status if question else 200


# --- Add


@bp.get("/students/<student_id>/guardians/new")
@door.office
def new_guardian(student_id: str) -> Any:
    """Search whom the school knows, or describe someone new."""
    student = access.student_for_office(current_person(), student_id)
    return _new_page(student, NewGuardianForm(formdata=None, guardian=NEW, begins_on=today(own_school())))


@bp.post("/students/<student_id>/guardians/new")
@door.office
def new_guardian_post(student_id: str) -> Any:
    """First what the link would do, then the link."""
    student, school = rosters.locked(access.student_for_office(current_person(), student_id)), own_school()
    form = NewGuardianForm()
    same = _same_address(form, school)
    if wants_to_edit() or not form.validate() or not _knows_who(form, same):
        return _new_page(student, form, 200 if wants_to_edit() else 422, same=same)
    known = None if form.guardian.data == NEW else access.person_for_office(current_person(), form.guardian.data)

    def save() -> None:
        guardian = known or _add(form, school)
        rosters.link_guardian(student, guardian, school, form.link(), moment(), actor_id=current_person().id)

    try:
        question = ask_about(save, student, school)
    except RosterError as error:
        _complain(form, error)
        return _new_page(student, form, 422, same=same)
    if question.answer != Answer.CONFIRMED:
        who = known.display_name if known else form.display_name.data
        return confirm_page(_("Add %(name)s as a guardian", name=who), student, question, _("Add the guardian"))
    return _saved(save, question, url_for("office.guardians", student_id=student_id))


def _add(form: NewGuardianForm, school: School) -> User:
    details = form.details(rosters.suggest_username(form.display_name.data))
    begins_on = min(today(school), form.link().begins_on)
    return rosters.add_person(school, RoleKind.PARENT, details, begins_on, moment(), actor_id=current_person().id)


def _same_address(form: NewGuardianForm, school: School) -> list[User]:
    if form.guardian.data != NEW or not form.email.data:
        return []
    return rosters.people_with_email(school, form.email.data)


def _knows_who(form: NewGuardianForm, same: list[User]) -> bool:
    """A person was chosen, or a new one has a name and an address that was thought about."""
    if not form.guardian.data:
        form.guardian.errors = [_("Choose who the guardian is")]
    elif form.guardian.data == NEW and not form.display_name.data:
        form.display_name.errors = [_("Enter a name")]
    elif form.guardian.data == NEW and same and not form.same_address.data:
        form.email.errors = [_("Someone at this school has this address already. Choose them, or tick the box below")]
    return not form.errors


def _complain(form: NewGuardianForm, error: RosterError) -> None:
    if error.fault == rosters.RosterFault.DATES:
        form.last_day.complain(fault_words(error))
    elif error.fault == rosters.RosterFault.USERNAME_TAKEN:
        form.username.errors = [fault_words(error)]
    else:
        form.guardian.errors = [fault_words(error)]


def _new_page(student: User, form: NewGuardianForm, status: int = 200, same: Any = ()) -> Any:
    school = own_school()
    text = one_line(request.values.get("q"))[:100]
    found = directory.adults_named(school, text, today(school))
    people = {user.public_id: user for user in [*found, *same]}
    if form.guardian.data not in (None, "", NEW, *people):
        chosen = access.person_for_office(current_person(), form.guardian.data)
        people[chosen.public_id] = chosen
    form.guardian.choices = [SelectChoice(key, user.display_name) for key, user in people.items()]
    form.guardian.choices.append(SelectChoice(NEW, _("Someone new")))
    hints = {key: _("Username %(name)s", name=user.username) for key, user in people.items()}
    page = render_template(
        "office/new_guardian.html", student=student, form=form, q=text, found=found, hints=hints, same=same,
        of_age_on=coming_of_age.of_age_on(student, school), day=today(school),
    )  # fmt: skip
    return page, status


# --- Change and end


@bp.get("/guardianships/<guardianship_id>")
@door.office
def guardianship(guardianship_id: str) -> Any:
    """One link: relationship, rights, dates."""
    link = access.guardianship_for_office(current_person(), guardianship_id)
    stored = rosters.link_of(link)
    values = {
        **stored.__dict__,
        "last_day": last_day(stored.ends_on),
        "basis": stored.basis.value if stored.basis else "",
        "basis_last_day": last_day(stored.basis_ends_on),
    }
    return _link_page(link, LinkForm(formdata=None, data=values))


@bp.post("/guardianships/<guardianship_id>")
@door.office
def guardianship_post(guardianship_id: str) -> Any:
    """First what the change does, then saved."""
    found = access.guardianship_for_office(current_person(), guardianship_id)
    student, school, form = rosters.locked(found.student), own_school(), LinkForm()
    stored = rosters.link_of(rosters.locked(found))
    moved_on = has_moved_on(stored)
    if not form.validate():
        return _link_page(found, form, 422)
    if moved_on:
        back = url_for("office.guardianship", guardianship_id=guardianship_id)
        return both_versions(_link_rows(stored, form.link()), version_of(stored), back)
    if wants_to_edit():
        return _link_page(found, form)

    def save() -> None:
        rosters.change_guardianship(found, form.link(), moment(), actor_id=current_person().id)

    try:
        question = ask_about(save, student, school)
    except RosterError as error:
        form.last_day.complain(fault_words(error))
        return _link_page(found, form, 422)
    if question.answer != Answer.CONFIRMED:
        heading = _("Change what %(name)s may do", name=found.guardian.display_name)
        return confirm_page(heading, student, question, _("Save the change"), seen=version_of(stored))
    return _saved(save, question, url_for("office.guardians", student_id=student.public_id))


@bp.post("/guardianships/<guardianship_id>/ending")
@door.office
def guardianship_ending(guardianship_id: str) -> Any:
    """End the link today: first what that does, then from the next request."""
    found = access.guardianship_for_office(current_person(), guardianship_id)
    student, school = rosters.locked(found.student), own_school()
    stored = rosters.link_of(rosters.locked(found))
    back = url_for("office.guardianship", guardianship_id=guardianship_id)
    after = replace(stored, ends_on=max(today(school), stored.begins_on))
    if has_moved_on(stored):
        return both_versions(_link_rows(stored, after), version_of(stored), back)

    def save() -> None:
        rosters.end_guardianship(found, today(school), moment(), actor_id=current_person().id)

    question = ask_about(save, student, school)
    if question.answer != Answer.CONFIRMED:
        heading = _("End the link of %(name)s", name=found.guardian.display_name)
        return confirm_page(heading, student, question, _("End the link"), seen=version_of(stored), back=back)
    return _saved(save, question, url_for("office.guardians", student_id=student.public_id))


def _link_rows(saved: Link, typed: Link) -> list[tuple[Any, Any, Any]]:
    return [
        (_("Relationship"), saved.relationship, typed.relationship),
        (_("May see grades"), yes_or_no(saved.may_see_grades), yes_or_no(typed.may_see_grades)),
        (_("May message teachers"), yes_or_no(saved.may_message), yes_or_no(typed.may_message)),
        (_("From, until"), span_words(saved.begins_on, saved.ends_on), span_words(typed.begins_on, typed.ends_on)),
        (_("After coming of age"), basis_words(saved), basis_words(typed)),
    ]


def basis_words(link: Any) -> str:
    """Why a link (Link or Guardianship) goes on when the student is of age, in words."""
    if link.basis is None:
        return _("No reason is recorded: the rights end")
    facts = {"basis": BASES[link.basis], "reference": link.basis_reference}
    if link.basis_ends_on is None:
        return _("The rights go on: %(basis)s (%(reference)s)", **facts)
    return _(
        "The rights go on: %(basis)s (%(reference)s), until %(day)s",
        day=day_words(last_day(link.basis_ends_on)),
        **facts,
    )


def _link_page(found: Guardianship, form: LinkForm, status: int = 200) -> Any:
    school = own_school()
    day = today(school)
    stored = rosters.link_of(found)
    page = render_template(
        "office/guardianship.html",
        link=found,
        form=form,
        version=version_shown(stored),
        is_over=found.ends_on is not None and found.ends_on <= day,
        of_age_on=coming_of_age.of_age_on(found.student, school),
        entered_by=custody.names_of([found.basis_entered_by]).get(found.basis_entered_by),
        last_day=last_day,
        day=day,
        span=span_words,
        timezone=school.timezone,
    )
    return page, status
