"""Numbers, dates and sentences of the grid. A grid prints hundreds of numbers, so their format is found out once."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol
from flask_babel import gettext as _

from gradebook.grading.scales import percent_text
from gradebook.grading.typed import ScoreError
from gradebook.grading.values import points_text
from gradebook.services.grades import Column
from gradebook.services.scores import Content, text_of
from gradebook.web.language import language


@dataclass(frozen=True)
class Numbers:
    """How numbers are written in the person's language."""

    locale: str
    decimal_mark: str
    percent_pattern: str
    out_of_pattern: str

    @classmethod
    def here(cls) -> "Numbers":
        """For the language of this request."""
        return cls(
            language().name,
            decimal_mark(language().locale),
            _("%(number)s%%", number="{}"),
            _("out of %(points)s", points="{}"),
        )

    def percent(self, amount: Decimal | None) -> str:
        """82.40 as 82.4%; – for none."""
        return "–" if amount is None else self.percent_pattern.format(self._marked(percent_text(amount)))

    def plain(self, amount: Decimal | None) -> str:
        """17.20 as 17.2; – for none."""
        return "–" if amount is None else self._marked(percent_text(amount))

    def points(self, hundredths: int) -> str:
        """1850 as 18.5."""
        return self._marked(points_text(hundredths))

    def out_of(self, hundredths: int) -> str:
        """Full marks, as fields are named."""
        return self.out_of_pattern.format(self.points(hundredths))

    def day(self, value: date, this_year: int) -> str:
        """18 Nov; with the year when it is not this one."""
        return short_day(self.locale, value, value.year != this_year)

    def _marked(self, text: str) -> str:
        return text if self.decimal_mark == "." else text.replace(".", self.decimal_mark)


@lru_cache(maxsize=16)
def decimal_mark(locale: Locale) -> str:
    """A point or a comma."""
    return get_decimal_symbol(locale)


def cell_text(content: Content, possible: int, letters: tuple[str, ...]) -> str:
    """What stands in the field of a cell, in the person's language: 18.5 or 18,5, 90%, B+, m."""
    return text_of(content, possible, letters, decimal_mark(language().locale))


@lru_cache(maxsize=4096)
def short_day(locale: str, value: date, with_year: bool) -> str:
    """A date as narrow as it is still read: 18 Nov."""
    return format_date(value, "d MMM y" if with_year else "d MMM", locale=locale)


def why_not(error: ScoreError, text: str, column: Column | None, numbers: Numbers) -> str:
    """Why a text was not saved, and what to do."""
    named: dict[str, Any] = {"typed": text}
    if column is not None:
        named |= {"assignment": column.title, "points": numbers.points(column.possible)}
    if error.code == "too_many_decimals":
        return _("Use no more than 2 decimal places")
    if error.code == "needs_confirmation":
        return _(
            "%(assignment)s is out of %(points)s. You typed %(typed)s. Press Enter to keep it or correct it", **named
        )
    if error.code == "other_total":
        return _("%(assignment)s is out of %(points)s. You typed %(typed)s. Correct one of the numbers", **named)
    if error.code == "negative":
        return _("A score cannot be less than 0. You typed %(typed)s", **named)
    if error.code == "too_large":
        return _("%(typed)s is too large. The largest score is 99999.99", **named)
    if error.code == "closed":
        return _("Its grading period is closed, so the score cannot change. The school office can reopen it")
    if error.code == "gone":
        return _("The assignment was deleted, or the student has left the class, since you opened the page")
    return _(
        '"%(typed)s" is not a score. Type a number, or m for missing, e for excused, i for incomplete',
        typed=text if len(text) <= 20 else text[:20] + "…",
    )
