"""Taking over the set-up of another class: rules, categories, assignments with later days, never a score."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import (
    Assignment,
    AuditEntry,
    Category,
    GradingScale,
    GradingScaleBand,
    Position,
    Score,
    SessionKind,
    TotalMode,
)
from gradebook.services import set_up_copies
from tests.school import YEAR, enroll, make_section

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
YEAR_LATER = timedelta(days=364)  # 52 weeks: a Friday stays a Friday


@pytest.fixture
def geometry(school):
    """Ms Rivera's class of the next school year, without anything; Algebra is what she has now."""
    section = make_section(school.oak, "Geometry")
    section.term.begins_on, section.term.ends_on = (day + timedelta(days=365) for day in YEAR)
    enroll(school.rivera, section, Position.LEAD)
    db.session.commit()
    return section


def url(section):
    return f"/teacher/classes/{section.public_id}/set-up"


def fields(school, **more):
    return {"source": school.algebra.public_id, "with_assignments": "y", "days": "364", **more}


def works_of(section):
    query = select(Assignment).where(Assignment.section_id == section.id).order_by(Assignment.position)
    return list(db.session.scalars(query))


def categories_of(section):
    living = select(Category).where(Category.section_id == section.id, Category.deleted_at.is_(None))
    return [(one.title, one.weight) for one in db.session.scalars(living.order_by(Category.position))]


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_only_ones_own_classes_are_offered(school, sign_in, geometry):
    teacher = sign_in(school.rivera)
    assert url(geometry) in teacher.get(f"/teacher/classes/{geometry.public_id}/rules").text
    assert url(school.algebra) not in teacher.get(f"/teacher/classes/{school.algebra.public_id}/rules").text
    page = teacher.get(url(geometry)).text
    assert school.algebra.public_id in page
    assert school.history.public_id not in page


def test_everything_is_shown_before_it_is_done(school, sign_in, geometry):
    teacher = sign_in(school.rivera)
    page = text_of(teacher.get(f"{url(geometry)}?from={school.algebra.public_id}").text)
    assert "Quizzes 40%, Tests 60%" in page
    assert "Integers quiz Quizzes Fri 18 Sep 2026 Fri 17 Sep 2027" in page
    page = text_of(teacher.post(url(geometry), data=fields(school, days="-7", do="look")).text)
    assert "Fri 18 Sep 2026 Fri 11 Sep 2026" in page
    assert "2 assignments would be due outside 2026–27" in page
    assert works_of(geometry) == []


def test_rules_categories_and_assignments_are_taken_over_without_scores(school, sign_in, geometry):
    school.algebra.late_percent, school.quiz.never_drop = Decimal(10), True
    school.quiz.description, school.test.weight = "Bring a pencil", Decimal("2.5")
    school.quiz.category.keep_best = 4
    teacher = sign_in(school.rivera)
    answer = teacher.post(url(geometry), data=fields(school, do="copy"))
    assert answer.status_code == 303
    words = "The rules and categories of Algebra and 2 assignments were taken over."
    assert words in teacher.get(answer.location).text
    db.session.refresh(geometry)
    assert (geometry.total_mode, geometry.late_percent) == (TotalMode.WEIGHTED, Decimal(10))
    assert categories_of(geometry) == [("Quizzes", Decimal(40)), ("Tests", Decimal(60))]
    quiz, test = works_of(geometry)
    assert (quiz.title, quiz.points, quiz.due_on) == ("Integers quiz", Decimal(20), date(2026, 9, 18) + YEAR_LATER)
    assert (quiz.never_drop, quiz.description, test.weight) == (True, "Bring a pencil", Decimal("2.5"))
    assert quiz.category.section_id == geometry.id
    assert (quiz.category.keep_best, test.category.keep_best) == (4, None)
    assert not db.session.scalars(select(Score).where(Score.assignment_id.in_([quiz.id, test.id]))).all()
    assert len(works_of(school.algebra)) == 2
    assert categories_of(school.algebra) == [("Quizzes", Decimal(40)), ("Tests", Decimal(60))]
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.section_id == geometry.id)).all()
    assert sorted(acts) == ["rules.changed", "set_up.copied"]


def test_the_rules_alone_can_be_taken_over(school, sign_in, geometry):
    data = fields(school, do="copy")
    del data["with_assignments"]
    assert sign_in(school.rivera).post(url(geometry), data=data).status_code == 303
    assert works_of(geometry) == []
    assert len(categories_of(geometry)) == 2


def test_assignments_find_the_grading_period_of_their_new_day(school, sign_in, geometry):
    quarter = geometry.term.__class__(
        school_id=school.oak.id, kind=SessionKind.GRADING_PERIOD, title="Q1", parent_id=geometry.term_id,
        begins_on=date(2027, 9, 1), ends_on=date(2027, 10, 1),
    )  # fmt: skip
    db.session.add(quarter)
    db.session.commit()
    sign_in(school.rivera).post(url(geometry), data=fields(school, do="copy"))
    assert [work.grading_period_id for work in works_of(geometry)] == [quarter.id, None]


def test_a_retired_scale_is_not_taken_over(school, sign_in, geometry):
    scale = GradingScale(school_id=school.oak.id, name="Old letters", retired_at=NOW)
    scale.bands = [GradingScaleBand(school_id=school.oak.id, label="F", bound=Decimal(0))]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id
    db.session.commit()
    teacher = sign_in(school.rivera)
    assert "Its grading scale is retired" in teacher.get(f"{url(geometry)}?from={school.algebra.public_id}").text
    teacher.post(url(geometry), data=fields(school, do="copy"))
    db.session.refresh(geometry)
    assert geometry.grading_scale_id is None


def test_a_class_with_assignments_keeps_its_own(school, sign_in, geometry):
    teacher = sign_in(school.rivera)
    teacher.post(url(geometry), data=fields(school, do="copy"))
    answer = teacher.post(url(geometry), data=fields(school, do="copy"))
    assert answer.status_code == 409
    assert "Geometry has 2 assignments already" in answer.text
    assert len(works_of(geometry)) == 2
    assert "A set-up can be copied to a class that has none." in teacher.get(url(school.algebra)).text


@pytest.mark.parametrize("days", ["", "x", "1.5", "99999", "3661", "--7", "٣٦٤x"])
def test_days_that_are_no_number_are_refused_in_words(school, sign_in, geometry, days):
    answer = sign_in(school.rivera).post(url(geometry), data=fields(school, days=days, do="copy"))
    assert answer.status_code == 422
    assert "Enter a whole number of days, like 364" in answer.text
    assert works_of(geometry) == []


def test_a_day_that_no_calendar_has_is_left_away(school, sign_in, geometry):
    school.quiz.due_on = date(9999, 12, 1)
    db.session.commit()
    assert sign_in(school.rivera).post(url(geometry), data=fields(school, do="copy")).status_code == 303
    assert works_of(geometry)[0].due_on is None


def test_a_class_of_someone_else_is_not_there(school, sign_in, geometry):
    teacher = sign_in(school.rivera)
    assert teacher.get(f"{url(geometry)}?from={geometry.public_id}").status_code == 404
    for other in (school.history, school.botany):
        assert teacher.get(f"{url(geometry)}?from={other.public_id}").status_code == 404
        assert teacher.post(url(geometry), data=fields(school, source=other.public_id, do="copy")).status_code == 404
        assert teacher.post(url(other), data=fields(school, do="copy")).status_code == 404
    assert works_of(geometry) == []


def test_the_days_move_by_whole_weeks(school, geometry):
    assert set_up_copies.usual_shift(school.algebra, geometry) == 364
