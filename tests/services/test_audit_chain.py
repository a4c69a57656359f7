"""The audit log is only added to, and whoever changes it by hand is found."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gradebook.extensions import db
from gradebook.models import AuditEntry, AuditHead, AuditSeal
from gradebook.services import audit, audit_chain

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{act}"
        for table in ("audit_entries", "audit_seals", "audit_head")
        for act in ("update", "delete", "replace")
    ],
    "postgresql": [
        "DROP FUNCTION audit_is_only_added_to() CASCADE",
        "ALTER TABLE audit_seals DROP CONSTRAINT fk_audit_seals_entry_id",
        "ALTER TABLE audit_seals DROP CONSTRAINT uq_audit_seals_entry_id",
        "ALTER TABLE audit_seals DROP CONSTRAINT pk_audit_seals",
    ],
}


@pytest.fixture
def school(school):
    """PostgreSQL seals at the COMMIT; a test of one transaction has none, so that it seals at once here."""
    if db.session.connection().dialect.name == "postgresql":
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    return school


def write(school, *titles):
    """An entry each, in a commit each."""
    for number, title in enumerate(titles):
        audit.record(
            "session.created", NOW + timedelta(minutes=number), school_id=school.oak.id, actor_id=school.pat.id,
            title=title, parts=(1, 2), by_key={7: None},
        )  # fmt: skip
        db.session.commit()


@pytest.fixture
def five(school):
    write(school, "First", "Second", "Third", "Fourth", "Fifth")
    return db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()


def execute(*statements, **values):
    for statement in statements:
        db.session.execute(text(statement), values)
    db.session.commit()


@pytest.fixture
def unguarded(app, five):
    """Runs SQL as somebody who owns the database and has switched off what guards the log."""
    kind = db.session.connection().dialect.name
    execute(*TRIGGERS[kind])
    if kind == "sqlite":
        execute("PRAGMA defer_foreign_keys = ON")
    return execute


def said(app, *words):
    done = app.test_cli_runner().invoke(args=["audit-verify", *words])
    return done.exit_code, done.output


def test_the_chain_is_whole_and_tells_its_newest_hash(app, five):
    code, output = said(app)
    newest = db.session.execute(select(AuditSeal.number, AuditSeal.hash).order_by(AuditSeal.number.desc())).first()
    assert (code, newest.number) == (0, 5)
    assert output.splitlines() == ["The audit log is whole: 5 entries.", f"5:{newest.hash}"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET act = 'x'",
        "DELETE FROM audit_entries",
        "UPDATE audit_seals SET hash = ''",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET number = 1",
        "UPDATE audit_head SET hash = ''",
    ],
)
def test_the_database_refuses_anything_but_adding(five, statement):
    refuses(statement)


def refuses(*statements):
    for statement in statements:
        with pytest.raises(DBAPIError, match="only added to"), db.session.begin_nested():
            db.session.execute(text(statement))
    assert audit_chain.verify().broken is None


@pytest.mark.only("postgresql")
def test_it_cannot_be_emptied(five):
    refuses("TRUNCATE audit_seals", "TRUNCATE audit_entries CASCADE", "TRUNCATE audit_head")


@pytest.mark.only("sqlite")
def test_a_row_cannot_be_replaced(five):
    """SQLite removes the old row then without asking the trigger of DELETE."""
    refuses(
        "INSERT OR REPLACE INTO audit_entries (id, at, act, facts) SELECT id, at, 'x', facts FROM audit_entries",
        "REPLACE INTO audit_seals SELECT * FROM audit_seals",
        "REPLACE INTO audit_head SELECT 1, 0, ''",
    )


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("statement", ["SET at = 'noon'", "SET facts = '{'"])
def test_what_cannot_be_read_any_more_is_named_too(app, five, unguarded, statement):
    unguarded(f"UPDATE audit_entries {statement} WHERE id = {five[1]}")
    assert f"Entry 2 (row {five[1]} of audit_entries" in said(app)[1]


MOVE = "UPDATE audit_seals SET number = CASE number WHEN 2 THEN 13 WHEN 3 THEN 12 ELSE number END"
SWAP = "UPDATE audit_seals SET entry_id = CASE number WHEN 2 THEN -:third WHEN 3 THEN -:second ELSE entry_id END"
SWAP_ROWS = "UPDATE audit_entries SET id = CASE id WHEN :second THEN -:third WHEN :third THEN -:second ELSE id END"
TAMPERED = {
    "a word of it": (["UPDATE audit_entries SET act = 'session.changed' WHERE id = :second"], "Entry 2 (row {second} "),
    "its facts": (["UPDATE audit_entries SET facts = '{{}}' WHERE id = :fourth"], "Entry 4 (row {fourth} "),
    "who did it": (["UPDATE audit_entries SET actor_id = NULL WHERE id = :first"], "Entry 1 (row {first} "),
    "when": (["UPDATE audit_entries SET at = '2026-10-14 12:00:30' WHERE id = :third"], "Entry 3 (row {third} "),
    "its seal": (["UPDATE audit_seals SET hash = 'f' WHERE number = 3"], "Entry 3 (row {third} "),
    "removed": (["DELETE FROM audit_entries WHERE id = :third"], "Entry 3 (row {third} of audit_entries) was removed"),
    "removed with its seal": (
        ["DELETE FROM audit_seals WHERE number = 3", "DELETE FROM audit_entries WHERE id = :third"],
        "Entry 3 (its row is not known any more) was removed",
    ),
    "closed up after it": (
        [
            "DELETE FROM audit_seals WHERE number = 3",
            "DELETE FROM audit_entries WHERE id = :third",
            "UPDATE audit_seals SET number = 3 WHERE number = 4",
            "UPDATE audit_seals SET number = 4 WHERE number = 5",
        ],
        "Entry 3 (row {fourth} ",
    ),
    "the last removed": (
        ["DELETE FROM audit_seals WHERE number = 5", "DELETE FROM audit_entries WHERE id = :fifth"],
        "Entry 5, and whatever came after it, was removed",
    ),
    "all removed": (
        ["DELETE FROM audit_seals", "DELETE FROM audit_entries"],
        "Entry 1, and whatever came after it, was removed",
    ),
    "places swapped": (
        [MOVE, "UPDATE audit_seals SET number = number - 10 WHERE number > 10"],
        "Entry 2 (row {third} ",
    ),
    "seals swapped": (
        [SWAP, "UPDATE audit_seals SET entry_id = -entry_id WHERE entry_id < 0"],
        "Entry 2 (row {third} ",
    ),
    "rows swapped": (
        [SWAP_ROWS, "UPDATE audit_entries SET id = -id WHERE id < 0"],
        "Entry 2 (row {second} ",
    ),
    "the head": (["UPDATE audit_head SET hash = 'f'"], "audit_head says something else"),
    "the head set back": (["UPDATE audit_head SET number = 4"], "audit_head says something else"),
    "no head": (["DELETE FROM audit_head"], "audit_head says something else"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_done_by_hand_is_found_and_named(app, five, unguarded, how):
    statements, expected = TAMPERED[how]
    rows = dict(zip(("first", "second", "third", "fourth", "fifth"), five, strict=True))
    for statement in statements:
        statement = statement.format()
        unguarded(statement, **{name: row for name, row in rows.items() if f":{name}" in statement})
    code, output = said(app)
    assert code == 1
    assert expected.format(**rows) in output


def test_a_log_that_was_written_anew_is_found_by_the_hash_kept_elsewhere(app, school, five, unguarded):
    _code, before = said(app)
    kept = before.splitlines()[-1]
    write(school, "Sixth")
    assert said(app, "--kept", kept)[0] == 0
    unguarded("DELETE FROM audit_seals", "DELETE FROM audit_entries", "UPDATE audit_head SET number = 0")
    unguarded("UPDATE audit_head SET hash = :hash", hash=audit_chain.BEGINNING)
    write(school, "First")
    assert said(app)[0] == 0, "nothing in the database itself tells"
    code, output = said(app, "--kept", kept)
    assert (code, "Entry 2, and whatever came after it, was removed" in output) == (1, True)
    write(school, "2", "3", "4", "5")
    code, output = said(app, "--kept", kept)
    assert (code, "Entry 5 has another hash than the one that was kept" in output) == (1, True)


@pytest.mark.parametrize("kept", ["5", "x:" + "0" * 64, "5:abc", "-1:" + "0" * 64])
def test_a_hash_that_is_none_is_refused(app, kept):
    code, output = said(app, "--kept", kept)
    assert (code, "it must be as this command prints it" in output) == (2, True)


PUT_IN = "INSERT INTO audit_entries (at, act, facts) VALUES ('2026-10-14 12:02:00', 'person.created', '{}')"
NO_SEALS = {"sqlite": "DROP TRIGGER audit_entries_sealed", "postgresql": "DROP FUNCTION seal_audit_entry() CASCADE"}


def test_an_entry_that_is_put_in_is_found_by_its_digest_or_because_it_has_no_seal(app, school, five):
    begun = db.session.begin_nested()
    db.session.execute(text(PUT_IN))
    db.session.flush()
    broken = audit_chain.verify().broken
    assert (broken.fault, broken.number, broken.act) == (audit_chain.Fault.CHANGED, 6, "person.created")
    begun.rollback()
    execute(NO_SEALS[db.session.connection().dialect.name], PUT_IN)
    code, output = said(app)
    assert (code, "was put in past Gradebook: it has no seal" in output) == (1, True)


def test_what_a_savepoint_gave_up_is_not_sealed_and_what_it_kept_is(school):
    facts = {"school_id": school.oak.id, "actor_id": None}
    given_up = db.session.begin_nested()
    audit.record("person.created", NOW, **facts)
    db.session.flush()
    given_up.rollback()
    with db.session.begin_nested():
        audit.record("person.changed", NOW, **facts)
    audit.record("role.created", NOW, **facts)
    db.session.commit()
    sealed = select(AuditEntry.act).join(AuditSeal).order_by(AuditSeal.number)
    assert db.session.scalars(sealed).all() == ["person.changed", "role.created"]
    assert audit_chain.verify().broken is None


def test_sealing_takes_no_statement(school, count_statements):
    db.session.commit()
    audit.record("person.changed", NOW, school_id=school.oak.id, actor_id=None)
    with count_statements() as seen:
        db.session.commit()
    assert len(seen) == 1, "the entry itself"
    assert db.session.scalar(select(AuditHead.number)) == 1


@pytest.mark.commits
def test_commits_at_the_same_moment_do_not_fork_the_chain(app, school):
    """Four write at once; none waits for more than another's commit."""
    ready, broken, oak = threading.Barrier(4), [], school.oak.id

    def work():
        with app.app_context():
            try:
                ready.wait(10)
                for _ in range(8):
                    audit.record("person.changed", NOW, school_id=oak, actor_id=None)
                    db.session.flush()
                    db.session.commit()
            except Exception as error:
                broken.append(error)
            finally:
                db.session.remove()

    db.session.commit()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert broken == []
    assert audit_chain.verify().broken is None
    assert db.session.scalar(select(AuditHead.number)) == 32
