"""Keep the grades of students whose place in a class has ended."""

from datetime import datetime, timedelta
from typing import Any

from gradebook.services import freezing, queue


def freeze_leavers(now: datetime, _arguments: dict[str, Any]) -> None:
    """A number of classes; what is left over is another job, so that others can write in between."""
    if freezing.freeze_leavers(now):
        queue.enqueue("freeze_leavers", now + timedelta(seconds=1))
