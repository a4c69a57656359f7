"""P1: all children."""

from flask import render_template

from gradebook.blueprints.parent import bp
from gradebook.services import family
from gradebook.web import door
from gradebook.web.login import current_person


@bp.get("/")
@door.parent
def home() -> str:
    """What needs me, then each child."""
    person = current_person()
    children = family.children_of_guardian(person)
    return render_template(
        "parent/home.html",
        children=children,
        attention=family.needing_attention(children),
        may_only_write=not children and family.may_only_write(person),
        low_grade=family.LOW_GRADE,
        missing_for=family.MISSING_FOR.days,
    )
