"""A student's pages, headers and cookies hold nothing about messages, whatever their parents and teachers write."""

import re
from datetime import UTC, datetime

import pytest

from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy import conversations
from gradebook.services import accounts, messaging
from tests.families import asked_pages_of, pages_of

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
TRACES = re.compile(r"messag|inbox|conversation|unread|correspond|SECRET", re.IGNORECASE)


@pytest.fixture
def written(school):
    """Dana and Ms Rivera have written about Maya, and nobody has read it."""
    db.session.commit()
    dana = accounts.person_acting_as(school.dana, NOW, RoleKind.PARENT)
    pair = next(
        pair for pair in conversations.correspondences_of_guardian(dana) if pair.section.id == school.algebra.id
    )
    talk = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOW)
    for author, body in ((school.dana, "SECRET one"), (school.rivera, "SECRET two")):
        messaging.send(talk, author_id=author.id, body=body, client_key=body, now=NOW)
    db.session.commit()
    return talk


def test_nothing_about_messages_reaches_a_student(school, written, sign_in):
    maya = sign_in(school.maya)
    for url in [*pages_of(school.maya, school.algebra)[0], *asked_pages_of(school.algebra)]:
        answer = maya.get(url)
        assert answer.status_code == 200
        assert not TRACES.findall(answer.text)
        assert not TRACES.findall(str(answer.headers))


def test_the_same_people_do_see_their_messages(school, written, sign_in):
    text = sign_in(school.dana).get("/parent/").text
    assert "new message from" in text
