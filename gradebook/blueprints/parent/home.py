"""P1: all children."""

from gradebook.blueprints.parent import bp
from gradebook.web import door


@bp.get("/")
@door.parent
def home() -> str:
    """P1."""
    return ""
