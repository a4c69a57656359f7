"""What PostgreSQL prepares for a connection answers exactly as the statement sent with its values in it.

All tests of the suite ask prepared statements from the first time on (conftest.py).
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, text

from gradebook import prepared
from gradebook.prepared import _OF_CONNECTION, Prepared

pytestmark = pytest.mark.only("postgresql")


@pytest.fixture
def connection(world):
    """A connection on which nothing is prepared, before and afterwards."""
    with world.engine("school").connect() as opened:
        forget(opened)
        yield opened
        opened.rollback()
        forget(opened)


def forget(connection):
    connection.exec_driver_sql("DEALLOCATE ALL")
    _OF_CONNECTION[connection.connection.dbapi_connection] = Prepared()


def prepared_on(connection):
    rows = connection.exec_driver_sql(
        "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'gradebook%%' ORDER BY prepare_time, name"
    )
    return [row.statement.split(" AS ")[1].split(";")[0] for row in rows]


def test_what_is_asked_a_third_time_is_prepared(connection, monkeypatch):
    monkeypatch.setattr(prepared, "ASKED_BEFORE", 2)
    for asked, number in ((1, 0), (2, 0), (3, 1), (4, 1)):
        assert connection.scalar(text("SELECT :n + 1"), {"n": asked}) == asked + 1
        assert len(prepared_on(connection)) == number


def test_listeners_see_the_statement_as_it_was_written(connection):
    seen = []
    event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
    connection.scalar(text("SELECT :n + 1"), {"n": 1})
    assert seen == ["SELECT %(n)s + 1"]


VALUES = [
    0,
    -1,
    2**31 - 1,
    2**31,
    -(2**40),
    True,
    Decimal("88.355"),
    date(2026, 3, 29),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    1.5,
    [1, 2, 3],
    timedelta(days=1, seconds=2),
    b"\x00\xff",
]


@pytest.mark.parametrize("value", VALUES, ids=[repr(value)[:30] for value in VALUES])
def test_a_value_comes_back_with_the_type_it_would_have_had(connection, monkeypatch, value):
    def answer():
        row = connection.execute(text("SELECT pg_typeof(:v)::text, :v, :v IS NULL"), {"v": value}).one()
        return [bytes(each) if isinstance(each, memoryview) else each for each in row]

    monkeypatch.setattr(prepared, "ASKED_BEFORE", 1)
    plain = answer()
    assert answer() == plain


@pytest.mark.parametrize("value", [None, "", "O'Neil \\ 100 % %s %(v)s $1 ñ\N{FIRST STRONG ISOLATE}"])
def test_text_takes_the_type_of_its_place(connection, value):
    row = connection.execute(text("SELECT :v AS v, lower(:v), :other || 'x'"), {"v": value, "other": "o"}).one()
    assert tuple(row) == (value, value and value.lower(), "ox")
    days = connection.execute(text("SELECT date '2026-03-29' = :d"), {"d": "2026-03-29"})
    assert days.scalar() is True


def test_one_name_at_two_places_and_a_percent_sign(connection):
    statement = text("SELECT :word || '-' || :word LIKE '50%5_', :number % 7")
    for number in (8, 9):
        assert tuple(connection.execute(statement, {"number": number, "word": "50"}).one()) == (True, number % 7)
    assert len(prepared_on(connection)) == 1


def test_values_of_another_type_are_prepared_by_themselves(connection):
    for value, kind in ((1, "integer"), (2**40, "bigint"), (Decimal(1), "numeric")):
        assert connection.scalar(text("SELECT pg_typeof(:v)::text"), {"v": value}) == kind
    assert len(prepared_on(connection)) == 3


def test_what_stands_in_a_value_is_never_part_of_the_statement(connection):
    value = "'); DROP TABLE users; --"
    for _ in range(2):
        assert connection.scalar(text("SELECT :v || ''"), {"v": value}) == value


def test_it_goes_on_after_a_refused_statement(connection):
    divided = text("SELECT 1 / :n")
    assert connection.scalar(divided, {"n": 1}) == 1
    with pytest.raises(Exception, match="division by zero"):
        connection.execute(divided, {"n": 0})
    connection.rollback()
    assert connection.scalar(divided, {"n": 1}) == 1


def test_what_was_not_asked_for_longest_is_forgotten(connection, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 2)
    for number in (1, 2, 1, 3):
        connection.scalar(text(f"SELECT :n + {number}"), {"n": 1})
    assert [statement[-1] for statement in prepared_on(connection)] == ["1", "3"]
    assert connection.scalar(text("SELECT :n + 2"), {"n": 1}) == 3


def test_lists_of_an_import_and_what_is_not_planned_go_as_they_are(connection):
    names = [f"n{number}" for number in range(prepared.MOST_VALUES + 1)]
    added = text("SELECT " + " + ".join(f":{name}" for name in names))
    assert connection.scalar(added, dict.fromkeys(names, 1)) == len(names)
    connection.execute(text("EXPLAIN SELECT :n + 1"), {"n": 1})
    assert prepared_on(connection) == []


def test_what_cannot_be_prepared_goes_as_it_is(connection):
    """Text that may stand for anything has no type of its own in a prepared statement."""
    connection.exec_driver_sql("CREATE TEMPORARY TABLE kept (id integer)")
    connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
    for _ in range(2):
        assert connection.scalar(text("SELECT json_build_array(:v)"), {"v": "a"}) == ["a"]
    assert connection.scalar(text("SELECT count(*) FROM kept WHERE id < :n"), {"n": 2}) == 1
    with pytest.raises(Exception, match="no_such_table"):
        connection.execute(text("SELECT :n FROM no_such_table"), {"n": 1})


def test_changed_rows_are_counted(connection):
    connection.exec_driver_sql("CREATE TEMPORARY TABLE marks (id integer, points integer)")
    for key in (1, 2, 3):
        connection.execute(text("INSERT INTO marks VALUES (:id, :points)"), {"id": key, "points": 100 * key})
    updated = connection.execute(text("UPDATE marks SET points = :n WHERE id > :id"), {"n": 5, "id": 1})
    assert updated.rowcount == 2
    assert connection.scalars(text("DELETE FROM marks WHERE id < :id RETURNING points"), {"id": 3}).all() == [100, 5]


def test_a_new_connection_may_prepare(world):
    with world.engine("school").connect() as opened:
        assert opened.connection.dbapi_connection in _OF_CONNECTION
