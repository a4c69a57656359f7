"""What teachers and families see of a closed class: locked scores, grades that do not move (grading.md G16)."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    Category,
    GradingScale,
    GradingScaleBand,
    MasteryScale,
    SectionOutcomeRules,
    SessionKind,
)
from gradebook.services import closing, freezing, periods, rosters
from gradebook.services.counters import next_number
from gradebook.services.grades import by_student, cells_of, class_work, students_of
from tests.art import make_art
from tests.blueprints.teacher.test_overrides import text_of
from tests.classes import make_class
from tests.school import TODAY

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def quarters(school):
    """Quarter 1 with the quiz and the test, and Quarter 2."""
    year = school.algebra.term
    spans = ((date(2026, 8, 31), date(2026, 10, 12)), (date(2026, 10, 12), date(2027, 1, 30)))
    made = [
        rosters.add_session(
            school.oak, SessionKind.GRADING_PERIOD, title, *span, NOW, actor_id=school.pat.id, parent=year
        )
        for title, span in zip(("Quarter 1", "Quarter 2"), spans, strict=True)
    ]
    db.session.commit()
    db.session.expire_all()
    return made


def close(school, session):
    closing.close_session(
        school.oak, db.session.get_one(AcademicSession, session.id), utc_now(), actor_id=school.pat.id
    )
    freezing.keep_classes(freezing.unkept_classes())  # as the worker does
    db.session.commit()
    db.session.expire_all()


def grid(client, school):
    return client.get(f"/teacher/classes/{school.algebra.public_id}")


def fields_in(answer):
    return re.findall(r"<input name=(\d+) inputmode", answer.text)


def test_scores_of_a_closed_quarter_are_locked_text(school, quarters, sign_in):
    rivera = sign_in(school.rivera)
    assert len(fields_in(grid(rivera, school))) == 4
    close(school, quarters[0])
    page = grid(rivera, school)
    assert fields_in(page) == []
    assert "Locked since 14 Oct" in text_of(page)
    assert re.search(r"<td class=\"k\">18", page.text)
    assert "Save changes" not in page.text


def test_work_of_an_open_quarter_beside_it_can_still_be_scored(school, quarters, sign_in):
    school.test.due_on, school.test.grading_period_id = date(2026, 10, 20), quarters[1].id
    close(school, quarters[0])
    rivera = sign_in(school.rivera)
    page = grid(rivera, school)
    assert len(fields_in(page)) == 2  # Maya and Leo, the test
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("seen", "rows", "columns")}
    assert sent["columns"] == str(school.test.id)
    answer = rivera.post(f"/teacher/classes/{school.algebra.public_id}/scores", data={**sent, "1": "40", "2": "42"})
    assert answer.status_code == 303


def test_a_page_from_before_the_closing_saves_the_rest_and_says_what_is_locked(school, quarters, sign_in):
    school.test.due_on, school.test.grading_period_id = date(2026, 10, 20), quarters[1].id
    rivera = sign_in(school.rivera)
    seen = school.algebra.last_seq
    close(school, quarters[0])
    data = {
        "seen": str(seen), f"{school.maya.id}.{school.quiz.id}": "11", f"{school.leo.id}.{school.test.id}": "42",
    }  # fmt: skip
    answer = rivera.post(f"/teacher/classes/{school.algebra.public_id}/scores", data=data)
    assert answer.status_code == 422
    assert "Its grading period is closed" in text_of(answer)
    assert "1 score saved." in text_of(answer)


def test_one_assignment_of_a_closed_quarter_has_no_fields(school, quarters, sign_in):
    close(school, quarters[0])
    page = sign_in(school.rivera).get(f"/teacher/assignments/{school.quiz.public_id}/scores")
    assert "Locked since Wed 14 Oct" in text_of(page)
    assert "Save changes" not in page.text
    assert 'inputmode="decimal"' not in page.text


def maya_sees(school, sign_in):
    page = text_of(sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}"))
    return re.search(r"(\d+(?:\.\d+)?)%", page)[1]


def test_a_closed_class_keeps_its_grades_when_weights_scales_and_rosters_change(school, sign_in):
    before = maya_sees(school, sign_in), teacher_sees(school)
    close(school, school.algebra.term)
    # Everything that the services would refuse, done behind their back, as another open class with the same scale can:
    for category in db.session.query(Category).filter_by(section_id=school.algebra.id):
        category.weight = Decimal(7)
        category.drop_lowest = 1
    scale = GradingScale(school_id=school.oak.id, name="Other letters")
    scale.bands = [GradingScaleBand(school_id=school.oak.id, label="Z", bound=Decimal(0))]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id
    school.quiz.points = Decimal(40)
    db.session.commit()
    db.session.expire_all()
    assert (maya_sees(school, sign_in), teacher_sees(school)) == before
    page = text_of(sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}"))
    assert "2026–27 is closed since Wed 14 Oct: this grade is final." in page


def teacher_sees(school):
    """Both totals on the student's page."""
    work = class_work(school.algebra, utc_now())
    maya = next(one for one in students_of(school.algebra, TODAY) if one.id == school.maya.id)
    marks = work.marks(by_student(cells_of(work.by_id))[school.maya.id])
    return work.totals(maya, marks, posted_only=True), work.totals(maya, marks, posted_only=False)


def test_a_student_who_left_keeps_the_grade_on_the_teachers_page(school, sign_in):
    rivera = sign_in(school.rivera)
    path = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    assert "90%" in text_of(rivera.get(path))
    place = rosters.role_of(school.maya, school.oak, "student")
    rosters.end_role(place, TODAY, NOW, actor_id=school.pat.id)
    school.quiz.points = Decimal(40)
    db.session.commit()
    page = text_of(rivera.get(path))
    assert "90%" in page
    assert "Set the grade by hand" not in page
    assert rivera.get(f"{path}/grade").status_code == 404


# --- Weighted grading periods (G11)


@pytest.fixture
def weighed(school, quarters):
    """Quarter 1 (the quiz) 40%, Quarter 2 (the test, posted) 60%."""
    school.test.due_on, school.test.grading_period_id, school.test.posted_at = date(2026, 10, 20), quarters[1].id, NOW
    next_number(school.algebra)
    assert periods.set_weights(school.algebra, {quarters[0].id: Decimal(40), quarters[1].id: Decimal(60)})
    db.session.commit()
    db.session.expire_all()
    return quarters


def test_a_course_grade_is_made_of_weighted_periods_with_the_sum_shown(school, weighed, sign_in):
    # Maya: 18 of 20 = 90, 41.5 of 50 = 83; 90 × 40% + 83 × 60% = 85.8
    for client, path in (
        (sign_in(school.maya), f"/student/classes/{school.algebra.public_id}"),
        (sign_in(school.dana), f"/parent/children/{school.maya.public_id}/classes/{school.algebra.public_id}"),
        (sign_in(school.rivera), f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"),
    ):
        page = text_of(client.get(path))
        assert "85.8%" in page
        assert "Quarter190.00%×40=36.00" in page.replace(" ", "")
        assert "Quarter283.00%×60=49.80" in page.replace(" ", "")
        assert "The sum of Quarter 1" in page
        assert "Integers quiz" in page
    assert "85.8%" in text_of(grid(sign_in(school.rivera), school))


def test_a_closed_period_stays_in_the_course_grade_as_it_was(school, weighed, sign_in):
    close(school, weighed[0])
    for category in db.session.query(Category).filter_by(section_id=school.algebra.id, title="Quizzes"):
        category.extra_credit = True
    school.quiz.points = Decimal(40)
    db.session.commit()
    db.session.expire_all()
    page = text_of(sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}"))
    assert "Quarter190.00%×40=36.00" in page.replace(" ", "")
    assert "85.8%" in page


def test_the_grade_of_a_period_can_be_set_and_counts_in_the_course(school, weighed, sign_in):
    rivera = sign_in(school.rivera)
    path = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}/grade"
    address = f"{path}?period={weighed[0].public_id}"
    assert "Quarter 1" in text_of(rivera.get(address))
    answer = rivera.post(address, data={"grade": "100", "reason": "Oral exam", "seen": "0"})
    assert answer.status_code == 303
    page = text_of(sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}"))
    assert "89.8%" in page  # 100 × 40% + 83 × 60%
    assert "Set by the teacher." in page
    assert rivera.get(f"{path}?period=nonsense").status_code == 404


def test_work_outside_every_period_does_not_count_and_the_teacher_is_told(school, weighed, sign_in):
    school.quiz.grading_period_id = None
    db.session.commit()
    rivera = sign_in(school.rivera)
    told = "1 assignment lies outside every grading period and does not count."
    assert told in text_of(grid(rivera, school))
    path = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    assert told in text_of(rivera.get(path))
    assert "83%" in text_of(rivera.get(path))


def test_families_still_find_work_outside_every_period_in_the_list_of_work(school, weighed, sign_in):
    school.quiz.grading_period_id = None
    db.session.commit()
    page = text_of(sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}"))
    assert "Integers quiz" in page
    assert "83%" in page


def test_work_cannot_be_made_or_moved_into_a_closed_quarter_and_what_was_typed_stays(school, quarters, sign_in):
    rivera = sign_in(school.rivera)
    close(school, quarters[0])
    path = f"/teacher/classes/{school.algebra.public_id}/assignments/new"
    data = {
        "title": "Late idea", "points": "20", "category": str(school.quiz.category.public_id), "shows": "when_posted",
        "counts": "y", "due-day": "10", "due-month": "9", "due-year": "2026",
    }  # fmt: skip
    refused = rivera.post(path, data=data)
    assert refused.status_code == 422
    assert "Quarter 1 is closed since Wed 14 Oct" in text_of(refused)
    assert 'value="Late idea"' in refused.text
    assert rivera.post(path, data={**data, "due-month": "11"}).status_code == 303


def test_weights_of_another_classs_periods_are_refused_and_none_means_that_periods_filter(school, weighed):
    botany_year = school.botany.term_id
    with pytest.raises(ValueError, match="another class"):
        periods.set_weights(school.algebra, {botany_year: Decimal(100)})
    assert periods.set_weights(school.algebra, {})
    assert not school.algebra.weighs_periods
    assert not periods.set_weights(school.algebra, {})


# --- Statements


def test_a_closed_class_costs_one_statement_more_however_large_it_is(school, sign_in, count_statements):
    rivera = sign_in(school.rivera)
    sections = [make_class(school, students, 4) for students in (2, 9)]
    paths = [f"/teacher/classes/{section.public_id}" for section in sections]

    def asked(path):
        rivera.get(path)
        with count_statements() as seen:
            assert rivera.get(path).status_code == 200
        return len(seen)

    before = {asked(path) for path in paths}
    for section in sections:
        close(school, section.term)
    assert {asked(path) for path in paths} == {count + 1 for count in before}


def test_a_familys_home_costs_one_statement_more_for_any_number_of_closed_classes(school, sign_in, count_statements):
    leo = sign_in(school.leo)

    def asked():
        leo.get("/student/")
        with count_statements() as seen:
            assert leo.get("/student/").status_code == 200
        return len(seen)

    before = asked()
    close(school, school.algebra.term)
    assert asked() == before + 1
    close(school, school.history.term)
    assert asked() == before + 1


def test_the_ratings_of_a_closed_class_stand_in_the_words_of_then(school, sign_in):
    art = make_art(school)
    db.session.commit()
    rivera, path = sign_in(school.rivera), f"/teacher/assignments/{art.works['still'].public_id}/ratings"
    assert rivera.get(path).text.count("<select") == 4
    close(school, art.section.term)
    scale = db.session.get_one(MasteryScale, db.session.get_one(SectionOutcomeRules, art.section.id).scale_id)
    for level in scale.levels:
        level.label = f"Today {level.label}"
    db.session.commit()
    page = rivera.get(path)
    assert "Today" not in page.text
    assert "4 Exceeds" in text_of(page)
    assert "Locked since Wed 14 Oct" in text_of(page)
    assert "<select" not in page.text
    assert "Save ratings" not in page.text
