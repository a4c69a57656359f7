"""`python -m benchmarks.row_security`: what the second wall around messages costs, on a million messages.

One school on PostgreSQL with 20,000 conversations of 50 messages. A teacher of several classes and a guardian ask what
the pages ask, through the services that the pages use, with the policies of the database and without them (the owner
switches them off) in turn: medians of blocks, so that a busy moment falls on both. The plans of what the pages ask are
looked at too: each condition of a policy must be an InitPlan, worked out once, and no table of conversations may be
read whole.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event, select, text

from benchmarks.databases import Database, databases, fill
from benchmarks.workload import CLASSES_OF_A_FORM, Workload
from gradebook import actor
from gradebook.clock import utc_now
from gradebook.database_roles import owner_engine
from gradebook.extensions import db
from gradebook.models import Conversation, RoleKind, User
from gradebook.policy import access, conversations
from gradebook.policy.person import Person
from gradebook.services import accounts, messaging

MESSAGES = 50
"""In each conversation."""
MOST = 2.0
"""Times what it takes without the policies."""
DRAFTS = """
INSERT INTO drafts (conversation_id, user_id, school_id, body, saved_at)
  SELECT conversation_id, user_id, school_id, 'Begun', now() FROM participants;
ANALYZE drafts
"""
TABLES = ("conversations", "participants", "messages", "drafts")


@dataclass(frozen=True)
class ManyMessages(Workload):
    """Every student's mother has a conversation with the teacher of every class."""

    def talks(self) -> Iterator[tuple[int, int, int, int, int]]:
        key = 0
        for section in range(self.sections):
            form = section // CLASSES_OF_A_FORM
            for place, student in enumerate(self.students_of(section)):
                key += 1
                yield key, section, student, self.guardian_id(form, place, 0), MESSAGES


@dataclass
class Case:
    """One thing that a page asks, and how long it took, in seconds."""

    name: str
    ask: Callable[[Person, Conversation], Any]
    seconds: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    """With the policies, and without."""

    def milliseconds(self, walled: bool) -> tuple[float, float]:
        """The quickest tenth, which other programs held up least, and the median."""
        found = sorted(self.seconds[walled])
        return found[len(found) // 10] * 1000, median(found) * 1000


def _open(person: Person, talk: Conversation) -> Any:
    found = conversations.conversation_read_by(person, talk.public_id)
    page = messaging.messages_of(found, person.id)
    newest_own = max((line.seq for line in page.lines if line.author_id == person.id), default=None)
    return page, conversations.standing(person, found, newest_own)


def _send(person: Person, talk: Conversation) -> Any:
    found = access.conversation_for(person, talk.public_id)
    return messaging.send(found, author_id=person.id, body="Hello", client_key=str(uuid4()), now=person.now)


ASKED: tuple[tuple[str, Callable[[Person, Conversation], Any]], ...] = (
    ("unread messages counted", lambda person, _talk: messaging.unread_count(person)),
    ("list of conversations", lambda person, _talk: messaging.conversations(person)),
    ("a conversation with 50 messages", _open),
    ("a message sent (rolled back)", _send),
)


def main() -> int:
    """Fill, measure, judge: 0 where every case keeps the bound and the plans are right."""
    given = _arguments()
    classes = max(10, given.messages // (40 * MESSAGES) // 10 * 10)
    school = ManyMessages(utc_now().date(), "", sections=classes, students=40, assignments=1)
    with (
        tempfile.TemporaryDirectory(prefix="gradebook-row-security-") as folder,
        databases(Path(folder), ("postgresql",)) as makers,
    ):
        database = fill("postgresql", makers["postgresql"].create(), school, Path(folder))
        with database.app.app_context():
            return _judge(database, given.blocks, given.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.row_security", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--messages", type=int, default=1_000_000, help="about so many (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=7, help="turns with and without (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=30, help="of each case in a block (default: %(default)s)")
    return parser.parse_args()


def _judge(database: Database, blocks: int, rounds: int) -> int:
    with owner_engine().begin() as connection:
        count = connection.scalar(text("SELECT count(*) FROM messages"))
        connection.execute(text(DRAFTS))
    print(f"PostgreSQL {database.version}, {count:,} messages\n")
    print("Milliseconds: the quickest tenth, and the median in brackets; the verdict goes by the first.\n")
    print("| who | asked | conversations seen | with | without | times |\n|---|---|---|---|---|---|")
    fine = True
    for username, kind in (("teacher0", RoleKind.TEACHER), ("guardian0", RoleKind.PARENT)):
        cases = [Case(name, ask) for name, ask in ASKED]
        seen = _measure(username, kind, cases, blocks, rounds)
        for case in cases:
            (walled, usual), (bare, usual_bare) = case.milliseconds(True), case.milliseconds(False)
            fine = fine and walled <= MOST * bare
            numbers = f"{walled:.2f} ({usual:.2f}) | {bare:.2f} ({usual_bare:.2f}) | {walled / bare:.2f}"
            print(f"| {kind} | {case.name} | {seen} | {numbers} |", flush=True)
        print(f"| {kind} | the rule alone | {seen} | {_rule(username, kind, 3 * rounds):.2f} | | |")
    return 0 if _plans_are_right("teacher0", RoleKind.TEACHER) and fine else 1


def _measure(username: str, kind: RoleKind, cases: list[Case], blocks: int, rounds: int) -> int:
    """How many conversations the person sees."""
    seen = 0
    for number in range(2 * blocks):
        walled = number % 2 == 0
        _switch(walled)
        for turn in range(rounds + 5):
            for case in cases:
                with _Asking(username, kind) as asking:
                    begin = time.perf_counter()
                    case.ask(asking.person, asking.talk)
                    spent = time.perf_counter() - begin
                    seen = asking.seen if walled else seen
                if turn >= 5:  # the plans are made by then, and what is read is in memory
                    case.seconds[walled].append(spent)
    _switch(True)
    return seen


def _rule(username: str, kind: RoleKind, rounds: int) -> float:
    """Milliseconds of the function of the policies: a statement works it out once for each table of conversations."""
    seconds = []
    with _Asking(username, kind):
        for _ in range(rounds):
            begin = time.perf_counter()
            db.session.execute(text("SELECT cardinality(gradebook_conversations(false))"))
            seconds.append(time.perf_counter() - begin)
    return sorted(seconds)[len(seconds) // 10] * 1000


def _switch(walled: bool) -> None:
    state = "ENABLE" if walled else "DISABLE"
    with owner_engine().begin() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} {state} ROW LEVEL SECURITY"))


class _Asking:
    """A transaction of one person, told to the database as it begins, and undone."""

    def __init__(self, username: str, kind: RoleKind) -> None:
        user = db.session.scalars(select(User).where(User.username == username)).one()
        self.person = accounts.person_acting_as(user, utc_now(), kind)
        actor.acts(user.id, self.person.now)
        db.session.rollback()
        self.talk: Conversation
        self.seen = 0

    def __enter__(self) -> "_Asking":
        assert self.person.id
        lines = messaging.conversations(self.person, limit=1)
        self.talk = lines[0].conversation
        self.seen = messaging.inbox_of(self.person).conversations
        return self

    def __exit__(self, *_: object) -> None:
        db.session.rollback()
        db.session.remove()


# --- Plans


def _plans_are_right(username: str, kind: RoleKind) -> bool:
    """Prints the plan of each statement of a case that is not."""
    wrong, count = 0, 0
    for name, ask in ASKED:
        for statement, values in _asked(username, kind, ask):
            found = _plan(username, kind, statement, values)
            if not any(f" on public.{table} " in found for table in TABLES):
                continue
            count += 1
            whole = any(f"Seq Scan on public.{table} " in found for table in TABLES)
            if whole or "InitPlan" not in found or "Index" not in found:
                wrong += 1
                print(f"\n{name}:\n{statement}\n\n{found}")
    print(f"\n{count} plans looked at: an InitPlan for the policy, an index for the rows in all but {wrong}.")
    return count > 0 and wrong == 0


def _asked(username: str, kind: RoleKind, ask: Any) -> list[tuple[str, Any]]:
    """The statements of one case, with their values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
            seen.append((statement, values))

    with _Asking(username, kind) as asking:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            ask(asking.person, asking.talk)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return seen


def _plan(username: str, kind: RoleKind, statement: str, values: Any) -> str:
    with _Asking(username, kind):
        rows = db.session.connection().exec_driver_sql(f"EXPLAIN VERBOSE {statement}", values)
        return "\n".join(str(row[0]) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
