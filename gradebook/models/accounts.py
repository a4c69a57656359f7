"""Signing in: login sessions, devices, attempts, second steps and invitations. Secrets are stored as hashes only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, UtcDateTime, enum_column
from gradebook.models.people import RoleKind, User


class StepKind(StrEnum):
    """How a login session passed the second step of signing in."""

    APP = "app"
    DEVICE = "device"
    """No code was asked for: the device was trusted when one was given on it."""
    RECOVERY = "recovery"


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
    awaits_step: Mapped[bool] = mapped_column(default=False)
    """The password was right and the code is still to come: it opens nothing yet."""
    step_kind: Mapped[StepKind | None] = mapped_column(enum_column(StepKind, "step_kind"))
    """None: this person was asked for no second step."""
    stepped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it last passed the second step."""
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
    trusted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until then the second step is not asked for here."""
    trust_epoch: Mapped[int | None]
    """The person's number when the device was trusted: the trust ends with whatever ends all login sessions."""


class AttemptKind(StrEnum):
    """What was tried."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    STEP = "step"
    """A code of an authenticator app, or a recovery code."""


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


class AppEnd(StrEnum):
    """Why an authenticator app no longer counts."""

    REPLACED = "replaced"
    RESET = "reset"
    TURNED_OFF = "turned off"


class Authenticator(HasId, Base):
    """An authenticator app that gives codes for an account (RFC 6238). At most one is in use."""

    __tablename__ = "authenticators"
    __table_args__ = (
        Index("ix_authenticators_user_id", "user_id"),
        Index(
            "uq_authenticators_in_use",
            "user_id",
            unique=True,
            sqlite_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
            postgresql_where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    seed: Mapped[str] = mapped_column(String(64))
    """Random, in hexadecimal. The app's key is worked out from it and SECRET_KEY: who reads the database cannot."""
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the first code from it was right; before that it counts for nothing."""
    last_counter: Mapped[int] = mapped_column(default=0)
    """The half minute, counted from 1970, of the last code that was taken: it and those before are used up."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end: Mapped[AppEnd | None] = mapped_column(enum_column(AppEnd, "end"))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the person was told that somebody else had reset it."""

    user: Mapped[User] = relationship()


class RecoveryCode(HasId, Base):
    """A code that lets in once when the authenticator app is lost."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
