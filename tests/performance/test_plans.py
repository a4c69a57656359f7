"""No page reads through all scores: the planner, which has seen the tables, uses an index for each statement."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from benchmarks.pages import School
from benchmarks.run import PAGES
from gradebook.extensions import db
from gradebook.prepared import numbered
from tests.performance.conftest import NOT_MADE_YET

TABLES = ("scores", "score_changes")
WHOLE = {
    "postgresql": re.compile(rf"Seq Scan on ({'|'.join(TABLES)})\b"),
    "sqlite": re.compile(rf"^SCAN ({'|'.join(TABLES)})\b", re.MULTILINE),
}
EXPLAIN = {"postgresql": "EXPLAIN ", "sqlite": "EXPLAIN QUERY PLAN "}
CASES = [key for key in PAGES if "×" not in key and key not in NOT_MADE_YET]

pytestmark = pytest.mark.usefixtures("clock")


@contextmanager
def asked_with_values() -> Iterator[list[tuple[str, Any]]]:
    """Every single statement with its values, as the driver gets it."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, executemany: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not executemany:
            seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plan(school: School, statement: str, values: Any) -> str:
    """The database's plans for one statement, as text: on PostgreSQL also the one that a connection may keep."""
    with school.app.app_context(), db.engine.connect() as connection:
        rows = connection.exec_driver_sql(EXPLAIN[connection.dialect.name] + statement, values).all()
        if connection.dialect.name == "postgresql" and isinstance(values, dict):
            rows += _kept_plan(connection.connection.cursor(), statement, values)
    return "\n".join(str(row[-1]) for row in rows)


def _kept_plan(cursor: Any, statement: str, values: Any) -> list[tuple[str]]:
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(f"PREPARE looked_at AS {numbered(statement, values)}")
    places = ", ".join(f"%({name})s" for name in values)
    cursor.execute(f"EXPLAIN EXECUTE looked_at {places and f'({places})'}", values)
    rows: list[tuple[str]] = cursor.fetchall()
    cursor.execute("DEALLOCATE looked_at")
    return rows


@pytest.mark.parametrize("key", CASES)
def test_no_page_reads_through_all_scores(many, database_kind, key):
    PAGES[key][0](many)
    with asked_with_values() as seen:
        PAGES[key][0](many)
    assert seen
    for statement, values in seen:
        found = plan(many, statement, values)
        assert not WHOLE[database_kind].search(found), f"{statement}\n\n{found}"


def test_what_is_not_measured_is_not_there(app):
    assert set(NOT_MADE_YET.values()) & set(app.view_functions) == set(), "take these out of NOT_MADE_YET"
    assert set(NOT_MADE_YET) <= set(PAGES)


def test_reading_through_all_scores_would_be_found(many, database_kind):
    found = plan(many, "SELECT count(comment) FROM scores WHERE seq > 3", ())
    assert WHOLE[database_kind].search(found), found
