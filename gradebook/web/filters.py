"""Template filters: names, numbers, days and moments in the person's language and the school's time zone."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup, escape

from gradebook.clock import day_in
from gradebook.grading.printed import printed
from gradebook.grading.printed_course import printed_course
from gradebook.web.language import gettext as _
from gradebook.web.language import language
from gradebook.web.requests import moment

TINTS = ("info", "good", "warn", "late", "quiet", "teal", "rust")


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        points=points, percent=percent, day=day, day_at=day_at, moment=at, initials=initials, tint=tint,
        exact=exact, fixed=fixed, printed=printed, printed_course=printed_course,
        clock_time=clock_time, clock_words=clock_words, briefly=briefly, listed=listed, file_size=file_size,
    )  # fmt: skip


def initials(name: str) -> str:
    """At most two letters for an avatar: of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:]))


def tint(key: int) -> str:
    """The avatar's colour pair, chosen from the person's key so that it never changes."""
    return TINTS[key % len(TINTS)]


def points(amount: Decimal | int | Fraction | None) -> str:
    """Points in the person's language, up to 2 decimals, without trailing zeros; – for none."""
    if amount is None:
        return "–"
    if isinstance(amount, Fraction):
        amount = Decimal(amount.numerator) / Decimal(amount.denominator)
    return _number(amount, "#,##0.##", language().name)


def exact(amount: Decimal | int | None) -> str:
    """An amount in a sum: every decimal that it has, so that it adds up by hand; – for none."""
    return "–" if amount is None else _number(amount, "#,##0.######", language().name)


def fixed(amount: Decimal | None, places: int = 2) -> str:
    """A line of a sum with so many decimals, zeros too; – for none."""
    return "–" if amount is None else _number(amount, "#,##0." + "0" * places, language().name)


def percent(amount: Decimal | Fraction | None) -> str:
    """82.40 as 82.4% in the person's language: the 2 places of a total without trailing zeros; – for none."""
    if amount is None:
        return "–"
    return _("%(number)s%%", number=points(amount))


def day(value: date | None, year: bool | None = None) -> str:
    """A school day: Tue 18 Nov; with the year when it is not this one."""
    if value is None:
        return ""
    with_year = value.year != moment().year if year is None else year
    return _date(value, "EEE d MMM y" if with_year else "EEE d MMM", language().name)


def day_at(value: datetime | None, timezone: str) -> str:
    """The school day of a moment: Tue 18 Nov."""
    return "" if value is None else day(day_in(timezone, value))


def at(value: datetime | None, timezone: str = "UTC") -> Markup:
    """A moment as <time>: Tue 18 Nov, 15:30 in the school's time zone."""
    if value is None:
        return Markup("")
    local = value.astimezone(ZoneInfo(timezone))
    words = _("%(day)s, %(time)s", day=day(local.date()), time=time_of_day(local, language().name))
    return _time(local, words)


def clock_time(value: datetime, timezone: str) -> Markup:
    """A moment of a day that stands above: <time>15:30</time> in the school's time zone."""
    return time_element(value.astimezone(ZoneInfo(timezone)), language().name)


def clock_words(value: datetime, timezone: str) -> str:
    """The same in words alone: 15:30."""
    return time_of_day(value.astimezone(ZoneInfo(timezone)), language().name)


def time_element(local: datetime, locale: str) -> Markup:
    """A moment, in the time zone of the school already: <time>15:30</time>."""
    return _time(local, time_of_day(local, locale))


def time_of_day(local: datetime, locale: str) -> str:
    """The same in words alone."""
    return _time_of_day(local.hour, local.minute, locale)


def briefly(value: datetime, timezone: str) -> Markup:
    """A moment in a list: the time if it is today, else the day."""
    local = value.astimezone(ZoneInfo(timezone))
    if local.date() == moment().astimezone(ZoneInfo(timezone)).date():
        return clock_time(value, timezone)
    return _time(local, day(local.date()))


def _time(local: datetime, words: str) -> Markup:
    return Markup(f'<time datetime="{local.isoformat(timespec="minutes")}">{escape(words)}</time>')  # noqa: S704


def file_size(size: int) -> str:
    """Bytes as people are used to it: 12 KB, 1.4 MB; never 0."""
    if size < 1024 * 1024:
        return _("%(number)s KB", number=format_decimal(max(1, round(size / 1024)), locale=language().locale))
    return _("%(number)s MB", number=format_decimal(round(size / 1024 / 1024, 1), locale=language().locale))


def listed(names: Iterable[str]) -> Markup:
    """Names one after another as the language does it, each in its own direction: Ana, Ben, and Carla."""
    marked = [str(Markup("<bdi>{}</bdi>").format(name)) for name in names]
    return Markup(format_list(marked, locale=language().locale))  # noqa: S704 - each name is escaped above


# A page prints the same few numbers, days and times over and over; finding out their format takes longer than all else.


@lru_cache(maxsize=4096)
def _number(amount: Decimal | int, pattern: str, locale: str) -> str:
    return format_decimal(amount, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _date(value: date, pattern: str, locale: str) -> str:
    return format_date(value, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _time_of_day(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), "HH:mm", locale=locale)
