"""Conversations between guardians and teachers. Whoever calls has asked the policy first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Conversation, Message, Participant, RoleKind, Section, User
from gradebook.policy import scopes
from gradebook.policy.conversations import Correspondence
from gradebook.policy.person import Person

LONGEST_MESSAGE = 5000


class OtherBody(ValueError):
    """The same key was sent before with other words."""


@dataclass(frozen=True)
class ConversationLine:
    """A conversation as the list shows it."""

    conversation: Conversation
    unread: int


def conversation_key(student_id: int, section_id: int, guardian_id: int) -> str:
    """What makes a conversation one."""
    return f"family:{student_id}:{section_id}:{guardian_id}"


def open_conversation(pair: Correspondence, *, actor_id: int, now: datetime) -> Conversation:
    """The one conversation of this child, class and guardian; begun now if there was none, whoever else tries too."""
    school_id = pair.section.school_id
    key = conversation_key(pair.student.id, pair.section.id, pair.guardian.id)
    facts = {
        "school_id": school_id, "key": key, "student_id": pair.student.id, "section_id": pair.section.id,
        "guardian_id": pair.guardian.id, "created_by": actor_id, "created_at": now,
    }  # fmt: skip
    _insert_once(Conversation, facts)
    conversation = db.session.scalars(
        select(Conversation).where(Conversation.school_id == school_id, Conversation.key == key)
    ).one()
    admit(conversation, pair.guardian, RoleKind.PARENT, now)
    for teacher in pair.teachers:
        admit(conversation, teacher, RoleKind.TEACHER, now)
    return conversation


def admit(conversation: Conversation, user: User, role: RoleKind, now: datetime) -> None:
    """Make someone a participant under one of their roles; the database refuses a student's account."""
    _insert_once(
        Participant,
        {
            "conversation_id": conversation.id, "user_id": user.id, "school_id": conversation.school_id,
            "role_kind": role, "joined_at": now,
        },
    )  # fmt: skip


def admit_teacher_to_class(section: Section, teacher: User, now: datetime) -> None:
    """A teacher who joins a class joins its conversations, except those about a child of their own."""
    for conversation in db.session.scalars(
        select(Conversation).where(
            Conversation.section_id == section.id,
            ~scopes.is_guardian_by_any_date(teacher.id, Conversation.student_id),
        )
    ):
        admit(conversation, teacher, RoleKind.TEACHER, now)


def _insert_once(model: Any, facts: dict[str, Any]) -> None:
    backend = db.engine.dialect.name
    statement: Any = (postgresql_insert if backend == "postgresql" else sqlite_insert)(model)
    db.session.execute(statement.values(**facts).on_conflict_do_nothing())


def send(conversation: Conversation, *, author_id: int, body: str, client_key: str, now: datetime) -> Message:
    """Add a message under the conversation's next number. The same key sent twice is one message.

    Raises OtherBody if the key was used for other words.
    """
    db.session.execute(select(Conversation.id).where(Conversation.id == conversation.id).with_for_update())
    sent = _sent_before(conversation, author_id, client_key)
    if sent is None:
        return _insert(conversation, author_id, body, client_key, _next_number(conversation, now), now)
    if sent.body != body:
        raise OtherBody(client_key)
    return sent


def _sent_before(conversation: Conversation, author_id: int, client_key: str) -> Message | None:
    return db.session.scalar(
        select(Message).where(
            Message.school_id == conversation.school_id,
            Message.author_id == author_id,
            Message.conversation_id == conversation.id,
            Message.client_key == client_key,
        )
    )


def _next_number(conversation: Conversation, now: datetime) -> int:
    return db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(last_seq=Conversation.last_seq + 1, last_message_at=now)
        .returning(Conversation.last_seq)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def _insert(
    conversation: Conversation, author_id: int, body: str, client_key: str, number: int, now: datetime
) -> Message:
    message = Message(
        school_id=conversation.school_id, conversation_id=conversation.id, seq=number, author_id=author_id,
        body=body, sent_at=now, client_key=client_key,
    )  # fmt: skip
    db.session.add(message)
    db.session.flush()
    mark_read(conversation, author_id, number, now)
    return message


def mark_read(conversation: Conversation, user_id: int, number: int, now: datetime) -> None:
    """Note how far a participant has read; it never goes back."""
    db.session.execute(
        update(Participant)
        .where(
            Participant.conversation_id == conversation.id,
            Participant.user_id == user_id,
            Participant.last_read_seq < number,
        )
        .values(last_read_seq=number, last_read_at=now)
    )


def has_unread(conversation: Conversation, user_id: int) -> bool:
    """Whether the participant has not read up to the newest message."""
    read = db.session.scalar(
        select(Participant.last_read_seq).where(
            Participant.conversation_id == conversation.id, Participant.user_id == user_id
        )
    )
    return read is not None and read < conversation.last_seq


_UNREAD = Conversation.last_seq - Participant.last_read_seq


def unread_count(person: Person) -> int:
    """Messages not read yet, over the conversations that this person may read now: the one source of every badge."""
    return (
        db.session.scalar(
            select(func.coalesce(func.sum(_UNREAD), 0))
            .select_from(Participant)
            .join(Conversation, Conversation.id == Participant.conversation_id)
            .where(Participant.user_id == person.id, Conversation.id.in_(scopes.conversations_of(person)))
        )
        or 0
    )


def conversations(person: Person) -> list[ConversationLine]:
    """What this person may read, the newest first, with children, classes and guardians, in one statement."""
    rows = db.session.execute(
        select(Conversation, _UNREAD)
        .join(Participant, Participant.conversation_id == Conversation.id)
        .options(
            joinedload(Conversation.student),
            joinedload(Conversation.guardian),
            joinedload(Conversation.section).joinedload(Section.school),
        )
        .where(
            Participant.user_id == person.id,
            Conversation.id.in_(scopes.conversations_of(person)),
            Conversation.last_seq > 0,
        )
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    ).all()
    return [ConversationLine(*row) for row in rows]


def messages_of(conversation: Conversation, *, before: int | None = None, limit: int = 50) -> list[Message]:
    """The newest messages (before a number, if given), oldest first, with their authors, in one statement."""
    query = select(Message).options(joinedload(Message.author)).where(Message.conversation_id == conversation.id)
    if before is not None:
        query = query.where(Message.seq < before)
    return list(reversed(db.session.scalars(query.order_by(Message.seq.desc()).limit(limit)).all()))


def latest_of(conversation_ids: list[int]) -> dict[int, Message]:
    """The newest message of each conversation, in one statement."""
    if not conversation_ids:
        return {}
    newest = (
        select(Message.conversation_id, func.max(Message.seq).label("seq"))
        .where(Message.conversation_id.in_(conversation_ids))
        .group_by(Message.conversation_id)
        .subquery()
    )
    rows = db.session.scalars(
        select(Message).join(
            newest, (newest.c.conversation_id == Message.conversation_id) & (newest.c.seq == Message.seq)
        )
    )
    return {message.conversation_id: message for message in rows}
