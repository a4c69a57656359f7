"""Who answers families when a teacher leaves a class: the office names somebody, class by class.

The conversations go on with all that was written: who has a place in the class reads them, from the day on which it
begins, and the leaver reads nothing from that day on (policy/conversations.py). The lines that tell the families follow
from these dates (docs/decisions/0027).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Enrollment,
    Notice,
    NoticeKind,
    OfficeHours,
    Position,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import scopes
from gradebook.services import audit, directory, office_hours, rosters
from gradebook.services.rosters import RosterError, RosterFault

MOST_TEACHERS = 500


@dataclass(frozen=True)
class Left:
    """A class that goes on, which a teacher has left or will leave."""

    place: Enrollment
    day: date
    """From when somebody else answers: today, or the end of the place where that lies ahead."""
    others: tuple[User, ...]
    """Who else teaches it on that day, with an account in use."""


def left_by(user: User, school: School, day: date) -> list[Left]:
    """The classes that go on in which this person teaches or taught."""
    return [_left(place, day) for place in directory.places_of(user, school) if is_to_be_answered(place, day)]


def is_to_be_answered(place: Enrollment, day: date) -> bool:
    """Whether it is a teacher's, in a class that goes on."""
    section = place.section
    return place.role_kind == RoleKind.TEACHER and not section.ended and section.term.ends_on > day


def answers(place: Enrollment, day: date) -> bool:
    """Whether the place is a teacher's and holds that day, with an account in use."""
    holds = place.begins_on <= day and (place.ends_on is None or place.ends_on > day)
    return place.role_kind == RoleKind.TEACHER and holds and place.user.deactivated_at is None


def _left(place: Enrollment, today: date) -> Left:
    day = max(today, place.ends_on) if place.ends_on is not None else today
    return Left(place, day, tuple(who_teaches(place.section, day, besides=place.user_id)))


def who_teaches(section: Section, day: date, besides: int | None = None) -> list[User]:
    """Who has a teaching place in the class that day, with the role and an account in use; by name."""
    role = aliased(Role)
    return list(
        db.session.scalars(
            select(User)
            .join(Enrollment, Enrollment.user_id == User.id)
            .join(
                role,
                (role.user_id == User.id) & (role.school_id == Enrollment.school_id) & (role.kind == RoleKind.TEACHER),
            )
            .where(
                Enrollment.section_id == section.id,
                Enrollment.role_kind == RoleKind.TEACHER,
                scopes.holds_on(Enrollment, day),
                scopes.holds_on(role, day),
                scopes.active_users(),
                User.id != (besides or 0),
            )
            .order_by(User.name_key, User.id)
        )
    )


def candidates(school: School, day: date) -> list[User]:
    """The teachers of the school whose accounts are in use, by name."""
    return list(
        db.session.scalars(
            select(User)
            .join(Role, Role.user_id == User.id)
            .where(
                Role.school_id == school.id,
                Role.kind == RoleKind.TEACHER,
                scopes.holds_on(Role, day),
                scopes.active_users(),
            )
            .order_by(User.name_key, User.id)
            .limit(MOST_TEACHERS)
        )
    )


def name_successor(left: Left, successor: User, now: datetime, *, actor_id: int) -> None:
    """From that day on the successor has the leaver's place in the class, and the leaver none.

    What the leaver would have been told of later the successor is told of. Raises NO_ROLE for who is no teacher then,
    ONE_SELF for the leaver.
    """
    place = rosters.locked(left.place)
    if successor.id == place.user_id:
        raise RosterError(RosterFault.ONE_SELF)
    rosters.end_enrollment(place, left.day, now, actor_id=actor_id)
    if successor.id not in {other.id for other in left.others}:
        rosters.enroll(successor, place.section, _position(place), left.day, now, actor_id=actor_id)
    _pass_on(place, successor, now)
    audit.record(
        "section.successor_named", now, school_id=place.school_id, actor_id=actor_id, person_id=place.user_id,
        section_id=place.section_id, successor=successor.id,
    )  # fmt: skip


def _position(place: Enrollment) -> Position:
    """Who stands in for a substitute stands in; anybody else leads."""
    return place.position if place.position != Position.STUDENT else Position.LEAD


def _pass_on(place: Enrollment, successor: User, now: datetime) -> None:
    """Notices that are held for the leaver: the successor's, in the successor's hours; none twice."""
    with actor.classes_opened([place.section_id]):  # the office takes no part in them
        talks = list(db.session.scalars(select(Conversation.id).where(Conversation.section_id == place.section_id)))
    if not talks:
        return
    told = select(Notice.conversation_id, Notice.seq).where(Notice.recipient_id == successor.id)
    known = {tuple(row) for row in db.session.execute(told.where(Notice.conversation_id.in_(talks)))}
    own: tuple[Any, ...] = (
        Notice.recipient_id == place.user_id,
        Notice.kind == NoticeKind.MESSAGE,
        Notice.conversation_id.in_(talks),
        Notice.due_at > now,
    )
    held = db.session.execute(select(Notice.id, Notice.conversation_id, Notice.seq).where(*own)).all()
    twice = [row.id for row in held if (row.conversation_id, row.seq) in known]
    db.session.execute(delete(Notice).where(Notice.id.in_(twice)))
    passed = [row.id for row in held if row.id not in twice]
    db.session.execute(
        update(Notice)
        .where(Notice.id.in_(passed))
        .values(recipient_id=successor.id, due_at=_hours(place, successor, now))
    )


def _hours(place: Enrollment, successor: User, now: datetime) -> datetime:
    school = db.session.get_one(School, place.school_id)
    days = db.session.scalar(
        select(OfficeHours.days).where(OfficeHours.user_id == successor.id, OfficeHours.school_id == school.id)
    )
    [hours] = office_hours.hours_for(school.id, school.timezone, [days or {}])
    return hours.from_then(now)
