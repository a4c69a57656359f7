"""One stream: server-sent events that carry a number and nothing else."""

import json
import time
from collections.abc import Callable, Iterator

from gradebook.live.hub import Watch

LIFE = 600.0
"""Seconds after which a stream ends; the browser opens the next one by itself."""
LOOK_EVERY = 2.0
"""Seconds after which a stream looks for itself: no right outlives its end by more."""
HEARTBEAT = 6.0
"""Seconds of silence after which a line is sent that nobody reads: a browser that has gone is noticed."""
RETRY = 3000
"""Milliseconds that the browser waits before it opens the next stream."""


def events(
    watch: Watch,
    look: Callable[[], int | None],
    seen: int | None,
    goes_on: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """The lines of a stream. `look` says the number of what is watched now, None when the person may not see it.

    `seen` is the number that the page has (Last-Event-ID, or what it was opened with): a later one is told at once.
    The event `end` says that the right has ended, `full` that the person has opened too many others since.
    """
    begun = quiet = clock()
    try:
        yield f"retry: {RETRY}\n\n"
        while goes_on() and clock() - begun < LIFE:
            if not watch.is_open:
                yield "event: full\ndata: {}\n\n"
                return
            number = look()
            if number is None:
                yield "event: end\ndata: {}\n\n"
                return
            if number != seen:
                seen, quiet = number, clock()
                yield f"id: {number}\ndata: {json.dumps({'number': number})}\n\n"
            elif clock() - quiet >= HEARTBEAT:
                quiet = clock()
                yield ":\n\n"
            watch.wait(LOOK_EVERY)
    finally:
        watch.close()
