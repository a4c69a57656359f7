"""Sign-in slips: the code exists only in the answer that prints it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import own_school, today
from gradebook.blueprints.office.people import filter_fields, people_filter
from gradebook.extensions import db
from gradebook.models import RoleKind, School, User
from gradebook.policy import access
from gradebook.services import directory, invitations, rosters
from gradebook.services.directory import AccountStatus, PersonLine
from gradebook.services.invitations import shown_code
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.qr import drawing_of
from gradebook.web.requests import moment

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Slip:
    """What is printed for one person."""

    user: User
    code: str
    qr: Markup
    is_guardian: bool


@bp.post("/people/<person_id>/slip")
@door.office
def issue_slip(person_id: str) -> Any:
    """A new slip for one person; an older unused one is void."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    able, left_out = _sorted_out([user], school)
    return _issued(able, school) if able else _review([], left_out, 1)


@bp.post("/slips")
@door.office
def issue_slips() -> Any:
    """For ticked people, a class, or everyone found: first who they are, then the slips."""
    school = own_school()
    people = _wanted(school)
    able, left_out = _sorted_out(people[:MOST_AT_ONCE], school)
    if request.form.get("confirm") == "yes" and able:
        return _issued(able, school)
    return _review(able, left_out, len(people))


def _review(able: list[PersonLine], left_out: list[tuple[PersonLine, str]], total: int) -> Any:
    page = render_template(
        "office/slips_review.html",
        lines=able,
        left_out=left_out,
        most=MOST_AT_ONCE,
        too_many=total > MOST_AT_ONCE,
        with_password=sum(1 for line in able if line.user.password_hash),
    )
    return page, 200 if able else 422


def _wanted(school: School) -> list[User]:
    """Whoever was ticked; without ticks, the class that was named, or everyone whom the filter finds."""
    keys = list(dict.fromkeys(request.form.getlist("person")))[: MOST_AT_ONCE + 1]
    if keys:
        return access.people_for_office(current_person(), keys)
    section_key = request.form.get("section")
    if section_key:
        section = access.section_for_office(current_person(), section_key)
        day = today(school)
        return [
            place.user for place in directory.places_in(section)
            if place.role_kind == RoleKind.STUDENT and place.begins_on <= day
            and (place.ends_on is None or place.ends_on > day)
        ]  # fmt: skip
    if request.form.get("everyone") == "yes":
        return directory.everyone(school, people_filter(request.form), today(school), MOST_AT_ONCE + 1)
    return []


def _sorted_out(people: list[User], school: School) -> tuple[list[PersonLine], list[tuple[PersonLine, str]]]:
    """Who gets a slip, and who does not and why."""
    lines = directory.lines_of(school, people, today(school))
    shared = rosters.used_elsewhere([user.id for user in people], school, moment())
    able, left_out = [], []
    for line in lines:
        reason = _why_not(line, line.user.id in shared)
        if reason:
            left_out.append((line, reason))
        else:
            able.append(line)
    return able, left_out


def _why_not(line: PersonLine, is_shared: bool) -> str | None:
    if line.status == AccountStatus.LOCKED:
        return _("The account is locked. Open it first.")
    if line.status == AccountStatus.LEFT:
        return _("This person has left the school.")
    if is_shared:
        return _("Another school uses this account too, so one office alone cannot open it.")
    return None


def _issued(lines: list[PersonLine], school: School) -> Any:
    secret, now, me = current_app.config["SECRET_KEY"], moment(), current_person().id
    slips = []
    for line in lines:
        code, _invitation = invitations.issue_slip(line.user, school, secret, now, actor_id=me)
        slips.append(Slip(line.user, shown_code(code), _drawing(code), RoleKind.PARENT in line.roles))
    db.session.commit()
    return render_template(
        "office/slips.html",
        slips=slips,
        school=school,
        address=_address().split("://", 1)[-1],
        days=invitations.LIFE.days,
        back=filter_fields(people_filter(request.form)),
    )


def _address() -> str:
    return f"{current_app.config['BASE_URL']}/auth/invitation"


def _drawing(code: str) -> Markup:
    """The link that fills the code in."""
    return drawing_of(f"{_address()}?code={code}", "slip__qr")
