"""The demonstration school has what it promises, the same every time but for its password."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Announcement,
    AnnouncementState,
    Assignment,
    AuditEntry,
    Enrollment,
    Guardianship,
    Job,
    Message,
    MessageKind,
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
from gradebook.services import accounts, announced, announcements, approvals, audit_chain, messaging, reports, reviews
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


def acting(username, clock, kind):
    """This person, for whom the database is asked too."""
    user = db.session.scalars(select(User).where(User.username == username)).one()
    actor.acts(user.id, clock())
    return accounts.person_acting_as(user, clock(), kind)


def test_families_have_announcements_and_two_answer_in_private(demonstration, clock):
    """One to a class, one to the school; a planned one is for its author and waits for the worker."""
    maria = acting("maria.gomez", clock, RoleKind.PARENT)
    assert [line.announcement.title for line in announced.announcements(maria)] == [
        "Maths evening in room 12",
        "No cars at the school gate",
    ]
    ortiz = acting("ortiz", clock, RoleKind.TEACHER)
    planned, sent = announced.announcements(ortiz)[:2]
    assert planned.announcement.state == AnnouncementState.SCHEDULED
    assert count(Job, Job.kind == announcements.JOB, Job.run_at == planned.announcement.send_at) == 1
    assert 0 < sent.opened_by < sent.sent_to
    answers = select(func.count(Message.conversation_id.distinct())).where(Message.announcement_id.is_not(None))
    assert db.session.scalar(answers) == 2, "each in a conversation of its own"


def test_the_office_finds_a_report_two_reviews_and_something_to_agree_to(demonstration, clock):
    pat = acting("office", clock, RoleKind.OFFICE)
    (waiting,) = reports.queue(pat)
    assert waiting.author == "Peter Vargas"
    shown = reports.shown(waiting.report)
    assert [message.seq for message in shown] == [2, 3, 4, 5, 6], "with what stands around it"
    still_open, closed = reviews.all_of(pat)
    assert still_open.is_open(clock().date())
    assert closed.said_at is not None
    assert approvals.count_for(pat, clock()) == 1
    jo = acting("office2", clock, RoleKind.OFFICE)
    assert reports.queue(jo) == [], "whoever watches reads no message"
    assert len(reviews.all_of(jo)) == 2


def test_the_conversation_of_the_closed_review_says_so(demonstration, clock):
    acting("maria.gomez", clock, RoleKind.PARENT)
    (line,) = db.session.scalars(select(Message).where(Message.kind == MessageKind.SYSTEM))
    assert line.body.startswith(reviews.LINE)
    assert line.seq == 5


def test_what_was_done_stands_in_the_log_and_in_its_chain(demonstration):
    acts = set(db.session.scalars(select(AuditEntry.act)))
    of_messages = {"announcement.sent", "announcement.scheduled", "oversight.duty_changed", "report.made"}
    of_reviews = {"review.opened", "review.read", "review.noted", "review.closed", "review.said", "approval.asked"}
    assert of_messages | of_reviews <= acts
    assert audit_chain.verify().broken is None


def test_a_student_is_shown_nothing_of_messages(demonstration, sign_in):
    client = sign_in(db.session.scalars(select(User).where(User.username == "ana.gomez")).one())
    words = [*db.session.scalars(select(Announcement.title)), "Maria Gomez", "reading group", "essage", "nnouncement"]
    for address in ("/student/", "/student/calendar", "/student/?news=all"):
        page = client.get(address)
        assert page.status_code == 200
        assert [each for each in words if each in page.text] == []
    assert client.get("/messages/").status_code in (403, 404)


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
