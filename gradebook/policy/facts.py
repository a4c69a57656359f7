"""One-line questions about a person and a thing. Each is asked at most once in a request."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, exists, select

from gradebook.extensions import db
from gradebook.models import Approval, Assignment, Conversation, RoleKind, School, Section, User
from gradebook.policy import scopes
from gradebook.policy.person import Person


def teaches(person: Person, section: Section) -> bool:
    """Holds a teaching place in this class today, with Teacher at this school in use."""
    return _in(person, "teaches", section.id, scopes.sections_taught_by)


def teaches_the_class_of(person: Person, assignment: Assignment) -> bool:
    """Teaches the class to which the assignment belongs."""
    return _in(person, "teaches", assignment.section_id, scopes.sections_taught_by)


def is_enrolled_in(person: Person, section: Section) -> bool:
    """Is a student of this class today."""
    return _in(person, "attends", section.id, scopes.sections_attended_by)


def is_guardian_of(person: Person, student: User) -> bool:
    """Is a guardian who may see this child's grades today."""
    return _in(person, "guards", student.id, scopes.children_of)


def takes_part_in(person: Person, conversation: Conversation) -> bool:
    """Was admitted to the conversation, and the right that admitted still holds."""
    return _in(person, "takes_part", conversation.id, scopes.conversations_of)


def reads(person: Person, conversation: Conversation) -> bool:
    """Takes part in the conversation, or did until the link to the child ended."""
    return _in(person, "reads", conversation.id, scopes.conversations_read_by)


def runs_the_office_of(person: Person, school: School) -> bool:
    """Acts for the office of this school."""
    return school.id in scopes.schools_run_by(person)


def is_known_to_the_office(person: Person, user: User) -> bool:
    """Acts for the office of a school in which the other has or had a role."""
    return _in(person, "knows", user.id, scopes.people_of_office)


def is_the_second_person_of(person: Person, approval: Approval) -> bool:
    """Acts for the office of the school, and is not the one who asked."""
    return approval.school_id in scopes.schools_run_by(person) and approval.asked_by != person.id


def has_asked_for(person: Person, approval: Approval) -> bool:
    """Acts for the office of the school, and has asked for it."""
    return approval.school_id in scopes.schools_run_by(person) and approval.asked_by == person.id


def runs_the_office_of_the_class(person: Person, section: Section) -> bool:
    """Acts for the office of the school of this class."""
    return section.school_id in scopes.schools_run_by(person)


def may_use_messages(person: Person, _thing: object = None) -> bool:
    """Acts as a teacher, for an office, or as a guardian whose identity the office has seen."""
    if person.acts_as(RoleKind.PARENT):
        return person.account.identity_seen_at is not None or person.account.email_confirmed_at is not None
    return person.acts_as(RoleKind.TEACHER) or person.acts_as(RoleKind.OFFICE)


def _in(person: Person, fact: str, key: int, scope: Callable[[Person], Select[Any]]) -> bool:
    return person.recall(fact, key, lambda: _holds(scope(person), key))


def _holds(keys: Select[Any], key: int) -> bool:
    return bool(db.session.scalar(select(exists(keys.where(keys.selected_columns[0] == key)))))
