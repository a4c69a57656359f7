"""Writes docs/permissions.md from the matrix: `python -m tests.access.permissions`. A test keeps the two the same."""

from pathlib import Path

from tests.access import matrix
from tests.access.people import ACTORS

FILE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

HEAD = """# Who may do what

Every page and every act, and what each kind of person gets there. This page is written from `tests/access/matrix.txt`,
which is kept by hand; the test suite knocks at each door as each of these people, on both databases, and looks through
every answer for what others may not know. Do not edit this page: change the matrix and run
`python -m tests.access.permissions`.

The people are those of `tests/school.py`. The student is Maya, the class is her Algebra class; a line about another
student, class or conversation says so by its name. A guardian, teacher or student "of" something holds it today:
from the day on which it ends they are shown what strangers are shown.

| sign | means |
|---|---|
| ✓ | shown, or done |
| ✎ | let in, but what the test sent was refused in words (a form without its fields) |
| → | sent on: a visitor to the sign-in page, others to the next page of what they did |
| role | the person holds this right in another of their roles and is offered to switch |
| – | "We could not find that page": not yours and not there look the same |
"""


def render() -> str:
    """The whole page."""
    lines = [HEAD]
    for number, actor in enumerate(ACTORS, 1):
        lines.append(f"{number}. {actor.words}")
    for title, doors in grouped():
        lines += ["", f"## {title}", "", _header(), _rule()]
        lines += [_row(door) for door in doors]
    return "\n".join(lines) + "\n"


def grouped() -> list[tuple[str, list[matrix.Door]]]:
    """The doors under the headings of the matrix."""
    doors = iter(matrix.read())
    groups: list[tuple[str, list[matrix.Door]]] = []
    for line in matrix.FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# --- "):
            groups.append((line.removeprefix("# --- "), []))
        elif line and not line.startswith((" ", "#")):
            groups[-1][1].append(next(doors))
    return groups


def _header() -> str:
    return "| | " + " | ".join(str(number) for number in range(1, len(ACTORS) + 1)) + " |"


def _rule() -> str:
    return "|---" * (len(ACTORS) + 1) + "|"


def _row(door: matrix.Door) -> str:
    signs = [_sign(door.statuses[actor.name]) for actor in ACTORS]
    return f"| `{door.method} {door.path}` | " + " | ".join(signs) + " |"


def _sign(status: int) -> str:
    if status == 200:
        return "✓"
    return {303: "→", 403: "role", 404: "–"}.get(status, "✎")


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
