"""Fetching is checking: a row is obtained through the person, or not at all.

*Not yours* and *not there* are the same NotFound.
"""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Result, Select, and_, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Assignment,
    BankComment,
    Conversation,
    Course,
    DayOff,
    Enrollment,
    GradingScale,
    GridView,
    Guardianship,
    MasteryScale,
    Outcome,
    RecordExport,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    SectionOutcome,
    User,
    WritingClosure,
)
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person

Model = TypeVar("Model")


class NotFound(LookupError):
    """There is no such thing for this person."""


def section_for_teacher(person: Person, public_id: str) -> Section:
    """A class that this person teaches today. Raises NotFound."""
    section = _one_of(scopes.ask(_section_taught_by, person, public_id=public_id))
    person.learn("teaches", section.id)
    return section


def _section_taught_by(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return _sections(_PUBLIC_ID).where(Section.id.in_(scopes.sections_taught_by(person)))


def last_number_for_teacher(person: Person, public_id: str) -> int:
    """The number of the last change of a class that this person teaches today. Raises NotFound.

    Each open grid asks for no more every 20 seconds, and mostly nothing has changed.
    """
    number = scopes.ask_columns(_last_number, person, public_id=public_id).scalar_one_or_none()
    if number is None:
        raise NotFound
    return int(number)


def _last_number(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    taught = Section.id.in_(scopes.sections_taught_by(person))
    return select(Section.last_seq).where(Section.public_id == _PUBLIC_ID, taught)


def section_and_view(person: Person, public_id: str) -> tuple[Section, GridView | None]:
    """The same, with how this person has arranged the class's grid, in one statement. Raises NotFound."""
    row = scopes.ask(_section_and_view, person, public_id=public_id).unique().one_or_none()
    if row is None:
        raise NotFound
    person.learn("teaches", row[0].id)
    return row[0], row[1]


def _section_and_view(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    own = and_(GridView.section_id == Section.id, GridView.user_id == person.id)
    return _section_taught_by(person).add_columns(GridView).outerjoin(GridView, own)


def section_of_assignment(person: Person, public_id: str) -> Section:
    """The class of an assignment, if this person teaches it today. Raises NotFound."""
    section = _one(
        select(Section)
        .join(Assignment, Assignment.section_id == Section.id)
        .join(Section.school)
        .join(Section.term)
        .options(contains_eager(Section.school), contains_eager(Section.term))
        .where(Assignment.public_id == public_id, Assignment.id.in_(scopes.assignments_of_teacher(person)))
    )
    person.learn("teaches", section.id)
    return section


def section_for_student(person: Person, public_id: str) -> Section:
    """A class in which this student is today. Raises NotFound."""
    section = _one(_sections(public_id).where(Section.id.in_(scopes.sections_attended_by(person))))
    person.learn("attends", section.id)
    return section


def child_of_guardian(person: Person, public_id: str) -> User:
    """A child whose grades this guardian may see today. Raises NotFound."""
    child = _one(select(User).where(User.public_id == public_id, User.id.in_(scopes.children_of(person))))
    person.learn("guards", child.id)
    return child


def section_of_child(person: Person, child: User, public_id: str) -> Section:
    """A class of that child that this guardian may see today. Raises NotFound."""
    return _one(_sections(public_id).where(Section.id.in_(scopes.sections_of_child(person, child.id))))


def section_for_office(person: Person, public_id: str) -> Section:
    """A class of the school that this office runs. Raises NotFound."""
    return _one(_sections(public_id).where(Section.school_id.in_(scopes.schools_run_by(person))))


_PUBLIC_ID: BindParameter[Any] = bindparam("public_id")


def _sections(public_id: str | BindParameter[Any]) -> Select[Any]:
    return (
        select(Section)
        .join(Section.school)
        .join(Section.term)
        .options(contains_eager(Section.school), contains_eager(Section.term))
        .where(Section.public_id == public_id)
    )


def assignment_for_teacher(person: Person, public_id: str) -> Assignment:
    """An assignment of a class that this person teaches today. Raises NotFound."""
    assignment = _one(
        select(Assignment)
        .options(joinedload(Assignment.category))
        .where(Assignment.public_id == public_id, Assignment.id.in_(scopes.assignments_of_teacher(person)))
    )
    person.learn("teaches", assignment.section_id)
    return assignment


def bank_comment_of(person: Person, public_id: str) -> BankComment:
    """A comment that this person keeps as a teacher of the school in use. Raises NotFound."""
    return _one(
        select(BankComment).where(
            BankComment.public_id == public_id,
            BankComment.teacher_id == person.id,
            BankComment.school_id.in_(person.school_days),
        )
    )


def deleted_assignment_for_teacher(person: Person, public_id: str, since: datetime) -> Assignment:
    """An assignment deleted after that moment, of a class that this person teaches today. Raises NotFound."""
    assignment = _one(
        select(Assignment).where(
            Assignment.public_id == public_id,
            Assignment.section_id.in_(scopes.sections_taught_by(person)),
            Assignment.deleted_at > since,
        )
    )
    person.learn("teaches", assignment.section_id)
    return assignment


def student_of_section(section: Section, public_id: str) -> Enrollment:
    """A student's place, present or past, in a class that was obtained through the person. Raises NotFound."""
    return _one(
        select(Enrollment)
        .join(Enrollment.user)
        .options(contains_eager(Enrollment.user))
        .where(
            User.public_id == public_id,
            Enrollment.section_id == section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
    )


def outcome_of_section(section: Section, public_id: str) -> Outcome:
    """An outcome that a class, obtained through the person, grades or once graded. Raises NotFound."""
    return _one(
        select(Outcome)
        .join(SectionOutcome, SectionOutcome.outcome_id == Outcome.id)
        .where(Outcome.public_id == public_id, SectionOutcome.section_id == section.id)
    )


def outcome_for_office(person: Person, public_id: str) -> Outcome:
    """An outcome of the school that this office runs; those of single classes are their teachers'. Raises NotFound."""
    return _one(
        select(Outcome).where(
            Outcome.public_id == public_id,
            Outcome.section_id.is_(None),
            Outcome.school_id.in_(scopes.schools_run_by(person)),
        )
    )


def mastery_scale_for_office(person: Person, public_id: str) -> MasteryScale:
    """A mastery scale of the school that this office runs. Raises NotFound."""
    return _of_office(person, MasteryScale, public_id)


def conversation_for(person: Person, public_id: str) -> Conversation:
    """A conversation in which this person takes part today. Raises NotFound."""
    conversation = _one_of(scopes.ask(_conversation_of, person, public_id=public_id))
    person.learn("takes_part", conversation.id)
    person.learn("reads", conversation.id)
    return conversation


def conversation_read_by(person: Person, public_id: str) -> Conversation:
    """A conversation that this person may read today, if only that (scopes.conversations_read_by). Raises NotFound."""
    row = scopes.ask(_conversation_read_by, person, public_id=public_id).unique().one_or_none()
    if row is None:
        raise NotFound
    conversation: Conversation = row[0]
    person.learn("reads", conversation.id)
    person.learn("takes_part", conversation.id, bool(row[1]))
    return conversation


def _conversation_of(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return _CONVERSATION.where(Conversation.id.in_(scopes.conversations_of(person)))


def _conversation_read_by(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    takes_part = Conversation.id.in_(scopes.conversations_of(person))
    return _CONVERSATION.add_columns(takes_part).where(Conversation.id.in_(scopes.conversations_read_by(person)))


_CONVERSATION = (
    select(Conversation)
    .options(
        # Of a conversation only these are shown: the three have sixty columns more.
        joinedload(Conversation.student).load_only(User.public_id, User.display_name, User.called),
        joinedload(Conversation.guardian).load_only(User.public_id, User.display_name),
        joinedload(Conversation.section).load_only(Section.school_id, Section.public_id, Section.title),
    )
    .where(Conversation.public_id == _PUBLIC_ID)
)


def person_for_office(person: Person, public_id: str) -> User:
    """Someone with a role, present or past, in the school that this office runs. Raises NotFound."""
    user = _one(select(User).where(User.public_id == public_id, User.id.in_(scopes.people_of_office(person))))
    person.learn("knows", user.id)
    return user


def people_for_office(person: Person, public_ids: list[str]) -> list[User]:
    """Those of these people whom the office knows, by name; the others are left out."""
    return list(
        db.session.scalars(
            select(User)
            .where(User.public_id.in_(public_ids), User.id.in_(scopes.people_of_office(person)))
            .order_by(User.name_key, User.id)
        )
    )


def student_for_office(person: Person, public_id: str) -> User:
    """A student of the school that this office runs. Raises NotFound."""
    user = _one(
        select(User)
        .join(Role, Role.user_id == User.id)
        .where(
            User.public_id == public_id,
            Role.school_id.in_(scopes.schools_run_by(person)),
            Role.kind == RoleKind.STUDENT,
        )
    )
    person.learn("knows", user.id)
    return user


def guardianship_for_office(person: Person, public_id: str) -> Guardianship:
    """A guardianship recorded by the school that this office runs. Raises NotFound."""
    return _of_office(person, Guardianship, public_id, Guardianship.student, Guardianship.guardian)


def restriction_for_office(person: Person, public_id: str) -> Restriction:
    """An order recorded by the school that this office runs. Raises NotFound."""
    return _of_office(person, Restriction, public_id, Restriction.adult)


def conversation_of_record(person: Person, export: RecordExport) -> Conversation:
    """Its conversation; inside `actor.record_opened`. Raises NotFound."""
    return _one(
        select(Conversation)
        .options(joinedload(Conversation.student), joinedload(Conversation.guardian), joinedload(Conversation.section))
        .where(Conversation.id == export.conversation_id, Conversation.school_id.in_(scopes.schools_run_by(person)))
    )


def school_of_office(person: Person) -> School:
    """The school that this office runs. Raises NotFound."""
    return _one(select(School).where(School.id.in_(scopes.schools_run_by(person))))


def school_row_for_office(person: Person, model: type[Any], public_id: str) -> Any:
    """A course, term, enrollment, grading scale, day off or stop of this office's school. Raises NotFound."""
    allowed = (AcademicSession, Course, DayOff, Enrollment, GradingScale, WritingClosure)
    if model not in allowed:
        raise TypeError(f"{model.__name__} is not fetched this way")
    return _of_office(person, model, public_id)


def _of_office(person: Person, model: type[Model], public_id: str, *with_it: Any) -> Model:
    """A row of the school that this office runs, with what it refers to."""
    row: Any = model
    return _one(
        select(model)
        .options(*map(joinedload, with_it))
        .where(row.public_id == public_id, row.school_id.in_(scopes.schools_run_by(person)))
    )


def _one(query: Select[Model]) -> Model:
    return _one_of(db.session.execute(query))


def _one_of(rows: Result[Model]) -> Model:
    row = rows.scalars().unique().one_or_none()
    if row is None:
        raise NotFound
    return row
