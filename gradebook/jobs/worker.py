"""The worker: takes jobs one by one and does them."""

import logging
import os
import time
from collections.abc import Callable

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.jobs import JOBS
from gradebook.jobs.sweep import plan_sweep
from gradebook.services import queue

PAUSE = 5.0  # seconds between looks when there is nothing to do
log = logging.getLogger("gradebook.worker")


def work(goes_on: Callable[[], bool]) -> None:
    """Do jobs until `goes_on` says no."""
    plan_sweep(utc_now())
    db.session.commit()
    while goes_on():
        if not do_one():
            time.sleep(PAUSE)


def do_one() -> bool:
    """Take the next job and do it; False when there is none. What the job wrote and its end are one transaction."""
    job = queue.take(utc_now())
    if job is None:
        db.session.rollback()
        return False
    job_id, kind, arguments = job.id, job.kind, dict(job.arguments)
    db.session.commit()
    try:
        JOBS[kind](utc_now(), arguments)
        queue.finish(job_id, utc_now())
        db.session.commit()
    except Exception as error:
        log.exception("job %s (%s) failed", job_id, kind)
        db.session.rollback()
        queue.fail(job_id, utc_now(), f"{type(error).__name__}: {error}")
        db.session.commit()
    return True


def parent_is(pid: int) -> Callable[[], bool]:
    """Goes on while the process that started this one is there: `make run` leaves no worker behind."""
    return lambda: os.getppid() == pid
