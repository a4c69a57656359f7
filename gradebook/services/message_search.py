"""Search in one's own conversations: every word typed begins a word of the message, without case and accents."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, column, literal_column, select, table, text
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Conversation, Message, User
from gradebook.models.people import folded, words_of
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person
from gradebook.services import messaging

MOST_WORDS = 8
LONGEST_QUERY = 100
ON_A_PAGE = 20
BEFORE, AFTER = 40, 120
"""Letters shown of a message before and after the first word found."""


@dataclass(frozen=True)
class Piece:
    """A part of a message's text."""

    words: str
    is_found: bool = False
    """Begins with a word that was looked for."""


@dataclass(frozen=True)
class Found:
    """A message that has all the words."""

    conversation: Conversation
    seq: int
    author_id: int
    author_name: str
    sent_at: datetime
    pieces: list[Piece]
    is_by_office: bool = False
    """Written by a person of the office as such."""


def searched_words(query: str) -> list[str]:
    """The words of what was typed, as they are looked for; no more than anybody types."""
    return words_of(query[:LONGEST_QUERY])[:MOST_WORDS]


def find(person: Person, words: list[str], *, page: int = 1) -> list[Found]:
    """The messages of one's own conversations that have all these words, the newest first: a page and one more.

    What was removed has no words any more; of what was edited only the text that stands there now is searched.
    """
    if not words:
        return []
    statement = _matching_sqlite if db.engine.dialect.name == "sqlite" else _matching_postgresql
    asked = " ".join(f'"{word}"*' for word in words)
    if db.engine.dialect.name == "postgresql":
        asked = " & ".join(f"'{word}':*" for word in words)
    rows = scopes.ask(statement, person, words=asked, offset=(page - 1) * ON_A_PAGE, rows=ON_A_PAGE + 1)
    return [Found(row[0], row[1], row[2], row[3], row[4], excerpt(row[5], words), row[6]) for row in rows]


def _matching_postgresql(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    found = text("messages.searched @@ to_tsquery('simple', :words)")
    return _matching(person, Conversation.id).where(found).order_by(Message.id.desc())


_WORDS_OF_MESSAGES = table("message_search", column("rowid"))


def _matching_sqlite(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """Goes through the messages with these words from the newest on until a page is full.

    Without the plus sign, SQLite would rather begin with the conversations and read all their messages
    (https://www.sqlite.org/optoverview.html, 9.2).
    """
    words = _WORDS_OF_MESSAGES
    query = _matching(person, literal_column("+conversations.id")).join(words, words.c.rowid == Message.id)
    return query.where(text("message_search MATCH :words")).order_by(words.c.rowid.desc())


def _matching(person: AnyPerson, conversation_id: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Conversation,
            Message.seq,
            Message.author_id,
            User.display_name,
            Message.sent_at,
            Message.body,
            messaging.is_by_office(),
        )
        .join(Message, and_(Message.school_id == Conversation.school_id, Message.conversation_id == Conversation.id))
        .join(User, User.id == Message.author_id)
        .options(
            joinedload(Conversation.student),
            joinedload(Conversation.guardian),
            joinedload(Conversation.section),
        )
        .where(conversation_id.in_(scopes.conversations_read_by(person)))
        .limit(bindparam("rows"))
        .offset(bindparam("offset"))
    )


# --- What is shown of it

_WORD = re.compile(r"[^\W_]+")


def excerpt(body: str, words: list[str]) -> list[Piece]:
    """The part of a text around the first word that was found, in pieces; its beginning where none can be shown."""
    hits = [match.span() for match in _WORD.finditer(body) if _begins(match[0], words)]
    first = hits[0][0] if hits else 0
    begin, end = _whole_words(body, max(0, first - BEFORE), min(len(body), first + AFTER))
    pieces, at = [Piece("… ")] if begin else [], begin
    for start, stop in hits:
        if start >= end:
            break
        pieces += [Piece(body[at:start]), Piece(body[start:stop], is_found=True)]
        at = stop
    pieces.append(Piece(body[at:end] if at < end else ""))
    return [piece for piece in [*pieces, Piece(" …" if end < len(body) else "")] if piece.words]


def _begins(word: str, words: list[str]) -> bool:
    return folded(word).startswith(tuple(words))


def _whole_words(body: str, begin: int, end: int) -> tuple[int, int]:
    """No word is cut, unless it is longer than what is shown."""
    while 0 < begin < len(body) and not body[begin - 1].isspace() and begin < end:
        begin -= 1
        if end - begin > 2 * (BEFORE + AFTER):
            break
    while end < len(body) and not body[end].isspace() and end - begin < 2 * (BEFORE + AFTER):
        end += 1
    return begin, end
