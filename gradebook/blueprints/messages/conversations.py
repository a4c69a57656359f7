"""P3 and T10: conversations."""

from gradebook.blueprints.messages import bp
from gradebook.web import door


@bp.get("/")
@door.correspondent
def index() -> str:
    """The list."""
    return ""
