"""Search over 100,000 messages, as a teacher and as a parent ask it (M18: p95 at most 200 ms).

    python -m benchmarks.searching [sqlite] [postgresql]

The database is filled with 300 conversations of 333 messages, of words as unevenly frequent as those of a language.
Measured is the page, in this process: who asks, what may be read, the search, the excerpts and the template.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text, update

from benchmarks.databases import Database, databases, fill
from benchmarks.inside import Inside
from benchmarks.workload import Workload
from gradebook.database_roles import owner_engine
from gradebook.extensions import db
from gradebook.models import Conversation, Message, RoleKind, User
from gradebook.services import accounts

MESSAGES = 100_000
WORDS = 8_000
WORDS_OF_A_MESSAGE = 25
ROUNDS = 60
GOAL = 0.200
"""Seconds, 95 of 100 times."""


def main(kinds: tuple[str, ...]) -> int:
    """Prints a line for each kind of database, person and search; 1 if one is too slow."""
    slow = 0
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), kinds) as makers:
        for kind, maker in makers.items():
            url = maker.create()
            database = fill(kind, url, _workload(), Path(folder))
            with database.app.app_context():
                count = _write()
            for case, seconds in _measure(database):
                p95 = statistics.quantiles(seconds, n=20)[-1]
                slow += p95 > GOAL
                times = f"median {statistics.median(seconds) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms"
                verdict = " TOO SLOW" if p95 > GOAL else ""
                print(f"{kind} {database.version}, {count:,} messages, {case}: {times}{verdict}", flush=True)
    return 1 if slow else 0


def _workload() -> Workload:
    return Workload(today=datetime.now(UTC).date(), password_hash="x", sections=50, students=6, assignments=1)


def _vocabulary() -> tuple[list[str], list[float]]:
    chance = random.Random(7)
    letters = "aaabcdeeeefghiiijklmnnnoooprrssttuuvwéöñ"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 11))) for _ in range(WORDS)]
    return words, [1 / rank for rank in range(1, WORDS + 1)]


def _write() -> int:
    """As the owner of the tables; the words that are searched by the model itself."""
    words, weights = _vocabulary()
    sums = list(accumulate(weights))
    chance = random.Random(11)
    with owner_engine().begin() as connection:
        talks = connection.execute(
            select(Conversation.id, Conversation.school_id, Conversation.guardian_id, Conversation.last_seq)
        ).all()
        each = MESSAGES // len(talks)
        for talk in talks:
            numbers = range(talk.last_seq + 1, each + 1)
            bodies = [" ".join(chance.choices(words, cum_weights=sums, k=WORDS_OF_A_MESSAGE)) for _ in numbers]
            if rows := list(_rows(talk, numbers, bodies)):
                connection.execute(insert(Message.__table__), rows)
        connection.execute(update(Conversation).values(last_seq=each, last_change=each))
        connection.execute(text("ANALYZE"))
        return int(connection.scalar(select(func.count()).select_from(Message)) or 0)


def _rows(talk: Any, numbers: range, bodies: list[str]) -> Iterator[dict[str, Any]]:
    first = datetime.now(UTC) - timedelta(days=200)
    for number, body in zip(numbers, bodies, strict=True):
        yield {
            "conversation_id": talk.id, "school_id": talk.school_id, "seq": number, "changed": number,
            "author_id": talk.guardian_id, "body": body, "sent_at": first + timedelta(hours=number),
            "client_key": f"searched-{number}",
        }  # fmt: skip


def _measure(database: Database) -> Iterator[tuple[str, list[float]]]:
    words, _weights = _vocabulary()
    searches = {
        "a word in every third message": words[2], "a rare word": words[4_000], "two words": f"{words[1]} {words[9]}",
        "one letter": "a", "no message": "xyzzyq",
    }  # fmt: skip
    for kind in (RoleKind.TEACHER, RoleKind.PARENT):
        browser = _browser(database, kind)
        for name, query in searches.items():
            seconds = []
            for number in range(ROUNDS + 5):
                begun = time.perf_counter()
                answer = browser.ask("GET", f"/messages/search?q={query}&page={1 + number % 2}", None, {})
                if number >= 5:
                    seconds.append(time.perf_counter() - begun)
                if answer.status != 200:
                    raise SystemExit(f"{kind} {name}: {answer.status}")
            yield f"{kind}, {name}", seconds


def _browser(database: Database, kind: RoleKind) -> Inside:
    """Somebody of this kind with as many conversations as anybody has, signed in."""
    browser = Inside(database.app)
    with database.app.test_request_context(base_url="http://127.0.0.1"):
        with owner_engine().connect() as connection:
            query = text(
                "SELECT user_id FROM participants WHERE role_kind = :kind GROUP BY user_id ORDER BY count(*) DESC"
            )
            user_id = connection.execute(query, {"kind": kind.value}).scalars().first()
        now = datetime.now(UTC)
        db.session.execute(update(User).where(User.id == user_id).values(identity_seen_at=now))
        user = db.session.get_one(User, user_id)
        token, _row = accounts.open_login_session(accounts.person_of(user, now), own_device=False, device_name="Here")
        db.session.commit()
        signer = database.app.session_interface.get_signing_serializer(database.app)
        name, kept = database.app.config["SESSION_COOKIE_NAME"], signer.dumps({"_user_id": token})
        browser._client.set_cookie(name, kept, domain="127.0.0.1")
    return browser


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or ("sqlite", "postgresql")))
