"""The demonstration school has what it promises, the same every time but for its password."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Assignment,
    Enrollment,
    Guardianship,
    OutcomeRating,
    Position,
    Restriction,
    Role,
    RoleKind,
    Score,
    Section,
    SessionKind,
    User,
)
from gradebook.policy.person import Person
from gradebook.services import accounts, messaging
from gradebook.services.demonstration import load_demonstration_school, school_year
from gradebook.services.outcomes import class_outcomes, overview_of


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_it_has_the_people_and_classes_it_promises(demonstration):
    assert count(User, User.account_kind == AccountKind.STUDENT) == 160
    assert count(Role, Role.kind == RoleKind.TEACHER) == 8
    assert count(Section) == 17
    kinds = {kind: count(AcademicSession, AcademicSession.kind == kind) for kind in SessionKind}
    assert kinds == {SessionKind.YEAR: 1, SessionKind.TERM: 2, SessionKind.GRADING_PERIOD: 4}
    full = select(Section.id).where(Section.title == "Maths 7B").scalar_subquery()
    assert count(Assignment, Assignment.section_id == full) == 30


def test_it_has_every_kind_of_score_in_the_full_class(demonstration):
    full = select(Assignment.id).join(Section, Section.id == Assignment.section_id).where(Section.title == "Maths 7B")
    scores = db.session.scalars(select(Score).where(Score.assignment_id.in_(full))).all()
    assert {score.status for score in scores} == {"none", "missing", "excused", "incomplete", "turned_in"}
    assert any(score.late for score in scores)
    assert any(score.percent is not None for score in scores)
    assert any(score.comment for score in scores)
    assert any(score.private_note for score in scores)
    assert count(Assignment, Assignment.id.in_(full), Assignment.posted_at.is_(None)) >= 1
    assert count(Assignment, Assignment.id.in_(full), Assignment.extra_credit) >= 1


def test_one_class_grades_outcomes_with_ratings_on_every_level(demonstration, clock):
    art = db.session.scalars(select(Section).where(Section.grades_outcomes)).one()
    overview = overview_of(class_outcomes(art, clock()))
    levels = {result.level.label for row in overview.rows for result in row.results.values() if result.level}
    assert levels >= {"Meets", "Approaching"}
    assert len(overview.rows) == 32
    statuses = set(db.session.scalars(select(OutcomeRating.status)))
    assert statuses == {"none", "missing", "excused"}
    assert count(Assignment, Assignment.section_id == art.id, Assignment.posted_at.is_(None)) == 1


def test_it_has_the_families_with_a_story(demonstration, clock):
    today = clock().date()
    ana = db.session.scalars(select(User).where(User.username == "ana.gomez")).one()
    assert count(Guardianship, Guardianship.student_id == ana.id) == 2, "separated guardians"
    maria = db.session.scalars(select(User).where(User.username == "maria.gomez")).one()
    assert count(Guardianship, Guardianship.guardian_id == maria.id) == 2, "siblings"
    assert count(Restriction, Restriction.begins_on <= today) == 1
    assert count(Guardianship, Guardianship.ends_on <= today) == 1
    nan = db.session.scalars(select(User).where(User.username == "nan.frost")).one()
    assert nan.password_hash is None
    for position in (Position.CO_TEACHER, Position.SUBSTITUTE):
        assert count(Enrollment, Enrollment.position == position) == 1
    assert count(Enrollment, Enrollment.position == Position.SUBSTITUTE, Enrollment.ends_on > today) == 1


def test_each_role_can_sign_in_and_one_person_has_two(demonstration, clock):
    people = {
        sign_in.role: db.session.scalars(select(User).where(User.username == sign_in.username)).one()
        for sign_in in demonstration
    }
    assert set(people) == {"teacher", "student", "parent", "school office", "teacher and parent"}
    assert len({sign_in.password for sign_in in demonstration}) == 1
    both = accounts.person_of(people["teacher and parent"], clock())
    assert {choice.kind for choice in both.choices} == {RoleKind.TEACHER, RoleKind.PARENT}


@pytest.mark.parametrize(("username", "kind"), [("ortiz", RoleKind.TEACHER), ("maria.gomez", RoleKind.PARENT)])
def test_there_are_unread_messages_on_both_sides(demonstration, clock, username, kind):
    user = db.session.scalars(select(User).where(User.username == username)).one()
    person: Person = accounts.person_acting_as(user, clock(), kind)
    assert messaging.unread_count(person) > 0


def test_it_is_there_in_ten_seconds_with_a_new_password_each_time(app, world, clock):
    started = time.process_time()
    sign_ins = load_demonstration_school(clock())
    db.session.flush()
    assert time.process_time() - started < 10
    world.engine("demonstration")  # in another database it is there already
    assert sign_ins[0].password != world.facts["demonstration"][0].password


@pytest.mark.parametrize("month", range(1, 13))
def test_the_year_has_always_been_running_for_a_while(month):
    today = datetime(2027, month, 15, tzinfo=UTC).date()
    begin, end = school_year(today)
    assert begin.weekday() == 0
    assert begin + timedelta(weeks=11) <= today < end
