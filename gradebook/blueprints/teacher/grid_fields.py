"""The cells that a form or a script sends, and the number that was seen.

A field is named by its two keys, `student.assignment`. In the grid, where each byte counts 1,200 times, the fields of
one row share the row's number as their name and stand in the order of the columns; the fields `rows` and `columns`
say once whose rows and which columns they are.
"""

import re
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import BadRequest, PreconditionRequired, RequestEntityTooLarge

from gradebook.services.scores import Place
from gradebook.web.requests import whole_number

MOST_CELLS = 30_000
"""More than any page holds."""
_KEYS = re.compile(r"[0-9]{1,18}(?:,[0-9]{1,18})*", re.ASCII)
_NAME = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)
_REQUEST = re.compile(r"[0-9A-Za-z-]{8,36}", re.ASCII)


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
    texts = _cells_of_rows(request)
    for name, text in request.form.items():
        place = place_of(name)
        if place is not None:
            texts[place] = text
    texts = {place: text.strip(" \t\u00a0") for place, text in texts.items()}
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
    seen = whole_number(request.values.get("seen"))
    if seen is None or seen > last:
        raise PreconditionRequired
    return seen


def request_key(request: Request) -> str | None:
    """The key of what was sent, by which it is known when it is sent again. Raises BadRequest for what is no key."""
    key = request.values.get("request")
    if key is not None and not _REQUEST.fullmatch(key):
        raise BadRequest
    return key


def forced_places(request: Request) -> set[Place]:
    """The places that the person chose to change although somebody changed them since."""
    return {place for place in map(place_of, request.form.getlist("force")) if place is not None}


def place_of(name: str) -> Place | None:
    """The place that a field's name says; None for other fields."""
    match = _NAME.fullmatch(name)
    return (int(match[2]), int(match[1])) if match else None


def _keys(request: Request, name: str) -> list[int]:
    given = request.form.get(name, "")
    return [int(key) for key in given.split(",")] if _KEYS.fullmatch(given) else []


def _cells_of_rows(request: Request) -> dict[Place, str]:
    """The grid's cells. Raises BadRequest for a row that does not have one field for each column."""
    columns, texts = _keys(request, "columns"), {}
    for number, student in enumerate(_keys(request, "rows"), 1):
        row = request.form.getlist(str(number))
        if row and len(row) != len(columns):
            raise BadRequest
        texts.update({(column, student): text for column, text in zip(columns, row, strict=False)})
    return texts


def column_letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA, as in a spreadsheet."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def field_name(place: Place) -> str:
    """The name of a cell's field outside the grid."""
    return f"{place[1]}.{place[0]}"
