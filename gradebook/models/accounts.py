"""Signing in: login sessions, devices, attempts and invitations. Secrets are stored as hashes only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, UtcDateTime, enum_column
from gradebook.models.people import RoleKind, User


class LoginSession(HasPublicId, Base):
    """One sign-in on one device; the server's side of the cookie."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index("ix_login_sessions_user_id", "user_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    auth_epoch: Mapped[int]
    """Dead when the person's own number has moved on."""
    role_kind: Mapped[RoleKind | None] = mapped_column(enum_column(RoleKind, "role_kind"))
    """The role in use."""
    role_school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    """The school in use, for teachers and office."""
    own_device: Mapped[bool] = mapped_column(default=False)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the password was last given."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device_name: Mapped[str] = mapped_column(String(120))
    """Browser and system in plain words."""

    user: Mapped[User] = relationship()


class CalendarLink(HasPublicId, Base):
    """A secret address from which a calendar app reads what is due for a student, without signing in."""

    __tablename__ = "calendar_links"
    __table_args__ = (Index("ix_calendar_links_user_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the secret part of the address, which is shown once and kept nowhere."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownDevice(HasId, Base):
    """A browser that has signed in to this account before: it has an allowance of tries of its own."""

    __tablename__ = "known_devices"
    __table_args__ = (Index("ix_known_devices_user_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttemptKind(StrEnum):
    """What was tried."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a kind


class Attempt(HasId, Base):
    """A failed try at a secret: what the throttle counts."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_account_key_at", "account_key", "at"),
        Index("ix_attempts_network_at", "network", "at"),
        Index("ix_attempts_at", "at"),
    )

    kind: Mapped[AttemptKind] = mapped_column(enum_column(AttemptKind, "kind"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_key: Mapped[str] = mapped_column(String(64))
    """Hash of the name as typed, so that a password typed into the name field is not kept."""
    network: Mapped[str] = mapped_column(String(64))
    device_hash: Mapped[str | None] = mapped_column(String(64))


class Invitation(HasPublicId, Base):
    """A one-use way to set a password: a printed slip with a code, and the link that its QR code holds."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_user_id", "user_id"),)

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: a command on the server."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
