"""Conversations of guardians with teachers, or with the office. Whoever calls has asked the policy first."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from gradebook import actor
from gradebook.database import UtcDateTime
from gradebook.extensions import db, execute_plain
from gradebook.interchange.attachable import Attachable
from gradebook.live.notices import notice
from gradebook.models import (
    Conversation,
    ConversationKind,
    Draft,
    Enrollment,
    Guardianship,
    Message,
    MessageKind,
    MessageText,
    Participant,
    Read,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.models.conversations import folded_words
from gradebook.policy import scopes
from gradebook.policy.conversations import Correspondence
from gradebook.policy.person import AnyPerson, Person
from gradebook.services import announced, attachments, notices
from gradebook.services.attachments import FileLine

LONGEST_MESSAGE = 5000
FIRST_WORDS = 160
WORDS_QUOTED = 60
"""Letters of a message that a correction shows of it."""
MESSAGES_ON_A_PAGE = 50
CLASSES_AT_ONCE = 50
"""Classes whose teachers are admitted in one statement."""

MOST_AT_ONCE = 200
"""Messages of one sending to many families."""
MOST_AN_HOUR = 500
"""Messages of one author in one school, of all kinds, after which nothing is sent to many any more."""


_CONVERSATIONS: Any = Conversation.__table__
_MESSAGES: Any = Message.__table__
_PARTICIPANTS: Any = Participant.__table__


class OtherBody(ValueError):
    """The same key was sent before with other words."""


class TooMany(ValueError):
    """More messages than one person may send, to many families or one by one."""

    def __init__(self, most: int, *, in_an_hour: bool) -> None:
        super().__init__(most)
        self.most = most
        """How many can be sent now."""
        self.in_an_hour = in_an_hour


@dataclass(frozen=True)
class Letter:
    """A private message to one guardian about one child."""

    student_id: int
    guardian_id: int
    body: str


class ConversationLine(NamedTuple):
    """A conversation as the list shows it."""

    id: int
    public_id: str
    school_id: int
    is_with_office: bool
    newest_at: datetime
    """When the newest message was sent; without one, when it was begun."""
    student_id: int
    student_key: str
    """The public id of the child."""
    student_name: str
    guardian_id: int
    guardian_name: str
    class_title: str | None
    """None: it is with the office."""
    unread: int
    first_words: str
    relationship: str
    """What the guardian is to the child."""
    goes_on: bool
    """False: the right of the guardian who reads it has ended, and it can only be read."""
    is_muted: bool
    other_guardian: str | None
    """The second guardian of a joint conversation."""
    is_system: bool
    """What stands in first_words is a code (web/system_lines.py)."""


class MessageLine(NamedTuple):
    """A message as a conversation shows it."""

    seq: int
    author_id: int
    author_name: str
    kind: MessageKind
    body: str
    sent_at: datetime
    client_key: str
    changed: int
    edited_at: datetime | None
    removed_at: datetime | None
    corrects: int | None
    corrects_words: str | None
    """The first words of the message that this one puts right."""
    corrected_by: int | None
    purged_at: datetime | None = None
    """Since when its words are deleted for good."""
    files: Sequence[FileLine] = ()
    answers: tuple[str, str] | None = None
    """The public id and the title of the announcement that it answers."""
    is_by_office: bool = False
    """Written by a person of the office as such."""


@dataclass(frozen=True)
class MessagePage:
    """Messages one after another, oldest first, and how far the reader had read."""

    lines: list[MessageLine]
    has_earlier: bool
    last_read_seq: int
    last_change: int = 0
    """The newest change of the conversation that this page shows."""
    draft: str = ""
    """What the reader has begun to write; only on the page of the newest messages."""

    @property
    def first_seq(self) -> int:
        """The number of the oldest message shown."""
        return self.lines[0].seq if self.lines else 0

    @property
    def last_seq(self) -> int:
        """The number of the newest message shown."""
        return self.lines[-1].seq if self.lines else 0


# --- What can be sent


def cleaned(text: str) -> str:
    """A message as it is kept: one kind of line break, no blank at its ends, one form of each letter."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", plain).strip()


def has_words(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(not character.isspace() and unicodedata.category(character)[0] != "C" for character in text)


def has_control_characters(text: str) -> bool:
    """Whether it holds what no keyboard types and a database may refuse; line breaks and tabs are fine."""
    return any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text)


# --- Beginning and taking part


def conversation_key(student_id: int, section_id: int, guardian_id: int) -> str:
    """What makes a conversation one."""
    return f"family:{student_id}:{section_id}:{guardian_id}"


def office_key(student_id: int, guardian_id: int) -> str:
    """The same of a conversation with the office of the school."""
    return f"office:{student_id}:{guardian_id}"


def _key_of(pair: Correspondence) -> str:
    if pair.section is None:
        return office_key(pair.student.id, pair.guardian.id)
    return conversation_key(pair.student.id, pair.section.id, pair.guardian.id)


def begun(pair: Correspondence, person: Person) -> Conversation | None:
    """The conversation of this child, class and guardian, if there is one that the person can read."""
    return db.session.scalar(
        select(Conversation).where(*_is(pair), Conversation.id.in_(scopes.conversations_of(person)))
    )


def _is(pair: Correspondence) -> tuple[Any, ...]:
    return Conversation.school_id == pair.school_id, Conversation.key == _key_of(pair)


def open_conversation(pair: Correspondence, *, actor_id: int, now: datetime) -> Conversation:
    """The one conversation of this child, class (or office) and guardian; begun now if there was none, whoever else
    tries too."""
    kind = ConversationKind.OFFICE if pair.section is None else ConversationKind.FAMILY
    facts = {
        "school_id": pair.school_id, "key": _key_of(pair), "kind": kind,
        "student_id": pair.student.id, "section_id": pair.section.id if pair.section else None,
        "guardian_id": pair.guardian.id, "created_by": actor_id, "created_at": now,
    }  # fmt: skip
    return open_with_key(facts, now, (pair.guardian,))


def open_with_key(facts: dict[str, Any], now: datetime, guardians: Sequence[User]) -> Conversation:
    """The one conversation with the key that `facts` name, begun now if there was none; these guardians take part."""
    db.session.execute(insert(Conversation).values(**facts).on_conflict_do_nothing().inline())
    known = (Conversation.school_id == facts["school_id"], Conversation.key == facts["key"])
    conversation = db.session.scalars(select(Conversation).where(*known)).one()
    for guardian in guardians:
        admit(conversation, guardian, RoleKind.PARENT, now)
    _admit_staff_to(conversation, now)
    return conversation


def admit(conversation: Conversation, user: User, role: RoleKind, now: datetime) -> None:
    """Make someone a participant under one of their roles; the database refuses a student's account."""
    facts = {
        "conversation_id": conversation.id, "user_id": user.id, "school_id": conversation.school_id,
        "role_kind": role, "joined_at": now,
    }  # fmt: skip
    db.session.execute(insert(Participant).values(**facts).on_conflict_do_nothing())


def admit_teacher_to_class(section: Section, teacher: User, now: datetime) -> None:
    """A teacher who joins a class joins its conversations, except those about a child of their own."""
    db.session.flush()
    with actor.classes_opened([section.id]):  # whoever gives the place takes no part in them
        _admit_teachers(and_(Conversation.section_id == section.id, Enrollment.user_id == teacher.id), now)


def admit_teachers_of_school(school_id: int, now: datetime) -> None:
    """After a roster was read: every teacher joins the conversations of their classes, of many classes at a time."""
    db.session.flush()
    sections = db.session.scalars(select(Section.id).where(Section.school_id == school_id).order_by(Section.id)).all()
    for start in range(0, len(sections), CLASSES_AT_ONCE):
        keys = sections[start : start + CLASSES_AT_ONCE]
        with actor.classes_opened(keys):  # a roster takes no part in them
            _admit_teachers(Conversation.section_id.in_(keys), now)


def _admit_teachers(which: Any, now: datetime) -> None:
    db.session.execute(_admission(which), {"now": now, "earliest": _earliest_day(now)})


def admit_to_office(role: Role, now: datetime) -> None:
    """Who joins the office joins its conversations, except those about a child of their own; from the day on which the
    role begins, and for nobody else: whoever gives the role may have a child there."""
    if role.kind != RoleKind.OFFICE:
        return
    db.session.flush()
    school = db.session.get_one(School, role.school_id)
    begins = datetime.combine(role.begins_on, time(12), ZoneInfo(school.timezone))
    with actor.acting_as(role.user_id, max(now, begins)):
        which = and_(Conversation.school_id == role.school_id, Role.user_id == role.user_id)
        db.session.execute(_admission(which, Role), {"now": now, "earliest": _earliest_day(now)})


def _admit_staff_to(conversation: Conversation, now: datetime) -> None:
    values = {"now": now, "earliest": _earliest_day(now), "conversation": conversation.id}
    which = Role if conversation.is_with_office else Enrollment
    db.session.execute(_admission_to_one(db.engine.dialect.name, which), values)


@cache
def _admission_to_one(_dialect: str, by: Any) -> Any:
    """For every message that is sent: making the statement takes longer than carrying it out."""
    return _admission(Conversation.id == bindparam("conversation"), by)


def _admission(which: Any, by: Any = Enrollment) -> Any:
    """Admit the teachers of the class (`by` Enrollment), or the people of the office (`by` Role), who are not
    participants yet. What a colleague has read is not new to them.

    Whether they may read is asked anew on each request, so places that begin later are admitted now. The order
    keeps two such statements from blocking each other.
    """
    kind, user_id = (by.role_kind, by.user_id) if by is Enrollment else (by.kind, by.user_id)
    staff = RoleKind.TEACHER if by is Enrollment else RoleKind.OFFICE
    theirs = Enrollment.section_id == Conversation.section_id
    if by is Role:
        theirs = and_(Role.school_id == Conversation.school_id, Conversation.kind == ConversationKind.OFFICE)
    not_over = or_(by.ends_on.is_(None), by.ends_on > bindparam("earliest"))
    known, colleague = aliased(Participant), aliased(Participant)
    read = select(func.coalesce(func.max(colleague.last_read_seq), 0)).where(
        colleague.conversation_id == Conversation.id, colleague.role_kind == staff
    )
    missing = (
        select(
            Conversation.id, user_id, Conversation.school_id, kind,
            bindparam("now", type_=UtcDateTime), read.scalar_subquery(),
        )
        .join(by, theirs)
        .outerjoin(known, and_(known.conversation_id == Conversation.id, known.user_id == user_id))
        .where(
            which,
            kind == staff,
            not_over,
            known.user_id.is_(None),
            ~scopes.is_guardian_by_any_date(user_id, Conversation.student_id),
        )
        .order_by(Conversation.id, user_id)
    )  # fmt: skip
    columns = ["conversation_id", "user_id", "school_id", "role_kind", "joined_at", "last_read_seq"]
    return insert(Participant.__table__).from_select(columns, missing).on_conflict_do_nothing()


def _earliest_day(now: datetime) -> date:
    """The calendar day where it is earliest on earth: no school's day is before it."""
    return (now - timedelta(hours=12)).date()


def insert(model: Any) -> Any:
    """An insert of this database, which can say what to do where the row is there already."""
    return (postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert)(model)


# --- Sending


def send(
    conversation: Conversation,
    *,
    author_id: int,
    body: str,
    client_key: str,
    now: datetime,
    corrects: int | None = None,
    files: Sequence[Attachable] = (),
    kind: MessageKind = MessageKind.TEXT,
    announcement_id: int | None = None,
    most_an_hour: int | None = None,
) -> int:
    """Add a message and return its number in the conversation. The same key sent twice is one message.

    One of the system says what happened in a code (web/system_lines.py), which is not searched.
    `corrects` is the number of a message of the same author that this one puts right, `announcement_id` the key of the
    announcement that it answers.
    Raises OtherBody if the key was used for other words or files, attachments.QuotaUsedUp if there is no room for the
    files, TooMany for a new one where `most_an_hour` were sent; then the caller must roll back. Those that come in the
    same moment do not see one another, so there can be a few more.
    """
    if files:
        _one_sending_at_a_time(author_id)  # their sizes are counted
    number, change = _next_number(conversation, now, corrects)  # holds the row: two sends come one after the other
    found = _around(conversation, author_id, now)
    facts = {
        "author_id": author_id, "body": body, "client_key": client_key, "corrects": corrects, "files": len(files),
        "kind": kind, "folded": folded_words(body) if kind == MessageKind.TEXT else "",
        "announcement_id": announcement_id,
    }  # fmt: skip
    if not _add(conversation, facts, number, change, now):
        _give_back(conversation, corrects)
        return _number_sent_before(conversation, facts, files)
    if most_an_hour is not None and found.sent >= most_an_hour:
        raise TooMany(most_an_hour, in_an_hour=True)
    if files:
        attachments.keep(conversation, number, author_id, files, now)
    if corrects is not None:
        _mark_corrected(conversation, corrects, number, change - 1)
    _move_read_to(conversation.id, author_id, number, now)
    if found.has_draft:
        drop_draft(conversation, author_id)
    notices.tell(found, {conversation.id: number}, conversation.school_id, now)
    return number


def _around(conversation: Conversation, author_id: int, now: datetime) -> notices.Around:
    """Who takes part and is told, after those were admitted who became teachers or joined the office since."""
    found = notices.around([conversation.id], author_id, conversation.school_id, now)
    if not found.lacks_staff:
        return found
    _admit_staff_to(conversation, now)
    return notices.around([conversation.id], author_id, conversation.school_id, now)


def _next_number(conversation: Conversation, now: datetime, corrects: int | None) -> tuple[int, int]:
    """The number of the message and that of its change; the message that it puts right takes the one before."""
    values = {"of": conversation.id, "changes": _changes(corrects), "moment": now}
    row = execute_plain(_counted_up(db.engine.dialect.name), values).one()
    return row.last_seq, row.last_change


@cache
def _counted_up(backend: str) -> Any:
    """Made once, as what else a message that is sent asks."""
    return (
        update(_CONVERSATIONS)
        .where(_CONVERSATIONS.c.id == bindparam("of"))
        .values(
            last_seq=_CONVERSATIONS.c.last_seq + 1,
            last_change=_CONVERSATIONS.c.last_change + bindparam("changes"),
            last_message_at=bindparam("moment"),
        )
        .returning(
            _CONVERSATIONS.c.last_seq,
            _CONVERSATIONS.c.last_change,
            *notice(backend, "conversation", _CONVERSATIONS.c.id),
        )
    )


def _changes(corrects: int | None) -> int:
    return 1 if corrects is None else 2


def _mark_corrected(conversation: Conversation, seq: int, by: int, change: int) -> None:
    db.session.execute(
        update(Message)
        .where(_of(conversation), Message.seq == seq)
        .values(corrected_by=by, changed=change)
        .execution_options(synchronize_session=False)
    )


def next_change(conversation_id: int) -> int:
    """The number of a change of what was sent already, told to the pages that show it; holds the row."""
    return db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(last_change=Conversation.last_change + 1)
        .returning(Conversation.last_change, *_notice())
        .execution_options(synchronize_session=False)
    ).scalar_one()


def _notice() -> tuple[Any, ...]:
    """Tells the pages that show the conversation, once it is committed, that it has more (gradebook/live)."""
    return notice(db.engine.dialect.name, "conversation", Conversation.id)


def _add(conversation: Conversation, facts: dict[str, Any], number: int, change: int, now: datetime) -> bool:
    """Whether the message was new."""
    place = {
        "school_id": conversation.school_id, "conversation_id": conversation.id, "seq": number, "changed": change,
        "sent_at": now,
    }  # fmt: skip
    return execute_plain(_added(db.engine.dialect.name), place | facts).first() is not None


@cache
def _added(_backend: str) -> Any:
    one_key = ["school_id", "author_id", "conversation_id", "client_key"]
    return insert(_MESSAGES).on_conflict_do_nothing(index_elements=one_key).returning(_MESSAGES.c.seq)


def _give_back(conversation: Conversation, corrects: int | None) -> None:
    """The numbers were not needed; nobody has seen them, because the row is still held."""
    newest = select(func.max(Message.sent_at)).where(_of(conversation)).scalar_subquery()
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(
            last_seq=Conversation.last_seq - 1,
            last_change=Conversation.last_change - _changes(corrects),
            last_message_at=newest,
        )
        .execution_options(synchronize_session=False)
    )


def _number_sent_before(conversation: Conversation, facts: dict[str, Any], files: Sequence[Attachable]) -> int:
    """Compared is what was sent, whatever became of it since."""
    first = and_(MessageText.message_id == Message.id, MessageText.version == 1)
    sent = db.session.execute(
        select(Message.seq, func.coalesce(MessageText.body, Message.body), Message.corrects, Message.files)
        .outerjoin(MessageText, first)
        .where(
            _of(conversation),
            Message.author_id == facts["author_id"],
            Message.client_key == facts["client_key"],
        )
    ).one()
    if tuple(sent[1:]) != (facts["body"], facts["corrects"], facts["files"]):
        raise OtherBody(facts["client_key"])
    if files and attachments.digests_of(conversation, sent.seq) != [file.digest for file in files]:
        raise OtherBody(facts["client_key"])
    return int(sent.seq)


def _of(conversation: Conversation) -> Any:
    """Condition on Message. The school comes first in the index."""
    return and_(Message.school_id == conversation.school_id, Message.conversation_id == conversation.id)


# --- Drafts


def keep_draft(conversation: Conversation, *, author_id: int, body: str, now: datetime) -> None:
    """Keep what this person has begun to write here, in the place of what was kept; without words there is none."""
    if not has_words(body):
        drop_draft(conversation, author_id)
        return
    facts = {
        "conversation_id": conversation.id, "user_id": author_id, "school_id": conversation.school_id,
        "body": body, "saved_at": now,
    }  # fmt: skip
    statement = insert(Draft).values(**facts)
    newer = {"body": statement.excluded.body, "saved_at": statement.excluded.saved_at}
    one = ["conversation_id", "user_id"]
    db.session.execute(statement.on_conflict_do_update(index_elements=one, set_=newer))


def drop_draft(conversation: Conversation, author_id: int) -> None:
    """Nothing is begun here any more."""
    db.session.execute(
        delete(Draft)
        .where(Draft.conversation_id == conversation.id, Draft.user_id == author_id)
        .execution_options(synchronize_session=False)
    )


# --- Sending to many families, each for itself


def _sent_with(school_id: int, author_id: int, client_key: str) -> list[Letter]:
    """What this author sent under this key in conversations with guardians, in one statement."""
    rows = db.session.execute(
        select(Conversation.student_id, Conversation.guardian_id, Message.body)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.school_id == school_id, Message.author_id == author_id, Message.client_key == client_key)
    )
    return [Letter(*row) for row in rows]


def send_to_each(section: Section, letters: Sequence[Letter], *, author_id: int, client_key: str, now: datetime) -> int:
    """Send each letter in the conversation of its child, class and guardian. Returns how many were sent: all, or none
    where they were sent under this key before. The number of statements does not depend on how many there are.

    Raises OtherBody if the key sent something else, TooMany above a limit; then nothing was written.
    """
    _one_sending_at_a_time(author_id)
    before = _sent_with(section.school_id, author_id, client_key)
    if before:
        if set(before) == set(letters):
            return 0
        raise OtherBody(client_key)
    _keep_to_the_limits(section.school_id, author_id, len(letters), now)
    opened = _open_each(section, letters, author_id, now)
    numbers = _next_numbers(list(opened), now)
    _admit_to_each(section.school_id, opened, now)
    if _add_to_each(section.school_id, opened, numbers, author_id, client_key, now) != len(opened):
        raise OtherBody(client_key)
    _mark_own_read(numbers, author_id, now)
    notices.tell(
        notices.around(list(numbers), author_id, section.school_id, now),
        {key: seq for key, (seq, _change) in numbers.items()},
        section.school_id,
        now,
    )
    return len(opened)


def room_for(school_id: int, author_id: int, now: datetime) -> int:
    """How many messages this author may send to many families now."""
    sent = db.session.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.school_id == school_id, Message.author_id == author_id, Message.sent_at > now - timedelta(hours=1)
        )
    )
    return min(MOST_AT_ONCE, max(0, MOST_AN_HOUR - int(sent or 0)))


def _keep_to_the_limits(school_id: int, author_id: int, count: int, now: datetime) -> None:
    room = room_for(school_id, author_id, now)
    if count > room:
        raise TooMany(room, in_an_hour=room < MOST_AT_ONCE)


def _one_sending_at_a_time(author_id: int) -> None:
    """The author's row is held, so that a form that is sent twice at once is counted and written once."""
    db.session.execute(select(User.id).where(User.id == author_id).with_for_update(key_share=True))


def _open_each(section: Section, letters: Sequence[Letter], actor_id: int, now: datetime) -> dict[int, Letter]:
    """The conversation of each letter, begun now if there was none; held in one order, so that none blocks another."""
    by_key = {conversation_key(one.student_id, section.id, one.guardian_id): one for one in letters}
    facts = [
        {
            "school_id": section.school_id, "key": key, "student_id": one.student_id, "section_id": section.id,
            "guardian_id": one.guardian_id, "created_by": actor_id, "created_at": now,
        }
        for key, one in sorted(by_key.items())
    ]  # fmt: skip
    db.session.execute(insert(Conversation).values(facts).on_conflict_do_nothing())
    rows = db.session.execute(
        select(Conversation.id, Conversation.key)
        .where(Conversation.school_id == section.school_id, Conversation.key.in_(list(by_key)))
        .order_by(Conversation.id)
        .with_for_update()
    )
    return {key: by_key[text] for key, text in rows}


def _next_numbers(conversation_ids: list[int], now: datetime) -> dict[int, tuple[int, int]]:
    """By conversation the number of the message and that of its change."""
    rows = db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(conversation_ids))
        .values(last_seq=Conversation.last_seq + 1, last_change=Conversation.last_change + 1, last_message_at=now)
        .returning(Conversation.id, Conversation.last_seq, Conversation.last_change, *_notice())
        .execution_options(synchronize_session=False)
    )
    return {row.id: (row.last_seq, row.last_change) for row in rows}


def _admit_to_each(school_id: int, opened: dict[int, Letter], now: datetime) -> None:
    """The guardian of each conversation, and the teachers of the class."""
    facts = [
        {
            "conversation_id": key, "user_id": one.guardian_id, "school_id": school_id,
            "role_kind": RoleKind.PARENT, "joined_at": now,
        }
        for key, one in opened.items()
    ]  # fmt: skip
    db.session.execute(insert(Participant).values(facts).on_conflict_do_nothing())
    _admit_teachers(Conversation.id.in_(list(opened)), now)


def _add_to_each(
    school_id: int,
    opened: dict[int, Letter],
    numbers: dict[int, tuple[int, int]],
    author_id: int,
    client_key: str,
    now: datetime,
) -> int:
    """How many messages were new."""
    facts = [
        {
            "school_id": school_id, "conversation_id": key, "seq": numbers[key][0], "changed": numbers[key][1],
            "author_id": author_id, "body": one.body, "folded": folded_words(one.body),
            "sent_at": now, "client_key": client_key,
        }
        for key, one in opened.items()
    ]  # fmt: skip
    statement = insert(Message).values(facts).on_conflict_do_nothing().returning(Message.seq)
    return len(db.session.execute(statement).all())


def _mark_own_read(numbers: dict[int, tuple[int, int]], author_id: int, now: datetime) -> None:
    """One's own message is not new to oneself. What a guardian wrote before it still is: it was not shown."""
    newest = select(Conversation.last_seq).where(Conversation.id == Participant.conversation_id).scalar_subquery()
    db.session.execute(
        update(Participant)
        .where(
            Participant.conversation_id.in_(list(numbers)),
            Participant.user_id == author_id,
            Participant.last_read_seq == newest - 1,
        )
        .values(last_read_seq=newest, last_read_at=now)
        .execution_options(synchronize_session=False)
    )


# --- Reading


def mark_read(conversation_id: int, user_id: int, number: int, now: datetime) -> None:
    """Note how far a participant has read, and when; it never goes back."""
    school_id = _move_read_to(conversation_id, user_id, number, now)
    if school_id is not None:
        facts = {"conversation_id": conversation_id, "user_id": user_id, "seq": number, "read_at": now}
        db.session.execute(insert(Read).values(**facts, school_id=school_id).on_conflict_do_nothing())


def _move_read_to(conversation_id: int, user_id: int, number: int, now: datetime) -> int | None:
    """The school, where that is further than before. Who sends has read too, but that is seen by what was sent."""
    values = {"of": conversation_id, "reader": user_id, "number": number, "moment": now}
    row = execute_plain(_READ_TO, values).first()
    return None if row is None else int(row[0])


_READ_TO = (
    update(_PARTICIPANTS)
    .where(
        _PARTICIPANTS.c.conversation_id == bindparam("of"),
        _PARTICIPANTS.c.user_id == bindparam("reader"),
        _PARTICIPANTS.c.last_read_seq < bindparam("number"),
    )
    .values(last_read_seq=bindparam("number"), last_read_at=bindparam("moment"))
    .returning(_PARTICIPANTS.c.school_id)
)


_UNREAD = Conversation.last_seq - Participant.last_read_seq


@dataclass(frozen=True)
class Inbox:
    """How the conversations and announcements stand that a person may read now: the one source of every badge."""

    messages: int
    read: int
    conversations: int
    changes: int
    announcements: int = 0
    unopened: int = 0
    """Of the announcements."""

    @property
    def unread(self) -> int:
        """Messages and announcements not read yet."""
        return self.messages - self.read + self.unopened

    @property
    def mark(self) -> str:
        """Another text whenever a message came, changed or was read, or a conversation or announcement came or went."""
        return f"{self.changes}.{self.read}.{self.conversations}.{self.announcements}.{self.unopened}"


def inbox_of(person: Person) -> Inbox:
    """The conversations and announcements of this person, counted in one statement."""
    return Inbox(*(int(number or 0) for number in scopes.ask_columns(_inbox, person).one()))


def unread_count(person: Person) -> int:
    """What this person has not read yet, over all that the person may read now."""
    return inbox_of(person).unread


def _inbox(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            func.sum(Conversation.last_seq).label("messages"),
            func.sum(Participant.last_read_seq).label("read"),
            func.count().label("conversations"),
            func.sum(Conversation.last_change).label("changes"),
        )
        .select_from(Participant)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .where(
            Participant.user_id == person.id,
            Participant.muted_at.is_(None),
            Conversation.id.in_(scopes.conversations_of(person)),
        )
    )
    if not person.acts_as(RoleKind.PARENT):  # announcements are for guardians
        return query
    talks, news = query.subquery(), announced.unopened(person).subquery()
    return select(*talks.c, *news.c).select_from(talks.join(news, true()))  # each is one row


def conversations(person: Person, *, limit: int = 50, offset: int = 0) -> list[ConversationLine]:
    """What this person may read, the newest first, with the first words of each; in one statement."""
    return [ConversationLine(*row) for row in scopes.ask_columns(_conversations_of, person, limit=limit, offset=offset)]


def author_name() -> Any:
    """Whose name stands at a message, beside its User; nobody's at a line of the system."""
    return case((Message.kind == MessageKind.SYSTEM, literal("")), else_=User.display_name)


def is_by_office() -> Any:
    """Whether a message was written for the office: in a conversation with it, and not by the guardian."""
    return and_(Conversation.kind == ConversationKind.OFFICE, Message.author_id != Conversation.guardian_id)


def _conversations_of(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    guardian_link = and_(
        Guardianship.school_id == Conversation.school_id,
        Guardianship.student_id == Conversation.student_id,
        Guardianship.guardian_id == Conversation.guardian_id,
    )
    newest = and_(
        Message.school_id == Conversation.school_id,
        Message.conversation_id == Conversation.id,
        Message.seq == Conversation.last_seq,
    )
    words, is_muted = func.substr(Message.body, 1, FIRST_WORDS), Participant.muted_at.is_not(None)
    student, guardian, goes_on = aliased(User), aliased(User), _goes_on(person)
    newest_at = func.coalesce(Conversation.last_message_at, Conversation.created_at)
    unread = case((and_(goes_on, Participant.muted_at.is_(None)), _UNREAD), else_=0)  # as the badge counts them
    return (
        select(
            Conversation.id, Conversation.public_id, Conversation.school_id,
            (Conversation.kind == ConversationKind.OFFICE).label("is_with_office"), newest_at.label("newest_at"),
            Conversation.student_id, student.public_id.label("student_key"), student.display_name,
            Conversation.guardian_id, guardian.display_name.label("guardian_name"), Section.title,
            unread.label("unread"), func.coalesce(words, "").label("first_words"),
            func.coalesce(Guardianship.relationship_name, "").label("relationship"),
            goes_on.label("goes_on"), is_muted.label("is_muted"),
            _other_guardian().label("other_guardian"),
            func.coalesce(Message.kind == MessageKind.SYSTEM, false()).label("is_system"),
        )
        .select_from(Conversation)
        .join(Participant, Participant.conversation_id == Conversation.id)
        .outerjoin(Message, newest)
        .outerjoin(Guardianship, guardian_link)
        .join(student, student.id == Conversation.student_id)
        .join(guardian, guardian.id == Conversation.guardian_id)
        .outerjoin(Section, Section.id == Conversation.section_id)
        .where(
            Participant.user_id == person.id,
            Conversation.id.in_(scopes.conversations_read_by(person)),
            or_(Conversation.last_seq > 0, Conversation.is_joint),
        )
        .order_by(newest_at.desc(), Conversation.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )  # fmt: skip


def _goes_on(person: AnyPerson) -> ColumnElement[bool]:
    """Whether one of those that this person reads is one in which they take part.

    Only guardians read others too. PostgreSQL plans the question anew wherever it stands: up to 2 ms each time.
    """
    if not person.acts_as(RoleKind.PARENT):
        return true()
    return Conversation.id.in_(scopes.conversations_of(person))


def _other_guardian() -> Any:
    """The guardian of a joint conversation whom `guardian_id` does not name."""
    other = aliased(Participant)
    return (
        select(User.display_name)
        .join(other, other.user_id == User.id)
        .where(
            Conversation.is_joint,
            other.conversation_id == Conversation.id,
            other.role_kind == RoleKind.PARENT,
            other.user_id != Conversation.guardian_id,
        )
        .correlate(Conversation)
        .limit(1)
        .scalar_subquery()
    )


_CORRECTED = aliased(Message)
_NEWEST: Any = (
    select(
        Message.seq, Message.author_id, author_name(), Message.kind, Message.body, Message.sent_at,
        Message.client_key, Message.changed, Message.edited_at, Message.removed_at,
        Message.corrects, func.substr(_CORRECTED.body, 1, WORDS_QUOTED), Message.corrected_by,
        Message.purged_at,
        Message.files, Message.announcement_id, is_by_office().label("is_by_office"),
        Conversation.last_change, Participant.last_read_seq, Draft.body.label("draft"),
    )
    .select_from(Message)
    .join(User, User.id == Message.author_id)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .outerjoin(
        Participant,
        and_(Participant.conversation_id == Message.conversation_id, Participant.user_id == bindparam("reader")),
    )
    .outerjoin(
        _CORRECTED,
        and_(
            _CORRECTED.school_id == Message.school_id,
            _CORRECTED.conversation_id == Message.conversation_id,
            _CORRECTED.seq == Message.corrects,
        ),
    )
    .outerjoin(
        Draft,  # beside the newest message, so that it is read once
        and_(
            Draft.conversation_id == Message.conversation_id,
            Draft.user_id == bindparam("reader"),
            Message.seq == Conversation.last_seq,
        ),
    )
    .where(Message.school_id == bindparam("school"), Message.conversation_id == bindparam("conversation"))
    .order_by(Message.seq.desc())
    .limit(bindparam("rows"))
)  # fmt: skip
_EARLIER = _NEWEST.where(Message.seq < bindparam("before"))
_CHANGED = _NEWEST.where(Message.changed > bindparam("after")).order_by(None).order_by(Message.changed)


def messages_of(
    conversation: Conversation, reader_id: int, *, before: int | None = None, limit: int = MESSAGES_ON_A_PAGE
) -> MessagePage:
    """The newest messages (before a number, if given) with their authors, in one statement."""
    values = {"school": conversation.school_id, "conversation": conversation.id, "reader": reader_id, "rows": limit + 1}
    if before is None:
        rows = execute_plain(_NEWEST, values).all()
    else:
        rows = execute_plain(_EARLIER, values | {"before": before}).all()
    lines = _lines(conversation, list(reversed(rows[:limit])))
    if not rows:
        return MessagePage(lines, has_earlier=False, last_read_seq=0)
    first = rows[0]
    return MessagePage(lines, len(rows) > limit, first.last_read_seq or 0, first.last_change, first.draft or "")


def changes_after(
    conversation: Conversation, reader_id: int, after: int, limit: int = MESSAGES_ON_A_PAGE
) -> list[MessageLine]:
    """The messages that came or changed after this number of a change, in that order; no more than a page of them."""
    values = {"school": conversation.school_id, "conversation": conversation.id, "reader": reader_id}
    return _lines(conversation, execute_plain(_CHANGED, values | {"after": after, "rows": limit}).all())


def _lines(conversation: Conversation, rows: Sequence[Any]) -> list[MessageLine]:
    """With their files and the announcements that they answer, for which is only asked where there are some."""
    with_files = [row.seq for row in rows if row.files and row.removed_at is None]
    files = attachments.files_of(conversation, with_files) if with_files else {}
    answering = {row.announcement_id for row in rows if row.announcement_id is not None}
    answered = announced.titles_of(list(answering)) if answering else {}
    return [_line(row, files.get(row.seq, []), answered.get(row.announcement_id)) for row in rows]


def _line(row: Any, files: list[FileLine], answers: tuple[str, str] | None) -> MessageLine:
    """The last six of a row are not the message's own."""
    return MessageLine(*[*row[:-6], files, answers, row.is_by_office])
