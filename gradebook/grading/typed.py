"""The shorthand that is typed into a score cell, read and written (grading.md G17, ux.md section 4).

| typed | means |
|---|---|
| nothing | not graded |
| `18` `18,5` `.5` | points |
| `18/20` | points, with the assignment's total beside them |
| `90%` | a percent, kept as a percent |
| `B+` | a letter, where the class uses letters |
| any of these and `l` | late |
| `m` `e` `ex` `i` `t` | missing, excused, excused, incomplete, turned in |

A small letter that is a code is always the code. Otherwise a label of the scale comes before everything
else, as it is written or in another case: with a scale A to E, `E` is the letter and `e` is excused. Where a
label looks like a number (a scale 1 to 5), `5` is the label and `5.0` is five points.

Never a general number parser: those accept `NaN`, `1e309` and `1_0`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import NamedTuple

from .values import Mark, Status, exact_text, points_text

LONGEST = 10
"""Characters; a class's own labels may be longer."""
MOST = 9_999_999
"""Hundredths of a point or of a percent, confirmed or not: with `%` and `l` still within LONGEST."""

CODES = {
    "m": Status.missing,
    "e": Status.excused,
    "ex": Status.excused,
    "i": Status.incomplete,
    "t": Status.turned_in,
}
SHOWN = {
    Status.missing: "m",
    Status.excused: "e",
    Status.incomplete: "i",
    Status.turned_in: "t",
}

_SPACES = " \t\u00a0"
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "01234567890123456789.")
_NUMBER = r"(?:[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)"
_SCORE = re.compile(
    rf"(?P<minus>[-\u2212])?(?P<number>{_NUMBER})"
    rf"(?: ?(?P<percent>%)| ?/ ?(?P<total>{_NUMBER}))?(?P<late> ?[lL])?",
    re.ASCII,
)


class TypedScore(NamedTuple):
    """What was typed: at most one of points, percent and letter, or a status."""

    points: int | None = None
    """Hundredths of a point."""
    percent: Fraction | None = None
    letter: str | None = None
    status: Status = Status.none
    late: bool = False


class ScoreError(ValueError):
    """A text that is not saved as a score. `code` says why, `params` has the numbers for the message.

    not_a_score {typed} · too_long {longest} · too_many_decimals {typed} · negative {typed} ·
    too_large {typed} · other_total {typed, possible} · needs_confirmation {typed, possible}: it is accepted
    once the teacher has confirmed it.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


def parse_score(text: str, possible: int, *, letters: Collection[str] = (), confirmed: bool = False) -> TypedScore:
    """The score that was typed for an assignment of `possible` hundredths; raises ScoreError.

    `letters` are the labels of the scale if the class uses letters. `confirmed` accepts more than 150%.
    """
    text = text.strip(_SPACES)
    longest = max([LONGEST, *(len(letter) + 2 for letter in letters)])
    if len(text) > longest:
        raise ScoreError("too_long", longest=str(longest))
    if not text:
        return TypedScore()
    return _status_or_letter(text, letters) or _number(text.translate(_DIGITS), possible, confirmed)


def show_score(score: TypedScore, possible: int, *, letters: Collection[str] = (), mark: str = ".") -> str:
    """The text that stands in the input for a stored score; `parse_score` reads it back as the same score.

    `mark` is the decimal mark of who reads it: a point, or a comma.
    """
    texts = list(_ways_to_write(score, possible, mark))
    for text in texts:
        try:
            if parse_score(text, possible, letters=letters, confirmed=True) == score:
                return text
        except ScoreError:
            continue
    # A letter that the scale has lost, or a status with more beside it: show it, and let saving ask.
    return texts[0]


def typed_from(mark: Mark | int | None) -> TypedScore:
    """What a cell holds, as it would be typed. Points kept under a status are not shown while it stands."""
    if mark is None:
        return TypedScore()
    if isinstance(mark, int):
        return TypedScore(points=mark)
    scored = mark.points is not None or mark.percent is not None or mark.letter is not None
    if mark.status == Status.none or (mark.status == Status.turned_in and scored):
        return TypedScore(mark.points, mark.percent, mark.letter, Status.none, mark.late and scored)
    return TypedScore(status=mark.status)


def _status_or_letter(text: str, letters: Collection[str]) -> TypedScore | None:
    if text in CODES:
        return TypedScore(status=CODES[text])
    letter = _label(text, letters)
    if letter is not None:
        return TypedScore(letter=letter)
    # A phone writes a capital at the beginning: M is m, unless M is a letter of the class.
    if text.lower() in CODES:
        return TypedScore(status=CODES[text.lower()])
    if text[-1] in "lL":
        letter = _label(text[:-1].rstrip(_SPACES), letters)
    return None if letter is None else TypedScore(letter=letter, late=True)


def _label(text: str, letters: Collection[str]) -> str | None:
    folded = text.casefold()
    return next((letter for letter in letters if letter.casefold() == folded), None)


def _number(text: str, possible: int, confirmed: bool) -> TypedScore:
    match = _SCORE.fullmatch(text)
    if match is None:
        raise ScoreError("not_a_score", typed=text)
    if match["minus"]:
        raise ScoreError("negative", typed=text)
    amount = _hundredths(match["number"], text)
    late = match["late"] is not None
    if match["total"] is not None and _hundredths(match["total"], text) != possible:
        raise ScoreError("other_total", typed=text, possible=points_text(possible))
    full = 10_000 if match["percent"] else possible
    # Out of 0 nothing is above full marks: such work only adds its points.
    if amount * 2 > full * 3 and full and not confirmed:
        raise ScoreError("needs_confirmation", typed=text, possible=points_text(possible))
    if match["percent"]:
        return TypedScore(percent=Fraction(amount, 100), late=late)
    return TypedScore(points=amount, late=late)


def _hundredths(number: str, text: str) -> int:
    whole, _, decimals = number.replace(",", ".").partition(".")
    if len(decimals) > 2:
        raise ScoreError("too_many_decimals", typed=text)
    amount = int(whole or "0") * 100 + int(decimals.ljust(2, "0"))
    if amount > MOST:
        raise ScoreError("too_large", typed=text)
    return amount


def _ways_to_write(score: TypedScore, possible: int, mark: str) -> Iterator[str]:
    """From the shortest; the others are for scales whose labels look like the shortest."""
    ends = ("l", " l") if score.late else ("",)
    if score.status in SHOWN:
        yield SHOWN[score.status]
    elif score.letter is not None:
        for letter in (score.letter, score.letter.upper()):
            yield from (letter + end for end in ends)
    elif score.percent is not None:
        for number in _ways_to_write_number(exact_text(score.percent), mark):
            yield from (number + "%" + end for end in ends)
    elif score.points is not None:
        for number in _ways_to_write_number(points_text(score.points), mark):
            yield from (number + end for end in ends)
        yield f"{points_text(score.points)}/{points_text(possible)}{ends[0]}".replace(".", mark)
    else:
        yield ""


def _ways_to_write_number(number: str, mark: str) -> tuple[str, ...]:
    ways = (number,) if "." in number else (number, number + ".0", number + ".00")
    return tuple(way.replace(".", mark) for way in ways)
