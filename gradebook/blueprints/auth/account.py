"""Pages about one's own account: password, sessions (A5), appearance."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.fields.choices import SelectChoice

from gradebook.blueprints.auth import bp
from gradebook.blueprints.auth.forms import AppearanceForm, ChangePasswordForm, LanguageForm, NewPasswordForm
from gradebook.extensions import db
from gradebook.models import RoleKind, StepKind, User
from gradebook.policy.access import NotFound
from gradebook.services import accounts, passwords
from gradebook.services.passwords import SHORTEST, PasswordFault
from gradebook.web import door
from gradebook.web.language import LANGUAGE_COOKIE, languages_for, refresh_language
from gradebook.web.login import current_login, current_login_session, current_person, signed_in_person
from gradebook.web.password_again import check_password_again
from gradebook.web.requests import moment
from gradebook.web.visitors import A_YEAR, safe_next

STEPS = {
    StepKind.APP: _l("with a code"),
    StepKind.DEVICE: _l("on a trusted device"),
    StepKind.RECOVERY: _l("with a recovery code"),
}


@bp.get("/auth/password")
@door.signed_in
def change_password() -> Any:
    """The form."""
    return _password_page(ChangePasswordForm())


@bp.post("/auth/password")
@door.signed_in
def change_password_post() -> Any:
    """Check the present password, store the new one, end all other sessions."""
    form, person = ChangePasswordForm(), current_person()
    if not form.validate() or not check_new_password(form, person.user, schools_of(person)):
        return _password_page(form), 422
    status = check_password_again(form.current, _("The current password is not right."))
    if status != 200:
        return _password_page(form), status
    accounts.set_password(
        person.user,
        form.password.data or "",
        moment(),
        actor_id=person.id,
        keep_session=current_login_session(),
    )
    db.session.commit()
    flash(_("Your password is changed. You are signed out everywhere else."), "good")
    return redirect(url_for("auth.change_password"), 303)


def _password_page(form: ChangePasswordForm) -> str:
    return render_template(
        "auth/change_password.html", form=form, shortest=SHORTEST[current_person().account.account_kind]
    )


def schools_of(person: Any) -> tuple[str, ...]:
    """Names that a password may not be built from."""
    return tuple(role.school_name for role in person.roles)


def check_new_password(form: NewPasswordForm, user: User, schools: tuple[str, ...]) -> bool:
    """Put the reason beside the field if this person may not have this password."""
    fault = passwords.password_fault(form.password.data or "", user, schools)
    if fault is not None:
        form.password.errors = [_fault_words(fault, user)]
    return fault is None


def _fault_words(fault: PasswordFault, user: User) -> str:
    return {
        PasswordFault.TOO_SHORT: _("Use %(number)s characters or more", number=SHORTEST[user.account_kind]),
        PasswordFault.TOO_LONG: _("Use %(number)s characters or fewer", number=passwords.LONGEST),
        PasswordFault.COMMON: _("Many people use a password like this, so it is easy to guess. Choose another"),
        PasswordFault.NAMES_YOU: _("A password made of your name or your school's is easy to guess. Choose another"),
    }[fault]


@bp.get("/auth/sessions")
@door.signed_in
def sessions() -> Any:
    """A5: where you are signed in."""
    return render_template(
        "auth/sessions.html",
        sessions=accounts.live_login_sessions(current_person()),
        this=current_login(),
        steps=STEPS,
        timezone=next((role.timezone for role in current_person().roles), "UTC"),
    )


@bp.post("/auth/sessions/<public_id>/ending")
@door.signed_in
def end_session(public_id: str) -> Any:
    """End one of one's own sessions."""
    if public_id == current_login().public_id:
        raise NotFound
    ended = accounts.sign_out_there(current_person(), public_id)
    db.session.commit()
    flash(_("Signed out there.") if ended else _("That session had already ended."), "good")
    return redirect(url_for("auth.sessions"), 303)


@bp.post("/auth/sessions/endings")
@door.signed_in
def end_other_sessions() -> Any:
    """Sign out everywhere else."""
    count = accounts.sign_out_elsewhere(current_person(), current_login_session())
    db.session.commit()
    flash(ngettext("Signed out of %(num)s other device.", "Signed out of %(num)s other devices.", count), "good")
    return redirect(url_for("auth.sessions"), 303)


@bp.get("/auth/appearance")
@door.signed_in
def appearance() -> Any:
    """The language, the theme, and for teachers how they type scores."""
    user = current_person().user
    shown = _appearance_form(
        language=user.locale if user.locale in languages_for(current_person()) else "",
        theme=user.theme or "",
        grade_entry=user.grade_entry or "",
    )
    return render_template("auth/appearance.html", form=shown)


@bp.post("/auth/appearance")
@door.signed_in
def appearance_post() -> Any:
    """Keep it with the account."""
    form, user = _appearance_form(), current_person().user
    if not form.validate():
        return render_template("auth/appearance.html", form=form), 422
    user.locale = form.language.data or None
    user.theme = form.theme.data or None
    if form.grade_entry:
        user.grade_entry = form.grade_entry.data or None
    db.session.commit()
    refresh_language()
    flash(_("Saved."), "good")
    return redirect(url_for("auth.appearance"), 303)


@bp.post("/auth/language")
@door.public
def choose_language() -> Any:
    """Show this page in another language: kept with the account of who has signed in, else with this browser."""
    form, person = LanguageForm(), signed_in_person()
    answer = redirect(safe_next(form.next.data, refused=("static",)), 303)
    if not form.validate():
        return answer
    if person is not None:
        person.user.locale = form.language.data
        db.session.commit()
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(
        LANGUAGE_COOKIE, form.language.data, max_age=A_YEAR, httponly=True, samesite="Lax", secure=is_secure
    )
    return answer


def _appearance_form(**shown: str) -> AppearanceForm:
    """Only who teaches has a table to type into."""
    form = AppearanceForm(**shown)
    named = [SelectChoice(tag, name) for tag, name in languages_for(current_person()).items()]
    form.language.choices = [SelectChoice("", _("As my browser")), *named]
    if not current_person().holds(RoleKind.TEACHER):
        del form.grade_entry
    return form
