"""Announcements: written once, given to each guardian for itself. Whoever calls has asked the policy first.

Who gets one is worked out when it is sent, by the policy of messages, in the transaction that sends it; what tells the
guardians of it (notices) is written there too, and is due only when it can no longer be recalled.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, select, update

from gradebook.database import UtcDateTime, enum_column
from gradebook.extensions import db
from gradebook.live.notices import notice
from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    AnnouncementSection,
    AnnouncementState,
    Notice,
    NoticeKind,
    RoleKind,
    User,
)
from gradebook.policy import announcements as policy
from gradebook.policy.announcements import RECALL_FOR, Audience, Receiving
from gradebook.policy.person import Person
from gradebook.services import audit, queue
from gradebook.services.accounts import person_acting_as
from gradebook.services.announced import recipients_of, sections_of

LONGEST_TITLE = 120
MOST_AN_HOUR = 20
"""Announcements of one author in one school."""
JOB = "send_announcement"
LOOK_AGAIN = timedelta(minutes=5)
"""Until what waits for the end of a stop is tried again."""


class OtherWords(ValueError):
    """The same key was used before for another announcement."""


class TooMany(ValueError):
    """More announcements in an hour than one person may send."""


class Nobody(ValueError):
    """No guardian would get it."""


@dataclass(frozen=True)
class Family:
    """A student and who would get an announcement on their account."""

    student: User
    guardians: list[Receiving]
    is_own: bool = False
    """The author was ever recorded as the student's guardian: another teacher or the office writes to this family."""


@dataclass(frozen=True)
class Preview:
    """Who would get it now."""

    families: list[Family]

    @property
    def reached(self) -> list[Family]:
        """Families in which somebody gets it."""
        return [family for family in self.families if family.guardians]

    @property
    def left_out(self) -> list[Family]:
        """Families in which nobody does."""
        return [family for family in self.families if not family.guardians]

    @property
    def count(self) -> int:
        """Guardians: one of several children gets it once."""
        return len({one.guardian.id for family in self.families for one in family.guardians})

    @property
    def mark(self) -> str:
        """Another text when somebody else would get it."""
        pairs = sorted((one.guardian.id, one.student.id) for family in self.families for one in family.guardians)
        return sha256(repr(pairs).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Draft:
    """What is to be announced."""

    title: str
    body: str
    client_key: str
    send_at: datetime | None = None
    """None: now."""


# --- Before it is sent


def preview(person: Person, audience: Audience) -> Preview:
    """Who would get it now, and in which families nobody would; in two statements."""
    by_student: dict[int, list[Receiving]] = {}
    for one in policy.receiving(person, audience):
        by_student.setdefault(one.student.id, []).append(one)
    students = policy.students_meant(person, audience)
    return Preview([Family(student, by_student.get(student.id, []), is_own) for student, is_own in students])


# --- Sending


def announce(person: Person, audience: Audience, draft: Draft, now: datetime) -> Announcement:
    """Send it, or plan to; the same key twice is one announcement.

    Raises OtherWords if the key was used for something else, TooMany above the limit, Nobody where no guardian would
    get it now; then nothing was written.
    """
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))  # one at a time
    before = _sent_with(person, audience, draft)
    if before is not None:
        return before
    _keep_to_the_limit(person.id, audience.school_id, now)
    announcement = _written(person, audience, draft, now)
    if draft.send_at is not None:
        queue.enqueue(
            JOB, draft.send_at, key=f"announcement {announcement.id}", announcement=announcement.id, author=person.id
        )
        _note("announcement.scheduled", announcement, audience, now, send_at=draft.send_at.isoformat())
        return announcement
    if not _send(person, announcement, audience, now):
        raise Nobody
    return announcement


def was_sent(person: Person, audience: Audience, draft: Draft) -> bool:
    """Whether just this was announced before under its key. Raises OtherWords where the key announced another one."""
    return _sent_with(person, audience, draft) is not None


def _sent_with(person: Person, audience: Audience, draft: Draft) -> Announcement | None:
    found = db.session.scalar(
        select(Announcement).where(
            Announcement.school_id == audience.school_id,
            Announcement.author_id == person.id,
            Announcement.client_key == draft.client_key,
        )
    )
    if found is None:
        return None
    keys = [section.id for section in sections_of([found.id]).get(found.id, [])]
    same = (found.title, found.body, found.to_school, sorted(keys))
    is_planned = found.send_at != found.created_at
    if same != (draft.title, draft.body, audience.to_school, audience.section_ids):
        raise OtherWords(draft.client_key)
    if is_planned != (draft.send_at is not None) or (is_planned and found.send_at != draft.send_at):
        raise OtherWords(draft.client_key)
    return found


def _keep_to_the_limit(author_id: int, school_id: int, now: datetime) -> None:
    count = db.session.scalar(
        select(func.count())
        .select_from(Announcement)
        .where(
            Announcement.school_id == school_id,
            Announcement.author_id == author_id,
            Announcement.created_at > now - timedelta(hours=1),
        )
    )
    if (count or 0) >= MOST_AN_HOUR:
        raise TooMany


def _written(person: Person, audience: Audience, draft: Draft, now: datetime) -> Announcement:
    assert person.acting is not None  # noqa: S101 - asked by the policy
    announcement = Announcement(
        school_id=audience.school_id,
        author_id=person.id,
        role_kind=person.acting.kind,
        to_school=audience.to_school,
        title=draft.title,
        body=draft.body,
        client_key=draft.client_key,
        created_at=now,
        send_at=draft.send_at or now,
        last_change=1,
    )
    db.session.add(announcement)
    db.session.flush()
    rows = [
        {"announcement_id": announcement.id, "section_id": key, "school_id": audience.school_id}
        for key in audience.section_ids
    ]
    if rows:
        db.session.execute(insert(AnnouncementSection), rows)
    return announcement


def _send(person: Person, announcement: Announcement, audience: Audience, now: datetime) -> int:
    """Give it to everyone who gets it now. Returns how many; nothing is sent where that is nobody."""
    _give(person, announcement, audience)
    count = recipients_of([announcement.id]).get(announcement.id, (0, 0))[0]
    if count:
        announcement.sent_at = now
        _tell(announcement, now)
        _note("announcement.sent", announcement, audience, now, guardians=count)
        _move_on(announcement)
    return count


def _give(person: Person, announcement: Announcement, audience: Audience) -> None:
    """A row for each guardian and child, in one statement however many there are."""
    query = policy.receivers(person, audience).add_columns(
        literal(announcement.id), literal(announcement.school_id), _role(RoleKind.PARENT)
    )
    columns = ["user_id", "student_id", "announcement_id", "school_id", "role_kind"]
    db.session.execute(insert(AnnouncementRecipient.__table__).from_select(columns, query))  # type: ignore[arg-type]


def _role(kind: RoleKind) -> ColumnElement[Any]:
    return literal(kind, enum_column(RoleKind, "role_kind"))


def _tell(announcement: Announcement, now: datetime) -> None:
    """The outbox: each guardian once, when it can no longer be recalled. What is muted is a conversation, not this."""
    who = select(
        literal(announcement.school_id),
        AnnouncementRecipient.user_id,
        _role(RoleKind.PARENT),
        literal(NoticeKind.ANNOUNCEMENT, enum_column(NoticeKind, "kind")),
        literal(0),
        literal(announcement.id),
        literal(now, UtcDateTime),
        literal(now + RECALL_FOR, UtcDateTime),
    ).where(AnnouncementRecipient.announcement_id == announcement.id)
    columns = [
        "school_id", "recipient_id", "role_kind", "kind", "seq", "announcement_id", "created_at", "due_at",
    ]  # fmt: skip
    db.session.execute(insert(Notice.__table__).from_select(columns, who.distinct()))  # type: ignore[arg-type]


def _note(act: str, announcement: Announcement, audience: Audience | None, now: datetime, **facts: Any) -> None:
    """For the log: an entry for each class that it is for, so that it is found by each; never a word of it."""
    keys: list[int] | list[None] = audience.section_ids if audience else []
    for key in keys or [None]:
        audit.record(
            act, now, school_id=announcement.school_id, section_id=key, announcement=announcement.public_id,
            to_school=announcement.to_school, **{"actor_id": announcement.author_id, **facts},
        )  # fmt: skip


def _move_on(announcement: Announcement) -> None:
    """Tell the pages that show it, once it is committed."""
    db.session.flush()
    db.session.execute(
        update(Announcement)
        .where(Announcement.id == announcement.id)
        .values(last_change=Announcement.last_change + 1)
        .returning(Announcement.last_change, *notice(db.engine.dialect.name, "announcement", Announcement.id))
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(announcement, ["last_change"])


# --- Later, by the worker


def send_due(announcement_id: int, now: datetime) -> None:
    """Send what waited for this moment, to whom it may go now; once, however often it is asked.

    Where its author may announce to none of them any more, or there is nobody, it is stopped, and says so. While the
    office has stopped the messages of many it waits.
    """
    announcement = _held(announcement_id)
    if announcement is None or announcement.state != AnnouncementState.SCHEDULED or announcement.send_at > now:
        return
    person = person_acting_as(announcement.author, now, announcement.role_kind, announcement.school_id)
    is_in_use = announcement.author.deactivated_at is None and person.acting is not None
    stop = policy.stop_against(person, announcement) if is_in_use else None
    if stop is not None and policy.waits_for(stop, announcement, now):
        again = min(filter(None, (now + LOOK_AGAIN, stop.until)))
        queue.enqueue(JOB, again, announcement=announcement.id, author=person.id)
        return
    audience = policy.audience_still_of(person, announcement) if is_in_use else None
    if audience is None or not _send(person, announcement, audience, now):
        announcement.cancelled_at = now
        _note("announcement.stopped", announcement, audience, now, actor_id=None)
        _move_on(announcement)


def _held(announcement_id: int) -> Announcement | None:
    """Its row, held until the end of the transaction: nothing else becomes of it meanwhile."""
    return db.session.scalar(
        select(Announcement)
        .where(Announcement.id == announcement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


# --- Taking it back


def cancel(person: Person, announcement: Announcement, now: datetime) -> bool:
    """It will not be sent. False where it was sent or cancelled already."""
    held = _held(announcement.id)
    if held is None or not policy.may_cancel(person, held):
        return False
    held.cancelled_at, held.cancelled_by = now, person.id
    _note("announcement.cancelled", held, None, now, actor_id=person.id)
    _move_on(held)
    return True


def recall(person: Person, announcement: Announcement, now: datetime) -> bool:
    """Nobody reads it any more, and nobody is told of it. False where it is too late."""
    held = _held(announcement.id)
    if held is None or not policy.may_recall(person, held):
        return False
    held.recalled_at = now
    db.session.execute(delete(Notice).where(Notice.announcement_id == held.id, Notice.due_at > now))
    _note("announcement.recalled", held, None, now, actor_id=person.id)
    _move_on(held)
    return True
