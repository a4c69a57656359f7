"""What the office may read of conversations, and why: the named right, and messages that were reported."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.people import RoleKind, User


class Duty(StrEnum):
    """What someone of the office has to do with messages. Nobody has both: who looks is looked at."""

    REVIEWER = "reviewer"
    """Reads reported messages."""
    SUPERVISOR = "supervisor"
    """Sees what reviewers opened, never a message."""


class OversightDuty(Base):
    """The duty of one person of a school's office: a row for each person, so never two duties."""

    __tablename__ = "oversight_duties"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]),
        CheckConstraint("role_kind = 'office'", name="of_the_office"),
    )

    user_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"), default=RoleKind.OFFICE)
    duty: Mapped[Duty] = mapped_column(enum_column(Duty, "duty"))
    given_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(foreign_keys=[user_id], primaryjoin="OversightDuty.user_id == User.id")


class ReportReason(StrEnum):
    """Why a message was reported, from the list."""

    HURTFUL = "hurtful"
    PRIVATE = "private"
    SAFETY = "safety"
    WRONG = "wrong"
    OTHER = "other"


class ReportOutcome(StrEnum):
    """What the office did about it, from the list."""

    NOTHING = "nothing"
    TALKED = "talked"
    WRITING = "writing"
    PASSED_ON = "passed_on"
    OTHER = "other"


_OPEN = text("settled_at IS NULL")


class MessageReport(HasPublicId, Base):
    """An adult in a conversation has reported a message of it. The other side is told nothing, ever.

    Child, class and author stand here too: whoever settles it does not read the conversation for that.
    """

    __tablename__ = "message_reports"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "conversation_id", "seq"],
            ["messages.school_id", "messages.conversation_id", "messages.seq"],
        ),
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_with_an_outcome"),
        Index("ix_message_reports_school_id_settled_at", "school_id", "settled_at"),
        Index("ix_message_reports_reporter_id", "reporter_id"),
        Index(
            "uq_message_reports_open",
            *("conversation_id", "seq", "reporter_id"),
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    school_id: Mapped[int] = mapped_column(Id)
    conversation_id: Mapped[int] = mapped_column(Id)
    seq: Mapped[int]
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who wrote the message."""
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[ReportReason] = mapped_column(enum_column(ReportReason, "reason"))
    words: Mapped[str] = mapped_column(Text)
    """The reporter's own; empty where the reason says it all."""
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when somebody looks at it."""
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[ReportOutcome | None] = mapped_column(enum_column(ReportOutcome, "outcome"))
    done: Mapped[str | None] = mapped_column(Text)
    """What was done, in the office's words; the reporter does not read them."""

    @property
    def state(self) -> str:
        """new, looking or settled."""
        return "settled" if self.settled_at else "looking" if self.taken_at else "new"
