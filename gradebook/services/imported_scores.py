"""Writing many scores of one class at once, as a file gives them: under one number, each with its history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gradebook.models import ChangeKind, Section
from gradebook.services import periods
from gradebook.services.grades import Cell
from gradebook.services.scores import Content, Place, row_of, write_rows


def write_imported(
    section: Section,
    writing: Mapping[Place, Content],
    stored: Mapping[Place, Cell],
    *,
    number: int,
    actor_id: int,
    now: datetime,
    more: Mapping[Place, dict[str, Any]] | None = None,
) -> None:
    """Write cells and their history under a number already taken, in two statements.

    `more` has other columns of a score that the file gives: comment, turned_in_at. What it does not give stays.
    Raises PeriodClosed.
    """
    if not writing:
        return
    periods.require_work_open(section, {place[0] for place in writing})
    more = more or {}
    rows = [
        {**row_of(section, place, content, stored.get(place), number), **more.get(place, {})}
        for place, content in writing.items()
    ]
    write_rows(section, rows, stored, actor_id=actor_id, now=now, kind=ChangeKind.IMPORT)
