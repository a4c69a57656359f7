"""Between families and teachers, beside messages: what guardians want to know, what they confirm, what students ask."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, Points, UtcDateTime
from gradebook.models.people import User
from gradebook.models.work import Assignment

MOST_DAYS = 60
MOST_PERCENT = 10_000  # whole hundredths: 100%


class Interest(Base):
    """What one guardian wants to be told of one child. No row: as services/interests.py says."""

    __tablename__ = "interests"
    __table_args__ = (
        CheckConstraint(f"missing_after BETWEEN 0 AND {MOST_DAYS}", name="missing_after_in_bounds"),
        CheckConstraint(f"below BETWEEN 0 AND {MOST_PERCENT}", name="below_in_bounds"),
        CheckConstraint(f"falls_by BETWEEN 1 AND {MOST_PERCENT}", name="falls_by_in_bounds"),
        Index("ix_interests_student_id", "student_id"),
    )

    guardian_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    missing_after: Mapped[int | None]
    """Days after its due moment from which missing work is told; None: never."""
    below: Mapped[Decimal | None] = mapped_column(Points)
    """The line in percent: a grade below it is told; None: never."""
    falls_by: Mapped[Decimal | None] = mapped_column(Points)
    """Percentage points by which a grade fell in two weeks before it is told; None: never."""
    new_scores: Mapped[bool] = mapped_column(default=True)
    due_soon: Mapped[bool] = mapped_column(default=True)


_OPEN_QUESTION = text("answered_at IS NULL")


class ScoreQuestion(HasPublicId, Base):
    """What a student asks the teachers about one posted score, and the answer; not for guardians, no message."""

    __tablename__ = "score_questions"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_with_words"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_someone"),
        Index("ix_score_questions_section_id", "section_id"),
        Index("ix_score_questions_student_id", "student_id"),
        Index(
            "uq_score_questions_open",
            *("assignment_id", "student_id", "school_id"),
            unique=True,
            sqlite_where=_OPEN_QUESTION,
            postgresql_where=_OPEN_QUESTION,
        ),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    assignment_id: Mapped[int] = mapped_column(Id)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    assignment: Mapped[Assignment] = relationship(
        foreign_keys=[assignment_id], primaryjoin="ScoreQuestion.assignment_id == Assignment.id", viewonly=True
    )
    student: Mapped[User] = relationship(foreign_keys=[student_id], viewonly=True)
    teacher: Mapped[User | None] = relationship(foreign_keys=[answered_by], viewonly=True)

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.answered_at is None


_ASKED = text("ended_at IS NULL")


class SeenRequest(HasId, Base):
    """A teacher asks the guardians to confirm that they have seen the scores of one assignment."""

    __tablename__ = "seen_requests"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        Index("ix_seen_requests_section_id", "section_id"),
        Index(
            "uq_seen_requests_open",
            *("assignment_id", "school_id"),
            unique=True,
            sqlite_where=_ASKED,
            postgresql_where=_ASKED,
        ),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    assignment_id: Mapped[int] = mapped_column(Id)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the teacher stopped asking; what was confirmed is kept."""


class SeenScore(Base):
    """One guardian has confirmed to have seen one child's score. No other guardian is told."""

    __tablename__ = "seen_scores"
    __table_args__ = (
        ForeignKeyConstraint(["request_id", "school_id"], ["seen_requests.id", "seen_requests.school_id"]),
        Index("ix_seen_scores_guardian_id", "guardian_id"),
    )

    request_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    seq: Mapped[int]
    """The version of the score that was confirmed: a later one is another score."""
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
