"""The long CSV of scores: a row for each score. docs/imports.md describes it for people.

student, assignment, category, weight, points possible, score, status, due, posted: in any order; all but
student and assignment may be left out. Reads Canvas exports too, by handing them on.
"""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.interchange.canvas_csv import is_canvas, read_canvas
from gradebook.interchange.score_sheet import ScoreSheet, SheetAssignment, SheetCell, SheetStudent
from gradebook.interchange.tables import Row, RowProblem, Unreadable, read_table

COLUMNS = ("student", "assignment", "category", "weight", "points possible", "score", "status", "due", "posted")
_NUMBER = re.compile(r"\d{1,5}(?:[.,]\d{1,2})?", re.ASCII)
_DAY_AND_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?)?", re.ASCII)
_YES = {"yes": True, "true": True, "1": True, "posted": True, "no": False, "false": False, "0": False, "hidden": False}


def read_scores(content: bytes, file: str) -> ScoreSheet:
    """The scores in this file, of whichever format. Raises Unreadable."""
    table = read_table(content, file, delimiter=None)
    if is_canvas(table.header):
        return read_canvas(table)
    names = {name.strip().lower() for name in table.header}
    if not {"student", "assignment"} <= names or not {"score", "status"} & names:
        raise Unreadable(
            _l(
                "%(file)s has no columns student, assignment and score, and is no Canvas export. "
                "The columns of a file of scores are: %(columns)s.",
                file=file, columns=", ".join(COLUMNS),
            )
        )  # fmt: skip
    reader = _LongReader(ScoreSheet(file, "CSV"))
    for row in table.rows():
        try:
            reader.row(row)
        except RowProblem as error:
            reader.sheet.problems.append(error.problem)
    reader.sheet.problems.extend(table.problems)
    return reader.sheet


class _LongReader:
    def __init__(self, sheet: ScoreSheet) -> None:
        self.sheet = sheet
        self.students: dict[str, int] = {}
        self.assignments: dict[str, int] = {}
        self.seen: dict[tuple[int, int], int] = {}

    def row(self, row: Row) -> None:
        student = self.student(row)
        assignment = self.assignment(row)
        score, status = row.text("score", 40), row.text("status", 40)
        if not score and not status:
            return
        if (student, assignment) in self.seen:
            text = _l(
                "has a score for this assignment on line %(line)s too. Keep one.", line=self.seen[student, assignment]
            )
            raise row.problem("student", row.text("student"), text)
        self.seen[student, assignment] = row.line
        self.sheet.cells.append(SheetCell(row.line, student, assignment, score, status))

    def student(self, row: Row) -> int:
        name = row.needed("student")
        if name not in self.students:
            self.students[name] = len(self.sheet.students)
            self.sheet.students.append(SheetStudent(row.line, (("student", name),)))
        return self.students[name]

    def assignment(self, row: Row) -> int:
        """The first row of an assignment describes it; later ones may repeat that or leave it out."""
        title = row.needed("assignment", 200)
        described = self.described(row, title)
        place = self.assignments.get(title.casefold())
        if place is None:
            self.assignments[title.casefold()] = len(self.sheet.assignments)
            self.sheet.assignments.append(described)
            return len(self.sheet.assignments) - 1
        known = self.sheet.assignments[place]
        for name, field in (
            ("points possible", "points"), ("category", "category"), ("weight", "category_weight"), ("due", "due_on"),
        ):  # fmt: skip
            here, there = getattr(described, field), getattr(known, field)
            if here and there and here != there:
                text = _l("differs from line %(line)s, which describes the same assignment.", line=known.line)
                raise row.problem(name, row.text(name), text)
            if here and not there:
                known = known._replace(**{field: here})
        self.sheet.assignments[place] = known
        return place

    def described(self, row: Row, title: str) -> SheetAssignment:
        due_on, due_time = _due(row)
        return SheetAssignment(
            row.line, title, None, _number(row, "points possible"), row.text("category", 120), _number(row, "weight"),
            due_on=due_on, due_time=due_time, posted=_posted(row),
        )  # fmt: skip


def _number(row: Row, name: str) -> Decimal | None:
    text = row.text(name).removesuffix("%").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise row.problem(name, text, _l("is not a number like 20 or 12.5."))
    return Decimal(text.replace(",", "."))


def _due(row: Row) -> tuple[date | None, time | None]:
    text = row.text("due")
    if not text:
        return None, None
    match = _DAY_AND_TIME.fullmatch(text)
    try:
        if match is None or not "1900" <= text[:4] <= "2199":
            raise ValueError
        return date.fromisoformat(match[1]), time(int(match[2]), int(match[3])) if match[2] else None
    except ValueError:
        raise row.problem("due", text, _l("is not a date. Write it as 2026-11-20 or 2026-11-20 15:30.")) from None


def _posted(row: Row) -> Any:
    text = row.text("posted")
    if not text:
        return None
    if text.lower() in _YES:
        return _YES[text.lower()]
    try:
        moment = datetime.fromisoformat(text)
        if not 1900 <= moment.year <= 2199:
            raise ValueError
    except ValueError:
        raise row.problem("posted", text, _l("is neither yes, no nor a date.")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
