"""The measured school is the same each time, and is a school that the database accepts."""

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from benchmarks.loading import load
from benchmarks.pages import form_fields
from benchmarks.workload import GROWTH, Workload, public_id
from gradebook.extensions import db
from gradebook.models import Section
from gradebook.services.grades import by_student, cells_of, class_work, students_of

SMALL = Workload(date(2026, 10, 14), "no hash", sections=13, students=3, assignments=8)


def digest(workload):
    """Of every row, in order."""
    found = hashlib.sha256()
    for loaded in workload.loads():
        found.update(f"{loaded.table} {loaded.columns}".encode())
        for row in loaded.rows:
            assert len(row) == len(loaded.columns)
            found.update(repr(row).encode())
    return found.hexdigest()


def test_the_same_numbers_make_the_same_rows():
    assert digest(SMALL) == digest(replace(SMALL))
    assert digest(SMALL) != digest(replace(SMALL, seed=21))


def test_a_class_has_the_same_scores_in_a_larger_school():
    def scores(workload):
        first = workload.first_assignment(0)
        rows = next(each.rows for each in workload.loads() if each.table == "scores")
        return [(row[0], row[1] - workload.student_id(0, 0), *row[2:]) for row in rows if row[0] < first + 8]

    assert scores(SMALL) == scores(replace(SMALL, sections=26, growth=((6, 4),)))


def test_addresses_look_random_and_differ():
    names = {public_id(table, number) for table in ("users", "sections") for number in range(2000)}
    assert len(names) == 4000
    assert all(len(name) == 12 and name.isalnum() for name in names)


def test_the_large_school_has_the_size_that_the_goals_speak_of():
    school = replace(SMALL, sections=500, students=30, assignments=40, growth=GROWTH)
    assert school.score_count() == 665_100  # 645,000 of them filled


def test_both_databases_accept_the_school(app):
    workload = replace(SMALL, growth=((5, 4), (2, 6)))
    rows = load(db.session.connection(), workload)
    counted = db.session.execute(text("SELECT count(*) FROM scores")).scalar_one()
    assert rows > counted > 0.9 * workload.score_count()
    assert db.session.execute(text("SELECT count(*) FROM score_changes")).scalar_one() == counted


def test_new_rows_are_counted_on_from_the_loaded_ones(app):
    load(db.session.connection(), SMALL)
    course = {"public_id": "AAAAAAAAAAAA", "school_id": 1, "title": "New"}
    db.session.execute(
        text("INSERT INTO courses (public_id, school_id, title) VALUES (:public_id, :school_id, :title)"), course
    )
    assert db.session.execute(text("SELECT max(id) FROM courses")).scalar_one() == 13


def test_every_loaded_student_has_a_grade(app, clock):
    load(db.session.connection(), SMALL)
    section = db.session.get(Section, 1)
    work = class_work(section, clock.now)
    students = students_of(section, section.school.today(clock.now))
    cells = by_student(cells_of(work.by_id))
    totals = [work.totals(student, work.marks(cells[student.id]), posted_only=True) for student in students]
    assert len(totals) == 3
    assert all(total.current is not None and total.letter for total in totals)


def test_siblings_share_their_guardians():
    assert SMALL.guardian_id(0, 1, 0) == SMALL.guardian_id(1, 1, 0)
    assert SMALL.guardian_id(0, 1, 0) != SMALL.guardian_id(2, 1, 0)
    assert SMALL.guardian_id(0, 1, 0) != SMALL.guardian_id(0, 1, 1)


@pytest.mark.parametrize(
    ("page", "sent"),
    [
        ('<form><input name="a" value="1&amp;2"></form>', {"a": "1&2"}),
        ('<form><input name="a" type="checkbox" value="x"></form>', {}),
        ('<form><input name="a" type="checkbox" value="x" checked></form>', {"a": "x"}),
        ('<form><select name="a"><option value="1"><option value="2" selected></select></form>', {"a": "2"}),
        ('<form><textarea name="a">words</textarea></form>', {"a": "words"}),
        ('<form><input name="b"></form><form><input name="a"><input name="c"></form>', {"a": "", "c": ""}),
    ],
)
def test_a_form_is_read_as_a_browser_would_send_it(page, sent):
    assert form_fields(page) == sent
