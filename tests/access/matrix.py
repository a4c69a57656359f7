"""Reads tests/access/matrix.txt: which status each kind of person gets at each door. Written by hand, never derived.

    GET /teacher/classes/{algebra}
        200 rivera cole
        303 visitor
        403 tess-parent
        404 *

`*` is everyone not named. Who is `like` another (people.py) gets what the other gets, unless named; who has passed no
second step at sign-in is sent on at each door of the office (STEPLESS). {algebra} is the public id of a thing of the
small school; POST lines may carry form fields after the path (`POST /auth/role role=parent-0`).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.access.people import ACTORS, NAMES

LIKE = {actor.name: actor.like for actor in ACTORS if actor.like}
STEPLESS = "pat-stepless"  # at each door of the office sent on to the second step; at all others like Pat
FILE = Path(__file__).with_name("matrix.txt")


@dataclass(frozen=True)
class Door:
    """One line of the matrix."""

    method: str
    path: str
    """With {things}."""
    fields: tuple[tuple[str, str], ...]
    statuses: dict[str, int]

    @property
    def id(self) -> str:
        """For the test's name."""
        return f"{self.method} {self.path}"


def read() -> list[Door]:
    """All doors, in the order of the file."""
    doors: list[Door] = []
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            _add_statuses(doors[-1], line, number)
        else:
            method, path, *fields = line.split()
            doors.append(Door(method, path, tuple(_field(text) for text in fields), {}))
    for door in doors:
        if door.path.startswith(("/office/", "/messages/announcements")):
            door.statuses.setdefault(STEPLESS, 303)
        door.statuses.update({name: door.statuses[other] for name, other in LIKE.items() if name not in door.statuses})
        assert set(door.statuses) == set(NAMES), (
            f"{door.id}: nobody said what happens to {set(NAMES) - set(door.statuses)}"
        )
    return doors


def _field(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _add_statuses(door: Door, line: str, number: int) -> None:
    match = re.fullmatch(r"\s+(\d{3})((?: [a-z-]+)+| \*)", line)
    assert match, f"matrix.txt line {number} is not understood: {line!r}"
    who = (
        [name for name in NAMES if name not in door.statuses and name not in LIKE]
        if match[2] == " *"
        else match[2].split()
    )
    for name in who:
        assert name in NAMES, f"matrix.txt line {number}: nobody is called {name!r}"
        assert name not in door.statuses, f"matrix.txt line {number}: {name} stands there twice"
        door.statuses[name] = int(match[1])
