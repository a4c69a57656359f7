"""No more pages at once than a process can work on well."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gradebook.config import PAGES_AT_ONCE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Turnstile:
    """Lets so many requests in at a time; the others wait at the door.

    A process has a thread for each live stream too. Without the turnstile these would all make pages when many people
    ask at once: they would take turns on the same processor, and hold the memory of all these pages. A stream has
    passed by the time its lines are read.
    """

    def __init__(self, application: "WSGIApplication", most: int = PAGES_AT_ONCE) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(most)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._places:
            return self._application(environ, start_response)
