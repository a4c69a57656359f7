"""Every step up and down, on both databases; the models and the steps say the same."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from gradebook.database import will_write
from gradebook.extensions import db
from gradebook.models import AuditEntry, Category, RoleKind, Score
from gradebook.policy.conversations import Correspondence
from gradebook.services import audit, audit_chain, messaging, score_comments
from tests.conftest import World
from tests.families import add_category, add_work
from tests.school import SEEN, build
from tests.school import find as find_school

SEARCHED = ("message_search", "searched")
"""What only one of the databases has (services/message_search.py)."""


@pytest.fixture
def migrated(world: World):
    """The application on a database of its own that went all the steps up from an empty one, as every world's did."""
    with world.app_of_its_own() as app, app.app_context():
        yield app
        db.session.remove()


def tables():
    """The names of all tables but Alembic's own and those of SQLite's search."""
    names = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    return {name for name in names if not name.startswith(SEARCHED)}


def is_in_the_models(name, _kind, _parents):
    """Whether the models should have a thing of the database."""
    return not (name or "").startswith(SEARCHED)


def test_up_down_and_up_again(migrated):
    assert tables() == set(db.metadata.tables)
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == set(db.metadata.tables)


def test_the_steps_lead_to_what_the_models_say(migrated):
    with db.engine.connect() as connection:
        opts = {
            "compare_type": True,
            "include_name": lambda name, _kind, _parents: not (name or "").startswith(SEARCHED),
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, db.metadata) == []


def test_audit_entries_find_their_class_again(migrated):
    """What the column says is also in the facts: nothing is lost on the way down, and found on the way up.

    What was there before the chain is sealed as it stands.
    """
    will_write.set(True)
    school = build()
    facts = {"school_id": school.oak.id, "actor_id": school.rivera.id}
    audit.record("rules.changed", SEEN, **facts, section_id=school.algebra.id)
    audit.record("person.changed", SEEN, **facts)
    expected = [("rules.changed", school.algebra.id), ("person.changed", None)]
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0003")
    flask_migrate.upgrade()
    query = select(AuditEntry.act, AuditEntry.section_id).order_by(AuditEntry.id)
    assert db.session.execute(query).all() == expected
    verdict = audit_chain.verify()
    assert (verdict.number, verdict.broken) == (2, None)


def test_a_category_that_keeps_its_best_becomes_one_that_drops_the_others(migrated):
    """Down: what it drops now. Extra credit, and what never drops, counts or is there any more, is not dropped."""
    will_write.set(True)
    school = build()
    sheets = add_category(school.algebra, "Sheets", keep_best=2)
    for more in ({}, {}, {}, {"extra_credit": True}, {"never_drop": True}, {"counts": False}, {"deleted_at": SEEN}):
        add_work(sheets, "Sheet", **more)
    add_category(school.algebra, "Few", keep_best=5)
    add_category(school.algebra, "Drops", drop_lowest=3, drop_highest=1)
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0005")
    here = "(SELECT section_id FROM categories WHERE title = 'Sheets')"
    drops = text(f"SELECT title, drop_lowest, drop_highest FROM categories WHERE section_id = {here} ORDER BY id")
    expected = [("Quizzes", 0, 0), ("Tests", 0, 0), ("Sheets", 1, 0), ("Few", 0, 0), ("Drops", 3, 1)]
    assert db.session.execute(drops).all() == expected
    db.session.remove()
    flask_migrate.upgrade()
    assert db.session.execute(drops).all() == expected
    assert set(db.session.scalars(select(Category.keep_best))) == {None}


def test_private_notes_are_found_again_in_the_history(migrated):
    will_write.set(True)
    school = build()
    for student, notes in ((school.maya, ["First", "Sat alone"]), (school.leo, ["Taken back", ""])):
        for note in notes:
            place, said = (school.quiz.id, student.id), score_comments.Said("Well done", note)
            score_comments.save_comments(school.algebra, place, said, seen=99, actor_id=school.rivera.id, now=SEEN)
    query = select(Score.comment, Score.private_note).where(Score.assignment_id == school.quiz.id)
    expected = sorted(db.session.execute(query).all(), key=str)
    assert expected == [("Well done", "Sat alone"), ("Well done", None)]
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0011")
    flask_migrate.upgrade()
    assert sorted(db.session.execute(query).all(), key=str) == expected


def test_messages_from_before_can_be_searched(migrated):
    from gradebook.services.accounts import person_acting_as
    from gradebook.services.message_search import find

    will_write.set(True)
    school = build()
    with_one = {"actor_id": school.dana.id, "now": SEEN}
    talk = messaging.open_conversation(Correspondence(school.maya, school.algebra, school.dana, ()), **with_one)
    messaging.send(talk, author_id=school.dana.id, body="Crème brûlée", client_key="1", now=SEEN)
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0021")
    flask_migrate.upgrade()
    dana = person_acting_as(find_school().dana, SEEN, RoleKind.PARENT)
    assert [found.seq for found in find(dana, ["creme"])] == [1]
