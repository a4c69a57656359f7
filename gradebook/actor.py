"""For whom the database is asked, told to it in each transaction: row-level security of PostgreSQL goes by it.

The policy decides who reads which conversation; on PostgreSQL the database refuses the others a second time, by itself
(docs/decisions/0031). It knows the person from settings that end with the transaction, so that no pooled connection
carries a person on to the next request. A transaction that tells nobody sees no conversation.

The first transaction of a request is told by the statement that finds out who asks (services/accounts.py `resume`),
later ones as they begin. SQLite has no such wall, and is told nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, event, func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

from gradebook.clock import utc_now
from gradebook.extensions import db

PERSON, MOMENT, CLASSES = "gradebook.user_id", "gradebook.moment", "gradebook.classes"
RECORD, REPORT = "gradebook.record", "gradebook.report"
REVIEW, RETAINING, SCANNING = "gradebook.review", "gradebook.retaining", "gradebook.scanning"
KEPT = ("gradebook.may_read", "gradebook.may_write")
"""What the database has worked out for the transaction; forgotten when it is told anew."""
SETTINGS = (PERSON, MOMENT, CLASSES, RECORD, REPORT, REVIEW, RETAINING, SCANNING, *KEPT)
"""What is told; the functions of the policies read it (migrations/versions/0023_row_level_security.py and later)."""
_TOLD = ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
_KEY = "gradebook.actor"


@dataclass(frozen=True)
class Actor:
    """Who acts and when: rights are those of that moment, as in the policy."""

    user_id: int | None = None
    moment: datetime | None = None
    classes: tuple[int, ...] = ()
    """Classes whose conversations are open to what is done, whoever does it."""
    record: int | None = None
    """The record that two people of the office have agreed to hand out: it opens its conversation to them."""
    report: int | None = None
    """The reported message that is looked at; whether this person may, and how much, its row says."""
    review: int | None = None
    """The review in which conversations are read; the same holds for it."""
    retaining: int | None = None
    """The school whose old rows are counted and deleted, by its own rules."""
    scanning: int | None = None
    """The file that a scanner looks at; 0: which files wait for it is asked."""

    @property
    def values(self) -> tuple[str, ...]:
        """The settings, as text; empty where there is none."""
        person = "" if self.user_id is None else str(self.user_id)
        moment = "" if self.moment is None else self.moment.isoformat()
        keys = (self.record, self.report, self.review, self.retaining, self.scanning)
        opened = ("" if key is None else str(key) for key in keys)
        return person, moment, ",".join(map(str, self.classes)), *opened, *("" for _ in KEPT)


def told(user_id: Any, moment: Any) -> tuple[Any, ...]:
    """Columns for a statement that finds out who asks: they tell its transaction, on PostgreSQL."""
    return (func.set_config(PERSON, cast(user_id, Text), True), func.set_config(MOMENT, moment, True))


def acts(user_id: int, moment: datetime) -> None:
    """This person acts from now on, in this session; a statement with `told` has told the transaction."""
    db.session().info[_KEY] = Actor(user_id, moment)


def nobody_acts() -> None:
    """Whoever the transaction was told of is not the one who asks: the login session is over."""
    _become(db.session(), None)


@contextmanager
def acting_as(user_id: int, moment: datetime) -> Iterator[None]:
    """Inside, the database answers as it would this person at that moment.

    For commands that write in somebody's name, and for showing the office what an adult can do.
    """
    with _as(Actor(user_id, moment)):
        yield


def classes_opened(section_ids: Iterable[int]) -> AbstractContextManager[None]:
    """Inside, conversations of these classes are open whoever acts: for what the office or a command does to them
    without taking part. Say at each place why."""
    return _opening(classes=tuple(section_ids))


def retaining(school_id: int) -> AbstractContextManager[None]:
    """Inside, what is older than a year in this school can be counted and deleted, whoever acts."""
    return _opening(retaining=school_id)


def scanning(attachment_id: int) -> AbstractContextManager[None]:
    """Inside, a file that waits for the scanner can be read, and how it stands be written, whoever acts."""
    return _opening(scanning=attachment_id)


def record_opened(export_id: int) -> AbstractContextManager[None]:
    """Inside, the conversation of this record (RecordExport) can be read by the two people who agreed on it."""
    return _opening(record=export_id)


def looking_at_report(report_id: int) -> AbstractContextManager[None]:
    """Inside, whoever acts also reads what belongs to this report, if it is theirs to look at."""
    return _opening(report=report_id)


def reading_in_review(review_id: int) -> AbstractContextManager[None]:
    """Inside, whoever acts also reads what this review covers, if it is theirs and open."""
    return _opening(review=review_id)


def _opening(**opened: Any) -> AbstractContextManager[None]:
    """Whoever acts, with one thing more open."""
    actor = db.session().info.get(_KEY) or Actor(moment=utc_now())
    return _as(replace(actor, **opened))


@contextmanager
def _as(actor: Actor) -> Iterator[None]:
    session = db.session()
    before = session.info.get(_KEY)
    _become(session, actor)
    try:
        yield
        session.flush()
    finally:
        with suppress(DBAPIError):  # a transaction that failed is told nothing any more, and ends
            _become(session, before)


def _become(session: Session, actor: Actor | None) -> None:
    session.info[_KEY] = actor
    if session.in_transaction():
        _tell(session.connection(), actor or Actor())


def _tell(connection: Connection, actor: Actor) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT {_TOLD}", actor.values)


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    actor = session.info.get(_KEY)
    if actor is not None and not transaction.nested:
        _tell(connection, actor)
