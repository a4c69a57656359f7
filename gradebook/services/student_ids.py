"""The ids by which other programs know the students of a class: what lists say beside names, or instead of them."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, select

from gradebook.extensions import db
from gradebook.models import Role, RoleKind, Section, User

_IS_STUDENT = Role.kind == RoleKind.STUDENT


class StudentIds(NamedTuple):
    """What one student is called by programs."""

    public_id: str
    username: str
    source_id: str | None
    """In the school's roster files."""


def ids_of(section: Section, student_ids: Collection[int]) -> dict[int, StudentIds]:
    """The ids of these students in the school of the class, by key; one statement."""
    rows = db.session.execute(
        select(User.id, User.public_id, User.username, Role.source_id)
        .outerjoin(Role, and_(Role.user_id == User.id, Role.school_id == section.school_id, _IS_STUDENT))
        .where(User.id.in_(student_ids))
    )
    return {row[0]: StudentIds._make(row[1:]) for row in rows}
