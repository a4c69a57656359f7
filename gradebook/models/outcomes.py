"""Standards-based grading: outcomes, the scale they are rated on, which work is about them, and every rating."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, Points, UtcDateTime, enum_column


class MasteryScale(HasPublicId, Base):
    """The levels in which a school says how well an outcome is met."""

    __tablename__ = "mastery_scales"
    __table_args__ = (UniqueConstraint("id", "school_id"), UniqueConstraint("school_id", "name"))

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    name: Mapped[str] = mapped_column(String(120))
    met_from: Mapped[Decimal] = mapped_column(Points)
    """The number of the lowest level that counts as met."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts the changes: a save says which one it saw."""
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    levels: Mapped[list["MasteryLevel"]] = relationship(
        order_by="MasteryLevel.number.desc()", cascade="all, delete-orphan"
    )


class MasteryLevel(HasId, Base):
    """One level: a number, a name, and what it means in words for parents. A higher number is better."""

    __tablename__ = "mastery_levels"
    __table_args__ = (
        ForeignKeyConstraint(["scale_id", "school_id"], ["mastery_scales.id", "mastery_scales.school_id"]),
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "scale_id", "number"),
        UniqueConstraint("school_id", "scale_id", "label"),
        CheckConstraint("number BETWEEN 0 AND 10000", name="number_in_bounds"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    scale_id: Mapped[int] = mapped_column(Id)
    number: Mapped[Decimal] = mapped_column(Points)
    label: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(String(300), default="")


class Outcome(HasPublicId, Base):
    """Something that students are to know or be able to do: of one class, or of the school for all its classes."""

    __tablename__ = "outcomes"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        Index("ix_outcomes_school_id_section_id", "school_id", "section_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int | None] = mapped_column(Id)
    """The class that it belongs to; None: the school."""
    title: Mapped[str] = mapped_column(String(200))
    code: Mapped[str | None] = mapped_column(String(40))
    description: Mapped[str | None] = mapped_column(String(1000))
    """What it means, in words for parents."""
    version: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """An outcome of the school that no further class may take."""


class OutcomeMethod(StrEnum):
    """How the ratings of an outcome become its level (grading/outcomes.py)."""

    LATEST = "latest"
    HIGHEST = "highest"
    MEAN = "mean"
    DECAYING = "decaying"
    TIMES_MET = "times_met"


class SectionOutcomeRules(Base):
    """How a class that grades outcomes makes levels out of ratings. A class that grades points has no row."""

    __tablename__ = "section_outcome_rules"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["scale_id", "school_id"], ["mastery_scales.id", "mastery_scales.school_id"]),
        CheckConstraint("times BETWEEN 1 AND 10", name="times_in_bounds"),
    )

    section_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    scale_id: Mapped[int] = mapped_column(Id)
    method: Mapped[OutcomeMethod] = mapped_column(enum_column(OutcomeMethod, "method"), default=OutcomeMethod.DECAYING)
    times: Mapped[int] = mapped_column(default=3)
    missing_is_lowest: Mapped[bool] = mapped_column(default=False)


class SectionOutcome(Base):
    """An outcome that a class grades. One that it took away keeps its row, and its ratings."""

    __tablename__ = "section_outcomes"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["outcome_id", "school_id"], ["outcomes.id", "outcomes.school_id"]),
    )

    section_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    outcome_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    position: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutcomeAlignment(Base):
    """A piece of work is about an outcome. One that was taken away keeps its ratings, which then do not count."""

    __tablename__ = "outcome_alignments"
    __table_args__ = (
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        ForeignKeyConstraint(["outcome_id", "school_id"], ["outcomes.id", "outcomes.school_id"]),
        Index("ix_outcome_alignments_outcome_id", "outcome_id"),
    )

    assignment_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    outcome_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))


class RatingStatus(StrEnum):
    """What is said in place of a level."""

    NONE = "none"
    EXCUSED = "excused"
    MISSING = "missing"


class OutcomeRating(Base):
    """How well one student's piece of work shows one outcome. No row: never rated; one without a level: taken back."""

    __tablename__ = "outcome_ratings"
    __table_args__ = (
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        ForeignKeyConstraint(["outcome_id", "school_id"], ["outcomes.id", "outcomes.school_id"]),
        ForeignKeyConstraint(["level_id", "school_id"], ["mastery_levels.id", "mastery_levels.school_id"]),
        CheckConstraint("level_id IS NULL OR status = 'none'", name="level_or_status"),
        Index("ix_outcome_ratings_student_id", "student_id"),
        Index("ix_outcome_ratings_level_id", "level_id"),
    )

    assignment_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    outcome_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    level_id: Mapped[int | None] = mapped_column(Id)
    status: Mapped[RatingStatus] = mapped_column(enum_column(RatingStatus, "status"), default=RatingStatus.NONE)
    seq: Mapped[int]
    """The class's number of the last change: its version."""


class RatingChange(HasId, Base):
    """One change of one rating; never erased."""

    __tablename__ = "rating_changes"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        ForeignKeyConstraint(["outcome_id", "school_id"], ["outcomes.id", "outcomes.school_id"]),
        UniqueConstraint(
            "school_id", "assignment_id", "outcome_id", "student_id", "seq", name="uq_rating_changes_place_seq"
        ),
        Index("ix_rating_changes_section_id_seq", "section_id", "seq"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    assignment_id: Mapped[int] = mapped_column(Id)
    outcome_id: Mapped[int] = mapped_column(Id)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seq: Mapped[int]
    """The class's number of this change; ratings changed together share it."""
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The rating as services/outcomes.py writes it, with the level's key and name of then; None: there was none."""
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
