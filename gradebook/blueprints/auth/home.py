"""The way in: the home of the role in use, the role switch, and Help."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.auth import bp
from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy.access import NotFound
from gradebook.policy.person import Acting
from gradebook.services import accounts
from gradebook.web import door
from gradebook.web.login import current_login_session, current_person, signed_in_person

HOMES = {
    RoleKind.OFFICE: "office.people",
    RoleKind.PARENT: "parent.home",
    RoleKind.STUDENT: "student.home",
    RoleKind.TEACHER: "teacher.home",
}


def home_of(acting: Acting | None) -> str:
    """The address of a role's home."""
    return url_for(HOMES[acting.kind] if acting else "auth.home")


@bp.get("/")
@door.signed_in
def home() -> Any:
    """To the home of the role in use."""
    acting = current_person().acting
    if acting is None:
        return render_template("auth/no_role.html"), 403
    return redirect(home_of(acting), 303)


@bp.post("/auth/role")
@door.signed_in
def switch_role() -> Any:
    """Put another held role to use."""
    kind, _separator, school = request.form.get("role", "").partition("-")
    if kind not in set(RoleKind) or not school.isascii() or not school.isdigit() or len(school) > 18:
        raise NotFound
    if not accounts.switch_role(current_login_session(), current_person(), Acting(RoleKind(kind), int(school) or None)):
        raise NotFound
    db.session.commit()
    flash(_("You switched roles."), "good")
    return redirect(url_for("auth.home"), 303)


@bp.get("/help")
@door.public
def help_page() -> Any:
    """How to, for the role in use."""
    person = signed_in_person()
    name = person.acting.kind if person and person.acting else "visitor"
    return render_template(f"auth/help_{name}.html")
