"""Scheduled and queued work: each job calls one service."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gradebook.jobs.announcing import send_announcement
from gradebook.jobs.closings import keep_grades
from gradebook.jobs.held_up import note_held_up
from gradebook.jobs.leavers import freeze_leavers
from gradebook.jobs.retention import retain
from gradebook.jobs.reviews import end_reviews
from gradebook.jobs.scanning import scan_files
from gradebook.jobs.sweep import sweep

JOBS: dict[str, Callable[[datetime, dict[str, Any]], None]] = {
    "end_reviews": end_reviews,
    "freeze_leavers": freeze_leavers,
    "keep_grades": keep_grades,
    "note_held_up": note_held_up,
    "retain": retain,
    "scan_files": scan_files,
    "send_announcement": send_announcement,
    "sweep": sweep,
}
