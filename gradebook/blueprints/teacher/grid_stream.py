"""The live channel of a class: tells the open grid that there is something to ask for."""

from typing import Any

from gradebook import live
from gradebook.blueprints.teacher import bp
from gradebook.policy import access
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.streams import stream_of


@bp.get("/classes/<section_id>/stream")
@door.teacher
@door.unattended
def stream(section_id: str) -> Any:
    """Server-sent events with the class's number, as long as this person teaches it; 503 when there is no place."""
    section = access.section_for_teacher(current_person(), section_id)
    return stream_of(
        lambda _login, person: live.Sight(access.last_number_for_teacher(person, section_id)),
        live.Topic("section", section.id),
    )
