"""Now, or at a date and time of the school: what a form asks that can wait."""

import re
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from gradebook.web.fields import DIGITS, DayField, LineField

_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})", re.ASCII)


class WhenForm(FlaskForm):
    """The fields, and the moment that they mean. A form of its own says in its words what is wrong."""

    no_day: Any
    not_ahead: Any
    now_or_later: Any
    """What is said where Now is chosen and a date typed."""

    when = RadioField(
        _l("When"),
        choices=[SelectChoice("now", _l("Now")), SelectChoice("later", _l("At a date and time"))],
        default="now",
    )
    day = DayField(_l("Date"))
    time = LineField(_l("Time"))

    def moment(self, now: datetime, timezone: ZoneInfo) -> datetime | None:
        """The moment chosen; None, with words beside the field, where it is no moment ahead.

        Of a time that the clocks show twice, because they are turned back, it is the first.
        """
        if self.when.data == "now":
            return self._now(now)
        match = _TIME.fullmatch((self.time.data or "").translate(DIGITS))
        clock = time(int(match[1]), int(match[2])) if match and int(match[1]) < 24 and int(match[2]) < 60 else None
        if self.day.day is None:
            self.day.complain(self.no_day)
        if clock is None:
            self.time.errors = [_("Enter a time like 16:30")]
        if self.day.day is None or clock is None:
            return None
        chosen = datetime.combine(self.day.day, clock, timezone)
        if chosen.astimezone(UTC).astimezone(timezone).time() != clock:
            self.time.errors = [_("There is no such time on that day: the clocks are turned forward. Choose another")]
            return None
        if chosen <= now:
            self.day.complain(self.not_ahead)
            return None
        return chosen

    def _now(self, now: datetime) -> datetime | None:
        if any(part.data for part in self.day.form) or self.time.data:
            self.when.errors = [self.now_or_later]
            return None
        return now
