"""What waits to be rated, on the home of a teacher who has classes that grade outcomes."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select

from gradebook.extensions import db
from gradebook.models import (
    Assignment,
    Enrollment,
    OutcomeAlignment,
    OutcomeRating,
    RatingStatus,
    RoleKind,
    SectionOutcome,
)
from gradebook.policy import scopes
from gradebook.policy.person import Person
from gradebook.services.grades import due_moment
from gradebook.services.teacher_home import Home, TaughtClass, Waiting


def with_ratings(home: Home, person: Person) -> Home:
    """The home with ratings in the place of scores, in the classes that grade outcomes: one statement more for them,
    none where there are none."""
    classes = {one.section.id: one for one in home.classes if one.section.grades_outcomes}
    if not classes:
        return home
    waiting = _waiting(classes, person)
    for key, one in classes.items():
        one.hidden = 0
        one.to_grade = sum(each.blanks for each in waiting if each.section.id == key)
    others = [one for one in home.waiting if one.section.id not in classes]
    home.waiting = sorted([*others, *waiting], key=lambda one: one.due_on)
    return home


def _waiting(classes: dict[int, TaughtClass], person: Person) -> list[Waiting]:
    """Work past due in which a student of today lacks a rating."""
    rows = db.session.execute(
        select(
            Assignment.public_id,
            Assignment.title,
            Assignment.section_id,
            Assignment.due_on,
            Assignment.due_time,
            _not_rated(person).label("blanks"),
        )
        .where(
            Assignment.section_id.in_(classes),
            Assignment.deleted_at.is_(None),
            Assignment.due_on <= max(person.school_days.values()),
        )
        .order_by(Assignment.due_on, Assignment.position, Assignment.id)
    ).all()
    found = []
    for row in rows:
        section = classes[row.section_id].section
        due = due_moment(row.due_on, row.due_time, ZoneInfo(section.school.timezone))
        if row.blanks and due is not None and due <= person.now:
            found.append(Waiting(row.public_id, row.title, section, row.due_on, row.blanks))
    return found


def _not_rated(person: Person) -> Any:
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
            or_(OutcomeRating.level_id.is_not(None), OutcomeRating.status != RatingStatus.NONE),
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
