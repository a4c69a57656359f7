"""Who may write to whom, and who can read what: rights are worked out at the moment of the request, from dates."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Enrollment,
    Guardianship,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import access, facts, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person


@dataclass(frozen=True)
class Correspondence:
    """A conversation that could be begun: about this child, in this class, between this guardian and its teachers."""

    student: User
    section: Section
    guardian: User
    teachers: tuple[User, ...]


def teachers_who_read(section: Section, student_id: int, day: date) -> list[User]:
    """The teachers of the class on that school day; one who is the child's own guardian is never among them."""
    return list(
        db.session.scalars(
            select(User)
            .join(Enrollment, Enrollment.user_id == User.id)
            .join(Role, _role_behind(Enrollment))
            .where(
                Enrollment.section_id == section.id,
                Enrollment.role_kind == RoleKind.TEACHER,
                scopes.holds_on(Enrollment, day),
                scopes.holds_on(Role, day),
                scopes.active_users(),
                ~scopes.is_guardian_by_any_date(User.id, student_id),
            )
            .order_by(Enrollment.position.desc(), User.sort_name)
        )
    )


def _role_behind(enrollment: type[Enrollment]):  # type: ignore[no-untyped-def]
    return and_(
        Role.user_id == enrollment.user_id,
        Role.school_id == enrollment.school_id,
        Role.kind == enrollment.role_kind,
    )


def correspondences_of_guardian(person: Person) -> list[Correspondence]:
    """Every child and class about which this guardian may write today, with the teachers who would read it."""
    if not facts.may_use_messages(person):
        return []
    rows = db.session.execute(
        select(User, Section, Guardianship.school_id)
        .select_from(Guardianship)
        .join(User, User.id == Guardianship.student_id)
        .join(Enrollment, and_(Enrollment.user_id == User.id, Enrollment.school_id == Guardianship.school_id))
        .join(Section, Section.id == Enrollment.section_id)
        .where(
            scopes.guardianship_gives_messages(person),
            Enrollment.role_kind == RoleKind.STUDENT,
            scopes.holds_today(Enrollment, person),
            Section.ended.is_(False),
        )
        .order_by(User.sort_name, User.id, Section.title)
    ).all()
    days = person.school_days
    found = []
    for student, section, school_id in rows:
        teachers = tuple(teachers_who_read(section, student.id, days[school_id]))
        if teachers:
            found.append(Correspondence(student, section, person.user, teachers))
    return found


def correspondences_of_teacher(person: Person, section: Section, student: User) -> list[Correspondence]:
    """The guardians of a student of one's class to whom this teacher may write today, one by one."""
    day = person.school_days.get(section.school_id)
    if day is None or not _is_in_class(student.id, section.id, day):
        return []
    teachers = tuple(teachers_who_read(section, student.id, day))
    if person.id not in {teacher.id for teacher in teachers}:
        return []
    guardians = _guardians_to_write_to(section, student, day)
    return [Correspondence(student, section, guardian, teachers) for guardian in guardians]


def _guardians_to_write_to(section: Section, student: User, day: date) -> list[User]:
    restricted = (
        select(Restriction.id)
        .where(
            Restriction.student_id == student.id,
            Restriction.adult_id == User.id,
            Restriction.school_id == section.school_id,
            Restriction.no_contact,
            scopes.holds_on(Restriction, day),
        )
        .exists()
    )
    return list(
        db.session.scalars(
            select(User)
            .join(Guardianship, Guardianship.guardian_id == User.id)
            .join(
                Role,
                and_(Role.user_id == User.id, Role.school_id == section.school_id, Role.kind == RoleKind.PARENT),
            )
            .where(
                Guardianship.student_id == student.id,
                Guardianship.school_id == section.school_id,
                Guardianship.may_message,
                scopes.holds_on(Guardianship, day),
                scopes.holds_on(Role, day),
                scopes.active_users(),
                ~restricted,
            )
            .order_by(User.sort_name)
        )
    )


def correspondence(person: Person, student_key: str, section_key: str, guardian_key: str | None) -> Correspondence:
    """The one that the person means, if it may be begun today. Raises NotFound."""
    for candidate in _possible(person, student_key, section_key):
        if (candidate.student.public_id, candidate.section.public_id) == (student_key, section_key) and (
            guardian_key in (None, candidate.guardian.public_id)
        ):
            return candidate
    raise NotFound


def _possible(person: Person, student_key: str, section_key: str) -> list[Correspondence]:
    if person.acts_as(RoleKind.PARENT):
        return correspondences_of_guardian(person)
    section = access.section_for_teacher(person, section_key)
    student = access.student_of_section(section, student_key).user
    return correspondences_of_teacher(person, section, student)


def readers_of(conversation: Conversation, school: School, person: Person) -> list[User]:
    """Everyone who can read the conversation today: the guardian, then the teachers."""
    day = school.today(person.now)
    return [conversation.guardian, *teachers_who_read(conversation.section, conversation.student_id, day)]


def may_reply(person: Person, conversation: Conversation) -> bool:
    """Whether a message by this person would be taken today: takes part, and the child is still in the class."""
    day = person.school_days.get(conversation.school_id)
    return (
        day is not None
        and facts.may_use_messages(person)
        and facts.takes_part_in(person, conversation)
        and _is_in_class(conversation.student_id, conversation.section_id, day)
    )


def _is_in_class(student_id: int, section_id: int, day: date) -> bool:
    place = select(Enrollment.id).where(
        Enrollment.user_id == student_id,
        Enrollment.section_id == section_id,
        Enrollment.role_kind == RoleKind.STUDENT,
        scopes.holds_on(Enrollment, day),
    )
    return bool(db.session.scalar(select(place.exists())))
