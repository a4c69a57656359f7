"""What the school office looks things up in: people and classes, page by page, in a fixed number of statements."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Course,
    Enrollment,
    Guardianship,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.models.people import folded
from gradebook.policy import scopes
from gradebook.services.paging import placed

Line = TypeVar("Line")

PAGE = 50
MOST_WORDS = 5


class AccountStatus(StrEnum):
    """How a person stands to the school and its sign-in."""

    ACTIVE = "active"
    INVITED = "invited"
    LEFT = "left"
    LOCKED = "locked"


@dataclass(frozen=True)
class PeopleFilter:
    """What the list is narrowed to; nothing is everyone."""

    text: str = ""
    role: RoleKind | None = None
    status: AccountStatus | None = None
    form: str = ""


@dataclass(frozen=True)
class PersonLine:
    """A person as the list shows them."""

    user: User
    roles: tuple[RoleKind, ...]
    status: AccountStatus


@dataclass(frozen=True)
class Found(Generic[Line]):
    """One page of what was found, and how much there is in all."""

    lines: list[Line]
    total: int
    page: int
    pages: int


def people(school: School, wanted: PeopleFilter, day: date, page: int) -> Found[PersonLine]:
    """One page of the people of the school, by name: a count, the people, their roles."""
    query = _people(school, wanted, day)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page, pages = placed(page, total, PAGE)
    users = db.session.scalars(
        select(User).where(User.id.in_(query)).order_by(User.name_key, User.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    return Found(_lines(school, users, day), total, page, pages)


def everyone(school: School, wanted: PeopleFilter, day: date, limit: int) -> list[User]:
    """Everyone who is found, by name, up to a limit."""
    query = select(User).where(User.id.in_(_people(school, wanted, day)))
    return list(db.session.scalars(query.order_by(User.name_key, User.id).limit(limit)))


def _people(school: School, wanted: PeopleFilter, day: date) -> Select[Any]:
    query = select(User.id).where(User.id.in_(select(Role.user_id).where(Role.school_id == school.id)))
    for word in folded(wanted.text).split()[:MOST_WORDS]:
        query = query.where(_speaks_of(word, school))
    if wanted.role is not None:
        query = query.where(_has_role(school, day, wanted.role, past=wanted.status == AccountStatus.LEFT))
    if wanted.status is not None:
        query = query.where(_has_status(wanted.status, school, day))
    if wanted.form:
        query = query.where(User.form == wanted.form)
    return query


def _speaks_of(word: str, school: School) -> ColumnElement[bool]:
    """The word stands in the person's name, username or address, or in the name of a child of theirs."""
    child = aliased(User)
    children = (
        select(Guardianship.id)
        .join(child, child.id == Guardianship.student_id)
        .where(
            Guardianship.guardian_id == User.id,
            Guardianship.school_id == school.id,
            child.name_key.contains(word, autoescape=True),
        )
        .exists()
    )
    own = [column.contains(word, autoescape=True) for column in (User.name_key, User.username_key, User.email_key)]
    return or_(*own, children)


def _has_role(school: School, day: date, kind: RoleKind | None = None, *, past: bool = False) -> ColumnElement[bool]:
    """A role that is not over; with past=True also one that is."""
    query = select(Role.id).where(Role.user_id == User.id, Role.school_id == school.id)
    if kind is not None:
        query = query.where(Role.kind == kind)
    if not past:
        query = query.where(or_(Role.ends_on.is_(None), Role.ends_on > day))
    return query.exists()


def _has_status(status: AccountStatus, school: School, day: date) -> ColumnElement[bool]:
    here = and_(scopes.active_users(), _has_role(school, day))
    return {
        AccountStatus.ACTIVE: and_(here, User.password_hash.is_not(None)),
        AccountStatus.INVITED: and_(here, User.password_hash.is_(None)),
        AccountStatus.LEFT: and_(scopes.active_users(), ~_has_role(school, day)),
        AccountStatus.LOCKED: User.deactivated_at.is_not(None),
    }[status]


def status_of(user: User, roles: list[Role], day: date) -> AccountStatus:
    """How a person stands to the school, from the roles they have or had in it."""
    if user.deactivated_at is not None:
        return AccountStatus.LOCKED
    if not any(role.ends_on is None or role.ends_on > day for role in roles):
        return AccountStatus.LEFT
    return AccountStatus.INVITED if user.password_hash is None else AccountStatus.ACTIVE


def roles_of(user: User, school: School) -> list[Role]:
    """The roles of a person in the school, whatever their dates."""
    return list(
        db.session.scalars(select(Role).where(Role.user_id == user.id, Role.school_id == school.id).order_by(Role.kind))
    )


def lines_of(school: School, users: list[User], day: date) -> list[PersonLine]:
    """These people as the list shows them, in one statement."""
    return _lines(school, users, day)


def _lines(school: School, users: Any, day: date) -> list[PersonLine]:
    held: dict[int, list[Role]] = {user.id: [] for user in users}
    for role in db.session.scalars(
        select(Role).where(Role.school_id == school.id, Role.user_id.in_(list(held))).order_by(Role.kind)
    ):
        held[role.user_id].append(role)
    return [PersonLine(user, _kinds(held[user.id], day), status_of(user, held[user.id], day)) for user in users]


def _kinds(roles: list[Role], day: date) -> tuple[RoleKind, ...]:
    """The roles that are not over; of someone who has left, those they had."""
    present = [role for role in roles if role.ends_on is None or role.ends_on > day]
    return tuple(role.kind for role in present or roles)


def forms_of(school: School) -> list[str]:
    """The forms that students of the school are in, in order."""
    return list(
        db.session.scalars(
            select(User.form)
            .join(Role, Role.user_id == User.id)
            .where(Role.school_id == school.id, Role.kind == RoleKind.STUDENT, User.form.is_not(None), User.form != "")
            .distinct()
            .order_by(User.form)
        )
    )


def adults_named(school: School, text: str, day: date, limit: int = 20) -> list[User]:
    """Adults of the school, in use, who could become a guardian."""
    words = folded(text).split()[:MOST_WORDS]
    if not words:
        return []
    query = select(User).where(
        User.id.in_(select(Role.user_id).where(Role.school_id == school.id, Role.kind != RoleKind.STUDENT)),
        *[_speaks_of(word, school) for word in words],
    )
    return list(db.session.scalars(query.order_by(User.name_key, User.id).limit(limit)))


# --- Classes


@dataclass(frozen=True)
class ClassLine:
    """A class as the list shows it."""

    section: Section
    teachers: tuple[str, ...]
    students: int


def classes(school: School, text: str, term_id: int | None, day: date, page: int) -> Found[ClassLine]:
    """One page of the classes, those in use first: a count, the classes, their teachers, their students."""
    query = select(Section).where(Section.school_id == school.id)
    if term_id is not None:
        query = query.where(Section.term_id == term_id)
    if text.strip():
        query = query.where(or_(*_class_speaks_of(text.strip()[:100])))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page, pages = placed(page, total, PAGE)
    sections = db.session.scalars(
        query.options(joinedload(Section.term), joinedload(Section.course))
        .order_by(Section.ended, func.lower(Section.title), Section.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Found(_class_lines(list(sections), day), total, page, pages)


def _class_speaks_of(text: str) -> list[ColumnElement[bool]]:
    teacher = (
        select(Enrollment.id)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.section_id == Section.id,
            Enrollment.role_kind == RoleKind.TEACHER,
            User.name_key.contains(folded(text), autoescape=True),
        )
        .exists()
    )
    return [
        Section.title.icontains(text, autoescape=True),
        Section.code.icontains(text, autoescape=True),
        teacher,
    ]


def _class_lines(sections: list[Section], day: date) -> list[ClassLine]:
    keys = [section.id for section in sections]
    teachers: dict[int, list[str]] = {key: [] for key in keys}
    for section_id, name in db.session.execute(
        select(Enrollment.section_id, User.display_name)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.section_id.in_(keys),
            Enrollment.role_kind == RoleKind.TEACHER,
            scopes.holds_on(Enrollment, day),
        )
        .order_by(Enrollment.position.desc(), User.name_key)
    ):
        teachers[section_id].append(name)
    counts: dict[int, int] = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Enrollment.section_id, func.count())
            .where(
                Enrollment.section_id.in_(keys),
                Enrollment.role_kind == RoleKind.STUDENT,
                scopes.holds_on(Enrollment, day),
            )
            .group_by(Enrollment.section_id)
        )
    }
    return [ClassLine(each, tuple(teachers[each.id]), counts.get(each.id, 0)) for each in sections]


def places_in(section: Section) -> list[Enrollment]:
    """Everyone who has or had a place in the class: teachers first, then students, by name."""
    return list(
        db.session.scalars(
            select(Enrollment)
            .join(Enrollment.user)
            .options(contains_eager(Enrollment.user))
            .where(Enrollment.section_id == section.id)
            .order_by(Enrollment.role_kind.desc(), User.name_key, User.id)
        )
    )


def places_of(user: User, school: School) -> list[Enrollment]:
    """The classes in which this person has or had a place, in this school."""
    return list(
        db.session.scalars(
            select(Enrollment)
            .join(Enrollment.section)
            .options(contains_eager(Enrollment.section).joinedload(Section.term))
            .where(Enrollment.user_id == user.id, Enrollment.school_id == school.id)
            .order_by(Section.title, Enrollment.id)
        )
    )


def could_join(section: Section, kind: RoleKind, text: str, day: date, limit: int = 40) -> list[User]:
    """Students or teachers of the school, by name, who have no place in the class now or later."""
    there = select(Enrollment.user_id).where(
        Enrollment.section_id == section.id,
        Enrollment.role_kind == kind,
        or_(Enrollment.ends_on.is_(None), Enrollment.ends_on > day),
    )
    query = (
        select(User)
        .join(Role, Role.user_id == User.id)
        .where(
            Role.school_id == section.school_id,
            Role.kind == kind,
            or_(Role.ends_on.is_(None), Role.ends_on > day),
            scopes.active_users(),
            User.id.not_in(there),
        )
    )
    for word in folded(text).split()[:MOST_WORDS]:
        query = query.where(or_(User.name_key.contains(word, autoescape=True), func.lower(User.form) == word))
    return list(db.session.scalars(query.order_by(User.name_key, User.id).limit(limit)))


def sessions_of(school: School) -> list[AcademicSession]:
    """Years, terms and grading periods, the longest and earliest first."""
    return list(
        db.session.scalars(
            select(AcademicSession)
            .where(AcademicSession.school_id == school.id)
            .order_by(AcademicSession.begins_on.desc(), AcademicSession.ends_on.desc(), AcademicSession.id)
        )
    )


def courses_of(school: School) -> list[Course]:
    """The subjects of the school, by title."""
    return list(
        db.session.scalars(select(Course).where(Course.school_id == school.id).order_by(Course.title, Course.id))
    )


def relations_to(student: User, school_id: int, guardian_ids: list[int]) -> dict[int, str]:
    """What these guardians are to a student at a school (mother, foster carer …), by the guardian's key."""
    rows = db.session.execute(
        select(Guardianship.guardian_id, Guardianship.relationship_name).where(
            Guardianship.student_id == student.id,
            Guardianship.school_id == school_id,
            Guardianship.guardian_id.in_(guardian_ids),
        )
    )
    return {row[0]: row[1] for row in rows}
