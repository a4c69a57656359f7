"""One stream: server-sent events that carry a number, for some pages a mark, and nothing else."""

import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gradebook.live.hub import Watch

LIFE = 600.0
"""Seconds after which a stream ends; the browser opens the next one by itself."""
PAUSE = 2.0
"""Seconds after which a stream asks whether its process stops; and after which it looks for itself while nothing can be
heard, so that no right outlives its end by more."""
LOOK_EVERY = 15.0
"""Seconds after which it looks for itself though it hears: for what ends by the clock, and as a safety net."""
HEARTBEAT = 6.0
"""Seconds of silence after which a line is sent that nobody reads: a browser that has gone is noticed."""
RETRY = 3000
"""Milliseconds that the browser waits before it opens the next stream."""


class Sight(NamedTuple):
    """How what is watched stands, or what a page has seen of it."""

    number: int | None
    """Of its newest change."""
    mark: str = ""
    """What else decides how the page looks; another text whenever that becomes another."""

    @property
    def told(self) -> dict[str, int | str | None]:
        """What an event carries."""
        return {"number": self.number} | ({"mark": self.mark} if self.mark else {})


def events(
    watch: Watch,
    look: Callable[[], Sight | None],
    seen: Sight,
    goes_on: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """The lines of a stream. `look` says how what is watched stands now, None when the person may not see it.

    `seen` is what the page has (Last-Event-ID, or what it was opened with): what differs from it is told at once.
    The event `end` says that the right has ended, `full` that the person has opened too many others since.
    """
    begun = quiet = clock()
    due = begun
    try:
        yield f"retry: {RETRY}\n\n"
        while goes_on() and clock() - begun < LIFE:
            if not watch.is_open:
                yield "event: full\ndata: {}\n\n"
                return
            if clock() >= due or not watch.hears:
                due = clock() + LOOK_EVERY
                sight = look()
                if sight is None:
                    yield "event: end\ndata: {}\n\n"
                    return
                if sight != seen:
                    seen, quiet = sight, clock()
                    yield f"id: {sight.number}\ndata: {json.dumps(sight.told)}\n\n"
            if clock() - quiet >= HEARTBEAT:
                quiet = clock()
                yield ":\n\n"
            if watch.wait(PAUSE):
                due = clock()
    finally:
        watch.close()
