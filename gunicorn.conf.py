"""How plain `gunicorn wsgi:app` serves. Every value can be overridden on gunicorn's command line."""

import contextlib
import ctypes
import gc
import os

from gradebook.config import PAGES_AT_ONCE

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"

# Threads, because a live-update stream keeps its thread for minutes: sync workers would die of a few of them. However
# many streams are open, these are left for pages.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = PAGES_AT_ONCE + int(os.environ.get("STREAMS", "24"))

preload_app = True  # one copy of the code in memory, shared by the workers
graceful_timeout = 10  # a stop waits this long for answers that are under way
timeout = 60
control_socket_disable = True  # gunicorn 27 would open one in the home directory


def when_ready(server):
    """What is loaded by now stays: the collector need not look at it again, and the workers go on sharing it."""
    from babel import Locale
    from sqlalchemy.orm import configure_mappers

    configure_mappers()
    Locale("en").decimal_formats.get(None)  # reads the language's data, which every page needs
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)  # a page makes tens of thousands of objects and drops them all


M_ARENA_MAX = -8  # of malloc.h
NO_GLIBC = (AttributeError, OSError)  # other C libraries have no such switches
TRIMMED_EVERY = 20  # answers


def post_fork(server, worker):
    """A connection opened before the fork would be used by two processes: each worker opens its own.

    The threads share one heap; with a heap for each, glibc keeps some MB more for a worker.
    """
    from gradebook import live
    from gradebook.extensions import db

    with contextlib.suppress(*NO_GLIBC):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)

    app = worker.app.wsgi()
    live.hub_of(app).goes_on = lambda: worker.alive  # a stop does not wait for streams
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)


def post_request(worker, request, environ, response):
    """Large pages leave holes in the heap: what is free goes back to the system now and then (up to 6 MB)."""
    if worker.nr % TRIMMED_EVERY == 0:
        with contextlib.suppress(*NO_GLIBC):
            ctypes.CDLL(None).malloc_trim(0)
