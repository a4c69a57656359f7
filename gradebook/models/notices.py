"""The outbox: whom to tell of what, and when. Rows are written in the transaction of what they tell of."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasId, Id, UtcDateTime, enum_column
from gradebook.models.people import RoleKind


class NoticeKind(StrEnum):
    """What a notice tells of."""

    ANNOUNCEMENT = "announcement"
    """An announcement was sent. Nobody mutes these: what is muted is a conversation."""
    JOINT = "joint"
    """The office has opened a conversation with both guardians of a child."""
    MESSAGE = "message"
    WRITING_CLOSED = "writing_closed"
    """The office has closed the person's writing."""

    @property
    def is_required(self) -> bool:
        """Whether it reaches those, too, who have muted the conversation."""
        return self is not NoticeKind.MESSAGE


class Notice(HasId, Base):
    """One person is to be told once. It holds neither words nor names, so that none can get out with it."""

    __tablename__ = "notices"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        # Under the role in which the person is told: students are told nothing of messages.
        ForeignKeyConstraint(
            ["recipient_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]
        ),
        CheckConstraint("role_kind IN ('teacher', 'parent', 'office')", name="never_a_student"),
        ForeignKeyConstraint(["announcement_id", "school_id"], ["announcements.id", "announcements.school_id"]),
        UniqueConstraint("conversation_id", "seq", "recipient_id"),
        UniqueConstraint("announcement_id", "recipient_id"),
        Index("ix_notices_due_at", "due_at"),
        Index("ix_notices_recipient_id", "recipient_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    recipient_id: Mapped[int] = mapped_column(Id)
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"))
    kind: Mapped[NoticeKind] = mapped_column(enum_column(NoticeKind, "kind"), default=NoticeKind.MESSAGE)
    conversation_id: Mapped[int | None] = mapped_column(Id)
    seq: Mapped[int] = mapped_column(default=0)
    """The number of the message; 0 where it is about none."""
    announcement_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Not before: a teacher's is held until the office hours begin, one of an announcement while it can be recalled."""
