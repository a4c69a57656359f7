"""Conversations to look at, and what a page's form holds."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Conversation, RoleKind
from gradebook.policy.conversations import correspondence
from gradebook.services import messaging
from gradebook.services.accounts import person_acting_as


@pytest.fixture
def talk(school, clock) -> Callable[..., str]:
    """talk("dana", "maya", "algebra", ("dana", "Hello"), …): the address of a conversation with these messages."""

    def talk(guardian: str, student: str, section: str, *lines: tuple[str, str]) -> str:
        person = person_acting_as(school.people[guardian], clock(), RoleKind.PARENT)
        pair = correspondence(person, school.people[student].public_id, school.sections[section].public_id, None)
        opened = messaging.open_conversation(pair, actor_id=person.id, now=clock())
        for author, body in lines or ((guardian, "Hello"),):
            messaging.send(
                opened,
                author_id=school.people[author].id,
                body=body,
                client_key=str(uuid4()),
                now=clock(),
            )
        db.session.commit()
        return f"/messages/{opened.public_id}"

    return talk


@pytest.fixture
def fields() -> Callable[[str], dict[str, str]]:
    """What the form of a message on this page would send, without the CSRF token."""

    def fields(html: str) -> dict[str, str]:
        start = html.index('<form class="composer"')
        form = html[start : html.index("</form>", start)]
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        found.pop("csrf_token")
        typed = re.search(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", form, re.DOTALL)
        return {**{name: unescape(value) for name, value in found.items()}, "body": unescape(typed[1])}

    return fields


@pytest.fixture
def bodies(app) -> Callable[[], list[str]]:
    """All messages there are, in the order of their conversations and numbers."""

    def bodies() -> list[str]:
        from gradebook.models import Message

        return list(db.session.scalars(db.select(Message.body).order_by(Message.conversation_id, Message.seq)))

    return bodies


@pytest.fixture
def how_many(app) -> Callable[[], int]:
    """How many conversations there are."""
    return lambda: db.session.scalar(db.select(db.func.count()).select_from(Conversation))
