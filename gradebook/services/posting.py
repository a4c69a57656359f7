"""Making scores visible to families, and hiding them again."""

from datetime import datetime

from gradebook.models import Assignment, Section
from gradebook.services import audit
from gradebook.services.counters import next_number


def post_scores(section: Section, assignment: Assignment, *, at: datetime, actor_id: int, now: datetime) -> None:
    """Families see the assignment's scores from the moment `at`, which may lie ahead."""
    _set(section, assignment, at)
    audit.record(
        "scores.posted", now, school_id=section.school_id, actor_id=actor_id,
        assignment_id=assignment.id, title=assignment.title, at=at.isoformat(),
    )  # fmt: skip


def hide_scores(section: Section, assignment: Assignment, *, actor_id: int, now: datetime) -> None:
    """Families no longer see the assignment's scores, nor anything worked out from them."""
    _set(section, assignment, None)
    audit.record(
        "scores.hidden", now, school_id=section.school_id, actor_id=actor_id,
        assignment_id=assignment.id, title=assignment.title,
    )  # fmt: skip


def _set(section: Section, assignment: Assignment, at: datetime | None) -> None:
    assignment.posted_at = at
    assignment.seq = next_number(section)
