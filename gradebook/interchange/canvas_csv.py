"""Canvas gradebook exports: a row for each student, a column for each assignment.

With a row "Points Possible" the number in brackets behind a title is Canvas' own key. Without that row it is
taken for the points possible, if no score is above it. Columns of totals are never imported.
"""

import re
from decimal import Decimal

from flask_babel import lazy_gettext as _l

from gradebook.interchange.score_sheet import ScoreSheet, SheetAssignment, SheetCell, SheetStudent
from gradebook.interchange.tables import Problem, Table, one_line

NAMES = ("sis user id", "sis login id", "id", "student")
"""Columns that say who a row is about, the surest first."""
TOTALS = ("unposted current score", "unposted final score", "current score", "final score")
READ_ONLY = "(read only)"
_TITLE = re.compile(r"(?P<title>.*\S)\s*\((?P<number>\d+)\)", re.ASCII)
_NUMBER = re.compile(r"\d{1,5}(\.\d{1,2})?", re.ASCII)


def is_canvas(header: list[str]) -> bool:
    """Whether this is the header of such an export."""
    names = [one_line(name).lower() for name in header]
    return "student" in names and "section" in names and bool({"id", "sis user id", "sis login id"} & set(names))


def read_canvas(table: Table) -> ScoreSheet:
    """What the export says."""
    header = [one_line(name) for name in table.header]
    sheet = ScoreSheet(table.file, "Canvas")
    places = {name.lower(): place for place, name in reversed(list(enumerate(header)))}
    possible, hidden, rows = _rows(table, places["student"])
    sheet.categories = [
        name[: -len(ending)].strip()
        for name in header
        for ending in (" Current Score",)
        if name.endswith(ending) and not name.endswith("Unposted Current Score")
    ]
    columns = _columns(sheet, header, possible, hidden, rows)
    for line, cells in rows:
        student = len(sheet.students)
        sheet.students.append(_student(line, cells, places))
        sheet.totals.append(
            {name: one_line(cells[place]) for place, name in enumerate(header) if name.lower().endswith(TOTALS)}
        )
        for assignment, place in enumerate(columns):
            if score := one_line(cells[place]):
                sheet.cells.append(SheetCell(line, student, assignment, score))
    return sheet


Rows = list[tuple[int, list[str]]]


def _rows(table: Table, student: int) -> tuple[list[str] | None, list[str] | None, Rows]:
    """The row of points possible, the row that marks hidden assignments, and the students' rows."""
    possible = hidden = None
    rows: Rows = []
    width = len(table.header)
    for line, short in table.records:
        cells = (short + [""] * (width - len(short)))[:width]
        name = one_line(cells[student]).casefold()
        if name == "points possible":
            possible = cells
        elif not name and {one_line(cell).casefold() for cell in cells} & {"muted", "manual posting"}:
            hidden = cells
        elif name and name != "student, test":  # Canvas' own test student is nobody
            rows.append((line, cells))
    return possible, hidden, rows


def _student(line: int, cells: list[str], places: dict[str, int]) -> SheetStudent:
    names = [(name, one_line(cells[places[name]])) for name in NAMES if name in places]
    return SheetStudent(line, tuple(pair for pair in names if pair[1]))


def _columns(
    sheet: ScoreSheet, header: list[str], possible: list[str] | None, hidden: list[str] | None, rows: Rows
) -> list[int]:
    """Note the assignments; returns the places of their columns."""
    columns = []
    ignored = []
    for place, name in enumerate(header):
        match = _TITLE.fullmatch(name)
        if match is None:
            is_work = possible is not None and _NUMBER.fullmatch(one_line(possible[place])) is not None
        elif possible is not None:
            is_work = one_line(possible[place]) != READ_ONLY
        else:
            is_work = True
        if not is_work:
            ignored.append(name)
            continue
        title = one_line(match["title"]) if match else name
        points = _points(sheet, name, match, possible[place] if possible else None, [cells[place] for _, cells in rows])
        source_id = f"canvas:{match['number']}" if match and possible is not None else None
        category, is_guess = _category(title, sheet.categories)
        is_hidden = hidden is not None and one_line(hidden[place]) != ""
        sheet.assignments.append(
            SheetAssignment(
                1, title[:200], source_id, points, category, None, is_guess, posted=False if is_hidden else None
            )
        )
        columns.append(place)
    _note_ignored(sheet, ignored)
    return columns


def _points(
    sheet: ScoreSheet, name: str, match: re.Match[str] | None, possible: str | None, scores: list[str]
) -> Decimal | None:
    """Full marks: from their row, else from the bracket."""
    if possible is not None:
        text = one_line(possible)
        if text and not _NUMBER.fullmatch(text):
            _problem(sheet, 2, name, text, _l("is not a number of points."))
        return Decimal(text) if _NUMBER.fullmatch(text) else Decimal(0)
    assert match is not None  # noqa: S101 - without that row only columns with a bracket are assignments
    numbers = [Decimal(score) for score in map(one_line, scores) if _NUMBER.fullmatch(score)]
    most = max(numbers, default=Decimal(0))
    if _NUMBER.fullmatch(match["number"]) is None or most > Decimal(match["number"]):
        text = _l(
            "may be a key or the points possible: there is no row Points Possible, and the highest score is "
            "%(most)s. Export the file again with that row.",
            most=most,
        )
        _problem(sheet, 1, name, match["number"], text)
        return None
    return Decimal(match["number"])


def _category(title: str, categories: list[str]) -> tuple[str, bool]:
    """The file does not say which group an assignment is in: the one whose name is in its title, as a guess."""
    words = {word.casefold().rstrip("s") for word in re.findall(r"\w+", title)}
    found = [name for name in categories if name and {word.casefold().rstrip("s") for word in name.split()} <= words]
    return (found[0], True) if len(found) == 1 else ("", False)


def _note_ignored(sheet: ScoreSheet, ignored: list[str]) -> None:
    known = {*NAMES, "section", "integration id", "root account"}
    names = [name for name in ignored if name and name.lower() not in known and not name.lower().endswith(TOTALS)]
    for name in names:
        sheet.notes.append(Problem(sheet.file, 1, name, "", _l("is no assignment and was not read.")))


def _problem(sheet: ScoreSheet, line: int, name: str, value: str, text: object) -> None:
    sheet.problems.append(Problem(sheet.file, line, name, value, text))
