"""`python -m benchmarks.oulad FOLDER`: the Open University Learning Analytics Dataset, whole, through our own services.

22 module presentations become classes: TMA and CMA in one category, each by its own weight, exams in a second;
half and half where an exam has scores, else the first alone. 28,785 people, 32,593 enrollments, 173,912
scores with their history. Prints counts, seconds and the most memory used; then one student's grade, by the product
and by hand from the files; with --check every student's. The data (CC BY 4.0, Kuzilek, Hlosta and Zdrahal 2017) is not
kept here:

    https://analyse.kmi.open.ac.uk/open_dataset
"""

import argparse
import csv
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import func, insert, select, text

from benchmarks.databases import databases, make_app
from gradebook.clock import utc_now
from gradebook.database import new_public_id
from gradebook.extensions import db
from gradebook.grading.cells import Asked
from gradebook.grading.scales import round_percent
from gradebook.models import (
    AcademicSession,
    Assignment,
    Category,
    Course,
    Enrollment,
    Role,
    School,
    Score,
    ScoreChange,
    Section,
    TotalMode,
    User,
    Weighing,
)
from gradebook.models.people import name_key_of
from gradebook.services.counters import next_number
from gradebook.services.grades import by_student, cells_of, class_work, students_of
from gradebook.services.imported_scores import write_imported
from gradebook.services.scores import Content

MOST_SECONDS = 120
MOST_MEMORY = 1024  # MiB
AT_ONCE = 5_000
BEGINS = {"B": (2, 1), "J": (10, 1)}
EXAMPLE = ("DDD", "2013J")

Presentation = tuple[str, str]


@dataclass
class Loaded:
    """What is known on the way: keys by the data set's own."""

    folder: Path
    now: datetime
    school: School
    sections: dict[Presentation, Section] = field(default_factory=dict)
    teachers: dict[Presentation, int] = field(default_factory=dict)
    begins: dict[Presentation, date] = field(default_factory=dict)
    lengths: dict[Presentation, int] = field(default_factory=dict)
    assessments: dict[str, tuple[Presentation, int, int | None]] = field(default_factory=dict)
    """id_assessment -> (presentation, key, day due)"""
    people: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def main() -> int:
    """Load the data into each database, in a process of its own each, so that memory is measured by itself."""
    given = _arguments()
    if given.database_url:
        return _run(given.folder, given.database_url, given.check)
    if given.database == "both":
        command = [sys.executable, "-m", "benchmarks.oulad", str(given.folder), *(["--check"] if given.check else [])]
        return max(subprocess.call([*command, "--database", kind]) for kind in ("sqlite", "postgresql"))
    with (
        tempfile.TemporaryDirectory(prefix="gradebook-oulad-") as scratch,
        databases(Path(scratch), (given.database,)) as makers,
    ):
        return _run(given.folder, makers[given.database].create(), given.check)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oulad", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where assessments.csv, courses.csv and the student files are")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--database-url", metavar="URL", help="load into this one and keep it")
    parser.add_argument("--check", action="store_true", help="compare every student's grade with the files")
    return parser.parse_args()


def _run(folder: Path, url: str, check: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="gradebook-oulad-") as instance:
        app = make_app(url, Path(instance))
        with app.app_context():
            flask_migrate.upgrade()
        fits = _measured(app, folder)
        with app.app_context():
            show_example(folder)
            right = check_all(folder) if check else True
            db.session.rollback()
            db.engine.dispose()
    return 0 if fits and right else 1


def _measured(app: Flask, folder: Path) -> bool:
    begun = time.perf_counter()
    with app.app_context():
        loaded = load(folder, lambda words: print(f"{time.perf_counter() - begun:7.1f} s  {words}", file=sys.stderr))
        seconds = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\n{db.engine.dialect.name}: {seconds:.1f} s (at most {MOST_SECONDS}), "
              f"{memory:.0f} MiB (at most {MOST_MEMORY})")  # fmt: skip
        print("  " + ", ".join(f"{count:,} {name}" for name, count in _counted(loaded.school).items()))
        db.session.rollback()
    return seconds < MOST_SECONDS and memory < MOST_MEMORY


def _counted(school: School) -> dict[str, int]:
    tables = {
        "classes": Section, "assignments": Assignment, "people": Role, "enrollments": Enrollment, "scores": Score,
        "history rows": ScoreChange,
    }  # fmt: skip
    return {
        name: db.session.scalar(select(func.count()).select_from(table).where(table.school_id == school.id)) or 0
        for name, table in tables.items()
    }


# --- Loading


def load(folder: Path, tell: Any) -> Loaded:
    """Everything, a transaction for each file of people and one for each class's scores."""
    now = utc_now()
    school = School(name="The Open University (OULAD)", timezone="Europe/London", source_id="oulad")
    db.session.add(school)
    db.session.flush()
    loaded = Loaded(folder, now, school)
    _load_classes(loaded)
    tell(f"{len(loaded.sections)} classes, {len(loaded.assessments)} assignments")
    _load_people(loaded)
    _look_at_the_tables()
    tell(f"{len(loaded.people)} people")
    _load_enrollments(loaded)
    _look_at_the_tables()
    db.session.commit()
    tell(f"{loaded.counts['enrollments']} enrollments")
    _load_scores(loaded, tell)
    _look_at_the_tables()
    db.session.commit()
    return loaded


def _look_at_the_tables() -> None:
    """PostgreSQL checks foreign keys slowly while it believes that the tables are as empty as a moment ago."""
    db.session.execute(text("ANALYZE"))


def rows_of(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of one file, packed or not, one after another; "?" and "" both mean that nothing is known."""
    path = folder / f"{name}.csv"
    packed = not path.exists()
    opened: Any = gzip.open(f"{path}.gz", "rt") if packed else path.open(newline="")  # noqa: SIM115 - closed below
    with opened as file:
        for row in csv.DictReader(file):
            yield {key: "" if value == "?" else value for key, value in row.items()}


def presentation_of(row: dict[str, str]) -> Presentation:
    """Module and presentation: what we call a class."""
    return row["code_module"], row["code_presentation"]


def _begins_on(code: str) -> date:
    return date(int(code[:4]), *BEGINS[code[4]])


def _load_classes(loaded: Loaded) -> None:
    for row in rows_of(loaded.folder, "courses"):
        key = presentation_of(row)
        loaded.begins[key] = _begins_on(key[1])
        loaded.lengths[key] = int(row["module_presentation_length"])
    terms = _terms(loaded)
    courses = {
        module: Course(school_id=loaded.school.id, title=module, source_id=module) for module, _ in loaded.begins
    }
    db.session.add_all(courses.values())
    db.session.flush()
    for key in loaded.begins:
        module, code = key
        loaded.sections[key] = Section(
            school_id=loaded.school.id, course_id=courses[module].id, term_id=terms[code].id, title=f"{module} {code}",
            source_id="-".join(key), total_mode=TotalMode.WEIGHTED,
        )  # fmt: skip
    db.session.add_all(loaded.sections.values())
    db.session.flush()
    _load_assignments(loaded)


def _terms(loaded: Loaded) -> dict[str, AcademicSession]:
    longest: dict[str, int] = defaultdict(int)
    for key, days in loaded.lengths.items():
        longest[key[1]] = max(longest[key[1]], days)
    terms = {
        code: AcademicSession(
            school_id=loaded.school.id, kind="term", title=code, source_id=code, begins_on=_begins_on(code),
            ends_on=_begins_on(code) + timedelta(days=days + 1),
        )
        for code, days in longest.items()
    }  # fmt: skip
    db.session.add_all(terms.values())
    db.session.flush()
    return terms


def scored_exams(folder: Path) -> set[Presentation]:
    """The presentations whose exams have scores."""
    exams = {
        row["id_assessment"]: presentation_of(row)
        for row in rows_of(folder, "assessments")
        if row["assessment_type"] == "Exam"
    }
    return {
        exams[row["id_assessment"]] for row in rows_of(folder, "studentAssessment") if row["id_assessment"] in exams
    }


def _load_assignments(loaded: Loaded) -> None:
    with_exam = scored_exams(loaded.folder)
    categories = {}
    for key, section in loaded.sections.items():
        half = key in with_exam
        for place, (title, weight) in enumerate(
            (("Assessments", 50 if half else 100), ("Exams", 50 if half else 0)), 1
        ):
            categories[key, title] = Category(
                school_id=section.school_id, section_id=section.id, title=title, weight=Decimal(weight),
                weighing=Weighing.OWN, position=place,
            )  # fmt: skip
    db.session.add_all(categories.values())
    db.session.flush()
    numbers: dict[tuple[Presentation, str], int] = defaultdict(int)
    work = {}
    for row in rows_of(loaded.folder, "assessments"):
        key, kind = presentation_of(row), row["assessment_type"]
        numbers[key, kind] += 1
        # An exam without a day is in the last week of the presentation.
        day = int(row["date"]) if row["date"] else loaded.lengths[key]
        work[row["id_assessment"]] = Assignment(
            school_id=loaded.school.id, section_id=loaded.sections[key].id, points=Decimal(100),
            category_id=categories[key, "Exams" if kind == "Exam" else "Assessments"].id,
            title=f"{kind} {numbers[key, kind]}", weight=Decimal(row["weight"]), position=len(work) + 1,
            due_on=loaded.begins[key] + timedelta(days=day), posted_at=loaded.now, source_id=row["id_assessment"],
        )  # fmt: skip
        loaded.assessments[row["id_assessment"]] = (key, 0, day)
    db.session.add_all(work.values())
    db.session.flush()
    for own, assignment in work.items():
        key, _, day = loaded.assessments[own]
        loaded.assessments[own] = (key, assignment.id, day)


def _load_people(loaded: Loaded) -> None:
    keys = dict.fromkeys(row["id_student"] for row in rows_of(loaded.folder, "studentInfo"))
    for some in _parts(keys):
        loaded.people |= _add_people(loaded, "student", {key: (f"s{key}", f"Student {key}") for key in some})
    tutors = {
        "-".join(key): ("-".join(("tutor", *key)).lower(), f"Tutor of {' '.join(key)}") for key in loaded.sections
    }
    made = _add_people(loaded, "adult", tutors)
    loaded.teachers = {key: made["-".join(key)] for key in loaded.sections}


def _add_people(loaded: Loaded, account_kind: str, names: dict[str, tuple[str, str]]) -> dict[str, int]:
    rows = [
        {
            "account_kind": account_kind, "username": username, "username_key": username, "display_name": name,
            "sort_name": name, "name_key": name_key_of(name, name), "called": name, "public_id": new_public_id(),
        }
        for username, name in names.values()
    ]  # fmt: skip
    table: Any = User.__table__
    found = db.session.execute(insert(table).returning(table.c.id, table.c.username), rows)
    by_username = {username: key for key, username in found}
    keys = {own: by_username[username] for own, (username, _) in names.items()}
    roles = [
        {
            "user_id": keys[own], "account_kind": account_kind, "school_id": loaded.school.id, "source_id": own,
            "kind": "student" if account_kind == "student" else "teacher", "begins_on": date(2013, 1, 1),
        }
        for own in names
    ]  # fmt: skip
    table = Role.__table__
    db.session.execute(insert(table), roles)
    return keys


def _load_enrollments(loaded: Loaded) -> None:
    table: Any = Enrollment.__table__
    tutors = [
        _place(loaded, key, user_id, "lead", loaded.begins[key], None) for key, user_id in loaded.teachers.items()
    ]
    db.session.execute(insert(table), tutors)
    for some in _parts(rows_of(loaded.folder, "studentRegistration")):
        places = []
        for row in some:
            key = presentation_of(row)
            joined = loaded.begins[key] + timedelta(days=int(row["date_registration"] or 0))
            left = loaded.begins[key] + timedelta(days=int(row["date_unregistration"] or 0))
            ends_on = max(left, joined) if row["date_unregistration"] else None
            places.append(_place(loaded, key, loaded.people[row["id_student"]], "student", joined, ends_on))
        db.session.execute(insert(table), places)
        loaded.counts["enrollments"] += len(places)


def _place(
    loaded: Loaded, key: Presentation, user_id: int, position: str, begins_on: date, ends_on: date | None
) -> dict[str, Any]:
    return {
        "school_id": loaded.school.id, "section_id": loaded.sections[key].id, "user_id": user_id, "position": position,
        "role_kind": "student" if position == "student" else "teacher", "begins_on": begins_on, "ends_on": ends_on,
        "public_id": new_public_id(),
    }  # fmt: skip


def _load_scores(loaded: Loaded, tell: Any) -> None:
    """The file is in the order of presentations: each is one import, with one number and one transaction."""

    def owner(row: dict[str, str]) -> Presentation:
        return loaded.assessments[row["id_assessment"]][0]

    for key, rows in groupby(rows_of(loaded.folder, "studentAssessment"), owner):
        writing: dict[tuple[int, int], Content] = {}
        more: dict[tuple[int, int], dict[str, Any]] = {}
        for row in rows:
            _, assignment_id, due = loaded.assessments[row["id_assessment"]]
            place = (assignment_id, loaded.people[row["id_student"]])
            handed_in = int(row["date_submitted"])
            if row["score"]:
                late = due is not None and handed_in > due
                writing[place] = Content(points=int(row["score"]) * 100, late=late)
            else:
                writing[place] = Content(status="turned_in")
            moment = datetime.combine(loaded.begins[key] + timedelta(days=handed_in), clock_time(12), UTC)
            comment = "Carried over from an earlier presentation." if row["is_banked"] == "1" else None
            more[place] = {"turned_in_at": moment, "comment": comment}
        section = loaded.sections[key]
        number = next_number(section)
        write_imported(section, writing, {}, number=number, actor_id=loaded.teachers[key], now=loaded.now, more=more)
        db.session.commit()
        tell(f"{' '.join(key)}: {len(writing)} scores")


def _parts(rows: Any) -> Iterator[list[Any]]:
    rows = iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        yield some


# --- By hand, from the files alone


def by_hand(folder: Path) -> dict[Presentation, dict[str, tuple[Fraction | None, list[str]]]]:
    """Every student's current grade, worked out from the files without the product, with the sums in words."""
    with_exam = scored_exams(folder)
    about = {
        row["id_assessment"]: (presentation_of(row), row["assessment_type"], Fraction(row["weight"]))
        for row in rows_of(folder, "assessments")
    }
    found: dict[Presentation, dict[str, list[tuple[str, Fraction, int, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(folder, "studentAssessment"):
        key, kind, weight = about[row["id_assessment"]]
        if row["score"]:
            found[key][row["id_student"]].append((kind, weight, int(row["score"]), row["id_assessment"]))
    return {
        key: {student: _grade_by_hand(some, key in with_exam) for student, some in students.items()}
        for key, students in found.items()
    }


def _grade_by_hand(some: list[tuple[str, Fraction, int, str]], has_exam: bool) -> tuple[Fraction | None, list[str]]:
    words, parts = [], []
    for title, is_exam, share in (
        ("Assessments", False, 50 if has_exam else 100),
        ("Exams", True, 50 if has_exam else 0),
    ):
        rows = [row for row in some if (row[0] == "Exam") == is_exam]
        weights = sum((row[1] for row in rows), Fraction(0))
        if not rows or not weights:
            continue
        total = sum((row[1] * row[2] for row in rows), Fraction(0))
        words.append(
            f"{title}: ({' + '.join(f'{float(row[1]):g}×{row[2]}' for row in rows)}) / {float(weights):g} "
            f"= {float(total):g} / {float(weights):g} = {float(total / weights):.4f}%"
        )  # fmt: skip
        if share:
            parts.append((share, total / weights))
    if not parts:
        return None, words
    grade = sum((share * percent for share, percent in parts), Fraction(0)) / sum(share for share, _ in parts)
    words.append(f"({' + '.join(f'{share}×{float(percent):.4f}' for share, percent in parts)}) / "
                 f"{sum(share for share, _ in parts)} = {round_percent(grade)}%")  # fmt: skip
    return grade, words


def show_example(folder: Path) -> None:
    """One student of a presentation with an exam: the product's grade with its parts, and the sum by hand."""
    section = db.session.scalar(select(Section).where(Section.source_id == "-".join(EXAMPLE)))
    assert section is not None
    hand = by_hand(folder)[EXAMPLE]
    own = next(key for key, (_, words) in hand.items() if len(words) == 3)
    work = class_work(section, utc_now())
    user_id = db.session.scalar(select(Role.user_id).where(Role.source_id == own, Role.school_id == section.school_id))
    student = next(each for each in students_of(section, section.school.today(utc_now())) if each.id == user_id)
    grade = work.grade(student, work.marks(cells_of(list(work.by_id), [student.id])), posted_only=False)
    print(f"\nStudent {own} in {section.title}, by the product: current {grade.current}%, final {grade.final}%")
    for part in grade.parts:
        print(f"  {part.category.title}: {part.percentage}%, {float(part.contribution):.4f} of the grade")
    print("By hand, from assessments.csv and studentAssessment.csv:")
    for line in hand[own][1]:
        print(f"  {line}")


def check_all(folder: Path) -> bool:
    """Whether the product's current grade of every student with a score is the one worked out from the files."""
    begun, compared, wrong = time.perf_counter(), 0, []
    users = dict(db.session.execute(select(Role.user_id, Role.source_id)).all())
    for key, students in by_hand(folder).items():
        section = db.session.scalar(select(Section).where(Section.source_id == "-".join(key)))
        assert section is not None
        work = class_work(section, utc_now())
        for user_id, cells in by_student(cells_of(list(work.by_id))).items():
            totals = work.calculator.totals(work.marks(cells), Asked(work.now))
            expected = students.get(users[user_id], (None, []))[0]
            compared += 1
            if totals.current != (None if expected is None else round_percent(expected)):
                wrong.append((section.title, users[user_id], totals.current, expected))
    seconds = time.perf_counter() - begun
    print(f"\n{compared:,} current grades compared with the files in {seconds:.1f} s: {len(wrong)} differ")
    for line in wrong[:10]:
        print(" ", *line)
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
