"""Rows into a migrated database, as fast as each database takes them, inside the connection's transaction."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.workload import Workload


def load(connection: Connection, workload: Workload) -> int:
    """Add the school to an empty database, with what the planner knows about it. Returns the number of rows.

    On PostgreSQL the connection is that of the tables' owner.
    """
    rows = 0
    walled: list[str] = []
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL timezone = 'UTC'"))  # the moments carry no zone
        walled = list(connection.scalars(text("SELECT relname FROM pg_class WHERE relforcerowsecurity")))
    for table in walled:  # COPY knows no row-level security
        connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
    for table, columns, source in workload.loads():
        rows += _fill(connection, table, columns, source)
    if connection.dialect.name == "postgresql":
        _move_counters(connection)
    for table in walled:
        connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    connection.execute(text("ANALYZE"))
    return rows


def _fill(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
    cursor = connection.connection.cursor()
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name == "postgresql":
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", _Lines(rows))
    else:
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
    count = int(cursor.rowcount)
    cursor.close()
    return count


class _Lines:
    """Rows in COPY's text format, as a file that is written while it is read."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)
        self._left = ""

    def read(self, size: int = -1) -> str:
        pieces, length = [self._left], len(self._left)
        for row in self._rows:
            line = "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"
            pieces.append(line)
            length += len(line)
            if 0 <= size <= length:
                break
        whole = "".join(pieces)
        if size < 0:
            size = len(whole)
        self._left = whole[size:]
        return whole[:size]


def _move_counters(connection: Connection) -> None:
    """Rows came with their keys: the next ones are counted from there."""
    tables = ("schools", "academic_sessions", "grading_scales", "users", "courses", "sections")
    for table in (*tables, "categories", "assignments", "conversations"):
        last = f"(SELECT max(id) FROM {table})"
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last}) WHERE {last} > 0"))
