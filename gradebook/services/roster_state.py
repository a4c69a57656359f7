"""Reading what a roster is compared with: plain tuples of the schools that it is about."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Integer, select, type_coerce

from gradebook.clock import day_in
from gradebook.extensions import db
from gradebook.interchange.oneroster.plan import (
    Cell,
    ClosedSession,
    State,
    StoredAssignment,
    StoredCategory,
    StoredCell,
    StoredClass,
    StoredCourse,
    StoredLink,
    StoredPerson,
    StoredPlace,
    StoredRole,
    StoredSchool,
    StoredSession,
)
from gradebook.interchange.oneroster.planner_people import username_key
from gradebook.interchange.oneroster.records import Roster
from gradebook.models import (
    AcademicSession,
    Assignment,
    Category,
    ChangeKind,
    Course,
    Enrollment,
    Guardianship,
    Role,
    School,
    Score,
    ScoreChange,
    Section,
    User,
)

AT_ONCE = 10_000
"""Keys in one statement; SQLite takes 32,766."""


def read_state(roster: Roster) -> State:
    """Everything the plan looks at, in a number of statements that does not depend on the school's size."""
    schools = [
        StoredSchool(*row)
        for row in _rows(
            select(School.id, School.source_id, School.name, School.timezone)
            .where(School.is_demonstration.is_(False))
            .order_by(School.id)
        )
    ]
    ids = [school.id for school in schools if _is_meant(school, roster)]
    state = State([school for school in schools if school.id in set(ids)])
    _read_calendar(state, ids)
    _read_people(state, ids)
    _read_usernames(state, roster)
    if roster.line_items or roster.categories:
        _read_work(state, ids, roster)
    else:
        _read_categories(state, ids)
    return state


def _is_meant(school: StoredSchool, roster: Roster) -> bool:
    if "orgs" not in roster.mentioned:
        return school.source_id is not None
    if school.source_id is not None:
        return school.source_id in roster.mentioned["orgs"]
    return school.name.casefold() in {org.name.casefold() for org in roster.orgs.values()}


def _read_calendar(state: State, ids: list[int]) -> None:
    session = AcademicSession
    for row in _rows(
        select(
            session.school_id, session.source_id, session.id, session.title, session.kind, session.parent_id,
            session.begins_on, session.ends_on,
        ).where(session.school_id.in_(ids), session.source_id.is_not(None))
    ):  # fmt: skip
        state.sessions[row[0], row[1]] = StoredSession(*row[2:])
    _read_closed(state, ids)
    for row in _rows(
        select(Course.school_id, Course.source_id, Course.id, Course.title, Course.code).where(
            Course.school_id.in_(ids), Course.source_id.is_not(None)
        )
    ):
        state.courses[row[0], row[1]] = StoredCourse(*row[2:])
    for row in _rows(
        select(
            Section.school_id, Section.source_id, Section.id, Section.title, Section.code, Section.course_id,
            Section.term_id, Section.ended, session.ends_on, Section.posts_as_entered, Section.closings,
        )
        .join(session, session.id == Section.term_id)
        .where(Section.school_id.in_(ids), Section.source_id.is_not(None))
    ):  # fmt: skip
        state.classes[row[0], row[1]] = StoredClass._make([*row[2:-1], tuple(sorted(map(int, row[-1])))])


def _read_closed(state: State, ids: list[int]) -> None:
    zones = {school.id: school.timezone for school in state.schools}
    session = AcademicSession
    for school_id, key, title, begins_on, ends_on, closed_at in _rows(
        select(
            session.school_id, session.id, session.title, session.begins_on, session.ends_on, session.closed_at
        ).where(session.school_id.in_(ids), session.closed_at.is_not(None))
    ):
        state.closed[key] = ClosedSession(title, begins_on, ends_on, day_in(zones[school_id], closed_at))


def _read_people(state: State, ids: list[int]) -> None:
    here = select(Role.user_id).where(Role.school_id.in_(ids))
    for row in _rows(
        select(
            User.id, User.account_kind, User.username, User.display_name, User.sort_name, User.called, User.email,
            User.email_confirmed_at.is_not(None), User.phone, User.birth_date, User.form, User.deactivated_at,
        ).where(User.id.in_(here))
    ):  # fmt: skip
        state.people[row[0]] = StoredPerson(*row)
    for row in _rows(
        select(Role.user_id, Role.school_id, Role.kind, Role.id, Role.begins_on, Role.ends_on, Role.source_id).where(
            Role.school_id.in_(ids)
        )
    ):
        state.roles[row[0], row[1], row[2]] = StoredRole(*row[3:])
    place = Enrollment
    for row in _rows(
        select(
            place.section_id, place.user_id, place.role_kind, place.id, place.position, place.begins_on,
            place.ends_on, place.source_id,
        ).where(place.school_id.in_(ids))
    ):  # fmt: skip
        state.places[row[0], row[1], row[2]] = StoredPlace(*row[3:])
    link = Guardianship
    for row in _rows(
        select(
            link.school_id, link.student_id, link.guardian_id, link.id, link.relationship_name, link.may_see_grades,
            link.may_message, link.begins_on, link.own_ends_on, link.ended_by_office, link.from_roster,
        ).where(link.school_id.in_(ids))
    ):  # fmt: skip
        state.links[row[0], row[1], row[2]] = StoredLink(*row[3:])


def _read_usernames(state: State, roster: Roster) -> None:
    """Whose the usernames of the file are; of people without one, all that could collide with a made one."""
    keys = {username_key(person.username) for person in roster.people.values() if person.username}
    for some in _parts(sorted(keys)):
        rows = _rows(select(User.username_key, User.id).where(User.username_key.in_(some)))
        state.usernames.update((row[0], row[1]) for row in rows)
    if any(not person.username for person in roster.people.values()):
        state.usernames.update((row[0], row[1]) for row in _rows(select(User.username_key, User.id)))


def _read_categories(state: State, ids: list[int]) -> None:
    for row in _rows(
        select(Category.section_id, Category.id, Category.source_id, Category.position)
        .where(Category.school_id.in_(ids), Category.deleted_at.is_(None))
        .order_by(Category.position, Category.id)
    ):
        state.categories.setdefault(row[0], []).append(StoredCategory(*row[1:]))


def _read_work(state: State, ids: list[int], roster: Roster) -> None:
    _read_categories(state, ids)
    for row in _rows(
        select(
            Assignment.school_id, Assignment.source_id, Assignment.id, Assignment.section_id, Assignment.points,
            Assignment.deleted_at.is_not(None), Assignment.grading_period_id,
        ).where(Assignment.school_id.in_(ids), Assignment.source_id.is_not(None))
    ):  # fmt: skip
        if row[1] in roster.line_items:
            state.assignments[row[0], row[1]] = StoredAssignment(*row[2:])
    for some in _parts(sorted(each.id for each in state.assignments.values())):
        _read_cells(state, some)


def _read_cells(state: State, assignments: list[int]) -> None:
    change = ScoreChange
    for row in _rows(
        select(
            Score.assignment_id, Score.student_id, type_coerce(Score.points, Integer),
            type_coerce(Score.percent, Integer), Score.letter, Score.status, Score.late, change.kind,
        )
        .outerjoin(
            change,
            (change.school_id == Score.school_id) & (change.assignment_id == Score.assignment_id)
            & (change.student_id == Score.student_id) & (change.seq == Score.seq),
        )
        .where(Score.assignment_id.in_(assignments))
    ):  # fmt: skip
        cell = Cell(row[2], row[3], row[4], str(row[5]), row[6])
        state.cells[row[0], row[1]] = StoredCell(cell, row[7] == ChangeKind.IMPORT)


def _parts(keys: Iterable[Any]) -> Iterator[list[Any]]:
    keys = iter(keys)
    while some := list(islice(keys, AT_ONCE)):
        yield some


def _rows(query: Any) -> Any:
    return db.session.execute(query)
