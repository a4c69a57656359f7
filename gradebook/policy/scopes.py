"""The facts as queries: what a person can list is exactly what they can open."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Result, Select, and_, false, or_, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db, execute_plain
from gradebook.models import (
    Assignment,
    AuditEntry,
    Conversation,
    ConversationKind,
    Enrollment,
    Guardianship,
    Participant,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import second_step
from gradebook.policy.person import AnyPerson, Person, Shape

Who = Person | AnyPerson
Statement = Callable[[AnyPerson], Select[*tuple[Any, ...]]]


def ask(statement: Statement, person: Person, **values: Any) -> Result[*tuple[Any, ...]]:
    """The rows of a statement about this person; `values` are what else it names.

    The statement is made once for all persons of one shape: making it takes longer than its answer.
    """
    return db.session.execute(_made(statement, person.shape), person.values | values)


def ask_columns(statement: Statement, person: Person, **values: Any) -> Result[*tuple[Any, ...]]:
    """The same for a statement of plain columns, without a whole row of a table."""
    return execute_plain(_made(statement, person.shape), person.values | values)


@cache
def _made(statement: Statement, shape: Shape) -> Select[*tuple[Any, ...]]:
    return statement(AnyPerson(shape))


def holds_on(dated: Any, day: Any) -> ColumnElement[bool]:
    """Rows of a dated relation that hold on a school day: from begins_on, before ends_on."""
    return and_(dated.begins_on <= day, or_(dated.ends_on.is_(None), dated.ends_on > day))


def holds_today(dated: Any, person: Who) -> ColumnElement[bool]:
    """Rows of a dated, school-owned relation that hold today, each in the time zone of its own school."""
    return or_(false(), *(and_(dated.school_id.in_(schools), holds_on(dated, day)) for schools, day in person.spans))


def sections_taught_by(person: Who) -> Select[int]:
    """Keys of the classes this person teaches today, in the school in use."""
    if not person.acts_as(RoleKind.TEACHER):
        return select(Section.id).where(false())
    return select(Enrollment.section_id).where(
        Enrollment.user_id == person.id,
        Enrollment.role_kind == RoleKind.TEACHER,
        holds_today(Enrollment, person),
    )


def sections_attended_by(person: Who) -> Select[int]:
    """Keys of the classes this student is in today, across schools."""
    if not person.acts_as(RoleKind.STUDENT):
        return select(Section.id).where(false())
    return _attended(Enrollment.user_id == person.id, person)


def sections_of_child(person: Who, child_id: int) -> Select[int]:
    """Keys of a child's classes today, at the schools where this guardian may see the child's grades."""
    schools = _guarded(person, Guardianship.school_id).where(Guardianship.student_id == child_id)
    return _attended(and_(Enrollment.user_id == child_id, Enrollment.school_id.in_(schools)), person)


def _attended(whose: ColumnElement[bool], person: Who) -> Select[int]:
    """A class taken out of use is nobody's any more: it can be neither listed nor opened."""
    in_use = aliased(Section)  # under another name: the query around this one reads sections too
    return (
        select(Enrollment.section_id)
        .join(in_use, in_use.id == Enrollment.section_id)
        .where(
            whose,
            Enrollment.role_kind == RoleKind.STUDENT,
            holds_today(Enrollment, person),
            in_use.ended.is_(False),
        )
    )


def children_of(person: Who) -> Select[int]:
    """Keys of the children whose grades this guardian may see today."""
    return _guarded(person, Guardianship.student_id)


def _guarded(person: Who, column: Any) -> Select[int]:
    return select(column).where(guardianship_gives_grades(person))


def guardianship_gives_grades(person: Who) -> ColumnElement[bool]:
    """Condition on Guardianship: this person's, holding today, with the right to see grades and no order against it."""
    return and_(_own_guardianship(person), Guardianship.may_see_grades, ~_restricted(person, Restriction.no_records))


def guardianship_gives_messages(person: Who) -> ColumnElement[bool]:
    """Condition on Guardianship: this person's, holding today, with the right to write and no order against it."""
    return and_(_own_guardianship(person), Guardianship.may_message, ~_restricted(person, Restriction.no_contact))


def guardianship_gave_messages(person: Who) -> ColumnElement[bool]:
    """Condition on Guardianship: this person's, with the right to write until it ended. What was written then can
    still be read, unless the school hides it, or an order against contact is in force today."""
    if not person.acts_as(RoleKind.PARENT):
        return false()
    open_schools = select(School.id).where(School.hides_past_conversations.is_(False))
    return and_(
        Guardianship.guardian_id == person.id,
        or_(
            false(),
            *(and_(Guardianship.school_id.in_(keys), Guardianship.ends_on <= day) for keys, day in person.spans),
        ),
        Guardianship.may_message,
        Guardianship.school_id.in_(open_schools),
        ~_restricted(person, Restriction.no_contact),
    )


def _own_guardianship(person: Who) -> ColumnElement[bool]:
    if not person.acts_as(RoleKind.PARENT):
        return false()
    return and_(Guardianship.guardian_id == person.id, holds_today(Guardianship, person))


def _restricted(person: Who, right: Any) -> ColumnElement[bool]:
    return _order(right, holds_today(Restriction, person))


def restricted_on(day: Any, right: Any) -> ColumnElement[bool]:
    """Condition on Guardianship: on that school day an order takes the right away from this adult about this child."""
    return _order(right, holds_on(Restriction, day))


def sees_grades_on(day: Any) -> ColumnElement[bool]:
    """Condition on Guardianship, which holds on that school day: it gives the grades, and no order takes them away."""
    return and_(Guardianship.may_see_grades, ~restricted_on(day, Restriction.no_records))


def _order(right: Any, in_force: ColumnElement[bool]) -> ColumnElement[bool]:
    """An order in force, about this child and this adult, that takes the right away."""
    return (
        select(Restriction.id)
        .where(
            Restriction.student_id == Guardianship.student_id,
            Restriction.adult_id == Guardianship.guardian_id,
            Restriction.school_id == Guardianship.school_id,
            right,
            in_force,
        )
        .correlate(Guardianship)
        .exists()
    )


def conversations_of(person: Who) -> Select[int]:
    """Keys of the conversations in which this person takes part today, in the role in use: they count as unread, are
    followed live, and are written in."""
    if person.acts_as(RoleKind.PARENT):
        return _conversations_as_guardian(person, guardianship_gives_messages(person))
    mine = (
        select(Participant.conversation_id)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .where(Participant.user_id == person.id, ~is_guardian_by_any_date(person.id, Conversation.student_id))
    )
    if person.acts_as(RoleKind.TEACHER):
        return mine.where(
            Participant.role_kind == RoleKind.TEACHER, Conversation.section_id.in_(sections_taught_by(person))
        )
    if person.acts_as(RoleKind.OFFICE):  # of the school in use, with the role of today: that is what a person has
        return mine.where(
            Participant.role_kind == RoleKind.OFFICE,
            Conversation.kind == ConversationKind.OFFICE,
            or_(false(), *(Conversation.school_id.in_(schools) for schools, _day in person.spans)),
        )
    return mine.where(false())


def conversations_read_by(person: Who) -> Select[int]:
    """The same, and with them those that a guardian can only read any more, because the link to the child has ended."""
    if not person.acts_as(RoleKind.PARENT):
        return conversations_of(person)
    return _conversations_as_guardian(
        person, or_(guardianship_gives_messages(person), guardianship_gave_messages(person))
    )


def _conversations_as_guardian(person: Who, right: ColumnElement[bool]) -> Select[int]:
    own_link = and_(
        Guardianship.school_id == Conversation.school_id,
        Guardianship.student_id == Conversation.student_id,
        Guardianship.guardian_id == Participant.user_id,
    )
    return (
        select(Participant.conversation_id)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .join(Guardianship, own_link)
        .where(
            Participant.user_id == person.id,
            Participant.role_kind == RoleKind.PARENT,
            or_(Conversation.guardian_id == person.id, Conversation.is_joint),
            right,
        )
    )


def is_guardian_by_any_date(adult_id: Any, student_id: Any) -> ColumnElement[bool]:
    """Whether the office ever recorded this adult as this child's guardian: as a teacher they stay out of its talks."""
    return (
        select(Guardianship.id)
        .where(Guardianship.guardian_id == adult_id, Guardianship.student_id == student_id)
        .correlate_except(Guardianship)
        .exists()
    )


def assignments_of_teacher(person: Who) -> Select[int]:
    """Keys of the assignments of this teacher's classes, deleted ones left out."""
    return select(Assignment.id).where(
        Assignment.section_id.in_(sections_taught_by(person)), Assignment.deleted_at.is_(None)
    )


def people_of_office(person: Person) -> Select[int]:
    """Keys of everyone who has or had a role in the school that this office runs."""
    return select(Role.user_id).where(Role.school_id.in_(schools_run_by(person)))


def log_of_office(person: Person) -> ColumnElement[bool]:
    """Condition on AuditEntry: of the school that this office runs, or of no school and about one of its people."""
    of_no_school = and_(AuditEntry.school_id.is_(None), AuditEntry.person_id.in_(people_of_office(person)))
    return or_(AuditEntry.school_id.in_(schools_run_by(person)), of_no_school)


def schools_run_by(person: Person) -> list[int]:
    """The school in use, if the role in use is its office and the second step of signing in is passed."""
    if second_step.is_owed(person):
        return []
    return [role.school_id for role in person.roles_in_use if role.kind == RoleKind.OFFICE]


def active_users() -> ColumnElement[bool]:
    """Condition on User: the account is in use."""
    return User.deactivated_at.is_(None)
