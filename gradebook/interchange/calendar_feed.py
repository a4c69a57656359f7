"""A calendar going out as iCalendar (RFC 5545)."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

ASK_AGAIN = timedelta(hours=6)


class Event(Protocol):
    """What an event is made of: services/calendar_links.py has it."""

    @property
    def public_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def class_title(self) -> str: ...
    @property
    def section_public_id(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def due_at(self) -> datetime | None: ...


EventOf = Callable[[Event], str]


def as_icalendar(name: str, events: Iterable[Event], stamp: datetime, summary_of: EventOf, url_of: EventOf) -> bytes:
    """The calendar as a file. An event without a time fills its day; nobody is shown as busy.

    stamp: the moment that stands in every event, which RFC 5545 asks for.
    """
    from icalendar import (
        Calendar,
    )  # not at the start: it takes longer than all of ours, and most processes never need it

    calendar = Calendar()
    calendar.add("prodid", "-//Gradebook//Due work//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for event in events:
        calendar.add_component(_component(event, stamp, summary_of(event), url_of(event)))
    return bytes(calendar.to_ical())


def _component(event: Event, stamp: datetime, summary: str, url: str) -> Any:
    from icalendar import Event as Component

    component = Component()
    component.add("uid", f"{event.public_id}@gradebook")
    component.add("dtstamp", stamp.astimezone(UTC))
    component.add("dtstart", event.due_on if event.due_at is None else event.due_at.astimezone(UTC))
    component.add("summary", summary)
    component.add("categories", [event.class_title])
    component.add("url", url)
    component.add("transp", "TRANSPARENT")
    return component
