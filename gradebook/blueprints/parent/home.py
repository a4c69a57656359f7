"""P1: all children."""

from flask import render_template

from gradebook.blueprints.parent import bp
from gradebook.services import attention, family
from gradebook.web import door
from gradebook.web.frame import know_unread
from gradebook.web.login import current_person


@bp.get("/")
@door.parent
def home() -> str:
    """What needs me, then each child."""
    person = current_person()
    children, talks = family.children_of_guardian(person), attention.unread_talks(person)
    if talks is not None:
        know_unread(person, sum(talk.unread for talk in talks))
    return render_template(
        "parent/home.html",
        glance=attention.glance_at(children, talks or []),
        may_only_write=not children and talks is not None and family.may_only_write(person),
    )
