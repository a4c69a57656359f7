"""What was done, by whom, when: the rows behind the audit log."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasId, Id, UtcDateTime, sha256_of


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, over all that an entry says: the same before it is stored and after, on either
    database."""
    at = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    facts = json.loads(json.dumps(entry["facts"]))  # keys are text and tuples lists, as they come back
    keys = [entry.get(name) for name in ("school_id", "actor_id", "person_id", "section_id")]
    return sha256_of(json.dumps([at, entry["act"], *keys, facts], sort_keys=True, separators=(",", ":")))


class AuditEntry(HasId, Base):
    """One act; rows are only ever added, and the database refuses anything else."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_school_id_at", "school_id", "at"),
        Index("ix_audit_entries_section_id_act", "section_id", "act"),
    )

    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: a command or a roster file."""
    act: Mapped[str] = mapped_column(String(60))
    """A name like guardianship.ended; services/audit.py lists them."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whom it concerns."""
    section_id: Mapped[int | None] = mapped_column(ForeignKey("sections.id"))
    """The class in whose history it stands."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Before and after, in plain values; never a secret, never message text."""
    digest: Mapped[str] = mapped_column(
        String(64), server_default="", default=lambda context: digest_of(context.get_current_parameters())
    )
    """What the database seals: who writes an entry by hand must know how it is made."""


class AuditSeal(Base):
    """The place of an entry in the chain (docs/decisions/0029); written by the database as the entry is committed."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    """1, 2, 3 … in the order of the commits, without a gap."""
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256, in hexadecimal, over the hash before, the number, the key of the entry and its digest."""


class AuditHead(Base):
    """The newest seal, in one row: whoever seals holds it, and it tells when the last entries were taken away."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id)
    """0 before the first entry."""
    hash: Mapped[str] = mapped_column(String(64))
