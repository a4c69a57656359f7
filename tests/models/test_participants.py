"""A student takes no part in a conversation, whatever the application does: the database itself refuses."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy.conversations import correspondence
from gradebook.services import messaging
from gradebook.services.accounts import person_acting_as

PARTICIPANT = """
    INSERT INTO participants (conversation_id, user_id, school_id, role_kind, joined_at, last_read_seq)
    VALUES (:conversation, :user, :school, :role, '2026-10-14 12:00:00', 0)
"""
ROLE = """
    INSERT INTO roles (user_id, account_kind, school_id, kind, begins_on)
    VALUES (:user, :account, :school, :role, '2026-08-31')
"""
MESSAGE = """
    INSERT INTO messages (school_id, conversation_id, seq, author_id, kind, body, sent_at, client_key)
    VALUES (:school, :conversation, 7, :user, 'text', 'Hello', '2026-10-14 12:00:00', 'key')
"""


@pytest.fixture
def conversation(school, clock):
    dana = person_acting_as(school.dana, clock(), RoleKind.PARENT)
    pair = correspondence(dana, school.maya.public_id, school.algebra.public_id, None)
    opened = messaging.open_conversation(pair, actor_id=dana.id, now=clock())
    db.session.commit()
    return opened


def refused(statement: str, **values) -> str:
    """What the database says no with."""
    with pytest.raises(IntegrityError) as error, db.session.begin_nested():
        db.session.execute(text(statement), values)
    return str(error.value)


def test_a_teacher_can_be_put_in_by_hand(school, conversation):
    """The statement itself is right: what follows is refused for its student."""
    values = {"conversation": conversation.id, "user": school.osei.id, "school": school.oak.id, "role": "teacher"}
    with db.session.begin_nested():
        db.session.execute(text(PARTICIPANT), values)


@pytest.mark.parametrize("role", ["student", "parent", "teacher", "office"])
@pytest.mark.parametrize("name", ["maya", "leo"])
def test_a_student_cannot_be_put_in_under_any_role(school, conversation, name, role):
    student = school.people[name]
    refused(PARTICIPANT, conversation=conversation.id, user=student.id, school=school.oak.id, role=role)


@pytest.mark.parametrize("account", ["adult", "student"])
@pytest.mark.parametrize("role", ["parent", "teacher", "office"])
def test_the_role_that_would_admit_a_student_cannot_be_forged(school, account, role):
    refused(ROLE, user=school.maya.id, account=account, school=school.oak.id, role=role)


def test_a_student_does_not_become_an_adult_by_an_update(school):
    refused("UPDATE users SET account_kind = 'adult' WHERE id = :user", user=school.maya.id)


def test_a_participant_does_not_become_a_student_by_an_update(school, conversation):
    refused(
        "UPDATE participants SET user_id = :user WHERE conversation_id = :conversation AND user_id = :dana",
        user=school.maya.id,
        conversation=conversation.id,
        dana=school.dana.id,
    )


def test_who_takes_no_part_cannot_be_the_author_of_a_message(school, conversation):
    for name in ("maya", "chris", "osei"):
        refused(MESSAGE, school=school.oak.id, conversation=conversation.id, user=school.people[name].id)


def test_who_takes_part_can_be_the_author_of_a_message(school, conversation):
    db.session.execute(
        text(MESSAGE), {"school": school.oak.id, "conversation": conversation.id, "user": school.cole.id}
    )


ANOTHER = """INSERT INTO conversations (public_id, school_id, key, kind, student_id, student_kind, section_id,
    guardian_id, created_by, created_at, last_seq, last_change, is_joint)
    SELECT 'another', school_id, 'another', kind, :user, student_kind, section_id, guardian_id, created_by, created_at,
    0, 0, is_joint FROM conversations WHERE id = :conversation"""


def test_a_conversation_is_about_a_student(school, conversation):
    refused(ANOTHER, user=school.chris.id, conversation=conversation.id)
    db.session.execute(text(ANOTHER), {"user": school.leo.id, "conversation": conversation.id})


def test_a_conversation_stays_what_it_is(school, conversation):
    with pytest.raises(DBAPIError, match="a conversation stays what it is"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE conversations SET student_id = :user WHERE id = :conversation"),
            {"user": school.leo.id, "conversation": conversation.id},
        )
