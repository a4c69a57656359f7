"""`python -m benchmarks.oulad_grades FOLDER --database-url URL`: every grade of OULAD in one pass; exports checked.

URL is a database into which `benchmarks.oulad --database-url` has loaded the data. Calculates the totals and then
the grades with all parts of every student of the 22 presentations, class after class, with the processor time and the
most memory; runs `flask export-grades --format json` for each; and has 30 students worked out again from the raw files
by `benchmarks.oulad_by_hand`, which shares no code with the product.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from benchmarks.databases import make_app
from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.grading.cells import Asked
from gradebook.models import Section
from gradebook.services.grades import by_student, cells_of, class_work


def main() -> int:
    """Calculate, export, compare."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.oulad_grades", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="where the raw files are")
    parser.add_argument("--database-url", metavar="URL", required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gradebook-oulad-") as scratch:
        app = make_app(given.database_url, Path(scratch))
        with app.app_context():
            _calculate_all()
        exports = Path(scratch) / "exports"
        exports.mkdir()
        _export_all(app, exports)
        command = [sys.executable, "-m", "benchmarks.oulad_by_hand", str(given.folder), str(exports)]
        return subprocess.call(command)


def _sections() -> list[Section]:
    return list(db.session.scalars(select(Section).order_by(Section.source_id)))


def _calculate_all() -> None:
    """One pass: a class is read, calculated and forgotten before the next."""
    students = scores = 0
    reading = totals = parts = 0.0
    before = _memory()
    for section in _sections():
        begun = time.process_time()
        work = class_work(section, utc_now())
        marks = [work.marks(cells) for cells in by_student(cells_of(list(work.by_id))).values()]
        read = time.process_time()
        for some in marks:
            work.calculator.totals(some, Asked(work.now))
        counted = time.process_time()
        for some in marks:
            work.calculator.grade(some, Asked(work.now))
        done = time.process_time()
        reading, totals, parts = reading + read - begun, totals + counted - read, parts + done - counted
        students, scores = students + len(marks), scores + sum(map(len, marks))
        db.session.rollback()
    print(
        f"{students:,} students with {scores:,} scores in {len(_sections())} classes: reading {reading:.1f} s, "
        f"totals {totals:.2f} s, grades with all parts {parts:.2f} s; {_memory() - before:.0f} MiB more than "
        f"the {before:.0f} MiB before"
    )


def _memory() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _export_all(app: Flask, exports: Path) -> None:
    with app.app_context():
        classes = [(section.public_id, section.source_id or "") for section in _sections()]
    begun, size = time.perf_counter(), 0
    for public_id, name in classes:
        command = ["export-grades", "--section", public_id, "--format", "json"]
        answer = app.test_cli_runner().invoke(args=command)
        if answer.exit_code:
            raise SystemExit(f"flask {' '.join(command)}: {answer.output}")
        size += (exports / f"{name}.json").write_text(answer.stdout, encoding="utf-8")
    print(f"{len(classes)} exports in {time.perf_counter() - begun:.1f} s, {size / 1e6:.0f} MB\n")


if __name__ == "__main__":
    sys.exit(main())
