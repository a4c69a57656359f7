"""Acts that one person of the office asks for and another must agree to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasPublicId, UtcDateTime, enum_column
from gradebook.models.people import User


class Answer(StrEnum):
    """What became of what was asked; nothing yet, or nothing ever, where there is none."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Approval(HasPublicId, Base):
    """An act of the office that waits for a second person, until a moment after which nobody can agree any more."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at_a_time"),
        CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name="answered_by_someone"),
        CheckConstraint("answer IS NULL OR answer != 'approved' OR answered_by != asked_by", name="second_person"),
        CheckConstraint("answer IS NULL OR answer != 'refused' OR why IS NOT NULL", name="not_without_a_reason"),
        CheckConstraint("ends_at > asked_at", name="ends_later"),
        Index("ix_approvals_school_id_asked_at", "school_id", "asked_at"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    kind: Mapped[str] = mapped_column(String(60))
    """A name in gradebook/services/approved_acts.py."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the act needs to be done: keys and plain values, never a secret or message text."""
    reason: Mapped[str] = mapped_column(String(500))
    """Why, in the words of who asks."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whom it concerns."""
    section_id: Mapped[int | None] = mapped_column(ForeignKey("sections.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """From then on nobody can agree."""
    answer: Mapped[Answer | None] = mapped_column(enum_column(Answer, "answer"))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str | None] = mapped_column(String(500))
    """Why it was refused."""

    asker: Mapped[User] = relationship(foreign_keys=[asked_by])
    answerer: Mapped[User | None] = relationship(foreign_keys=[answered_by])

    def waits(self, now: datetime) -> bool:
        """Whether somebody can still agree."""
        return self.answer is None and now < self.ends_at
