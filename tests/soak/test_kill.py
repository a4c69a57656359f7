"""kill -9 in the middle of sending: what was acknowledged is there once; what was not is there once after it is sent
again. Two rounds run with the other tests, fifty on each database with `make soak` (SOAK_KILLS)."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Conversation, Message, Notice, RoleKind
from gradebook.policy.conversations import correspondence
from gradebook.services import messaging
from gradebook.services.accounts import person_acting_as

KILLS = int(os.environ.get("SOAK_KILLS", "2"))
ROOT = Path(__file__).parents[2]
MANY = {"MESSAGES_AN_HOUR": "1000000"}
READY_WITHIN = 120.0  # seconds, on a busy machine

pytestmark = pytest.mark.commits


class Server:
    """gunicorn with the project's own settings in a process group of its own; the socket stays open between its lives,
    as behind systemd."""

    def __init__(self, app, folder):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        settings = {name: app.config[name] for name in ("DATABASE_URL", "INSTANCE_DIR", "SECRET_KEY")}
        more = {"GRADEBOOK_ENV": "testing", "COMPILED_TEMPLATES": str(folder), "WEB_CONCURRENCY": "1"} | MANY
        self.environment = {**os.environ, **settings, **more, "BASE_URL": f"http://127.0.0.1:{self.port}"}
        self.log = folder / "server.log"
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{self.listener.fileno()}"]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [*command, "tests.browser.served:app"],
                cwd=ROOT, env=self.environment, stdout=output, stderr=output,
                pass_fds=[self.listener.fileno()], start_new_session=True,
            )  # fmt: skip

    def kill(self):
        """The whole group at once, without a word: nothing is finished, nothing is closed."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.listener.close()


class Writer(threading.Thread):
    """Sends one message after another until the server is gone; remembers what was answered and what was not."""

    def __init__(self, server, headers, address, name):
        super().__init__(daemon=True)
        self.server, self.headers, self.address, self.name = server, headers, address, name
        self.taken, self.open = {}, {}
        self.first_answer, self.enough = threading.Event(), threading.Event()

    def run(self):
        try:
            while not self.enough.is_set():
                key = str(uuid.uuid4())
                self.open[key] = f"{self.name} writes {key}"
                self.taken[key] = self.ask(key)
                del self.open[key]
                self.first_answer.set()
        except (OSError, http.client.HTTPException):
            return  # the server is gone; whether the last one was taken is not known

    def ask(self, key):
        body = urlencode({"body": self.open[key], "client_key": key})
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=READY_WITHIN)
        try:
            connection.request("POST", f"{self.address}/messages", body, self.headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, text
            return text
        finally:
            connection.close()

    def send_again(self):
        """What was not answered, under the same keys."""
        for key in list(self.open):
            self.taken[key] = self.ask(key)
            del self.open[key]


@pytest.fixture
def server(app, tmp_path):
    server = Server(app, tmp_path)
    yield server
    server.close()


def headers_of(client):
    token = client.csrf_token()
    cookie = client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])
    return {
        "Cookie": f"{cookie.key}={cookie.value}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "Sec-Fetch-Mode": "cors",
        "X-Requested-With": "fetch",
    }


def test_what_was_acknowledged_is_there_once(app, school, sign_in, server, clock):
    chance = random.Random(7)
    person = person_acting_as(school.dana, clock(), RoleKind.PARENT)
    pair = correspondence(person, school.maya.public_id, school.algebra.public_id, None)
    talk = messaging.open_conversation(pair, actor_id=person.id, now=clock())
    db.session.commit()
    address, talk_id = f"/messages/{talk.public_id}", talk.id
    people = [(name, headers_of(sign_in(school.people[name]))) for name in ("dana", "rivera", "cole")]
    db.session.commit()  # and let go of the database
    taken, in_doubt = {}, 0
    for _round in range(KILLS):
        server.start()
        writers = [Writer(server, headers, address, name) for name, headers in people]
        for writer in writers:
            writer.start()
        assert writers[0].first_answer.wait(READY_WITHIN), server.log.read_text()
        time.sleep(chance.uniform(0.02, 0.3))
        server.kill()
        for writer in writers:
            writer.enough.set()
        server.start()  # it may answer those who wait in the queue of the socket
        for writer in writers:
            writer.join(READY_WITHIN)
        in_doubt += sum(len(writer.open) for writer in writers)
        for writer in writers:
            writer.send_again()
            taken |= writer.taken
        server.kill()
        check(talk_id, taken)
    assert in_doubt > 0, "no round hit anything"


def check(talk_id, taken):
    db.session.rollback()
    db.session.expire_all()
    talk = db.session.get_one(Conversation, talk_id)
    rows = db.session.execute(
        select(Message.seq, Message.client_key).where(Message.conversation_id == talk_id).order_by(Message.seq)
    ).all()
    assert [seq for seq, _key in rows] == list(range(1, talk.last_seq + 1))
    assert Counter(key for _seq, key in rows) == Counter(taken.keys())
    numbers = {key: seq for seq, key in rows}
    assert all(json.loads(answer)["number"] == numbers[key] for key, answer in taken.items())
    told = Counter(db.session.scalars(select(Notice.seq).where(Notice.conversation_id == talk_id)))
    assert set(told) == set(numbers.values()), "told without a message, or a message without being told"
    db.session.commit()
