"""The application as the journeys see it: its clock runs from noon of the day of tests/school.py."""

from datetime import UTC, datetime, time, timedelta
from os import environ
from time import monotonic

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
