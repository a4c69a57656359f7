"""T10: the hours in which a teacher is told of messages, and shown to families as when they usually read."""

import re
from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.services import office_hours
from gradebook.services.office_hours import MIDNIGHT, Days
from gradebook.web import door
from gradebook.web.fields import DIGITS
from gradebook.web.language import language

_TIME = re.compile(r"([0-9]{1,2})[:.]?([0-9]{2})", re.ASCII)


@dataclass
class Row:
    """A day of the week as the form shows it: what was typed, and what is wrong with it."""

    number: int
    name: str
    begin: str
    end: str
    error: str | None = None

    @property
    def is_empty(self) -> bool:
        """No hours on this day."""
        return not self.begin and not self.end


@bp.get("/hours")
@door.correspondent
def hours() -> str:
    """The hours as they are."""
    person, school_id = _teacher()
    return _page(_rows(lambda number: _typed(office_hours.own_days(person.id, school_id), number)))


@bp.post("/hours")
@door.correspondent
def hours_post() -> Any:
    """Keep what was typed; all days empty: no hours."""
    person, school_id = _teacher()
    rows = _rows(lambda number: (_sent(f"begin-{number}"), _sent(f"end-{number}")))
    days = {str(row.number): span for row in rows if not row.is_empty and (span := _span(row)) is not None}
    if any(row.error for row in rows):
        return _page(rows), 422
    office_hours.set_own_days(person.id, school_id, days)
    db.session.commit()
    flash(_("Your hours are saved.") if days else _("You have no hours: you are told of messages at any time."), "good")
    return redirect(url_for("messages.hours"), 303)


def _teacher() -> tuple[Person, int]:
    """Guardians have no hours: for them the address does not exist."""
    person = correspondent()
    if not person.acts_as(RoleKind.TEACHER):
        raise NotFound
    return person, person.roles_in_use[0].school_id


def _rows(values: Any) -> list[Row]:
    names = get_day_names("wide", "stand-alone", language().locale)
    return [Row(number, names[number], *values(number)) for number in range(7)]


def _typed(days: Days, number: int) -> tuple[str, str]:
    """The hours of a day as fields hold them."""
    span = days.get(str(number))
    return ("", "") if span is None else (_clock(span[0]), _clock(span[1]))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _sent(name: str) -> str:
    return request.form.get(name, "").translate(DIGITS).strip()[:20]


def _span(row: Row) -> list[int] | None:
    """First minute and the minute after the last; says in the row what is wrong."""
    begin, end = _minute(row.begin), _minute(row.end)
    if begin is None or end is None:
        row.error = _("Enter both times like 08:00, or leave both empty")
    elif begin >= end:
        row.error = _("The hours must end after they begin. Midnight at the end of the day is 24:00")
    else:
        return [begin, end]
    return None


def _minute(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    total = hour * 60 + minute
    return total if minute < 60 and total <= MIDNIGHT else None


def _page(rows: list[Row]) -> str:
    return render_template("messages/hours.html", rows=rows, timezone=_teacher()[0].roles_in_use[0].timezone)
