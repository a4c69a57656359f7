"""Scores and their history as rows, a whole class at once: points and percent are whole hundredths, as they are stored.

The models' types would turn each value of a thousand rows into what Python calculates with, and back.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import JSON, ColumnClause, Enum, Integer, String, Text, bindparam, cast, column, func, select, table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gradebook.database import Points
from gradebook.extensions import db, execute_plain
from gradebook.models import Score, ScoreChange

Row = dict[str, Any]
"""By the name of the column; all rows of one statement say the same columns."""

_KEYS = ("assignment_id", "student_id", "school_id")


def upsert_scores(rows: Sequence[Row]) -> None:
    """Insert or replace scores by their key, in one statement.

    Only for writers of whole changes, which ask whether the period is open and write the history.
    """
    _execute(_upsert(db.engine.dialect.name, tuple(rows[0])), rows)


def insert_changes(rows: Sequence[Row]) -> None:
    """Write the history of what was changed, in one statement."""
    _execute(_insert(db.engine.dialect.name, ScoreChange, tuple(rows[0])), rows)


def _execute(statement: Any, rows: Sequence[Row]) -> None:
    of_one = db.engine.dialect.name == "postgresql"
    execute_plain(statement, {"rows": json.dumps(rows, default=_iso)} if of_one else rows)


def _iso(value: date) -> str:
    return value.isoformat()


@cache
def _upsert(backend: str, names: tuple[str, ...]) -> Any:
    statement = _insert(backend, Score, names)
    return statement.on_conflict_do_update(
        index_elements=list(_KEYS),
        set_={name: getattr(statement.excluded, name) for name in names if name not in _KEYS},
    )


@cache
def _insert(backend: str, model: Any, names: tuple[str, ...]) -> Any:
    """On PostgreSQL all rows are one value: as values of their own they would make a statement of their number."""
    plain = table(model.__tablename__, *_columns(model, names))
    if backend != "postgresql":
        return sqlite_insert(plain)
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*_columns(model, names))
    return postgresql_insert(plain).from_select(names, select(*rows.render_derived(with_types=True).c))


def _columns(model: Any, names: Sequence[str]) -> list[ColumnClause[Any]]:
    return [column(name, _plain(model.__table__.c[name].type)) for name in names]


def _plain(kind: Any) -> Any:
    """The type as which the database keeps it."""
    if isinstance(kind, Points):
        return Integer()
    return String() if isinstance(kind, Enum) else kind
