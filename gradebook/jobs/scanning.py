"""Let the scanner look at files that wait for it, one in each job: nothing is locked while it does."""

import logging
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from gradebook.clock import utc_now
from gradebook.extensions import only_reading
from gradebook.interchange import scanner
from gradebook.services import queue, scanning

AGAIN = timedelta(minutes=1)
"""After which a scanner that did not answer is asked again."""
AGAIN_REFUSED = timedelta(minutes=10)
"""After which it is given a file again of which it did not say whether it is clean."""
log = logging.getLogger("gradebook.scanning")


def scan_files(now: datetime, arguments: dict[str, Any]) -> None:
    """The next file behind the one that `after` names; those behind it are another job. A file whose scan did not work
    goes on waiting, however long."""
    address = current_app.config["CLAMD"]
    if not address:
        return
    with only_reading():
        file = scanning.next_waiting(arguments.get("after", 0))
    if file is None:
        return
    try:
        scanning.settle(file.id, scanner.finding_in(address, file.content), utc_now())
    except scanner.Unreachable as problem:
        log.warning("the scanner at %s cannot be asked: %s", address, problem)
        _try_again(now + AGAIN)
        return
    except scanner.NoVerdict as problem:
        log.warning("the scanner at %s did not judge file %s: %s", address, file.id, problem)
        _try_again(now + AGAIN_REFUSED)
    queue.enqueue("scan_files", now, after=file.id)


def _try_again(moment: datetime) -> None:
    """Once in a minute, however many files wait."""
    queue.enqueue("scan_files", moment, key=f"scan_files {moment:%Y-%m-%dT%H:%M}")
