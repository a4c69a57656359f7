"""Keep the grades of closed terms, a few classes in each transaction.

Working grades out takes long and storing them does not: the classes are locked for the storing alone.
"""

import logging
import time
from datetime import datetime
from typing import Any

from gradebook.clock import utc_now
from gradebook.extensions import db, only_reading
from gradebook.services import closing, freezing

log = logging.getLogger("gradebook.closings")


def keep_grades(_now: datetime, arguments: dict[str, Any]) -> None:
    """What is left to be kept of these classes; none of it is left when the job was done before."""
    keys = arguments["sections"]
    with only_reading():
        worked_out = freezing.work_out(keys)
    freezing.keep_classes(keys, worked_out)


def plan_again(now: datetime) -> None:
    """Jobs for all that is left: it has no job any more when all tries of one failed."""
    closing.plan_keeping(freezing.unkept_classes(), now)


def keep_for(seconds: float, school_id: int | None = None) -> None:
    """Keep what is left (of one school, if given) for about this long, where no worker may run.

    Commits, so call it outside of any transaction. What fails is left to the worker, and so is what there was no time
    for.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with only_reading():
            keys = freezing.unkept_classes(school_id, freezing.KEPT_AT_ONCE)
        if not keys or not _tried(keys):
            return


def _tried(keys: list[int]) -> bool:
    try:
        keep_grades(utc_now(), {"sections": keys})
        db.session.commit()
    except Exception:
        log.exception("the grades of classes %s could not be kept", keys)
        db.session.rollback()
        return False
    return True
