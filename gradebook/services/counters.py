"""The class's counter: every accepted change of what its grid shows takes the next number (architecture.md 5)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from gradebook.extensions import db
from gradebook.live.notices import notice
from gradebook.models import Section
from gradebook.services import freezing

AT_ONCE = 10_000
"""Classes in one statement: a database takes no more than some ten thousand values in one."""


def next_number(section: Section) -> int:
    """Take the class's next number. The row stays locked until the commit, so numbers appear in order.

    What the row says of closed periods is read with it, so that it holds until then too (services/periods.py). What a
    closing left to be kept is kept first: whoever takes a number is about to change what grades are made of.
    """
    return next_number_and(section)[0]


def next_number_and(section: Section, *also: Any) -> tuple[int, tuple[Any, ...]]:
    """The same, with what else is to be read of the class in the same statement, as it was when that began."""
    number, closings, unkept, *rest = db.session.execute(
        update(Section)
        .where(Section.id == section.id)
        .values(last_seq=Section.last_seq + 1)
        .returning(Section.last_seq, Section.closings, Section.unkept, *also, *_notice())
        .execution_options(synchronize_session=False)
    ).one()
    set_committed_value(section, "last_seq", number)  # the row has it; a flush must not write it again
    set_committed_value(section, "closings", closings)
    set_committed_value(section, "unkept", unkept)
    if unkept is not None:
        freezing.keep([section])
    return int(number), tuple(rest[: len(also)])


def next_numbers(section_ids: Iterable[int]) -> None:
    """These classes take their next numbers: their grids show something else now.

    They are locked in the order of their keys, as every act on several classes does it. Unlike `next_number` it keeps
    nothing that a closing left to be kept: whoever calls it has done that, or has refused what would touch it.
    """
    keys = sorted(set(section_ids))
    for some in (keys[first : first + AT_ONCE] for first in range(0, len(keys), AT_ONCE)):
        db.session.execute(select(Section.id).where(Section.id.in_(some)).order_by(Section.id).with_for_update())
        db.session.execute(
            update(Section)
            .where(Section.id.in_(some))
            .values(last_seq=Section.last_seq + 1)
            .returning(Section.id, *_notice())
            .execution_options(synchronize_session=False)
        )


def _notice() -> tuple[Any, ...]:
    """Tells the pages that show the class, once it is committed, that it has a new number (gradebook/live)."""
    return notice(db.engine.dialect.name, "section", Section.id)


def next_number_if(section: Section, number: int, **values: Any) -> int | None:
    """Take the next number and write these fields of the class, if its last number is still `number`; else None.

    For a change that was worked out without holding the class: whoever wrote meanwhile took a number, and what was
    read is then to be read again. Closings are read as by `next_number`, and what they left to be kept is kept first.
    """
    row = db.session.execute(
        update(Section)
        .where(Section.id == section.id, Section.last_seq == number, Section.unkept.is_(None))
        .values(last_seq=Section.last_seq + 1, **values)
        .returning(Section.last_seq, Section.closings, *_notice())
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        freezing.keep_classes([section.id])
        return None
    for name, value in {**values, "last_seq": row.last_seq, "closings": row.closings}.items():
        set_committed_value(section, name, value)
    return int(row.last_seq)


def return_number(section: Section) -> None:
    """Give back the number just taken, when nothing had to be written.

    Nobody can have taken a later one: the row is locked since.
    """
    db.session.execute(
        update(Section)
        .where(Section.id == section.id)
        .values(last_seq=Section.last_seq - 1)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(section, "last_seq", section.last_seq - 1)
