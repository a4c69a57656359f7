"""Work and scores: categories, assignments, scores and the history of every score."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    type_coerce,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, Points, UtcDateTime, enum_column
from gradebook.grading.values import Status

MOST_POINTS = 9_999_999  # whole hundredths: 99,999.99 points


class Weighing(StrEnum):
    """How the assignments of a category weigh against each other (grading.md G5)."""

    POINTS = "points"
    EQUAL = "equal"
    OWN = "own"


def _one_in_force(table: str, ended: str) -> tuple[Index, Index]:
    """A student has one row in force for the whole class and one for each period; NULL would equal nothing."""
    keys = ("section_id", "student_id")
    whole, period = text(f"{ended} IS NULL AND period_id IS NULL"), text(f"{ended} IS NULL AND period_id IS NOT NULL")
    return (
        Index(f"uq_{table}_class", *keys, unique=True, sqlite_where=whole, postgresql_where=whole),
        Index(f"uq_{table}_period", *keys, "period_id", unique=True, sqlite_where=period, postgresql_where=period),
    )


class Category(HasPublicId, Base):
    """A group of assignments with a weight and its drop rules."""

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("id", "section_id", "school_id"),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        CheckConstraint("weight BETWEEN 0 AND 1000000", name="weight_in_bounds"),
        CheckConstraint("drop_lowest BETWEEN 0 AND 1000", name="drop_lowest_in_bounds"),
        CheckConstraint("drop_highest BETWEEN 0 AND 1000", name="drop_highest_in_bounds"),
        CheckConstraint("keep_best BETWEEN 1 AND 1000", name="keep_best_in_bounds"),
        CheckConstraint("keep_best IS NULL OR drop_lowest = 0", name="keeps_or_drops"),
        Index("ix_categories_section_id", "section_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(120))
    weight: Mapped[Decimal] = mapped_column(Points, default=Decimal(0))
    """Percent of the grade, in weighted classes."""
    drop_lowest: Mapped[int] = mapped_column(default=0)
    drop_highest: Mapped[int] = mapped_column(default=0)
    keep_best: Mapped[int | None]
    """Only so many of what may be dropped count, however many there are; instead of `drop_lowest`."""
    weighing: Mapped[Weighing] = mapped_column(enum_column(Weighing, "weighing"), default=Weighing.POINTS)
    extra_credit: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_id: Mapped[str | None] = mapped_column(String(255))


class Assignment(HasPublicId, Base):
    """A piece of work that is scored: a column of the grid."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "source_id"),
        ForeignKeyConstraint(
            ["category_id", "section_id", "school_id"],
            ["categories.id", "categories.section_id", "categories.school_id"],
        ),
        CheckConstraint(f"points BETWEEN 0 AND {MOST_POINTS}", name="points_in_bounds"),
        CheckConstraint("weight IS NULL OR weight BETWEEN 0 AND 1000000", name="weight_in_bounds"),
        Index("ix_assignments_section_id", "section_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    category_id: Mapped[int] = mapped_column(Id)
    grading_period_id: Mapped[int | None] = mapped_column(ForeignKey("academic_sessions.id"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    points: Mapped[Decimal] = mapped_column(Points)
    """Full marks."""
    weight: Mapped[Decimal | None] = mapped_column(Points)
    """Its own weight, in categories that weigh each assignment by its own."""
    extra_credit: Mapped[bool] = mapped_column(default=False)
    counts: Mapped[bool] = mapped_column(default=True)
    never_drop: Mapped[bool] = mapped_column(default=False)
    assigned_on: Mapped[date | None]
    due_on: Mapped[date | None]
    due_time: Mapped[time | None]
    """In the school's time zone; None: the end of the school day `due_on`."""
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Families see its scores from this moment on, which may lie ahead; None: hidden."""
    position: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    """The class's number of the last change of this assignment."""
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_id: Mapped[str | None] = mapped_column(String(255))

    category: Mapped[Category] = relationship(
        foreign_keys=[category_id], primaryjoin="Assignment.category_id == Category.id"
    )

    def is_posted(self, now: datetime) -> bool:
        """Whether families see its scores at this moment."""
        return self.posted_at is not None and self.posted_at <= now


class Score(Base):
    """One student's cell of one assignment. No row: not graded and never touched."""

    __tablename__ = "scores"
    __table_args__ = (
        ForeignKeyConstraint(["assignment_id", "school_id"], ["assignments.id", "assignments.school_id"]),
        CheckConstraint(f"points BETWEEN 0 AND {MOST_POINTS}", name="points_in_bounds"),
        CheckConstraint(f"percent BETWEEN 0 AND {MOST_POINTS}", name="percent_in_bounds"),
        CheckConstraint(
            "CASE WHEN points IS NULL THEN 0 ELSE 1 END + CASE WHEN percent IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN letter IS NULL THEN 0 ELSE 1 END <= 1",
            name="one_form",
        ),
        Index("ix_scores_student_id", "student_id"),
    )

    assignment_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    points: Mapped[Decimal | None] = mapped_column(Points)
    """As typed in points …"""
    percent: Mapped[Decimal | None] = mapped_column(Points)
    """… or as typed in percent …"""
    letter: Mapped[str | None] = mapped_column(String(20))
    """… or as typed as a letter: what was typed is kept, points are derived (grading.md G12, G13)."""
    status: Mapped[Status] = mapped_column(enum_column(Status, "status"), default=Status.none)
    late: Mapped[bool] = mapped_column(default=False)
    late_cleared: Mapped[bool] = mapped_column(default=False)
    turned_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finish_by: Mapped[date | None]
    """Incomplete work: the day from which it is missing."""
    comment: Mapped[str | None] = mapped_column(Text)
    """Feedback; the student and the guardians see it when the score is posted."""
    private_note: Mapped[str | None] = mapped_column(Text)
    """For the teachers of the class only; read by services/score_comments.py, never for a family."""
    seq: Mapped[int]
    """The class's number of the last change of this cell but for the private note: its version. A family's page says
    since when a score is new by it, and is told nothing of notes."""

    @hybrid_property
    def noted(self) -> bool:
        """Whether there is a private note."""
        return self.private_note is not None

    @noted.inplace.expression
    @classmethod
    def _noted(cls) -> ColumnElement[int]:
        return type_coerce(cls.private_note.is_not(None), Integer)


class ChangeKind(StrEnum):
    """How a score came to change."""

    IMPORT = "import"
    PASTE = "paste"
    RESTORE = "restore"
    RULE = "rule"  # kept in proportion when the full marks of its assignment changed
    TYPED = "typed"
    UNDO = "undo"


_WAS_SENT = text("request IS NOT NULL")


LONGEST_REASON = 200


class ScoreChange(HasId, Base):
    """One change of one cell; never erased."""

    __tablename__ = "score_changes"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        UniqueConstraint("school_id", "assignment_id", "student_id", "seq"),
        Index("ix_score_changes_section_id_seq", "section_id", "seq"),
        Index(
            "uq_score_changes_request",
            *("section_id", "changed_by", "request", "assignment_id", "student_id"),
            unique=True,
            sqlite_where=_WAS_SENT,
            postgresql_where=_WAS_SENT,
        ),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seq: Mapped[int]
    """The class's number of this change; cells changed together share it."""
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[ChangeKind] = mapped_column(enum_column(ChangeKind, "kind"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The cell's fields as services/scores.py writes them; None: there was no score."""
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    undoes: Mapped[int | None]
    """The class's number of the change that this one puts back."""
    request: Mapped[str | None] = mapped_column(String(36))
    """The key under which a script sent it: sent again, it is not written again. Forgotten after two days."""
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    """Why, where whoever changed it said so; for the teachers of the class."""


class BankComment(HasPublicId, Base):
    """A comment that a teacher keeps to use again; nobody else sees it."""

    __tablename__ = "bank_comments"
    __table_args__ = (
        UniqueConstraint("school_id", "teacher_id", "words"),
        Index("ix_bank_comments_teacher_id", "teacher_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)


class FrozenGrade(HasId, Base):
    """A grade as it stood when its period was closed or the student left: the one place where a grade is stored.

    A copy that no longer holds keeps its row, with the moment at which it was dropped (grading.md G16).
    """

    __tablename__ = "frozen_grades"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["period_id", "school_id"], ["academic_sessions.id", "academic_sessions.school_id"]),
        *_one_in_force("frozen_grades", "dropped_at"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    period_id: Mapped[int | None] = mapped_column(Id)
    """The grading period that the grade is of; None: the whole class."""
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    grade: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The grade with its parts as teachers see it, hidden scores included …"""
    posted_grade: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """… and as families see it; None: the same, as nothing was hidden."""
    override: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What a teacher had put in its place: percent and letter as they were shown."""
    levels: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """In a class that grades outcomes: their levels with all that made them, as teachers see them …"""
    posted_levels: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """… and as families see them; None: the same."""
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GradeOverride(HasId, Base):
    """What a teacher shows in place of a computed grade (grading.md G14). One that was taken back keeps its row."""

    __tablename__ = "grade_overrides"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["period_id", "school_id"], ["academic_sessions.id", "academic_sessions.school_id"]),
        CheckConstraint(f"percent BETWEEN 0 AND {MOST_POINTS}", name="percent_in_bounds"),
        CheckConstraint("(percent IS NULL) <> (letter IS NULL)", name="one_form"),
        *_one_in_force("grade_overrides", "removed_at"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    period_id: Mapped[int | None] = mapped_column(Id)
    """The grading period whose grade it replaces; None: the whole class's."""
    percent: Mapped[Decimal | None] = mapped_column(Points)
    letter: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    set_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
