"""Private conversations between a child's guardian and that child's teachers, or the office of the child's school.

No student's account can take part: a participant is admitted under a role row, and the constraint lists the
roles that exist here. Students are named (`student_id`) as whom a conversation is about, never who is in it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gradebook.database import Base, HasId, HasPublicId, Id, UtcDateTime, enum_column
from gradebook.models.people import AccountKind, RoleKind, User, words_of
from gradebook.models.sections import Section

_OF_OFFICE = text("kind = 'office'")
_WAITING = text("scan = 'waiting'")


class ConversationKind(StrEnum):
    """With whom a guardian talks about a child."""

    FAMILY = "family"
    """With the teachers of one class."""
    OFFICE = "office"
    """With the office of the school, whatever the class."""


class Conversation(HasPublicId, Base):
    """A talk about one child, with one guardian: of one class, or of none with the school's office."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("id", "school_id"),
        UniqueConstraint("school_id", "key"),
        ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),
        ForeignKeyConstraint(["student_id", "student_kind"], ["users.id", "users.account_kind"]),
        CheckConstraint("student_kind = 'student'", name="about_a_student"),
        CheckConstraint("(kind = 'family') = (section_id IS NOT NULL)", name="of_a_class_or_the_office"),
        CheckConstraint("kind = 'family' OR NOT is_joint", name="joint_in_a_class"),
        Index("ix_conversations_student_id", "student_id"),
        Index("ix_conversations_section_id", "section_id"),
        Index("ix_conversations_of_office", "school_id", sqlite_where=_OF_OFFICE, postgresql_where=_OF_OFFICE),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    key: Mapped[str] = mapped_column(String(120))
    """What makes it one: child, class (or office) and guardian in one text, so that it cannot be begun twice. A column
    for the class would not do: two that are NULL are never equal."""
    kind: Mapped[ConversationKind] = mapped_column(
        enum_column(ConversationKind, "kind"), default=ConversationKind.FAMILY
    )
    """For ever, as its key and its class are: a trigger refuses another (migrations, 0038)."""
    student_id: Mapped[int] = mapped_column(Id)
    student_kind: Mapped[AccountKind] = mapped_column(
        enum_column(AccountKind, "student_kind"), default=AccountKind.STUDENT
    )
    section_id: Mapped[int | None] = mapped_column(Id)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seq: Mapped[int] = mapped_column(default=0)
    """The number of the newest message."""
    last_change: Mapped[int] = mapped_column(default=0)
    """Counts every message and every change of one: what a page has followed up to."""
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_joint: Mapped[bool] = mapped_column(default=False)
    """The office opened it for two guardians of the child together; `guardian_id` is one of them, both take part."""

    student: Mapped[User] = relationship(foreign_keys=[student_id], primaryjoin="Conversation.student_id == User.id")
    guardian: Mapped[User] = relationship(foreign_keys=[guardian_id])
    section: Mapped[Section | None] = relationship(
        foreign_keys=[section_id], primaryjoin="Conversation.section_id == Section.id"
    )

    @property
    def is_with_office(self) -> bool:
        """Whether the other side is the school's office."""
        return self.kind == ConversationKind.OFFICE


class Participant(Base):
    """A person in a conversation, under the role that admitted them; and how far they have read."""

    __tablename__ = "participants"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        ForeignKeyConstraint(["user_id", "school_id", "role_kind"], ["roles.user_id", "roles.school_id", "roles.kind"]),
        CheckConstraint("role_kind IN ('teacher', 'parent', 'office')", name="never_a_student"),
        Index("ix_participants_user_id", "user_id"),
    )

    conversation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    role_kind: Mapped[RoleKind] = mapped_column(enum_column(RoleKind, "role_kind"))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_read_seq: Mapped[int] = mapped_column(default=0)
    last_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    muted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when a guardian is neither told of its messages nor shown their number."""

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class MessageKind(StrEnum):
    """What a line of a conversation is."""

    TEXT = "text"
    SYSTEM = "system"


def folded_words(body: str) -> str:
    """What is searched of a message."""
    return " ".join(words_of(body))


def _folded_body(context: Any) -> str:
    return folded_words(context.get_current_parameters()["body"])


class Message(HasId, Base):
    """One message. Its order is `seq`, taken from the conversation's counter under its row lock."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        # Only who takes part can write, and no student can take part.
        ForeignKeyConstraint(
            ["conversation_id", "author_id"], ["participants.conversation_id", "participants.user_id"]
        ),
        UniqueConstraint("school_id", "conversation_id", "seq"),
        UniqueConstraint("school_id", "author_id", "conversation_id", "client_key"),
        Index("uq_messages_changed", "school_id", "conversation_id", "changed", unique=True),
        Index("ix_messages_school_id_sent_at", "school_id", "sent_at"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    conversation_id: Mapped[int] = mapped_column(Id)
    seq: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[MessageKind] = mapped_column(enum_column(MessageKind, "kind"), default=MessageKind.TEXT)
    body: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default=_folded_body)
    """Its words without case and accents, one blank between them: what is searched, on both databases."""
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    client_key: Mapped[str] = mapped_column(String(36))
    """Made by the form: the same key sent twice is one message."""

    changed: Mapped[int]
    """The number of its last change (conversations.last_change); that of its sending at first."""
    version: Mapped[int] = mapped_column(default=1)
    """Which of its texts `body` is; the earlier ones are MessageText."""
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when `body` is empty: what stood there is a MessageText."""
    corrects: Mapped[int | None]
    """The number of the message that this one puts right."""
    corrected_by: Mapped[int | None]
    """The number of the newest message that puts this one right."""
    files: Mapped[int] = mapped_column(default=0)
    """How many Attachments came with it."""
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when its words are deleted for good, because the school need not keep them any more."""
    purge_rule: Mapped[str | None] = mapped_column(String(40))
    """By which rule: a class of record and its years."""
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcements.id"))
    """The announcement that it answers."""

    author: Mapped[User] = relationship(foreign_keys=[author_id])
    conversation: Mapped[Conversation] = relationship(
        foreign_keys=[conversation_id], primaryjoin="Message.conversation_id == Conversation.id", viewonly=True
    )

    @property
    def written_at(self) -> datetime:
        """When the text that stands there was written."""
        return self.edited_at or self.sent_at


class MessageText(Base):
    """A text that a message had before it was edited or removed. Nothing is ever taken out of here.

    Both sides read those of a message that stands; those of a removed one are for its author, who may bring it back
    for a moment, and for the office.
    """

    __tablename__ = "message_texts"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id)
    conversation_id: Mapped[int] = mapped_column(Id)
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttachmentKind(StrEnum):
    """What a file is, as its content says."""

    DOCX = "docx"
    JPG = "jpg"
    PDF = "pdf"
    PNG = "png"
    TXT = "txt"
    XLSX = "xlsx"


class ScanState(StrEnum):
    """What a scanner has said of a file."""

    UNSCANNED = "unscanned"
    """There was none when it was sent."""
    WAITING = "waiting"
    """Not asked yet, or without an answer: nobody gets the file."""
    CLEAN = "clean"
    FOUND = "found"
    """It found something: nobody ever gets the file."""

    @property
    def lets_out(self) -> bool:
        """Whether such a file is handed out."""
        return self in LET_OUT


LET_OUT = (ScanState.UNSCANNED, ScanState.CLEAN)


class Attachment(HasPublicId, Base):
    """A file that came with a message."""

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("id", "conversation_id"),
        UniqueConstraint("school_id", "conversation_id", "seq", "position"),
        ForeignKeyConstraint(
            ["school_id", "conversation_id", "seq"],
            ["messages.school_id", "messages.conversation_id", "messages.seq"],
        ),
        # Only who takes part can send, and no student can take part.
        ForeignKeyConstraint(
            ["conversation_id", "author_id"], ["participants.conversation_id", "participants.user_id"]
        ),
        CheckConstraint("position BETWEEN 1 AND 5", name="at_most_five"),
        Index("ix_attachments_school_id_author_id", "school_id", "author_id"),
        Index("ix_attachments_waiting", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    school_id: Mapped[int] = mapped_column(Id)
    conversation_id: Mapped[int] = mapped_column(Id)
    seq: Mapped[int]
    """The number of its message."""
    position: Mapped[int]
    author_id: Mapped[int] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[AttachmentKind] = mapped_column(enum_column(AttachmentKind, "kind"))
    size: Mapped[int]
    """Bytes of what is kept."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was sent: the same file sent again is known by it."""
    scan: Mapped[ScanState] = mapped_column(enum_column(ScanState, "scan"), default=ScanState.UNSCANNED)
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when its content is deleted for good."""
    purge_rule: Mapped[str | None] = mapped_column(String(40))


class AttachmentContent(Base):
    """The bytes of an attachment, apart from what lists show of it."""

    __tablename__ = "attachment_contents"
    __table_args__ = (
        ForeignKeyConstraint(["attachment_id", "conversation_id"], ["attachments.id", "attachments.conversation_id"]),
    )

    attachment_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(Id)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Draft(Base):
    """What someone has begun to write in a conversation: one for each person, read by that person alone."""

    __tablename__ = "drafts"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        # Only who takes part can write, and no student can take part.
        ForeignKeyConstraint(["conversation_id", "user_id"], ["participants.conversation_id", "participants.user_id"]),
    )

    conversation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id)
    body: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Read(Base):
    """When a participant had read up to a message. A row for each time that there was something new."""

    __tablename__ = "reads"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "school_id"], ["conversations.id", "conversations.school_id"]),
        ForeignKeyConstraint(["conversation_id", "user_id"], ["participants.conversation_id", "participants.user_id"]),
    )

    conversation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(Id)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosureScope(StrEnum):
    """Whose writing the office has closed."""

    EVERYONE = "everyone"
    """All guardians and teachers of the school."""
    GUARDIANS = "guardians"
    LINKS = "links"
    """Nobody's writing, but web and email addresses in what is written."""
    PERSON = "person"
    TEACHERS = "teachers"


class WritingClosure(HasPublicId, Base):
    """The office has closed writing at its school; reading goes on."""

    __tablename__ = "writing_closures"
    __table_args__ = (
        CheckConstraint("(scope = 'person') = (user_id IS NOT NULL)", name="a_person_is_named"),
        CheckConstraint("ends_at IS NULL OR ends_at > closed_at", name="ends_after_its_beginning"),
        Index("ix_writing_closures_school_id_user_id", "school_id", "user_id"),
    )

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    scope: Mapped[ClosureScope] = mapped_column(enum_column(ClosureScope, "scope"), default=ClosureScope.PERSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(500))
    """As those whom it concerns are told."""
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when it ends by itself; None: when the office lifts it."""
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None: the office has not lifted it."""

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
