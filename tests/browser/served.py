"""The application as the journeys see it: its clock runs from noon of the day of tests/school.py."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from os import environ
from random import uniform
from time import monotonic, sleep
from typing import Any

from jinja2 import FileSystemBytecodeCache

from gradebook.app import create_app
from gradebook.clock import set_clock
from tests import hashing
from tests.school import TODAY

NOON = datetime.combine(TODAY, time(12), UTC)
STARTED = monotonic()

hashing.hash_with(hashing.CHEAP)
set_clock(lambda: NOON + timedelta(seconds=monotonic() - STARTED))
app = create_app()
app.jinja_env.bytecode_cache = FileSystemBytecodeCache(environ["COMPILED_TEMPLATES"])


def late(answer: Callable[..., Iterable[bytes]], most: float) -> Callable[..., Iterable[bytes]]:
    """The same answers, each up to this many seconds late, as from a busy machine."""

    def answer_late(*request: Any) -> Iterable[bytes]:
        sleep(uniform(0, most))
        return answer(*request)

    return answer_late


if LATE := float(environ.get("LATE", 0)):
    app.wsgi_app = late(app.wsgi_app, LATE)
