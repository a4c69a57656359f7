"""S2: one class, why its grade is what it is, and what could become of it."""

from flask import request

from gradebook.blueprints.student import bp
from gradebook.services import family, planning
from gradebook.services.planning import AHEAD, Wish
from gradebook.web import door, family_pages
from gradebook.web.login import current_person

PRETEND = "p-"
"""Before the public id of an assignment: the field of its pretend score."""


@bp.get("/classes/<section_id>")
@door.student
def section(section_id: str) -> tuple[str, int]:
    """The grade with its working, and all work; or the levels of a class that grades outcomes.

    Pretend scores and the goal stand in the address and nowhere else.
    """
    person = current_person()
    found = family.class_of_student(person, section_id)
    plan = planning.plan_for(found, _wish())
    page = family_pages.page_of_student(person, found, plan=plan)
    return page, 422 if plan and plan.has_errors else 200


def _wish() -> Wish:
    scores = {name.removeprefix(PRETEND): text for name, text in request.args.items() if name.startswith(PRETEND)}
    return Wish(
        is_open="whatif" in request.args or any(scores.values()),
        scores=scores,
        goal=request.args.get("goal", ""),
        on=request.args.get("on", AHEAD),
    )
