"""O7: the audit log in sentences, read only."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import own_school, today
from gradebook.blueprints.office.log_words import KINDS, acts_of, kind_of, sentence
from gradebook.models import AuditEntry, School
from gradebook.services import audit_log
from gradebook.services.audit_log import LogPage, Wanted
from gradebook.services.grades import day_begins
from gradebook.web import door
from gradebook.web.fields import DaysForm, one_line
from gradebook.web.login import current_person
from gradebook.web.requests import page_number

SPANS = {
    "1": _l("Today"),
    "7": _l("Last 7 days"),
    "30": _l("Last 30 days"),
    "90": _l("Last 90 days"),
    "366": _l("Last 12 months"),
}
"""Days up to today."""
USUAL = "30"
WIDEST = timedelta(days=366)
TEXTS = ("person", "child", "class")
LONGEST = 100


@dataclass
class Wish:
    """What the address asks for."""

    arguments: dict[str, str]
    """The filters as they stand in an address."""
    days: DaysForm
    span: tuple[date, date]
    """The first and the last day; of no use where the days have errors."""


@bp.get("/log")
@door.office
def log() -> Any:
    """What was done in the school, the newest first, 50 on a page; without a choice of the last 30 days."""
    school = own_school()
    wish = _wish(school)
    if wish.days.errors:
        return _page(school, wish, None), 422
    return _page(school, wish, audit_log.read(current_person(), _wanted(wish, school), page_number()))


def _page(school: School, wish: Wish, found: LogPage | None) -> str:
    arguments: dict[str, Any] = dict(wish.arguments)
    return render_template(
        "office/log.html",
        school=school,
        wish=wish,
        found=found,
        kinds=KINDS,
        spans=SPANS,
        usual=USUAL,
        sentence=sentence,
        kind_of=kind_of,
        raw=_raw,
        page_url=lambda number: url_for("office.log", **arguments, page=number),
    )


def _wish(school: School) -> Wish:
    given = request.args
    days = DaysForm(given)
    days.validate()
    arguments = {name: one_line(given.get(name))[:LONGEST] for name in TEXTS}
    arguments["kind"] = given["kind"] if given.get("kind") in KINDS else ""
    arguments["days"] = given["days"] if given.get("days") in SPANS else ""
    arguments |= days.typed
    wish = Wish({name: text for name, text in arguments.items() if text}, days, _span(school, arguments["days"], days))
    if not days.errors:
        _check_span(wish)
    return wish


def _span(school: School, chosen: str, days: DaysForm) -> tuple[date, date]:
    """The days that were typed go before the span that was chosen."""
    last = days.last.day or today(school)
    usual = last - timedelta(days=int(chosen or USUAL) - 1)
    return days.first.day or usual, last


def _check_span(wish: Wish) -> None:
    first, last = wish.span
    if last < first:
        wish.days.last.complain(_("The last day must be on or after the first day."))
    elif last - first >= WIDEST:
        wish.days.first.complain(_("Choose at most 366 days at a time, like one school year after the other."))


def _wanted(wish: Wish, school: School) -> Wanted:
    zone, (first, last) = ZoneInfo(school.timezone), wish.span
    given = wish.arguments
    return Wanted(
        day_begins(first, zone),
        day_begins(last + timedelta(days=1), zone),
        given.get("person", ""),
        given.get("child", ""),
        given.get("class", ""),
        acts_of(given.get("kind", "")),
    )


def _raw(entry: AuditEntry) -> str:
    """The entry as it is kept."""
    kept = {
        "act": entry.act,
        "at": entry.at.isoformat(),
        "actor_id": entry.actor_id,
        "person_id": entry.person_id,
        "section_id": entry.section_id,
        "facts": entry.facts,
    }
    return json.dumps(kept, ensure_ascii=False, indent=2)
