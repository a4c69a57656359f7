"""Who may announce to whom, who gets it, and who reads what: by the same rights as messages, worked out by dates.

A guardian gets an announcement who may be written to today about a child for whom it is meant; students never. Who got
it goes on reading it as a conversation: while the link to the child gives messages, and afterwards unless the school
hides what is past, never under an order against contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Announcement,
    AnnouncementRecipient,
    AnnouncementSection,
    AnnouncementState,
    ClosureScope,
    Guardianship,
    Role,
    RoleKind,
    Section,
    User,
)
from gradebook.policy import facts, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import (
    Correspondence,
    attends_any,
    correspondences_of_guardian,
    goes_on,
    guardianships_to_write_to,
    is_confirmed,
    key_of,
    offices_for_guardian,
    on_day,
    sections_to_write_from,
)
from gradebook.policy.person import AnyPerson, Person
from gradebook.policy.scopes import Who
from gradebook.policy.stops import Stop, stop_in, stopped

RECALL_FOR = timedelta(seconds=60)
"""After sending, in which the author may take it back; nobody is told by mail before."""
WAITS_FOR = timedelta(days=1)
"""After the time for which it was planned, while the office has stopped messages; then it would come as a surprise."""
OF_MANY = (ClosureScope.EVERYONE, ClosureScope.TEACHERS)
STAFF = (RoleKind.TEACHER, RoleKind.OFFICE)


@dataclass(frozen=True)
class Audience:
    """For whose families an announcement is meant: those of these classes, or of the whole school."""

    school_id: int
    sections: tuple[Section, ...] = ()
    to_school: bool = False

    @property
    def section_ids(self) -> list[int]:
        """The keys of the classes, in order."""
        return sorted(section.id for section in self.sections)


@dataclass(frozen=True)
class Receiving:
    """A guardian who would get it on account of a child."""

    student: User
    guardian: User
    relationship: str


# --- Writing


def may_announce(person: Person, _thing: object = None) -> bool:
    """Acts as a teacher or for the office, and no stop of the office stands against it."""
    return any(person.acts_as(kind) for kind in STAFF) and not stopped(person, school_of(person))


def school_of(person: Person) -> int:
    """The key of the school in use. Raises NotFound for who acts in none."""
    if not any(person.acts_as(kind) for kind in STAFF) or not person.roles_in_use:
        raise NotFound
    return person.roles_in_use[0].school_id


def classes_to_announce_to(person: Person) -> list[Section]:
    """A teacher's own classes that go on; for the office all of the school."""
    if not person.acts_as(RoleKind.OFFICE):
        return sections_to_write_from(person)
    school_id = school_of(person)
    return list(
        db.session.scalars(
            select(Section)
            .join(AcademicSession, AcademicSession.id == Section.term_id)
            .where(Section.school_id == school_id, goes_on(person.school_days[school_id]))
            .order_by(Section.title, Section.id)
        )
    )


def audience_of(person: Person, section_keys: Sequence[str], *, to_school: bool = False) -> Audience:
    """Those whom this person means, as far as the person may announce to them: the office alone to the school."""
    school_id = school_of(person)
    if to_school and person.acts_as(RoleKind.OFFICE):
        return Audience(school_id, to_school=True)
    chosen = set(section_keys)
    sections = [one for one in classes_to_announce_to(person) if one.public_id in chosen]
    return Audience(school_id, tuple(sections))


def stop_against(person: Person, announcement: Announcement) -> Stop | None:
    """What the office has stopped that stands against its author (this person) sending it now."""
    return stopped(person, announcement.school_id, f"{announcement.title}\n{announcement.body}")


def waits_for(stop: Stop, announcement: Announcement, now: datetime) -> bool:
    """Whether it can still be sent when that stop is lifted: a stop of many, up to a day after its time. A stop of its
    author, or of an address in it, was meant for it."""
    return stop.scope in OF_MANY and now < announcement.send_at + WAITS_FOR


def waits_until(announcement: Announcement, now: datetime) -> datetime | None:
    """Until when one that is due goes on waiting for the end of a stop; None where it does not wait for any."""
    is_due = announcement.state == AnnouncementState.SCHEDULED and announcement.send_at <= now
    if not is_due or announcement.role_kind != RoleKind.TEACHER:
        return None
    stops = [stop_in(entry, announcement.school_id) for entry in announcement.school.closures or ()]
    waits = any(waits_for(stop, announcement, now) and (stop.until is None or stop.until > now) for stop in stops)
    return announcement.send_at + WAITS_FOR if waits else None


def audience_still_of(person: Person, announcement: Announcement) -> Audience | None:
    """Of those whom an announcement was for, those to whom its author may announce now; None: nobody any more."""
    if not may_announce(person) or stop_against(person, announcement):
        return None
    if announcement.to_school:
        return Audience(announcement.school_id, to_school=True) if person.acts_as(RoleKind.OFFICE) else None
    keys = set(
        db.session.scalars(
            select(AnnouncementSection.section_id).where(AnnouncementSection.announcement_id == announcement.id)
        )
    )
    sections = tuple(one for one in classes_to_announce_to(person) if one.id in keys)
    return Audience(announcement.school_id, sections) if sections else None


def receivers(person: Person, audience: Audience) -> Select[*tuple[Any, ...]]:
    """(guardian, student): the keys of who would get it now, and on account of which child."""
    query, adult, student = _receivers(person, audience)
    return query.with_only_columns(adult.id, student.id, maintain_column_froms=True).where(is_confirmed(adult))


def receiving(person: Person, audience: Audience) -> list[Receiving]:
    """The same with names, by the students' names."""
    query, adult, student = _receivers(person, audience)
    rows = db.session.execute(
        query.add_columns(student)
        .where(is_confirmed(adult))
        .order_by(student.name_key, student.id, adult.name_key, adult.id)
    )
    return [Receiving(child, guardian, relationship or "") for guardian, relationship, child in rows]


def _receivers(person: Person, audience: Audience) -> tuple[Any, Any, Any]:
    """A teacher's own children are left out with all their guardians, as in conversations: what is written to the
    other guardian of one's own child is for another teacher, or for the office."""
    day = person.school_days[audience.school_id]
    query, adult = guardianships_to_write_to(day)
    student = aliased(User)
    query = query.join(student, student.id == Guardianship.student_id).where(
        Guardianship.school_id == audience.school_id, _is_meant(student.id, audience, day)
    )
    if person.acts_as(RoleKind.TEACHER):
        query = query.where(~scopes.is_guardian_by_any_date(person.id, student.id))
    return query, adult, student


def _is_meant(student_id: Any, audience: Audience, day: Any) -> ColumnElement[bool]:
    if audience.to_school:
        role = aliased(Role)
        return (
            select(role.id)
            .where(
                role.user_id == student_id,
                role.school_id == audience.school_id,
                role.kind == RoleKind.STUDENT,
                scopes.holds_on(role, day),
            )
            .correlate_except(role)
            .exists()
        )
    return attends_any(student_id, audience.section_ids, on_day(day))


def students_meant(person: Person, audience: Audience) -> list[tuple[User, bool]]:
    """The students whose families it is for, by name, and whether the person was ever recorded as their guardian."""
    day = person.school_days[audience.school_id]
    own = scopes.is_guardian_by_any_date(person.id, User.id)
    rows = db.session.execute(
        select(User, own).where(_is_meant(User.id, audience, day)).order_by(User.name_key, User.id)
    )
    return [(student, bool(is_own)) for student, is_own in rows]


# --- Reading


def received_by(person: Who) -> Select[int]:
    """Keys of the announcements that this guardian got and that count as unread: the link that gave them goes on."""
    return _received(person, scopes.guardianship_gives_messages(person))


def _received(person: Who, right: ColumnElement[bool]) -> Select[int]:
    return (
        select(AnnouncementRecipient.announcement_id)
        .join(
            Guardianship,
            and_(
                Guardianship.school_id == AnnouncementRecipient.school_id,
                Guardianship.student_id == AnnouncementRecipient.student_id,
                Guardianship.guardian_id == AnnouncementRecipient.user_id,
            ),
        )
        .where(AnnouncementRecipient.user_id == person.id, right)
    )


def read_by(person: Who) -> ColumnElement[bool]:
    """Condition on Announcement: shown to this person in the role in use."""
    schools = or_(false(), *(Announcement.school_id.in_(keys) for keys, _day in person.spans))
    if person.acts_as(RoleKind.PARENT):
        right = or_(scopes.guardianship_gives_messages(person), scopes.guardianship_gave_messages(person))
        return and_(Announcement.sent_at.is_not(None), Announcement.id.in_(_received(person, right)))
    if person.acts_as(RoleKind.OFFICE):
        return schools
    if person.acts_as(RoleKind.TEACHER):
        own = and_(Announcement.author_id == person.id, Announcement.role_kind == RoleKind.TEACHER)
        sent = and_(Announcement.sent_at.is_not(None), or_(Announcement.to_school, _is_for_classes_of(person)))
        return and_(schools, or_(own, sent))
    return false()


def _is_for_classes_of(teacher: Who) -> ColumnElement[bool]:
    return Announcement.id.in_(
        select(AnnouncementSection.announcement_id).where(
            AnnouncementSection.section_id.in_(scopes.sections_taught_by(teacher))
        )
    )


def announcement_for(person: Person, public_id: str) -> Announcement:
    """An announcement that is shown to this person. Raises NotFound."""
    found = scopes.ask(_shown_to, person, public_id=key_of(public_id)).scalar_one_or_none()
    if found is None or not may_read_any(person):
        raise NotFound
    shown: Announcement = found
    return shown


def last_change_for(person: Person, public_id: str) -> int:
    """The number of its newest change alone: a recall has every open page ask for it at once. Raises NotFound."""
    number: int | None = scopes.ask(_change_shown_to, person, public_id=key_of(public_id)).scalar_one_or_none()
    if number is None or not may_read_any(person):
        raise NotFound
    return number


def _shown_to(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return select(Announcement).where(Announcement.public_id == bindparam("public_id"), read_by(person))


def _change_shown_to(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return select(Announcement.last_change).where(Announcement.public_id == bindparam("public_id"), read_by(person))


def is_new_to(person: Person, announcement: Announcement) -> bool:
    """Whether this guardian has it still to open."""
    if not person.acts_as(RoleKind.PARENT) or announcement.state != AnnouncementState.SENT:
        return False
    own = received_by(person).where(
        AnnouncementRecipient.announcement_id == announcement.id, AnnouncementRecipient.opened_at.is_(None)
    )
    return db.session.scalar(own.limit(1)) is not None


def may_read_any(person: Person) -> bool:
    """Staff; guardians once the office has seen who they are, as with messages."""
    return person.acts_as(RoleKind.OFFICE) or facts.may_use_messages(person)


def counts_readers(person: Person, announcement: Announcement) -> bool:
    """Is told how many have opened it: the author, the office, and for one by a teacher the other teachers."""
    if person.acts_as(RoleKind.OFFICE):
        return person.roles_in_use[0].school_id == announcement.school_id
    if not person.acts_as(RoleKind.TEACHER):
        return False
    return is_author(person, announcement) or (
        announcement.role_kind == RoleKind.TEACHER
        and db.session.scalar(
            select(Announcement.id).where(Announcement.id == announcement.id, _is_for_classes_of(person))
        )
        is not None
    )


# --- What can still be done


def is_author(person: Person, announcement: Announcement) -> bool:
    """Has written it in the role in use."""
    return announcement.author_id == person.id and person.acts_as(announcement.role_kind)


def may_cancel(person: Person, announcement: Announcement) -> bool:
    """While it waits: its author, and the office of the school."""
    is_office = person.acts_as(RoleKind.OFFICE) and person.roles_in_use[0].school_id == announcement.school_id
    return announcement.state == AnnouncementState.SCHEDULED and (is_author(person, announcement) or is_office)


def may_recall(person: Person, announcement: Announcement) -> bool:
    """Its author, within a minute of its sending."""
    return (
        announcement.state == AnnouncementState.SENT
        and is_author(person, announcement)
        and is_just_sent(announcement, person.now)
    )


def is_just_sent(announcement: Announcement, now: datetime) -> bool:
    """Whether what was sent can still be recalled."""
    return announcement.sent_at is not None and now - announcement.sent_at < RECALL_FOR


# --- Answering


def answers_to(person: Person, announcement: Announcement) -> list[Correspondence]:
    """The conversations in which this guardian can answer it: about each child on whose account it came, in each of its
    classes, with the teachers of that class; to one of the office with the office."""
    if announcement.state != AnnouncementState.SENT:
        return []
    children = set(
        db.session.scalars(
            select(AnnouncementRecipient.student_id).where(
                AnnouncementRecipient.announcement_id == announcement.id, AnnouncementRecipient.user_id == person.id
            )
        )
    )
    if announcement.role_kind == RoleKind.OFFICE:
        offices = [pair for pair in offices_for_guardian(person) if pair.why_not is None]
        return [one for one in offices if one.student.id in children and one.school_id == announcement.school_id]
    sections = set(
        db.session.scalars(
            select(AnnouncementSection.section_id).where(AnnouncementSection.announcement_id == announcement.id)
        )
    )
    pairs = correspondences_of_guardian(person)
    return [pair for pair in pairs if pair.student.id in children and pair.section and pair.section.id in sections]


def answered(person: Person, announcement_key: str, pair: Correspondence) -> Announcement:
    """The announcement that a message of this guardian in that conversation answers. Raises NotFound."""
    found = announcement_for(person, announcement_key)
    possible = {(one.student.id, one.at) for one in answers_to(person, found)}
    if not person.acts_as(RoleKind.PARENT) or (pair.student.id, pair.at) not in possible:
        raise NotFound
    return found
