"""Who watches what in this process, and waking them."""

import threading
from collections.abc import Callable
from typing import cast

from flask import Flask

from gradebook.database import normalise_url
from gradebook.live.notices import Topic
from gradebook.live.sources import Source, source_for

MOST_OF_A_PERSON = 4
"""Streams that one person may hold in a process: a browser keeps no more than six connections to one site. One more
ends the oldest, which is mostly one of a page that was left and has not been missed yet."""


class Full(Exception):
    """This process has as many streams as it may; the page asks from time to time instead."""


class Watch:
    """One stream's ear."""

    def __init__(self, hub: "Hub", topics: frozenset[Topic], person_id: int) -> None:
        self.topics = topics
        self.person_id = person_id
        self.is_open = True
        """False when a later stream of the same person has taken its place."""
        self._hub = hub
        self._woken = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Until one of its topics is announced, and no longer than this; whether one was since it was asked last."""
        is_woken = self._woken.wait(seconds)
        if is_woken:
            self._woken.clear()
        return is_woken

    @property
    def hears(self) -> bool:
        """Whether announcements arrive at present."""
        return self._hub.hears

    def wake(self) -> None:
        """Something was announced."""
        self._woken.set()

    def close(self) -> None:
        """Give the place back; a second time does no harm."""
        self._hub.leave(self)


class Hub:
    """The streams of this process. Its source is started with the first of them, so that a fork finds no thread."""

    def __init__(self, start: Callable[["Hub"], Source], *, most: int) -> None:
        self.most = most
        self.goes_on: Callable[[], bool] = lambda: True
        """Whether this process goes on; when it stops, its streams end within two seconds."""
        self._start = start
        self._source: Source | None = None
        self._watches: dict[Watch, None] = {}  # the oldest first
        self._lock = threading.Lock()

    def watch(self, topic: Topic, person_id: int, *also: Topic) -> Watch:
        """A place among the streams. Raises Full."""
        watch = Watch(self, frozenset({topic, *also}), person_id)
        with self._lock:
            mine = [one for one in self._watches if one.person_id == person_id]
            for oldest in mine[: max(0, len(mine) - MOST_OF_A_PERSON + 1)]:
                self._end(oldest)
            if len(self._watches) >= self.most:
                raise Full
            self._watches[watch] = None
            if self._source is None or not self._source.is_alive():
                self._source = self._start(self)
                self._source.start()
        return watch

    @property
    def hears(self) -> bool:
        """Whether announcements arrive at present: else streams have to look for themselves."""
        source = self._source
        return source is not None and source.hears

    def _end(self, watch: Watch) -> None:
        del self._watches[watch]
        watch.is_open = False
        watch.wake()

    def leave(self, watch: Watch) -> None:
        """The stream has ended."""
        with self._lock:
            self._watches.pop(watch, None)

    def close(self) -> None:
        """Listen no more: the application gives its database up. A later stream listens again."""
        with self._lock:
            if self._source is not None:
                self._source.end()
                self._source = None

    def announce(self, topic: Topic) -> None:
        """Wake the streams that watch this."""
        for watch in self._those():
            if topic in watch.topics:
                watch.wake()

    def announce_all(self) -> None:
        """Wake every stream: something may have been missed."""
        for watch in self._those():
            watch.wake()

    def topics(self) -> set[Topic]:
        """What is watched."""
        return {topic for watch in self._those() for topic in watch.topics}

    def _those(self) -> list[Watch]:
        with self._lock:
            return list(self._watches)


def init_app(app: Flask) -> None:
    """Give the application its hub."""
    url = normalise_url(app.config["LISTEN_URL"] or app.config["DATABASE_URL"])
    hub = Hub(lambda hub: source_for(url, hub), most=app.config["STREAMS"])
    app.extensions["gradebook-live"] = hub


def hub_of(app: Flask) -> Hub:
    """The application's hub."""
    return cast(Hub, app.extensions["gradebook-live"])
