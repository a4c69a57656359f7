"""The cells that a form or a script sends, and the number that was seen.

A field is named by its two keys, `student.assignment`; or, in the grid, where each byte counts 1,200 times, as in a
spreadsheet: `C12`, with the keys of all rows and columns once in the fields `rows` and `columns`.
"""

import re
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import PreconditionRequired, RequestEntityTooLarge

from gradebook.policy.access import NotFound
from gradebook.services.scores import Place

MOST_CELLS = 30_000
"""More than any page holds."""
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,4})", re.ASCII)
_KEYS = re.compile(r"[0-9]{1,18}(?:,[0-9]{1,18})*", re.ASCII)
_NAME = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class Sent:
    """What was sent."""

    texts: dict[Place, str]
    seen: int
    keep: frozenset[tuple[Place, str]]
    """Texts above 150% that were shown as "check this" and sent again."""


def sent_cells(request: Request, last: int) -> Sent:
    """The cells in the request. `last` is the class's newest number: nobody has seen a later one.

    Raises PreconditionRequired when it does not say which number was seen.
    """
    texts = {}
    rows, columns = _keys(request, "rows"), _keys(request, "columns")
    for name, text in request.form.items():
        place = place_of(name) or _place_at(name, rows, columns)
        if place is not None:
            texts[place] = text.strip(" \t\u00a0")
    if len(texts) > MOST_CELLS:
        raise RequestEntityTooLarge
    keep = set()
    for kept in request.form.getlist("keep"):
        name, _equals, text = kept.partition("=")
        place = place_of(name)
        if place is not None:
            keep.add((place, text))
    return Sent(texts, seen_number(request, last), frozenset(keep))


def seen_number(request: Request, last: int) -> int:
    """The number that the page had seen. Raises PreconditionRequired where there is none that can be true."""
    seen = request.values.get("seen", "")
    if not _NUMBER.fullmatch(seen) or int(seen) > last:
        raise PreconditionRequired
    return int(seen)


def place_of(name: str) -> Place | None:
    """The place that a field's name says; None for other fields."""
    match = _NAME.fullmatch(name)
    return (int(match[2]), int(match[1])) if match else None


def _keys(request: Request, name: str) -> list[int]:
    given = request.form.get(name, "")
    return [int(key) for key in given.split(",")] if _KEYS.fullmatch(given) else []


def _place_at(name: str, rows: list[int], columns: list[int]) -> Place | None:
    """The place at an address like C12. Raises NotFound for one that is not on the page."""
    match = _ADDRESS.fullmatch(name)
    if match is None:
        return None
    column, row = column_number(match[1]), int(match[2])
    if column > len(columns) or row > len(rows):
        raise NotFound
    return columns[column - 1], rows[row - 1]


def column_letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA, as in a spreadsheet."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def field_name(place: Place) -> str:
    """The name of a cell's field outside the grid."""
    return f"{place[1]}.{place[0]}"
