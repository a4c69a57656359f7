"""Secret links to a student's calendar: made and revoked by the student, read by an app that cannot sign in.

Behind a link stand the titles and days of work and nothing else: no score, no status, no name.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update

from gradebook.extensions import db
from gradebook.grading.values import What
from gradebook.models import CalendarLink, RoleKind, User
from gradebook.policy.access import NotFound
from gradebook.services.accounts import person_acting_as, token_hash
from gradebook.services.grades import ClassWork, Column, Place, Student, places_of_student, work_of

MOST_LINKS = 5
"""Links of one student that work at a time: one for each device is enough."""
LONGEST_TOKEN = 100
LOOK_BACK = timedelta(days=90)
"""How long work that was due stays in the calendar."""
MOST_EVENTS = 1000


class TooManyLinks(Exception):
    """This student has as many links as there may be; one must be revoked first."""


@dataclass(frozen=True)
class Due:
    """One piece of work in a calendar."""

    public_id: str
    title: str
    class_title: str
    section_public_id: str
    due_on: date
    due_at: datetime | None
    """The moment, where the work has a time of day."""


def live_links(user_id: int) -> list[CalendarLink]:
    """The links of this student that work, the oldest first."""
    mine = select(CalendarLink).where(CalendarLink.user_id == user_id, CalendarLink.revoked_at.is_(None))
    return list(db.session.scalars(mine.order_by(CalendarLink.made_at, CalendarLink.id)))


def make_link(user_id: int, now: datetime) -> tuple[str, CalendarLink]:
    """A new link, with the secret that is not kept. Raises TooManyLinks."""
    live = select(func.count()).where(CalendarLink.user_id == user_id, CalendarLink.revoked_at.is_(None))
    if (db.session.scalar(live) or 0) >= MOST_LINKS:
        raise TooManyLinks
    token = secrets.token_urlsafe(32)
    link = CalendarLink(user_id=user_id, token_hash=token_hash(token), made_at=now)
    db.session.add(link)
    db.session.flush()
    return token, link


def revoke_link(user_id: int, public_id: str, now: datetime) -> bool:
    """End one of this student's links for ever. False: it is none of theirs, or had ended."""
    ended = db.session.execute(
        update(CalendarLink)
        .where(CalendarLink.user_id == user_id, CalendarLink.public_id == public_id, CalendarLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def calendar_behind(token: str, now: datetime) -> list[Due]:
    """What is due for the student whose link this is, with the rights of today, by day.

    Raises NotFound for a link that is revoked, was never made, or whose student is one no more: nobody can tell which.
    """
    owner = db.session.scalar(
        select(User)
        .join(CalendarLink, CalendarLink.user_id == User.id)
        .where(CalendarLink.token_hash == token_hash(token), CalendarLink.revoked_at.is_(None))
    )
    person = person_acting_as(owner, now, RoleKind.STUDENT) if owner and owner.deactivated_at is None else None
    if person is None or not person.acts_as(RoleKind.STUDENT):
        raise NotFound
    return _due(places_of_student(person), now)


def _due(places: list[Place], now: datetime) -> list[Due]:
    work = work_of([place.section for place in places], now)
    found = [
        _event(place, column, work[place.section.id].due_at(column))
        for place in places
        for column in work[place.section.id].columns
        if _belongs(work[place.section.id], column, place.student, place.section.school.today(now))
    ]
    return sorted(found, key=lambda due: (due.due_on, due.title, due.public_id))[:MOST_EVENTS]


def _belongs(work: ClassWork, column: Column, student: Student, today: date) -> bool:
    """Whether the work has a day that is not long past, and is the student's."""
    if column.due_on is None or column.due_on < today - LOOK_BACK:
        return False
    return work.read(student, column, None).what is not What.not_assigned


def _event(place: Place, column: Column, due_at: datetime | None) -> Due:
    section = place.section
    assert column.due_on is not None  # noqa: S101 - only such work belongs
    moment = due_at if column.due_time is not None else None
    return Due(column.public_id, column.title, section.title, section.public_id, column.due_on, moment)
