"""The class's counter: every accepted change of what its grid shows takes the next number (architecture.md 5)."""

from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value

from gradebook.extensions import db, execute_plain
from gradebook.live.notices import notice
from gradebook.models import Section
from gradebook.services import freezing

_SECTIONS = cast(Table, Section.__table__)
AT_ONCE = 10_000
"""Classes in one statement: a database takes no more than some ten thousand values in one."""


def next_number(section: Section) -> int:
    """Take the class's next number. The row stays locked until the commit, so numbers appear in order.

    What the row says of closed periods is read with it, so that it holds until then too (services/periods.py). What a
    closing left to be kept is kept first: whoever takes a number is about to change what grades are made of.
    """
    return next_number_and(section)[0]


def next_number_and(section: Section, /, *also: ColumnElement[Any], **values: Any) -> tuple[int, tuple[Any, ...]]:
    """The same, with what else is to be read of the class in the same statement, as it was when that began.

    `also` are made once and not for each call, like the statement itself; `values` are what they leave open.
    """
    row = execute_plain(_taking(db.engine.dialect.name, also), {"key": section.id} | values).one()
    number, closings, unkept = row[:3]
    set_committed_value(section, "last_seq", number)  # the row has it; a flush must not write it again
    set_committed_value(section, "closings", closings)
    set_committed_value(section, "unkept", unkept)
    if unkept is not None:
        freezing.keep([section])
    return int(number), tuple(row[3 : 3 + len(also)])


@cache
def _taking(backend: str, also: tuple[ColumnElement[Any], ...]) -> Any:
    row = _SECTIONS.c
    return (
        update(_SECTIONS)
        .where(row.id == bindparam("key"))
        .values(last_seq=row.last_seq + 1)
        .returning(row.last_seq, row.closings, row.unkept, *also, *notice(backend, "section", row.id))
    )


def next_numbers(section_ids: Iterable[int]) -> None:
    """These classes take their next numbers: their grids show something else now, and are told so once it is committed
    (gradebook/live).

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
            .returning(Section.id, *notice(db.engine.dialect.name, "section", Section.id))
            .execution_options(synchronize_session=False)
        )


def next_number_if(section: Section, number: int, **values: Any) -> int | None:
    """Take the next number and write these fields of the class, if its last number is still `number`; else None.

    For a change that was worked out without holding the class: whoever wrote meanwhile took a number, and what was
    read is then to be read again. Closings are read as by `next_number`, and what they left to be kept is kept first.
    """
    new = {f"new_{name}": value for name, value in values.items()}
    statement = _taking_if(db.engine.dialect.name, tuple(values))
    row = execute_plain(statement, {"key": section.id, "number": number} | new).one_or_none()
    if row is None:
        freezing.keep_classes([section.id])
        return None
    for name, value in {**values, "last_seq": row.last_seq, "closings": row.closings}.items():
        set_committed_value(section, name, value)
    return int(row.last_seq)


@cache
def _taking_if(backend: str, names: tuple[str, ...]) -> Any:
    row = _SECTIONS.c
    return (
        update(_SECTIONS)
        .where(row.id == bindparam("key"), row.last_seq == bindparam("number"), row.unkept.is_(None))
        .values({"last_seq": row.last_seq + 1, **{name: bindparam(f"new_{name}") for name in names}})
        .returning(row.last_seq, row.closings, *notice(backend, "section", row.id))
    )


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
