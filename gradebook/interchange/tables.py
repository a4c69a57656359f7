"""Tables of text as other programs write them: byte order marks, any line ends, quotes, columns in any order.

What cannot be understood becomes a `Problem` that names the file, the line, the field and the value, and says
what to do. Reading never guesses at a value.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

LARGEST = 256 * 1024 * 1024
"""Bytes of one unpacked file."""
LONGEST_CELL = 100_000
WIDEST = 2_000
"""Columns."""

Text = Any
"""A str, or a lazy translation that becomes one when it is shown."""


class Problem(NamedTuple):
    """Something in a file that could not be taken over, or that a person should know."""

    file: str
    line: int
    field: str
    value: str
    text: Text
    """What is wrong and what to do."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        what = f' {self.field} "{self.value[:80]}"' if self.field else ""
        return f"{place}{what}: {self.text}"


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


class RowProblem(Exception):
    """This row cannot be taken over; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem.text))
        self.problem = problem


@dataclass(slots=True)
class Row:
    """One row: its cells by lower-case column name, and the line of the file on which it begins."""

    file: str
    line: int
    cells: dict[str, str]

    def text(self, name: str, longest: int = 255) -> str:
        """The cell on one line, without blanks around it; "" when there is none. Raises RowProblem when too long."""
        value = one_line(self.cells.get(name.lower(), ""))
        if len(value) > longest:
            raise self.problem(name, value, _l("is longer than %(most)s characters. Shorten it.", most=longest))
        return value

    def needed(self, name: str, longest: int = 255) -> str:
        """A cell that must say something."""
        value = self.text(name, longest)
        if not value:
            raise self.problem(name, "", _l("is empty. Fill it in, or take the row out."))
        return value

    def prose(self, name: str) -> str:
        """A cell that may have several lines."""
        return _CONTROL.sub("", self.cells.get(name.lower(), "").replace("\r\n", "\n")).strip()

    def day(self, name: str) -> date | None:
        """A date as 2026-11-20; a time behind it is not looked at."""
        value = self.text(name)
        if not value:
            return None
        match = _DAY.match(value)
        try:
            # Years that no school has: they would overflow where a day is added or a time zone applied.
            if match is None or not 1900 <= int(match[1]) <= 2199:
                raise ValueError
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise self.problem(name, value, _l("is not a date. Write it as 2026-11-20.")) from None

    def listed(self, name: str) -> tuple[str, ...]:
        """A list by commas inside one cell."""
        return tuple(dict.fromkeys(part for part in map(one_line, self._parts(name)) if part))

    def _parts(self, name: str) -> list[str]:
        return [part.strip().strip('"') for part in self.cells.get(name.lower(), "").split(",")]

    def flag(self, name: str) -> bool | None:
        """true or false; None when the cell is empty or says something else."""
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            self.text(name).lower()
        )

    def has(self, name: str) -> bool:
        """Whether the file has such a column."""
        return name.lower() in self.cells

    def problem(self, name: str, value: str, text: Text) -> RowProblem:
        """A reason not to take this row over, to be raised."""
        return RowProblem(Problem(self.file, self.line, name, value, text))


@dataclass
class Table:
    """A file's header as written, and its rows. Rows that do not fit the header are in `problems` once passed."""

    file: str
    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    problems: list[Problem] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """The rows by column name; the first column of a name counts when it stands twice."""
        names = [one_line(name).lower() for name in self.header]
        for line, cells in self.records:
            if any(one_line(cell) for cell in cells[len(names) :]):
                text = _l(
                    "The row has %(cells)s cells and the header %(columns)s. Put quotes around a comma in a value.",
                    cells=len(cells), columns=len(names),
                )  # fmt: skip
                self.problems.append(Problem(self.file, line, "", "", text))
                continue
            found: dict[str, str] = {}
            for name, cell in zip(names, cells + [""] * (len(names) - len(cells)), strict=False):
                found.setdefault(name, cell)
            yield Row(self.file, line, found)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$", re.ASCII)


def one_line(text: str) -> str:
    """Text without control characters, with single blanks, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def read_table(content: bytes, file: str, delimiter: str | None = ",") -> Table:
    """The table in these bytes; `delimiter` None finds it out from the header. Raises Unreadable."""
    text = decoded(content, file)
    if delimiter is None:
        delimiter = likely_delimiter(text)
    records = _records(text, file, delimiter)
    header: list[str] = next((cells for _, cells in records), [])
    if len(header) > WIDEST:
        raise Unreadable(_l("%(file)s has more than %(most)s columns.", file=file, most=WIDEST))
    return Table(file, header, records)


def decoded(content: bytes, file: str) -> str:
    """The text of a file in UTF-8, in UTF-16 with its mark, or else in Windows-1252. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(_l("%(file)s is larger than %(most)s MB.", file=file, most=LARGEST // 1024 // 1024))
    for start, kind in ((b"%PDF", "PDF"), (b"PK\x03\x04", "ZIP"), (b"\xd0\xcf\x11\xe0", "Excel (.xls)")):
        if content.startswith(start):
            raise Unreadable(_l("%(file)s is a %(kind)s file. Save it as CSV.", file=file, kind=kind))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Unreadable(_l("%(file)s is not a text file. Save it as CSV.", file=file))
    return text


def likely_delimiter(text: str) -> str:
    """Comma, semicolon or tab: what stands most often in the first line, outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").splitlines()[0] if text.strip() else "")
    return max((",", ";", "\t"), key=first.count)


def _records(text: str, file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it begins."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        # From here on nobody can say where the rows begin, so nothing of the file is safe to use.
        raise Unreadable(
            _l("%(file)s cannot be read from line %(line)s on (%(error)s). Mend the quotes there.",
               file=file, line=line, error=error)
        ) from None  # fmt: skip


def inert(text: str) -> str:
    """Text that a spreadsheet shows and never runs: what begins like a formula gets an apostrophe in front."""
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA) else text


# With their full-width forms, which spreadsheets of East Asian languages read as the plain ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def written(header: list[str], rows: Iterator[list[Any]] | list[list[Any]]) -> str:
    """A CSV file: text is made inert, numbers stay numbers, None is an empty cell."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])
    return file.getvalue()
