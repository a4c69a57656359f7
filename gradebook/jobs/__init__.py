"""Scheduled and queued work: each job calls one service."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gradebook.jobs.sweep import sweep

JOBS: dict[str, Callable[[datetime, dict[str, Any]], None]] = {
    "sweep": sweep,
}
