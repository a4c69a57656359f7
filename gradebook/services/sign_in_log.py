"""What the audit log keeps of signing in (docs/running.md says what it does not keep, and why).

The log is for ever. So it has what a school asks after a break-in, and not each sign-in of each family; no password, no
code, and no address of a network. A person and a device stand in it, in the words of "Where you are signed in".
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gradebook.extensions import db
from gradebook.models import AccountKind, AttemptKind, LoginSession, RoleKind, User
from gradebook.policy.person import Person
from gradebook.services import accounts, audit, queue

JOB = "note_held_up"


def note_signed_in(person: Person, login_session: LoginSession, now: datetime, *, is_new: bool) -> None:
    """Write down a sign-in: of the office each, of other adults on a new device, of a student on a new device that is
    kept signed in. Devices of a school forget who was there: on these every sign-in of a student is on a new one."""
    if not _is_kept(person, login_session, is_new):
        return
    step = login_session.step_kind.value if login_session.step_kind else None
    audit.record(
        "account.signed_in", now, school_id=None, actor_id=person.id, person_id=person.id,
        device=login_session.device_name, new=is_new, kept=login_session.own_device, step=step,
    )  # fmt: skip


def _is_kept(person: Person, login_session: LoginSession, is_new: bool) -> bool:
    if person.holds(RoleKind.OFFICE):
        return True
    return is_new and (person.account.account_kind == AccountKind.ADULT or login_session.own_device)


def note_held_up(kind: AttemptKind, name: str, now: datetime) -> None:
    """So many tries have failed for this name that it is held up: to be written down once an hour.

    A worker finds out whether there is such an account: here it would be known from the time that the answer takes.
    """
    account = accounts.token_hash(accounts.name_key(name))
    try:
        with db.session.begin_nested():
            key = f"{JOB} {kind} {account} {now:%Y-%m-%dT%H}"
            queue.enqueue(JOB, now, key=key, tried=kind, account=account, at=now.isoformat())
    except IntegrityError:
        return  # another try has noted it at the same moment


def held_up(tried: str, account: str, at: datetime) -> None:
    """Write it down for the account whose name it was; nothing for a name that nobody has."""
    for user_id, *names in db.session.execute(select(User.id, User.username_key, User.email_key)):
        if account in {accounts.token_hash(name) for name in names if name}:
            audit.record("account.held_up", at, school_id=None, actor_id=None, person_id=user_id, tried=tried)
