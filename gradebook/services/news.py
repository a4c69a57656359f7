"""What a changed score was before, for lists of what is new: only what the family saw then (grading.md G8)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from gradebook.extensions import db
from gradebook.models import AuditEntry, ScoreChange
from gradebook.services.family import Piece
from gradebook.services.posting import HIDDEN, POSTED
from gradebook.services.scores import EMPTY, cell_of, columns_of, content_of


def with_before(pieces: Iterable[Piece], since: datetime) -> list[Piece]:
    """The same pieces; those whose score changed since the moment with what stood there then. One statement at most.

    Nothing is said of a score that was hidden then, nor of one that was posted or hidden since: what it was in between
    was perhaps never shown.
    """
    pieces = list(pieces)
    changed = [piece for piece in pieces if _was_posted(piece, since)]
    before = _cells_at(changed, since) if changed else {}
    return [_with(piece, before.get((piece.family_class.student.id, piece.column.id))) for piece in pieces]


def _was_posted(piece: Piece, since: datetime) -> bool:
    """Whether the score was posted at the moment, and changed after it."""
    posted_at = piece.column.posted_at
    return posted_at is not None and posted_at <= since < piece.shown_since


def _with(piece: Piece, before: dict[str, Any] | None) -> Piece:
    if before is None:
        return piece
    section, place = piece.family_class.section, (piece.column.id, piece.family_class.student.id)
    was = cell_of(columns_of(section, place, before, 0))
    if content_of(was) in (EMPTY, content_of(piece.cell)):
        return piece
    return replace(piece, before=piece.family_class.piece_with(was))


def _cells_at(pieces: list[Piece], since: datetime) -> dict[tuple[int, int], dict[str, Any]]:
    """By student and assignment: what the history kept of the cell as it was at the moment."""
    rows = db.session.execute(
        select(ScoreChange.student_id, ScoreChange.assignment_id, ScoreChange.before)
        .where(
            or_(*(_is_of(piece) for piece in pieces)),
            ScoreChange.changed_at > since,
            ~_was_posted_or_hidden(since),
        )
        .order_by(ScoreChange.seq.desc())
    )
    return {(student, work): before or {} for student, work, before in rows}  # the first change is read last


def _is_of(piece: Piece) -> ColumnElement[bool]:
    one = piece.family_class
    return and_(
        ScoreChange.school_id == one.section.school_id,
        ScoreChange.assignment_id == piece.column.id,
        ScoreChange.student_id == one.student.id,
    )


def _was_posted_or_hidden(since: datetime) -> ColumnElement[bool]:
    """Condition on ScoreChange: somebody posted or hid the scores of the assignment after the moment."""
    return (
        select(AuditEntry.id)
        .where(
            AuditEntry.section_id == ScoreChange.section_id,
            AuditEntry.act.in_((POSTED, HIDDEN)),
            AuditEntry.at > since,
            AuditEntry.facts["assignment_id"].as_integer() == ScoreChange.assignment_id,
        )
        .correlate(ScoreChange)
        .exists()
    )
