"""The outbox: for each message a row for everyone on the other side, in the transaction of the message.

Passing the rows on, by mail or otherwise, is not built yet; `due` lists what would be passed on now, to whom it may go.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, func, insert, or_, select
from sqlalchemy.orm import aliased

from gradebook import actor
from gradebook.clock import day_in
from gradebook.database import UtcDateTime
from gradebook.extensions import db, execute_plain
from gradebook.models import (
    Conversation,
    ConversationKind,
    Draft,
    Enrollment,
    Message,
    MessageKind,
    Notice,
    NoticeKind,
    OfficeHours,
    Participant,
    Role,
    RoleKind,
    School,
    User,
)
from gradebook.policy import conversations as policy
from gradebook.policy import scopes, telling
from gradebook.policy.person import SCHOOL_ROLES
from gradebook.services import accounts, office_hours


@dataclass(frozen=True)
class Told:
    """A participant who is on the other side than the author of a message."""

    conversation_id: int
    user_id: int
    role: RoleKind
    is_muted: bool
    days: office_hours.Days


@dataclass(frozen=True)
class Around:
    """What a message meets in its conversation."""

    timezone: str
    told: list[Told]
    """The other side, today."""
    lacks_staff: bool
    """A teacher of the class, or a person of the office, does not take part yet."""
    has_draft: bool
    """The author has begun to write here."""
    sent: int = 0
    """Messages that the author has sent in this school within the hour; one to many families counts once."""


def around(conversation_ids: Sequence[int], author_id: int, school_id: int, now: datetime) -> Around:
    """What a message of this author meets in these conversations of one school, in one statement."""
    values = {
        "conversations": conversation_ids, "author": author_id, "school": school_id,
        "earliest": (now - timedelta(hours=12)).date(), "hour_ago": now - timedelta(hours=1),
    }  # fmt: skip
    rows = execute_plain(_PARTICIPANTS, values).all()
    if not rows:  # nobody is there yet, not even the author
        return Around("UTC", [], lacks_staff=True, has_draft=True)
    day = day_in(rows[0].timezone, now)
    told = [
        Told(row.conversation_id, row.user_id, row.role_kind, row.muted_at is not None, _days(row))
        for row in rows
        if row.role_kind == RoleKind.PARENT or policy.reads_as_staff(row, day)
    ]
    return Around(rows[0].timezone, told, bool(rows[0].lacks_staff), bool(rows[0].has_draft), rows[0].sent)


def _days(row: Any) -> office_hours.Days:
    return policy.OFFICE_HOURS if row.role_kind == RoleKind.OFFICE else row.days or {}


def tell(found: Around, numbers: dict[int, int], school_id: int, now: datetime) -> None:
    """Write the notices of messages: `numbers` has the number of the message by the key of its conversation.

    The other side is told once of each message: guardians at once, unless they have muted the conversation; teachers
    when their office hours begin, the office on the next day with lessons. The same number of statements for one
    message and for many.
    """
    hours = office_hours.hours_for(school_id, found.timezone, [one.days for one in found.told])
    _write(
        [
            _row(school_id, one.user_id, one.role, now, due_at=when.from_then(now))
            | {"conversation_id": one.conversation_id, "seq": numbers[one.conversation_id]}
            for one, when in zip(found.told, hours, strict=True)
            if not one.is_muted
        ]
    )


def require(
    kind: NoticeKind,
    school_id: int,
    people: Sequence[tuple[int, RoleKind]],
    now: datetime,
    conversation_id: int | None = None,
) -> None:
    """Tell people of an act of the office: at once, whatever they have muted."""
    if not kind.is_required:
        raise ValueError(kind)
    _write(
        [
            _row(school_id, user_id, role, now, due_at=now, kind=kind) | {"conversation_id": conversation_id}
            for user_id, role in people
        ]
    )


def _row(school_id: int, user_id: int, role: RoleKind, now: datetime, **more: Any) -> dict[str, Any]:
    facts = {"school_id": school_id, "recipient_id": user_id, "role_kind": role, "created_at": now, "seq": 0}
    return facts | {"kind": NoticeKind.MESSAGE} | more


_INSERT = insert(cast(Table, Notice.__table__))


def _write(rows: list[dict[str, Any]]) -> None:
    if rows:
        execute_plain(_INSERT, rows)


_author, _place = aliased(Participant), aliased(Enrollment)
_teacher, _one, _known = aliased(Enrollment), aliased(Role), aliased(Participant)
_LACKS_TEACHERS = (
    select(_teacher.id)
    .outerjoin(_known, and_(_known.conversation_id == Conversation.id, _known.user_id == _teacher.user_id))
    .where(
        _teacher.section_id == Conversation.section_id,
        _teacher.role_kind == RoleKind.TEACHER,
        or_(_teacher.ends_on.is_(None), _teacher.ends_on > bindparam("earliest")),
        _known.user_id.is_(None),
        ~scopes.is_guardian_by_any_date(_teacher.user_id, Conversation.student_id),
    )
    .correlate(Conversation)
    .exists()
)
_LACKS_OFFICE = and_(
    Conversation.kind == ConversationKind.OFFICE,
    select(_one.id)
    .outerjoin(_known, and_(_known.conversation_id == Conversation.id, _known.user_id == _one.user_id))
    .where(
        _one.school_id == Conversation.school_id,
        _one.kind == RoleKind.OFFICE,
        or_(_one.ends_on.is_(None), _one.ends_on > bindparam("earliest")),
        _known.user_id.is_(None),
        ~scopes.is_guardian_by_any_date(_one.user_id, Conversation.student_id),
    )
    .correlate(Conversation)
    .exists(),
)
_HAS_DRAFT = (
    select(Draft.user_id)
    .where(Draft.conversation_id == Conversation.id, Draft.user_id == bindparam("author"))
    .correlate(Conversation)
    .exists()
)
_SENT = (
    select(func.count(Message.client_key.distinct()))
    .where(
        Message.school_id == bindparam("school"),
        Message.sent_at > bindparam("hour_ago", type_=UtcDateTime),
        Message.author_id + 0 == bindparam("author"),  # so that the index by time is used: an author may have thousands
        Message.kind == MessageKind.TEXT,
    )
    .scalar_subquery()
)
_PARTICIPANTS = (
    select(
        Participant.conversation_id, Participant.user_id, Participant.role_kind, Participant.muted_at,
        School.timezone, OfficeHours.days, _place.begins_on, _place.ends_on,
        Role.begins_on.label("role_begins_on"), Role.ends_on.label("role_ends_on"),
        scopes.is_guardian_by_any_date(Participant.user_id, Conversation.student_id).label("is_guardian"),
        or_(_LACKS_TEACHERS, _LACKS_OFFICE).label("lacks_staff"), _HAS_DRAFT.label("has_draft"),
        _SENT.label("sent"),
    )
    .select_from(Participant)
    .join(Conversation, Conversation.id == Participant.conversation_id)
    .join(School, School.id == Conversation.school_id)
    .join(_author, and_(_author.conversation_id == Conversation.id, _author.user_id == bindparam("author")))
    .join(User, and_(User.id == Participant.user_id, User.deactivated_at.is_(None)))
    .join(
        Role,
        and_(
            Role.user_id == Participant.user_id,
            Role.school_id == Participant.school_id,
            Role.kind == Participant.role_kind,
        ),
    )
    .outerjoin(
        _place,
        and_(
            _place.section_id == Conversation.section_id,
            _place.user_id == Participant.user_id,
            _place.role_kind == RoleKind.TEACHER,
        ),
    )
    .outerjoin(
        OfficeHours,
        and_(
            OfficeHours.user_id == Participant.user_id,
            OfficeHours.school_id == Participant.school_id,
            Participant.role_kind == RoleKind.TEACHER,
        ),
    )
    .where(
        Participant.conversation_id.in_(bindparam("conversations", expanding=True)),
        Participant.role_kind != _author.role_kind,
        # Elsewhere a person of the office is there for a line of the system alone.
        or_(Participant.role_kind != RoleKind.OFFICE, Conversation.kind == ConversationKind.OFFICE),
    )
    .order_by(Participant.conversation_id, Participant.user_id)
)  # fmt: skip


# --- Passing them on


def due(now: datetime, since: datetime | None = None) -> list[Notice]:
    """What is to be passed on by now (of what came due after a moment), the oldest first.

    What its recipient may not read any more is deleted instead: of a teacher who has left without a successor, of a
    guardian whose link has ended, of an account that is locked. Two or three statements for each recipient.
    """
    query = select(Notice).where(Notice.due_at <= now)
    if since is not None:
        query = query.where(Notice.due_at > since)
    rows = db.session.scalars(query.order_by(Notice.due_at, Notice.id)).all()
    told = {one.id for own in _by_recipient(rows) for one in _still_told(own, now)}
    db.session.execute(delete(Notice).where(Notice.id.in_([row.id for row in rows if row.id not in told])))
    return [row for row in rows if row.id in told]


def _by_recipient(rows: Sequence[Notice]) -> Iterable[list[Notice]]:
    found: dict[tuple[Any, ...], list[Notice]] = defaultdict(list)
    for row in rows:
        found[row.recipient_id, row.role_kind, row.school_id].append(row)
    return found.values()


def _still_told(own: list[Notice], now: datetime) -> list[Notice]:
    """Those of one recipient that may be told, as the database too answers this person."""
    first = own[0]
    school_id = first.school_id if first.role_kind in SCHOOL_ROLES else None
    with actor.acting_as(first.recipient_id, now):
        user = db.session.get_one(User, first.recipient_id)
        return telling.still_told(accounts.person_acting_as(user, now, first.role_kind, school_id), own)


def forget_pointless(now: datetime, since: datetime) -> None:
    """Delete what came due since then for people who may not read it any more."""
    due(now, since)
