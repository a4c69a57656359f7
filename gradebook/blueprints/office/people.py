"""O1: people."""

from gradebook.blueprints.office import bp
from gradebook.web import door


@bp.get("/people")
@door.office
def people() -> str:
    """The list."""
    return ""


@bp.get("/classes")
@door.office
def classes() -> str:
    """Classes."""
    return ""
