"""O1, O4: a teacher leaves; who answers the families now, class by class."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import fault_words, own_school, today
from gradebook.extensions import db
from gradebook.models import User
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import successors as acts
from gradebook.services.rosters import RosterError
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/people/<person_id>/successors")
@door.office
def successors(person_id: str) -> Any:
    """The classes of a teacher that go on, and who else teaches them."""
    return _page(access.person_for_office(current_person(), person_id))


@bp.post("/people/<person_id>/successors")
@door.office
def successors_post(person_id: str) -> Any:
    """Those who were chosen take the places over; where nobody was, nothing changes."""
    user, school = access.person_for_office(current_person(), person_id), own_school()
    candidates = {one.public_id: one for one in acts.candidates(school, today(school))}
    chosen = [(left, request.form.get(left.place.public_id, "")) for left in acts.left_by(user, school, today(school))]
    named = [(left, key) for left, key in chosen if key]
    if not named or any(key not in candidates for _left, key in named):
        return _page(user, _("Choose a teacher from the list for at least one class")), 422
    try:
        for left, key in sorted(named, key=lambda each: each[0].place.section_id):
            acts.name_successor(left, candidates[key], moment(), actor_id=current_person().id)
    except RosterError as error:
        words = _("%(name)s: %(reason)s", name=candidates[key].display_name, reason=fault_words(error))
        db.session.rollback()
        return _page(access.person_for_office(current_person(), person_id), words), 422
    db.session.commit()
    flash(_("Saved. Families see in their conversations who answers, from that day on."), "good")
    return redirect(url_for("office.successors", person_id=person_id), 303)


def _page(user: User, problem: str = "") -> str:
    """Raises NotFound for who has taught no class that goes on."""
    school = own_school()
    left = acts.left_by(user, school, today(school))
    if not left:
        raise NotFound
    return render_template(
        "office/successors.html",
        user=user,
        left=left,
        candidates=[one for one in acts.candidates(school, today(school)) if one.id != user.id],
        problem=problem,
        has_errors=bool(problem),
        day=today(school),
    )
