"""The school, its calendar, its courses and its grading scales."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.clock import day_in
from gradebook.database import Base, HasId, HasPublicId, Id, Points, UtcDateTime, enum_column

YOUNGEST_OF_AGE, OLDEST_OF_AGE = 14, 25


class School(HasPublicId, Base):
    """One school of the deployment."""

    __tablename__ = "schools"
    __table_args__ = (
        CheckConstraint(
            f"age_of_majority BETWEEN {YOUNGEST_OF_AGE} AND {OLDEST_OF_AGE}", name="age_of_majority_in_bounds"
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(60))
    """An IANA name; all school days are days there."""
    locale: Mapped[str] = mapped_column(String(20), default="en")
    phone: Mapped[str | None] = mapped_column(String(40))
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    hides_past_conversations: Mapped[bool] = mapped_column(default=False)
    """A guardian whose link to a child has ended no longer reads the conversations they had about the child."""
    takes_score_questions: Mapped[bool] = mapped_column(default=True)
    """Students can ask their teachers about a posted score."""
    teachers_take_step: Mapped[bool] = mapped_column(default=False)
    """Teachers need a second step at sign-in; the office always does."""
    age_of_majority: Mapped[int | None] = mapped_column(default=18)
    """The birthday on which guardians' rights pass to the student; None: only on a day that the office recorded."""
    closures: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """What the office has closed and not lifted (WritingClosure without its words), None mostly. A copy on the row that
    comes with every request, so that a stop holds from the next one on without a question more."""
    source_id: Mapped[str | None] = mapped_column(String(255), unique=True)

    def today(self, now: datetime) -> date:
        """The school day at an aware moment."""
        return day_in(self.timezone, now)


class SessionKind(StrEnum):
    """A span of the calendar (OneRoster academicSession)."""

    YEAR = "year"
    TERM = "term"
    GRADING_PERIOD = "grading_period"


class AcademicSession(HasPublicId, Base):
    """A school year, a term or a grading period."""

    __tablename__ = "academic_sessions"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "source_id"),
        CheckConstraint("ends_on > begins_on", name="dates_in_order"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    kind: Mapped[SessionKind] = mapped_column(enum_column(SessionKind, "kind"))
    title: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("academic_sessions.id"))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day after it (OneRoster 1.2: endDate is exclusive)."""
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when grades are final (grading.md G16); everything that is part of it is then closed too."""
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    source_id: Mapped[str | None] = mapped_column(String(255))


class Course(HasPublicId, Base):
    """A subject as the school teaches it; a class (Section) is one group that takes it."""

    __tablename__ = "courses"
    __table_args__ = (UniqueConstraint("id", "school_id"), UniqueConstraint("school_id", "source_id"))

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    title: Mapped[str] = mapped_column(String(200))
    code: Mapped[str | None] = mapped_column(String(60))
    source_id: Mapped[str | None] = mapped_column(String(255))


class GradingScale(HasPublicId, Base):
    """A table from percent to letter that a school uses."""

    __tablename__ = "grading_scales"
    __table_args__ = (UniqueConstraint("id", "school_id"), UniqueConstraint("school_id", "name"))

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    name: Mapped[str] = mapped_column(String(120))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    bands: Mapped[list["GradingScaleBand"]] = relationship(
        order_by="GradingScaleBand.bound.desc()", cascade="all, delete-orphan"
    )


class GradingScaleBand(HasId, Base):
    """One letter and the percentage from which it holds, inclusive."""

    __tablename__ = "grading_scale_bands"
    __table_args__ = (
        ForeignKeyConstraint(["scale_id", "school_id"], ["grading_scales.id", "grading_scales.school_id"]),
        UniqueConstraint("school_id", "scale_id", "bound"),
        UniqueConstraint("school_id", "scale_id", "label"),
        CheckConstraint("bound >= 0 AND bound <= 15000", name="bound_is_a_percentage"),
        Index("ix_grading_scale_bands_scale_id", "scale_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    scale_id: Mapped[int] = mapped_column(Id)
    label: Mapped[str] = mapped_column(String(20))
    bound: Mapped[Decimal] = mapped_column(Points)
