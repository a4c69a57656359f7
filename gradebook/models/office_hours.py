"""When teachers are told of messages: their own hours, and the days on which the school has no lessons."""

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, HasPublicId, Id, enum_column
from gradebook.models.people import RoleKind


class OfficeHours(Base):
    """The hours in which a teacher usually reads messages at one school. No row: told at once, at any time."""

    __tablename__ = "office_hours"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]),
        CheckConstraint("role_kind = 'teacher'", name="of_a_teacher"),
    )

    user_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"), default=RoleKind.TEACHER)
    days: Mapped[dict[str, list[int]]] = mapped_column(JSON, default=dict)
    """The day of the week ("0" is Monday) -> from which minute of the day, and the first minute after (0 to 1440)."""


class DayOff(HasPublicId, Base):
    """Days on which a school has no lessons: teachers are not told of messages then."""

    __tablename__ = "days_off"
    __table_args__ = (CheckConstraint("ends_on > begins_on", name="dates_in_order"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day with lessons again."""
