"""A grade as plain data and back, without loss: what is stored when a period closes (grading.md G16).

`freeze(grade)` gives what `json.dumps` can write; `thaw(data)` gives an equal `Grade` or `CourseGrade` back, with
all its parts. `frozen_totals(data)` and `frozen_exact(data)` read the numbers alone, for pages with many students.

`freeze_levels(levels)` and `thaw_levels(data)` do the same for the levels of a class that grades outcomes.

The data have the names of the fields of values.py; what has its default is left out. An amount that is not whole
is the text "n/d", a rounded percentage is its text with 2 places, a moment its ISO text. A final total with the
same parts as the current one is stored once. **A change of these names is a new VERSION**, and the old one must
still be read: tests/grading/frozen_1.json is such a grade, frozen_levels_1.json are such levels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .outcomes import LevelsOfStudent
from .periods import CourseGrade
from .section_grade import ExactTotals
from .values import Grade, Totals

VERSION = 1

_KINDS: dict[str, type] = {"class": Grade, "course": CourseGrade}
LEVELS = "levels"
_NOTHING = object()


class FrozenError(ValueError):
    """Data that `freeze` did not write, or a later version of it did."""


def freeze(grade: Grade | CourseGrade) -> dict[str, Any]:
    """The grade as JSON types only."""
    kind = "course" if isinstance(grade, CourseGrade) else "class"
    return {"version": VERSION, "kind": kind, "grade": _plain(grade)}


def thaw(data: dict[str, Any]) -> Grade | CourseGrade:
    """The grade that `freeze` was given; raises FrozenError."""
    stored = _stored(data)
    try:
        grade: Grade | CourseGrade = _reader(_KINDS[data["kind"]])(stored)
    except (KeyError, TypeError, ValueError) as error:
        raise FrozenError(f"not a frozen grade: {error!r}") from error
    return grade


def frozen_totals(data: dict[str, Any]) -> Totals:
    """The totals of a frozen grade, without making its parts."""
    current, final = _workings(data)
    percents = [None if one.get("percent") is None else Decimal(one["percent"]) for one in (current, final)]
    graded, counting = _counts(data)
    return Totals(percents[0], percents[1], current.get("letter"), final.get("letter"), graded, counting)


def frozen_exact(data: dict[str, Any]) -> ExactTotals:
    """The totals of a frozen grade before rounding: what a closed period brings to a course grade."""
    exact = [None if one.get("exact") is None else Fraction(one["exact"]) for one in _workings(data)]
    return ExactTotals(exact[0], exact[1], *_counts(data))


def freeze_levels(levels: LevelsOfStudent) -> dict[str, Any]:
    """The levels as JSON types only."""
    return {"version": VERSION, "kind": LEVELS, "levels": _plain(levels)}


def thaw_levels(data: dict[str, Any]) -> LevelsOfStudent:
    """The levels that `freeze_levels` was given; raises FrozenError."""
    if data.get("version") != VERSION or data.get("kind") != LEVELS:
        raise FrozenError(f"not frozen levels of version {VERSION}: {data.get('version')!r} {data.get('kind')!r}")
    try:
        levels: LevelsOfStudent = _reader(LevelsOfStudent)(data["levels"])
    except (KeyError, TypeError, ValueError) as error:
        raise FrozenError(f"not frozen levels: {error!r}") from error
    return levels


def _stored(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("version") != VERSION or data.get("kind") not in _KINDS:
        raise FrozenError(f"not a frozen grade of version {VERSION}: {data.get('version')!r} {data.get('kind')!r}")
    stored: dict[str, Any] = data["grade"]
    return stored


def _workings(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    stored = _stored(data)
    current = stored["current_working"]
    return current, stored.get("final_working", current)


def _counts(data: dict[str, Any]) -> tuple[int, int]:
    """Graded and counting; of a course they are those of its periods together."""
    stored = _stored(data)
    grades = [grade for _, grade in stored["periods"]] if data["kind"] == "course" else [stored]
    return sum(one["graded_count"] for one in grades), sum(one["counting_count"] for one in grades)


def _plain(value: Any) -> Any:
    """The value as JSON types."""
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """What writes a value of this type; found out once, because closing a term writes millions of values."""
    names = _fields_of(kind)
    if names:
        return _fields_writer(kind, names)
    if issubclass(kind, tuple):
        return lambda value: [_plain(one) for one in value]
    if issubclass(kind, Fraction):
        return lambda value: value.numerator if value.denominator == 1 else str(value)
    if issubclass(kind, datetime):
        return lambda value: value.isoformat()
    return str if issubclass(kind, Decimal | StrEnum) else lambda value: value


def _fields_writer(kind: Any, names: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    is_grade, defaults = issubclass(kind, Grade | CourseGrade), tuple(names.items())

    def write(value: Any) -> dict[str, Any]:
        out = {}
        for name, default in defaults:
            one = getattr(value, name)
            if one is default or one == default:
                continue
            if is_grade and name == "final_working" and one == value.current_working:
                continue
            out[name] = _plain(one)
        return out

    return write


@cache
def _fields_of(kind: Any) -> dict[str, Any]:
    """The names of the fields of a value, with their defaults; none of what is no value of ours."""
    if is_dataclass(kind):
        return {one.name: one.default for one in fields(kind)}
    names: tuple[str, ...] = getattr(kind, "_fields", ())
    defaults: dict[str, Any] = getattr(kind, "_field_defaults", {})
    return {name: defaults.get(name, _NOTHING) for name in names}


Reader = Callable[[Any], Any]


@cache
def _reader(hint: Any) -> Reader:
    """What reads plain data as a value of this type."""
    if get_origin(hint) is tuple:
        return _tuple_reader(get_args(hint))
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        return _union_reader(set(get_args(hint)) - {NoneType})
    if hint in (bool, int, str) or get_origin(hint) is Literal:
        return lambda data: data
    return _fields_reader(hint) if _fields_of(hint) else _TEXTS.get(hint, hint)


_TEXTS: dict[Any, Reader] = {datetime: datetime.fromisoformat}
"""Where the type itself does not read its text."""


def _fields_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _fields_of(kind)}

    def read(data: dict[str, Any]) -> Any:
        if kind in _KINDS.values() and "final_working" not in data:
            data = data | {"final_working": data["current_working"]}
        return kind(**{name: readers[name](one) for name, one in data.items()})

    return read


def _tuple_reader(hints: tuple[Any, ...]) -> Reader:
    if hints[-1] is ...:
        each = _reader(hints[0])
        return lambda data: tuple([each(one) for one in data])
    readers = [_reader(hint) for hint in hints]
    return lambda data: tuple([read(one) for read, one in zip(readers, data, strict=True)])


def _union_reader(hints: set[Any]) -> Reader:
    """Of something or nothing, and of points: hundredths are an int where they are whole, else a fraction."""
    if hints == {int, Fraction}:
        return lambda data: Fraction(data) if isinstance(data, str) else data
    (hint,) = hints
    read = _reader(hint)
    return lambda data: None if data is None else read(data)
