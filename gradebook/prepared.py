"""Statements that PostgreSQL reads and plans once for a connection, not for every request (docs/decisions/0044).

psycopg 2 sends every statement as text with its values in it. What is asked again and again is made a prepared
statement of the connection here, as psycopg 3 does (https://www.psycopg.org/psycopg3/docs/advanced/prepare.html).
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

ASKED_BEFORE = 2
"""How often a statement is sent as it is on a connection before it is worth preparing."""
MOST = 100
"""Statements remembered for a connection, prepared or not; the one that was not asked for longest goes. A plan takes
about 150 KB of the server's memory."""
MOST_VALUES = 60
"""Statements with more values, the long lists of an import, differ each time."""

_PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_PLACES = re.compile(r"%\((\w+)\)s|%%")
# As psycopg 2 writes the values: text and NULL leave their type to the place where they stand.
_TYPES: dict[type, str] = {
    type(None): "unknown",
    str: "unknown",
    bool: "boolean",
    Decimal: "numeric",
    date: "date",
    datetime: "timestamptz",
}
_INTEGERS = range(-(2**31), 2**31)

_Key = tuple[str, tuple[str, ...]]


class Prepared:
    """The statements of one connection."""

    def __init__(self) -> None:
        self._asked: OrderedDict[_Key, int | str | None] = OrderedDict()  # how often; how it is called; None: never
        self._names = (f"gradebook_{number}" for number in count())

    def call(self, cursor: Any, statement: str, values: dict[str, Any]) -> str | None:
        """What to execute with the values in place of this statement, or None where it goes as it is."""
        key = statement, tuple([_type_of(value) for value in values.values()])
        known = self._asked.get(key, 0)
        if isinstance(known, int):
            known = known + 1 if known < ASKED_BEFORE else self._prepare(cursor, *key, list(values))
            self._asked[key] = known
            self._forget_oldest(cursor)
        self._asked.move_to_end(key)
        return known if isinstance(known, str) else None

    def _prepare(self, cursor: Any, statement: str, types: tuple[str, ...], names: list[str]) -> str | None:
        """How it is called, or None: where text may stand for anything PostgreSQL cannot prepare it."""
        if "" in types:
            return None
        name = next(self._names)
        text = f"PREPARE {name} ({', '.join(types)}) AS {numbered(statement, names)}"
        try:
            cursor.execute(f"SAVEPOINT preparing; {text}; RELEASE SAVEPOINT preparing")
        except cursor.connection.ProgrammingError:
            cursor.execute("ROLLBACK TO SAVEPOINT preparing; RELEASE SAVEPOINT preparing")
            return None
        return f"EXECUTE {name} ({', '.join(f'%({each})s' for each in names)})"

    def _forget_oldest(self, cursor: Any) -> None:
        if len(self._asked) > MOST:
            _key, oldest = self._asked.popitem(last=False)
            if isinstance(oldest, str):
                cursor.execute(f"DEALLOCATE {oldest.split()[1]}")


def numbered(statement: str, names: Iterable[str]) -> str:
    """The statement with $1, $2 … in the places of the values, in the order of their names."""
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    return _PLACES.sub(lambda found: numbers[found[1]] if found[1] else "%", statement)


_OF_CONNECTION: WeakKeyDictionary[Any, Prepared] = WeakKeyDictionary()


def _type_of(value: Any) -> str:
    """The type of a value as it would stand in the statement, "" where it has none of those known here."""
    if type(value) is int:
        return "integer" if value in _INTEGERS else "bigint"
    return _TYPES.get(type(value), "")


def prepare_statements(engine: Engine) -> None:
    """Let this engine's connections prepare what they are asked often."""
    event.listen(engine, "connect", _opened)
    event.listen(engine, "do_execute", _execute)


def _opened(connection: Any, _record: Any) -> None:
    """Not through PgBouncer, which gives each transaction another connection: there the process that answers is not
    the one that the connection was told of when it was opened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        if cursor.fetchone() == (connection.info.backend_pid,):
            _OF_CONNECTION[connection] = Prepared()
    connection.rollback()


def _execute(cursor: Any, statement: str, values: Any, _context: Any) -> bool:
    """Whether the statement was executed here."""
    known = _OF_CONNECTION.get(cursor.connection)
    if known is None or cursor.connection.autocommit or cursor.name or not _can_be_prepared(statement, values):
        return False
    call = known.call(cursor, statement, values)
    if call:
        cursor.execute(call, values)
    return bool(call)


def _can_be_prepared(statement: str, values: Any) -> bool:
    return isinstance(values, dict) and 0 < len(values) <= MOST_VALUES and statement.startswith(_PLANNED)
