"""Classes and who is in them. A class is a Section in code (`class` is a Python keyword)."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasPublicId, Id, Points, enum_column
from gradebook.models.people import RoleKind, User
from gradebook.models.school import AcademicSession, Course, GradingScale, School


class TotalMode(StrEnum):
    """How categories become one grade (grading.md G6, G7)."""

    POINTS = "points"
    WEIGHTED = "weighted"


class LateInterval(StrEnum):
    """What a late deduction is counted in (grading.md G4)."""

    DAY = "day"
    HOUR = "hour"


class Section(HasPublicId, Base):
    """A taught group: "Class" on screen. Its rules of grading stand here too."""

    __tablename__ = "sections"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "source_id"),
        ForeignKeyConstraint(["course_id", "school_id"], ["courses.id", "courses.school_id"]),
        ForeignKeyConstraint(["term_id", "school_id"], ["academic_sessions.id", "academic_sessions.school_id"]),
        ForeignKeyConstraint(["grading_scale_id", "school_id"], ["grading_scales.id", "grading_scales.school_id"]),
        CheckConstraint("missing_percent BETWEEN 0 AND 10000", name="missing_is_a_percentage"),
        CheckConstraint("late_percent BETWEEN 0 AND 10000", name="late_is_a_percentage"),
        CheckConstraint("late_floor BETWEEN 0 AND 10000", name="late_floor_is_a_percentage"),
        Index("ix_sections_school_id_term_id", "school_id", "term_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    course_id: Mapped[int] = mapped_column(Id)
    term_id: Mapped[int] = mapped_column(Id)
    """The year, term or grading period in which the class is taught."""
    title: Mapped[str] = mapped_column(String(200))
    code: Mapped[str | None] = mapped_column(String(60))
    source_id: Mapped[str | None] = mapped_column(String(255))
    ended: Mapped[bool] = mapped_column(default=False)
    """Taken out of use by the office or by a roster file; nothing is deleted."""

    last_seq: Mapped[int] = mapped_column(default=0)
    """The number of the last accepted change of what the class's grid shows (architecture.md 5)."""
    parts_version: Mapped[int] = mapped_column(BigInteger, default=0)
    """Drawn anew by triggers of the database whenever a category, an assignment or the name or dates of its grading
    period are written: whoever remembers these remembers them under this number (docs/decisions/0020)."""
    closings: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """What is closed of the class: the key of its term or of a grading period -> since when (ISO, UTC). A copy of
    academic_sessions.closed_at on the row that every write locks, so that no write needs to ask for it."""
    unkept: Mapped[dict[str, list[int | None]] | None] = mapped_column(JSON(none_as_null=True))
    """Of these, what has no stored grades yet: the grading periods whose grades are to be stored, null for the grade
    of the class. None: everything is stored. Until then grades are worked out as of the closing."""
    has_overrides: Mapped[bool] = mapped_column(default=False)
    """Whether a teacher has replaced a grade: only then is grade_overrides read."""
    grades_outcomes: Mapped[bool] = mapped_column(default=False)
    """Whether the class grades outcomes instead of points: only then is anything of models/outcomes.py read."""

    total_mode: Mapped[TotalMode] = mapped_column(enum_column(TotalMode, "total_mode"), default=TotalMode.POINTS)
    missing_percent: Mapped[Decimal | None] = mapped_column(Points, default=Decimal(0))
    """What missing work counts as, percent of its points; None: it does not count."""
    late_percent: Mapped[Decimal] = mapped_column(Points, default=Decimal(0))
    """Deduction per started interval, percent of the points possible; 0: no late rule."""
    late_interval: Mapped[LateInterval] = mapped_column(
        enum_column(LateInterval, "late_interval"), default=LateInterval.DAY
    )
    late_floor: Mapped[Decimal] = mapped_column(Points, default=Decimal(0))
    cap_percent: Mapped[Decimal | None] = mapped_column(Points)
    grading_scale_id: Mapped[int | None] = mapped_column(Id)
    letter_on_whole_percent: Mapped[bool] = mapped_column(default=False)
    weighs_periods: Mapped[bool] = mapped_column(default=False)
    """The course grade is made of its grading periods by the weights in section_periods (grading.md G11)."""
    posts_as_entered: Mapped[bool] = mapped_column(default=True)
    """New assignments: families see scores as they are entered, or when the teacher posts."""

    school: Mapped[School] = relationship(foreign_keys=[school_id], viewonly=True)
    course: Mapped[Course] = relationship(foreign_keys=[course_id], primaryjoin="Section.course_id == Course.id")
    term: Mapped[AcademicSession] = relationship(
        foreign_keys=[term_id], primaryjoin="Section.term_id == AcademicSession.id"
    )
    grading_scale: Mapped[GradingScale | None] = relationship(
        foreign_keys=[grading_scale_id], primaryjoin="Section.grading_scale_id == GradingScale.id"
    )


class SectionPeriod(Base):
    """How much a grading period weighs in the course grade of a class."""

    __tablename__ = "section_periods"
    __table_args__ = (
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["period_id", "school_id"], ["academic_sessions.id", "academic_sessions.school_id"]),
        CheckConstraint("weight BETWEEN 0 AND 1000000", name="weight_in_bounds"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    period_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    weight: Mapped[Decimal] = mapped_column(Points)
    """Percent of the course grade."""


class Position(StrEnum):
    """What a person does in a class."""

    LEAD = "lead"
    CO_TEACHER = "co_teacher"
    SUBSTITUTE = "substitute"
    STUDENT = "student"


class Enrollment(HasPublicId, Base):
    """A place in a class, from a day to a day: a student's or a teacher's."""

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("school_id", "section_id", "user_id", "role_kind"),
        UniqueConstraint("school_id", "source_id"),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["user_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]),
        CheckConstraint("role_kind IN ('student', 'teacher')", name="students_and_teachers"),
        CheckConstraint("(role_kind = 'student') = (position = 'student')", name="position_fits_role"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="dates_in_order"),
        Index("ix_enrollments_user_id", "user_id"),
        Index("ix_enrollments_section_id_role_kind", "section_id", "role_kind"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    section_id: Mapped[int] = mapped_column(Id)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"))
    position: Mapped[Position] = mapped_column(enum_column(Position, "position"))
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day without the place."""
    source_id: Mapped[str | None] = mapped_column(String(255))

    section: Mapped[Section] = relationship(
        foreign_keys=[section_id], primaryjoin="Enrollment.section_id == Section.id"
    )
    user: Mapped[User] = relationship(foreign_keys=[user_id])
