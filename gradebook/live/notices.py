"""What notices are about, and sending one: by the statement that counts the counter up."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, cast, func, literal
from sqlalchemy.types import Text

CHANNEL = "gradebook"
"""The name under which PostgreSQL passes notices on."""


class Topic(NamedTuple):
    """A thing that changes: ("section", its key), ("conversation", its key), ("announcement", its key), ("school", its
    key); ("person", the key of an account) when what this person may do may have changed."""

    kind: str
    key: int


def notice(backend: str, kind: str, key: Any) -> tuple[ColumnElement[Any], ...]:
    """What the counting statement returns besides, so that PostgreSQL tells who listens when it is committed.

    Nothing on SQLite, whose commits are seen by themselves.
    """
    if backend != "postgresql":
        return ()
    return (func.pg_notify(CHANNEL, literal(f"{kind} ", Text) + cast(key, Text)),)
