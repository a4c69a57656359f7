"""How soon acts of the school are told on 200 open conversations (M27: within 2 seconds).

    python -m benchmarks.stopping [sqlite] [postgresql]

200 guardians look at a conversation each, on a server of two workers. The office stops messages, and lets them go on.
Measured is the time from before the act is done until each of the streams has said so. `ACTS` takes others of the kind.
"""

import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text, update

from benchmarks.databases import Database, databases, fill
from benchmarks.servers import Server
from benchmarks.workload import Workload
from gradebook.database_roles import owner_engine
from gradebook.extensions import db
from gradebook.models import ClosureScope, Role, RoleKind, School, User
from gradebook.services import accounts, message_rules, rosters

LISTENERS = 200
ROUNDS = 5
GOAL = 2.0
"""Seconds until the last of them."""
PATIENCE = 15.0
TOLD = b"\ndata:"
"""How a line with news begins; the policy in the head of the answer names `data:` too."""


def _school() -> School:
    return db.session.scalars(select(School).order_by(School.id)).first() or sys.exit("no school")


def _officer(school: School) -> int:
    found = db.session.scalar(select(Role.user_id).where(Role.school_id == school.id, Role.kind != RoleKind.STUDENT))
    return int(found or 0)


def stop_messages() -> None:
    """The office stops messages for everyone."""
    school = rosters.locked(_school())
    message_rules.stop(school, ClosureScope.EVERYONE, "Measured.", datetime.now(UTC), actor_id=_officer(school))


def let_messages_go_on() -> None:
    """The office lifts it."""
    school, now = rosters.locked(_school()), datetime.now(UTC)
    for closure in message_rules.closures_of(school, now):
        message_rules.lift(closure, school, now, actor_id=_officer(school))


ACTS: dict[str, Callable[[], None]] = {"stop": stop_messages, "lift": let_messages_go_on}
"""What is done, in this order, again and again: each must change what every open conversation is told."""


def main(kinds: tuple[str, ...]) -> int:
    """Prints a line for each kind of database and act; 1 if one is told too late."""
    late = 0
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), kinds) as makers:
        for kind, maker in makers.items():
            database = fill(kind, maker.create(), workload(), Path(folder))
            for act, seconds in _measured(database).items():
                worst = max(last for _half, last in seconds)
                late += worst > GOAL
                half = statistics.median(half for half, _last in seconds)
                verdict = " TOO LATE" if worst > GOAL else ""
                print(
                    f"{kind} {database.version}, {LISTENERS} streams, {act} ({ROUNDS} times): "
                    f"half of them after {half:.2f} s, the last after {worst:.2f} s{verdict}",
                    flush=True,
                )
    return 1 if late else 0


def workload() -> Workload:
    return Workload(today=datetime.now(UTC).date(), password_hash="x", sections=400, students=6, assignments=1)


def _measured(database: Database) -> dict[str, list[tuple[float, float]]]:
    """For each act and round: seconds until half of the streams were told, and until the last was."""
    found: dict[str, list[tuple[float, float]]] = {act: [] for act in ACTS}
    with (
        Server("wsgi:app", "/healthz", database.folder, **database.environment, STREAMS=str(LISTENERS)) as server,
        _listening(database, server.port) as streams,
    ):
        for _round in range(ROUNDS):
            for act, do in ACTS.items():
                found[act].append(told_after(database, streams, do))
    return found


@contextmanager
def _listening(database: Database, port: int) -> Iterator[list[socket.socket]]:
    """Open streams that have each said how things stand."""
    with ExitStack() as stack:
        yield [stack.enter_context(opened(port, cookie, path)) for cookie, path in _listeners(database)]


def opened(port: int, cookie: str, path: str) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nX-Requested-With: fetch\r\n\r\n"
    wire.sendall(head.encode())
    heard = b""
    while TOLD not in heard:
        more = wire.recv(65536)
        if not more:
            raise SystemExit(f"{path}: {heard[:200]!r}")
        heard += more
    return wire


def _listeners(database: Database) -> list[tuple[str, str]]:
    """A cookie and the address of a stream, for so many guardians."""
    talks = "SELECT guardian_id, min(public_id) FROM conversations GROUP BY guardian_id ORDER BY 1 LIMIT :most"
    with database.app.app_context(), owner_engine().connect() as connection:
        rows = connection.execute(text(talks), {"most": LISTENERS}).all()
    return listeners(database, [(guardian_id, f"/messages/{talk}/stream") for guardian_id, talk in rows])


def listeners(database: Database, addresses: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """The same addresses with a cookie of each person, who is known to the office."""
    found = []
    with database.app.test_request_context(base_url="http://127.0.0.1"):
        now = datetime.now(UTC)
        db.session.execute(update(User).values(identity_seen_at=now))
        signer = database.app.session_interface.get_signing_serializer(database.app)  # type: ignore[attr-defined]
        name = database.app.config["SESSION_COOKIE_NAME"]
        for guardian_id, address in addresses:
            person = accounts.person_of(db.session.get_one(User, guardian_id), now)
            token, _row = accounts.open_login_session(person, own_device=False, device_name="Here")
            found.append((f"{name}={signer.dumps({'_user_id': token})}", address))
        db.session.commit()
    if len(found) < LISTENERS:
        raise SystemExit(f"only {len(found)} guardians listen")
    return found


def told_after(database: Database, streams: list[socket.socket], do: Callable[[], None]) -> tuple[float, float]:
    with selectors.DefaultSelector() as selector:
        for wire in streams:
            selector.register(wire, selectors.EVENT_READ)
        begun = time.perf_counter()
        with database.app.app_context():
            do()
            db.session.commit()
        after: list[float] = []
        while len(after) < len(streams):
            if time.perf_counter() - begun > PATIENCE:  # a silent stream still sends its empty lines
                raise SystemExit(f"only {len(after)} of {len(streams)} streams were told")
            for key, _events in selector.select(1):
                if TOLD in key.fileobj.recv(65536):  # type: ignore[union-attr]
                    after.append(time.perf_counter() - begun)
                    selector.unregister(key.fileobj)
    return statistics.median(after), max(after)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("sqlite", "postgresql")))
