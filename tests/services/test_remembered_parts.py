"""What a process remembers of classes is never older than the database (docs/decisions/0020)."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from gradebook.database import will_write
from gradebook.extensions import db
from gradebook.grading.values import Reason
from gradebook.models import AcademicSession, Section, SessionKind
from gradebook.services import grades
from gradebook.services.grades import Student
from tests.families import add_category, add_work, score
from tests.school import SEEN, YEAR

ANYONE = Student(0, "", "", "", YEAR[0], None)


@contextmanager
def reading():
    """As a page that only reads, in a session that has read nothing yet."""
    db.session.commit()
    db.session.expire_all()
    before = will_write.get()
    will_write.set(False)
    try:
        yield
    finally:
        will_write.set(before)


def titles(section: Section, now=SEEN) -> list[str]:
    with reading():
        return [column.title for column in grades.class_work(section, now).columns]


def version(section: Section) -> int:
    statement = text("SELECT parts_version FROM sections WHERE id = :id")
    return int(db.session.connection().execute(statement, {"id": section.id}).scalar_one())


@pytest.fixture
def essay(school):
    """A piece of work of the algebra class, in a grading period."""
    period = AcademicSession(
        school_id=school.oak.id, kind=SessionKind.GRADING_PERIOD, title="Quarter 1", begins_on=YEAR[0],
        ends_on=YEAR[0] + timedelta(days=60), parent_id=school.algebra.term_id,
    )  # fmt: skip
    db.session.add(period)
    db.session.flush()
    return add_work(add_category(school.algebra, "Essays"), "Essay", grading_period_id=period.id)


WRITES = {
    "changed work": "UPDATE assignments SET title = 'Poem' WHERE id = :work",
    "deleted work": "DELETE FROM assignments WHERE id = :work",
    "changed category": "UPDATE categories SET weight = 100 WHERE id = :category",
    "deleted category": "DELETE FROM categories WHERE id = :category",
    "renamed period": "UPDATE academic_sessions SET title = 'Autumn' WHERE id = :period",
}


@pytest.mark.parametrize("write", WRITES)
def test_whoever_writes_the_version_is_another(school, essay, write):
    """Statements as a person at the database's own prompt would type them."""
    if write == "deleted category":
        db.session.execute(text("DELETE FROM assignments WHERE id = :work"), {"work": essay.id})
    before, other = version(school.algebra), version(school.history)
    keys = {"work": essay.id, "category": essay.category_id, "period": essay.grading_period_id}
    db.session.execute(text(WRITES[write]), {name: key for name, key in keys.items() if f":{name}" in WRITES[write]})
    assert version(school.algebra) != before
    assert version(school.history) == other


def test_new_work_and_new_categories_are_another_version(school):
    first = version(school.algebra)
    category = add_category(school.algebra, "Essays")
    second = version(school.algebra)
    add_work(category, "Essay")
    assert len({first, second, version(school.algebra)}) == 3


def test_a_score_leaves_the_version_as_it_is(school, essay):
    before = version(school.algebra)
    score(essay, school.maya, "18")
    db.session.flush()
    assert version(school.algebra) == before


def test_saving_scores_goes_by_the_work_of_this_moment(school, essay, sign_in):
    """It asks the memory too: what another process wrote before the save decides what can be typed."""
    client = sign_in(school.rivera)
    address = f"/teacher/classes/{school.algebra.public_id}/scores"
    name = f"{school.maya.id}.{essay.id}"

    def save(text: str):
        number = db.session.execute(db.select(Section.last_seq).where(Section.id == school.algebra.id)).scalar_one()
        return client.post(address, data={name: text, "seen": number}, headers={"X-Requested-With": "fetch"})

    assert save("20").status_code == 200
    db.session.execute(text("UPDATE assignments SET points = 1000 WHERE id = :work"), {"work": essay.id})
    assert name in save("19").get_json()["checks"], "19 of 10 is asked about"
    db.session.execute(
        text("UPDATE assignments SET deleted_at = '2026-01-01 00:00:00' WHERE id = :work"), {"work": essay.id}
    )
    assert name in save("5").get_json()["errors"]


def test_what_was_read_once_is_not_read_again(school, essay, count_statements):
    with count_statements() as seen:
        assert titles(school.algebra) == titles(school.algebra)
    assert len([statement for statement in seen if "FROM categories" in statement]) == 1


def test_the_next_page_shows_what_another_process_wrote(school, essay):
    before = titles(school.algebra)
    db.session.execute(text("UPDATE assignments SET title = 'Poem' WHERE id = :work"), {"work": essay.id})
    assert sorted(titles(school.algebra)) == sorted(["Poem", *(title for title in before if title != "Essay")])


def test_what_was_taken_back_is_not_remembered(school, essay):
    """A request that writes reads anew, and leaves nothing behind for others."""
    before = titles(school.algebra)
    with db.session.begin_nested() as step:
        db.session.execute(text("UPDATE assignments SET title = 'Never saved' WHERE id = :work"), {"work": essay.id})
        assert "Never saved" in [column.title for column in grades.class_work(school.algebra, SEEN).columns]
        step.rollback()
    assert titles(school.algebra) == before


def test_scores_are_posted_at_their_moment_though_nothing_is_written(school, essay):
    essay.posted_at = SEEN + timedelta(hours=1)

    def hidden(now) -> bool:
        with reading():
            work = grades.class_work(school.algebra, now)
            lines = (
                work.grade(Student(0, "", "", "", YEAR[0], None), {essay.id: 1800}, posted_only=True).parts[-1].lines
            )
            return [line.reason for line in lines] == [Reason.hidden]

    assert hidden(SEEN)
    assert not hidden(SEEN + timedelta(hours=1))
    assert hidden(SEEN + timedelta(minutes=59))


def test_other_rules_are_other_grades_at_once(school, essay):
    titles(school.algebra)
    school.algebra.missing_percent = None
    with reading():
        assert grades.class_work(school.algebra, SEEN).calculator.rules.missing_percent is None


def test_no_more_is_remembered_than_was_said(school, essay, monkeypatch, count_statements):
    monkeypatch.setattr(grades._remembered, "most", 1)
    with count_statements() as seen:
        for section in (school.algebra, school.history, school.history, school.algebra):
            titles(section)
    assert len([statement for statement in seen if "FROM categories" in statement]) == 3
