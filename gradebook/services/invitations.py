"""Sign-in slips: one-use codes with which a person sets a password. There are no default passwords anywhere."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Guardianship, Invitation, RoleKind, School, User
from gradebook.policy import scopes
from gradebook.services import accounts, audit

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no look-alikes: I L O U 0 1
CODE_LENGTH = 8
LIFE = timedelta(days=14)


def new_code() -> str:
    """8 characters, 39 bits; tries at it are throttled."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def shown_code(code: str) -> str:
    """The code in its two groups, as printed."""
    return f"{code[:4]} {code[4:]}"


def typed_code(text: str) -> str:
    """A code as typed, without spaces and dashes, in capitals."""
    return "".join(character for character in text.upper() if character.isalnum())[:40]


def _code_hash(code: str, secret: str) -> str:
    # Keyed, because 39 bits without a key could be searched by anyone who has a copy of the table.
    return hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()


def issue_slip(
    user: User, school: School, secret: str, now: datetime, *, actor_id: int | None
) -> tuple[str, Invitation]:
    """A new slip for the person; earlier unused ones are withdrawn. The code is returned once and never stored."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.user_id == user.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    code = new_code()
    invitation = Invitation(
        school_id=school.id, user_id=user.id, code_hash=_code_hash(code, secret), made_by=actor_id, made_at=now,
        expires_at=now + LIFE,
    )  # fmt: skip
    db.session.add(invitation)
    audit.record("invitation.issued", now, school_id=school.id, actor_id=actor_id, person_id=user.id)
    return code, invitation


def invitation_for(code: str, secret: str) -> Invitation | None:
    """The invitation with this code, whatever its state; the caller asks state_of()."""
    return db.session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.user))
        .where(Invitation.code_hash == _code_hash(typed_code(code), secret))
    )


def invitation_named(public_id: str | None) -> Invitation | None:
    """The invitation whose code this browser has already typed right."""
    return db.session.scalar(
        select(Invitation).options(joinedload(Invitation.user)).where(Invitation.public_id == (public_id or ""))
    )


def children_of(user: User, now: datetime) -> list[User]:
    """The children about whom this guardian has a right now, by name: what the invitation shows."""
    person = accounts.person_acting_as(user, now, RoleKind.PARENT)
    gives = or_(scopes.guardianship_gives_grades(person), scopes.guardianship_gives_messages(person))
    linked = select(Guardianship.student_id).where(gives)
    return list(db.session.scalars(select(User).where(User.id.in_(linked)).order_by(User.name_key, User.id)))


def latest_for(user: User) -> Invitation | None:
    """The newest slip of this person, whatever its state."""
    return db.session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.user))
        .where(Invitation.user_id == user.id)
        .order_by(Invitation.made_at.desc(), Invitation.id.desc())
        .limit(1)
    )


def state_of(invitation: Invitation, now: datetime) -> str:
    """usable, used, withdrawn or expired."""
    if invitation.used_at is not None:
        return "used"
    if invitation.withdrawn_at is not None or invitation.user.deactivated_at is not None:
        return "withdrawn"
    return "usable" if invitation.expires_at > now else "expired"


def accept(invitation: Invitation, password: str, now: datetime) -> bool:
    """Set the password and use the slip up, once, whoever else tries at the same moment. False if it was used."""
    used = db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(used_at=now)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    accounts.set_password(invitation.user, password, now, actor_id=invitation.user_id, keep_session=None)
    audit.record(
        "invitation.accepted", now, school_id=invitation.school_id, actor_id=invitation.user_id,
        person_id=invitation.user_id,
    )  # fmt: skip
    return True
