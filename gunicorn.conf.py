"""How plain `gunicorn wsgi:app` serves. Every value can be overridden on gunicorn's command line."""

import gc
import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"

# Threads, because a live-update stream keeps its thread for minutes: sync workers would die of a few of them.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8

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
    gc.set_threshold(10_000, 20, 20)  # a page makes 100,000 objects and drops them: looking 140 times finds nothing


def post_fork(server, worker):
    """A connection opened before the fork would be used by two processes: each worker opens its own."""
    from gradebook.extensions import db

    with worker.app.wsgi().app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)
