"""Who may write to whom, and who can read what: rights are worked out at the moment of the request, from dates.

Everyone who could read a message is named before it is written. So the teachers named here are those of the class
today, whether or not they were admitted as participants yet; who reads must hold both (scopes.conversations_of).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Subquery, and_, bindparam, case, false, or_, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Conversation,
    Enrollment,
    Guardianship,
    Position,
    Restriction,
    Role,
    RoleKind,
    Section,
    User,
)
from gradebook.policy import access, facts, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import AnyPerson, Person

Holds = Callable[[Any], ColumnElement[bool]]
"""The condition that a row of a dated relation holds: on one school's day, or on the days of several schools."""

Day = date | BindParameter[Any]

STUDENTS_ON_A_PAGE = 100

_DAY: BindParameter[Any] = bindparam("day")


@dataclass(frozen=True)
class Correspondence:
    """A conversation that may be begun: about this child, in this class, between this guardian and its teachers."""

    student: User
    section: Section
    guardian: User
    teachers: tuple[User, ...]
    relationship: str = ""
    """What the guardian is to the child; empty where the guardian asks."""


class Closed(StrEnum):
    """Why nothing more can be written in a conversation that can still be read."""

    CHILD_LEFT = "child_left"
    CLASS_OVER = "class_over"
    GUARDIAN = "guardian"
    NO_TEACHER = "no_teacher"


@dataclass(frozen=True)
class Standing:
    """How a conversation stands today: who can read it besides the person who asks, and whether it goes on."""

    teachers: tuple[User, ...]
    guardian_reads: bool
    relationship: str
    closed: Closed | None


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


def _on(day: Day) -> Holds:
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


def _attends(student_id: Any, section_id: Any, holds: Holds) -> ColumnElement[bool]:
    """The child is a student of the school, in this class."""
    place, role = aliased(Enrollment), aliased(Role)
    return (
        select(place.id)
        .join(role, _role_of(place, role))
        .where(
            place.user_id == student_id,
            place.section_id == section_id,
            place.role_kind == RoleKind.STUDENT,
            holds(place),
            holds(role),
        )
        .correlate_except(place, role)
        .exists()
    )


def _goes_on(day: Day) -> ColumnElement[bool]:
    """Condition on Section and its AcademicSession: the class is in use and its term is not over."""
    return and_(Section.ended.is_(False), AcademicSession.ends_on > day)


def _goes_on_today(person: scopes.Who) -> ColumnElement[bool]:
    return or_(false(), *(and_(Section.school_id.in_(schools), _goes_on(day)) for schools, day in person.spans))


def _guardianships_to_write_to(day: Day) -> tuple[Any, Any]:
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


def _is_confirmed(adult: Any) -> ColumnElement[bool]:
    """The office has seen who this is (facts.may_use_messages): before that, nothing would be read."""
    return or_(adult.identity_seen_at.is_not(None), adult.email_confirmed_at.is_not(None))


# --- Beginning


def teachers_who_read(section: Section, student_id: int, day: date) -> list[User]:
    """The teachers of the class on that school day; one who is the child's own guardian is never among them."""
    return list(db.session.scalars(_teachers_who_read(), {"section": section.id, "student": student_id, "day": day}))


@cache
def _teachers_who_read() -> Any:
    teaching = _teaching(_on(_DAY))
    return (
        select(User)
        .join(teaching, teaching.c.user_id == User.id)
        .where(
            teaching.c.section_id == bindparam("section"),
            ~scopes.is_guardian_by_any_date(User.id, bindparam("student")),
        )
        .order_by(teaching.c.rank, User.name_key, User.id)
    )


def correspondences_of_guardian(
    person: Person, student_key: str | None = None, section_key: str | None = None
) -> list[Correspondence]:
    """The children and classes about which this guardian may write today, with the teachers who would read it.

    One statement, however many children; narrowed to one child, or one class, where a key is given.
    """
    if not person.acts_as(RoleKind.PARENT) or not facts.may_use_messages(person):
        return []
    query, student = _guardian_query(person)
    if student_key is not None:
        query = query.where(student.public_id == key_of(student_key))
    if section_key is not None:
        query = query.where(Section.public_id == key_of(section_key))
    found: dict[tuple[int, int], tuple[User, Section, list[User]]] = {}
    for child, section, teacher in db.session.execute(query):
        found.setdefault((child.id, section.id), (child, section, []))[2].append(teacher)
    return [Correspondence(child, section, person.user, tuple(teachers)) for child, section, teachers in found.values()]


def _guardian_query(person: Person) -> tuple[Any, Any]:
    student, teacher = aliased(User), aliased(User)
    place, role, teaching = aliased(Enrollment), aliased(Role), _teaching(_today(person))
    query: Any = (
        select(student, Section, teacher)
        .select_from(Guardianship)
        .join(student, student.id == Guardianship.student_id)
        .join(place, and_(place.user_id == student.id, place.school_id == Guardianship.school_id))
        .join(role, _role_of(place, role))
        .join(Section, Section.id == place.section_id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .join(teaching, teaching.c.section_id == Section.id)
        .join(teacher, teacher.id == teaching.c.user_id)
        .where(
            scopes.guardianship_gives_messages(person),
            place.role_kind == RoleKind.STUDENT,
            scopes.holds_today(place, person),
            scopes.holds_today(role, person),
            _goes_on_today(person),
            ~scopes.is_guardian_by_any_date(teacher.id, student.id),
        )
        .order_by(student.name_key, student.id, Section.title, Section.id, teaching.c.rank, teacher.name_key)
    )
    return query, student


def correspondences_of_teacher(person: Person, section: Section, student: User) -> list[Correspondence]:
    """The guardians of a student of one's class to whom this teacher may write today, one by one."""
    return [pair for pair, is_confirmed in _of_teacher(person, section, student) if is_confirmed]


def guardians_not_confirmed(person: Person, section: Section, student: User) -> list[Correspondence]:
    """The guardians to whom this teacher could write if the office had confirmed who they are."""
    return [pair for pair, is_confirmed in _of_teacher(person, section, student) if not is_confirmed]


def _of_teacher(person: Person, section: Section, student: User) -> list[tuple[Correspondence, bool]]:
    day = person.school_days.get(section.school_id)
    if day is None or not person.acts_as(RoleKind.TEACHER):
        return []
    teachers = tuple(teachers_who_read(section, student.id, day))
    if person.id not in {teacher.id for teacher in teachers}:
        return []
    query, adult = _guardianships_to_write_to(day)
    rows = db.session.execute(
        query.add_columns(_is_confirmed(adult))
        .join(Section, Section.id == section.id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .where(
            Guardianship.student_id == student.id,
            Guardianship.school_id == section.school_id,
            _goes_on(day),
            _attends(student.id, section.id, _on(day)),
        )
        .order_by(adult.name_key, adult.id)
    )
    return [
        (Correspondence(student, section, guardian, teachers, relationship), bool(is_confirmed))
        for guardian, relationship, is_confirmed in rows
    ]


def correspondence(person: Person, student_key: str, section_key: str, guardian_key: str | None) -> Correspondence:
    """The one that the person means, if it may be begun today. Raises NotFound.

    A teacher names the guardian: who of two reads a message is never ours to guess.
    """
    if person.acts_as(RoleKind.PARENT):
        guardian_key = guardian_key or person.user.public_id
        possible = correspondences_of_guardian(person, student_key, section_key)
    else:
        section = access.section_for_teacher(person, key_of(section_key))
        student = access.student_of_section(section, key_of(student_key)).user
        possible = correspondences_of_teacher(person, section, student)
    for candidate in possible:
        if candidate.guardian.public_id == guardian_key:
            return candidate
    raise NotFound


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
    query, student, adult = _families(person, section)
    rows = db.session.execute(
        query.add_columns(student)
        .where(_is_confirmed(adult))
        .offset((page - 1) * STUDENTS_ON_A_PAGE)
        .limit(STUDENTS_ON_A_PAGE + 1)
    )
    return [FamilyLine(student, guardian, relationship) for guardian, relationship, student in rows]


def guardians_reached(person: Person, section: Section, student_ids: Iterable[int]) -> list[Reached]:
    """The guardians of these students of one's class to whom this teacher may write today, in one statement.

    With them those who only wait for the office to confirm them, or who may not see grades. Nobody else is named: that
    there are others, and why they may not be written to, is the office's to know.
    """
    query, student, adult = _families(person, section)
    rows = db.session.execute(
        query.add_columns(
            student.id, _is_confirmed(adult), scopes.sees_grades_on(person.school_days[section.school_id])
        ).where(student.id.in_(list(student_ids)))
    )
    return [
        Reached(key, guardian, relation, bool(confirmed), bool(sees))
        for guardian, relation, key, confirmed, sees in rows
    ]


def _families(person: Person, section: Section) -> tuple[Any, Any, Any]:
    """Guardians of the class's students of today who may be written to, by the student's name; and the two aliases."""
    day = person.school_days[section.school_id]
    query, adult = _guardianships_to_write_to(day)
    student, place = aliased(User), aliased(Enrollment)
    query = (
        query.join(student, student.id == Guardianship.student_id)
        .join(place, and_(place.user_id == student.id, place.school_id == Guardianship.school_id))
        .join(Section, Section.id == place.section_id)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .where(
            place.section_id == section.id,
            place.role_kind == RoleKind.STUDENT,
            _goes_on(day),
            _attends(student.id, section.id, _on(day)),
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
    """A conversation that this person may read today. Raises NotFound."""
    return access.conversation_for(person, key_of(public_id))


def standing(person: Person, conversation: Conversation) -> Standing:
    """Who can read the conversation today, and whether it may be answered; in one statement."""
    of = {
        "day": person.school_days[conversation.school_id],
        "school": conversation.school_id,
        "student": conversation.student_id,
        "section": conversation.section_id,
        "guardian": conversation.guardian_id,
    }
    rows = db.session.execute(_standing(), of).all()
    first, teachers = rows[0], tuple(row.User for row in rows if row.User is not None)
    return Standing(teachers, bool(first.guardian_reads), first.relationship or "", _closed(first, teachers))


@cache
def _standing() -> Any:
    """A row for each teacher of the class, or one row without; made once, because making it outlasts its answer."""
    student: BindParameter[Any] = bindparam("student")
    section: BindParameter[Any] = bindparam("section")
    teaching = _teaching(_on(_DAY))
    guardians, adult = _guardianships_to_write_to(_DAY)
    here = (
        Guardianship.student_id == student,
        Guardianship.guardian_id == bindparam("guardian"),
        Guardianship.school_id == bindparam("school"),
    )
    reads = guardians.with_only_columns(Guardianship.id, maintain_column_froms=True).where(*here, _is_confirmed(adult))
    return (
        select(
            reads.exists().label("guardian_reads"),
            select(Guardianship.relationship_name).where(*here).scalar_subquery().label("relationship"),
            _attends(student, section, _on(_DAY)).label("attends"),
            _goes_on(_DAY).label("goes_on"),
            User,
        )
        .select_from(Section)
        .join(AcademicSession, AcademicSession.id == Section.term_id)
        .outerjoin(
            teaching,
            and_(
                teaching.c.section_id == Section.id,
                ~scopes.is_guardian_by_any_date(teaching.c.user_id, student),
            ),
        )
        .outerjoin(User, User.id == teaching.c.user_id)
        .where(Section.id == section)
        .order_by(teaching.c.rank, User.name_key, User.id)
    )


def _closed(row: Any, teachers: tuple[User, ...]) -> Closed | None:
    if not row.goes_on:
        return Closed.CLASS_OVER
    if not row.attends:
        return Closed.CHILD_LEFT
    if not row.guardian_reads:
        return Closed.GUARDIAN
    return None if teachers else Closed.NO_TEACHER


def may_reply(person: Person, conversation: Conversation) -> bool:
    """Whether a message by this person would be taken today: takes part, and the conversation goes on."""
    return (
        facts.may_use_messages(person)
        and facts.takes_part_in(person, conversation)
        and standing(person, conversation).closed is None
    )


def teachers_of_each(person: Person, conversations: Iterable[Conversation]) -> dict[int, list[str]]:
    """The names of the teachers who read each conversation today, by its key; in one statement."""
    keys = [conversation.id for conversation in conversations]
    if not keys:
        return {}
    found: dict[int, list[str]] = {key: [] for key in keys}
    for key, name in scopes.ask(_teachers_of_each, person, conversations=keys):
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
