"""What was done, by whom, when: the rows behind the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasId, Id, UtcDateTime


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


class AuditSeal(Base):
    """The place of an entry in the chain (docs/decisions/0029); written by the commit that writes the entry."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    """1, 2, 3 … in the order of the commits, without a gap."""
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256, in hexadecimal, over the hash before, the number and the entry."""


class AuditHead(Base):
    """The newest seal, in one row: whoever seals holds it, and it tells when the last entries were taken away."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id)
    """0 before the first entry."""
    hash: Mapped[str] = mapped_column(String(64))
