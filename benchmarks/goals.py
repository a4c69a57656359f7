"""The goals P1–P23 of the design, as multiples of floors that every run measures again.

The multiple is the goal in milliseconds over the same floor on the machine where the goals were set
(hello 0.86 ms, rows of a grid 1.27, joined table 0.55, rows of a student 0.51, one write 0.25, thirty 0.43,
1,200 written 10.3), or the ratio that the goal states itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Floors = Mapping[str, float]
"""Medians in seconds."""


@dataclass(frozen=True)
class Goal:
    """A page or save, its floor on this machine, and how many times that it may take."""

    number: str
    title: str
    case: str
    milliseconds: float
    """The goal where it was set; for reading only."""
    ratio: float
    floor: Callable[[Floors], float]
    plus: Callable[[Floors], float] = lambda _floors: 0.0
    """What may come on top, whatever the ratio: the password hash."""
    statements: tuple[int, ...] = ()
    """The bound of each request."""
    parts: tuple[str, ...] = ()
    """What each request is, where the time of each is printed below their sum."""
    reads: bool = True
    largest: int | None = None
    """Bytes."""
    largest_sent: int | None = None
    """Bytes after compression."""

    def bound(self, floors: Floors) -> float:
        """The time in seconds that keeps the goal on this machine, now."""
        return self.plus(floors) + self.ratio * self.floor(floors)

    def floors(self, floors: Floors) -> set[str]:
        """The floors that its bound is made of."""
        asked = _Asked(floors)
        self.bound(asked)
        return asked.names


class _Asked(dict[str, float]):
    """Floors that remember which of them were asked for."""

    def __init__(self, floors: Floors) -> None:
        super().__init__(floors)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> float:
        self.names.add(name)
        return super().__getitem__(name)


def _hello(floors: Floors) -> float:
    return floors["hello"]


def _grid(floors: Floors) -> float:
    return floors["hello"] + floors["rows of a grid"] + floors["joined table"]


def _long_grid(floors: Floors) -> float:
    return floors["hello"] + floors["rows of 30 × 160"] + 4 * floors["joined table"]


def _student(floors: Floors) -> float:
    return floors["hello"] + floors["rows of a student"]


def _family(floors: Floors) -> float:
    return floors["hello"] + 2 * floors["rows of a student"]


def _write(floors: Floors) -> float:
    return floors["hello"] + floors["one write"]


def _column(floors: Floors) -> float:
    return floors["hello"] + floors["30 written"]


def _whole(floors: Floors) -> float:
    return floors["hello"] + 2 * floors["1,200 written"]


def _weights(floors: Floors) -> float:
    """What P20 cannot do without: the save reads every score and writes once, then the grid is read. Where the goals
    were set that was 0.86 + 0.25 + 1.27 and 0.86 + 1.27 + 0.55, so that 15 ms are 2.96 times it.
    """
    return _write(floors) + floors["rows of a grid"] + _grid(floors)


_CHANGED: Any = {"statements": (8, 7), "parts": ("the save", "the grid")}

GOALS = (
    Goal("P1", "grid 30 × 40", "grid", 8, 3.0, _grid, statements=(7,), largest=120_000, largest_sent=15_000),
    Goal("P1", "grid 30 × 40, two columns hidden", "grid, two hidden", 8, 3.0, _grid, statements=(7,)),
    Goal("P1", "grid 30 × 40, another class each time", "grid, another", 8, 3.0, _grid, statements=(7,)),
    Goal("P6", "save one cell", "save a cell", 4.3, 4.0, _write, statements=(8,), reads=False, largest=1_000),
    Goal("P9", "fill a column of 30", "fill a column", 8, 6.2, _column, statements=(8,), reads=False),
    Goal("P10", "paste 1,200 cells", "paste", 60, 2.8, _whole, statements=(12,), reads=False),
    Goal("P11", "student, six classes", "student home", 8, 5.7, _student, statements=(6,), largest_sent=20_000),
    Goal("P11", "student, one class with its working", "student class", 8, 5.7, _student, statements=(6,)),
    Goal("P12", "parent, two children", "parent home", 9, 4.8, _family, statements=(7,), largest_sent=20_000),
    Goal("P12", "parent, one class with its working", "parent class", 9, 4.8, _family, statements=(7,)),
    Goal(
        "P13",
        "sign in: form, post, landing",
        "sign in",
        10,
        11.6,
        _hello,
        plus=lambda floors: floors["hash"],
        statements=(0, 6, 6),
        reads=False,
    ),
    Goal("P14", "send a message", "send", 4.3, 4.0, _write, statements=(8,), reads=False),
    Goal("P15", "conversation of 50 messages", "conversation", 6, 7.0, _hello, statements=(6,)),
    Goal("P15", "list of conversations", "conversations", 6, 7.0, _hello, statements=(5,)),
    Goal("", "unread badge", "unread", 3, 3.5, _hello, statements=(2,)),  # who asks, and the count
    Goal("", "teacher's home", "teacher home", 8, 9.3, _hello, statements=(7,)),
    Goal("", "office, people", "people", 8, 9.3, _hello, statements=(9,)),
    Goal("P18", "grid 30 × 10", "grid 30 × 10", 8, 3.0, _grid, statements=(7,)),
    Goal("P18", "grid 30 × 160, all terms", "grid 30 × 160", 22, 3.4, _long_grid, statements=(7,)),
    Goal("P18", "grid 300 × 40, 100 rows", "grid 300 × 40", 40, 46.5, _hello, statements=(7,)),
    Goal("P18", "grid 300 × 160, 100 rows of a term", "grid 300 × 160", 60, 70.0, _hello, statements=(7,)),
    Goal("P20", "weights changed and grid read", "weights", 15, 2.96, _weights, reads=False, **_CHANGED),
    Goal("P20", "the same of 300 × 40, 100 rows", "weights 300 × 40", 60, 70.0, _hello, reads=False, **_CHANGED),
    Goal("P20", "the same of 300 × 160, 100 rows", "weights 300 × 160", 300, 349.0, _hello, reads=False, **_CHANGED),
    Goal("P23", "unchanged grid asked again", "unchanged", 3, 3.5, _hello, statements=(3,)),
)

SCHOOL_GROWTH = 1.10  # P19
SQLITE = 0.9  # P21: reads, as a part of PostgreSQL's time
TAIL = 2.2  # P2: p95 of the grid, in its own medians
BYTES_PER_CELL = 90  # P3
THROUGHPUT = {"grid": 250, "student home": 300, "save a cell": 500}  # P16, requests a second from 8 clients
CROWD_P95 = 0.2  # P17, seconds, 32 clients
SAVED, FOCUSED = 0.04, 0.016  # P8, seconds from Enter: the cell is marked saved, the next one has the focus
DRAWN = {"35 × 40": 0.016, "100 × 60": 0.05}  # seconds from a key to the frame that shows it
START = 0.7 / 0.86e-3  # P22: 700 ms where hello took 0.86 ms, as a multiple of hello like the other times
RESIDENT, PROPORTIONAL = 80, 35  # P22, MB for each worker
INSTALL = 5  # P22, seconds
