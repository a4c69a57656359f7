"""Who may write to whom, and who can read what: rights are worked out at the moment of the request, from dates.

Everyone who could read a message is named before it is written. So the teachers named here are those of the class
today, whether or not they were admitted as participants yet; who reads must hold both (scopes.conversations_of).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    func,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from gradebook.extensions import db, execute_plain
from gradebook.models import (
    AcademicSession,
    ClosureScope,
    Conversation,
    Enrollment,
    Guardianship,
    OfficeHours,
    Participant,
    Position,
    Read,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import access, facts, scopes, stops
from gradebook.policy.access import NotFound
from gradebook.policy.person import AnyPerson, Person

Holds = Callable[[Any], ColumnElement[bool]]
"""The condition that a row of a dated relation holds: on one school's day, or on the days of several schools."""

Day = date | BindParameter[Any]

STUDENTS_ON_A_PAGE = 100

_DAY: BindParameter[Any] = bindparam("day")
_STUDENT: BindParameter[Any] = bindparam("student")
_SCHOOL: BindParameter[Any] = bindparam("school")
_CONVERSATION: BindParameter[Any] = bindparam("conversation")

OFFICE_HOURS = {str(weekday): [0, 1440] for weekday in range(7)}
"""When the office is told of messages, as OfficeHours.days: all day, but on the school's days off."""


class WhyNot(StrEnum):
    """Why nothing can be written; the screens turn it into words (templates/messages/_closed.html)."""

    CHILD_LEFT = "child_left"
    """The class; or, where the conversation is with the office, the school."""
    CLASS_OVER = "class_over"
    ENDED = "ended"
    """The reader's own link to the child has ended: what was written before can be read."""
    GUARDIAN = "guardian"
    """The guardian on the other side may not be written to."""
    NO_TEACHER = "no_teacher"
    """Nor anybody in the office who may read it, where the conversation is with the office."""
    OTHER_GUARDIAN = "other_guardian"
    """One of the two guardians of a joint conversation may no longer be written to."""
    STOPPED = "stopped"
    """The school office has stopped messages for everyone, or for the role of the person who asks."""
    WRITING = "writing"
    """The school office has closed the writing of the person who asks."""

    @property
    def is_a_stop(self) -> bool:
        """The office has closed it and can open it again; nothing else stands against it."""
        return self in (WhyNot.STOPPED, WhyNot.WRITING)


@dataclass(frozen=True)
class Correspondence:
    """A conversation to be begun: about this child, between this guardian and the teachers of this class, or the office
    of this school."""

    student: User
    at: Section | School
    guardian: User
    teachers: tuple[User, ...]
    """Who reads it: of a school the people of its office."""
    relationship: str = ""
    """What the guardian is to the child; empty where the guardian asks."""
    why_not: WhyNot | None = None
    """None: it may be begun."""

    @property
    def section(self) -> Section | None:
        """The class; None where it is with the office."""
        return self.at if isinstance(self.at, Section) else None

    @property
    def school_id(self) -> int:
        """The school, in whose time zone and by whose rules they write."""
        return self.at.id if isinstance(self.at, School) else self.at.school_id


@dataclass(frozen=True)
class Verdict:
    """What a person may do in a conversation today."""

    may_read: bool = False
    may_reply: bool = False
    why_not: WhyNot | None = None
    """Why not reply, to someone who may read; whoever may not read is told nothing."""


@dataclass(frozen=True)
class GuardianSide:
    """A guardian in a conversation."""

    user: User
    relationship: str
    reads: bool
    """Reads it today; None of what is written reaches one who does not."""
    seen_at: datetime | None = None
    """When this guardian first had read up to the message that was asked about."""


class Reader(NamedTuple):
    """A teacher, or a person of the office, who reads a conversation: no more of them is shown."""

    id: int
    display_name: str
    name_key: str


@dataclass(frozen=True)
class TeacherPlace:
    """A teacher's place in the class of a conversation: who reads it, from which day, and until which."""

    user: Reader
    reads: bool
    begins_on: date
    ends_on: date | None
    hours: dict[str, list[int]]
    """OfficeHours.days; empty where the teacher has set none."""
    seen_at: datetime | None


@dataclass(frozen=True)
class TeacherChange:
    """From that day on a teacher reads a conversation, or reads it no more."""

    day: date
    user: Reader
    reads: bool


@dataclass(frozen=True)
class Standing:
    """How a conversation stands today: who can read it besides the person who asks, and whether it goes on."""

    teachers: tuple[Reader, ...]
    guardian_reads: bool
    relationship: str
    closed: WhyNot | None
    guardians: tuple[GuardianSide, ...] = ()
    places: tuple[TeacherPlace, ...] = ()
    """Of the teachers; where it is with the office, of its people."""
    ended_on: date | None = None
    """The first day without the right of the guardian who asks, where it has ended."""
    is_muted: bool = False
    """The guardian who asks is not told of its messages."""


@dataclass(frozen=True)
class FamilyLine:
    """A student of a class with one guardian to whom the teacher may write."""

    student: User
    guardian: User
    relationship: str


@dataclass(frozen=True)
class Reached:
    """A guardian of a student of one's class who may be written to."""

    student_id: int
    guardian: User
    relationship: str
    is_confirmed: bool
    """The office has confirmed who it is; before that nothing would be read."""
    sees_grades: bool
    """Whether what is written may tell how the child does."""

    @property
    def may_be_told_of_scores(self) -> bool:
        """Whether a message because of an assignment goes to them."""
        return self.is_confirmed and self.sees_grades


# --- The rules, as conditions


def on_day(day: Day) -> Holds:
    return lambda dated: scopes.holds_on(dated, day)


def _today(person: scopes.Who) -> Holds:
    return lambda dated: scopes.holds_today(dated, person)


def _teaching(holds: Holds) -> Subquery:
    """(section_id, user_id, rank): who teaches which class, with an account in use; the lead teacher first."""
    rank = case((Enrollment.position == Position.LEAD, 0), (Enrollment.position == Position.CO_TEACHER, 1), else_=2)
    return (
        select(Enrollment.section_id, Enrollment.user_id, rank.label("rank"))
        .join(Role, _role_of(Enrollment, Role))
        .join(User, User.id == Enrollment.user_id)
        .where(Enrollment.role_kind == RoleKind.TEACHER, holds(Enrollment), holds(Role), scopes.active_users())
        .subquery("teaching")
    )


def _role_of(enrollment: Any, role: Any) -> ColumnElement[bool]:
    return and_(
        role.user_id == enrollment.user_id,
        role.school_id == enrollment.school_id,
        role.kind == enrollment.role_kind,
    )


def attends(student_id: Any, section_id: Any, holds: Holds) -> ColumnElement[bool]:
    """The child is a student of the school, in this class."""
    return _attends(student_id, lambda place: place.section_id == section_id, holds)


def attends_any(student_id: Any, section_ids: Sequence[int], holds: Holds) -> ColumnElement[bool]:
    """The child is a student of the school, in one of these classes at least."""
    return _attends(student_id, lambda place: place.section_id.in_(section_ids), holds)


def _attends(student_id: Any, which: Holds, holds: Holds) -> ColumnElement[bool]:
    place, role = aliased(Enrollment), aliased(Role)
    return (
        select(place.id)
        .join(role, _role_of(place, role))
        .where(
            place.user_id == student_id, which(place), place.role_kind == RoleKind.STUDENT, holds(place), holds(role)
        )
        .correlate_except(place, role)
        .exists()
    )


def goes_on(day: Day) -> ColumnElement[bool]:
    """Condition on Section and its AcademicSession: the class is in use and its term is not over."""
    return and_(Section.ended.is_(False), AcademicSession.ends_on > day)


def _goes_on_today(person: scopes.Who) -> ColumnElement[bool]:
    return or_(false(), *(and_(Section.school_id.in_(schools), goes_on(day)) for schools, day in person.spans))


def guardianships_to_write_to(day: Day) -> tuple[Any, Any]:
    """Guardianships whose guardian may be written to, and the alias of the guardian.

    The link holds with the right to write, no order forbids contact, and the guardian's account is in use.
    """
    adult, role = aliased(User), aliased(Role)
    query: Any = (
        select(adult, Guardianship.relationship_name)
        .select_from(Guardianship)
        .join(adult, adult.id == Guardianship.guardian_id)
        .join(
            role,
            and_(
                role.user_id == Guardianship.guardian_id,
                role.school_id == Guardianship.school_id,
                role.kind == RoleKind.PARENT,
            ),
        )
        .where(
            Guardianship.may_message,
            scopes.holds_on(Guardianship, day),
            scopes.holds_on(role, day),
            adult.deactivated_at.is_(None),
            ~scopes.restricted_on(day, Restriction.no_contact),
        )
    )
    return query, adult


def is_confirmed(adult: Any) -> ColumnElement[bool]:
    """The office has seen who this is (facts.may_use_messages): before that, nothing would be read."""
    return or_(adult.identity_seen_at.is_not(None), adult.email_confirmed_at.is_not(None))


# --- Beginning


def teachers_who_read(section: Section, student_id: int, day: date) -> list[User]:
    """The teachers of the class on that school day; one who is the child's own guardian is never among them."""
    return list(db.session.scalars(_teachers_who_read(), {"section": section.id, "student": student_id, "day": day}))


@cache
def _teachers_who_read() -> Any:
    teaching = _teaching(on_day(_DAY))
    return (
        select(User)
        .join(teaching, teaching.c.user_id == User.id)
        .where(
            teaching.c.section_id == bindparam("section"),
            ~scopes.is_guardian_by_any_date(User.id, bindparam("student")),
        )
        .order_by(teaching.c.rank, User.name_key, User.id)
    )


def reads_as_staff(row: Any, day: date) -> bool:
    """The same of one participant, where the school's day is known only after the row: it has the dates of the role
    (role_begins_on, role_ends_on), of a teacher those of the place in the class (begins_on, ends_on), and is_guardian.
    """
    spans = [(row.role_begins_on, row.role_ends_on)]
    if row.role_kind == RoleKind.TEACHER:
        spans.append((row.begins_on, row.ends_on))
    return not row.is_guardian and all(
        first is not None and first <= day and (ends_on is None or day < ends_on) for first, ends_on in spans
    )


def correspondences_of_guardian(
    person: Person, student_key: str | None = None, section_key: str | None = None
) -> list[Correspondence]:
    """The children and classes about which this guardian may write today, with the teachers who would read it."""
    return [pair for pair in classes_of_guardian(person, student_key, section_key) if pair.why_not is None]


def classes_of_guardian(
    person: Person, student_key: str | None = None, section_key: str | None = None
) -> list[Correspondence]:
    """The same, and with them the classes in which nothing can be begun, and why not.

    One statement, however many children; narrowed to one child, or one class, where a key is given.
    """
    if not person.acts_as(RoleKind.PARENT) or not facts.may_use_messages(person):
        return []
    query, student = _guardian_query(person)
    if student_key is not None:
        query = query.where(student.public_id == key_of(student_key))
    if section_key is not None:
        query = query.where(Section.public_id == key_of(section_key))
    found: dict[tuple[int, int], tuple[Any, list[User]]] = {}
    for row in db.session.execute(query):
        _row, teachers = found.setdefault((row[0].id, row[1].id), (row, []))
        teachers.extend([row[2]] if row[2] is not None else [])
    return [_for_guardian(person, row, tuple(teachers)) for row, teachers in found.values()]


def _for_guardian(person: Person, row: Any, teachers: tuple[User, ...]) -> Correspondence:
    pair = Correspondence(row[0], row[1], person.user, teachers)
    why_not = _stopped(person, pair.school_id) or (None if teachers else WhyNot.NO_TEACHER)
    return replace(pair, why_not=why_not)


def offices_for_guardian(
    person: Person, student_key: str | None = None, school_key: str | None = None
) -> list[Correspondence]:
    """The children about whom this guardian may write to the office of their school today, with the people of the
    office who would read it, and why not where nobody would. One statement, however many children."""
    if not person.acts_as(RoleKind.PARENT) or not facts.may_use_messages(person):
        return []
    query, student = _office_query(person)
    if student_key is not None:
        query = query.where(student.public_id == key_of(student_key))
    if school_key is not None:
        query = query.where(School.public_id == key_of(school_key))
    found: dict[tuple[int, int], tuple[Any, list[User]]] = {}
    for row in db.session.execute(query):
        _row, people = found.setdefault((row[0].id, row[1].id), (row, []))
        people.extend([row[2]] if row[2] is not None else [])
    return [_for_guardian(person, row, tuple(people)) for row, people in found.values()]


def _office_query(person: Person) -> tuple[Any, Any]:
    student, one_of_office = aliased(User), aliased(User)
    role, office = aliased(Role), _office(_today(person))
    reads = and_(office.c.school_id == School.id, ~scopes.is_guardian_by_any_date(office.c.user_id, student.id))
    query: Any = (
        select(student, School, one_of_office)
        .select_from(Guardianship)
        .join(student, student.id == Guardianship.student_id)
        .join(School, School.id == Guardianship.school_id)
        .join(role, and_(role.user_id == student.id, role.school_id == School.id, role.kind == RoleKind.STUDENT))
        .outerjoin(office, reads)
        .outerjoin(one_of_office, one_of_office.id == office.c.user_id)
        .where(scopes.guardianship_gives_messages(person), scopes.holds_today(role, person))
        .order_by(student.name_key, student.id, School.name, School.id, one_of_office.name_key, one_of_office.id)
    )
    return query, student


def _office(holds: Holds) -> Subquery:
    """(school_id, user_id): who works in the office of which school, with an account in use."""
    return (
        select(Role.school_id, Role.user_id)
        .join(User, User.id == Role.user_id)
        .where(Role.kind == RoleKind.OFFICE, holds(Role), scopes.active_users())
        .subquery("office")
    )


def _guardian_query(person: Person) -> tuple[Any, Any]:
    student, teacher = aliased(User), aliased(User)
    place, role, teaching = aliased(Enrollment), aliased(Role), _teaching(_today(person))
    reads = and_(teaching.c.section_id == Section.id, ~scopes.is_guardian_by_any_date(teaching.c.user_id, student.id))
    query: Any = (
        select(student, Section, teacher)
        .select_from(Guardianship)
        .join(student, student.id == Guardianship.student_id)
        .join(place, and_(place.user_id == student.id, place.school_id == Guardianship.school_id))
        .join(role, _role_of(place, role))
        .join(Section, Section.id == place.section_id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .outerjoin(teaching, reads)
        .outerjoin(teacher, teacher.id == teaching.c.user_id)
        .where(
            scopes.guardianship_gives_messages(person),
            place.role_kind == RoleKind.STUDENT,
            scopes.holds_today(place, person),
            scopes.holds_today(role, person),
            _goes_on_today(person),
        )
        .order_by(student.name_key, student.id, Section.title, Section.id, teaching.c.rank, teacher.name_key)
    )
    return query, student


def correspondences_of_teacher(person: Person, section: Section, student: User) -> list[Correspondence]:
    """The guardians of a student of one's class to whom this teacher may write today, one by one."""
    return [pair for pair, is_confirmed in _of_teacher(person, section, student) if is_confirmed and not pair.why_not]


def guardians_not_confirmed(person: Person, section: Section, student: User) -> list[Correspondence]:
    """The guardians to whom this teacher could write if the office had confirmed who they are."""
    pairs = _of_teacher(person, section, student)
    return [pair for pair, is_confirmed in pairs if not is_confirmed and not pair.why_not]


def _of_teacher(person: Person, section: Section, student: User) -> list[tuple[Correspondence, bool]]:
    day = person.school_days.get(section.school_id)
    if day is None or not person.acts_as(RoleKind.TEACHER):
        return []
    teachers = tuple(teachers_who_read(section, student.id, day))
    if person.id not in {teacher.id for teacher in teachers}:
        return []
    query, adult = guardianships_to_write_to(day)
    rows = db.session.execute(
        query.add_columns(is_confirmed(adult))
        .join(Section, Section.id == section.id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .where(
            Guardianship.student_id == student.id,
            Guardianship.school_id == section.school_id,
            goes_on(day),
            attends(student.id, section.id, on_day(day)),
        )
        .order_by(adult.name_key, adult.id)
    )
    why_not = _stopped(person, section.school_id)
    return [
        (Correspondence(student, section, guardian, teachers, relationship, why_not), bool(is_confirmed))
        for guardian, relationship, is_confirmed in rows
    ]


def correspondence(person: Person, student_key: str, section_key: str, guardian_key: str | None) -> Correspondence:
    """The one that the person means, if it may be begun today, or only a stop of the office stands against it
    (`why_not`). Raises NotFound.

    A teacher names the guardian: who of two reads a message is never ours to guess.
    """
    if person.acts_as(RoleKind.PARENT):
        guardian_key = guardian_key or person.account.public_id
        possible = classes_of_guardian(person, student_key, section_key)
    else:
        section = access.section_for_teacher(person, key_of(section_key))
        student = access.student_of_section(section, key_of(student_key)).user
        possible = [pair for pair, is_confirmed in _of_teacher(person, section, student) if is_confirmed]
    return _only_one([pair for pair in possible if pair.guardian.public_id == guardian_key])


def correspondence_with_office(person: Person, student_key: str, school_key: str) -> Correspondence:
    """The same with the office of a school, which a guardian alone begins. Raises NotFound."""
    return _only_one(offices_for_guardian(person, student_key, school_key))


def _only_one(possible: list[Correspondence]) -> Correspondence:
    for candidate in possible:
        if candidate.teachers and (candidate.why_not is None or candidate.why_not.is_a_stop):
            return candidate
    raise NotFound


def may_be_joined(student: User, school: School, day: date) -> list[tuple[User, str]]:
    """The guardians of a child whom the office may put into one conversation, with what they are to the child.

    Both must hold the right to write, and no order of any kind may be in force against either: who must not know
    where the other lives must not meet them here.
    """
    query, adult = guardianships_to_write_to(day)
    orders = or_(Restriction.no_contact, Restriction.no_records, Restriction.hide_address)
    rows = db.session.execute(
        query.where(
            Guardianship.student_id == student.id,
            Guardianship.school_id == school.id,
            is_confirmed(adult),
            ~scopes.restricted_on(day, orders),
        ).order_by(adult.name_key, adult.id)
    )
    return [(guardian, relationship) for guardian, relationship in rows]


def classes_to_join_in(student: User, school: School, day: date) -> list[Section]:
    """The classes of a child that go on: about these a joint conversation can be opened."""
    return list(
        db.session.scalars(
            select(Section)
            .join(AcademicSession, AcademicSession.id == Section.term_id)
            .where(Section.school_id == school.id, goes_on(day), attends(student.id, Section.id, on_day(day)))
            .order_by(Section.title, Section.id)
        )
    )


def sections_to_write_from(person: Person) -> list[Section]:
    """The classes of this teacher that go on."""
    return list(
        db.session.scalars(
            select(Section)
            .join(AcademicSession, AcademicSession.id == Section.term_id)
            .where(Section.id.in_(scopes.sections_taught_by(person)), _goes_on_today(person))
            .order_by(Section.title, Section.id)
        )
    )


def families_of(person: Person, section: Section, page: int = 1) -> list[FamilyLine]:
    """The students of one's class with the guardians to whom this teacher may write: a page, and one line more."""
    if _stopped(person, section.school_id):
        return []
    query, student, adult = _families(person, section)
    rows = db.session.execute(
        query.add_columns(student)
        .where(is_confirmed(adult))
        .offset((page - 1) * STUDENTS_ON_A_PAGE)
        .limit(STUDENTS_ON_A_PAGE + 1)
    )
    return [FamilyLine(student, guardian, relationship) for guardian, relationship, student in rows]


def guardians_reached(person: Person, section: Section, student_ids: Iterable[int]) -> list[Reached]:
    """The guardians of these students of one's class to whom this teacher may write today, in one statement.

    With them those who only wait for the office to confirm them, or who may not see grades. Nobody else is named: that
    there are others, and why they may not be written to, is the office's to know.
    """
    if _stopped(person, section.school_id):
        return []
    query, student, adult = _families(person, section)
    rows = db.session.execute(
        query.add_columns(
            student.id, is_confirmed(adult), scopes.sees_grades_on(person.school_days[section.school_id])
        ).where(student.id.in_(list(student_ids)))
    )
    return [
        Reached(key, guardian, relation, bool(confirmed), bool(sees))
        for guardian, relation, key, confirmed, sees in rows
    ]


def _families(person: Person, section: Section) -> tuple[Any, Any, Any]:
    """Guardians of the class's students of today who may be written to, by the student's name; and the two aliases."""
    day = person.school_days[section.school_id]
    query, adult = guardianships_to_write_to(day)
    student, place = aliased(User), aliased(Enrollment)
    query = (
        query.join(student, student.id == Guardianship.student_id)
        .join(place, and_(place.user_id == student.id, place.school_id == Guardianship.school_id))
        .join(Section, Section.id == place.section_id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .where(
            place.section_id == section.id,
            place.role_kind == RoleKind.STUDENT,
            goes_on(day),
            attends(student.id, section.id, on_day(day)),
            ~scopes.is_guardian_by_any_date(person.id, student.id),
        )
        .order_by(student.name_key, student.id, adult.name_key, adult.id)
    )
    return query, student, adult


def is_over(person: Person, section: Section) -> bool:
    """Whether nobody writes about this class any more: it is out of use, or its term has ended."""
    term: AcademicSession = section.term
    return section.ended or term.ends_on <= person.school_days[section.school_id]


def own_children(person: Person, student_ids: Iterable[int]) -> set[int]:
    """Those of these students whose guardian the office ever recorded this person to be."""
    return set(
        db.session.scalars(
            select(Guardianship.student_id).where(
                Guardianship.guardian_id == person.id, Guardianship.student_id.in_(list(student_ids))
            )
        )
    )


def key_of(text: str) -> str:
    """A key of the right shape; anything else names nothing (PostgreSQL will not even compare with a NUL)."""
    if not re.fullmatch(r"[A-Za-z0-9]{12}", text):
        raise NotFound
    return text


# --- Going on


def conversation_for(person: Person, public_id: str) -> Conversation:
    """A conversation in which this person takes part today. Raises NotFound."""
    return access.conversation_for(person, key_of(public_id))


def conversation_read_by(person: Person, public_id: str) -> Conversation:
    """The same, or one that a guardian whose link has ended can only read any more. Raises NotFound."""
    return access.conversation_read_by(person, key_of(public_id))


def takes_part(person: Person, conversation: Conversation) -> bool:
    """Whether it goes on for this person: what is new is counted, followed live and marked as read."""
    return facts.takes_part_in(person, conversation)


def may_read(person: Person, conversation: Conversation) -> bool:
    """Whether the conversation is shown to this person, if only that."""
    return facts.may_use_messages(person) and facts.reads(person, conversation)


def verdict(person: Person, conversation: Conversation) -> Verdict:
    """What this person may do in it today."""
    if not may_read(person, conversation):
        return Verdict()
    why_not = standing(person, conversation).closed
    return Verdict(may_read=True, may_reply=why_not is None, why_not=why_not)


def may_reply(person: Person, conversation: Conversation) -> bool:
    """Whether a message by this person would be taken today: takes part, and the conversation goes on."""
    return (
        facts.may_use_messages(person)
        and facts.takes_part_in(person, conversation)
        and standing(person, conversation).closed is None
    )


def standing(person: Person, conversation: Conversation, newest_own: int | None = None) -> Standing:
    """Who can read the conversation today, and whether it may be answered; in one statement, of a joint one in two.

    `newest_own`: the number of the message of which it is asked who has read it.
    """
    day = person.school_days[conversation.school_id]
    of = {
        "day": day, "school": conversation.school_id, "student": conversation.student_id,
        "section": conversation.section_id, "guardian": conversation.guardian_id, "person": person.id,
        "conversation": conversation.id, "message": _NO_MESSAGE if newest_own is None else newest_own,
    }  # fmt: skip
    rows = execute_plain(_standing_of(conversation), of).all()
    places = _places(conversation, rows)
    guardians = _guardians_of_joint(of) if conversation.is_joint else (_guardian_side(conversation.guardian, rows[0]),)
    return _judged(person, rows[0], guardians, places, conversation.school_id)


def places_of(conversation: Conversation, day: date) -> tuple[TeacherPlace, ...]:
    """The places of the teachers, or people of the office, who read or read the conversation, whoever asks."""
    of = {
        "day": day, "school": conversation.school_id, "student": conversation.student_id,
        "section": conversation.section_id, "guardian": conversation.guardian_id, "person": conversation.guardian_id,
        "conversation": conversation.id, "message": _NO_MESSAGE,
    }  # fmt: skip
    return _places(conversation, execute_plain(_standing_of(conversation), of))


def _standing_of(conversation: Conversation) -> Any:
    return _standing_with_office() if conversation.is_with_office else _standing()


_NO_MESSAGE = 2**31 - 1


def _places(conversation: Conversation, rows: Iterable[Any]) -> tuple[TeacherPlace, ...]:
    hours = OFFICE_HOURS if conversation.is_with_office else {}
    return tuple(_place(row, hours) for row in rows if row.reader_id is not None)


def _place(row: Any, hours: dict[str, list[int]]) -> TeacherPlace:
    ends = [day for day in (row.ends_on, row.role_ends_on) if day is not None]
    reader = Reader(row.reader_id, row.display_name, row.name_key)
    return TeacherPlace(reader, row.reads, row.begins_on, min(ends, default=None), row.days or hours, row.seen_at)


def _guardian_side(guardian: User, row: Any) -> GuardianSide:
    return GuardianSide(guardian, row.relationship or "", bool(row.guardian_reads), row.guardian_seen_at)


def _judged(
    person: Person, row: Any, guardians: tuple[GuardianSide, ...], places: tuple[TeacherPlace, ...], school_id: int
) -> Standing:
    day = person.school_days[school_id]
    own = next((side for side in guardians if side.user.id == person.id), None)
    ended_on = row.own_ends_on if own and not own.reads else None
    if ended_on is not None and ended_on <= day:
        return _ended(ended_on, guardians, places)
    teachers = tuple(place.user for place in places if place.reads)
    closed = _closed(row, own, guardians, teachers) or _stopped(person, school_id)
    reads, relationship = all(side.reads for side in guardians), guardians[0].relationship
    return Standing(teachers, reads, relationship, closed, guardians, places, is_muted=row.muted_at is not None)


def _ended(ended_on: date, guardians: tuple[GuardianSide, ...], places: tuple[TeacherPlace, ...]) -> Standing:
    """For a guardian whose link has ended: as it stood on the last day, and nothing that came later."""
    known = tuple(place for place in places if place.begins_on < ended_on)
    teachers = tuple(place.user for place in known if place.ends_on is None or place.ends_on >= ended_on)
    return Standing(teachers, False, guardians[0].relationship, WhyNot.ENDED, guardians, known, ended_on=ended_on)


def _closed(
    row: Any, own: GuardianSide | None, guardians: tuple[GuardianSide, ...], teachers: tuple[Reader, ...]
) -> WhyNot | None:
    if not row.goes_on:
        return WhyNot.CLASS_OVER
    if not row.attends:
        return WhyNot.CHILD_LEFT
    if not all(side.reads for side in guardians):
        return WhyNot.OTHER_GUARDIAN if len(guardians) > 1 else WhyNot.GUARDIAN
    return None if teachers else WhyNot.NO_TEACHER


def _stopped(person: Person, school_id: int) -> WhyNot | None:
    """The stop of the office that stands against writing, whatever the words."""
    stop = stops.stopped(person, school_id)
    if stop is None:
        return None
    return WhyNot.WRITING if stop.scope == ClosureScope.PERSON else WhyNot.STOPPED


_READER = (User.id.label("reader_id"), User.display_name, User.name_key)


@cache
def _standing() -> Any:
    """A row for each teacher the class has or had, or one row without; made once: making it outlasts its answer."""
    student, conversation = _STUDENT, _CONVERSATION
    place, role = aliased(Enrollment), aliased(Role)
    reads = and_(scopes.holds_on(place, _DAY), scopes.holds_on(role, _DAY), User.deactivated_at.is_(None))
    rank = case((place.position == Position.LEAD, 0), (place.position == Position.CO_TEACHER, 1), else_=2)
    return (
        select(
            *_of_the_guardian(),
            attends(student, bindparam("section"), on_day(_DAY)).label("attends"),
            goes_on(_DAY).label("goes_on"),
            *_READER,
            reads.label("reads"),
            place.begins_on,
            place.ends_on,
            role.ends_on.label("role_ends_on"),
            OfficeHours.days,
            _seen(conversation, place.user_id).label("seen_at"),
        )
        .select_from(Section)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .outerjoin(
            place,
            and_(
                place.section_id == Section.id,
                place.role_kind == RoleKind.TEACHER,
                ~scopes.is_guardian_by_any_date(place.user_id, student),
            ),
        )
        .outerjoin(role, _role_of(place, role))
        .outerjoin(User, User.id == place.user_id)
        .outerjoin(OfficeHours, and_(OfficeHours.user_id == place.user_id, OfficeHours.school_id == place.school_id))
        .where(Section.id == bindparam("section"))
        .order_by(rank, User.name_key, User.id)
    )


@cache
def _standing_with_office() -> Any:
    """The same for a conversation with the office: a row for each person of the office there is or was."""
    role, student_role = aliased(Role), aliased(Role)
    is_there = select(student_role.id).where(
        student_role.user_id == _STUDENT,
        student_role.school_id == _SCHOOL,
        student_role.kind == RoleKind.STUDENT,
        scopes.holds_on(student_role, _DAY),
    )
    reads = and_(scopes.holds_on(role, _DAY), User.deactivated_at.is_(None))
    of_office = and_(
        role.school_id == School.id,
        role.kind == RoleKind.OFFICE,
        ~scopes.is_guardian_by_any_date(role.user_id, _STUDENT),
    )
    return (
        select(
            *_of_the_guardian(),
            is_there.exists().label("attends"),
            true().label("goes_on"),
            *_READER,
            reads.label("reads"),
            role.begins_on,
            role.ends_on,
            role.ends_on.label("role_ends_on"),
            null().label("days"),
            _seen(_CONVERSATION, role.user_id).label("seen_at"),
        )
        .select_from(School)
        .outerjoin(role, of_office)
        .outerjoin(User, User.id == role.user_id)
        .where(School.id == _SCHOOL)
        .order_by(User.name_key, User.id)
    )


def _of_the_guardian() -> tuple[Any, ...]:
    """What stands in each row of both: how it is for the guardian, and for the person who asks."""
    guardians, adult = guardianships_to_write_to(_DAY)
    child = (Guardianship.student_id == _STUDENT, Guardianship.school_id == _SCHOOL)
    here = (*child, Guardianship.guardian_id == bindparam("guardian"))
    guardian_reads = guardians.with_only_columns(Guardianship.id, maintain_column_froms=True).where(
        *here, is_confirmed(adult)
    )
    return (
        guardian_reads.exists().label("guardian_reads"),
        select(Guardianship.relationship_name).where(*here).scalar_subquery().label("relationship"),
        select(Guardianship.ends_on)
        .where(*child, Guardianship.guardian_id == bindparam("person"))
        .scalar_subquery()
        .label("own_ends_on"),
        select(Participant.muted_at)
        .where(Participant.conversation_id == _CONVERSATION, Participant.user_id == bindparam("person"))
        .scalar_subquery()
        .label("muted_at"),
        _seen(_CONVERSATION, bindparam("guardian")).label("guardian_seen_at"),
    )


def _seen(conversation: Any, user_id: Any) -> Any:
    """When someone first had read up to the message that is asked about."""
    return (
        select(func.min(Read.read_at))
        .where(Read.conversation_id == conversation, Read.user_id == user_id, Read.seq >= bindparam("message"))
        .correlate_except(Read)
        .scalar_subquery()
    )


def _guardians_of_joint(of: dict[str, Any]) -> tuple[GuardianSide, ...]:
    """Both guardians, by name."""
    return tuple(
        GuardianSide(user, relationship or "", bool(reads), seen_at)
        for user, relationship, reads, seen_at in db.session.execute(_joint(), of)
    )


@cache
def _joint() -> Any:
    child = and_(Guardianship.student_id == bindparam("student"), Guardianship.school_id == bindparam("school"))
    guardians, adult = guardianships_to_write_to(_DAY)
    reads = guardians.with_only_columns(Guardianship.id, maintain_column_froms=True).where(
        child, Guardianship.guardian_id == Participant.user_id, is_confirmed(adult)
    )
    relationship = select(Guardianship.relationship_name).where(child, Guardianship.guardian_id == Participant.user_id)
    return (
        select(
            User,
            relationship.correlate(Participant).scalar_subquery(),
            reads.correlate(Participant).exists(),
            _seen(bindparam("conversation"), Participant.user_id),
        )
        .select_from(Participant)
        .join(User, User.id == Participant.user_id)
        .where(Participant.conversation_id == bindparam("conversation"), Participant.role_kind == RoleKind.PARENT)
        .order_by(User.name_key, User.id)
    )


def teacher_changes(standing: Standing, since: date, until: date) -> list[TeacherChange]:
    """From which day on who began or ceased to read, after the first of these days and up to the second.

    It follows from the dates of the places, so that it is right whenever the office enters or corrects them.
    """
    if standing.ended_on is not None:
        until = min(until, standing.ended_on)
    found = []
    for place in standing.places:
        if place.ends_on is not None and place.ends_on <= place.begins_on:
            continue
        if since < place.begins_on <= until:
            found.append(TeacherChange(place.begins_on, place.user, True))
        if place.ends_on is not None and since < place.ends_on <= until:
            found.append(TeacherChange(place.ends_on, place.user, False))
    return sorted(found, key=lambda change: (change.day, not change.reads, change.user.name_key))


def to_come(standing: Standing, day: date) -> list[TeacherPlace]:
    """The places that begin after that day."""
    return [place for place in standing.places if place.begins_on > day] if standing.ended_on is None else []


def teachers_of_each(person: Person, keys: list[int]) -> dict[int, list[str]]:
    """The names of the teachers who read each conversation today, by its key; in one statement."""
    if not keys:
        return {}
    found: dict[int, list[str]] = {key: [] for key in keys}
    for key, name in scopes.ask_columns(_teachers_of_each, person, conversations=keys):
        found[key].append(name)
    return found


def _teachers_of_each(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    teaching = _teaching(_today(person))
    return (
        select(Conversation.id, User.display_name)
        .join(teaching, teaching.c.section_id == Conversation.section_id)
        .join(User, User.id == teaching.c.user_id)
        .where(
            Conversation.id.in_(bindparam("conversations", expanding=True)),
            ~scopes.is_guardian_by_any_date(User.id, Conversation.student_id),
        )
        .order_by(teaching.c.rank, User.name_key, User.id)
    )
