"""O3: changing a term, closing it after a checklist, reopening it with a reason."""

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from gradebook.blueprints.office import closings as closings_of_the_office
from gradebook.extensions import db
from gradebook.models import AcademicSession, FrozenGrade, GradingScale, GradingScaleBand, SessionKind
from gradebook.services import rosters
from tests.blueprints.office.test_classes import day, seen_on, text_of

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
DAYS = {**day("begins_on", date(2026, 8, 31)), **day("last_day", date(2026, 10, 11))}


@pytest.fixture
def pat(sign_in, school):
    return sign_in(school.pat)


@pytest.fixture
def quarter(school):
    """Quarter 1 of the year in which Algebra is taught."""
    found = rosters.add_session(
        school.oak, SessionKind.GRADING_PERIOD, "Quarter 1", date(2026, 8, 31), date(2026, 10, 12), NOW,
        actor_id=school.pat.id, parent=school.algebra.term,
    )  # fmt: skip
    db.session.commit()
    return found


def close(pat, term):
    """Through the checklist and the page that asks."""
    address = f"/office/terms/{term.public_id}/closing"
    confirm = re.search(r'name="confirm" value="(\w+)"', pat.post(address).text)[1]
    return followed(pat, pat.post(address, data={"confirm": confirm}))


def followed(client, answer):
    """The page to which an answer sends on."""
    assert answer.status_code == 303
    return client.get(answer.location)


def is_closed(term):
    return db.session.scalar(select(AcademicSession.closed_at).where(AcademicSession.id == term.id)) is not None


def test_the_checklist_names_each_unfinished_class(pat, quarter):
    page = text_of(pat.get(f"/office/terms/{quarter.public_id}/closing"))
    assert "Before you close Quarter 1" in page
    assert all(words in page for words in ("Algebra", "Inés Rivera", "History"))
    assert "Botany" not in page  # another school's


def test_closing_asks_first_with_the_counts_and_then_says_for_how_many_classes(pat, school, quarter):
    address = f"/office/terms/{quarter.public_id}/closing"
    asked = text_of(pat.post(address))
    assert "The grades of 2 classes are kept as they are now." in asked
    assert "2 scores that were due are blank." in asked
    assert "1 score is hidden." in asked
    assert not is_closed(quarter)

    page = text_of(close(pat, quarter))
    assert "Quarter 1 closed for 2 classes." in page
    assert "Closed Wed 14 Oct" in page
    assert is_closed(quarter)
    assert db.session.scalar(select(func.count()).select_from(FrozenGrade)) == 4


def test_counts_that_moved_on_are_asked_about_again(pat, school, quarter):
    address = f"/office/terms/{quarter.public_id}/closing"
    assert pat.post(address, data={"confirm": "of another hour"}).status_code == 409
    assert not is_closed(quarter)


def test_the_page_of_the_term_says_how_far_the_keeping_is_and_goes_on_when_asked(pat, school, quarter, monkeypatch):
    monkeypatch.setattr(closings_of_the_office, "AT_ONCE", 0.0)  # as if two seconds had not been enough
    page = text_of(close(pat, quarter))
    assert "Quarter 1 closed for 2 classes." in page
    assert "0 of 2 classes kept" in page
    assert db.session.scalar(select(func.count()).select_from(FrozenGrade)) == 0

    address = f"/office/terms/{quarter.public_id}"
    page = text_of(followed(pat, pat.post(f"{address}/keeping")))
    assert "The grades of 2 of 2 classes are kept." in page
    assert "classes kept" not in page
    assert "Its grades are kept as they were." in page
    assert db.session.scalar(select(func.count()).select_from(FrozenGrade)) == 4


def test_a_scale_is_not_changed_while_grades_with_its_letters_wait(pat, school, quarter, monkeypatch):
    scale = GradingScale(school_id=school.oak.id, name="Letters")
    scale.bands = [GradingScaleBand(school_id=school.oak.id, label=one, bound=at) for one, at in (("A", 86), ("F", 0))]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id
    db.session.commit()
    monkeypatch.setattr(closings_of_the_office, "AT_ONCE", 0.0)
    close(pat, quarter)
    address = f"/office/scales/{scale.public_id}"
    data = {"seen": seen_on(pat.get(address)), "name": "Letters", "bands-0-label": "A", "bands-0-bound": "50"}
    refused = pat.post(address, data={**data, "bands-1-label": "F", "bands-1-bound": "0"})
    assert refused.status_code == 422
    assert "The grades of 1 closed class with this scale are being kept at this moment." in text_of(refused)
    assert 'value="50"' in refused.text  # what was typed stays


def test_another_office_finds_no_such_term(sign_in, school, quarter):
    quinn = sign_in(school.quinn)
    assert quinn.post(f"/office/terms/{quarter.public_id}/keeping").status_code == 404
    for path in ("", "/closing", "/reopening"):
        assert quinn.get(f"/office/terms/{quarter.public_id}{path}").status_code == 404
        assert quinn.post(f"/office/terms/{quarter.public_id}{path}", data={"reason": "x"}).status_code == 404
    assert not is_closed(quarter)


def test_reopening_needs_a_reason(pat, school, quarter):
    close(pat, quarter)
    address = f"/office/terms/{quarter.public_id}/reopening"
    refused = pat.post(address, data={"reason": " "})
    assert refused.status_code == 422
    assert "Say why" in text_of(refused)
    assert is_closed(quarter)

    page = text_of(followed(pat, pat.post(address, data={"reason": "Wrong column in Algebra"})))
    assert "Quarter 1 is open again for 2 classes." in page
    assert not is_closed(quarter)


def test_a_part_of_a_closed_year_points_to_the_year(pat, school, quarter):
    close(pat, school.algebra.term)
    page = text_of(pat.get(f"/office/terms/{quarter.public_id}"))
    assert "It is part of 2026–27, which is closed." in page
    answer = pat.post(f"/office/terms/{quarter.public_id}/reopening", data={"reason": "Only this"})
    assert "Reopen 2026–27 instead." in text_of(followed(pat, answer))
    assert is_closed(quarter)


def test_title_and_dates_can_be_changed(pat, school, quarter):
    address = f"/office/terms/{quarter.public_id}"
    data = {"seen": seen_on(pat.get(address)), "parent": school.algebra.term.public_id, "title": "First quarter"}
    saved = pat.post(address, data={**data, **DAYS, **day("last_day", date(2026, 10, 16))})
    assert "First quarter is saved." in text_of(followed(pat, saved))
    assert db.session.get_one(AcademicSession, quarter.id).ends_on == date(2026, 10, 17)


def test_dates_that_overlap_name_both(pat, school, quarter):
    rosters.add_session(
        school.oak, SessionKind.GRADING_PERIOD, "Quarter 2", date(2026, 10, 12), date(2027, 1, 30), NOW,
        actor_id=school.pat.id, parent=school.algebra.term,
    )  # fmt: skip
    address = f"/office/terms/{quarter.public_id}"
    data = {"seen": seen_on(pat.get(address)), "parent": school.algebra.term.public_id, "title": "Quarter 1"}
    refused = pat.post(address, data={**data, **DAYS, **day("last_day", date(2026, 10, 12))})
    assert refused.status_code == 422
    assert "The dates of Quarter 1 overlap with those of Quarter 2. Change one of them." in text_of(refused)


def test_two_people_changing_a_term_see_both_versions(pat, school, quarter):
    address = f"/office/terms/{quarter.public_id}"
    seen = seen_on(pat.get(address))
    data = {"seen": seen, "parent": school.algebra.term.public_id, **DAYS}
    pat.post(address, data={**data, "title": "First quarter"})
    answer = pat.post(address, data={**data, "title": "Autumn"})
    assert answer.status_code == 409
    assert "First quarter" in text_of(answer)
    assert "Autumn" in text_of(answer)


def test_a_closed_term_keeps_its_dates_and_may_get_another_title(pat, school, quarter):
    close(pat, quarter)
    address = f"/office/terms/{quarter.public_id}"
    data = {"seen": seen_on(pat.get(address)), "parent": school.algebra.term.public_id, "title": "Q1"}
    assert pat.post(address, data={**data, **DAYS}).status_code == 303
    data["seen"] = seen_on(pat.get(address))
    refused = pat.post(address, data={**data, **DAYS, **day("last_day", date(2026, 10, 12))})
    assert refused.status_code == 422
    assert "Q1 is closed since Wed 14 Oct" in text_of(refused)


def test_a_teacher_who_saves_into_a_closed_class_is_told_who_can_open_it(pat, sign_in, school):
    close(pat, school.algebra.term)
    rivera = sign_in(school.rivera)
    answer = rivera.post(
        f"/teacher/assignments/{school.quiz.public_id}/hiding", data={"seen": str(school.algebra.last_seq)}
    )
    assert answer.status_code == 409
    assert "2026–27 is closed since Wed 14 Oct" in text_of(answer)
    assert "The office of Oak School can reopen it." in text_of(answer)
    assert school.quiz.posted_at is not None


def test_a_student_joins_after_the_closed_quarter_and_not_inside_it(pat, school, quarter):
    close(pat, quarter)
    address = f"/office/classes/{school.algebra.public_id}/students/new"
    inside = pat.post(address, data={"person": school.zoe.public_id, **day("begins_on", date(2026, 9, 9))})
    assert inside.status_code == 422
    assert "Quarter 1 is closed since" in text_of(inside)
    after = pat.post(address, data={"person": school.zoe.public_id, **day("begins_on", date(2026, 10, 12))})
    assert after.status_code == 303
