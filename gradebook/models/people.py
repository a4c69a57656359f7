"""People: accounts, what they are to a school, and who is whose guardian."""

import re
import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    event,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.school import School


class AccountKind(StrEnum):
    """An account is a student's or an adult's, for ever."""

    STUDENT = "student"
    ADULT = "adult"


class RoleKind(StrEnum):
    """What a person is to a school."""

    OFFICE = "office"
    PARENT = "parent"
    STUDENT = "student"
    TEACHER = "teacher"


class AccessBasis(StrEnum):
    """Why a guardian keeps the rights when the student holds them too (decision 0040)."""

    CONSENT = "consent"
    """The student has agreed in writing (34 CFR 99.30)."""
    DEPENDENT = "dependent"
    """The student is a dependent for tax purposes (34 CFR 99.31(a)(8))."""
    COURT = "court"
    """A court has ordered it, or keeps the adult as the student's guardian."""


def folded(text: str) -> str:
    """Text as it is searched and sorted: without case and accents, the same on every database."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The words of a text as they are searched: letters and digits, folded."""
    return re.findall(r"[^\W_]+", folded(text))


def _name_key(context: Any) -> str:
    given = context.get_current_parameters()
    return name_key_of(given["sort_name"], given["display_name"])


def name_key_of(sort_name: str, display_name: str) -> str:
    """What people are sorted and found by; whoever renames a person in bulk writes it too."""
    return f"{folded(sort_name)} {folded(display_name)}"[:500]


class User(HasPublicId, Base):
    """An account: a student's or an adult's."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("id", "account_kind"),  # the target of the composite keys that keep students apart
        CheckConstraint("email IS NULL OR email_key IS NOT NULL", name="email_has_key"),
        Index("ix_users_email_key", "email_key"),
        Index("ix_users_name_key", "name_key"),
    )

    account_kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind, "account_kind"))
    username: Mapped[str] = mapped_column(String(120))
    username_key: Mapped[str] = mapped_column(String(120), unique=True)
    """The username case-folded: unique in the deployment."""
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    """The address case-folded. Not unique: families share inboxes."""
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Only a confirmed address signs in, and only where exactly one account has it."""
    phone: Mapped[str | None] = mapped_column(String(40))
    display_name: Mapped[str] = mapped_column(String(200))
    """Any script, any length, one word allowed; never split."""
    sort_name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(500), default=_name_key)
    """Both names without case and accents, for searching and sorting; kept by the model."""
    called: Mapped[str] = mapped_column(String(100))
    """What a greeting calls the person; the given name unless told otherwise."""
    birth_date: Mapped[date | None]
    form: Mapped[str | None] = mapped_column(String(40))
    """A student's form or year group as the school says it: 7B, grade 9."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """argon2id; None until the person has accepted an invitation."""
    auth_epoch: Mapped[int] = mapped_column(default=1)
    """Raised to end every login session of this person at once."""
    identity_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the office saw who this guardian is; messages open only then (ux.md A3)."""
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locale: Mapped[str | None] = mapped_column(String(20))
    theme: Mapped[str | None] = mapped_column(String(10))
    """light, dark, or None for the system's choice."""
    grade_entry: Mapped[str | None] = mapped_column(String(10))
    """How this teacher types into a class's table: None for spreadsheet keys with Enter going down, right for Enter
    going to the next assignment, fields for plain form fields."""
    news_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until when this student has marked what is new as seen."""

    roles: Mapped[list["Role"]] = relationship(back_populates="user", viewonly=True)


@event.listens_for(User, "before_update")
def _keep_name_key(_mapper: Any, _connection: Any, user: User) -> None:
    user.name_key = name_key_of(user.sort_name, user.display_name)


class Role(HasId, Base):
    """What a person is to one school, from a day to a day; ended, never deleted."""

    __tablename__ = "roles"
    __table_args__ = (
        UniqueConstraint("user_id", "school_id", "kind"),
        ForeignKeyConstraint(["user_id", "account_kind"], ["users.id", "users.account_kind"]),
        CheckConstraint("(account_kind = 'student') = (kind = 'student')", name="students_are_only_students"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="dates_in_order"),
        CheckConstraint("rights_pass_on IS NULL OR kind = 'student'", name="rights_pass_to_students"),
        Index("ix_roles_school_id_kind", "school_id", "kind"),
    )

    user_id: Mapped[int] = mapped_column(Id)
    account_kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind, "account_kind"))
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "kind"))
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day without the role."""
    source_id: Mapped[str | None] = mapped_column(String(255))
    """The person's sourcedId in this school's roster files."""
    rights_pass_on: Mapped[date | None]
    """A student's: the first day with the rights of an adult, where the office recorded one; else the date of birth and
    the school's age say it (policy/coming_of_age.py)."""

    user: Mapped[User] = relationship(back_populates="roles", foreign_keys=[user_id, account_kind])
    school: Mapped[School] = relationship()


class Guardianship(HasPublicId, Base):
    """An adult's link to a child at one school, with its rights and dates."""

    __tablename__ = "guardianships"
    __table_args__ = (
        UniqueConstraint("school_id", "student_id", "guardian_id"),
        ForeignKeyConstraint(["student_id", "student_kind"], ["users.id", "users.account_kind"]),
        ForeignKeyConstraint(["guardian_id", "guardian_kind"], ["users.id", "users.account_kind"]),
        CheckConstraint("student_kind = 'student'", name="child_is_a_student"),
        CheckConstraint("guardian_kind = 'adult'", name="guardian_is_an_adult"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="dates_in_order"),
        CheckConstraint(
            "rights_pass_on IS NULL OR (ends_on IS NOT NULL AND ends_on = rights_pass_on)", name="ends_when_rights_pass"
        ),
        CheckConstraint(
            "ends_on_otherwise IS NULL OR (rights_pass_on IS NOT NULL AND ends_on_otherwise > rights_pass_on)",
            name="would_end_later",
        ),
        CheckConstraint(
            "(basis IS NULL) = (basis_reference IS NULL) AND (basis IS NULL) = (basis_entered_by IS NULL)"
            " AND (basis IS NULL) = (basis_entered_at IS NULL) AND (basis_ends_on IS NULL OR basis IS NOT NULL)",
            name="basis_is_whole",
        ),
        Index("ix_guardianships_guardian_id", "guardian_id"),
        Index("ix_guardianships_school_id_rights_pass_on", "school_id", "rights_pass_on"),
        Index("ix_guardianships_student_id", "student_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    student_id: Mapped[int] = mapped_column(Id)
    student_kind: Mapped[AccountKind] = mapped_column(
        enum_column(AccountKind, "student_kind"), default=AccountKind.STUDENT
    )
    guardian_id: Mapped[int] = mapped_column(Id)
    guardian_kind: Mapped[AccountKind] = mapped_column(
        enum_column(AccountKind, "guardian_kind"), default=AccountKind.ADULT
    )
    relationship_name: Mapped[str] = mapped_column("relationship", String(60))
    """mother, father, grandmother, foster carer, relative … as the office says it."""
    may_see_grades: Mapped[bool] = mapped_column(default=True)
    may_message: Mapped[bool] = mapped_column(default=True)
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day without the right, whatever ends it: all rules look at this day alone."""
    rights_pass_on: Mapped[date | None]
    """The student's coming of age ends the link on this day, which is then ends_on; None where it does not.
    services/coming_of_age.py keeps it."""
    ends_on_otherwise: Mapped[date | None]
    """The later end that was recorded for the link itself, while coming of age ends it sooner."""
    basis: Mapped[AccessBasis | None] = mapped_column(enum_column(AccessBasis, "basis"))
    """Why the link goes on when the student has come of age."""
    basis_reference: Mapped[str | None] = mapped_column(String(200))
    basis_ends_on: Mapped[date | None]
    """The first day without the basis."""
    basis_entered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    basis_entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_office: Mapped[bool] = mapped_column(default=False)
    """A roster file does not open such a link again."""
    from_roster: Mapped[bool] = mapped_column(default=False)
    """A roster file made it, and a later file that no longer has it ends it; links of the office are left alone."""

    student: Mapped[User] = relationship(foreign_keys=[student_id, student_kind], viewonly=True)
    guardian: Mapped[User] = relationship(foreign_keys=[guardian_id, guardian_kind], viewonly=True)

    @hybrid_property
    def own_ends_on(self) -> date | None:
        """The end that was recorded for the link itself, whether or not coming of age ends it sooner."""
        return self.ends_on if self.rights_pass_on is None else self.ends_on_otherwise

    @own_ends_on.inplace.expression
    @classmethod
    def _own_ends_on(cls) -> ColumnElement[date | None]:
        return case((cls.rights_pass_on.is_(None), cls.ends_on), else_=cls.ends_on_otherwise)


class Restriction(HasPublicId, Base):
    """A dated order that takes rights from an adult about one child, whatever the guardianship says."""

    __tablename__ = "restrictions"
    __table_args__ = (
        ForeignKeyConstraint(["student_id", "student_kind"], ["users.id", "users.account_kind"]),
        CheckConstraint("student_kind = 'student'", name="child_is_a_student"),
        CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name="dates_in_order"),
        CheckConstraint("no_contact OR no_records OR hide_address", name="restricts_something"),
        Index("ix_restrictions_student_id_adult_id", "student_id", "adult_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    student_id: Mapped[int] = mapped_column(Id)
    student_kind: Mapped[AccountKind] = mapped_column(
        enum_column(AccountKind, "student_kind"), default=AccountKind.STUDENT
    )
    adult_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    no_contact: Mapped[bool]
    """No messages about this child; earlier ones are hidden too."""
    no_records: Mapped[bool]
    """No grades of this child."""
    hide_address: Mapped[bool]
    document_reference: Mapped[str] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The first day without the restriction."""
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """The second person; the restriction holds before that too."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lift_on: Mapped[date | None]
    """The first day without it, as somebody asked; ends_on takes it when a second person agrees."""
    lift_asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lift_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    adult: Mapped[User] = relationship(foreign_keys=[adult_id])
