"""Conversations that the office may hand out as a record."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasPublicId, Id, UtcDateTime


class RecordExport(HasPublicId, Base):
    """Two people of the office have agreed that the record of a conversation is fetched, until a moment.

    It opens the conversation to these two for reading, in PostgreSQL's row-level security too.
    """

    __tablename__ = "record_exports"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        CheckConstraint("approved_by != asked_by", name="second_person"),
        Index("ix_record_exports_school_id", "school_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    conversation_id: Mapped[int] = mapped_column(Id)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"), unique=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """From then on it cannot be fetched any more."""
