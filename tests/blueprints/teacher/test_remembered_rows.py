"""The grid draws rows again only where something is another: the page is always the one a new process would make.

Statements write as a person at the database's own prompt would, without counters: what is remembered may rest on
nothing but what was read.
"""

import re
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import text

from gradebook.blueprints.teacher import grid_table
from gradebook.extensions import db
from gradebook.services.grades import forget_parts
from gradebook.services.lines import forget_lines
from tests.classes import make_class
from tests.families import add_letters

PUPILS = "SELECT user_id FROM enrollments WHERE section_id = :section AND role_kind = 'student' ORDER BY user_id"
WORKS = "SELECT id FROM assignments WHERE section_id = :section ORDER BY id"
ONE = "WHERE assignment_id = (SELECT max(id) FROM assignments WHERE section_id = :section)"
WORK = "WHERE id = (SELECT min(id) FROM assignments WHERE section_id = :section)"
STUDENT = "(SELECT min(user_id) FROM enrollments WHERE section_id = :section AND role_kind = 'student')"
PLACE = f"WHERE section_id = :section AND user_id = {STUDENT}"

WRITES = {  # points, weights and percents stand in hundredths
    "a score": f"UPDATE scores SET points = 300 {ONE}",
    "above full marks": f"UPDATE scores SET points = 3300 {ONE}",
    "missing": f"UPDATE scores SET points = NULL, status = 'missing' {ONE}",
    "excused": f"UPDATE scores SET points = NULL, status = 'excused' {ONE}",
    "late": f"UPDATE scores SET late = TRUE {ONE}",
    "a comment": f"UPDATE scores SET comment = 'Well done' {ONE}",
    "a note": f"UPDATE scores SET private_note = 'Ask him' {ONE}",
    "no score": f"DELETE FROM scores {ONE}",
    "full marks": f"UPDATE assignments SET points = 100 {WORK}",
    "a title": f"UPDATE assignments SET title = 'Renamed' {WORK}",
    "hidden": f"UPDATE assignments SET posted_at = NULL {WORK}",
    "does not count": f"UPDATE assignments SET counts = FALSE {WORK}",
    "deleted": f"UPDATE assignments SET deleted_at = '2026-10-01 00:00:00' {WORK}",
    "weights": "UPDATE categories SET weight = 7000 WHERE section_id = :section AND position = 0",
    "dropping": "UPDATE categories SET drop_lowest = 2 WHERE section_id = :section",
    "mode": "UPDATE sections SET total_mode = 'points' WHERE id = :section",
    "a name": f"UPDATE users SET sort_name = 'Aaa, First', name_key = 'aaa first' WHERE id = {STUDENT}",
    "joined late": f"UPDATE enrollments SET begins_on = '2026-09-15' {PLACE}",
    "left": f"UPDATE enrollments SET ends_on = '2026-09-20' {PLACE}",
}


@pytest.fixture
def section(school):
    """Six students with eight pieces of work; the first of them did not hand in the last piece."""
    section = make_class(school, 6, 8, total_mode="weighted", missing_percent=0)
    missing = f"UPDATE scores SET points = NULL, status = 'missing' {ONE} AND student_id = {STUDENT}"
    db.session.execute(text(missing), {"section": section.id})
    return section


def page(client, section, **wish) -> str:
    """The table of the grid."""
    answer = client.get(f"/teacher/classes/{section.public_id}", query_string=wish)
    assert answer.status_code == 200
    return answer.text[answer.text.index("<table") : answer.text.index("</table>")]


def _without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def forget() -> None:
    forget_parts()
    forget_lines()
    grid_table.forget_rows()


@pytest.mark.parametrize("write", WRITES)
def test_whatever_is_written_the_page_is_that_of_a_new_process(school, sign_in, section, write):
    client = sign_in(school.rivera)
    before = page(client, section)
    db.session.execute(text(WRITES[write]), {"section": section.id})
    remembered = page(client, section)
    forget()
    assert remembered == page(client, section)
    assert remembered != before


@pytest.mark.parametrize(
    "wish", [{"sort": "-name"}, {"sort": "overall"}, {"q": "family03"}, {"show": "blank"}, {"state": "hidden"}], ids=str
)
def test_other_views_are_not_mixed_up(school, sign_in, section, wish):
    client = sign_in(school.rivera)
    page(client, section)
    remembered = client.get(f"/teacher/classes/{section.public_id}", query_string=wish).text
    forget()
    fresh = client.get(f"/teacher/classes/{section.public_id}", query_string=wish).text
    assert _without_tokens(remembered) == _without_tokens(fresh)


def test_rows_that_are_equal_are_not_drawn_again(school, sign_in, section, monkeypatch):
    client, drawn = sign_in(school.rivera), []
    real = grid_table._Pen.row
    monkeypatch.setattr(grid_table._Pen, "row", lambda *given: drawn.append(given[1]) or real(*given))
    forget()
    page(client, section)
    assert drawn == [1, 2, 3, 4, 5, 6]
    drawn.clear()
    db.session.execute(
        text(f"UPDATE scores SET points = 300 {ONE} AND student_id = {STUDENT}"), {"section": section.id}
    )
    page(client, section)
    assert len(drawn) == 1


def test_what_is_unfinished_becomes_missing_on_its_day(school, sign_in, section, clock):
    """The one thing in a cell that the clock alone changes."""
    day = (clock.now + timedelta(days=1)).date()
    sql = f"UPDATE scores SET points = NULL, status = 'incomplete', finish_by = :day {ONE}"
    db.session.execute(text(sql), {"day": day.isoformat(), "section": section.id})
    client = sign_in(school.rivera)
    before = page(client, section)
    clock.advance(days=2)
    client = sign_in(school.rivera)
    remembered = page(client, section)
    forget()
    assert remembered == page(client, section) != before


def test_what_a_teacher_sets_is_shown_at_once(school, sign_in, section):
    client = sign_in(school.rivera)
    before = page(client, section)
    address = re.search(r"/teacher/classes/\w+/students/\w+", before)[0] + "/grade"
    seen = re.search(r'name="seen" value="(\w+)"', client.get(address).text)[1]
    answer = client.post(address, data={"grade": "12", "reason": "Was ill for the test", "seen": seen})
    assert answer.status_code == 303
    remembered = page(client, section)
    forget()
    assert remembered == page(client, section) != before


def test_letters_that_change_are_other_rows(school, sign_in, section):
    client = sign_in(school.rivera)
    section.grading_scale_id = add_letters(section).id
    db.session.execute(text(f"UPDATE scores SET points = NULL, letter = 'B' {ONE}"), {"section": section.id})
    before = page(client, section)
    db.session.execute(text("UPDATE grading_scale_bands SET label = 'Z' WHERE label = 'B'"))
    remembered = page(client, section)
    forget()
    assert remembered == page(client, section) != before


def test_random_writes_never_show_what_was(school, sign_in, section):
    random, client = Random(20261121), sign_in(school.rivera)
    for turn in range(25):
        pupil = f"({PUPILS} LIMIT 1 OFFSET {random.randrange(6)})"
        work = f"({WORKS} LIMIT 1 OFFSET {random.randrange(8)})"
        sql = (
            f"UPDATE scores SET points = {random.randrange(2000)} WHERE student_id = {pupil} AND assignment_id = {work}"
        )
        db.session.execute(text(sql), {"section": section.id})
        remembered = page(client, section)
        if turn % 3 == 0:
            forget()
            assert remembered == page(client, section)
