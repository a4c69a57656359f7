"""T4: what was changed in how a class is graded, with every student's grade before and after."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gradebook.blueprints.teacher import bp
from gradebook.policy import access
from gradebook.services.rules_history import Entry, History, history_of
from gradebook.web import door
from gradebook.web.filters import exact
from gradebook.web.login import current_person
from gradebook.web.requests import page_number

Row = tuple[str, str, str]
"""What, before, after."""


@bp.get("/classes/<section_id>/rules/history")
@door.teacher
def rules_history(section_id: str) -> Any:
    """Newest first, ten on a page; each opens to the students' grades."""
    section = access.section_for_teacher(current_person(), section_id)
    history = history_of(section, page_number())
    return render_template(
        "teacher/rules_history.html",
        section=section,
        history=history,
        changes=[rows_of(entry, history) for entry in history.entries],
        page_url=lambda page: url_for(".rules_history", section_id=section_id, page=page),
    )


# --- In words


def rows_of(entry: Entry, history: History) -> list[Row]:
    """What is different, line by line."""
    before, after = entry.before, entry.after
    if entry.act == "scale.letters_moved":
        return [(after["name"], _bands(before), _bands(after))]
    rows = [*_rules(before, after, history.scales), *_categories(before, after)]
    if before.get("periods") != after.get("periods"):
        rows.append((_("Grading periods"), _periods(before, history.periods), _periods(after, history.periods)))
    return rows


def _bands(scale: dict[str, Any]) -> str:
    return ", ".join(f"{label} {_percent(bound)}" for label, bound in scale["bands"])


def _percent(amount: str | None) -> str:
    return "–" if amount is None else _("%(number)s%%", number=exact(Decimal(amount)))


def _yes(value: bool) -> str:
    return _("Yes") if value else _("No")


def _missing(amount: str | None) -> str:
    return _("does not count") if amount is None else _percent(amount)


def _kept(number: int | None) -> str:
    return _("all") if number is None else str(number)


def _chosen(words: dict[str, Any]) -> Callable[[Any], str]:
    return lambda value: str(words.get(value, value))


_MODES = {"points": _l("Total points"), "weighted": _l("Weighted categories")}
_INTERVALS = {"day": _l("day that begins"), "hour": _l("hour that begins")}
_WEIGHINGS = {"points": _l("by their points"), "equal": _l("all the same"), "own": _l("by their own weights")}

_RULES: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "total_mode": (_l("The grade is worked out from"), _chosen(_MODES)),
    "missing_percent": (_l("Missing work counts as"), _missing),
    "late_percent": (_l("Late work loses"), _percent),
    "late_interval": (_l("Late work loses it for each"), _chosen(_INTERVALS)),
    "late_floor": (_l("Late work is never lowered below"), _percent),
    "cap_percent": (_l("Highest possible grade"), _percent),
    "letter_on_whole_percent": (_l("Round to whole percent before choosing the letter"), _yes),
    "posts_as_entered": (_l("New assignments: scores are posted as they are entered"), _yes),
}

_CATEGORY: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "title": (_l("name"), str),
    "weight": (_l("weight"), _percent),
    "drop_lowest": (_l("drop lowest"), str),
    "drop_highest": (_l("drop highest"), str),
    "keep_best": (_l("keep only the best"), _kept),
    "weighing": (_l("pieces weigh"), _chosen(_WEIGHINGS)),
    "extra_credit": (_l("extra credit"), _yes),
}


def _rules(before: dict[str, Any], after: dict[str, Any], scales: dict[int, str]) -> Iterator[Row]:
    for name, (label, words) in _RULES.items():
        if before.get(name) != after.get(name):
            yield str(label), words(before.get(name)), words(after.get(name))
    old, new = before.get("grading_scale_id"), after.get("grading_scale_id")
    if old != new:
        none = _("Percentage, no letters")
        yield _("Grading scale"), scales.get(old or 0, none), scales.get(new or 0, none)


def _periods(rules: dict[str, Any], titles: dict[int, str]) -> str:
    weights = [f"{titles.get(key, '')} {_percent(weight)}" for key, weight in rules.get("periods", ())]
    return ", ".join(weights) or _("only sort the work")


def _categories(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Row]:
    stored = {one["key"]: one for one in before["categories"]}
    for one in after["categories"]:
        old = stored.get(one["key"])
        if old is None:
            yield one["title"], "–", _("added, weight %(weight)s", weight=_percent(one["weight"]))
        else:
            yield from _category(old, one)
    kept = [one["key"] for one in after["categories"] if one["key"] in stored]
    for key, one in stored.items():
        if key not in kept:
            yield one["title"], _percent(one["weight"]), _("removed")
    if [key for key in stored if key in kept] != kept:
        yield _("Order"), _titles(before), _titles(after)


def _category(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    for name, (label, words) in _CATEGORY.items():
        if old.get(name) != new.get(name):
            what = _("%(category)s, %(rule)s", category=new["title"], rule=label)
            yield what, words(old.get(name)), words(new.get(name))


def _titles(rules: dict[str, Any]) -> str:
    return ", ".join(one["title"] for one in rules["categories"])
