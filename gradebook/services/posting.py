"""Making scores visible to families, and hiding them again."""

from datetime import datetime

from gradebook.extensions import db
from gradebook.models import Assignment, Section
from gradebook.services import audit, periods
from gradebook.services.counters import next_number


class Stale(Exception):
    """Someone changed the assignment since this person saw it; nothing was written."""


def post_scores(
    section: Section, assignment: Assignment, *, at: datetime, actor_id: int, now: datetime, seen: int | None = None
) -> None:
    """Families see the assignment's scores from the moment `at`, which may lie ahead.

    `seen` is the number at which this person saw the assignment; raises Stale when it changed since. A caller that
    has checked under the class's lock leaves it out. Raises PeriodClosed.
    """
    _set(section, assignment, at, seen)
    audit.record(
        "scores.posted", now, school_id=section.school_id, actor_id=actor_id,
        assignment_id=assignment.id, title=assignment.title, at=at.isoformat(),
    )  # fmt: skip


def hide_scores(
    section: Section, assignment: Assignment, *, actor_id: int, now: datetime, seen: int | None = None
) -> None:
    """Families no longer see the assignment's scores, nor anything worked out from them. Raises as above."""
    _set(section, assignment, None, seen)
    audit.record(
        "scores.hidden", now, school_id=section.school_id, actor_id=actor_id,
        assignment_id=assignment.id, title=assignment.title,
    )  # fmt: skip


def _set(section: Section, assignment: Assignment, at: datetime | None, seen: int | None) -> None:
    number = next_number(section)  # locks the class, so what is read next holds until the commit
    if seen is not None:
        db.session.refresh(assignment)
        if assignment.seq > seen or assignment.deleted_at is not None:
            raise Stale
    periods.require_open(section, [assignment.grading_period_id])
    assignment.posted_at = at
    assignment.seq = number
