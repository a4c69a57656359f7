"""Making scores visible to families, hiding them again, and taking the last of that back."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Assignment, AuditEntry, Section, User
from gradebook.services import audit, periods
from gradebook.services.counters import next_number

POSTED, HIDDEN = "scores.posted", "scores.hidden"


class Stale(Exception):
    """Someone changed the assignment since this person saw it; nothing was written."""


class LastAct(NamedTuple):
    """What was last done about who sees an assignment's scores."""

    by: str
    """The display name of who did it."""
    at: datetime
    posted_at: datetime | None
    """What was set; None: hidden."""
    before: datetime | None
    """What stood there before; None: hidden."""


def post_scores(
    section: Section, assignment: Assignment, *, at: datetime, actor_id: int, now: datetime, seen: int | None = None
) -> None:
    """Families see the assignment's scores from the moment `at`, which may lie ahead.

    `seen` is the number at which this person saw the assignment; raises Stale when it changed since. A caller that
    has checked under the class's lock leaves it out. Raises PeriodClosed.
    """
    _set(section, assignment, at, seen, actor_id=actor_id, now=now)


def hide_scores(
    section: Section, assignment: Assignment, *, actor_id: int, now: datetime, seen: int | None = None
) -> None:
    """Families no longer see the assignment's scores, nor anything worked out from them. Raises as above."""
    _set(section, assignment, None, seen, actor_id=actor_id, now=now)


def last_act(section: Section, assignment: Assignment) -> LastAct | None:
    """What was last done, by whoever; None where nothing was, or longer ago than its state before is known."""
    entries = db.session.execute(
        select(AuditEntry, User.display_name)
        .join(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.section_id == section.id, AuditEntry.act.in_((POSTED, HIDDEN)))
        .order_by(AuditEntry.id.desc())
    )
    for entry, name in entries:
        if entry.facts["assignment_id"] == assignment.id:
            last = LastAct(name, entry.at, _moment(entry.facts["at"]), _moment(entry.facts["before"]))
            return last if last.posted_at == assignment.posted_at else None  # or an import has written it since
    return None


def undo_posting(section: Section, assignment: Assignment, *, seen: int, actor_id: int, now: datetime) -> LastAct:
    """Put back what stood before the last act, as an act of its own; done twice, it is as it was.

    Raises Stale also where there is nothing to take back, and PeriodClosed.
    """
    last = last_act(section, assignment)
    if last is None:
        raise Stale
    _set(section, assignment, last.before, seen, actor_id=actor_id, now=now)
    return last


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _set(
    section: Section, assignment: Assignment, at: datetime | None, seen: int | None, *, actor_id: int, now: datetime
) -> None:
    number = next_number(section)  # locks the class, so what is read next holds until the commit
    if seen is not None:
        db.session.refresh(assignment)
        if assignment.seq > seen or assignment.deleted_at is not None:
            raise Stale
    periods.require_open(section, [assignment.grading_period_id])
    before, assignment.posted_at, assignment.seq = assignment.posted_at, at, number
    audit.record(
        HIDDEN if at is None else POSTED, now, school_id=section.school_id, actor_id=actor_id, section_id=section.id,
        assignment_id=assignment.id, title=assignment.title,
        at=None if at is None else at.isoformat(), before=None if before is None else before.isoformat(),
    )  # fmt: skip
