"""T1: the teacher's home."""

from gradebook.blueprints.teacher import bp
from gradebook.web import door


@bp.get("/")
@door.teacher
def home() -> str:
    """T1."""
    return ""


@bp.get("/classes")
@door.teacher
def classes() -> str:
    """All classes."""
    return ""
