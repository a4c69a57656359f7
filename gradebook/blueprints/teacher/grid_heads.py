"""The grid's heads: categories as a band, then a head for each column.

A column's title is a link to its page, where everything stands that the column's menu has (static/js/grid/columns.js
makes the menu); below are its points, when it is due, and who can see its scores. Joined in one function and short on
purpose, like the cells (grid_table.py): there may be sixty. The <i> is heard, not seen.
"""

from collections.abc import Mapping
from typing import NamedTuple

from flask import get_template_attribute
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gradebook.blueprints.teacher.grid_fields import column_letters
from gradebook.blueprints.teacher.grid_page import Grid, is_due
from gradebook.blueprints.teacher.grid_words import Numbers
from gradebook.services.grades import Column
from gradebook.web.addresses import addresses


class Band(NamedTuple):
    """A category above its columns."""

    title: str
    facts: str
    """Its weight, what is dropped."""
    columns: int
    """How many."""


def bands_of(grid: Grid, numbers: Numbers) -> list[Band]:
    """The categories that have columns here, in their order."""
    bands = []
    weighted = grid.section.total_mode == "weighted"
    for category in grid.work.categories:
        count = sum(column.category_id == category.id for column in grid.columns)
        facts = [numbers.percent(category.weight)] if weighted else []
        if category.drop_lowest:
            facts.append(_("lowest %(count)s dropped", count=category.drop_lowest))
        if category.keep_best:
            facts.append(_("best %(count)s kept", count=category.keep_best))
        if category.drop_highest:
            facts.append(_("highest %(count)s dropped", count=category.drop_highest))
        if category.extra_credit:
            facts.append(_("extra credit"))
        if count:
            bands.append(Band(category.title, " · ".join(facts), count))
    return bands


def begins_category(grid: Grid, number: int) -> bool:
    """Whether the column with this number (from 1) is the first of a category, but not of all."""
    return number > 1 and grid.columns[number - 1].category_id != grid.columns[number - 2].category_id


def heads_of(grid: Grid, numbers: Numbers, entered: Mapping[int, int]) -> Markup:
    """A head for each column; `entered` says how many of its cells the teacher has dealt with."""
    edit, post = addresses("teacher.assignment", "assignment_id"), addresses("teacher.posting", "assignment_id")
    extra, post_word = f" · {escape(_('extra credit'))}", escape(_("Post"))
    lock = _lock() if grid.section.closings else ""
    by, from_top = grid.wish.order
    year = grid.work.now.year
    out: list[str] = []
    for number, column in enumerate(grid.columns, 1):
        letters, public_id = column_letters(number), column.public_id
        state, words = _state(grid, column, numbers, entered[column.id])
        first = " class=first" if begins_category(grid, number) else ""
        order = f" aria-sort={'descending' if from_top else 'ascending'}" if by == public_id else ""
        due = f" · {numbers.day(column.due_on, year)}" if column.due_on else ""
        link = f' <a href={post(public_id)} aria-labelledby="post {letters}">{post_word}</a>'
        out.append(
            f"<th scope=col{first}{order}><a id={letters} href={edit(public_id)}>{escape(column.title)}"
            f"<i>, {escape(numbers.out_of(column.possible))}</i></a><small>{numbers.points(column.possible)}"
            f"{escape(due)}{extra if column.extra_credit else ''}</small><b class={state}>"
            f"{lock if state == 'locked' else ''}{escape(words)}{link if state == 'hidden' else ''}</b>"
        )
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


def _lock() -> str:
    icon = get_template_attribute("components/icon.html", "icon")("lock")
    return f"{icon}<i>{escape(_('Locked'))}</i> "


def _state(grid: Grid, column: Column, numbers: Numbers, entered: int) -> tuple[str, str]:
    """Posted, hidden, waiting for a moment, or not due and empty: who can see the column's scores."""
    posted_at, locked_since = column.posted_at, grid.locked_since(column)
    if locked_since is not None:
        return "locked", _("since %(day)s", day=numbers.day(locked_since, grid.work.now.year))
    if posted_at is not None and posted_at > grid.work.now:
        day = posted_at.astimezone(grid.work.timezone).date()
        return "later", _("Posts on %(day)s", day=numbers.day(day, grid.work.now.year))
    if not entered and not is_due(grid, column):
        return "not-due", _("Not due")
    return ("hidden", _("Hidden")) if posted_at is None else ("posted", _("Posted"))
