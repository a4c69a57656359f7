"""Where notices come from: one thread of the process that waits for the database."""

import logging
import select
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine.url import make_url

from gradebook.live.notices import CHANNEL, Topic

LOOKS_A_SECOND = 4
"""How often SQLite is asked whether anything was committed: 5 microseconds each time."""
EVERYONE_EVERY = 1.5
"""Seconds after which, on SQLite, everyone looks again where anything was committed: it does not say what was."""
HELLO = "hello"
"""What a source tells itself on PostgreSQL, to know that notices arrive: PgBouncer would pass none on."""
PAUSES = (1.0, 2.0, 5.0)
"""Seconds between tries when the database does not answer; streams look for themselves meanwhile."""
COUNTERS = {
    "section": "last_seq FROM sections",
    "conversation": "last_change FROM conversations",
    "announcement": "last_change FROM announcements",
    "school": "closures FROM schools",
}
"""Where a kind of topic has its counter; of a school what is stopped, as text."""
_UNKNOWN = object()
log = logging.getLogger("gradebook.live")


class Listener(Protocol):
    """The hub, as a source sees it."""

    def announce(self, topic: Topic) -> None:
        """Wake those who watch this."""

    def announce_all(self) -> None:
        """Wake everyone."""

    def topics(self) -> set[Topic]:
        """What is watched."""


class Source(threading.Thread, ABC):
    """Waits for the database until it is ended or the process is; begins anew when the connection breaks."""

    def __init__(self, url: str, hub: Listener) -> None:
        super().__init__(name="gradebook-live", daemon=True)
        self.url = url
        self.hub = hub
        self.hears = False
        """Whether it hears of what is committed now."""
        self._ended = threading.Event()

    def end(self) -> None:
        """Listen no more from the next answer of the database on; that it goes away is no failure then."""
        self._ended.set()

    def run(self) -> None:
        """Listen, and after a failure again."""
        tries = 0
        while not self._ended.is_set():
            try:
                for _heard in self.listen():
                    tries = 0
                    if self._ended.is_set():
                        return
            except Exception as problem:  # whatever it is, streams go on looking for themselves
                self.hears = False
                if not self._ended.is_set():
                    log.warning("live updates wait for the database: %s", problem)
                    self._ended.wait(PAUSES[min(tries, len(PAUSES) - 1)])
                    tries += 1

    @abstractmethod
    def listen(self) -> Iterator[None]:
        """Wake the streams as notices come; yields whenever the database answered."""


class PostgresSource(Source):
    """One connection that listens. It must be a direct one: PgBouncer passes no notices on."""

    def listen(self) -> Iterator[None]:
        """Wakes everyone once it hears, for what was committed before."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with closing(engine.raw_connection()) as connection:
                driver: Any = connection.driver_connection
                with driver.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
                _say_hello(engine)
                while True:
                    driver.poll()
                    while driver.notifies:
                        self._hear(driver.notifies.pop(0).payload)
                    yield
                    select.select([driver], [], [], 30)
        finally:
            engine.dispose()

    def _hear(self, payload: str) -> None:
        kind, _, key = payload.partition(" ")
        if payload == HELLO:
            self.hears = True
            self.hub.announce_all()
        elif key.isdigit():
            self.hub.announce(Topic(kind, int(key)))


def _say_hello(engine: Engine) -> None:
    """From another connection: PgBouncer passes on what comes with the answer to one's own statement, no more."""
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}, '{HELLO}'")


class SqliteSource(Source):
    """One connection that asks SQLite whether anyone committed, and then which of the watched counters moved."""

    def listen(self) -> Iterator[None]:
        """Numbers that were not known yet count as moved."""
        path = make_url(self.url).database or ""
        known: dict[Topic, int | str | None] = {}
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.execute("PRAGMA query_only=ON")
            version, is_due, due_at = None, False, 0.0
            self.hears = True
            while True:
                now = connection.execute("PRAGMA data_version").fetchone()[0]
                if now != version:
                    version, is_due = now, True
                    found = dict(self._numbers(connection))
                    for topic in [topic for topic, number in found.items() if known.get(topic, _UNKNOWN) != number]:
                        self.hub.announce(topic)
                    known = found
                if is_due and time.monotonic() >= due_at:
                    self.hub.announce_all()
                    is_due, due_at = False, time.monotonic() + EVERYONE_EVERY
                yield
                time.sleep(1 / LOOKS_A_SECOND)

    def _numbers(self, connection: sqlite3.Connection) -> Iterator[tuple[Topic, int | str | None]]:
        """The counters of what is watched; rights have none, which is why everyone is woken now and then."""
        for topic in [topic for topic in self.hub.topics() if topic.kind in COUNTERS]:
            query = f"SELECT {COUNTERS[topic.kind]} WHERE id = ?"
            for (number,) in connection.execute(query, (topic.key,)):
                yield topic, number


def source_for(url: str, hub: Listener) -> Source:
    """The source for this database."""
    return (SqliteSource if make_url(url).get_backend_name() == "sqlite" else PostgresSource)(url, hub)
