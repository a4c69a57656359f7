"""Grades of a class going out: a CSV that is inert in spreadsheets, or JSON with the parts of every grade."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from gradebook.grading.periods import CourseGrade
from gradebook.grading.scales import percent_text
from gradebook.grading.values import Grade, Totals
from gradebook.interchange.tables import written

HEADER = ["student", "username", "student id", "current", "final", "letter", "final letter"]


class GradeLine(NamedTuple):
    """One student's grade, and the names by which a file can be read back."""

    student: str
    username: str
    source_id: str | None
    grade: Grade | CourseGrade
    """Computed, or as it was kept; what a teacher put in its place is not in it."""
    totals: Totals
    """As they are shown."""
    outcomes: list[dict[str, Any]] | None = None
    """The level of each outcome with its ratings, in JSON types; None in a class that grades points."""


def as_csv(lines: Iterable[GradeLine]) -> str:
    """A row for each student: numbers as numbers, text as text, nothing where there is no grade."""
    return written(HEADER, [_row(line) for line in lines])


def _row(line: GradeLine) -> list[Any]:
    grade = line.totals
    return [
        line.student, line.username, line.source_id, _number(grade.current), _number(grade.final), grade.letter,
        grade.final_letter,
    ]  # fmt: skip


def _number(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else Decimal(percent_text(percent))


def as_json(lines: Iterable[GradeLine], *, title: str, school: str, term: str, at: datetime) -> str:
    """Everything that is needed to work each grade out again; amounts are exact texts."""
    content = {
        "school": school,
        "class": title,
        "term": term,
        "at": at.isoformat(),
        "students": [
            {
                "student": line.student,
                "username": line.username,
                "student_id": line.source_id,
                "current": _text(line.totals.current),
                "final": _text(line.totals.final),
                "letter": line.totals.letter,
                "final_letter": line.totals.final_letter,
                "set_by_teacher": line.totals != line.grade.totals,
                "grade": line.grade.to_dict(),
                **({} if line.outcomes is None else {"outcomes": line.outcomes}),
            }
            for line in lines
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _text(percent: Decimal | None) -> str | None:
    return None if percent is None else percent_text(percent)
