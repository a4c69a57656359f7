"""What waits to be rated or posted in classes that grade outcomes: on a teacher's home, and before a term is closed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from gradebook.extensions import db
from gradebook.models import (
    Assignment,
    Category,
    Enrollment,
    OutcomeAlignment,
    OutcomeRating,
    RatingStatus,
    RoleKind,
    Section,
    SectionOutcome,
)
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person
from gradebook.services.teacher_home import Home, due_work, waiting_in


def with_ratings(home: Home, person: Person) -> Home:
    """The home with ratings in the place of scores, in the classes that grade outcomes: one statement more for them,
    none where there are none."""
    classes = {one.section.id: one for one in home.classes if one.section.grades_outcomes}
    if not classes:
        return home
    waiting = waiting_in(classes, person, _work_without_ratings)
    for key, one in classes.items():
        one.hidden = 0
        one.to_grade = sum(each.blanks for each in waiting if each.section.id == key)
    others = [one for one in home.waiting if one.section.id not in classes]
    home.waiting = sorted([*others, *waiting], key=lambda one: one.due_on)
    return home


def _work_without_ratings(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return due_work(_not_rated(person))


def _not_rated(person: AnyPerson) -> Any:
    """How many students have fewer ratings than the work has outcomes."""
    about = (
        select(func.count())
        .select_from(OutcomeAlignment)
        .join(SectionOutcome, _graded_here())
        .where(OutcomeAlignment.assignment_id == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )
    rated = (
        select(func.count())
        .select_from(OutcomeRating)
        .join(
            OutcomeAlignment,
            and_(
                OutcomeAlignment.assignment_id == OutcomeRating.assignment_id,
                OutcomeAlignment.outcome_id == OutcomeRating.outcome_id,
            ),
        )
        .join(SectionOutcome, _graded_here())
        .where(
            OutcomeRating.assignment_id == Assignment.id,
            OutcomeRating.student_id == Enrollment.user_id,
            _says_something(),
        )
        .correlate(Assignment, Enrollment)
        .scalar_subquery()
    )
    return (
        select(func.count())
        .select_from(Enrollment)
        .where(
            Enrollment.section_id == Assignment.section_id,
            Enrollment.role_kind == RoleKind.STUDENT,
            scopes.holds_today(Enrollment, person),
            Enrollment.begins_on <= Assignment.due_on,
            rated < about,
        )
        .correlate(Assignment)
        .scalar_subquery()
    )


def _graded_here() -> Any:
    """An outcome that the class of the assignment still grades."""
    return and_(
        SectionOutcome.section_id == Assignment.section_id,
        SectionOutcome.outcome_id == OutcomeAlignment.outcome_id,
        SectionOutcome.removed_at.is_(None),
    )


# --- Before a term is closed


def ratings_not_given(work: tuple[Any, ...], day: date) -> dict[int, int]:
    """By class: students of today × outcomes of work that was due while they were there, without a rating. `work` are
    conditions on Assignment, Category and Section."""
    given = and_(
        OutcomeRating.assignment_id == Assignment.id,
        OutcomeRating.outcome_id == OutcomeAlignment.outcome_id,
        OutcomeRating.student_id == Enrollment.user_id,
        _says_something(),
    )
    return _by_class(
        _places(day)
        .outerjoin(OutcomeRating, given)
        .where(*work, Assignment.due_on < day, Assignment.due_on >= Enrollment.begins_on, OutcomeRating.seq.is_(None))
    )


def ratings_hidden(work: tuple[Any, ...], day: date, now: datetime) -> dict[int, int]:
    """By class: ratings of students of today that families do not see."""
    same = and_(
        OutcomeRating.assignment_id == Assignment.id,
        OutcomeRating.outcome_id == OutcomeAlignment.outcome_id,
        OutcomeRating.student_id == Enrollment.user_id,
    )
    hidden = or_(Assignment.posted_at.is_(None), Assignment.posted_at > now)
    return _by_class(_places(day).join(OutcomeRating, same).where(*work, hidden, _says_something()))


def _places(day: date) -> Any:
    """Every place of a rating: a student of today, a piece of work, an outcome that it is about."""
    return (
        select(Assignment.section_id, func.count())
        .join(Category, Category.id == Assignment.category_id)
        .join(Section, Section.id == Assignment.section_id)
        .join(OutcomeAlignment, OutcomeAlignment.assignment_id == Assignment.id)
        .join(SectionOutcome, _graded_here())
        .join(
            Enrollment,
            and_(
                Enrollment.section_id == Assignment.section_id,
                Enrollment.role_kind == RoleKind.STUDENT,
                scopes.holds_on(Enrollment, day),
            ),
        )
    )


def _says_something() -> Any:
    return or_(OutcomeRating.level_id.is_not(None), OutcomeRating.status != RatingStatus.NONE)


def _by_class(query: Any) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Assignment.section_id))}
