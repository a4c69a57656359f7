"""One person: details, roles, guardians or children, classes, sign-in."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    ROLES,
    STATUSES,
    both_versions,
    fault_words,
    has_moved_on,
    own_school,
    span_words,
    tell,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.confirming import Answer, Question, ask_about, confirm_page, wants_to_edit
from gradebook.blueprints.office.forms import DetailsForm, RoleForm
from gradebook.extensions import db
from gradebook.models import AccountKind, RoleKind, School, User
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import custody, directory, invitations, message_rules, rosters, second_step, successors
from gradebook.services.rosters import Details, RosterError
from gradebook.web import door
from gradebook.web.filters import day as day_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/people/<person_id>")
@door.office
def person(person_id: str) -> Any:
    """Everything the office keeps about one person."""
    user = access.person_for_office(current_person(), person_id)
    return _page(user, DetailsForm(formdata=None, obj=user))


@bp.post("/people/<person_id>")
@door.office
def person_post(person_id: str) -> Any:
    """Save the details, unless someone else saved others meanwhile."""
    user, form, school = access.person_for_office(current_person(), person_id), DetailsForm(), own_school()
    saved = rosters.details_of(rosters.locked(user))
    moved_on = has_moved_on(saved)
    if not form.validate():
        return _page(user, form, 422)
    typed = form.details(saved.username)
    if moved_on and typed != saved:
        return both_versions(
            _details_rows(saved, typed), version_of(saved), url_for("office.person", person_id=person_id)
        )
    if wants_to_edit():
        return _page(user, form)

    def save() -> bool:
        return rosters.change_person(user, school, typed, moment(), actor_id=current_person().id)

    try:
        question = _about_age(user, school, save) if typed.birth_date != saved.birth_date else None
        if question is not None:
            heading = _("Another date of birth: %(name)s", name=user.display_name)
            return confirm_page(heading, user, question, _("Save details"), seen=version_of(saved))
        changed = save()
    except RosterError as error:
        return _refused(person_id, form, error)
    db.session.commit()
    flash(_("Details saved.") if changed else _("Nothing was changed."), "good")
    return redirect(url_for("office.person", person_id=person_id), 303)


def _about_age(user: User, school: School, save: Callable[[], Any]) -> Question | None:
    """What another date of birth does to guardians; None where it does nothing, or is confirmed."""
    if user.account_kind != AccountKind.STUDENT:
        return None
    question = ask_about(save, user, school)
    return None if question.answer == Answer.CONFIRMED or not question.changes_access else question


def _refused(person_id: str, form: DetailsForm, error: RosterError) -> Any:
    """The page again with what was typed; what the service began to write is dropped."""
    db.session.rollback()
    form.username.errors = [fault_words(error)]
    return _page(access.person_for_office(current_person(), person_id), form, 422)


def _details_rows(saved: Details, typed: Details) -> list[tuple[Any, Any, Any]]:
    form = DetailsForm(formdata=None)
    rows = []
    for name in Details.__dataclass_fields__:
        both = [getattr(values, name) for values in (saved, typed)]
        shown = [day_words(each, year=True) if name == "birth_date" else each or "" for each in both]
        rows.append((form[name].label.text, *shown))
    return rows


def _page(user: User, form: DetailsForm, status: int = 200) -> Any:
    school = own_school()
    day = today(school)
    roles = directory.roles_of(user, school)
    is_student = user.account_kind == AccountKind.STUDENT
    places = directory.places_of(user, school)
    elsewhere = rosters.is_used_elsewhere(user, school, moment())
    page = render_template(
        "office/person.html",
        user=user,
        form=form,
        version=version_shown(rosters.details_of(user)),
        roles=roles,
        role_words=ROLES,
        role_form=None if is_student else _role_form(roles, day),
        status=directory.status_of(user, roles, day),
        statuses=STATUSES,
        is_student=is_student,
        is_guardian=any(role.kind == RoleKind.PARENT for role in roles),
        elsewhere=elsewhere,
        links=custody.guardians_of(user, school, day) if is_student else custody.children_of(user, school, day),
        places=places,
        teaches=any(successors.is_to_be_answered(place, day) for place in places),
        slip=invitations.latest_for(user),
        slip_state=invitations.state_of,
        now=moment(),
        day=day,
        timezone=school.timezone,
        span=span_words,
        is_self=user.id == current_person().id,
        step=None if is_student else second_step.app_of(user.id),
        writes=not is_student and message_rules.may_have_writing_closed(user, school, moment()),
    )
    return page, status


def _role_form(roles: Any, day: Any) -> RoleForm | None:
    held = {role.kind for role in roles if role.ends_on is None or role.ends_on > day}
    free = [kind for kind in ROLES if kind != RoleKind.STUDENT and kind not in held]
    if not free:
        return None
    form = RoleForm(formdata=None)
    form.kind.offer([(kind.value, ROLES[kind]) for kind in free])
    return form


@bp.post("/people/<person_id>/roles")
@door.office
def person_role(person_id: str) -> Any:
    """Give a role, from today."""
    user, school, form = access.person_for_office(current_person(), person_id), own_school(), RoleForm()
    form.kind.offer(ROLES.items())
    if not form.validate():
        flash(_("Choose a role from the list."), "bad")
        return redirect(url_for("office.person", person_id=person_id), 303)
    kind = RoleKind(form.kind.data)
    return _act(
        person_id,
        lambda: rosters.give_role(user, school, kind, today(school), moment(), actor_id=current_person().id),
        _("%(name)s has the role %(role)s from today.", name=user.display_name, role=ROLES[kind]),
    )


@bp.post("/people/<person_id>/roles/<kind>/ending")
@door.office
def person_role_ending(person_id: str, kind: str) -> Any:
    """End a role today; it holds no longer from the next request."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    role = rosters.role_of(user, school, RoleKind(kind)) if kind in set(RoleKind) else None
    if role is None:
        raise NotFound
    return _act(
        person_id,
        lambda: rosters.end_role(role, today(school), moment(), actor_id=current_person().id),
        _("The role %(role)s of %(name)s has ended.", name=user.display_name, role=ROLES[role.kind]),
    )


@bp.post("/people/<person_id>/deactivation")
@door.office
def person_deactivation(person_id: str) -> Any:
    """Lock the account and end its sessions at once."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    return _act(
        person_id,
        lambda: rosters.deactivate(user, school, moment(), actor_id=current_person().id),
        _("The account of %(name)s is locked. It was signed out everywhere.", name=user.display_name),
    )


@bp.post("/people/<person_id>/reactivation")
@door.office
def person_reactivation(person_id: str) -> Any:
    """Unlock the account."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    return _act(
        person_id,
        lambda: rosters.reactivate(user, school, moment(), actor_id=current_person().id),
        _("The account of %(name)s is open again.", name=user.display_name),
    )


def _act(person_id: str, act: Any, done: str) -> Any:
    """Do it, or say which rule stands in the way; back to the person either way."""
    try:
        act()
    except RosterError as error:
        db.session.rollback()
        tell(_("Nothing was changed."), fault_words(error), "bad")
    else:
        db.session.commit()
        flash(done, "good")
    return redirect(url_for("office.person", person_id=person_id), 303)


@bp.post("/people/<person_id>/identity")
@door.office
def person_identity(person_id: str) -> Any:
    """Note that the office saw who this adult is, or take it back."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    seen = request.form.get("seen_identity") == "yes"
    words = _("Identity of %(name)s: seen.", name=user.display_name)
    if not seen:
        words = _("Identity of %(name)s: not seen yet. Their messages are closed.", name=user.display_name)
    return _act(
        person_id,
        lambda: rosters.see_identity(user, school, seen, moment(), actor_id=current_person().id),
        words,
    )
