"""The queue of jobs: add one, take the next, say how it went. At least once: a job must bear being run again."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from gradebook.extensions import db
from gradebook.models import Job

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 8
KEEP_DONE = timedelta(days=30)


def enqueue(kind: str, run_at: datetime, *, key: str | None = None, **arguments: Any) -> None:
    """Add a job; a second one with the same key is not added."""
    if key is not None and db.session.scalar(select(Job.id).where(Job.key == key)) is not None:
        return
    db.session.add(Job(kind=kind, key=key, arguments=arguments, run_at=run_at))


def take(now: datetime) -> Job | None:
    """The next job that is due and that nobody works on, under a lease; None when there is nothing to do."""
    due = (
        select(Job.id)
        .where(
            Job.done_at.is_(None),
            Job.run_at <= now,
            Job.attempts < MOST_ATTEMPTS,
            or_(Job.lease_until.is_(None), Job.lease_until <= now),
        )
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    job = db.session.get(Job, db.session.scalar(due) or 0)
    if job is not None:
        job.lease_until = now + LEASE
        job.attempts += 1
    return job


def finish(job_id: int, now: datetime) -> None:
    """The job is done."""
    db.session.execute(update(Job).where(Job.id == job_id).values(done_at=now, lease_until=None, last_error=None))


def fail(job_id: int, now: datetime, reason: str) -> None:
    """The job did not work; it is tried again after a pause that doubles each time."""
    job = db.session.get_one(Job, job_id)
    job.lease_until = now + timedelta(seconds=30 * 2**job.attempts)
    job.last_error = reason[:2000]


def forget_done(now: datetime) -> int:
    """Delete jobs that were done a month ago. Returns how many."""
    gone = db.session.execute(delete(Job).where(Job.done_at < now - KEEP_DONE))
    return int(gone.rowcount)  # type: ignore[attr-defined]
