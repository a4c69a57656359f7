"""The outbox: one row for each message and everyone on the other side, in its transaction, due when they are told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.models import Enrollment, Notice, NoticeKind, Position, RoleKind
from gradebook.policy.conversations import correspondence
from gradebook.services import message_rules, messaging, notices, office_hours, rosters
from gradebook.services.accounts import person_acting_as
from gradebook.services.messaging import Letter, OtherBody
from tests.school import TODAY, enroll

MORNING = datetime(2026, 10, 14, 12, tzinfo=UTC)  # 08:00 in New York, of the `clock` fixture
EVENING = datetime(2026, 10, 14, 23, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 10, 15, 13, tzinfo=UTC)


def opened(school, now):
    person = person_acting_as(school.dana, now, RoleKind.PARENT)
    pair = correspondence(person, school.maya.public_id, school.algebra.public_id, None)
    return messaging.open_conversation(pair, actor_id=person.id, now=now)


@pytest.fixture
def talk(school, clock):
    return opened(school, clock())


@pytest.fixture
def send(talk, clock):
    def send(author, body="Hello", key=None):
        return messaging.send(talk, author_id=author.id, body=body, client_key=key or str(uuid4()), now=clock())

    return send


def told(school) -> list[tuple[str, int, datetime]]:
    """Whom, of which message, when."""
    names = {user.id: name for name, user in school.people.items()}
    rows = db.session.scalars(select(Notice).order_by(Notice.seq, Notice.recipient_id))
    return [(names[row.recipient_id], row.seq, row.due_at) for row in rows]


def test_a_guardians_message_is_told_to_each_teacher_of_today_once(school, send):
    send(school.dana)
    assert sorted(told(school)) == [("cole", 1, MORNING), ("rivera", 1, MORNING)]


def test_a_teachers_message_is_told_to_the_guardian_and_not_to_colleagues(school, send):
    send(school.rivera)
    assert told(school) == [("dana", 1, MORNING)]


def test_a_message_that_is_sent_again_is_told_once(school, send):
    for _time in range(3):
        send(school.rivera, "Hello", "one key")
    with pytest.raises(OtherBody):
        send(school.rivera, "Other words", "one key")
    assert told(school) == [("dana", 1, MORNING)]


def test_what_is_rolled_back_is_not_told(school, talk, send):
    db.session.commit()
    send(school.dana)
    db.session.rollback()
    assert told(school) == []


def test_the_notice_of_a_teacher_waits_for_the_hours_and_the_message_does_not(school, talk, send, clock):
    office_hours.set_own_days(school.rivera.id, school.oak.id, {str(day): [540, 960] for day in range(5)})
    clock.set(EVENING)
    number = send(school.dana)
    assert messaging.messages_of(talk, school.rivera.id).last_seq == number
    assert sorted(told(school)) == [("cole", 1, EVENING), ("rivera", 1, NEXT_MORNING)]
    assert [row.recipient_id for row in notices.due(NEXT_MORNING - timedelta(seconds=1))] == [school.cole.id]
    assert {row.recipient_id for row in notices.due(NEXT_MORNING)} == {school.cole.id, school.rivera.id}


def test_who_has_left_without_a_successor_is_told_nothing(school, talk, send, clock):
    """Of what was held for them the row goes, by whoever passes notices on or by the sweep of the night."""
    office_hours.set_own_days(school.rivera.id, school.oak.id, {str(day): [540, 960] for day in range(5)})
    office_hours.set_own_days(school.cole.id, school.oak.id, {str(day): [540, 960] for day in range(5)})
    clock.set(EVENING)
    send(school.dana)
    place = db.session.query(Enrollment).filter_by(user_id=school.rivera.id, section_id=school.algebra.id).one()
    rosters.end_enrollment(place, TODAY, clock(), actor_id=school.pat.id)
    db.session.commit()
    assert {name for name, _seq, _due in told(school)} == {"cole", "rivera"}
    notices.forget_pointless(NEXT_MORNING, NEXT_MORNING - timedelta(days=3))
    db.session.commit()
    assert {name for name, _seq, _due in told(school)} == {"cole"}
    assert [row.recipient_id for row in notices.due(NEXT_MORNING)] == [school.cole.id]
    assert notices.due(NEXT_MORNING, since=NEXT_MORNING) == []
    school.cole.deactivated_at = NEXT_MORNING
    db.session.commit()
    assert notices.due(NEXT_MORNING) == []
    assert told(school) == []


def test_a_guardian_is_told_as_long_as_the_link_gives_messages(school, talk, send, clock):
    send(school.rivera)
    message_rules.close_writing(school.dana, school.oak, "Call us first.", clock(), actor_id=school.pat.id)
    db.session.commit()
    assert {(row.recipient_id, row.kind) for row in notices.due(MORNING)} == {
        (school.dana.id, NoticeKind.MESSAGE), (school.dana.id, NoticeKind.WRITING_CLOSED),
    }  # fmt: skip
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    assert [row.kind for row in notices.due(MORNING)] == [NoticeKind.WRITING_CLOSED]


def test_it_waits_through_the_schools_days_off(school, talk, send, clock):
    office_hours.set_own_days(school.rivera.id, school.oak.id, {str(day): [540, 960] for day in range(7)})
    off = Span(TODAY, TODAY + timedelta(days=3))
    office_hours.add_days_off(school.oak, "Break", off, clock(), actor_id=school.pat.id)
    send(school.dana)
    assert {name: due for name, _seq, due in told(school)} == {
        "cole": MORNING,
        "rivera": datetime(2026, 10, 17, 13, tzinfo=UTC),
    }


def test_a_muted_guardian_is_told_of_no_message_but_of_what_the_office_does(school, talk, send, clock):
    dana = person_acting_as(school.dana, clock(), RoleKind.PARENT)
    message_rules.set_muted(dana, talk, True, clock())
    send(school.rivera)
    assert told(school) == []
    message_rules.close_writing(school.dana, school.oak, "Call us first.", clock(), actor_id=school.pat.id)
    assert [(row.recipient_id, row.kind) for row in db.session.scalars(select(Notice))] == [
        (school.dana.id, NoticeKind.WRITING_CLOSED)
    ]
    message_rules.set_muted(dana, talk, False, clock())
    send(school.rivera)
    assert ("dana", 2, MORNING) in told(school)


def test_a_message_is_no_required_notice(school, clock):
    with pytest.raises(ValueError, match="message"):
        notices.require(NoticeKind.MESSAGE, school.oak.id, [(school.dana.id, RoleKind.PARENT)], clock())


def test_who_does_not_read_is_not_told(school, talk, send, clock):
    """A place that has ended, one that begins tomorrow, and a teacher who is the child's guardian by now."""
    place = db.session.scalars(select(Enrollment).where(Enrollment.user_id == school.cole.id)).one()
    place.ends_on = TODAY
    enroll(school.osei, school.algebra, Position.CO_TEACHER, TODAY + timedelta(days=1))
    db.session.flush()
    send(school.dana)
    assert told(school) == [("rivera", 1, MORNING)]


def test_letters_to_many_families_are_told_each_once(school, clock):
    letters = [Letter(school.maya.id, school.dana.id, "Hello"), Letter(school.leo.id, school.erin.id, "Hello")]
    send = {"author_id": school.rivera.id, "client_key": "one key", "now": clock()}
    for _time in range(2):
        messaging.send_to_each(school.algebra, letters, **send)
    assert sorted(told(school)) == [("dana", 1, MORNING), ("erin", 1, MORNING)]


def test_no_student_can_be_told(school, clock):
    with pytest.raises(IntegrityError):
        notices.require(NoticeKind.WRITING_CLOSED, school.oak.id, [(school.maya.id, RoleKind.STUDENT)], clock())


def test_a_message_costs_the_same_for_one_teacher_and_for_many(school, talk, send, count_statements):
    send(school.dana)
    with count_statements() as few:
        send(school.dana)
    for user in (school.osei, school.tess):
        enroll(user, school.algebra, Position.CO_TEACHER)
    send(school.dana)
    with count_statements() as many:
        send(school.dana)
    assert len(many) == len(few) == 5
