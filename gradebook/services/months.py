"""The calendar of a student: what is due in one month, over all classes."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from gradebook.services.family import Overview, Piece, by_day


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
    reach: tuple[date, date]
    """The first days of the first and of the last month that there is something to see of."""
    first_weekday: int = 0
    """0: weeks begin on Monday, 6: on Sunday."""

    @property
    def is_now(self) -> bool:
        """Whether today is in it."""
        return self.first == self.today.replace(day=1)

    @property
    def before(self) -> date | None:
        """The first day of the month before; None where nothing is due any earlier."""
        return _month_of(self.first - timedelta(days=1)) if self.first > self.reach[0] else None

    @property
    def after(self) -> date | None:
        """The first day of the month after; None where nothing is due any later."""
        return _month_of(self.first + timedelta(days=31)) if self.first < self.reach[1] else None

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


def month_of(overview: Overview, text: str | None, today: date, first_weekday: int) -> Month:
    """What is due in the month that an address names as 2026-11, over all classes.

    Anything else, and a month before the first or after the last in which something is due, is the month of today.
    """
    days = [column.due_on for one in overview.classes for column in one.work.columns if column.due_on]
    reach = _month_of(min([today, *days])), _month_of(max([today, *days]))
    first = _named(text) or _month_of(today)
    first = first if reach[0] <= first <= reach[1] else _month_of(today)
    last = _month_of(first + timedelta(days=31)) - timedelta(days=1)
    pieces: Iterable[Piece] = (piece for one in overview.classes for piece in one.due_between(first, last))
    return Month(first, today, sorted(pieces, key=by_day), reach, first_weekday)


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _named(text: str | None) -> date | None:
    year, _, month = (text or "").partition("-")
    plain = len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdigit()
    return date(int(year), int(month), 1) if plain and int(year) and 1 <= int(month) <= 12 else None
