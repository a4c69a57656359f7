"""Who has access to one child, and what a change would do to it: worked out by the policy, before it is saved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Guardianship,
    LoginSession,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import scopes
from gradebook.policy.conversations import teachers_who_read
from gradebook.policy.person import Person
from gradebook.services import accounts


@dataclass(frozen=True)
class Access:
    """What one adult can do about one child on one day."""

    grades: bool = False
    messages: bool = False
    conversations: frozenset[tuple[int, int | None]] = frozenset()
    """Those in which the adult takes part: (key, key of the class; None where it is with the office)."""
    readable: frozenset[tuple[int, int | None]] = frozenset()
    """These, and earlier ones that can only be read any more."""


@dataclass(frozen=True)
class Effect:
    """What a change does to one adult from one day on."""

    guardian: str
    day: date
    is_today: bool
    before: Access
    after: Access
    teachers: tuple[str, ...] = ()
    """Who stays in the conversations that this adult can no longer read."""
    devices: int = 0
    """On how many devices the adult is signed in now."""
    waits_for_identity: bool = False
    """Messages would be allowed, and open when the office has seen who this is."""


@dataclass(frozen=True)
class Preview:
    """Everything a change would do."""

    effects: tuple[Effect, ...]
    nobody_left: date | None = None
    """From this day on nobody outside school would see the child's grades."""


@dataclass(frozen=True)
class GuardianLine:
    """A guardianship as the page shows it, with what holds today."""

    guardianship: Guardianship
    sees_grades: bool
    writes: bool
    holds: bool
    is_later: bool
    restricted: bool


def guardians_of(student: User, school: School, day: date) -> list[GuardianLine]:
    """The child's guardians with what each can do today; those whose link has ended come last. Three statements."""
    links = db.session.scalars(
        select(Guardianship)
        .options(joinedload(Guardianship.guardian))
        .where(Guardianship.student_id == student.id, Guardianship.school_id == school.id)
    ).all()
    orders = [each for each in restrictions_about(student, school) if _on(each, day)]
    parents = set(
        db.session.scalars(
            select(Role.user_id).where(
                Role.school_id == school.id,
                Role.kind == RoleKind.PARENT,
                Role.user_id.in_([link.guardian_id for link in links]),
                scopes.holds_on(Role, day),
            )
        )
    )
    lines = [
        _line(link, [each for each in orders if each.adult_id == link.guardian_id], parents, day) for link in links
    ]
    return sorted(lines, key=lambda line: (not (line.holds or line.is_later), line.guardianship.guardian.name_key))


def children_of(adult: User, school: School, day: date) -> list[Guardianship]:
    """The adult's links to children of the school; those that have ended come last."""
    links = db.session.scalars(
        select(Guardianship)
        .options(joinedload(Guardianship.student))
        .where(Guardianship.guardian_id == adult.id, Guardianship.school_id == school.id)
    ).all()
    return sorted(links, key=lambda link: (not (_on(link, day) or link.begins_on > day), link.student.name_key))


def names_of(keys: Iterable[int | None]) -> dict[int | None, str]:
    """The names of these accounts, in one statement."""
    rows = db.session.execute(
        select(User.id, User.display_name).where(User.id.in_([key for key in keys if key is not None]))
    )
    return {row[0]: row[1] for row in rows}


def _line(link: Guardianship, orders: list[Restriction], parents: set[int], day: date) -> GuardianLine:
    holds = _on(link, day)
    works = holds and link.guardian_id in parents and link.guardian.deactivated_at is None
    known = link.guardian.identity_seen_at is not None or link.guardian.email_confirmed_at is not None
    return GuardianLine(
        link,
        sees_grades=works and link.may_see_grades and not any(order.no_records for order in orders),
        writes=works and link.may_message and known and not any(order.no_contact for order in orders),
        holds=holds,
        is_later=link.begins_on > day,
        restricted=bool(orders),
    )


def _on(dated: Any, day: date) -> bool:
    return bool(dated.begins_on <= day and (dated.ends_on is None or dated.ends_on > day))


def restrictions_about(student: User, school: School) -> list[Restriction]:
    """The orders about this child, the newest first, ended ones included."""
    return list(
        db.session.scalars(
            select(Restriction)
            .options(joinedload(Restriction.adult))
            .where(Restriction.student_id == student.id, Restriction.school_id == school.id)
            .order_by(Restriction.begins_on.desc(), Restriction.id.desc())
        )
    )


def preview(act: Callable[[], Any], student: User, school: School, now: datetime) -> Preview:
    """What the act would do to everyone's access, today and on each later day on which something begins or ends.

    The act is done and undone: the policy itself is asked before and after. Raises what the act raises.
    """
    student_id = student.id
    days_before = _turning_days(student_id, school, now)
    nested = db.session.begin_nested()
    try:
        act()
        db.session.flush()
        days = sorted(days_before | _turning_days(student_id, school, now))
        after = _access_of_all(student_id, school, days, now)
    finally:
        nested.rollback()
    before = _access_of_all(student_id, school, days, now)
    return Preview(_effects(before, after, student_id, days, now), _nobody_left(before, after, days))


def _turning_days(student_id: int, school: School, now: datetime) -> set[date]:
    """Today, and the later days on which a link or an order about the child begins or ends."""
    today = school.today(now)
    found = {today}
    for model in (Guardianship, Restriction):
        dates = db.session.execute(
            select(model.begins_on, model.ends_on).where(model.student_id == student_id, model.school_id == school.id)
        )
        found.update(day for pair in dates for day in pair if day is not None and day > today)
    return found


@dataclass(frozen=True)
class _Adult:
    """What is needed of an adult who may exist only while the act is tried."""

    id: int
    name: str
    is_known: bool


_Measured = dict[date, dict[_Adult, Access]]


def _access_of_all(student_id: int, school: School, days: list[date], now: datetime) -> _Measured:
    adults = db.session.scalars(
        select(User)
        .join(Guardianship, Guardianship.guardian_id == User.id)
        .where(Guardianship.student_id == student_id, Guardianship.school_id == school.id)
        .order_by(User.name_key)
    ).all()
    return {
        day: {_described(adult): access_of(adult, student_id, school, _moment_on(day, school, now)) for adult in adults}
        for day in days
    }


def _described(adult: User) -> _Adult:
    known = adult.identity_seen_at is not None or adult.email_confirmed_at is not None
    return _Adult(adult.id, adult.display_name, known)


def _moment_on(day: date, school: School, now: datetime) -> datetime:
    """Now for today, else noon of that day at the school."""
    return now if day == school.today(now) else datetime.combine(day, time(12), ZoneInfo(school.timezone))


def access_of(adult: User, student_id: int, school: School, moment: datetime) -> Access:
    """What the policy lets this adult do about the child, at that moment."""
    person = accounts.person_acting_as(adult, moment, RoleKind.PARENT)
    if adult.deactivated_at is not None or person.acting is None:
        return Access()
    about = (Conversation.student_id == student_id, Conversation.school_id == school.id, Conversation.last_seq > 0)
    return Access(
        grades=_has_link(student_id, school, scopes.guardianship_gives_grades(person)),
        messages=_has_link(student_id, school, scopes.guardianship_gives_messages(person)),
        conversations=_found(person, *about, Conversation.id.in_(scopes.conversations_of(person))),
        readable=_found(person, *about, Conversation.id.in_(scopes.conversations_read_by(person))),
    )


def _found(person: Person, *conditions: Any) -> frozenset[tuple[int, int | None]]:
    """The office cannot see them: the database is asked as it would be for the adult."""
    with actor.acting_as(person.id, person.now):
        rows = db.session.execute(select(Conversation.id, Conversation.section_id).where(*conditions))
        return frozenset((row.id, row.section_id) for row in rows)


def _has_link(student_id: int, school: School, gives: Any) -> bool:
    link = select(Guardianship.id).where(
        gives, Guardianship.student_id == student_id, Guardianship.school_id == school.id
    )
    return bool(db.session.scalar(select(link.exists())))


def _effects(
    before: _Measured, after: _Measured, student_id: int, days: list[date], now: datetime
) -> tuple[Effect, ...]:
    found = []
    for adult in {adult: None for measured in (before, after) for adult in measured[days[0]]}:
        last = None
        for day in days:
            pair = (before[day].get(adult, Access()), after[day].get(adult, Access()))
            if pair[0] != pair[1] and pair != last:
                found.append(_effect(adult, student_id, day, day == days[0], *pair, now))
            last = pair
    return tuple(sorted(found, key=lambda effect: (effect.day, effect.guardian)))


def _effect(
    adult: _Adult, student_id: int, day: date, is_today: bool, before: Access, after: Access, now: datetime
) -> Effect:
    lost = before.conversations - after.conversations
    return Effect(
        adult.name,
        day,
        is_today,
        before,
        after,
        teachers=_teachers_in({section for _key, section in lost if section is not None}, student_id, day),
        devices=_devices(adult.id, now) if is_today else 0,
        waits_for_identity=after.messages and not before.messages and not adult.is_known,
    )


def _teachers_in(section_ids: set[int], student_id: int, day: date) -> tuple[str, ...]:
    """Who goes on reading: not everyone who ever took part, for a teacher may have left the class."""
    if not section_ids:
        return ()
    sections = db.session.scalars(select(Section).where(Section.id.in_(section_ids))).all()
    teachers = {teacher for section in sections for teacher in teachers_who_read(section, student_id, day)}
    return tuple(teacher.display_name for teacher in sorted(teachers, key=lambda one: (one.name_key, one.id)))


def _devices(user_id: int, now: datetime) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(LoginSession)
            .join(User, User.id == LoginSession.user_id)
            .where(
                LoginSession.user_id == user_id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
                LoginSession.last_used_at > now - accounts.FAMILY_IDLE,
                LoginSession.auth_epoch == User.auth_epoch,
            )
        )
        or 0
    )


def _nobody_left(before: _Measured, after: _Measured, days: list[date]) -> date | None:
    def somebody(measured: _Measured, day: date) -> bool:
        return any(access.grades for access in measured[day].values())

    return next((day for day in days if somebody(before, day) and not somebody(after, day)), None)
