"""Naming who of the office reads reported messages and who watches over that. Whoever calls has asked the policy."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, select

from gradebook.extensions import db
from gradebook.models import Duty, OversightDuty, Role, RoleKind, School, User
from gradebook.policy import scopes
from gradebook.services import audit


class DutyFault(StrEnum):
    """Why a duty is not given."""

    NOT_OF_THE_OFFICE = "not_of_the_office"
    ONE_SELF = "one_self"
    REVIEWER = "reviewer"
    """Who reads messages does not choose who watches."""


class DutyError(ValueError):
    """The rules forbid it; `fault` says which."""

    def __init__(self, fault: DutyFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def office_people(school: School, now: datetime) -> list[tuple[User, Duty | None]]:
    """Everyone who can act for the office today, with the duty that they have; in one statement."""
    own = and_(OversightDuty.user_id == User.id, OversightDuty.school_id == school.id)
    rows = db.session.execute(
        select(User, OversightDuty.duty)
        .join(Role, Role.user_id == User.id)
        .outerjoin(OversightDuty, own)
        .where(
            Role.school_id == school.id,
            Role.kind == RoleKind.OFFICE,
            scopes.holds_on(Role, school.today(now)),
            scopes.active_users(),
        )
        .order_by(User.name_key, User.id)
    )
    return [(row[0], row[1]) for row in rows]


def who_has(duty: Duty, school: School, now: datetime) -> list[User]:
    """Who of them has this duty."""
    return [user for user, own in office_people(school, now) if own == duty]


def give(user: User, school: School, duty: Duty | None, now: datetime, *, actor_id: int) -> None:
    """From the next request on this person of the office has the duty, in the place of another, or none.

    Nobody gives it to oneself, and who reads messages does not choose who watches: such a person can only give one's
    own duty back. Raises DutyError.
    """
    people = {one.id: own for one, own in office_people(school, now)}
    if user.id not in people:
        raise DutyError(DutyFault.NOT_OF_THE_OFFICE)
    before = people[user.id]
    if before == duty:
        return
    if user.id == actor_id and duty is not None:
        raise DutyError(DutyFault.ONE_SELF)
    if user.id != actor_id and people.get(actor_id) == Duty.REVIEWER:
        raise DutyError(DutyFault.REVIEWER)
    row = db.session.get(OversightDuty, (user.id, school.id))
    if row is not None and duty is None:
        db.session.delete(row)
    elif row is not None and duty is not None:
        row.duty, row.given_by, row.given_at = duty, actor_id, now
    elif duty is not None:
        db.session.add(OversightDuty(user_id=user.id, school_id=school.id, duty=duty, given_by=actor_id, given_at=now))
    audit.record(
        "oversight.duty_changed", now, school_id=school.id, actor_id=actor_id, person_id=user.id,
        before=before, after=duty,
    )  # fmt: skip
