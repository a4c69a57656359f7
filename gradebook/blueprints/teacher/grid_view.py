"""What the grid's template says and links to beside the table."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.teacher.grid_page import Grid
from gradebook.blueprints.teacher.grid_wish import VISIT
from gradebook.policy.person import Person
from gradebook.web.addresses import PLACEHOLDER
from gradebook.web.filters import day


def facts_of(grid: Grid, person: Person) -> dict[str, Any]:
    """Sentences and addresses for templates/teacher/gradebook.html."""
    wish = grid.wish

    def here(**arguments: Any) -> str:
        return url_for("teacher.gradebook", section_id=grid.section.public_id, **arguments)

    return {
        "clear_url": here(**wish.arguments(q="", show="", below="", since="", category="", state="", page=1)),
        "sort_url": _sorter(grid, here),
        "page_url": lambda number: here(**wish.arguments(page=number)),
        "show_choices": _show_choices(),
        "since_choices": _since_choices(grid),
        "state_choices": [("", _("all")), ("posted", _("posted only")), ("hidden", _("hidden only"))],
        "filters_on": sum(map(bool, (wish.show, wish.category, wish.state))),
        "filtered": _filtered(grid),
        "hidden": ngettext("%(num)s column hidden.", "%(num)s columns hidden.", grid.hidden) if grid.hidden else "",
        "nothing": _nothing(grid),
        "averaged": _averaged(grid),
        "printed": _printed(grid, person),
    }


def _sorter(grid: Grid, here: Callable[..., str]) -> Callable[[str], str]:
    """The address of this page sorted by something, made once for all columns."""
    before, after = here(**grid.wish.arguments(sort=PLACEHOLDER, page=1)).split(PLACEHOLDER)

    def sorted_by(key: str) -> str:
        return f"{before}{'-' if grid.wish.sort == key else ''}{key}{after}"

    return sorted_by


def _show_choices() -> list[tuple[str, str]]:
    return [
        ("", _("anything")),
        ("missing", _("missing work")),
        ("blank", _("a blank that is due")),
        ("late", _("late work")),
        ("below", _("an overall grade below a mark")),
        ("changed", _("a score that changed since")),
    ]


def _since_choices(grid: Grid) -> list[tuple[str, str]]:
    """The last visit, each day of a week, some earlier ones; and the day asked for, where it is another."""
    today = grid.section.school.today(grid.work.now)
    days = [today - timedelta(days=back) for back in (*range(7), 14, 30)]
    asked = grid.wish.day
    if asked is not None and asked not in days:
        days = sorted([*days, asked], reverse=True)
    named = {today: _("today"), today - timedelta(days=1): _("yesterday")}
    return [(VISIT, _("my last visit")), *((one.isoformat(), named.get(one) or day(one)) for one in days)]


def _shown(grid: Grid) -> str:
    """What the students shown have in common."""
    wish = grid.wish
    reasons = {
        "missing": _("missing work"),
        "blank": _("a blank that is due"),
        "late": _("late work"),
        "below": _("an overall grade below %(mark)s%%", mark=wish.below),
        "changed": _("changed since %(day)s", day=day(wish.day)) if wish.day else _("changed since my last visit"),
    }
    said = [reasons[wish.show]] if wish.show else []
    if wish.q:
        said.append(_("name with “%(words)s”", words=wish.q))
    category = next((one.title for one in grid.work.categories if one.public_id == wish.category), None)
    if category:
        said.append(_("category %(title)s", title=category))
    if wish.state:
        said.append(_("posted assignments") if wish.state == "posted" else _("hidden assignments"))
    return ", ".join(said)


def _filtered(grid: Grid) -> str:
    """Showing 4 of 30: missing work."""
    if not grid.wish.narrows:
        return ""
    return _("Showing %(shown)s of %(all)s: %(filters)s", shown=grid.matching, all=grid.count, filters=_shown(grid))


def _nothing(grid: Grid) -> str:
    if grid.hidden and not grid.columns:
        return _("You have hidden every column that stands here.")
    if grid.wish.show == "missing" and not grid.wish.q:
        return _("No students have missing work in %(term)s.", term=grid.term_title)
    return _("No students and assignments match: %(filters)s.", filters=_shown(grid) or grid.term_title)


def _averaged(grid: Grid) -> str:
    """What the last row speaks of."""
    if len(grid.rows) < grid.count:
        return ngettext("average of %(num)s row", "average of %(num)s rows", len(grid.rows))
    return _("average")


def _printed(grid: Grid, person: Person) -> str:
    today = grid.work.now.astimezone(grid.work.timezone)
    return _(
        "%(class)s · printed %(day)s, %(time)s by %(name)s · contains student data",
        **{
            "class": grid.section.title,
            "day": day(today.date(), year=True),
            "time": f"{today:%H:%M}",
            "name": person.account.display_name,
        },
    )
