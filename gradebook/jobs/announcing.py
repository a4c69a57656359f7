"""Send an announcement at the moment for which it was planned."""

from datetime import datetime
from typing import Any

from gradebook import actor
from gradebook.services import announcements


def send_announcement(now: datetime, arguments: dict[str, Any]) -> None:
    """In its author's name: with the rights that the author has at that moment, for the database too."""
    with actor.acting_as(arguments["author"], now):
        announcements.send_due(arguments["announcement"], now)
