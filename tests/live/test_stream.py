"""The live channel of a class, from a real server on each database: what arrives, how soon, and when it ends."""

import http.client
import socket
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from gradebook.extensions import db
from gradebook.live import sources
from gradebook.models import Enrollment, LoginSession
from gradebook.services import accounts
from gradebook.services.grades import class_work
from gradebook.services.scores import save_typed
from tests import school as small
from tests.browser.conftest import running_server
from tests.conftest import NOON

SOON = 2.0
"""Seconds within which others' changes are there (ux.md T2), and within which ended rights end a stream (S7)."""
SLOW = 2.0
"""What a busy machine may add."""


class Site:
    """A server on a database with the small school, and the school's keys."""

    def __init__(self, url, app):
        self.url, self.app = url, app
        with app.app_context():
            school = small.find()
            self.section_id, self.path = school.algebra.id, f"/teacher/classes/{school.algebra.public_id}/stream"
            self.cell = (school.quiz.id, school.maya.id)
            self.people = {name: person.id for name, person in school.people.items()}

    def cookie(self, username):
        """The cookie of a new login session of this person."""
        with self.app.test_request_context(), self.app.app_context():
            user = small.find().people[username]
            token, _row = accounts.open_login_session(
                accounts.person_of(user, NOON), own_device=False, device_name="Browser"
            )
            db.session.commit()
            signer = self.app.session_interface.get_signing_serializer(self.app)
            return f"session={signer.dumps({'_user_id': token})}"

    def save(self, text):
        """Mr Cole types a score; the number of the change."""
        with self.app.app_context():
            section = small.find().algebra
            saved = save_typed(
                section, class_work(section, NOON), {self.cell: text},
                seen=section.last_seq, actor_id=self.people["cole"], now=NOON,
            )  # fmt: skip
            db.session.commit()
            return saved.number

    def write(self, statement):
        """Commit a statement."""
        with self.app.app_context():
            db.session.execute(statement)
            db.session.commit()


class Stream:
    """An open stream of someone."""

    def __init__(self, site, cookie, path=None, **headers):
        parts = urlsplit(site.url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(
            "GET", path or site.path, headers={"Cookie": cookie, "X-Requested-With": "fetch", **names}
        )
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def line(self):
        """The next line that says something; None when the stream has ended."""
        while line := self.answer.readline():
            text = line.decode().strip()
            if text and not text.startswith((":", "retry")):
                return text
        return None

    def number(self):
        """The number of the next event."""
        line = self.line()
        assert line.startswith("id: "), line
        assert self.line() == f'data: {{"number": {line[4:]}}}'
        return int(line[4:])

    def close(self):
        self.answer.close()
        self.connection.close()


MOST = 8
"""Streams of this server: four of each teacher."""


@contextmanager
def serving(world, log, most):
    """A server of its own that keeps so many streams."""
    with pytest.MonkeyPatch.context() as monkeypatch, world.app_of_its_own("school") as app:
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("STREAMS", str(most))
        with running_server(listener, url, app, log):
            yield Site(url, app)


@pytest.fixture(scope="module")
def site(world, tmp_path_factory):
    with serving(world, tmp_path_factory.mktemp("live") / "log", MOST) as site:
        yield site


@pytest.fixture
def opened(site):
    """opened(username, **headers): a stream, closed afterwards."""
    with opening(site) as opened:
        yield opened


@contextmanager
def opening(site):
    """Opens streams, and closes them at the end."""
    streams = []

    def opened(username, cookie=None, path=None, **headers):
        streams.append(Stream(site, cookie or site.cookie(username), path, **headers))
        return streams[-1]

    try:
        yield opened
    finally:
        for stream in streams:
            stream.close()


def test_a_change_of_someone_else_is_there_within_two_seconds(site, opened):
    stream = opened("rivera")
    assert stream.status == 200
    assert stream.answer.getheader("Content-Type").startswith("text/event-stream")
    assert stream.answer.getheader("Cache-Control") == "no-store"
    stream.number()
    delays = []
    for text in ("1", "2", "3"):
        number = site.save(text)
        begun = time.monotonic()
        assert stream.number() == number
        delays.append(time.monotonic() - begun)
    assert min(delays) < 1, delays  # it was woken: it did not come by looking every two seconds
    assert max(delays) < SOON + SLOW, delays


def test_who_comes_again_is_told_what_was_missed_and_nothing_twice(site, opened):
    number = site.save("4")
    assert opened("rivera", Last_Event_ID=str(number - 1)).number() == number
    knows = opened("rivera", Last_Event_ID=str(number))
    later = site.save("5")
    assert knows.number() == later


def test_the_stream_ends_with_the_session(site, opened):
    cookie = site.cookie("rivera")
    stream = opened("rivera", cookie)
    stream.number()
    begun = time.monotonic()
    site.write(update(LoginSession).where(LoginSession.user_id == site.people["rivera"]).values(ended_at=NOON))
    assert stream.line() == "event: end"
    assert time.monotonic() - begun < SOON + SLOW
    assert stream.line() == "data: {}"
    assert stream.line() is None
    assert opened("rivera", cookie).status == 401


def test_the_stream_ends_when_the_teacher_leaves_the_class(site, opened):
    cookie = site.cookie("cole")
    stream = opened("cole", cookie)
    stream.number()
    place = Enrollment.section_id == site.section_id, Enrollment.user_id == site.people["cole"]
    with site.app.app_context():
        before = db.session.scalar(select(Enrollment.ends_on).where(*place))
    begun = time.monotonic()
    site.write(update(Enrollment).where(*place).values(ends_on=NOON.date() - timedelta(days=1)))
    assert stream.line() == "event: end"
    assert time.monotonic() - begun < SOON + SLOW
    assert opened("cole", cookie).status == 404
    site.write(update(Enrollment).where(*place).values(ends_on=before))


class Woken:
    """A hub without streams, which hears that everyone is woken."""

    def __init__(self):
        self.heard = threading.Event()

    def announce(self, topic):
        """Nothing is watched."""

    def announce_all(self):
        self.heard.set()

    def topics(self):
        return set()


def test_a_source_knows_that_it_hears(site):
    """Else streams would look for themselves, every two seconds."""
    hub = Woken()
    source = sources.source_for(site.app.config["SQLALCHEMY_DATABASE_URI"], hub)
    assert not source.hears
    source.start()
    try:
        assert hub.heard.wait(20)
        assert source.hears
    finally:
        source.end()


@pytest.mark.parametrize("username", ["osei", "sub", "maya", "dana", "pat"])
def test_nobody_else_gets_one(opened, username):
    assert opened(username).status == 404


def test_a_visitor_gets_none(opened):
    assert opened("nobody", "session=x").status == 401


def test_a_fifth_stream_of_one_person_ends_the_first_and_nobody_elses(site, opened):
    other = opened("cole")
    other.number()
    streams = [opened("rivera", site.cookie("rivera")) for _number in range(5)]
    assert [stream.status for stream in streams] == [200] * 5
    assert streams[0].line().startswith("id: ")
    assert streams[0].line().startswith("data: ")
    assert streams[0].line() == "event: full"
    number = site.save("6")
    assert [stream.number() == number or stream.number() for stream in streams[1:]] == [number] * 4
    assert other.number() == number


def test_a_process_that_has_no_place_says_when_to_come_again(site, opened):
    teachers = ("rivera", "cole")
    streams = [opened(teachers[number % 2]) for number in range(MOST)]
    assert [stream.status for stream in streams] == [200] * MOST
    site.write(update(Enrollment).where(Enrollment.user_id == site.people["sub"]).values(ends_on=None))
    refused = opened("sub")
    assert refused.status == 503
    assert int(refused.answer.getheader("Retry-After")) >= 30


def test_pages_are_answered_while_streams_are_open(site, opened):
    cookie = site.cookie("rivera")
    for _number in range(3):
        assert opened("rivera", cookie).status == 200
    parts = urlsplit(site.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("GET", site.path.removesuffix("/stream"), headers={"Cookie": cookie})
    assert connection.getresponse().status == 200
    connection.close()
