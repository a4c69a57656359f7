"""Announcements: the same words to the guardians of many students, answered by nobody but in private.

No student's account can be a recipient: a recipient stands under the role of a guardian. Students are named
(`student_id`) as on whose account a guardian gets it, never who gets it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.conversations import folded_words
from gradebook.models.people import RoleKind, User
from gradebook.models.school import School


class AnnouncementState(StrEnum):
    """What became of an announcement."""

    CANCELLED = "cancelled"
    RECALLED = "recalled"
    SCHEDULED = "scheduled"
    SENT = "sent"
    STOPPED = "stopped"
    """It was due, and nobody could get it: its author had lost the right, or there was no guardian."""


def _folded(context: Any) -> str:
    given = context.get_current_parameters()
    return folded_words(f"{given['title']} {given['body']}")


class Announcement(HasPublicId, Base):
    """Words from a teacher to the families of classes, or from the office to those of classes or of the school."""

    __tablename__ = "announcements"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "author_id", "client_key"),
        ForeignKeyConstraint(
            ["author_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]
        ),
        CheckConstraint("role_kind IN ('teacher', 'office')", name="from_staff"),
        CheckConstraint("role_kind = 'office' OR NOT to_school", name="to_the_school_by_its_office"),
        CheckConstraint("sent_at IS NULL OR cancelled_at IS NULL", name="sent_or_cancelled"),
        CheckConstraint("recalled_at IS NULL OR sent_at IS NOT NULL", name="recalled_once_sent"),
        Index("ix_announcements_school_id_send_at", "school_id", "send_at"),
        Index("ix_announcements_author_id", "author_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"))
    """The role in which it was written."""
    to_school: Mapped[bool] = mapped_column(default=False)
    """To all families of the school; else to those of its AnnouncementSections."""
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default=_folded)
    """Title and words without case and accents: what is searched."""
    client_key: Mapped[str] = mapped_column(String(36))
    """Made by the form: the same key sent twice is one announcement."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    send_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """From then on it may be sent."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None where it was cancelled: nobody did, it could not be sent."""
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_change: Mapped[int] = mapped_column(default=1)
    """Counts what pages that show it follow."""
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when its words and who got it are deleted for good, because the school need not keep them any more."""
    purge_rule: Mapped[str | None] = mapped_column(String(40))
    """By which rule: a class of record and its years."""

    author: Mapped[User] = relationship(foreign_keys=[author_id])
    school: Mapped[School] = relationship(foreign_keys=[school_id])

    @property
    def state(self) -> AnnouncementState:
        """What became of it so far."""
        if self.recalled_at is not None:
            return AnnouncementState.RECALLED
        if self.sent_at is not None:
            return AnnouncementState.SENT
        if self.cancelled_at is not None:
            return AnnouncementState.STOPPED if self.cancelled_by is None else AnnouncementState.CANCELLED
        return AnnouncementState.SCHEDULED


class AnnouncementSection(Base):
    """A class whose families an announcement is for."""

    __tablename__ = "announcement_sections"
    __table_args__ = (
        ForeignKeyConstraint(["announcement_id", "school_id"], ["announcements.id", "announcements.school_id"]),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        Index("ix_announcement_sections_section_id", "section_id"),
    )

    announcement_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    section_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id)


class AnnouncementRecipient(Base):
    """A guardian who got an announcement, on account of one child; written when it is sent, and never changed but
    for when it was opened. Who gets it for two children has two rows."""

    __tablename__ = "announcement_recipients"
    __table_args__ = (
        ForeignKeyConstraint(["announcement_id", "school_id"], ["announcements.id", "announcements.school_id"]),
        ForeignKeyConstraint(["user_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]),
        CheckConstraint("role_kind = 'parent'", name="a_guardian"),
        Index("ix_announcement_recipients_user_id", "user_id"),
    )

    announcement_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(Id)
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"), default=RoleKind.PARENT)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When this guardian first opened it; the same in all rows of the guardian."""
