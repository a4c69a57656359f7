"""What the office has stopped at once: the writing of everyone, of a role, of a person; or addresses in messages.

It comes with the person's roles (School.closures), so that it holds from the next request on, on every page and stream,
without a question to the database. Reading goes on. The office itself is never stopped: it must be able to say why.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gradebook.models import ClosureScope, RoleKind
from gradebook.policy import facts
from gradebook.policy.person import HeldRole, Person

_SCOPES = {RoleKind.PARENT: ClosureScope.GUARDIANS, RoleKind.TEACHER: ClosureScope.TEACHERS}

_DOT = "[.\u3002\uff0e\uff61]"  # browsers take all four for a dot
_ADDRESS = re.compile(
    rf"\w://|\bwww{_DOT}|\w{_DOT}[^\W\d_]{{2}}|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b|\blocalhost:", re.IGNORECASE
)
"""Whatever a browser could take for an address. Strict rather than clever: a missing blank after a full stop is refused
too, and the person is told at which word."""
_LONGEST_WORD = 60


@dataclass(frozen=True)
class Stop:
    """The office has closed writing; it concerns the person who was asked about."""

    key: str
    """Its public id."""
    scope: ClosureScope
    school_id: int
    until: datetime | None
    """From when it ends by itself; None: when the office lifts it."""

    @property
    def is_of_links(self) -> bool:
        """Only web and email addresses are refused."""
        return self.scope == ClosureScope.LINKS


def stopped(person: Person, school_id: int, words: str = "") -> Stop | None:
    """What stands against this person writing (these words) at the school now; None: no stop of the office does.

    The one question for whatever is written: a message, its edit, a first message, a sending to many.
    """
    for stop in stops_of(person, school_id):
        if not stop.is_of_links or address_in(words):
            return stop
    return None


def may_write(person: Person, thing: Any = None) -> bool:
    """Uses messages, and the office has not stopped writing at the school of the thing; without one, at each in use.

    Whether there is anybody to write to is another question: this one is for links that would lead to a refusal.
    """
    schools = [role.school_id for role in person.roles_in_use] if thing is None else [thing.school_id]
    return facts.may_use_messages(person) and any(not stopped(person, school_id) for school_id in schools)


def stops_run_by(person: Person) -> list[Stop]:
    """What the office for which this person acts has stopped for many: it goes on writing, and is to know."""
    of_office = (role for role in person.roles_in_use if role.kind == RoleKind.OFFICE)
    found = [stop_in(entry, role.school_id) for role in of_office for entry in role.closures or ()]
    return _in_order(
        stop for stop in found if stop.scope != ClosureScope.PERSON and (stop.until is None or stop.until > person.now)
    )


def stops_of(person: Person, school_id: int | None = None) -> list[Stop]:
    """What concerns this person now in the role in use (at one school): the widest first, addresses last."""
    roles = (role for role in person.roles_in_use if school_id in (None, role.school_id))
    found = [stop for role in roles for stop in _of(role, person)]
    return _in_order(found)


def _in_order(found: Iterable[Stop]) -> list[Stop]:
    return sorted(found, key=lambda stop: (_ORDER.index(stop.scope), stop.key))


_ORDER = [
    ClosureScope.EVERYONE,
    ClosureScope.GUARDIANS,
    ClosureScope.TEACHERS,
    ClosureScope.PERSON,
    ClosureScope.LINKS,
]


def _of(role: HeldRole, person: Person) -> list[Stop]:
    own = _SCOPES.get(role.kind)
    if not role.closures or own is None:
        return []
    all_here = [
        stop_in(entry, role.school_id)
        for entry in role.closures
        if entry["scope"] in (ClosureScope.EVERYONE, ClosureScope.LINKS, own) or entry["user"] == person.id
    ]
    return [stop for stop in all_here if stop.until is None or stop.until > person.now]


def stop_in(entry: dict[str, Any], school_id: int) -> Stop:
    """An entry of School.closures."""
    until = datetime.fromisoformat(entry["until"]) if entry["until"] else None
    return Stop(entry["key"], ClosureScope(entry["scope"]), school_id, until)


def mark(person: Person, school_id: int) -> str:
    """Another text whenever what is stopped for this person at the school becomes another."""
    return ".".join(stop.key for stop in stops_of(person, school_id))


def address_in(words: str) -> str | None:
    """The first word that a browser could take for a web or email address; None where there is none."""
    seen = "".join(character for character in words if unicodedata.category(character) != "Cf")
    found = _ADDRESS.search(seen)
    if found is None:
        return None
    start = max(seen.rfind(blank, 0, found.start() + 1) for blank in " \n\t") + 1
    return seen[start:].split(maxsplit=1)[0][:_LONGEST_WORD]
