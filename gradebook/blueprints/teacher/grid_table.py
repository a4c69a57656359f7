"""The grid's table: heads for the template, and the body joined in one function.

A template's loop over cells would cost more than everything else on the page. Each text is escaped once, and a
cell stays near 70 bytes: ids are short (rows are numbers, columns letters, as in a spreadsheet), attributes stand
without quotes and elements without end tags where HTML lets them, and what a status means is said by
`aria-describedby` to one list (templates/teacher/grid_legend.html).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gradebook.blueprints.teacher.grid_fields import column_letters, field_name
from gradebook.blueprints.teacher.grid_page import Grid, Row, is_due, is_entered, is_scored, score_of
from gradebook.blueprints.teacher.grid_words import Numbers
from gradebook.grading.averages import mean_percent, mean_points
from gradebook.grading.values import Amount
from gradebook.services.grades import Cell, Column
from gradebook.services.scores import EMPTY, Place, content_of, text_of

PLACEHOLDER = "000000000000"  # stands for a public id while an address is made once for all rows
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9.,%/+-]+", re.ASCII)


@dataclass
class Trouble:
    """A cell that was sent and not saved: what was typed, and what to say about it."""

    text: str
    words: str
    check: bool = False
    """It waits for a second Enter."""


@dataclass
class Head:
    """What stands above a column."""

    column: Column
    letters: str
    first: bool
    """It begins a category."""
    points: str
    out_of: str
    """As the fields of the column are named."""
    due: str
    state: str
    state_words: str
    edit_url: str
    enter_url: str
    posting_url: str
    order: str | None


@dataclass
class Tally:
    """What the last row says about a column, counted while the cells are joined."""

    entered: int = 0
    scores: list[Amount] = field(default_factory=list)


@dataclass
class Table:
    """Everything that the template shows of the table."""

    heads: list[Head]
    bands: list[tuple[str, str, int]]
    """(category, what follows it, how many columns)."""
    body: Markup
    foot: Markup
    has_hidden: bool
    """Some student's grade differs with hidden scores, which stands in a column of its own."""
    has_notes: bool
    """Some score has a private note."""


def table_of(grid: Grid, troubles: Mapping[Place, Trouble] | None = None) -> Table:
    """The table of a page; `troubles` are cells that come back with what was typed."""
    numbers = Numbers.here()
    tallies = {column.id: Tally() for column in grid.columns}
    has_hidden = any(row.all.current != row.posted.current for row in grid.rows)
    show = _Shower(grid)
    body = _body(grid, show, numbers, tallies, troubles or {}, has_hidden)
    return Table(
        heads=_heads(grid, numbers, tallies),
        bands=_bands(grid, numbers),
        body=body,
        foot=_foot(grid, numbers, tallies, has_hidden),
        has_hidden=has_hidden,
        has_notes=show.has_notes,
    )


# --- Head


def _bands(grid: Grid, numbers: Numbers) -> list[tuple[str, str, int]]:
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
            bands.append((category.title, " · ".join(facts), count))
    return bands


def _heads(grid: Grid, numbers: Numbers, tallies: Mapping[int, Tally]) -> list[Head]:
    edit = _addresses("teacher.assignment")
    enter, post = _addresses("teacher.enter_scores"), _addresses("teacher.posting")
    heads: list[Head] = []
    for number, column in enumerate(grid.columns, 1):
        state, words = _state(grid, column, numbers, tallies[column.id])
        by, from_top = grid.wish.order
        heads.append(
            Head(
                column=column,
                letters=column_letters(number),
                first=begins_category(grid, number),
                points=numbers.points(column.possible),
                out_of=numbers.out_of(column.possible),
                due=numbers.day(column.due_on, grid.work.now.year) if column.due_on else "",
                state=state,
                state_words=words,
                edit_url=edit(column.public_id),
                enter_url=enter(column.public_id),
                posting_url=post(column.public_id),
                order=("descending" if from_top else "ascending") if by == column.public_id else None,
            )
        )
    return heads


def _state(grid: Grid, column: Column, numbers: Numbers, tally: Tally) -> tuple[str, str]:
    """Posted, hidden, waiting for a moment, or not due and empty: who can see the column's scores."""
    posted_at, locked_since = column.posted_at, grid.locked_since(column)
    if locked_since is not None:
        return "locked", _("since %(day)s", day=numbers.day(locked_since, grid.work.now.year))
    if posted_at is not None and posted_at > grid.work.now:
        day = posted_at.astimezone(grid.work.timezone).date()
        return "later", _("Posts on %(day)s", day=numbers.day(day, grid.work.now.year))
    if not tally.entered and not is_due(grid, column):
        return "not-due", _("Not due")
    return ("hidden", _("Hidden")) if posted_at is None else ("posted", _("Posted"))


def _addresses(endpoint: str) -> Callable[[str], str]:
    """The address of an endpoint for one assignment after another: routing is asked once."""
    before, after = url_for(endpoint, assignment_id=PLACEHOLDER).split(PLACEHOLDER)
    return lambda public_id: f"{before}{public_id}{after}"


# --- Body


def _body(
    grid: Grid,
    show: "_Shower",
    numbers: Numbers,
    tallies: Mapping[int, Tally],
    troubles: Mapping[Place, Trouble],
    has_hidden: bool,
) -> Markup:
    student_url = url_for("teacher.student", section_id=grid.section.public_id, student_id=PLACEHOLDER)
    before, after = str(escape(student_url)).split(PLACEHOLDER)
    columns = [_cell_pattern(grid, column, number, tallies) for number, column in enumerate(grid.columns, 1)]
    out: list[str] = []
    add = out.append
    for number, row in enumerate(grid.rows, 1):
        student = row.student
        add(
            f"<tr><th scope=row><a id={number} href={before}{student.public_id}{after}>"
            f'{escape(student.sort_name)}<i>,</i></a><td class="sticky-2 n">{_overall(row, numbers, has_hidden)}'
        )
        cells = row.cells
        for column, letters, tally, begins, begin, is_locked in columns:
            cell = cells.get(column.id)
            if is_locked:
                add(show.locked(cell, column, tally, " f" if begins else ""))
                continue
            trouble = troubles.get((column.id, student.id)) if troubles else None
            if trouble is not None:
                add(_troubled(trouble, (column.id, student.id), letters, number, begins))
            elif cell is None:
                add(f'{begin}<input name={number} inputmode=decimal aria-labelledby="{number} {letters}">')
            else:
                value, word, kind, mark = show.cell(cell, column, tally)
                start = begin if not kind else f'<td class="{kind} f">' if begins else f"<td class={kind}>"
                add(
                    f"{start}{word}<input name={number} inputmode=decimal "
                    f'aria-labelledby="{number} {letters}"{value}>{mark}'
                )
        add("\n")
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


def _cell_pattern(
    grid: Grid, column: Column, number: int, tallies: Mapping[int, Tally]
) -> tuple[Column, str, Tally, bool, str, bool]:
    """What the cells of a column share: the column, its letters, its tally, how a cell begins, and whether it is
    locked."""
    begins, is_locked = begins_category(grid, number), grid.locked_since(column) is not None
    start = "<td class=f>" if begins else "<td>"
    return column, column_letters(number), tallies[column.id], begins, start, is_locked


def begins_category(grid: Grid, number: int) -> bool:
    """Whether the column with this number (from 1) is the first of a category, but not of all."""
    return number > 1 and grid.columns[number - 1].category_id != grid.columns[number - 2].category_id


def _overall(row: Row, numbers: Numbers, has_hidden: bool) -> str:
    """The posted grade; and, only where it differs, the grade with hidden scores, never without words."""
    words = numbers.percent(row.posted.current)
    if row.posted.letter:
        words = (
            f"{words} {escape(row.posted.letter)}" if row.posted.current is not None else str(escape(row.posted.letter))
        )
    if row.is_set:
        words = f"{words} <b class=o>✎</b><i> {escape(_('set by the teacher'))}</i>"
    if not has_hidden:
        return words
    if row.all.current == row.posted.current:
        return f"{words}<td>"
    hidden = _("with hidden scores")
    return f"{words}<td class=n>{numbers.percent(row.all.current)}<i> {escape(hidden)}</i>"


class _Shower:
    """How a stored cell looks; what many cells share is worked out once."""

    def __init__(self, grid: Grid) -> None:
        self.scale = grid.work.scale
        self.letters = grid.letters
        # Where no label can be taken for a number, a number's text depends on nothing but the number.
        self.simple = not any(label[:1].isdigit() or label[:1] in ".,٫" for label in self.letters)
        self.plain: dict[int, str] = {}
        self.words = {
            "missing": ("m", str(escape(_("Missing"))), "m"),
            "excused": ("", f"<b class=e>{escape(_('Exc'))}</b>", "e"),
            "incomplete": ("", f"<b class=i>{escape(_('Inc'))}</b>", "i"),
            "turned_in": ("", f"<b class=t>{escape(_('In'))}</b>", "t"),
        }
        self.late = f"<b class=l>{escape(_('L'))}</b>"
        self.extra = f"<b class=x>{escape(_('Extra'))}</b>"
        self.talk = "<b class=c>❞</b>"
        self.lock = "<b class=n></b>"
        self.has_notes = False

    def cell(self, cell: Cell, column: Column, tally: Tally) -> tuple[str, str, str, str]:
        """The end of the field's attributes, what stands before it, the class of the cell, what stands after it."""
        points = cell.points
        if points is None or cell.late or cell.status != "none" or not self.simple:
            return self._rare(cell, column, tally)
        tally.entered += 1
        tally.scores.append(points)
        if cell.comment is not None or points > column.possible or cell.noted:
            return self._rare(cell, column, None)
        value = self.plain.get(points)
        if value is None:
            value = self.plain[points] = self._value(cell, column)
        return value, "", "", ""

    def locked(self, cell: Cell | None, column: Column, tally: Tally, begins: str) -> str:
        """A cell of a closed period: its text with its marks, without a field."""
        if cell is None:
            return f'<td class="k{begins}">'
        _attributes, word, kind, mark = self.cell(cell, column, tally)
        content = content_of(cell)
        on_time = content._replace(late=False)  # that it was late is said by its mark
        text = "" if word or content == EMPTY else str(escape(text_of(on_time, column.possible, self.letters)))
        return f'<td class="k{begins}{" " if kind else ""}{kind}">{word}{text}{mark}'

    def _value(self, cell: Cell, column: Column) -> str:
        content = content_of(cell)
        return "" if content == EMPTY else _attribute(text_of(content, column.possible, self.letters))

    def _rare(self, cell: Cell, column: Column, tally: Tally | None) -> tuple[str, str, str, str]:
        score = score_of(cell, column, self.scale)
        if tally is not None:
            tally.entered += is_entered(cell)
            if score is not None:
                tally.scores.append(score)
        said: list[str] = []
        status = before = marks = ""
        if not is_scored(cell) and cell.status in self.words:
            status, before, code = self.words[cell.status]
            said.append(f"w{code}")
        elif cell.late and is_scored(cell):
            marks = self.late
            said.append("wl")
        if score is not None and score > column.possible:
            before = self.extra
            said.append("wx")
        if cell.comment is not None:
            marks = marks or self.talk
            said.append("wc")
        if cell.noted:
            self.has_notes = True
            marks = marks or self.lock
            said.append("wn")
        described = (
            ""
            if not said
            else f" aria-describedby={said[0]}"
            if len(said) == 1
            else (f' aria-describedby="{" ".join(said)}"')
        )
        return self._value(cell, column) + described, before, status, marks


def _attribute(text: str) -> str:
    return f" value={text}" if _NEEDS_NO_QUOTES.fullmatch(text) else f' value="{escape(text)}"'


def _troubled(trouble: Trouble, place: Place, letters: str, number: int, begins: bool) -> str:
    """A cell that was not saved, with what was typed and why."""
    kind, mark = ("cell--check", "?") if trouble.check else ("cell--failed", "▲")
    said = _("Check this: %(reason)s", reason=trouble.words) if trouble.check else trouble.words
    key = field_name(place)
    return (
        f'<td class="{kind}{" f" if begins else ""}"><input id=c{key} name={number} inputmode=decimal '
        f'aria-labelledby="{number} {letters}" aria-describedby=y{key} aria-invalid=true '
        f'value="{escape(trouble.text)}"><b class=c aria-hidden=true>{mark}</b>'
        f"<span class=why id=y{key}>{escape(said)}</span>"
    )


# --- Foot


def _foot(grid: Grid, numbers: Numbers, tallies: Mapping[int, Tally], has_hidden: bool) -> Markup:
    overall = mean_percent([row.posted.current for row in grid.rows if row.posted.current is not None])
    out = [f'<td class="sticky-2 n">{numbers.percent(overall)}{"<td>" if has_hidden else ""}']
    for number, column in enumerate(grid.columns, 1):
        tally = tallies[column.id]
        kind = '"n f"' if begins_category(grid, number) else "n"
        mean = numbers.plain(mean_points(tally.scores))
        out.append(f"<td class={kind}>{mean} <small>{tally.entered}/{len(grid.rows)}</small>")
    return Markup("".join(out))  # noqa: S704 - numbers only
