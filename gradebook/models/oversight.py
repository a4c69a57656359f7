"""What the office may read of conversations, and why: the named right, reported messages, and reviews."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.people import RoleKind, User


class Duty(StrEnum):
    """What someone of the office has to do with messages. Nobody has both: who looks is looked at."""

    REVIEWER = "reviewer"
    """Reads reported messages, and opens reviews."""
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
    section_id: Mapped[int | None] = mapped_column(ForeignKey("sections.id"))
    """None: a conversation with the office."""
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


class ReviewReason(StrEnum):
    """Why the office looks into conversations, from the list."""

    SAFETY = "safety"
    CONDUCT = "conduct"
    COMPLAINT = "complaint"
    REPORT = "report"
    LEGAL = "legal"
    OTHER = "other"


MOST_DAYS = 7
"""School days of the calendar that a review lasts, the first one included."""


class OversightReview(HasPublicId, Base):
    """The office looks into the conversations about one child, or into one of them: for a reason, between two days,
    and for a week at most. The row opens them, and on PostgreSQL the database reads it by itself."""

    __tablename__ = "oversight_reviews"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        CheckConstraint(f"days BETWEEN 1 AND {MOST_DAYS}", name="a_week_at_most"),
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        CheckConstraint("(section_id IS NULL) = (guardian_id IS NULL)", name="a_child_or_one_conversation"),
        Index("ix_oversight_reviews_school_id_said_at", "school_id", "said_at"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begins_on: Mapped[date]
    """The school day on which it was opened."""
    days: Mapped[int]
    """How many school days of the calendar it lasts, the first one included."""
    reason: Mapped[ReviewReason] = mapped_column(enum_column(ReviewReason, "reason"))
    words: Mapped[str] = mapped_column(Text)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    section_id: Mapped[int | None] = mapped_column(ForeignKey("sections.id"))
    """With guardian_id: only that conversation. Without: all that are about the child."""
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    first_day: Mapped[date]
    """Messages sent from this school day on …"""
    last_day: Mapped[date]
    """… until the end of this one."""
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: it ended by itself."""
    held_until: Mapped[date | None]
    """The first school day on which the conversations may be told, as a second person has agreed."""
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the conversations that were opened were told."""

    student: Mapped[User] = relationship(foreign_keys=[student_id])
    opener: Mapped[User] = relationship(foreign_keys=[opened_by])

    @property
    def ends_on(self) -> date:
        """The first school day without it."""
        return self.begins_on + timedelta(days=self.days)

    def is_open(self, day: date) -> bool:
        """Whether it opens anything on that school day."""
        return self.closed_at is None and self.begins_on <= day < self.ends_on


class ReviewOpening(Base):
    """A conversation that was opened in a review. Class and guardian stand here too: when it has ended, who says so to
    the conversation does not read it."""

    __tablename__ = "review_openings"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "school_id"], ["oversight_reviews.id", "oversight_reviews.school_id"]),
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        Index("ix_review_openings_conversation_id", "conversation_id"),
    )

    review_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id)
    section_id: Mapped[int] = mapped_column(ForeignKey("sections.id"))
    guardian_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times: Mapped[int]
    """How often a part of it was shown."""


class ReviewNote(HasId, Base):
    """What whoever reviews writes down; for the reviewer and who watches."""

    __tablename__ = "review_notes"
    __table_args__ = (
        ForeignKeyConstraint(["review_id", "school_id"], ["oversight_reviews.id", "oversight_reviews.school_id"]),
        Index("ix_review_notes_review_id", "review_id"),
    )

    review_id: Mapped[int] = mapped_column(Id)
    school_id: Mapped[int] = mapped_column(Id)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)

    author: Mapped[User] = relationship(foreign_keys=[author_id])
