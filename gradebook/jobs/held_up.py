"""Write down that an account was held up after too many wrong tries."""

from datetime import datetime
from typing import Any

from gradebook.services import sign_in_log


def note_held_up(_now: datetime, arguments: dict[str, Any]) -> None:
    """For the moment at which it happened."""
    sign_in_log.held_up(arguments["tried"], arguments["account"], datetime.fromisoformat(arguments["at"]))
