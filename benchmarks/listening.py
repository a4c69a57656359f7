"""1,000 open conversations and 20 messages a second: how late a message is told, what pages cost meanwhile, and memory.

    python -m benchmarks.listening [sqlite] [postgresql]

1,000 guardians look at a conversation each, on a server of two workers. A hundred of them write in turn, by the form.
Measured is the time from before a message is sent until the stream has told of it; the time of a class's grid of
30 x 40 before there is a stream, with the streams silent, and while messages are written; what memory a stream takes.
"""

import itertools
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from benchmarks.client import Client, csrf_token
from benchmarks.databases import Database, databases, fill
from benchmarks.servers import Server
from benchmarks.stopping import TOLD, listeners, opened
from benchmarks.workload import Workload
from gradebook.database_roles import owner_engine

STREAMS = 1_000
WRITERS = 100
A_SECOND = 20
SECONDS = 30
LATEST = 1.0
"""Seconds until a message is told, 95 of 100 times."""
SLOWER = 1.3
"""Times of its quiet time that the grid may take meanwhile."""


@dataclass
class Found:
    """What was measured, in seconds and MB."""

    told: list[float]
    quiet: float
    """The grid before there was a stream."""
    silent: float
    """While the streams were open and nobody wrote."""
    busy: float
    streams: float
    """MB of memory that a stream takes."""


def main(kinds: tuple[str, ...]) -> int:
    """Prints a line for each kind of database; 1 if a goal is missed."""
    missed = False
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), kinds) as makers:
        for kind, maker in makers.items():
            database = fill(kind, maker.create(), _workload(), Path(folder))
            found = _measured(database)
            late, slower = statistics.quantiles(found.told, n=20)[-1], found.busy / found.quiet
            missed = missed or late > LATEST or slower > SLOWER
            print(
                f"{kind} {database.version}, {STREAMS} streams, {len(found.told)} messages, {A_SECOND} a second: told "
                f"after {statistics.median(found.told):.2f} s, 95 of 100 after {late:.2f} s"
                f"{' TOO LATE' if late > LATEST else ''}; the grid {found.quiet * 1000:.1f} ms without streams, "
                f"{found.silent * 1000:.1f} beside silent ones, {found.busy * 1000:.1f} meanwhile, {slower:.2f}x"
                f"{' TOO SLOW' if slower > SLOWER else ''}; {found.streams * 1000:.0f} KB a stream",
                flush=True,
            )
    return int(missed)


def _workload() -> Workload:
    """As many guardians as streams, and a class of 30 x 40."""
    return Workload(
        today=datetime.now(UTC).date(), password_hash="x", sections=2_000, students=6, assignments=1, growth=((30, 40),)
    )


def _measured(database: Database) -> Found:
    talks, grid = _places(database)
    environment = {**database.environment, "STREAMS": str(STREAMS), "MESSAGES_AN_HOUR": "1000000"}
    with (
        Server("wsgi:app", "/healthz", database.folder, **environment) as server,
        ExitStack() as stack,
    ):
        *guardians, (teacher, grid_path) = listeners(database, [*talks, grid])
        page = _client(server.port, teacher)
        _times(page, grid_path, 20)  # its parts are remembered now
        quiet, before = statistics.median(_times(page, grid_path, 60)), server.resident()
        streams = [stack.enter_context(opened(server.port, cookie, path)) for cookie, path in guardians]
        silent, after = statistics.median(_times(page, grid_path, 60)), server.resident()
        writers = [_Writer(server.port, cookie, path) for cookie, path in guardians[:WRITERS]]
        ears = _Ears(streams)
        busy: list[float] = []
        with _Background(ears.listen), _Background(lambda: busy.extend(_times(page, grid_path, 1))):
            _write(writers, ears)
    return Found(ears.told, quiet, silent, statistics.median(busy), (after - before) / STREAMS)


def _places(database: Database) -> tuple[list[tuple[int, str]], tuple[int, str]]:
    """For each guardian a conversation's stream, and the grid of the class of 30 x 40 for its teacher."""
    talks = "SELECT guardian_id, min(public_id) FROM conversations GROUP BY guardian_id ORDER BY 1 LIMIT :most"
    grid = "SELECT public_id FROM sections ORDER BY id DESC LIMIT 1"
    with database.app.app_context(), owner_engine().connect() as connection:
        rows = connection.execute(text(talks), {"most": STREAMS}).all()
        section = connection.execute(text(grid)).scalar_one()
    if len(rows) < STREAMS:
        raise SystemExit(f"only {len(rows)} guardians have a conversation")
    teacher = database.workload.teacher_id(database.workload.sections)
    return [(row[0], f"/messages/{row[1]}/stream") for row in rows], (teacher, f"/teacher/classes/{section}")


def _client(port: int, cookie: str) -> Client:
    client = Client(port)
    name, _, value = cookie.partition("=")
    client.cookies[name] = value
    return client


def _times(page: Client, path: str, count: int) -> list[float]:
    """Of a page that somebody asks for five times a second."""
    found = []
    for _ in range(count):
        found.append(page.get(path).must_be(200).seconds)
        time.sleep(0.2)
    return found


class _Writer:
    """A guardian at the form of the conversation."""

    def __init__(self, port: int, cookie: str, stream: str) -> None:
        self.client = _client(port, cookie)
        self.path = f"{stream.removesuffix('/stream')}/messages"
        self.token = csrf_token(self.client.get("/auth/password").must_be(200))

    def write(self) -> None:
        """One message."""
        fields = {"csrf_token": self.token, "body": "Thank you.", "client_key": str(uuid4())}
        self.client.post(self.path, fields).must_be(303)


@dataclass
class _Ears:
    """All the streams, and how long each message took to be told on its own."""

    streams: list[socket.socket]
    told: list[float] = field(default_factory=list)
    sent: dict[socket.socket, float] = field(default_factory=dict)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def __post_init__(self) -> None:
        for wire in self.streams:
            self.selector.register(wire, selectors.EVENT_READ)

    def listen(self) -> None:
        """What has come by now, or comes within a tenth of a second."""
        for key, _events in self.selector.select(0.1):
            wire: socket.socket = key.fileobj  # type: ignore[assignment]
            if TOLD in wire.recv(65536) and wire in self.sent:
                self.told.append(time.perf_counter() - self.sent.pop(wire))


class _Background(threading.Thread):
    """Does something again and again until the end of the `with`."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.do, self.goes_on = do, True

    def run(self) -> None:
        while self.goes_on:
            self.do()

    def __enter__(self) -> "_Background":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.goes_on = False
        self.join()


def _write(writers: list[_Writer], ears: _Ears) -> None:
    """So many messages a second, by one after the other; then those that are under way may arrive."""
    begun = time.perf_counter()
    for number, place in zip(range(A_SECOND * SECONDS), itertools.cycle(range(len(writers))), strict=False):
        time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
        ears.sent[ears.streams[place]] = time.perf_counter()
        writers[place].write()
    give_up = time.monotonic() + 10
    while ears.sent and time.monotonic() < give_up:
        time.sleep(0.1)
    if ears.sent:
        raise SystemExit(f"{len(ears.sent)} messages were never told")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("sqlite", "postgresql")))
