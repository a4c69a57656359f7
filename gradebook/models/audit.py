"""What was done, by whom, when: the rows behind the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasId, UtcDateTime


class AuditEntry(HasId, Base):
    """One act; rows are only ever added."""

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
