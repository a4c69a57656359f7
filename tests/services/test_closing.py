"""Closing a term or grading period: the checklist, the grades that are kept, reopening (grading.md G16)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.frozen import thaw
from gradebook.grading.overrides import Override
from gradebook.jobs.worker import do_one
from gradebook.models import AuditEntry, Enrollment, FrozenGrade, RoleKind, SessionKind
from gradebook.services import closing, freezing, overrides, rosters
from gradebook.services.grades import by_student, cells_of, class_work, students_of
from gradebook.services.rosters import Place, RosterError, RosterFault, Term, term_of
from tests.school import TODAY, YEAR, make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
FIRST = (date(2026, 8, 31), date(2026, 10, 12))
SECOND = (FIRST[1], date(2027, 1, 30))


@pytest.fixture
def quarters(school):
    """Quarter 1, over since Monday, with the quiz and the test of Algebra in it; Quarter 2 with nothing."""
    made = [add(school, title, span) for title, span in (("Quarter 1", FIRST), ("Quarter 2", SECOND))]
    db.session.flush()
    db.session.expire_all()
    return made


def add(school, title, span, kind=SessionKind.GRADING_PERIOD, parent=None):
    return rosters.add_session(
        school.oak, kind, title, *span, NOW, actor_id=school.pat.id, parent=parent or school.algebra.term
    )


def close(school, session, now=NOW):
    """Close it, and let the worker keep its grades."""
    count = mark_closed(school, session, now)
    keep_all()
    return count


def mark_closed(school, session, now=NOW):
    """Close it, and the worker has done nothing yet."""
    count = closing.close_session(school.oak, session, now, actor_id=school.pat.id)
    db.session.commit()
    return count


def keep_all():
    """What the worker does."""
    while do_one():
        pass


def reopen(school, session, reason="A score was wrong", now=NOW):
    count = closing.reopen_session(school.oak, session, reason, now, actor_id=school.pat.id)
    db.session.commit()
    return count


def copies(section, period=None):
    """The copies that hold, by the student's name."""
    rows = db.session.scalars(
        select(FrozenGrade).where(
            FrozenGrade.section_id == section.id,
            FrozenGrade.dropped_at.is_(None),
            FrozenGrade.period_id == period.id if period else FrozenGrade.period_id.is_(None),
        )
    )
    return {row.student_id: row for row in rows}


def current(section, student, *, posted=False):
    """The grade as it is computed now."""
    work = class_work(section, NOW)
    one = next(each for each in students_of(section, TODAY) if each.id == student.id)
    return work.totals(one, work.marks(by_student(cells_of(work.by_id))[student.id]), posted_only=posted)


def place_of(student, section):
    return db.session.scalars(
        select(Enrollment).where(
            Enrollment.user_id == student.id,
            Enrollment.section_id == section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
    ).one()


# --- The checklist


def test_the_checklist_counts_blanks_that_were_due_and_hidden_scores_class_by_class(school, quarters):
    found = {one.section.title: one for one in closing.checklist(quarters[0], NOW).classes}
    assert set(found) == {"Algebra", "History"}  # Rivers essay was due in Quarter 1; Botany is another school's
    algebra, history = found["Algebra"], found["History"]
    assert (algebra.blanks, algebra.hidden) == (1, 1)  # Leo has no test; Maya's test is hidden
    assert (history.blanks, history.hidden) == (1, 0)  # Leo has no essay
    assert algebra.teachers == ("Abe Cole", "Inés Rivera")  # and not Mrs Sub, who has left


def test_what_was_due_before_a_student_came_or_is_not_due_is_not_a_blank(school, quarters):
    place_of(school.leo, school.algebra).begins_on = TODAY
    place_of(school.leo, school.history).begins_on = TODAY
    db.session.flush()
    assert closing.checklist(quarters[0], NOW).blanks == 0
    school.test.due_on = TODAY
    db.session.flush()
    assert closing.checklist(quarters[0], NOW).hidden == 1


# --- Closing


def test_closing_keeps_the_grade_with_its_parts_for_teachers_and_for_families(school, quarters):
    grade, posted = current(school.algebra, school.maya), current(school.algebra, school.maya, posted=True)
    assert grade != posted  # the test is hidden
    assert close(school, quarters[0]) == 2

    kept = copies(school.algebra, quarters[0])
    assert set(kept) == {school.maya.id, school.leo.id}
    thawed = thaw(kept[school.maya.id].grade)
    assert thawed.totals == grade
    assert [part.category.title for part in thawed.parts] == ["Quizzes", "Tests"]
    assert thaw(kept[school.maya.id].posted_grade).current == posted.current
    assert copies(school.algebra) == {}  # the year goes on, and with it the grade of the class


def test_where_nothing_is_hidden_one_copy_is_for_both(school, quarters):
    close(school, quarters[0])
    assert {row.posted_grade for row in copies(school.history, quarters[0]).values()} == {None}


def test_a_closed_year_closes_its_quarters_and_keeps_the_whole_grade(school, quarters):
    year = school.algebra.term
    close(school, quarters[0], NOW - timedelta(days=1))
    assert close(school, year) == 2  # Algebra, and History for its work in the quarters
    assert set(copies(school.algebra)) == {school.maya.id, school.leo.id}
    assert all(one.closed_at is not None for one in (year, *quarters))
    assert set(school.algebra.closings) == {str(one.id) for one in (year, *quarters)}

    assert reopen(school, year) == 2
    assert year.closed_at is None
    assert quarters[1].closed_at is None
    assert quarters[0].closed_at is not None  # it was closed before, on its own
    assert copies(school.algebra) == {}
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id, school.leo.id}


def test_a_part_of_what_is_closed_is_not_opened_alone(school, quarters):
    close(school, school.algebra.term)
    with pytest.raises(RosterError) as error:
        reopen(school, quarters[0])
    assert (error.value.fault, error.value.facts) == (RosterFault.PART_OF_CLOSED, {"title": "2026–27"})


def test_nothing_is_closed_twice_or_opened_without_a_reason(school, quarters):
    with pytest.raises(RosterError, match="not_closed"):
        reopen(school, quarters[0])
    close(school, quarters[0])
    with pytest.raises(RosterError, match="already_closed"):
        close(school, quarters[0])
    with pytest.raises(RosterError, match="no_reason"):
        reopen(school, quarters[0], reason="  ")


def test_reopening_drops_the_copies_and_the_history_keeps_them(school, quarters):
    close(school, quarters[0])
    assert reopen(school, quarters[0]) == 2
    assert school.algebra.closings == {}
    rows = db.session.scalars(select(FrozenGrade)).all()
    assert len(rows) == 4
    assert {row.dropped_at for row in rows} == {NOW}
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.act.in_(("session.closed", "session.reopened"))))
    closed, reopened = sorted(acts, key=lambda entry: entry.id)
    assert (closed.actor_id, closed.facts["classes"]) == (school.pat.id, 2)
    assert (reopened.facts["reason"], reopened.facts["grades"]) == ("A score was wrong", 4)


def test_what_a_teacher_put_in_place_of_the_grade_is_kept_too(school, quarters):
    override = Override(Decimal("91.5"), None, "Recovered from illness")
    overrides.set_override(
        school.algebra, school.maya.id, override, seen=0, actor_id=school.rivera.id, now=NOW, period_id=quarters[0].id
    )
    close(school, quarters[0])
    kept = copies(school.algebra, quarters[0])
    assert kept[school.maya.id].override["percent"] == "91.50"
    assert kept[school.leo.id].override is None


# --- Students who leave


def test_a_student_who_leaves_keeps_the_grade_of_that_day(school, quarters):
    place = place_of(school.maya, school.algebra)
    before = current(school.algebra, school.maya)
    rosters.end_enrollment(place, TODAY, NOW, actor_id=school.pat.id)
    assert thaw(copies(school.algebra)[school.maya.id].grade).totals == before
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id}  # and Leo's place goes on

    rosters.change_enrollment(place, Place(place.position, place.begins_on, None), NOW, actor_id=school.pat.id)
    assert copies(school.algebra) == copies(school.algebra, quarters[0]) == {}


def test_who_left_keeps_the_copy_when_the_period_is_opened_again(school, quarters):
    close(school, quarters[0])
    rosters.end_enrollment(place_of(school.maya, school.algebra), TODAY, NOW, actor_id=school.pat.id)
    reopen(school, quarters[0])
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id}


def test_who_comes_back_while_a_period_is_closed_keeps_that_period(school, quarters):
    close(school, quarters[0])
    place = place_of(school.maya, school.algebra)
    rosters.end_enrollment(place, TODAY, NOW, actor_id=school.pat.id)
    rosters.enroll(school.maya, school.algebra, place.position, TODAY, NOW, actor_id=school.pat.id)
    assert copies(school.algebra) == {}
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id, school.leo.id}


def test_an_end_that_lay_ahead_is_kept_when_its_day_comes(school, clock):
    place = place_of(school.leo, school.algebra)
    rosters.change_enrollment(
        place, Place(place.position, place.begins_on, TODAY + timedelta(days=2)), NOW, actor_id=school.pat.id
    )
    assert not freezing.freeze_leavers(NOW)
    assert copies(school.algebra) == {}
    assert not freezing.freeze_leavers(NOW + timedelta(days=2))
    assert set(copies(school.algebra)) == {school.leo.id}
    assert not freezing.freeze_leavers(NOW + timedelta(days=2))
    assert len(db.session.scalars(select(FrozenGrade)).all()) == 1


# --- The calendar


def change(school, session, **fields):
    values = {**term_of(session).__dict__, **fields}
    return rosters.change_session(school.oak, session, Term(**values), NOW, actor_id=school.pat.id)


def test_work_moves_to_the_period_in_which_it_is_due(school, quarters):
    assert {school.quiz.grading_period_id, school.test.grading_period_id} == {quarters[0].id}
    change(school, quarters[0], ends_on=date(2026, 10, 5))
    db.session.expire_all()
    assert school.quiz.grading_period_id == quarters[0].id
    assert school.test.grading_period_id is None  # due on 9 October: a gap now
    change(school, quarters[1], begins_on=date(2026, 10, 5))
    db.session.expire_all()
    assert school.test.grading_period_id == quarters[1].id


def test_dates_that_overlap_are_refused_with_the_name_of_the_other(school, quarters):
    with pytest.raises(RosterError) as error:
        change(school, quarters[0], ends_on=date(2026, 10, 20))
    assert (error.value.fault, error.value.facts) == (RosterFault.OVERLAP, {"title": "Quarter 2"})


def test_a_circle_is_refused_and_so_is_a_year_shorter_than_its_parts(school, quarters):
    year = school.algebra.term
    for parent in (year, quarters[0]):
        with pytest.raises(RosterError) as error:
            change(school, year, parent_id=parent.id)
        assert (error.value.fault, error.value.facts) == (RosterFault.CYCLE, {"title": parent.title})
    with pytest.raises(RosterError) as error:
        change(school, year, ends_on=date(2027, 1, 1))
    assert (error.value.fault, error.value.facts) == (RosterFault.PARTS_OUTSIDE, {"title": "Quarter 2"})
    with pytest.raises(RosterError, match="outside_parent"):
        change(school, quarters[1], ends_on=YEAR[1] + timedelta(days=1))


def test_a_copy_is_made_once_however_often_it_is_asked_for(school, quarters):
    close(school, quarters[0])
    section = school.algebra
    assert freezing.freeze([section], NOW, {section.id: [quarters[0].id]}) == 0


def test_a_score_that_changes_after_reopening_is_in_the_next_copy(school, quarters, clock):
    close(school, quarters[0])
    reopen(school, quarters[0])
    make_score(school.test, school.leo, points=Decimal(50))
    clock.advance(hours=1)
    close(school, quarters[0], NOW + timedelta(hours=1))
    assert thaw(copies(school.algebra, quarters[0])[school.leo.id].grade).current == Decimal("78.00")
