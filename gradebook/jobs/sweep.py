"""Once a day: delete what signing in, saves and finished jobs leave behind, keep the grades of who left and what is
still left of closed terms, end reviews whose time is over, delete notices that nobody may be told of and what the
schools need not keep any more, see whether a file still waits for the scanner, plan the next day's sweep."""

from datetime import datetime, timedelta
from typing import Any

from gradebook.jobs import closings
from gradebook.jobs.leavers import freeze_leavers
from gradebook.jobs.retention import retain
from gradebook.jobs.reviews import end_reviews
from gradebook.services import accounts, notices, queue, scanning, scores

KEEP_REQUESTS = timedelta(hours=48)
"""How long a save that is sent again is known: longer than a page waits for its connection."""

SINCE = timedelta(days=3)
"""Of the notices that came due; longer than from one sweep to the next."""


def sweep(now: datetime, _arguments: dict[str, Any]) -> None:
    """Run the sweep; being run twice does no harm."""
    accounts.sweep(now)
    queue.forget_done(now)
    scores.forget_requests(now - KEEP_REQUESTS)
    closings.plan_again(now)
    end_reviews(now, {})
    freeze_leavers(now, {})
    notices.forget_pointless(now, now - SINCE)
    retain(now, {})
    if scanning.some_wait():  # all tries of a job failed, or there was no scanner meanwhile
        queue.enqueue("scan_files", now)
    plan_sweep(now + timedelta(days=1))


def plan_sweep(moment: datetime) -> None:
    """One sweep for the day of this moment (UTC)."""
    queue.enqueue("sweep", moment, key=f"sweep {moment.date().isoformat()}")
