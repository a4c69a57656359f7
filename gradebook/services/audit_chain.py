"""Looking whether the audit log is what was written: the chain of hashes over it (docs/decisions/0029).

The database itself seals an entry, as the transaction that wrote it commits.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, Select, String, select, type_coerce

from gradebook.database import sha256_of
from gradebook.extensions import db
from gradebook.models import AuditEntry, AuditHead, AuditSeal
from gradebook.models.audit import digest_of

BEGINNING = "0" * 64
"""The hash before the first entry."""
_AT_A_TIME = 1_000
_NAMES = tuple(AuditEntry.__table__.c.keys())
_AS_STORED = tuple(
    type_coerce(column, String).label(column.name) if column.name in ("at", "facts") else column
    for column in AuditEntry.__table__.c
)
"""Read by us: what somebody wrote by hand may be neither a time nor JSON, and is to be named."""


class Fault(StrEnum):
    """What is wrong at one place of the log."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    LAST_REMOVED = "last_removed"
    HEAD_CHANGED = "head_changed"
    NOT_AS_KEPT = "not_as_kept"


@dataclass(frozen=True)
class Break:
    """The first place where the log is not what was written."""

    fault: Fault
    number: int | None
    """The place in the chain; None for a row that never had one."""
    entry_id: int | None
    """The row of audit_entries; None where it cannot be known any more."""
    at: datetime | None = None
    act: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What was found: how many entries are whole, the newest hash of them, and the first that is not."""

    number: int
    hash: str
    broken: Break | None


def hash_of(before: str, number: int, entry_id: int, digest: str) -> str:
    """SHA-256, in hexadecimal, as the trigger of the database works it out for a seal."""
    return sha256_of(f"{before}\n{number}\n{entry_id}\n{digest}")


def verify(kept: tuple[int, str] | None = None) -> Verdict:
    """Go through the whole log. `kept` is a number and its hash that somebody wrote down elsewhere."""
    head = db.session.execute(select(AuditHead.number, AuditHead.hash)).one_or_none()
    number, before = 0, BEGINNING
    hashes = {0: BEGINNING}  # the few that are asked for
    asked = {head.number if head else 0, kept[0] if kept else 0}
    for row in _sealed():
        broken = _break_at(row, number + 1, before)
        if broken is not None:
            return Verdict(number, before, broken)
        number, before = row.number, row.hash
        if number in asked:
            hashes[number] = before
    return Verdict(number, before, _past_the_chain() or _wrong_end(head, number, hashes, kept))


def _sealed() -> Iterator[Row[Any]]:
    query: Select[Any] = (
        select(AuditSeal.number, AuditSeal.hash, AuditSeal.entry_id, *_AS_STORED)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.number)
    )
    rows = db.session.execute(query, execution_options={"yield_per": _AT_A_TIME})
    return chain.from_iterable(rows.partitions())


def _break_at(row: Row[Any], number: int, before: str) -> Break | None:
    if row.number != number:
        return Break(Fault.REMOVED, number, None)
    if row.id is None:
        return Break(Fault.REMOVED, number, row.entry_id)
    entry = _read(row)
    is_whole = entry is not None and entry.digest == digest_of(vars(entry))
    if not is_whole or row.hash != hash_of(before, number, row.id, row.digest):
        return Break(Fault.CHANGED, number, row.id, entry.at if entry else None, row.act)
    return None


def _read(row: Row[Any]) -> Any:
    """The entry in a row; None where its time or its facts cannot be read."""
    values = {name: getattr(row, name) for name in _NAMES}
    try:
        if isinstance(row.at, str):
            at = datetime.fromisoformat(row.at)
            values["at"] = at if at.tzinfo else at.replace(tzinfo=UTC)
        values["facts"] = json.loads(row.facts) if isinstance(row.facts, str) else row.facts
    except ValueError:
        return None
    return SimpleNamespace(**values)


def _past_the_chain() -> Break | None:
    """An entry that was put in while the database did not seal."""
    query = (
        select(*_AS_STORED)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.number.is_(None))
        .order_by(AuditEntry.id)
        .limit(1)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    entry = _read(row)
    return Break(Fault.INSERTED, None, row.id, entry.at if entry else None, row.act)


def _wrong_end(head: Any, last: int, hashes: dict[int, str], kept: tuple[int, str] | None) -> Break | None:
    """The chain is whole as far as it goes: does it go as far as it should, and is it the one that was kept?"""
    if head is not None and head.number > last:
        return Break(Fault.LAST_REMOVED, last + 1, None)
    if head is None or hashes.get(head.number) != head.hash:
        return Break(Fault.HEAD_CHANGED, head.number if head else None, None)
    if kept is not None and kept[0] > last:
        return Break(Fault.LAST_REMOVED, last + 1, None)
    if kept is not None and hashes.get(kept[0]) != kept[1]:
        return Break(Fault.NOT_AS_KEPT, kept[0], None)
    return None
