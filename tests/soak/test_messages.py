"""Many people write in a few conversations over an unreliable connection: what was taken is there once, in one order
for everybody, without a gap; the numbers of unread messages are those of a recount.

A short form runs with the other tests; `make soak` sends 10,000 messages on each database (SOAK_MESSAGES). The windows
here do what static/js/messages does: a key for each text that every try carries, the number up to which they know the
conversation, and asking for what came after it.
"""

import os
import random
import re
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Conversation, Message, Notice, Participant, RoleKind
from gradebook.policy import conversations as policy
from gradebook.policy.conversations import correspondence
from gradebook.services import message_rules, messaging
from gradebook.services.accounts import person_acting_as
from tests.conftest import dispose

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "500"))
AT_ONCE = 4
ROUND = 90
SCRIPT = {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "X-Requested-With": "fetch"}

pytestmark = pytest.mark.commits


class Window:
    """One person who has one conversation open: what it shows, what is on its way, what comes again later."""

    def __init__(self, client, address, chance, author):
        self.client, self.address, self.chance, self.author = client, address, chance, author
        self.waiting, self.ghosts, self.taken = {}, [], {}
        self.reload()

    def reload(self):
        """As after a crash of the browser: what is on its way is sent again by the same keys."""
        page = self.client.get(self.address).text
        self.known = int(re.search(r'data-number="(\d+)"', page)[1])
        self.shown = texts_of(page)
        assert 'data-talk="' in page
        while found := re.search(r'href="[^"]*[?]before=([0-9]+)"', page):
            page = self.client.get(f"{self.address}?before={found[1]}").text
            self.shown = {**texts_of(page), **self.shown}

    def write(self):
        key = str(uuid.UUID(int=self.chance.getrandbits(128)))
        self.waiting[key] = f"words-{key}"

    def send(self, luck):
        """One try of something that waits."""
        if not self.waiting:
            return
        key = self.chance.choice(list(self.waiting))
        if luck == "request lost":
            return
        number = self.ask(key, self.waiting[key])
        if luck == "answer lost":
            return
        if luck == "twice":
            assert self.ask(key, self.waiting[key]) == number
        if luck == "comes again later":
            self.ghosts.append((key, self.waiting[key], number))
        self.taken[key] = number
        del self.waiting[key]

    def ask(self, key, text):
        answer = self.client.post(f"{self.address}/messages", data={"body": text, "client_key": key}, headers=SCRIPT)
        assert answer.status_code == 200, answer.text
        return answer.json["number"]

    def haunt(self):
        """A copy of what was sent long ago arrives, or other words under its key."""
        if not self.ghosts:
            return
        key, text, number = self.ghosts.pop(self.chance.randrange(len(self.ghosts)))
        assert self.ask(key, text) == number
        other = self.client.post(f"{self.address}/messages", data={"body": "other", "client_key": key}, headers=SCRIPT)
        assert other.status_code == 409

    def poll(self):
        answer = self.client.get(f"{self.address}/changes?after={self.known}", headers=SCRIPT)
        if answer.status_code == 204:
            return False
        assert not answer.json.get("stale")
        for told in answer.json["messages"]:
            assert told["seq"] not in self.shown, "told twice"
            self.shown[told["seq"]] = words_of(told["message"])
        self.known = answer.json["number"]
        return True

    def read(self):
        if self.shown:
            up_to = self.chance.choice((max(self.shown), self.chance.choice(list(self.shown))))
            answer = self.client.post(f"{self.address}/read", data={"seq": up_to}, headers=SCRIPT)
            assert answer.status_code == 204

    def finish(self):
        while self.waiting:
            self.send("well")
        while self.ghosts:
            self.haunt()


def words_of(html):
    return re.search(r"words-[0-9a-f-]{36}", html)[0]


def texts_of(page):
    """The messages of a page by their numbers."""
    found = re.findall(r'<article[^>]* data-seq="(\d+)".*?(words-[0-9a-f-]{36})', page, re.DOTALL)
    return {int(number): words for number, words in found}


LUCK = ("well",) * 10 + ("request lost",) * 3 + ("answer lost",) * 4 + ("twice",) * 2 + ("comes again later",) * 2


def act(window):
    """What one person does next."""
    what = window.chance.random()
    if what < 0.6:
        window.write()
        window.send(window.chance.choice(LUCK))
    elif what < 0.72:
        window.send(window.chance.choice(LUCK))
    elif what < 0.84:
        window.poll()
    elif what < 0.91:
        window.read()
    elif what < 0.98:
        window.haunt()
    elif len(window.shown) < 400:  # a reload reads it all
        window.reload()


@pytest.fixture
def windows(app, school, sign_in, clock, monkeypatch):
    """Seven windows on three conversations: two of one teacher on the same one, a muted one, a joint one."""
    monkeypatch.setitem(app.config, "MESSAGES_AN_HOUR", 1_000_000)
    school.gus_of_maya.ends_on = None
    db.session.commit()
    talks = {}
    for name, child in (("dana", "maya"), ("erin", "leo")):
        person = person_acting_as(school.people[name], clock(), RoleKind.PARENT)
        pair = correspondence(person, school.people[child].public_id, school.algebra.public_id, None)
        talks[name] = messaging.open_conversation(pair, actor_id=person.id, now=clock())
        key = str(uuid.uuid4())
        messaging.send(talks[name], author_id=person.id, body=f"words-{key}", client_key=key, now=clock())
    pairs = [
        policy.Correspondence(school.maya, school.algebra, guardian, (), words)
        for guardian, words in policy.may_be_joined(school.maya, school.oak, school.oak.today(clock()))
    ]
    talks["both"] = message_rules.open_joint((pairs[0], pairs[1]), clock(), actor_id=school.pat.id)
    erin = person_acting_as(school.erin, clock(), RoleKind.PARENT)
    message_rules.set_muted(erin, talks["erin"], True, clock())
    db.session.commit()
    addresses = {name: f"/messages/{talk.public_id}" for name, talk in talks.items()}
    who = (("dana", "dana"), ("rivera", "dana"), ("rivera", "dana"), ("cole", "dana"), ("erin", "erin"),
           ("rivera", "erin"), ("gus", "both"), ("dana", "both"), ("cole", "both"))  # fmt: skip
    people = {name: (school.people[name].id, school.people[name]) for name, _talk in who}
    return [
        Window(sign_in(people[name][1]), addresses[talk], random.Random(number), people[name][0])
        for number, (name, talk) in enumerate(who)
    ]


def together(app, windows):
    """Everybody acts at once: no two threads in one window."""
    db.session.commit()  # and let go of the database

    def go_on(window):
        with app.app_context():
            for _act in range(ROUND // len(windows)):
                act(window)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(go_on, windows))


def test_everybody_sees_the_same_once_and_in_one_order(app, school, windows):
    sent = 0
    while sent < MESSAGES:
        together(app, windows)
        dispose(app)  # as a restart: every connection is new
        sent = sum(len(window.taken) + len(window.waiting) for window in windows)
    for window in windows:
        window.finish()
    for window in windows:
        while window.poll():
            pass
    check(windows)


def check(windows):
    """The promises, from the rows and from what every window shows."""
    db.session.expire_all()
    by_talk = defaultdict(list)
    for window in windows:
        by_talk[window.address.removeprefix("/messages/")].append(window)
    for public_id, open_windows in by_talk.items():
        talk = db.session.scalars(select(Conversation).where(Conversation.public_id == public_id)).one()
        rows = list(db.session.scalars(select(Message).where(Message.conversation_id == talk.id).order_by(Message.seq)))
        assert [row.seq for row in rows] == list(range(1, talk.last_seq + 1)), "a gap"
        stored = {row.seq: row.body for row in rows}
        by_key = {(row.author_id, row.client_key): row for row in rows}
        assert len(by_key) == len(rows), "written twice"
        for window in open_windows:
            assert window.shown == stored, "shown otherwise"
            for key, number in window.taken.items():
                assert by_key[window.author, key].seq == number, "taken, and not there"
        check_counts(talk, rows)
        check_notices(talk, rows)


def check_counts(talk, rows):
    """What is unread by the counters is what a recount finds; who wrote has read it."""
    for one in db.session.scalars(select(Participant).where(Participant.conversation_id == talk.id)):
        assert talk.last_seq - one.last_read_seq == sum(1 for row in rows if row.seq > one.last_read_seq)
        own = [row.seq for row in rows if row.author_id == one.user_id]
        assert one.last_read_seq >= max(own, default=0)


def check_notices(talk, rows):
    """Of each message everyone on the other side is told once; who has muted the conversation is not."""
    people = db.session.scalars(select(Participant).where(Participant.conversation_id == talk.id)).all()
    role = {one.user_id: one.role_kind for one in people}
    hears = [one for one in people if one.muted_at is None]
    told = Counter(
        (notice.seq, notice.recipient_id)
        for notice in db.session.scalars(select(Notice).where(Notice.conversation_id == talk.id, Notice.seq > 0))
    )
    ever_muted = {one.user_id for one in people if one.muted_at is not None}
    expected = Counter((row.seq, one.user_id) for row in rows for one in hears if one.role_kind != role[row.author_id])
    assert Counter({key: count for key, count in told.items() if key[1] not in ever_muted}) == expected


def test_the_badge_of_every_window_is_the_recount(app, school, windows):
    """While everybody writes: after each round the number beside Messages is that of the rows, muted ones left out."""
    for _round in range(3):
        together(app, windows)
        db.session.expire_all()
        for window in windows:
            rows = db.session.execute(
                select(Conversation.id, Participant.last_read_seq)
                .join(Participant, Participant.conversation_id == Conversation.id)
                .where(Participant.user_id == window.author, Participant.muted_at.is_(None))
            ).all()
            recount = sum(
                len(
                    db.session.scalars(
                        select(Message.id).where(Message.conversation_id == key, Message.seq > read)
                    ).all()
                )
                for key, read in rows
            )
            assert window.client.get("/messages/unread", headers=SCRIPT).json["unread"] == recount
