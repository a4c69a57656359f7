"""What a guardian wants to be told of each child: kept by guardian and child, and nobody else's.

The guardian's home follows it, and so will whatever tells them things.
"""

from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from gradebook.extensions import db
from gradebook.models import Interest


class Interests(NamedTuple):
    """What one guardian wants to know of one child; without a choice of theirs, these."""

    missing_after: int | None = 2
    """Days after its due moment from which missing work is told; None: never."""
    below: Decimal | None = Decimal(60)
    """A grade below this many percent is told; None: never."""
    falls_by: Decimal | None = Decimal(5)
    """A fall of so many percentage points in two weeks is told; None: never."""
    new_scores: bool = True
    due_soon: bool = True


USUAL = Interests()


def interests_in(row: Any) -> Interests:
    """What an `Interest` says; None where there is none."""
    return USUAL if row is None else Interests(*(getattr(row, name) for name in Interests._fields))


def save_interests(guardian_id: int, student_id: int, wanted: Interests) -> None:
    """Keep what this guardian wants to know of this child, whom the caller has found through the guardian."""
    row = _row(guardian_id, student_id, wanted)
    for name, value in wanted._asdict().items():
        setattr(row, name, value)


def _row(guardian_id: int, student_id: int, wanted: Interests) -> Interest:
    """The row, made where there is none; the guardian may make it in another window."""
    key = (guardian_id, student_id)
    row = db.session.get(Interest, key, with_for_update=True)
    if row is None:
        try:
            with db.session.begin_nested():
                row = Interest(guardian_id=guardian_id, student_id=student_id, **wanted._asdict())
                db.session.add(row)
        except IntegrityError:
            row = db.session.get_one(Interest, key, with_for_update=True)
    return row
