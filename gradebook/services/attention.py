"""What needs a guardian, for every child: plain rules that the guardian chooses and the page explains.

Everything is made of what the family sees: posted scores, one's own messages, what a teacher asks this guardian.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, false, func, literal, null, select, union_all

from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    Conversation,
    Message,
    Participant,
    RoleKind,
    Section,
    User,
)
from gradebook.policy import announcements, facts, scopes
from gradebook.policy.person import AnyPerson, Person
from gradebook.services import messaging
from gradebook.services.family import LOOK_BACK, Child, FamilyClass, Piece

MOST_SHOWN = 6
"""Lines above the children, those of children whom nothing needs too; the others open under them."""


class Kind(StrEnum):
    """Why a line stands there."""

    ANNOUNCEMENT = "announcement"
    BELOW = "below"
    CONFIRM = "confirm"
    FELL = "fell"
    MESSAGE = "message"
    MISSING = "missing"


class Talk(NamedTuple):
    """A conversation in which this guardian has not read everything, or an announcement not opened yet."""

    public_id: str
    student_id: int
    """Of an announcement one of the children on whose account it came."""
    class_title: str | None
    """Empty for an announcement, None where it is with the school office."""
    sender: str
    sent_at: datetime
    unread: int
    """Messages not read yet; an announcement counts as one."""
    announcement: str | None
    """Its title, where it is one."""
    is_of_office: bool
    """The school office announces it."""


@dataclass(frozen=True)
class Attention:
    """One thing for a guardian to look at."""

    kind: Kind
    child: Child
    classes: list[FamilyClass] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    """The missing work."""
    is_new: bool = False
    """Whether it came in the last two weeks."""
    talk: Talk | None = None
    count: int = 0
    """Scores to confirm."""

    @property
    def rank(self) -> int:
        """What is new comes before what has been so for long."""
        order = (
            (Kind.MISSING, True), (Kind.BELOW, True), (Kind.FELL, True), (Kind.CONFIRM, False), (Kind.MESSAGE, False),
            (Kind.ANNOUNCEMENT, False), (Kind.MISSING, False), (Kind.BELOW, False),
        )  # fmt: skip
        return order.index((self.kind, self.is_new))


# --- The rules


def needing_attention(children: Iterable[Child], talks: Iterable[Talk] = ()) -> list[Attention]:
    """Everything that needs this guardian, the most urgent first; where it is the same, in the children's order."""
    talks = list(talks)
    found = [one for child in children for one in _of_child(child, talks)]
    return sorted(found, key=lambda one: one.rank)


def _of_child(child: Child, talks: list[Talk]) -> Iterable[Attention]:
    yield from _missing(child)
    for one in child.overview.current:
        yield from _grade(child, one)
        if one.section.id in child.to_confirm:
            yield Attention(Kind.CONFIRM, child, [one], count=child.to_confirm[one.section.id])
    for talk in talks:
        if talk.student_id == child.id:
            yield Attention(Kind.ANNOUNCEMENT if talk.announcement else Kind.MESSAGE, child, talk=talk)


def _missing(child: Child) -> Iterable[Attention]:
    days = child.interests.missing_after
    if days is None:
        return
    pieces = [piece for piece in child.overview.missing if _is_missing_for(piece, timedelta(days=days))]
    if pieces:
        is_new = any(piece.shown_since > piece.family_class.now - LOOK_BACK for piece in pieces)
        yield Attention(Kind.MISSING, child, _classes_of(pieces), pieces, is_new)


def _is_missing_for(piece: Piece, time: timedelta) -> bool:
    """Work without a due day counts at once: nothing says that it is recent."""
    return piece.due_at is None or piece.due_at <= piece.family_class.now - time


def _grade(child: Child, one: FamilyClass) -> Iterable[Attention]:
    """A grade below the line that the guardian chose, or else one that fell; never where outcomes are graded: a
    percentage from before counts no more there."""
    current, wanted = None if one.section.grades_outcomes else one.totals.current, child.interests
    if current is None:
        return
    if wanted.below is not None and current < wanted.below:
        yield Attention(Kind.BELOW, child, [one], is_new=one.was is not None and one.was >= wanted.below)
    elif wanted.falls_by is not None and (one.moved or Decimal(0)) <= -wanted.falls_by:
        yield Attention(Kind.FELL, child, [one], is_new=True)


def _classes_of(pieces: list[Piece]) -> list[FamilyClass]:
    return list({piece.family_class.section.id: piece.family_class for piece in pieces}.values())


# --- How the page shows it


@dataclass(frozen=True)
class Glance:
    """The guardian's home: what needs attention, who is all right, and the children in that order."""

    children: list[Child]
    """Those with the most urgent things first."""
    attention: list[Attention]
    other_unread: int = 0
    """Unread messages about children whose grades this guardian does not see."""

    @property
    def shown(self) -> list[Attention]:
        """The lines above the children: one for every child that has any, filled up with the most urgent."""
        first: dict[int, Attention] = {}
        for one in self.attention:
            first.setdefault(one.child.id, one)
        room = MOST_SHOWN - len(first) - len(self.calm)
        others = [one for one in self.attention if one is not first[one.child.id]]
        chosen = {id(one) for one in (*first.values(), *others[: max(room, 0)])}
        return [one for one in self.attention if id(one) in chosen]

    @property
    def more(self) -> list[Attention]:
        """The other lines."""
        shown = {id(one) for one in self.shown}
        return [one for one in self.attention if id(one) not in shown]

    @property
    def calm(self) -> list[Child]:
        """Children with nothing that needs this guardian."""
        busy = {one.child.id for one in self.attention}
        return [child for child in self.children if child.id not in busy]

    def classes_of(self, child: Child) -> list[FamilyClass]:
        """The child's classes of now, those that something is said about first."""
        named = [one.section.id for line in self.attention if line.child is child for one in line.classes]
        return sorted(child.overview.current, key=lambda one: one.section.id not in named)

    @property
    def count(self) -> int:
        """Things that need this guardian."""
        return len(self.attention) + (1 if self.other_unread else 0)


def glance_at(children: list[Child], talks: list[Talk]) -> Glance:
    """What the home of this guardian shows."""
    attention = needing_attention(children, talks)
    urgent = {one.child.id: place for place, one in reversed(list(enumerate(attention)))}
    ordered = sorted(children, key=lambda child: urgent.get(child.id, len(attention)))
    known = {child.id for child in children}
    return Glance(ordered, attention, sum(talk.unread for talk in talks if talk.student_id not in known))


# --- Messages


def unread_talks(person: Person) -> list[Talk] | None:
    """The conversations in which this guardian has not read everything and the announcements not opened yet, the newest
    first, in one statement; no word of what was written. None where messages may not be used: nothing is even asked.
    """
    if not facts.may_use_messages(person):
        return None
    return [Talk(*row) for row in scopes.ask_columns(_unread, person)]


def _unread(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    both = union_all(_unread_conversations(person), _unopened_announcements(person)).subquery()
    return select(both).order_by(both.c.sent_at.desc(), both.c.public_id)


def _unread_conversations(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    newest = and_(
        Message.conversation_id == Conversation.id,
        Message.school_id == Conversation.school_id,
        Message.seq == Conversation.last_seq,
    )
    return (
        select(
            Conversation.public_id,
            Conversation.student_id,
            Section.title,
            messaging.author_name().label("sender"),
            Message.sent_at.label("sent_at"),
            (Conversation.last_seq - Participant.last_read_seq).label("unread"),
            null().label("announcement"),
            false().label("is_of_office"),
        )
        .select_from(Participant)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .outerjoin(Section, Section.id == Conversation.section_id)
        .join(Message, newest)
        .join(User, User.id == Message.author_id)
        .where(
            Participant.user_id == person.id,
            Participant.muted_at.is_(None),
            Conversation.last_seq > Participant.last_read_seq,
            Conversation.id.in_(scopes.conversations_of(person)),
        )
    )


def _unopened_announcements(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """Each once, beside the first of the children on whose account it came."""
    own = (
        announcements.received_by(person)
        .add_columns(func.min(AnnouncementRecipient.student_id).label("student_id"))
        .where(AnnouncementRecipient.opened_at.is_(None))
        .group_by(AnnouncementRecipient.announcement_id)
        .subquery()
    )
    return (
        select(
            Announcement.public_id,
            own.c.student_id,
            literal(""),
            User.display_name,
            Announcement.sent_at,
            literal(1),
            Announcement.title,
            Announcement.role_kind == RoleKind.OFFICE,
        )
        .select_from(own)
        .join(Announcement, Announcement.id == own.c.announcement_id)
        .join(User, User.id == Announcement.author_id)
        .where(Announcement.recalled_at.is_(None))
    )
