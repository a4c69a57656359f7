"""The one place that asks what time it is, so that tests can move time instead of sleeping."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_source: Callable[[], datetime] | None = None


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source() if _source else datetime.now(UTC)


def set_clock(source: Callable[[], datetime] | None) -> None:
    """Replace the source of time (tests); None puts the real clock back."""
    global _source
    _source = source


def day_in(timezone: str, moment: datetime) -> date:
    """The calendar day of an aware moment in a school's time zone (an IANA name)."""
    return moment.astimezone(ZoneInfo(timezone)).date()
