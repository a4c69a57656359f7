"""The one place that asks what time it is, so that tests can move time instead of sleeping."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple
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


# --- Spans of school days


class Span(NamedTuple):
    """Days from the first to the first one without; None: no end."""

    begins_on: date
    ends_on: date | None = None

    @property
    def end(self) -> date:
        """The first day without, for comparing."""
        return self.ends_on or date.max

    def without(self, other: "Span | None") -> "list[Span]":
        """The days that are not in the other."""
        if other is None:
            return [self]
        pieces = [
            Span(self.begins_on, min(self.end, other.begins_on)),
            Span(max(self.begins_on, other.end), self.end),
        ]
        return [piece for piece in pieces if piece.begins_on < piece.end]

    def overlaps(self, other: "Span") -> bool:
        """Whether they share a day."""
        return self.begins_on < other.end and other.begins_on < self.end


def changes_closed_days(before: Span | None, after: Span, closed: Span, closed_on: date) -> bool:
    """Whether a place in a class that moves from these days to those changes who was there while grades were made.

    Days may be lost from the day of the closing on: the grade stands by then, and who leaves must be able to leave.
    """
    graded = Span(closed.begins_on, min(closed.end, closed_on))
    lost = before.without(after) if before else []
    return any(one.overlaps(closed) for one in after.without(before)) or any(one.overlaps(graded) for one in lost)
