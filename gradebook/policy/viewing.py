"""Through whose eyes a teacher may look at a class: its students of today, and guardians of whom a teacher knows."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from gradebook.extensions import db
from gradebook.models import Enrollment, Guardianship, Restriction, Role, RoleKind, Section, User
from gradebook.policy import access, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person


def student_today(person: Person, section: Section, public_id: str) -> User:
    """A student who is in the class today, for its teacher. Raises NotFound."""
    place: Enrollment = access.student_of_section(section, public_id)
    today = person.school_days[section.school_id]
    if place.begins_on > today or (place.ends_on is not None and place.ends_on <= today):
        raise NotFound
    return place.user


def guardians_known(person: Person, section: Section, student: User) -> list[tuple[User, str]]:
    """The student's guardians whom this teacher knows of, each with what they are to the child, by name.

    A guardian who may today neither see the grades nor be written to is not named: that there is one, and why, is the
    office's. A teacher who is or was the child's guardian learns of no other guardian here (docs/decisions/0015).
    """
    day = person.school_days[section.school_id]
    rows = db.session.execute(
        select(User, Guardianship.relationship_name)
        .join(User, User.id == Guardianship.guardian_id)
        .join(Role, and_(Role.user_id == User.id, Role.school_id == Guardianship.school_id))
        .where(
            Guardianship.student_id == student.id,
            Guardianship.school_id == section.school_id,
            scopes.holds_on(Guardianship, day),
            Role.kind == RoleKind.PARENT,
            scopes.holds_on(Role, day),
            scopes.active_users(),
            _has_a_right(day),
            ~scopes.is_guardian_by_any_date(person.id, student.id),
        )
        .order_by(User.name_key, User.id)
    )
    return [(guardian, relationship) for guardian, relationship in rows]


def _has_a_right(day: Any) -> ColumnElement[bool]:
    """Condition on Guardianship: it gives the grades or the messages, and no order takes that away."""
    return or_(
        scopes.sees_grades_on(day),
        and_(Guardianship.may_message, ~scopes.restricted_on(day, Restriction.no_contact)),
    )
