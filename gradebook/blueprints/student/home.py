"""S1: the student's home."""

from gradebook.blueprints.student import bp
from gradebook.web import door


@bp.get("/")
@door.student
def home() -> str:
    """S1."""
    return ""
