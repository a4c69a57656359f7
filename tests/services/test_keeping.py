"""Between the closing of a term and the moment when its grades are stored: nothing moves them, and each is stored once.

What a closing leaves to be kept is made by the worker, a few classes in each job (services/freezing.py).
"""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from gradebook.database import will_write
from gradebook.extensions import db
from gradebook.grading.frozen import thaw
from gradebook.grading.values import Status
from gradebook.jobs import closings
from gradebook.jobs.sweep import sweep
from gradebook.jobs.worker import do_one
from gradebook.models import (
    AcademicSession,
    Enrollment,
    FrozenGrade,
    GradingScale,
    GradingScaleBand,
    Job,
    Position,
    RoleKind,
    School,
    Section,
    SessionKind,
)
from gradebook.services import closing, freezing, grading_scales, periods, queue, rosters, scores, section_rules
from gradebook.services.counters import next_number
from gradebook.services.grades import Place as FamilyPlace
from gradebook.services.grades import by_student, cells_of, class_work, classes_of_students, students_of
from gradebook.services.grading_scales import Band, ScaleDraft, ScaleFault
from gradebook.services.rosters import Place, Term, term_of
from tests.school import TODAY, make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
FIRST = (date(2026, 8, 31), date(2026, 10, 12))
SECOND = (FIRST[1], date(2027, 1, 30))


@pytest.fixture
def quarters(school):
    """Quarter 1, over since Monday, with the quiz and the test of Algebra in it; Quarter 2 with nothing."""
    made = [
        rosters.add_session(
            school.oak, SessionKind.GRADING_PERIOD, title, *span, NOW, actor_id=school.pat.id,
            parent=school.algebra.term,
        )
        for title, span in (("Quarter 1", FIRST), ("Quarter 2", SECOND))
    ]  # fmt: skip
    db.session.commit()
    db.session.expire_all()
    return made


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    """A job for each class: the school of the tests is small."""
    monkeypatch.setattr(freezing, "KEPT_AT_ONCE", 1)


def mark_closed(school, session, now=NOW):
    """Close it; the worker has done nothing yet."""
    count = closing.close_session(school.oak, session, now, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()
    return count


def reopen(school, session, now=NOW):
    closing.reopen_session(school.oak, session, "A score was wrong", now, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()


def keep_all():
    while do_one():
        pass
    db.session.expire_all()


def copies(section, period=None):
    """The copies of a class that hold, by student."""
    rows = db.session.scalars(
        select(FrozenGrade).where(
            FrozenGrade.dropped_at.is_(None),
            FrozenGrade.section_id == section.id,
            FrozenGrade.period_id == period.id if period else FrozenGrade.period_id.is_(None),
        )
    )
    return {row.student_id: row for row in rows}


def stored():
    """How many copies there are, dropped ones too."""
    return db.session.scalar(select(func.count()).select_from(FrozenGrade))


def seen_by_teacher(section, student, now=NOW):
    work = class_work(section, now)
    [one] = [each for each in students_of(section, TODAY) if each.id == student.id]
    return work.totals(one, work.marks(by_student(cells_of(work.by_id))[student.id]), posted_only=False)


def seen_by_family(section, student, now=NOW):
    [one] = [each for each in students_of(section, TODAY) if each.id == student.id]
    [found] = classes_of_students([FamilyPlace(one, section)], now)
    return found.totals


def place_of(student, section):
    return db.session.scalars(
        select(Enrollment).where(
            Enrollment.user_id == student.id,
            Enrollment.section_id == section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
    ).one()


def rules_with(section, *weights):
    draft = section_rules.read(section, NOW).rules
    return replace(draft, categories=tuple(
        replace(one, weight=Decimal(weight)) for one, weight in zip(draft.categories, weights, strict=True)
    ))  # fmt: skip


def save_rules(school, draft):
    reading = section_rules.read(school.algebra, NOW)
    before = section_rules.version_of(reading.rules)
    try:
        section_rules.save_rules(
            school.algebra, draft, seen=before, shown=None, actor_id=school.rivera.id, now=NOW, reading=reading
        )
    except section_rules.NeedsConfirmation as asked:
        section_rules.save_rules(
            school.algebra, draft, seen=before, shown=asked.effect, actor_id=school.rivera.id, now=NOW
        )
    db.session.commit()


# --- Until the copies are there


def test_closing_stores_no_grade_itself_and_what_is_seen_is_what_will_be_stored(school, quarters):
    before = seen_by_teacher(school.algebra, school.maya), seen_by_family(school.algebra, school.maya)
    assert before[0] != before[1]  # the test is hidden
    assert mark_closed(school, school.algebra.term) == 2
    assert stored() == 0
    assert school.algebra.unkept is not None
    assert (seen_by_teacher(school.algebra, school.maya), seen_by_family(school.algebra, school.maya)) == before
    keep_all()
    assert school.algebra.unkept is None
    kept = copies(school.algebra)[school.maya.id]
    assert (thaw(kept.grade).totals, thaw(kept.posted_grade).totals) == before
    assert kept.frozen_at == NOW


def test_what_is_posted_by_a_date_that_comes_meanwhile_is_not_in_it(school, quarters, clock):
    school.test.posted_at = NOW + timedelta(hours=1)
    before = seen_by_family(school.algebra, school.maya)
    mark_closed(school, school.algebra.term)
    later = NOW + timedelta(hours=2)
    assert seen_by_family(school.algebra, school.maya, later) == before
    clock.set(later)
    keep_all()
    assert seen_by_family(school.algebra, school.maya, later) == before
    reopen(school, school.algebra.term, later)
    assert seen_by_family(school.algebra, school.maya, later) != before


def test_incomplete_work_whose_day_comes_meanwhile_is_not_missing_in_it(school, quarters, clock):
    make_score(school.test, school.leo, status=Status.incomplete, finish_by=TODAY + timedelta(days=1))
    before = seen_by_teacher(school.algebra, school.leo)
    mark_closed(school, school.algebra.term)
    clock.advance(days=3)
    later = NOW + timedelta(days=3)
    assert seen_by_teacher(school.algebra, school.leo, later) == before
    keep_all()
    assert thaw(copies(school.algebra)[school.leo.id].grade).totals == before
    reopen(school, school.algebra.term, later)
    assert seen_by_teacher(school.algebra, school.leo, later) != before


def test_a_course_grade_is_read_from_a_quarter_that_is_not_kept_yet(school, quarters):
    """By weighed quarters; the class goes on, and its rules change while the quarter's grades wait."""
    draft = section_rules.read(school.algebra, NOW).rules
    save_rules(school, replace(draft, period_weights=((quarters[0].id, Decimal(50)), (quarters[1].id, Decimal(50)))))
    before = seen_by_teacher(school.algebra, school.maya)
    mark_closed(school, quarters[0])
    assert seen_by_teacher(school.algebra, school.maya) == before
    assert copies(school.algebra, quarters[0]) == {}


# --- Who changes something keeps first


def test_rules_that_change_do_not_reach_a_closed_quarter_that_waits(school, quarters):
    before = seen_by_teacher(school.algebra, school.maya)
    mark_closed(school, quarters[0])
    save_rules(school, rules_with(school.algebra, 90, 10))
    assert seen_by_teacher(school.algebra, school.maya) != before  # the class goes on
    keep_all()
    assert thaw(copies(school.algebra, quarters[0])[school.maya.id].grade).totals == before


def test_a_class_that_was_read_before_the_closing_is_kept_before_its_rules_change(school, quarters):
    """As on another machine: the page knows nothing of the closing when it saves."""
    before = seen_by_teacher(school.algebra, school.maya)
    reading = section_rules.read(school.algebra, NOW)
    draft = rules_with(school.algebra, 90, 10)
    seen, unkept, closings_then, number = (
        section_rules.version_of(reading.rules), school.algebra.unkept, school.algebra.closings,
        school.algebra.last_seq,
    )  # fmt: skip
    closing.close_session(school.oak, quarters[0], NOW, actor_id=school.pat.id)
    db.session.flush()
    for name, value in (("unkept", unkept), ("closings", closings_then), ("last_seq", number)):
        db.session.expire(school.algebra, [name])
        school.algebra.__dict__[name] = value
    section_rules.save_rules(
        school.algebra, draft, seen=seen, shown=None, actor_id=school.rivera.id, now=NOW, reading=reading
    )
    assert thaw(copies(school.algebra, quarters[0])[school.maya.id].grade).totals == before


def test_who_leaves_or_joins_meanwhile_does_not_change_who_is_kept_and_how(school, quarters):
    make_score(school.test, school.leo, status=Status.none)
    before = seen_by_teacher(school.algebra, school.leo)
    mark_closed(school, quarters[0])
    place = place_of(school.leo, school.algebra)
    rosters.change_enrollment(place, Place(place.position, place.begins_on, TODAY), NOW, actor_id=school.pat.id)
    rosters.enroll(school.zoe, school.algebra, Position.STUDENT, TODAY, NOW, actor_id=school.pat.id)
    db.session.commit()
    keep_all()
    kept = copies(school.algebra, quarters[0])
    assert set(kept) == {school.maya.id, school.leo.id}
    assert thaw(kept[school.leo.id].grade).totals == before


def test_a_score_of_another_quarter_is_saved_and_the_closed_one_is_kept_first(school, quarters):
    mark_closed(school, quarters[0])
    school.test.grading_period_id = quarters[1].id  # as if it had always been
    db.session.flush()
    work = class_work(school.algebra, NOW)
    saved = scores.save_typed(
        school.algebra, work, {(school.test.id, school.leo.id): "50"}, seen=10**6, actor_id=school.rivera.id, now=NOW
    )
    assert saved.number is not None
    assert school.algebra.unkept is None
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id, school.leo.id}


@pytest.fixture
def letters(school):
    scale = GradingScale(school_id=school.oak.id, name="Letters")
    scale.bands = [
        GradingScaleBand(school_id=school.oak.id, label=name, bound=at) for name, at in (("A", 86), ("F", 0))
    ]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id
    db.session.commit()
    return scale


@pytest.mark.parametrize("what", ["quarter", "year"])
def test_the_bands_of_a_scale_stay_while_grades_that_have_it_wait(school, quarters, letters, what):
    mark_closed(school, quarters[0] if what == "quarter" else school.algebra.term)
    other = ScaleDraft("Letters", (Band("A", Decimal(50)), Band("F", Decimal(0))))
    with pytest.raises(ScaleFault) as refused:
        grading_scales.change_scale(letters, other, NOW, actor_id=school.pat.id, shown=None)
    assert (refused.value.code, refused.value.facts) == ("being_kept", {"count": 1})
    db.session.rollback()
    renamed = ScaleDraft("Our letters", (Band("A", Decimal(86)), Band("F", Decimal(0))))
    assert grading_scales.change_scale(letters, renamed, NOW, actor_id=school.pat.id, shown=None).changed
    db.session.commit()

    keep_all()
    before = thaw(copies(school.algebra, quarters[0])[school.maya.id].grade).totals
    try:
        grading_scales.change_scale(letters, other, NOW, actor_id=school.pat.id, shown=None)
    except grading_scales.NeedsConfirmation as asked:
        grading_scales.change_scale(letters, other, NOW, actor_id=school.pat.id, shown=asked.name)
    assert thaw(copies(school.algebra, quarters[0])[school.maya.id].grade).totals == before


def test_dates_of_other_quarters_move_no_work_of_the_closed_one(school, quarters):
    before = seen_by_teacher(school.algebra, school.maya)
    mark_closed(school, quarters[0])
    values = {**term_of(quarters[1]).__dict__, "begins_on": SECOND[0] + timedelta(days=7)}
    rosters.change_session(school.oak, quarters[1], Term(**values), NOW, actor_id=school.pat.id)
    db.session.commit()
    keep_all()
    assert thaw(copies(school.algebra, quarters[0])[school.maya.id].grade).totals == before


# --- Once, and all of it


def test_a_job_that_breaks_off_leaves_nothing_half_and_is_done_again(school, quarters, clock, monkeypatch):
    mark_closed(school, quarters[0])
    finish = queue.finish

    def dies(job_id, now):
        monkeypatch.setattr(queue, "finish", finish)
        raise RuntimeError("the power went off")

    monkeypatch.setattr(queue, "finish", dies)
    keep_all()  # the first job breaks off after it stored its copies, the second goes on
    assert stored() == 2
    assert closing.progress_of(quarters[0])[:2] == (1, 2)
    clock.advance(minutes=5)
    keep_all()
    assert stored() == 4
    assert closing.progress_of(quarters[0]).is_done


def test_a_worker_that_is_killed_is_followed_by_another(school, quarters, clock):
    mark_closed(school, quarters[0])
    assert queue.take(clock()) is not None
    db.session.commit()  # and here it is killed
    keep_all()
    assert closing.progress_of(quarters[0])[:2] == (1, 2)
    clock.advance(seconds=queue.LEASE.total_seconds())
    keep_all()
    assert closing.progress_of(quarters[0])[:2] == (2, 2)


def test_jobs_that_are_given_up_are_planned_again_by_the_sweep(school, quarters, clock):
    mark_closed(school, quarters[0])
    for job in db.session.scalars(select(Job)):
        job.attempts = queue.MOST_ATTEMPTS
    db.session.commit()
    keep_all()
    assert stored() == 0
    sweep(clock(), {})
    keep_all()
    assert stored() == 4


def test_the_same_job_twice_stores_nothing_more(school, quarters, clock):
    mark_closed(school, quarters[0])
    closings.plan_again(clock())
    keep_all()
    assert stored() == 4


def test_what_was_worked_out_before_somebody_wrote_is_worked_out_again(school, quarters):
    mark_closed(school, quarters[0])
    worked_out = freezing.work_out([school.algebra.id])
    assert len(worked_out[school.algebra.id].rows) == 2
    school.algebra.last_seq += 1
    db.session.flush()
    broken = {school.algebra.id: worked_out[school.algebra.id]._replace(rows=[])}
    assert freezing.keep_classes([school.algebra.id], broken) == 2
    assert freezing.keep_classes([school.algebra.id], worked_out) == 0  # and once


def test_a_quarter_that_waits_is_kept_as_of_its_own_closing_when_the_year_is_closed(school, quarters):
    """The year's grade is made of it, by weights."""
    draft = section_rules.read(school.algebra, NOW).rules
    save_rules(school, replace(draft, period_weights=((quarters[0].id, Decimal(50)), (quarters[1].id, Decimal(50)))))
    school.test.posted_at = NOW - timedelta(minutes=30)  # hidden at the first closing, posted at the second
    school.test.grading_period_id = quarters[0].id
    hidden = seen_by_family(school.algebra, school.maya, NOW - timedelta(hours=1))
    assert hidden != seen_by_family(school.algebra, school.maya)
    mark_closed(school, quarters[0], NOW - timedelta(hours=1))
    mark_closed(school, school.algebra.term)
    shown = seen_by_teacher(school.algebra, school.maya)
    assert seen_by_family(school.algebra, school.maya) == hidden
    keep_all()
    assert seen_by_family(school.algebra, school.maya) == hidden
    assert {row.frozen_at for row in copies(school.algebra, quarters[0]).values()} == {NOW - timedelta(hours=1)}
    assert {row.frozen_at for row in copies(school.algebra, quarters[1]).values()} == {NOW}
    kept = copies(school.algebra)[school.maya.id]
    assert kept.frozen_at == NOW
    assert thaw(kept.grade).totals == shown


def test_leavers_are_kept_after_what_a_closing_left(school, quarters, clock):
    place = place_of(school.leo, school.algebra)
    rosters.change_enrollment(
        place, Place(place.position, place.begins_on, TODAY + timedelta(days=1)), NOW, actor_id=school.pat.id
    )
    mark_closed(school, quarters[0])
    later = NOW + timedelta(days=2)
    freezing.freeze_leavers(later)
    assert {row.frozen_at for row in copies(school.algebra, quarters[0]).values()} == {NOW}
    assert {row.frozen_at for row in copies(school.algebra).values()} == {later}
    clock.set(later)
    keep_all()
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id, school.leo.id}


# --- Reopening meanwhile


def test_what_is_reopened_before_it_is_kept_is_not_kept(school, quarters):
    mark_closed(school, quarters[0])
    assert do_one()
    assert stored() == 2
    reopen(school, quarters[0])
    assert (school.algebra.unkept, school.history.unkept) == (None, None)
    keep_all()
    assert stored() == 2
    assert copies(school.algebra, quarters[0]) == copies(school.history, quarters[0]) == {}


def test_what_was_worked_out_before_it_was_reopened_is_thrown_away(school, quarters):
    mark_closed(school, quarters[0])
    worked_out = freezing.work_out([school.algebra.id])
    reopen(school, quarters[0])
    assert freezing.keep_classes([school.algebra.id], worked_out) == 0
    make_score(school.test, school.leo, points=Decimal(50))
    mark_closed(school, quarters[0], NOW + timedelta(hours=1))
    freezing.keep_classes([school.algebra.id], worked_out)
    assert thaw(copies(school.algebra, quarters[0])[school.leo.id].grade).current == Decimal("78.00")


def test_a_year_that_is_reopened_leaves_its_quarter_to_be_kept(school, quarters):
    mark_closed(school, quarters[0], NOW - timedelta(hours=1))
    mark_closed(school, school.algebra.term)
    reopen(school, school.algebra.term)
    assert set(school.algebra.unkept) == {str(quarters[0].id)}
    keep_all()
    assert copies(school.algebra) == copies(school.algebra, quarters[1]) == {}
    assert set(copies(school.algebra, quarters[0])) == {school.maya.id, school.leo.id}


# --- Without a worker


def test_the_closing_itself_keeps_for_a_while_and_who_asks_keeps_on(school, quarters):
    mark_closed(school, quarters[0])
    closings.keep_for(0)
    assert closing.progress_of(quarters[0])[:2] == (0, 2)
    closings.keep_for(60, school.elm.id)  # another school's are its own
    assert closing.progress_of(quarters[0])[:2] == (0, 2)
    closings.keep_for(60, school.oak.id)
    assert closing.progress_of(quarters[0]) == (2, 2, True)
    keep_all()
    assert stored() == 4


def test_a_class_that_cannot_be_kept_does_not_undo_the_closing_nor_hold_up_the_others(
    school, quarters, clock, monkeypatch
):
    mark_closed(school, quarters[0])
    algebra, real = school.algebra.id, freezing.work_out

    def fails(keys):
        if algebra in keys:
            raise RuntimeError("nobody has thought of this")
        return real(keys)

    monkeypatch.setattr(freezing, "work_out", fails)
    closings.keep_for(60, school.oak.id)
    keep_all()
    db.session.refresh(quarters[0])
    assert quarters[0].closed_at is not None
    assert closing.progress_of(quarters[0])[:2] == (1, 2)
    assert seen_by_teacher(school.algebra, school.maya).current == Decimal("85.80")


# --- Several at once


@pytest.mark.commits
def test_a_teacher_who_holds_the_class_and_asks_for_its_period_does_not_wait_for_the_closing(app, school, quarters):
    """The closing waits for the class, and must not hold meanwhile what the teacher asks for next."""
    section_id, session_id, pat, oak = school.algebra.id, quarters[0].id, school.pat.id, school.oak.id
    db.session.commit()
    closed = []

    def close():
        with app.app_context():
            will_write.set(True)
            session = db.session.get_one(AcademicSession, session_id)
            closed.append(closing.close_session(db.session.get_one(School, oak), session, NOW, actor_id=pat))
            db.session.commit()

    section = db.session.get_one(Section, section_id)
    next_number(section)
    thread = threading.Thread(target=close)
    thread.start()
    thread.join(0.5)  # long enough to be waiting
    assert closed == []
    assert periods.period_for(section, FIRST[0]) == session_id
    db.session.commit()
    thread.join(30)
    assert closed == [2]


@pytest.mark.commits
def test_two_workers_and_a_teacher_and_a_reopening_at_once(app, school, quarters):
    """Whatever comes first, each copy is stored once or not at all, and nobody waits for ever."""
    oak, pat, session_id = school.oak.id, school.pat.id, quarters[0].id
    place, algebra, rivera = (school.test.id, school.leo.id), school.algebra.id, school.rivera.id
    school.test.grading_period_id = None
    mark_closed(school, quarters[0])
    db.session.rollback()
    problems, start = [], threading.Barrier(4)

    def run(act):
        with app.app_context():
            will_write.set(True)
            start.wait(20)
            try:
                act()
            except Exception as error:
                problems.append(error)
                db.session.rollback()

    def save():
        for text in ("11", "12", "13"):
            section = db.session.get_one(Section, algebra)
            work = class_work(section, NOW)
            scores.save_typed(section, work, {place: text}, seen=10**6, actor_id=rivera, now=NOW)
            db.session.commit()

    def reopens():
        session = db.session.get_one(AcademicSession, session_id)
        closing.reopen_session(db.session.get_one(School, oak), session, "Wrong", NOW, actor_id=pat)
        db.session.commit()

    threads = [threading.Thread(target=run, args=[act]) for act in (keep_all, keep_all, save, reopens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    rows = db.session.scalars(select(FrozenGrade)).all()
    assert len({(row.section_id, row.student_id) for row in rows}) == len(rows)
    assert all(row.dropped_at is not None for row in rows)
    assert db.session.scalar(select(func.count()).select_from(Section).where(Section.unkept.is_not(None))) == 0
