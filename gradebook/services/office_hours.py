"""When a teacher is told of messages: own hours, the school's days off, its time zone. Being told waits, nothing else:
a message is stored and can be read at once.

    HoursOf(days={"0": [480, 960]}, timezone="America/New_York", days_off=()).from_then(moment)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from gradebook.clock import Span, day_in
from gradebook.extensions import db
from gradebook.models import DayOff, OfficeHours, School
from gradebook.services import audit

Days = dict[str, list[int]]
"""As OfficeHours.days: the day of the week ("0" is Monday) -> first minute of the day, first minute after."""

MIDNIGHT = 1440
LOOKS_AHEAD = 400
"""Days. A school that has none with lessons for longer has forgotten to say when they begin again."""


class WrongHours(ValueError):
    """A day on which the hours do not end after they begin."""


@dataclass(frozen=True)
class HoursOf:
    """The hours of one teacher at one school. Without any day: always."""

    days: Days
    timezone: str
    """An IANA name."""
    days_off: Sequence[Span] = ()

    def from_then(self, moment: datetime) -> datetime:
        """The moment itself within the hours, else the minute in which they begin next."""
        if not self.days:
            return moment
        first = day_in(self.timezone, moment)
        for number in range(LOOKS_AHEAD):
            begin, end = self._on(first + timedelta(days=number))
            if begin < end and moment < end:
                return max(begin, moment)
        return moment

    def _on(self, day: date) -> tuple[datetime, datetime]:
        """Begin and end on a school day; equal where there are none."""
        hours = self.days.get(str(day.weekday()))
        if hours is None or any(span.begins_on <= day < span.end for span in self.days_off):
            hours = [0, 0]
        return self._moment(day, hours[0]), self._moment(day, hours[1])

    def _moment(self, day: date, minute: int) -> datetime:
        """The first moment of that day at which its clocks show this time or a later one, in UTC.

        Where clocks are put forward a time may not exist: then it is the moment after the jump. Where they are put
        back it may come twice: then it is the first.
        """
        zone = ZoneInfo(self.timezone)
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        moment = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        earlier = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if earlier <= moment:
            return earlier
        while moment.astimezone(zone).replace(tzinfo=None) < wall:
            moment += timedelta(minutes=1)
        return moment


# --- What is stored


def days_off_of(school_id: int) -> list[Span]:
    """The days without lessons of a school."""
    rows = db.session.execute(select(DayOff.begins_on, DayOff.ends_on).where(DayOff.school_id == school_id))
    return [Span(*row) for row in rows]


def hours_for(school_id: int, timezone: str, all_days: Iterable[Days]) -> list[HoursOf]:
    """The hours of several teachers of a school. Its days off are read only where anyone has hours."""
    listed = list(all_days)
    off = days_off_of(school_id) if any(listed) else []
    return [HoursOf(days, timezone, off) for days in listed]


def days_of(user_ids: Sequence[int], school_id: int) -> dict[int, Days]:
    """The hours of several teachers by their keys, in one statement; empty where one has set none."""
    rows = db.session.execute(
        select(OfficeHours.user_id, OfficeHours.days).where(
            OfficeHours.school_id == school_id, OfficeHours.user_id.in_(user_ids)
        )
    )
    found: dict[int, Days] = {key: {} for key in user_ids}
    return found | {row[0]: row[1] for row in rows}


def own_days(user_id: int, school_id: int) -> Days:
    """What this teacher has set; nothing: no hours, told at any time."""
    row = db.session.get(OfficeHours, (user_id, school_id))
    return dict(row.days) if row else {}


def set_own_days(user_id: int, school_id: int, days: Days) -> None:
    """Keep a teacher's hours; without a day there are none any more. Raises WrongHours."""
    for begin, end in days.values():
        if not 0 <= begin < end <= MIDNIGHT:
            raise WrongHours
    row = db.session.get(OfficeHours, (user_id, school_id))
    if row is not None:
        row.days = days
    elif days:
        db.session.add(OfficeHours(user_id=user_id, school_id=school_id, days=days))


# --- The school's calendar


def days_off(school: School) -> list[DayOff]:
    """The days without lessons, the earliest first."""
    return list(db.session.scalars(select(DayOff).where(DayOff.school_id == school.id).order_by(DayOff.begins_on)))


def add_days_off(school: School, title: str, span: Span, now: datetime, *, actor_id: int) -> None:
    """Write down days without lessons. Raises WrongHours where they do not end after they begin."""
    if span.ends_on is None or span.ends_on <= span.begins_on:
        raise WrongHours
    row = DayOff(school_id=school.id, title=title, begins_on=span.begins_on, ends_on=span.ends_on)
    db.session.add(row)
    _note(school, now, actor_id, after=_facts(row))


def remove_days_off(school: School, row: DayOff, now: datetime, *, actor_id: int) -> None:
    """They have lessons after all."""
    _note(school, now, actor_id, before=_facts(row))
    db.session.execute(delete(DayOff).where(DayOff.id == row.id))


def _facts(row: DayOff) -> dict[str, Any]:
    return {"title": row.title, "begins_on": row.begins_on.isoformat(), "ends_on": row.ends_on.isoformat()}


def _note(school: School, now: datetime, actor_id: int, **facts: Any) -> None:
    audit.record("school.days_off_changed", now, school_id=school.id, actor_id=actor_id, **facts)
