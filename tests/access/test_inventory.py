"""No route without a door, no route without a row in the matrix, no GET that writes, no secret that nobody sees."""

from functools import cache

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from gradebook.extensions import db
from gradebook.models import Attempt, AttemptKind
from gradebook.web.door import DoorError, check_doors
from tests.access import matrix, permissions
from tests.access.people import ACTORS
from tests.access.test_matrix import knock, undone
from tests.access.things import SECRETS
from tests.conftest import NOON

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_every_route_and_method_stands_in_the_matrix(app, scene):
    adapter = app.url_map.bind("localhost")
    covered = set()
    for door in matrix.read():
        endpoint, _arguments = adapter.match(scene.path(door.path).split("?")[0], method=door.method)
        covered.add((door.method, endpoint))
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods & METHODS
        if rule.endpoint != "static"
    }
    assert routes - covered == set(), "these routes have no row in tests/access/matrix.txt"


def test_a_route_without_a_door_stops_the_application():
    bare = Flask("bare")
    bare.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(DoorError, match="/open"):
        check_doors(bare)


# What a GET may write (architecture.md 6): the session's last use, how far a conversation was read, and when; that an
# announcement was opened; and that the office reads messages, written down before they are shown. The seals of the log
# follow from its entries.
OFFICE_READING = ("report.read", "review.read", "review.file_read")
EXCEPTED = {
    "login_sessions": ["last_used_at"],
    "participants": ["last_read_seq", "last_read_at"],
    "announcement_recipients": ["opened_at"],
}
EXCEPTED_TABLES = {"reads", "audit_seals", "audit_head", "review_openings"}


@cache
def readings():
    """For each table the statement that reads it; as text, for it is asked thousands of times."""
    found = {}
    for name, table in db.metadata.tables.items():
        if name in EXCEPTED_TABLES:
            continue
        columns = [column for column in table.columns if column.name not in EXCEPTED.get(name, [])]
        query = select(*columns).order_by(*table.primary_key)
        if name == "audit_entries":
            query = query.where(table.c.act.not_in(OFFICE_READING))
        found[name] = str(query.compile(compile_kwargs={"literal_binds": True}))
    return found


def contents():
    """Everything in the database but what a GET is allowed to write."""
    db.session.flush()
    connection = db.session.connection()
    return {name: connection.exec_driver_sql(reading).fetchall() for name, reading in readings().items()}


def rows_written():
    """How many rows this test's connection has inserted, changed or deleted so far, also those taken back since.

    Where the number is the same as before, so is all that the database holds: without reading it.
    """
    db.session.flush()
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        return connection.connection.driver_connection.total_changes
    counted = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
    return connection.exec_driver_sql(counted).scalar()


def test_rows_written_are_counted_though_they_are_taken_back(app):
    before = rows_written()
    row = {"kind": AttemptKind.CODE, "at": NOON, "account_key": "x", "network": "x"}
    with undone():
        for number, write in enumerate(
            (insert(Attempt).values(row), update(Attempt).values(network="y"), delete(Attempt))
        ):
            assert rows_written() == before + number
            db.session.execute(write)
            db.session.execute(select(Attempt)).all()
    assert rows_written() == before + 3


def test_no_get_writes_and_every_secret_is_somewhere_to_be_seen(app, scene):
    """A scan that could not find anything would prove nothing: each secret is sent to someone who may have it."""
    unseen, before = set(SECRETS), contents()
    for actor in ACTORS:
        browser = scene.browser(actor.name, app)
        for door in matrix.read():
            if door.method == "GET" and door.statuses[actor.name] == 200:
                text = knock(door, scene, browser).get_data(as_text=True)
                unseen -= {secret for secret, may in SECRETS.items() if actor.name in may and secret in text}
    assert unseen == set()
    assert contents() == before


def test_the_published_permissions_are_those_of_the_matrix():
    assert permissions.FILE.read_text(encoding="utf-8") == permissions.render(), "python -m tests.access.permissions"


def test_the_matrix_has_thousands_of_cells():
    assert sum(len(door.statuses) for door in matrix.read()) >= 3000
