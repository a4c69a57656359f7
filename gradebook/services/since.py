"""What changed in a class since a moment: since a day, or since someone was here last."""

from datetime import datetime

from sqlalchemy import ScalarSelect, bindparam, func, select

from gradebook.extensions import db
from gradebook.models import LoginSession, ScoreChange, Section
from gradebook.policy.person import Account
from gradebook.services.accounts import Login


def number_at(section: Section, moment: datetime) -> int:
    """The class's number of the last change of a score before that moment; 0 where there was none.

    Whatever has a higher one was changed since.
    """
    query = (
        select(ScoreChange.seq)
        .where(ScoreChange.section_id == section.id, ScoreChange.changed_at < moment)
        .order_by(ScoreChange.seq.desc())
        .limit(1)
    )
    return db.session.scalar(query) or 0


_LAST_VISIT = select(func.max(LoginSession.last_used_at)).where(
    LoginSession.user_id == bindparam("user"), LoginSession.created_at < bindparam("before")
)


def last_visit(here: Login) -> datetime | None:
    """When this account was last used before the session `here` began; None: never."""
    asked = {"user": here.user_id, "before": here.created_at}
    before: datetime | None = db.session.scalar(_LAST_VISIT, asked)
    return None if before is None else min(before, here.created_at)


def last_used_before() -> ScalarSelect[datetime]:
    """When the account was last used before a session began, as a column of a statement about a person. The statement
    names the moment `before`, at which the session began."""
    return (
        select(func.max(LoginSession.last_used_at))
        .where(LoginSession.user_id == bindparam("person_id"), LoginSession.created_at < bindparam("before"))
        .scalar_subquery()
    )


def news_since(account: Account, here: Login, used_at: datetime | None) -> datetime | None:
    """Since when something is new to this student: the last visit, or the moment until which they marked it as seen,
    the later one; None: they were never here. `used_at`: when the account was last used before the session `here`."""
    seen_at = account.news_seen_at
    if seen_at is not None and seen_at >= here.created_at:
        return seen_at
    visited_at = None if used_at is None else min(used_at, here.created_at)
    return max((one for one in (seen_at, visited_at) if one is not None), default=None)
