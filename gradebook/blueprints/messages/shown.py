"""A conversation as one person sees it."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from gradebook.clock import day_in
from gradebook.models import Conversation
from gradebook.policy.conversations import Closed, Correspondence, Standing
from gradebook.policy.person import Person
from gradebook.services.messaging import ConversationLine, MessageLine, MessagePage

CONVERSATIONS_BESIDE = 25
"""Rows of the list that stands beside a conversation."""


@dataclass(frozen=True)
class Sides:
    """Who writes to whom about which child, and who else can read it: named before anything is written."""

    student: Any
    section: Any
    partners: list[str]
    relationship: str
    """What the partner is to the child, where the partner is a guardian."""
    readers: list[str]


@dataclass(frozen=True)
class Shown:
    """An open conversation."""

    conversation: Conversation
    sides: Sides
    page: MessagePage
    days: list[tuple[date, list[MessageLine]]]
    today: date
    timezone: str
    closed: Closed | None
    unread_from: int | None
    """The number of the first message that is new to the reader."""


def sides_of_pair(pair: Correspondence, person: Person) -> Sides:
    """The two sides of a conversation that may be begun."""
    return _sides(person, pair.student, pair.section, pair.guardian, list(pair.teachers), True, pair.relationship)


def sides_of(conversation: Conversation, standing: Standing, person: Person) -> Sides:
    """The two sides of a conversation, as they stand today."""
    return _sides(
        person,
        conversation.student,
        conversation.section,
        conversation.guardian,
        list(standing.teachers),
        standing.guardian_reads,
        standing.relationship,
    )


def _sides(
    person: Person,
    student: Any,
    section: Any,
    guardian: Any,
    teachers: list[Any],
    guardian_reads: bool,
    relationship: str,
) -> Sides:
    is_guardian = guardian.id == person.id
    readers = [*teachers, *([guardian] if guardian_reads else [])]
    partners = [teacher.display_name for teacher in teachers] if is_guardian else [guardian.display_name]
    return Sides(
        student=student,
        section=section,
        partners=partners or [_("the teachers of %(class)s", **{"class": section.title})],
        relationship="" if is_guardian else relationship,
        readers=[_("You"), *(reader.display_name for reader in readers if reader.id != person.id)],
    )


def shown(
    conversation: Conversation, standing: Standing, page: MessagePage, person: Person, unread_from: int | None
) -> Shown:
    """Everything the page says, in the time zone of the school."""
    timezone = timezones(person)[conversation.school_id]
    days = groupby(page.lines, key=lambda line: day_in(timezone, line.sent_at))
    return Shown(
        conversation=conversation,
        sides=sides_of(conversation, standing, person),
        page=page,
        days=[(day, list(lines)) for day, lines in days],
        today=day_in(timezone, person.now),
        timezone=timezone,
        closed=standing.closed,
        unread_from=unread_from,
    )


def timezones(person: Person) -> dict[int, str]:
    """The time zone of each school of the role in use."""
    return {role.school_id: role.timezone for role in person.roles_in_use}


def by_child(lines: list[ConversationLine]) -> list[tuple[Any, list[ConversationLine]]]:
    """The conversations of each child together; the child with the newest message first."""
    found: dict[int, tuple[Any, list[ConversationLine]]] = {}
    for line in lines:
        found.setdefault(line.conversation.student_id, (line.conversation.student, []))[1].append(line)
    return list(found.values())
