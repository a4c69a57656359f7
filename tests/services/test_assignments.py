"""Assignments as a service: versions, periods, scores in proportion, deletion."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import AcademicSession, Assignment, AuditEntry, Category, SessionKind
from gradebook.services import assignments
from gradebook.services.assignments import AssignmentDraft, AssignmentFault, AssignmentMoved, Keep, Shows
from gradebook.services.grades import cells_of, class_work
from tests.school import make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def create(school, **more):
    draft = AssignmentDraft(title="Quiz 2", points=Decimal(20), category_id=school.quiz.category_id, **more)
    return assignments.create_assignment(
        school.algebra, draft, first_category="Everything", actor_id=school.rivera.id, now=NOW
    )


def change(school, assignment, keep=None, seen=None, **more):
    draft = replace(assignments.draft_of(assignment, NOW), **more)
    assignments.change_assignment(
        school.algebra,
        assignment,
        draft,
        seen=assignment.seq if seen is None else seen,
        keep=keep,
        actor_id=school.rivera.id,
        now=NOW,
    )


def points_of(assignment):
    return {cell.student_id: cell.points for cell in cells_of([assignment.id])}


def test_numbers_are_taken_in_order(school):
    first, second = create(school), create(school)
    assert (first.seq, second.seq) == (1, 2)
    assert (first.position, second.position) == (2, 3)
    assert school.algebra.last_seq == 2


def test_an_assignment_belongs_to_the_grading_period_of_its_due_date(school):
    for title, begins_on, ends_on in (
        ("Quarter 1", date(2026, 8, 31), date(2026, 11, 1)),
        ("Quarter 2", date(2026, 11, 1), date(2027, 2, 1)),
    ):
        db.session.add(
            AcademicSession(
                school_id=school.oak.id, kind=SessionKind.GRADING_PERIOD, title=title, begins_on=begins_on,
                ends_on=ends_on,
            )
        )  # fmt: skip
    db.session.flush()

    def period_of(assignment):
        found = db.session.get(AcademicSession, assignment.grading_period_id) if assignment.grading_period_id else None
        return found.title if found else None

    assert period_of(create(school, due_on=date(2026, 10, 31))) == "Quarter 1"
    moved = create(school, due_on=date(2026, 11, 1))
    assert period_of(moved) == "Quarter 2"
    change(school, moved, due_on=None)
    assert period_of(moved) is None


def test_what_stands_is_what_a_change_without_changes_stores(school):
    before = assignments.draft_of(school.quiz, NOW)
    change(school, school.quiz)
    assert assignments.draft_of(school.quiz, NOW) == before
    assert assignments.differences(before, replace(before, title="X", points=Decimal(1))) == ["title", "points"]


def test_an_old_version_is_refused_with_how_it_stands_now(school):
    change(school, school.quiz, title="His")
    with pytest.raises(AssignmentMoved) as moved:
        change(school, school.quiz, seen=0, title="Mine")
    assert (moved.value.theirs.title, moved.value.seq) == ("His", 1)
    assert school.quiz.title == "His"


def test_a_category_that_is_gone_or_elsewhere_is_refused(school):
    essays = db.session.scalars(select(Category).where(Category.title == "Essays")).one()
    for key in (essays.id, 999_999, None):
        with pytest.raises(AssignmentFault):
            change(school, school.quiz, category_id=key)


def test_scores_typed_in_points_must_be_decided_about(school):
    with pytest.raises(AssignmentFault) as fault:
        change(school, school.quiz, points=Decimal(25))
    assert fault.value.code == "choose"


def test_points_kept_beside_a_status_are_kept_in_proportion_too(school):
    make_score(school.test, school.leo, status=Status.excused, points=Decimal(25))
    change(school, school.test, keep=Keep.PERCENTAGES, points=Decimal(100))
    assert points_of(school.test) == {school.maya.id: 8300, school.leo.id: 5000}


def test_without_scores_in_points_nothing_is_asked(school):
    new = create(school)
    make_score(new, school.maya, percent=Decimal(90))
    change(school, new, points=Decimal(25))
    assert new.points == Decimal(25)


def test_the_three_examples_are_the_lowest_the_middle_and_the_highest(school):
    work = class_work(school.algebra, NOW)
    draft = replace(assignments.draft_of(school.quiz, NOW), points=Decimal(25))
    choice = assignments.keep_choice(work, school.quiz, draft)
    assert [(row.student.display_name, row.before, row.percentages) for row in choice.rows] == [
        ("Leo Evans", Decimal(9), Decimal("11.25")),
        ("Maya Diaz", Decimal(18), Decimal("22.5")),
    ]
    maya = choice.rows[1]
    assert (maya.grade_now, maya.grade_scores, maya.grade_percentages) == (
        Decimal("85.80"),
        Decimal("78.60"),  # 72% × 40 + 83% × 60
        Decimal("85.80"),
    )


def test_a_new_assignment_is_tried_with_60_percent_for_everyone(school):
    work = class_work(school.algebra, NOW)
    draft = AssignmentDraft("Quiz 2", Decimal(20), school.quiz.category_id)
    effect = assignments.effect_of(work, None, draft)
    assert (effect.worth, effect.supposed) == (Decimal("20.00"), Decimal(12))
    assert [(str(one.before), str(one.after)) for one in effect.examples] == [("45.00", "52.50"), ("85.80", "79.80")]


def test_deleting_and_restoring_are_written_down_and_take_numbers(school):
    assignments.delete_assignment(school.algebra, school.quiz, seen=0, actor_id=school.rivera.id, now=NOW)
    assert (school.quiz.deleted_at, school.quiz.seq) == (NOW, 1)
    assert assignments.deleted_assignments(school.algebra, NOW) == [school.quiz]
    assert assignments.restore_assignment(school.algebra, school.quiz, actor_id=school.rivera.id, now=NOW)
    assert (school.quiz.deleted_at, school.quiz.seq) == (None, 2)
    acts = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["assignment.deleted", "assignment.restored"]


def test_deleting_twice_is_refused(school):
    assignments.delete_assignment(school.algebra, school.quiz, seen=0, actor_id=school.rivera.id, now=NOW)
    with pytest.raises(AssignmentMoved):
        assignments.delete_assignment(school.algebra, school.quiz, seen=9, actor_id=school.rivera.id, now=NOW)


def test_a_title_is_compared_whatever_its_capitals(school):
    work = class_work(school.algebra, NOW)
    assert assignments.is_title_taken(work, "INTEGERS quiz")
    assert not assignments.is_title_taken(work, "INTEGERS quiz", besides=school.quiz.id)


def test_scores_shown_as_entered_are_visible_from_now(school):
    assert create(school, shows=Shows.AS_ENTERED).posted_at == NOW
    assert create(school, shows=Shows.WHEN_POSTED).posted_at is None
    assert db.session.scalar(select(Assignment.id).where(Assignment.posted_at == NOW)) is not None
