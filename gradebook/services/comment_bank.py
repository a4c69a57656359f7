"""A teacher's own comments to use again. A bank belongs to one teacher in one school, and nobody else sees it."""

from sqlalchemy import func, select, update

from gradebook.extensions import db
from gradebook.models import BankComment, User

MOST = 200
"""Comments in a bank."""
LONGEST = 500
"""Letters of one."""


class BankError(Exception):
    """The comment is not kept. `code` is "full" or "twice", or "moved" when it was changed in another window."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def bank_of(teacher_id: int, school_id: int) -> list[BankComment]:
    """The comments in the order of their words."""
    query = select(BankComment).where(BankComment.teacher_id == teacher_id, BankComment.school_id == school_id)
    return sorted(db.session.scalars(query), key=lambda comment: (comment.words.casefold(), comment.id))


def add_comment(teacher_id: int, school_id: int, words: str) -> BankComment:
    """Keep these words. Raises BankError."""
    _hold(teacher_id)
    _require_new(teacher_id, school_id, words)
    here = (BankComment.teacher_id == teacher_id, BankComment.school_id == school_id)
    if (db.session.scalar(select(func.count()).select_from(BankComment).where(*here)) or 0) >= MOST:
        raise BankError("full")
    comment = BankComment(teacher_id=teacher_id, school_id=school_id, words=words)
    db.session.add(comment)
    db.session.flush()
    return comment


def change_comment(comment: BankComment, words: str, *, seen: int) -> None:
    """Put other words in its place. Raises BankError."""
    _hold(comment.teacher_id)
    if words != comment.words:
        _require_new(comment.teacher_id, comment.school_id, words)
    changed = db.session.execute(
        update(BankComment)
        .where(BankComment.id == comment.id, BankComment.version == seen)
        .values(words=words, version=BankComment.version + 1)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise BankError("moved")


def remove_comment(comment: BankComment) -> None:
    """Forget it. What was said with it stays where it was said."""
    db.session.delete(comment)
    db.session.flush()


def _hold(teacher_id: int) -> None:
    """One change of a teacher's bank at a time, so that two windows keep no words twice and no bank grows too large."""
    db.session.execute(select(User.id).where(User.id == teacher_id).with_for_update())


def _require_new(teacher_id: int, school_id: int, words: str) -> None:
    same = select(BankComment.id).where(
        BankComment.teacher_id == teacher_id, BankComment.school_id == school_id, BankComment.words == words
    )
    if db.session.scalar(same) is not None:
        raise BankError("twice")
