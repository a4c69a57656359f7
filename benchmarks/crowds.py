"""Many people at once: how many answers a second, how late the latest, and whether anything went wrong or lost.

The clients run in two processes of their own, so that they do not wait for one another.
"""

import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from benchmarks.client import BrokenAnswer, Client, csrf_token
from benchmarks.databases import Database
from benchmarks.pages import FORM, PLACE, School, section_path
from benchmarks.workload import CLASSES_OF_A_TEACHER
from gradebook.extensions import db

PROCESSES = 2
SAVED_CLASS = 3  # of each teacher: its column at this place is what the crowd writes
COLUMN = 7

Step = Callable[[], int]
"""One request of one client; the status of its answer."""


@dataclass
class Crowd:
    """What came of it."""

    seconds: float
    times: list[float] = field(default_factory=list)
    """Seconds of each answer."""
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


def crowd(steps: list[Step], seconds: float) -> Crowd:
    """Every client asks again and again, as soon as it is answered."""
    fork = multiprocessing.get_context("fork")
    pipes, workers = [], []
    for first in range(PROCESSES):
        here, there = fork.Pipe(duplex=False)
        worker = fork.Process(target=_work, args=(steps[first::PROCESSES], seconds, there))
        worker.start()
        pipes.append(here)
        workers.append(worker)
    whole = Crowd(seconds)
    for pipe in pipes:
        times, errors = pipe.recv()
        whole.times += times
        whole.errors += errors
    for worker in workers:
        worker.join()
    return whole


def _work(steps: list[Step], seconds: float, pipe: Any) -> None:
    times: list[float] = []
    errors: list[str] = []
    end = time.perf_counter() + seconds
    threads = [threading.Thread(target=_repeat, args=(step, end, times, errors)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((times, errors))


def _repeat(step: Step, end: float, times: list[float], errors: list[str]) -> None:
    while (begin := time.perf_counter()) < end:
        try:
            status = step()
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            continue
        if status == 200:
            times.append(time.perf_counter() - begin)
        else:
            errors.append(f"status {status}")


def reading(port: int, cookies: dict[str, str], path: str) -> Step:
    """A client that opens one page again and again."""
    client = Client(port)
    client.cookies = dict(cookies)
    return lambda: client.get(path).status


class Saver:
    """A teacher's window that saves one cell again and again, each time on what it saw last."""

    def __init__(self, school: School, port: int, number: int, crowd: int) -> None:
        """`number` chooses the teacher and the student: eight teachers, then the next student of each.

        The crowd's own number stands in its scores, so that none is what an earlier crowd left there.
        """
        workload = school.workload
        teacher, place = 1 + number % 8, number // 8
        section = teacher * CLASSES_OF_A_TEACHER + SAVED_CLASS
        username = f"teacher{teacher}"
        self._client = Client(port)
        self._client.cookies = dict(_cookies(school, username))
        self._path = section_path(school, section, "teacher.scores")
        self._name = f"{workload.students_of(section)[place]}.{workload.first_assignment(section) + COLUMN}"
        self._token = csrf_token(self._client.get("/auth/password").must_be(200))
        self._seen = school.last_number(section)
        self._crowd = crowd
        self._count = 0

    def __call__(self) -> int:
        self._count += 1
        score = f"{self._count % 9 + 1}.{self._crowd}"
        fields = {"csrf_token": self._token, "seen": str(self._seen), self._name: score}
        answer = self._client.post(self._path, fields, X_Requested_With="fetch").must_be(200)
        told = json.loads(answer.text)
        if told["saved"] != {self._name: score}:
            raise BrokenAnswer(f"answered as saved, but not the score that was sent: {answer.text}")
        self._seen = told["number"]
        return answer.status


@dataclass
class Busy:
    """The measured crowds of one database."""

    rates: dict[str, float] = field(default_factory=dict)
    """Answers a second to 8 clients, by page."""
    hello: float = 0.0
    grid_times: list[float] = field(default_factory=list)
    """32 clients."""
    errors: list[str] = field(default_factory=list)
    saved: int = 0
    """Saves that 32 clients were told had happened …"""
    kept: int = 0
    """… and how many of them the history knows."""


def measure(database: Database, school: School, port: int, hello_port: int, seconds: float) -> Busy:
    """All crowds on one database, one after the other."""
    busy = Busy()
    grid = section_path(school, 0)
    pages = {
        "grid": (school.teacher, grid),
        "student home": (f"student{FORM * school.workload.students + PLACE}", school.path("student.home")),
    }
    busy.hello = crowd([reading(hello_port, {}, "/") for _ in range(8)], seconds).rate
    for key, (username, path) in pages.items():
        cookies = _cookies(school, username)
        found = crowd([reading(port, cookies, path) for _ in range(8)], seconds)
        busy.rates[key] = found.rate
        busy.errors += found.errors
    found = crowd([Saver(school, port, number, 1) for number in range(8)], seconds)
    busy.rates["save a cell"] = found.rate
    busy.errors += found.errors
    found = crowd([reading(port, _cookies(school, school.teacher), grid) for _ in range(32)], seconds)
    busy.grid_times = found.times
    busy.errors += found.errors
    before = _changes(database)
    found = crowd([Saver(school, port, number, 2) for number in range(32)], seconds)
    busy.saved, busy.kept = len(found.times), _changes(database) - before
    busy.errors += found.errors
    return busy


def _changes(database: Database) -> int:
    with database.app.app_context(), db.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM score_changes")).scalar_one())


def _cookies(school: School, username: str) -> dict[str, str]:
    browser = school.browser(username)
    assert isinstance(browser, Client)
    return browser.cookies
