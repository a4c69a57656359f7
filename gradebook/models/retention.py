"""How long a school keeps what is written, and what it must not delete meanwhile."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.people import User


class RecordClass(StrEnum):
    """What is kept equally long."""

    ANNOUNCEMENTS = "announcements"
    APPROVALS = "approvals"
    """Acts that a second person answered, or that ran out, with the records of conversations handed out by them."""
    DRAFTS = "drafts"
    FILES = "files"
    MESSAGES = "messages"
    NOTICES = "notices"
    READS = "reads"
    REPORTS = "reports"
    """Reported messages that are settled."""
    REVIEWS = "reviews"
    """Reviews of which the conversations were told."""
    STOPS = "stops"
    """What the office had stopped, once that is over."""


class RetentionRule(Base):
    """For how many whole calendar years after its own a school keeps a class of record."""

    __tablename__ = "retention_rules"
    __table_args__ = (CheckConstraint("years BETWEEN 1 AND 99", name="years_in_bounds"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    record_class: Mapped[RecordClass] = mapped_column(enum_column(RecordClass, "record_class"), primary_key=True)
    years: Mapped[int]


class LegalHold(HasPublicId, Base):
    """Nothing of this person's conversations (or of one conversation) is deleted while it holds."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_someone"),
        Index("ix_legal_holds_school_id", "school_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """A child, or an adult who takes part."""
    conversation_id: Mapped[int | None] = mapped_column(Id)
    """Only this one; None: all about the child, all of the adult."""
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_on: Mapped[date | None]
    """The first day without it."""
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[User] = relationship(foreign_keys=[person_id])
