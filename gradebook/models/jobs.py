"""Work to be done later, as rows: written in the same transaction as what caused it, so that none is lost."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasId, UtcDateTime


class Job(HasId, Base):
    """One piece of work. A worker takes it by a lease; a worker that dies leaves a lease that runs out."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_counted"),
        Index("ix_jobs_done_at_run_at", "done_at", "run_at"),
    )

    kind: Mapped[str] = mapped_column(String(60))
    """A name in gradebook/jobs/__init__.py."""
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    """A job with the same key is added once."""
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
