"""Rules that must never break are held by the database too."""

from datetime import date

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from gradebook.extensions import db
from gradebook.models import Guardianship


def refused(statement, **values):
    """Whether the database itself refuses a statement."""
    savepoint = db.session.begin_nested()
    try:
        db.session.execute(text(statement) if isinstance(statement, str) else statement, values)
    except IntegrityError:
        return True
    finally:
        savepoint.rollback()
    return False


ROLE = """INSERT INTO roles (user_id, account_kind, school_id, kind, begins_on)
          VALUES (:user, :account_kind, :school, :kind, '2026-09-01')"""


@pytest.mark.parametrize("kind", ["teacher", "parent", "office"])
def test_a_students_account_can_hold_no_other_role(school, kind):
    values = {"user": school.maya.id, "school": school.elm.id, "kind": kind}
    assert refused(ROLE, account_kind="student", **values)
    assert refused(ROLE, account_kind="adult", **values), "nor with a forged kind of account"
    assert not refused(ROLE, account_kind="adult", **{**values, "user": school.dana.id})


def test_an_adults_account_can_hold_no_students_role(school):
    values = {"user": school.dana.id, "school": school.elm.id, "kind": "student"}
    assert refused(ROLE, account_kind="adult", **values)
    assert refused(ROLE, account_kind="student", **values)


def test_a_student_is_nobodys_guardian(school):
    link = insert(Guardianship.__table__).values(
        public_id="x",
        school_id=school.elm.id,
        student_id=school.maya.id,
        relationship="mother",
        begins_on=date(2026, 9, 1),
    )
    assert refused(link.values(guardian_id=school.leo.id, guardian_kind="student"))
    assert refused(link.values(guardian_id=school.leo.id, guardian_kind="adult")), "nor with a forged kind of account"
    assert not refused(link.values(guardian_id=school.erin.id, guardian_kind="adult"))


@pytest.mark.parametrize("points", [-1, 10_000_000])
def test_points_outside_their_bounds_are_refused(school, points):
    statement = "UPDATE scores SET points = :points WHERE student_id = :student"
    assert refused(statement, points=points, student=school.maya.id)
    assert not refused(statement, points=0, student=school.maya.id)


def test_a_score_has_one_form(school):
    assert refused("UPDATE scores SET percent = 9000 WHERE student_id = :student", student=school.maya.id)


def test_a_class_cannot_use_another_schools_course(school):
    statement = "UPDATE sections SET course_id = :course WHERE id = :section"
    assert refused(statement, course=school.botany.course_id, section=school.algebra.id)
    assert not refused(statement, course=school.history.course_id, section=school.algebra.id)
