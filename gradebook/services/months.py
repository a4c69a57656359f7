"""The calendar of a student: what is due in one month, over all classes."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from gradebook.services.family import Overview, Piece, by_day

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Day:
    """One day of a month's table; days of the months beside it stand there without their work."""

    date: date
    pieces: list[Piece]
    is_inside: bool
    is_today: bool


@dataclass(frozen=True)
class Month:
    """A month with what is due in it."""

    first: date
    today: date
    pieces: list[Piece]
    """In order."""
    first_weekday: int = 0
    """0: weeks begin on Monday, 6: on Sunday."""

    @property
    def is_now(self) -> bool:
        """Whether today is in it."""
        return self.first == self.today.replace(day=1)

    @property
    def before(self) -> date | None:
        """The first day of the month before; None at the end of what is shown."""
        day = (self.first - timedelta(days=1)).replace(day=1)
        return day if day.year >= FIRST_YEAR else None

    @property
    def after(self) -> date | None:
        """The first day of the month after; None at the end of what is shown."""
        day = (self.first + timedelta(days=31)).replace(day=1)
        return day if day.year <= LAST_YEAR else None

    @cached_property
    def weeks(self) -> list[list[Day]]:
        """The weeks that touch the month, each of seven days."""
        days = Calendar(self.first_weekday).monthdatescalendar(self.first.year, self.first.month)
        return [[self._day(day) for day in week] for week in days]

    def _day(self, day: date) -> Day:
        inside = day.month == self.first.month
        return Day(day, self._by_day.get(day, []) if inside else [], inside, day == self.today)

    @cached_property
    def _by_day(self) -> dict[date, list[Piece]]:
        found: dict[date, list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            if piece.column.due_on is not None:
                found[piece.column.due_on].append(piece)
        return found

    @property
    def days_ahead(self) -> list[Day]:
        """Days with work, from today on in the month of today, else all of them."""
        return [day for day in self._busy if not self.is_now or day.date >= self.today]

    @property
    def days_behind(self) -> list[Day]:
        """Days with work that are over, in the month of today."""
        return [day for day in self._busy if self.is_now and day.date < self.today]

    @cached_property
    def _busy(self) -> list[Day]:
        return [self._day(day) for day in sorted(self._by_day)]


def month_of(overview: Overview, first: date, today: date, first_weekday: int) -> Month:
    """What is due in the month that begins on this day, over all classes."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    pieces: Iterable[Piece] = (piece for one in overview.classes for piece in one.due_between(first, last))
    return Month(first, today, sorted(pieces, key=by_day), first_weekday)


def month_named(text: str | None, today: date) -> date:
    """The first day of the month that an address names as 2026-11; the month of today for anything else."""
    year, _, month = (text or "").partition("-")
    plain = len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdigit()
    if plain and FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12:
        return date(int(year), int(month), 1)
    return today.replace(day=1)
