"""The second step of signing in: codes of an authenticator app (RFC 6238), recovery codes, trusted devices.

The key of an app stands nowhere: it is worked out from SECRET_KEY and a random seed, so that whoever reads the database
or a backup of it cannot make codes. A code is taken once, and recovery codes are stored as keyed hashes.
"""

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pyotp
from sqlalchemy import and_, delete, func, select, update

from gradebook.extensions import db
from gradebook.models import (
    AppEnd,
    Authenticator,
    KnownDevice,
    LoginSession,
    RecoveryCode,
    Role,
    RoleKind,
    School,
    StepKind,
    User,
)
from gradebook.policy import scopes
from gradebook.policy import second_step as policy
from gradebook.services import accounts, audit, rosters
from gradebook.services.rosters import RosterError, RosterFault

INTERVAL = 30
"""Seconds that a code holds; every authenticator app can do these, and six digits of SHA-1."""
DRIFT = 1
"""Codes before and after the one of this moment that are taken too: clocks of phones are not exact."""
WAITING_LIFE = timedelta(hours=1)
"""How long an app may wait for its first code."""
TRUST_LIFE = timedelta(days=30)
RECOVERY_CODES = 10
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no look-alikes: I L O U 0 1
RECOVERY_LENGTH = 10


class Check(StrEnum):
    """What became of a code."""

    RIGHT = "right"
    USED = "used"
    WRONG = "wrong"


# --- The app


def app_of(user_id: int) -> Authenticator | None:
    """The authenticator app in use for this account."""
    return db.session.scalar(
        select(Authenticator).where(
            Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None), Authenticator.ended_at.is_(None)
        )
    )


def newest_app(user_id: int) -> Authenticator | None:
    """The one that was begun last, if it has not ended; perhaps it waits for its first code."""
    return db.session.scalar(
        select(Authenticator)
        .where(Authenticator.user_id == user_id, Authenticator.ended_at.is_(None))
        .order_by(Authenticator.id.desc())
        .limit(1)
    )


def waiting_app(user_id: int, key: int | None, now: datetime) -> Authenticator | None:
    """The app with this key whose first code is awaited; None when an hour has passed."""
    return db.session.scalar(
        select(Authenticator).where(
            Authenticator.id == key,
            Authenticator.user_id == user_id,
            Authenticator.confirmed_at.is_(None),
            Authenticator.added_at > now - WAITING_LIFE,
        )
    )


def begin_app(user_id: int, now: datetime) -> Authenticator:
    """A new key to be shown; it counts for nothing before its first code. An earlier one that waits is dropped."""
    db.session.execute(
        delete(Authenticator).where(Authenticator.user_id == user_id, Authenticator.confirmed_at.is_(None))
    )
    app = Authenticator(user_id=user_id, seed=secrets.token_hex(32), added_at=now)
    db.session.add(app)
    return app


def key_of(app: Authenticator, secret: str) -> str:
    """The key that the authenticator app and we share: 160 bits, in base32."""
    key = hmac.new(secret.encode(), f"authenticator {app.seed}".encode(), hashlib.sha256).digest()
    return b32encode(key[:20]).decode()


def address_of(app: Authenticator, secret: str, username: str, issuer: str) -> str:
    """What the QR code says to the app: the key, and under which names to list it."""
    return pyotp.TOTP(key_of(app, secret)).provisioning_uri(name=username, issuer_name=issuer)


def confirm_app(
    app: Authenticator, typed: str, secret: str, user: User, keep_session: LoginSession | None, now: datetime
) -> Check:
    """Put an app into use with its first code, in place of the one before; every other session ends.

    The session that is kept has passed the second step with it.
    """
    checked = take_code(app, typed, secret, now)
    if checked != Check.RIGHT:
        return checked
    replaced = _end_app(user.id, AppEnd.REPLACED, now)
    app.confirmed_at = now
    accounts.end_all_but(user, keep_session, now)
    act = "second_step.app_changed" if replaced else "second_step.set_up"
    audit.record(act, now, school_id=None, actor_id=user.id, person_id=user.id)
    db.session.flush()
    return checked


def turn_off(user: User, keep_session: LoginSession, now: datetime) -> None:
    """No second step any more; every other session ends. The caller has asked for the password and a code."""
    _forget(user, AppEnd.TURNED_OFF, keep_session, now)
    keep_session.step_kind = keep_session.stepped_at = None
    audit.record("second_step.turned_off", now, school_id=None, actor_id=user.id, person_id=user.id)


def reset(user: User, now: datetime, *, school_id: int | None, actor_id: int | None, how: str | None = None) -> bool:
    """Take away a second step that its owner has lost, and end all their sessions. They are told at the next sign-in.

    `how` says how the office made sure who asks; None for a command. False if there was no second step.
    """
    if app_of(user.id) is None:
        return False
    _forget(user, AppEnd.RESET, None, now)
    facts: dict[str, Any] = {"how": how} if how else {}
    audit.record("second_step.reset", now, school_id=school_id, actor_id=actor_id, person_id=user.id, **facts)
    return True


def reset_by_office(user: User, school: School, how: str, now: datetime, *, actor_id: int) -> bool:
    """The same by another person of the office. Raises ONE_SELF, and USED_ELSEWHERE: the office of one school alone
    must not open an account that another school trusts too."""
    if user.id == actor_id:
        raise RosterError(RosterFault.ONE_SELF)
    if rosters.is_used_elsewhere(user, school, now):
        raise RosterError(RosterFault.USED_ELSEWHERE)
    return reset(user, now, school_id=school.id, actor_id=actor_id, how=how)


def _forget(user: User, end: AppEnd, keep_session: LoginSession | None, now: datetime) -> None:
    _end_app(user.id, end, now)
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    accounts.end_all_but(user, keep_session, now)


def _end_app(user_id: int, end: AppEnd, now: datetime) -> bool:
    ended = db.session.execute(
        update(Authenticator)
        .where(
            Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None), Authenticator.ended_at.is_(None)
        )
        .values(ended_at=now, end=end)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]


# --- The school's rule


def set_teachers_rule(school: School, takes_step: bool, now: datetime, *, actor_id: int) -> None:
    """Whether teachers of the school need a second step, from their next request on."""
    if school.teachers_take_step == takes_step:
        return
    school.teachers_take_step = takes_step
    audit.record("school.teachers_step_changed", now, school_id=school.id, actor_id=actor_id, required=takes_step)


def teachers_with_app(school: School, now: datetime) -> tuple[int, int]:
    """How many teachers of today have an authenticator app, and how many teachers there are."""
    in_use = and_(
        Authenticator.user_id == Role.user_id, Authenticator.confirmed_at.is_not(None), Authenticator.ended_at.is_(None)
    )
    with_app, teachers = db.session.execute(
        select(func.count(Authenticator.id), func.count(Role.id))
        .select_from(Role)
        .join(User, User.id == Role.user_id)
        .outerjoin(Authenticator, in_use)
        .where(
            Role.school_id == school.id,
            Role.kind == RoleKind.TEACHER,
            scopes.holds_on(Role, school.today(now)),
            scopes.active_users(),
        )
    ).one()
    return with_app, teachers


# --- Its codes


def take_code(app: Authenticator, typed: str, secret: str, now: datetime) -> Check:
    """Check a code as typed, and use it up: it and those before it are never taken again, whoever else tries at the
    same moment (RFC 6238, 5.2)."""
    counters = _counters_of(app, digits_of(typed), secret, now)
    if not counters:
        return Check.WRONG
    taken = db.session.execute(
        update(Authenticator)
        .where(Authenticator.id == app.id, Authenticator.last_counter < counters[-1])
        .values(last_counter=counters[-1])
        .execution_options(synchronize_session=False)
    )
    return Check.RIGHT if taken.rowcount else Check.USED  # type: ignore[attr-defined]


def _counters_of(app: Authenticator, code: str, secret: str, now: datetime) -> list[int]:
    """The half minutes near this moment whose code it is, in order."""
    totp, present = pyotp.TOTP(key_of(app, secret), interval=INTERVAL), int(now.timestamp()) // INTERVAL
    near = range(present - DRIFT, present + DRIFT + 1)
    return [counter for counter in near if hmac.compare_digest(totp.at(counter * INTERVAL).encode(), code.encode())]


def digits_of(typed: str) -> str:
    """A code as typed or pasted: without spaces and dashes, in the digits 0 to 9 whatever the keyboard writes.

    Empty when there is anything else in it.
    """
    kept = [letter for letter in typed if unicodedata.category(letter) not in ("Zs", "Cf", "Cc", "Pd")]
    digits = [unicodedata.digit(letter, None) for letter in kept[:40]]
    return "" if None in digits else "".join(map(str, digits))


def next_code(app: Authenticator, secret: str, now: datetime) -> str | None:
    """The next code that will be taken; None when one must wait for it. For the demonstration school and tests."""
    counter = max(int(now.timestamp()) // INTERVAL, app.last_counter + 1)
    if counter > int(now.timestamp()) // INTERVAL + DRIFT:
        return None
    return pyotp.TOTP(key_of(app, secret), interval=INTERVAL).at(counter * INTERVAL)


# --- Recovery codes


def new_recovery_codes(user_id: int, secret: str, now: datetime) -> list[str]:
    """Ten codes in place of those before. They are returned once and never stored."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db.session.add_all(RecoveryCode(user_id=user_id, code_hash=_code_hash(code, secret), made_at=now) for code in codes)
    return codes


def shown_code(code: str) -> str:
    """A recovery code in its two groups."""
    return f"{code[:5]} {code[5:]}"


def take_recovery_code(user_id: int, typed: str, secret: str, now: datetime) -> Check:
    """Check a recovery code as typed and use it up, whoever else tries at the same moment."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())[:40]
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _code_hash(code, secret))
    taken = db.session.execute(update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=now))
    if taken.rowcount:  # type: ignore[attr-defined]
        left = recovery_codes_left(user_id)
        audit.record(
            "second_step.recovery_code_used", now, school_id=None, actor_id=user_id, person_id=user_id, left=left
        )
        return Check.RIGHT
    return Check.USED if db.session.scalar(select(RecoveryCode.id).where(*mine)) else Check.WRONG


def recovery_codes_left(user_id: int) -> int:
    """How many of the ten have not been used."""
    unused = select(func.count()).select_from(RecoveryCode)
    return db.session.scalar(unused.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def _code_hash(code: str, secret: str) -> str:
    # Keyed, because 49 bits without a key could be searched by anyone who has a copy of the table.
    return hmac.new(secret.encode(), f"recovery code {code}".encode(), hashlib.sha256).hexdigest()


def take(user_id: int, typed: str, secret: str, now: datetime) -> tuple[Check, StepKind]:
    """Check what was typed, a code of the app or a recovery code, and use it up; and which of them it was."""
    if digits_of(typed):
        app = app_of(user_id)
        return (take_code(app, typed, secret, now) if app else Check.WRONG), StepKind.APP
    return take_recovery_code(user_id, typed, secret, now), StepKind.RECOVERY


# --- At sign-in


@dataclass(frozen=True)
class Asked:
    """What the second step means for a sign-in whose password was right."""

    awaits: bool = False
    """A code is asked for."""
    step: StepKind | None = None
    """What has let in without one."""
    reset_at: datetime | None = None
    """When somebody else took the second step away, if the person has not been told."""


def asked_of(user: User, device_token: str | None, now: datetime) -> Asked:
    """Whether this account has a second step, and whether this device is trusted with it."""
    if not policy.may_have_one(user):
        return Asked()
    latest = db.session.scalar(
        select(Authenticator)
        .where(Authenticator.user_id == user.id, Authenticator.confirmed_at.is_not(None))
        .order_by(Authenticator.id.desc())
        .limit(1)
    )
    if latest is None:
        return Asked()
    if latest.ended_at is not None:
        untold = latest.end == AppEnd.RESET and latest.told_at is None
        return Asked(reset_at=latest.ended_at if untold else None)
    if device_token and _is_trusted(user, device_token, now):
        return Asked(step=StepKind.DEVICE)
    return Asked(awaits=True)


def note_told(user_id: int, now: datetime) -> None:
    """The person has been told that the second step was reset."""
    db.session.execute(
        update(Authenticator)
        .where(Authenticator.user_id == user_id, Authenticator.end == AppEnd.RESET, Authenticator.told_at.is_(None))
        .values(told_at=now)
    )


def _is_trusted(user: User, device_token: str, now: datetime) -> bool:
    found = db.session.scalar(
        select(KnownDevice.id).where(
            KnownDevice.user_id == user.id,
            KnownDevice.token_hash == accounts.token_hash(device_token),
            KnownDevice.trusted_until > now,
            KnownDevice.trust_epoch == user.auth_epoch,
        )
    )
    return found is not None


def trust_device(user: User, now: datetime) -> str:
    """Ask for no code on this device for 30 days. Returns its new token: one that was there before may be known."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        KnownDevice(
            user_id=user.id,
            token_hash=accounts.token_hash(token),
            last_used_at=now,
            trusted_until=now + TRUST_LIFE,
            trust_epoch=user.auth_epoch,
        )
    )
    return token


def trusted_devices(user: User, now: datetime) -> int:
    """On how many devices no code is asked for now."""
    trusted = select(func.count()).select_from(KnownDevice)
    return (
        db.session.scalar(
            trusted.where(
                KnownDevice.user_id == user.id,
                KnownDevice.trusted_until > now,
                KnownDevice.trust_epoch == user.auth_epoch,
            )
        )
        or 0
    )
