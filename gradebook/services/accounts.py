"""Signing in: tries, login sessions, the role in use, and passwords."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Row, Table, Text, and_, bindparam, delete, func, literal, or_, select, update

from gradebook import actor
from gradebook.clock import day_in
from gradebook.config import ABSOLUTE_LIFE, OWN_DEVICE_LIFE
from gradebook.extensions import db, execute_plain
from gradebook.models import Attempt, AttemptKind, KnownDevice, LoginSession, Role, RoleKind, School, StepKind, User
from gradebook.policy import second_step
from gradebook.policy.person import Account, Acting, HeldRole, Person, Step
from gradebook.services import audit, passwords

TRY_WINDOW = timedelta(minutes=5)
TRIES_PER_ACCOUNT = 10
TRIES_PER_NETWORK = 100  # a whole school is one address
TRIES_IN_ALL = 1000
STEP_WINDOW = timedelta(days=1)
STEPS_PER_ACCOUNT = 50
"""Codes of an authenticator app are six digits: whoever has the password may not go on guessing every five minutes."""
AWAITED_LIFE = timedelta(minutes=10)
"""How long the code may take after the password."""

STAFF_IDLE = timedelta(minutes=30)
FAMILY_IDLE = timedelta(minutes=60)
PROOF_LIFE = timedelta(hours=12)
"""How long a password opens Messages on a device that stays signed in: a child may hold the parent's phone."""
STAFF = (RoleKind.OFFICE, RoleKind.TEACHER)
FIRST_ROLE = (RoleKind.TEACHER, RoleKind.OFFICE, RoleKind.PARENT, RoleKind.STUDENT)


class TooManyTries(Exception):
    """This account, network or deployment has failed too often in the last five minutes."""

    def __init__(self, *, of_account: bool) -> None:
        super().__init__()
        self.of_account = of_account
        """Whether it is the account."""


class Login(NamedTuple):
    """The login session behind a request, as it was when it was read; web/login.py has the row, to change it."""

    id: int
    public_id: str
    user_id: int
    auth_epoch: int
    role_kind: RoleKind | None
    role_school_id: int | None
    own_device: bool
    proved_at: datetime
    awaits_step: bool
    step_kind: StepKind | None
    stepped_at: datetime | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Visitor:
    """Where a try comes from."""

    network: str
    device_token: str | None


def token_hash(token: str) -> str:
    """What is stored of a random token; it has 256 bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def name_key(name: str) -> str:
    """A username or address as it is compared: trimmed and case-folded."""
    return name.strip().casefold()


def knock(kind: AttemptKind, name: str, visitor: Visitor, now: datetime) -> Attempt:
    """Count a try before it is made; forgive() takes it back when it succeeds. Raises TooManyTries."""
    account = token_hash(name_key(name))
    device = token_hash(visitor.device_token) if visitor.device_token else None
    tries = db.session.execute(_tries(kind, account, visitor.network, device, name_key(name), now)).one()
    if _is_over(tries):
        raise TooManyTries(of_account=_is_over_for_account(tries))
    attempt = Attempt(kind=kind, at=now, account_key=account, network=visitor.network, device_hash=device)
    db.session.add(attempt)
    db.session.flush()
    return attempt


def _tries(kind: AttemptKind, account: str, network: str, device: str | None, name: str, now: datetime) -> Any:
    recent = and_(Attempt.at > now - TRY_WINDOW, Attempt.kind == kind)
    known = (
        select(KnownDevice.id)
        .join(User, User.id == KnownDevice.user_id)
        .where(KnownDevice.token_hash == device, or_(User.username_key == name, User.email_key == name))
    )

    def count(*conditions: Any) -> Any:
        return select(func.count()).select_from(Attempt).where(recent, *conditions).scalar_subquery()

    of_the_day = and_(Attempt.at > now - STEP_WINDOW, Attempt.kind == AttemptKind.STEP, Attempt.account_key == account)
    if kind == AttemptKind.STEP:
        steps: Any = select(func.count()).select_from(Attempt).where(of_the_day).scalar_subquery()
    else:
        steps = literal(0)
    return select(
        count(Attempt.account_key == account).label("account"),
        count(Attempt.network == network).label("network"),
        count().label("everywhere"),
        count(Attempt.device_hash == device, Attempt.account_key == account).label("device"),
        known.exists().label("is_known"),
        steps.label("steps"),
    )


def _is_over(tries: Row[Any]) -> bool:
    if _is_over_for_account(tries):
        return True
    return not tries.is_known and (tries.network >= TRIES_PER_NETWORK or tries.everywhere >= TRIES_IN_ALL)


def _is_over_for_account(tries: Row[Any]) -> bool:
    """A device that has signed in to this account before has an allowance of its own: nobody can lock the owner out."""
    if tries.is_known:
        return bool(tries.device >= TRIES_PER_ACCOUNT)
    return bool(tries.steps >= STEPS_PER_ACCOUNT or tries.account >= TRIES_PER_ACCOUNT)


def forgive(attempt_id: int) -> None:
    """Take a try back: it succeeded."""
    db.session.execute(delete(Attempt).where(Attempt.id == attempt_id))


_LOGINS, _USERS, _ROLES, _SCHOOLS = (cast(Table, model.__table__) for model in (LoginSession, User, Role, School))
_HELD = (
    _ROLES.c.kind, _ROLES.c.school_id, _ROLES.c.begins_on, _ROLES.c.ends_on,
    _SCHOOLS.c.name, _SCHOOLS.c.timezone, _SCHOOLS.c.phone, _SCHOOLS.c.teachers_take_step,
    _SCHOOLS.c.closures, _ROLES.c.rights_pass_on, _SCHOOLS.c.age_of_majority,
)  # fmt: skip
"""What _held_today() reads."""


def person_named(name: str, now: datetime) -> Person | None:
    """Who has this username in use, or is the only one to have confirmed this address; in one query."""
    key = name_key(name)
    rows = db.session.execute(
        select(User, *_HELD)
        .outerjoin(Role, Role.user_id == User.id)
        .outerjoin(School, School.id == Role.school_id)
        .where(
            User.deactivated_at.is_(None),
            or_(User.username_key == key, and_(User.email_key == key, User.email_confirmed_at.is_not(None))),
        )
    ).all()
    users = {row[0].id: row[0] for row in rows}
    by_name = [user for user in users.values() if user.username_key == key] or list(users.values())
    if len(by_name) != 1:
        return None
    return Person.of(by_name[0], _held_today([row[1:] for row in rows if row[0] is by_name[0]], now), None, now)


def open_login_session(
    person: Person, *, own_device: bool, device_name: str, step: StepKind | None = None, awaits_step: bool = False
) -> tuple[str, LoginSession]:
    """A new login session and its token. Staff never keep a session on a device, whatever they ticked.

    One that `awaits_step` opens nothing, for ten minutes, until pass_step().
    """
    token, now = secrets.token_urlsafe(32), person.now
    acting = default_role(person)
    keeps = own_device and not is_staff(person)
    login_session = LoginSession(
        token_hash=token_hash(token),
        user_id=person.id,
        auth_epoch=person.account.auth_epoch,
        role_kind=acting.kind if acting else None,
        role_school_id=acting.school_id if acting else None,
        own_device=keeps,
        proved_at=now,
        awaits_step=awaits_step,
        step_kind=step,
        stepped_at=now if step else None,
        created_at=now,
        last_used_at=now,
        expires_at=now + (AWAITED_LIFE if awaits_step else _life(keeps)),
        device_name=device_name[:120],
    )
    db.session.add(login_session)
    return token, login_session


def _life(own_device: bool) -> timedelta:
    return OWN_DEVICE_LIFE if own_device else ABSOLUTE_LIFE


def awaiting(token: str, now: datetime) -> tuple[LoginSession, Person] | None:
    """The login session for which only the code is missing, and its person; None if it has waited too long, or the
    password was changed meanwhile."""
    login_session = db.session.scalar(
        select(LoginSession)
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.awaits_step,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.auth_epoch == User.auth_epoch,
            User.deactivated_at.is_(None),
        )
    )
    return (login_session, person_of(login_session.user, now)) if login_session else None


def pass_step(login_session: LoginSession, kind: StepKind, now: datetime) -> str:
    """The second step was passed. Returns the new token of the session; the old one opens nothing any more."""
    token = secrets.token_urlsafe(32)
    login_session.token_hash = token_hash(token)
    login_session.step_kind, login_session.stepped_at = kind, now
    if login_session.awaits_step:
        login_session.awaits_step = False
        login_session.created_at = login_session.last_used_at = now
        login_session.expires_at = now + _life(login_session.own_device)
    return token


def is_staff(person: Person) -> bool:
    """Whether the person works at a school, in whatever role they are looking now."""
    return any(role.kind in STAFF for role in person.roles)


def remember_device(user_id: int, device_token: str | None, now: datetime) -> str | None:
    """Note that this browser has signed in to this account. Returns a new token if the browser needs one."""
    if device_token:
        noted = db.session.execute(
            update(KnownDevice)
            .where(KnownDevice.token_hash == token_hash(device_token), KnownDevice.user_id == user_id)
            .values(last_used_at=now)
        )
        if noted.rowcount:  # type: ignore[attr-defined]
            return None
    token = secrets.token_urlsafe(32)
    db.session.add(KnownDevice(user_id=user_id, token_hash=token_hash(token), last_used_at=now))
    return token


@cache
def _resumed(backend: str) -> Any:
    """Made once: every request asks it. On PostgreSQL it also tells the transaction who asks, and when.

    Of tables and not of models, whose columns take longer to be found among the statements that are worded already.
    """
    login, user = _LOGINS.c, _USERS.c
    query = (
        select(*(login[name] for name in Login._fields), *(user[name] for name in Account._fields), *_HELD)
        .select_from(_LOGINS)
        .join(_USERS, user.id == login.user_id)
        .outerjoin(_ROLES, _ROLES.c.user_id == user.id)
        .outerjoin(_SCHOOLS, _SCHOOLS.c.id == _ROLES.c.school_id)
        .where(login.token_hash == bindparam("token_hash"))
    )
    if backend != "postgresql":
        return query
    return query.add_columns(*actor.told(login.user_id, bindparam("moment", type_=Text)))


_LOGIN = slice(len(Login._fields))
_ACCOUNT = slice(_LOGIN.stop, _LOGIN.stop + len(Account._fields))
_ROLE = slice(_ACCOUNT.stop, _ACCOUNT.stop + len(_HELD))


def resume(token: str, now: datetime) -> tuple[Login, Person] | None:
    """The live login session behind a token and its person, in one query; None if it is over for any reason.

    The person acts from then on (gradebook/actor.py).
    """
    values = {"token_hash": token_hash(token), "moment": now.isoformat()}
    rows = execute_plain(_resumed(db.engine.dialect.name), values).all()
    if not rows:
        return None
    login, account = Login(*rows[0][_LOGIN]), Account(*rows[0][_ACCOUNT])
    roles = _held_today((row[_ROLE] for row in rows), now)
    person = Person(account, roles, None, now, Step(login.step_kind, login.stepped_at))
    person.acting = role_in_use(person, login)
    if not _is_live(login, person, now):
        actor.nobody_acts()
        return None
    actor.acts(person.id, now)
    return login, person


def _held_today(rows: Iterable[Sequence[Any]], now: datetime) -> tuple[HeldRole, ...]:
    """Of these roles (_HELD) those that hold."""
    held = []
    for kind, school_id, begins_on, ends_on, school_name, timezone, phone, teachers_take_step, *facts in rows:
        if kind is None:
            continue
        today = day_in(timezone, now)
        if begins_on <= today and (ends_on is None or ends_on > today):
            takes_step = second_step.role_takes_step(kind, teachers_take_step)
            held.append(HeldRole(kind, school_id, school_name, timezone, phone, takes_step, *facts))
    return tuple(held)


def _is_live(login: Login | LoginSession, person: Person, now: datetime) -> bool:
    return (
        login.ended_at is None
        and not login.awaits_step
        and login.expires_at > now
        and now - login.last_used_at < idle_limit(login, person)
        and login.auth_epoch == person.account.auth_epoch
        and person.account.deactivated_at is None
    )


def idle_limit(login: Login | LoginSession, person: Person) -> timedelta:
    """How long without activity ends the session: staff 30 minutes, families 60, nothing on one's own device."""
    if is_staff(person):
        return STAFF_IDLE
    return OWN_DEVICE_LIFE if login.own_device else FAMILY_IDLE


def needs_proof(login: Login, now: datetime) -> bool:
    """Whether Messages ask for the password again: on a kept device, long after it was last given."""
    return login.own_device and now - login.proved_at > PROOF_LIFE


def prove(login_session: LoginSession, now: datetime) -> str:
    """The password was given again. Returns the new token of the session; the old one opens nothing any more."""
    token = secrets.token_urlsafe(32)
    login_session.token_hash = token_hash(token)
    login_session.proved_at = now
    return token


def touch(login_session_id: int, now: datetime) -> None:
    """Note the last use. Called at most once a minute."""
    db.session.execute(update(LoginSession).where(LoginSession.id == login_session_id).values(last_used_at=now))


def person_of(user: User, now: datetime) -> Person:
    """The person behind an account, with the roles it holds now and none in use yet."""
    rows = db.session.execute(
        select(*_HELD).select_from(Role).join(School, School.id == Role.school_id).where(Role.user_id == user.id)
    ).all()
    return Person.of(user, _held_today(rows, now), None, now)


def person_acting_as(user: User, now: datetime, kind: RoleKind, school_id: int | None = None) -> Person:
    """The person with a role in use, for commands, previews and tests."""
    person = person_of(user, now)
    person.acting = next(
        (choice for choice in person.choices if choice.kind == kind and school_id in (None, choice.school_id)),
        None,
    )
    return person


def default_role(person: Person) -> Acting | None:
    """The role put to use at sign-in: work before family."""
    return min(person.choices, key=lambda choice: FIRST_ROLE.index(choice.kind), default=None)


def role_in_use(person: Person, login: Login) -> Acting | None:
    """The role that the session chose, if the person still holds it; else the default."""
    if login.role_kind is not None:
        chosen = Acting(login.role_kind, login.role_school_id)
        if chosen in person.choices:
            return chosen
    return default_role(person)


def switch_role(login_session: LoginSession, person: Person, wanted: Acting) -> bool:
    """Put another held role to use. False if the person does not hold it."""
    if wanted not in person.choices:
        return False
    login_session.role_kind, login_session.role_school_id = wanted.kind, wanted.school_id
    return True


def live_login_sessions(person: Person) -> list[LoginSession]:
    """Where this person is signed in, the latest first."""
    rows = db.session.scalars(
        select(LoginSession)
        .where(
            LoginSession.user_id == person.id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > person.now,
            LoginSession.auth_epoch == person.account.auth_epoch,
        )
        .order_by(LoginSession.last_used_at.desc())
    )
    return [row for row in rows if _is_live(row, person, person.now)]


def end_login_session(user_id: int, public_id: str, now: datetime) -> bool:
    """End one of a person's own sessions; False if there is none such or it had already ended."""
    ended = db.session.execute(
        update(LoginSession)
        .where(
            LoginSession.public_id == public_id,
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def sign_out_there(person: Person, public_id: str) -> bool:
    """End one of a person's sessions from another one; False as above."""
    ended = end_login_session(person.id, public_id, person.now)
    if ended:
        audit.record("account.signed_out", person.now, school_id=None, actor_id=person.id, person_id=person.id)
    return ended


def end_other_login_sessions(user_id: int, keep_id: int | None, now: datetime) -> int:
    """End all sessions of a person but one; returns how many."""
    ended = db.session.execute(
        update(LoginSession)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.id != (keep_id or 0),
            LoginSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def sign_out_elsewhere(person: Person, keep: LoginSession) -> int:
    """End all sessions of a person but the one in use; returns how many."""
    count = end_other_login_sessions(person.id, keep.id, person.now)
    trust_no_device(person.id)
    if count:
        audit.record(
            "account.signed_out_everywhere", person.now, school_id=None, actor_id=person.id, person_id=person.id,
            sessions=count,
        )  # fmt: skip
    return count


def trust_no_device(user_id: int) -> int:
    """Ask for the second step on every device again; returns how many were trusted."""
    ended = db.session.execute(
        update(KnownDevice)
        .where(KnownDevice.user_id == user_id, KnownDevice.trusted_until.is_not(None))
        .values(trusted_until=None)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def end_all_but(user: User, keep_session: LoginSession | None, now: datetime) -> None:
    """End every login session of a person but the one in use, those that wait for a code and the trust in devices."""
    user.auth_epoch += 1
    if keep_session is not None:
        keep_session.auth_epoch = user.auth_epoch
    end_other_login_sessions(user.id, keep_session.id if keep_session else None, now)


def set_password(user: User, password: str, now: datetime, *, actor_id: int, keep_session: LoginSession | None) -> None:
    """Store a new password and end every other session of the person. The caller has checked the rules."""
    user.password_hash = passwords.hash_password(password)
    end_all_but(user, keep_session, now)
    if keep_session is not None:
        keep_session.proved_at = now
    audit.record("account.password_changed", now, school_id=None, actor_id=actor_id, person_id=user.id)


def store_hash(user_id: int, password_hash: str) -> None:
    """Replace the hash of an unchanged password by one with today's parameters."""
    db.session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


def sweep(now: datetime) -> int:
    """Delete what is of no use any more: old tries, dead sessions, devices unused for a year. Returns how many rows."""
    gone = 0
    for statement in (
        delete(Attempt).where(Attempt.at < now - timedelta(days=1)),
        delete(LoginSession).where(LoginSession.expires_at < now - timedelta(days=30)),
        delete(KnownDevice).where(KnownDevice.last_used_at < now - timedelta(days=365)),
    ):
        gone += db.session.execute(statement).rowcount  # type: ignore[attr-defined]
    return int(gone)
