"""What was announced, as guardians, teachers and the office find it. Who may read what is the policy's to say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, distinct, func, or_, select, update
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Announcement, AnnouncementRecipient, AnnouncementSection, Message, RoleKind, Section, User
from gradebook.policy import announcements as policy
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person

FIRST_WORDS = 160
ON_A_PAGE = 20


def mark_opened(announcement: Announcement, user_id: int, now: datetime) -> None:
    """Note that this guardian has opened it, the first time."""
    db.session.execute(
        update(AnnouncementRecipient)
        .where(
            AnnouncementRecipient.announcement_id == announcement.id,
            AnnouncementRecipient.user_id == user_id,
            AnnouncementRecipient.opened_at.is_(None),
        )
        .values(opened_at=now)
        .execution_options(synchronize_session=False)
    )


def recipients_of(announcement_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By announcement how many guardians got it, and how many of these have opened it."""
    rows = db.session.execute(
        select(
            AnnouncementRecipient.announcement_id,
            func.count(distinct(AnnouncementRecipient.user_id)),
            func.count(distinct(case((AnnouncementRecipient.opened_at.is_not(None), AnnouncementRecipient.user_id)))),
        )
        .where(AnnouncementRecipient.announcement_id.in_(announcement_ids))
        .group_by(AnnouncementRecipient.announcement_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def answers_of(person: Person, announcement: Announcement) -> int:
    """How many of the conversations of this teacher, or person of the office, have an answer to it."""
    answered = select(func.count(distinct(Message.conversation_id))).where(
        Message.announcement_id == announcement.id, Message.conversation_id.in_(scopes.conversations_of(person))
    )
    return int(db.session.scalar(answered) or 0)


def sections_of(announcement_ids: Sequence[int]) -> dict[int, list[Section]]:
    """By announcement the classes that it was for, by name."""
    rows = db.session.execute(
        select(AnnouncementSection.announcement_id, Section)
        .join(Section, Section.id == AnnouncementSection.section_id)
        .where(AnnouncementSection.announcement_id.in_(announcement_ids))
        .order_by(Section.title, Section.id)
    )
    found: dict[int, list[Section]] = {}
    for key, section in rows:
        found.setdefault(key, []).append(section)
    return found


@dataclass(frozen=True)
class AnnouncementLine:
    """An announcement as a list shows it."""

    announcement: Announcement
    author_name: str
    is_new: bool = False
    """A guardian has not opened it yet."""
    children: list[str] = field(default_factory=list)
    """On whose account a guardian got it."""
    sections: list[Section] = field(default_factory=list)
    sent_to: int = 0
    opened_by: int = 0

    @property
    def first_words(self) -> str:
        """The beginning of what was announced."""
        return self.announcement.body[:FIRST_WORDS]


def announcements(person: Person, *, limit: int = ON_A_PAGE, offset: int = 0) -> list[AnnouncementLine]:
    """What this person may read, the newest first. Guardians are not shown what was recalled."""
    return _lines(person, _shown(person).limit(limit).offset(offset))


def new_for(person: Person, most: int = ON_A_PAGE) -> list[AnnouncementLine]:
    """What this guardian has not opened yet, without the children's names, in one statement."""
    own = policy.received_by(person).where(AnnouncementRecipient.opened_at.is_(None))
    rows = db.session.execute(_shown(person, Announcement.id.in_(own)).limit(most))
    return [AnnouncementLine(row[0], row[1], is_new=True) for row in rows]


def _shown(person: Person, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """(announcement, name of its author), the newest first."""
    query = select(Announcement, User.display_name).join(User, User.id == Announcement.author_id)
    query = query.where(policy.read_by(person), *conditions)
    if person.acts_as(RoleKind.PARENT):
        query = query.where(Announcement.recalled_at.is_(None))
    return query.order_by(func.coalesce(Announcement.sent_at, Announcement.send_at).desc(), Announcement.id.desc())


def _lines(person: Person, query: Any) -> list[AnnouncementLine]:
    rows = db.session.execute(query.options(joinedload(Announcement.school))).all()
    keys = [row[0].id for row in rows]
    if not keys:
        return []
    sections = sections_of(keys)
    if person.acts_as(RoleKind.PARENT):
        own = _own(person, keys)
        return [
            AnnouncementLine(row[0], row[1], own[row[0].id][0], own[row[0].id][1], sections.get(row[0].id, []))
            for row in rows
        ]
    counts = recipients_of(keys)
    none = (0, 0)
    return [
        AnnouncementLine(row[0], row[1], False, [], sections.get(row[0].id, []), *counts.get(row[0].id, none))
        for row in rows
    ]


def _own(person: Person, keys: Sequence[int]) -> dict[int, tuple[bool, list[str]]]:
    """By announcement whether this guardian has it still to open, and on account of which children it came."""
    rows = db.session.execute(
        select(AnnouncementRecipient.announcement_id, AnnouncementRecipient.opened_at, User.called)
        .join(User, User.id == AnnouncementRecipient.student_id)
        .where(AnnouncementRecipient.announcement_id.in_(keys), AnnouncementRecipient.user_id == person.id)
        .order_by(User.name_key, User.id)
    )
    found: dict[int, tuple[bool, list[str]]] = {}
    for key, opened_at, called in rows:
        found.setdefault(key, (opened_at is None, []))[1].append(called)
    return found


def children_of(announcement: Announcement, user_id: int) -> list[str]:
    """The names of the children on whose account this guardian got it."""
    return list(
        db.session.scalars(
            select(User.called)
            .join(AnnouncementRecipient, AnnouncementRecipient.student_id == User.id)
            .where(AnnouncementRecipient.announcement_id == announcement.id, AnnouncementRecipient.user_id == user_id)
            .order_by(User.name_key, User.id)
        )
    )


def unopened(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """Statement: (announcements that this guardian has, those not opened yet), without what was recalled."""
    return (
        select(
            func.count(distinct(AnnouncementRecipient.announcement_id)).label("announcements"),
            func.count(
                distinct(case((AnnouncementRecipient.opened_at.is_(None), AnnouncementRecipient.announcement_id)))
            ).label("unopened"),
        )
        .select_from(AnnouncementRecipient)
        .join(Announcement, Announcement.id == AnnouncementRecipient.announcement_id)
        .where(
            AnnouncementRecipient.user_id == person.id,
            Announcement.recalled_at.is_(None),
            Announcement.id.in_(policy.received_by(person)),
        )
    )


def titles_of(announcement_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """By key the public id and title of announcements that messages answer; nothing of withdrawn and deleted ones."""
    rows = db.session.execute(
        select(Announcement.id, Announcement.public_id, Announcement.title).where(
            Announcement.id.in_(announcement_ids),
            Announcement.recalled_at.is_(None),
            Announcement.purged_at.is_(None),
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


# --- Searching


def find(person: Person, words: Sequence[str], most: int = ON_A_PAGE) -> list[AnnouncementLine]:
    """Of what this person may read the announcements in which each of these words begins one, the newest first."""
    if not words:
        return []
    return _lines(person, _shown(person, *(_has(word) for word in words)).limit(most))


def _has(word: str) -> ColumnElement[bool]:
    begins = Announcement.folded.startswith(word, autoescape=True)
    return or_(begins, Announcement.folded.contains(f" {word}", autoescape=True))
