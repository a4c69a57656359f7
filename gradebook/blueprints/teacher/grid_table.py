"""The grid's table: its body and its last row, joined in functions (the heads: grid_heads.py).

A template's loop over cells would cost more than everything else on the page. Each text is escaped once, and a
cell stays near 70 bytes: ids are short (rows are numbers, columns letters, as in a spreadsheet), attributes stand
without quotes and elements without end tags where HTML lets them, and what a status means is said by
`aria-describedby` to one list (templates/teacher/grid_legend.html).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup, escape

from gradebook.blueprints.teacher.grid_fields import column_letters, field_name
from gradebook.blueprints.teacher.grid_heads import Band, bands_of, begins_category, heads_of
from gradebook.blueprints.teacher.grid_page import Grid, Row, is_entered, is_scored, score_of
from gradebook.blueprints.teacher.grid_words import Numbers, cell_text
from gradebook.grading.averages import mean_percent, mean_points
from gradebook.grading.values import Amount
from gradebook.services.grades import Cell, Column
from gradebook.services.remembering import Remembered
from gradebook.services.scores import EMPTY, Place, content_of
from gradebook.web.addresses import addresses

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9.,%/+-]+", re.ASCII)


@dataclass
class Trouble:
    """A cell that was sent and not saved: what was typed, and what to say about it."""

    text: str
    words: str
    check: bool = False
    """It waits for a second Enter."""


class Shown(NamedTuple):
    """How a cell looks, and what it adds to the last row."""

    attributes: str
    """The end of the field's attributes."""
    before: str
    kind: str
    """The class of the cell."""
    after: str
    entered: bool
    score: Amount | None


BLANK = Shown("", "", "", "", False, None)


class Drawn(NamedTuple):
    """A student's cells as they stand in the page."""

    cells: list[Cell]
    number: int
    """Of the row, from 1; the fields are named after it."""
    html: str
    entered: list[bool]
    """By column: whether the teacher has dealt with the cell."""
    scores: list[Amount | None]
    has_notes: bool
    """Some cell has a private note."""


class Tally(NamedTuple):
    """What the last row says about a column."""

    entered: int
    scores: list[Amount]


@dataclass
class Table:
    """Everything that the template shows of the table."""

    bands: list[Band]
    heads: Markup
    """One for each column."""
    body: Markup
    foot: Markup
    has_hidden: bool
    """Some student's grade differs with hidden scores, which stands in a column of its own."""
    has_notes: bool
    """Some score has a private note."""


def table_of(grid: Grid, troubles: Mapping[Place, Trouble] | None = None) -> Table:
    """The table of a page; `troubles` are cells that come back with what was typed."""
    numbers = Numbers.here()
    has_hidden = any(row.all.current != row.posted.current for row in grid.rows)
    drawn = _drawn(grid, numbers, troubles or {})
    tallies = _tallies(grid, drawn)
    return Table(
        bands=bands_of(grid, numbers),
        heads=heads_of(grid, numbers, {key: tally.entered for key, tally in tallies.items()}),
        body=_body(grid, numbers, drawn, has_hidden),
        foot=_foot(grid, numbers, tallies, has_hidden),
        has_hidden=has_hidden,
        has_notes=any(row.has_notes for row in drawn),
    )


# --- Body


MOST_DRAWN = 2_000_000
"""Characters of rows that this process remembers."""

_remembered: Remembered[tuple[Any, ...], tuple[list[Column], dict[int, Drawn]]] = Remembered(MOST_DRAWN)
"""By what else decides how cells look (`_look`): the columns, and what was drawn for each student."""


def forget_rows() -> None:
    """Remember nothing, as a process that has just begun."""
    _remembered.clear()


def _drawn(grid: Grid, numbers: Numbers, troubles: Mapping[Place, Trouble]) -> list[Drawn]:
    """The cells of each row, in order; rows that are equal to what this process saw last are not drawn again."""
    look, pen = _look(grid, numbers), _Pen(grid, troubles)
    columns, known = _remembered.get(look) or (grid.columns, {})
    if columns != grid.columns or troubles:
        known = {}
    rows, fresh = [], {}
    for number, row in enumerate(grid.rows, 1):
        drawn = known.get(row.student.id)
        if drawn is None or drawn.cells != row.line.cells or drawn.number != number:
            drawn = fresh[row.student.id] = pen.row(number, row)
        rows.append(drawn)
    if fresh and not troubles:
        kept = known | fresh
        _remembered.keep(look, (grid.columns, kept), sum(len(one.html) for one in kept.values()))
    return rows


def _look(grid: Grid, numbers: Numbers) -> tuple[Any, ...]:
    """What decides how stored cells look, but for the columns themselves."""
    locked = tuple(grid.locked_since(column) is not None for column in grid.columns)
    return grid.section.id, numbers.locale, grid.work.scale, locked, tuple(column.id for column in grid.columns)


def _tallies(grid: Grid, rows: list[Drawn]) -> dict[int, Tally]:
    return {
        column.id: Tally(
            sum(row.entered[place] for row in rows),
            [score for row in rows if (score := row.scores[place]) is not None],
        )
        for place, column in enumerate(grid.columns)
    }


def _body(grid: Grid, numbers: Numbers, rows: list[Drawn], has_hidden: bool) -> Markup:
    student_url = addresses("teacher.student", "student_id", section_id=grid.section.public_id)
    out = [
        f"<tr><th scope=row><a id={drawn.number} href={student_url(row.student.public_id)}>"
        f'{escape(row.student.sort_name)}<i>,</i></a><td class="sticky-2 n">{_overall(row, numbers, has_hidden)}'
        f"{drawn.html}\n"
        for row, drawn in zip(grid.rows, rows, strict=True)
    ]
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


class _Pen:
    """Draws the cells of one row after another."""

    def __init__(self, grid: Grid, troubles: Mapping[Place, Trouble]) -> None:
        self.columns = [_cell_pattern(grid, column, number) for number, column in enumerate(grid.columns, 1)]
        self.show = _Shower(grid)
        self.troubles = troubles

    def row(self, number: int, row: Row) -> Drawn:
        """The cells of this row."""
        out: list[str] = []
        entered: list[bool] = []
        scores: list[Amount | None] = []
        cells = row.cells
        for column, letters, begins, begin, is_locked in self.columns:
            cell = cells.get(column.id)
            shown = BLANK if cell is None else self.show.cell(cell, column)
            entered.append(shown.entered)
            scores.append(shown.score)
            trouble = self.troubles.get((column.id, row.student.id)) if self.troubles else None
            if is_locked:
                out.append(self.show.locked(cell, column, shown, " f" if begins else ""))
            elif trouble is not None:
                out.append(_troubled(trouble, (column.id, row.student.id), letters, number, begins))
            else:
                kind = shown.kind
                start = begin if not kind else f'<td class="{kind} f">' if begins else f"<td class={kind}>"
                out.append(
                    f"{start}{shown.before}<input name={number} inputmode=decimal "
                    f'aria-labelledby="{number} {letters}"{shown.attributes}>{shown.after}'
                )
        has_notes = any(cell.noted for cell in row.line.cells)
        return Drawn(row.line.cells, number, "".join(out), entered, scores, has_notes)


def _cell_pattern(grid: Grid, column: Column, number: int) -> tuple[Column, str, bool, str, bool]:
    """What the cells of a column share: the column, its letters, whether it begins a category, how a cell begins, and
    whether it is locked."""
    begins, is_locked = begins_category(grid, number), grid.locked_since(column) is not None
    return column, column_letters(number), begins, "<td class=f>" if begins else "<td>", is_locked


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
        self.plain: dict[int, Shown] = {}
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

    def cell(self, cell: Cell, column: Column) -> Shown:
        """How the cell looks."""
        points = cell.points
        if (
            points is None or cell.late or cell.status != "none" or cell.comment is not None
            or points > column.possible or cell.noted or not self.simple
        ):  # fmt: skip
            return self._rare(cell, column)
        shown = self.plain.get(points)
        if shown is None:
            shown = self.plain[points] = Shown(self._value(cell, column), "", "", "", True, points)
        return shown

    def locked(self, cell: Cell | None, column: Column, shown: Shown, begins: str) -> str:
        """A cell of a closed period: its text with its marks, without a field."""
        if cell is None:
            return f'<td class="k{begins}">'
        content = content_of(cell)
        on_time = content._replace(late=False)  # that it was late is said by its mark
        text = (
            "" if shown.before or content == EMPTY else str(escape(cell_text(on_time, column.possible, self.letters)))
        )
        return f'<td class="k{begins}{" " if shown.kind else ""}{shown.kind}">{shown.before}{text}{shown.after}'

    def _value(self, cell: Cell, column: Column) -> str:
        content = content_of(cell)
        return "" if content == EMPTY else _attribute(cell_text(content, column.possible, self.letters))

    def _rare(self, cell: Cell, column: Column) -> Shown:
        score = score_of(cell, column, self.scale)
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
            marks = marks or self.lock
            said.append("wn")
        described = (
            ""
            if not said
            else f" aria-describedby={said[0]}"
            if len(said) == 1
            else (f' aria-describedby="{" ".join(said)}"')
        )
        return Shown(self._value(cell, column) + described, before, status, marks, is_entered(cell), score)


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
