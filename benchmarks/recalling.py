"""How soon an announcement that is taken back is gone from 200 open pages (M24: within 2 seconds).

    python -m benchmarks.recalling [sqlite] [postgresql]

The office announces to the whole school, 200 guardians have it open on a server of two workers, and it is taken back.
Measured is the time from before the act is done until each of the streams has said so. How long sending took stands
beside it.
"""

import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select, text, update

from benchmarks.databases import Database, databases, fill
from benchmarks.servers import Server
from benchmarks.stopping import GOAL, LISTENERS, listeners, opened, told_after, workload
from gradebook import actor
from gradebook.database_roles import owner_engine
from gradebook.extensions import db
from gradebook.models import Announcement, Role, RoleKind, User
from gradebook.policy import announcements as policy
from gradebook.policy.person import Person
from gradebook.services import accounts, announced, announcements

ROUNDS = 3


def main(kinds: tuple[str, ...]) -> int:
    """Prints a line for each kind of database; 1 if one is told too late."""
    late = False
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), kinds) as makers:
        for kind, maker in makers.items():
            database = fill(kind, maker.create(), workload(), Path(folder))
            half, last, sending, count = _measured(database)
            late = late or last > GOAL
            print(
                f"{kind} {database.version}: sent to {count} guardians in {sending:.2f} s; taken back on {LISTENERS} "
                f"streams ({ROUNDS} times): half of them after {half:.2f} s, the last after {last:.2f} s"
                f"{' TOO LATE' if last > GOAL else ''}",
                flush=True,
            )
    return 1 if late else 0


def _measured(database: Database) -> tuple[float, float, float, int]:
    """Seconds until half of the streams were told and until the last was, the worst; of sending; and to how many."""
    with database.app.app_context():
        db.session.execute(update(User).values(identity_seen_at=datetime.now(UTC)))
        db.session.commit()
    told, sending, count = [], [], 0
    with Server("wsgi:app", "/healthz", database.folder, **database.environment, STREAMS=str(2 * LISTENERS)) as server:
        for _round in range(ROUNDS):
            begun = time.perf_counter()
            key, public_id, count = _announced(database)
            sending.append(time.perf_counter() - begun)
            with ExitStack() as stack:
                streams = [
                    stack.enter_context(opened(server.port, cookie, path))
                    for cookie, path in listeners(database, _readers(database, key, public_id))
                ]
                told.append(told_after(database, streams, lambda key=key: _recall(key)))  # type: ignore[misc]
    return (
        statistics.median(half for half, _last in told),
        max(last for _half, last in told),
        statistics.median(sending),
        count,
    )


def _officer(now: datetime) -> Person:
    user_id = db.session.scalars(select(Role.user_id).where(Role.kind == RoleKind.OFFICE)).first()
    return accounts.person_acting_as(db.session.get_one(User, user_id or 0), now, RoleKind.OFFICE)


def _announced(database: Database) -> tuple[int, str, int]:
    """The key and the address of an announcement to the whole school, and how many got it."""
    now = datetime.now(UTC)
    with database.app.app_context():
        person = _officer(now)
        with actor.acting_as(person.id, now):
            draft = announcements.Draft("Measured", "Measured.", str(uuid4()))
            sent = announcements.announce(person, policy.audience_of(person, [], to_school=True), draft, now)
            found = sent.id, sent.public_id, announced.recipients_of([sent.id])[sent.id][0]
        db.session.commit()
    return found


def _readers(database: Database, key: int, public_id: str) -> list[tuple[int, str]]:
    who = "SELECT DISTINCT user_id FROM announcement_recipients WHERE announcement_id = :key ORDER BY 1 LIMIT :most"
    with database.app.app_context(), owner_engine().connect() as connection:
        rows = connection.execute(text(who), {"key": key, "most": LISTENERS}).all()
    return [(row[0], f"/messages/announcements/{public_id}/stream") for row in rows]


def _recall(key: int) -> None:
    """As its author, however long opening the streams took."""
    with db.session.no_autoflush:
        found_at = datetime.now(UTC)
        person = _officer(found_at)
        actor.acts(person.id, found_at)
        db.session.rollback()
        found = db.session.get_one(Announcement, key)
        person.now = found.sent_at or found_at
        if not announcements.recall(person, found, found_at):
            raise SystemExit("it could not be taken back")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("sqlite", "postgresql")))
