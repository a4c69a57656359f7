"""What this machine allows: the same rows by plain SQL, one committed write, a table joined in Python, the hash."""

import gzip
import html
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.workload import SCHOOL, Workload
from gradebook.services.passwords import check_password

STUDENTS = """
    SELECT users.id, users.public_id, users.display_name, users.sort_name, enrollments.begins_on, enrollments.ends_on
    FROM enrollments JOIN users ON users.id = enrollments.user_id
    WHERE enrollments.section_id = ? AND enrollments.role_kind = 'student' ORDER BY users.name_key, users.id"""
WORK = """
    SELECT assignments.id, assignments.title, assignments.points, assignments.due_on, assignments.posted_at,
        categories.id, categories.title, categories.weight
    FROM assignments JOIN categories ON categories.id = assignments.category_id
    WHERE assignments.section_id = ? ORDER BY categories.position, assignments.position"""
CELLS = """
    SELECT assignment_id, student_id, points, percent, letter, status, late, late_cleared, turned_in_at, finish_by,
        comment, seq
    FROM scores WHERE assignment_id BETWEEN ? AND ?"""
ONE_STUDENT = """
    SELECT assignments.section_id, assignments.id, assignments.title, assignments.points, assignments.due_on,
        scores.points, scores.status, scores.late, scores.comment
    FROM scores JOIN assignments ON assignments.id = scores.assignment_id
    WHERE scores.student_id = ? AND assignments.posted_at IS NOT NULL"""
UPSERT = """
    INSERT INTO scores (assignment_id, student_id, school_id, points, status, late, late_cleared, seq)
    VALUES (?, ?, ?, ?, 'none', ?, ?, ?)
    ON CONFLICT (assignment_id, student_id, school_id) DO UPDATE SET points = excluded.points, seq = excluded.seq"""
SCRATCH = 3
"""The number of a class that no page of the run reads: floors write there."""


class Floors:
    """Plain statements on one database, through its driver alone."""

    def __init__(self, connection: Any, kind: str, workload: Workload) -> None:
        self._connection = connection
        self._kind = kind
        self._workload = workload
        self._count = 0

    def grid_rows(self, section: int) -> Callable[[], float]:
        """All rows of one class's grid, in three queries."""
        first = self._workload.first_assignment(section)
        columns = next(count for number, _, count in self._workload.classes() if number == section)
        queries = ((STUDENTS, (section + 1,)), (WORK, (section + 1,)), (CELLS, (first, first + columns - 1)))
        return lambda: self._read(*queries)

    def student_rows(self, student: int) -> Callable[[], float]:
        """All posted scores of one student."""
        return lambda: self._read((ONE_STUDENT, (student,)))

    def upsert(self, cells: int) -> Callable[[], float]:
        """So many cells of the scratch class written in one transaction, until the database says they are safe."""
        first, students = self._workload.first_assignment(SCRATCH), self._workload.students_of(SCRATCH)
        places = [(first + cell // len(students), students[cell % len(students)]) for cell in range(cells)]
        return lambda: self._write(places)

    def _read(self, *queries: tuple[str, tuple[Any, ...]]) -> float:
        cursor = self._connection.cursor()
        begin = time.perf_counter()
        for sql, values in queries:
            cursor.execute(self._spelled(sql), values)
            cursor.fetchall()
        seconds = time.perf_counter() - begin
        cursor.close()
        if self._kind == "postgresql":
            self._connection.rollback()
        return seconds

    def _write(self, places: list[tuple[int, int]]) -> float:
        self._count += 1
        points = self._count % 900
        rows = [(*place, SCHOOL, points, False, False, self._count) for place in places]
        cursor = self._connection.cursor()
        begin = time.perf_counter()
        if self._kind == "postgresql":
            from psycopg2.extras import execute_values

            head, tail = UPSERT.split("VALUES")
            tail = tail[tail.index("ON CONFLICT") :]
            execute_values(cursor, f"{head} VALUES %s {tail}", rows, "(%s, %s, %s, %s, 'none', %s, %s, %s)", 2000)
            self._connection.commit()
        else:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(UPSERT, rows)
            cursor.execute("COMMIT")
        seconds = time.perf_counter() - begin
        cursor.close()
        return seconds

    def _spelled(self, sql: str) -> str:
        return sql.replace("?", "%s") if self._kind == "postgresql" else sql


def joined_table(students: int, assignments: int) -> Callable[[], float]:
    """The table of a grid, an input in each cell, joined in Python and compressed as pages are."""
    cells = [[f"{(row * 7 + column * 3) % 100}" for column in range(assignments)] for row in range(students)]

    def join() -> float:
        begin = time.perf_counter()
        rows = []
        for row, texts in enumerate(cells):
            fields = [
                f'<td><input id=s{row}c{column} name=s{row}c{column} aria-labelledby="s{row} a{column}" value="{text}">'
                for column, text in enumerate(texts)
            ]
            rows.append(f"<tr><th id=s{row}>{html.escape('Name, of the student')}{''.join(fields)}")
        gzip.compress("".join(rows).encode(), compresslevel=1, mtime=0)
        return time.perf_counter() - begin

    return join


def hash_alone(stored: str, password: str) -> Callable[[], float]:
    """Checking one password."""

    def check() -> float:
        begin = time.perf_counter()
        check_password(stored, password)
        return time.perf_counter() - begin

    return check


def disk_write(folder: Path) -> Callable[[], float]:
    """8 KiB written and forced to the disk."""
    path, block = folder / "disk", os.urandom(8192)

    def write() -> float:
        with path.open("wb", buffering=0) as file:
            begin = time.perf_counter()
            file.write(block)
            os.fdatasync(file.fileno())
            return time.perf_counter() - begin

    return write
