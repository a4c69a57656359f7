"""Two teachers edit one class over an unreliable connection: every accepted value is in the history, once, and nothing
is overwritten that its author had not seen.

A short form runs with the other tests; `make soak` makes 10,000 edits on each database (SOAK_EDITS). The pages here
keep the rules of static/js/lib/save-queue.js: one batch on its way at a time, the same key for every try of it, and for
each cell the number at which this page knows it.
"""

import os
import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.typed import ScoreError, parse_score
from gradebook.models import ChangeKind, Position, Score, ScoreChange, Section
from gradebook.services.scores import content_from_facts, content_of, content_typed, stored_cells, text_of
from tests.blueprints.teacher.test_gradebook import FETCH, Page
from tests.classes import make_class
from tests.school import enroll

EDITS = int(os.environ.get("SOAK_EDITS", "160"))
POSSIBLE = 2000
SEEDS = range(2) if EDITS < 1000 else range(1)

pytestmark = pytest.mark.commits


@dataclass
class Batch:
    """Texts that are sent together under one key, and what was answered."""

    key: str
    seen: int
    texts: dict[str, str]
    shown: dict[str, str]
    """What stood in each cell before the eyes of who typed there."""
    answers: list = field(default_factory=list)


class Grid:
    """The page of one teacher: what it shows, what waits, what is on its way."""

    def __init__(self, client, section, chance):
        self.client, self.chance = client, chance
        self.url = f"/teacher/classes/{section.public_id}"
        self.batches, self.ghosts, self.accepted = [], [], []
        self.reload()

    def reload(self):
        """What waits is gone, as the browser warned; what is on its way may arrive or not."""
        page = Page(self.client.get(self.url).text)
        rows, columns = page.value("rows").split(","), page.value("columns").split(",")
        cells = iter(page.cells())
        self.shown = {f"{row}.{column}": next(cells)["value"] for row in rows for column in columns}
        self.seen = int(page.value("seen"))
        self.known, self.waiting, self.before, self.batch = {}, {}, {}, None

    def knows(self, name):
        return self.known.get(name, self.seen)

    def is_held(self, name):
        return name in self.waiting or (self.batch is not None and name in self.batch.texts)

    def type(self, name, text):
        self.known.setdefault(name, self.seen)  # what stands there was seen now, whatever is heard later
        if name not in self.waiting:
            self.before[name] = self.batch.texts[name] if self.batch and name in self.batch.texts else self.shown[name]
        self.waiting[name] = text

    def send(self, luck):
        """One try of what is on its way, or of what waits longest."""
        if self.batch is None:
            if not self.waiting:
                return
            seen = self.knows(next(iter(self.waiting)))
            texts = {name: text for name, text in self.waiting.items() if self.knows(name) == seen}
            for name in texts:
                del self.waiting[name]
            shown = {name: self.before.pop(name) for name in texts}
            self.batch = Batch(str(uuid.UUID(int=self.chance.getrandbits(128))), seen, texts, shown)
            self.batches.append(self.batch)
        batch = self.batch
        if luck == "request lost":
            return
        answer = self.ask(batch)
        if luck == "answer lost":
            return
        if luck == "twice":
            answer = self.ask(batch)
        if luck == "comes again later":
            self.ghosts.append(batch)
        self.batch = None
        batch.answers.append(answer)
        self.settle(batch, answer)

    def ask(self, batch):
        fields = {"seen": batch.seen, "request": batch.key, **batch.texts}
        response = self.client.post(f"{self.url}/scores", data=fields, headers=FETCH)
        assert response.status_code in (200, 409, 422), response.text
        self.accepted += [(batch.key, name, text) for name, text in response.json["saved"].items()]
        return response.json

    def settle(self, batch, answer):
        number, now = answer["number"], answer.get("now", answer["number"])
        if number == self.seen + bool(answer["saved"]):
            self.seen = number
        for name, text in answer["saved"].items():
            self.stands(name, text, number)
        for name, conflict in answer.get("conflicts", {}).items():
            if self.chance.random() < 0.5:  # mine, having seen both
                self.known[name], self.before[name] = now, conflict["theirs"]
                self.waiting.setdefault(name, conflict["mine"])
            else:
                self.stands(name, conflict["theirs"], now)
        for name, text in answer.get("stands", {}).items():
            self.stands(name, text, now)
        told = {name for part in ("saved", "conflicts", "stands", "errors", "checks") for name in answer.get(part, {})}
        for name in batch.texts.keys() - told:
            self.stands(name, batch.texts[name], now)

    def stands(self, name, text, number):
        """This is what the cell says at that number, unless something newer was typed here."""
        self.known[name] = number
        if name in self.waiting:
            self.before[name] = text
        else:
            self.shown[name] = text

    def poll(self):
        response = self.client.get(f"{self.url}/changes?after={self.seen}", headers=FETCH)
        if response.status_code == 204:
            return
        answer = response.json
        assert answer["stale"] is False
        number = answer["number"]
        for name, cell in answer["cells"].items():
            if self.knows(name) >= number:
                continue
            if self.is_held(name):
                self.known[name] = self.knows(name)
            else:
                self.shown[name] = cell["text"]
                self.known.pop(name, None)
        self.seen = max(self.seen, number)
        self.known = {name: at for name, at in self.known.items() if at > self.seen or self.is_held(name)}

    def step_back(self):
        """Undo or redo one of the last own changes; its answer may be lost, then it is sent again."""
        listed = self.client.get(f"{self.url}/undoable", headers=FETCH).json
        what = self.chance.choice(("undo", "redo"))
        if not listed[what]:
            return
        fields = {"seq": listed[what][0]["seq"], "request": str(uuid.UUID(int=self.chance.getrandbits(128)))}
        for _try in range(self.chance.choice((1, 1, 2))):
            response = self.client.post(f"{self.url}/{what}", data=fields, headers=FETCH)
            assert response.status_code in (200, 409), response.text
        for name, text in response.json["saved"].items():
            if not self.is_held(name):
                self.stands(name, text, response.json["number"])
        self.poll()

    def haunt(self):
        """A copy of something sent long ago arrives."""
        if self.ghosts:
            self.ask(self.ghosts.pop(self.chance.randrange(len(self.ghosts))))

    def finish(self):
        while self.waiting or self.batch:
            self.send("well")
            self.poll()
        while self.ghosts:
            self.haunt()


TEXTS = ("", "m", "e", "i", "t", "0", "18l", "90%", "18/20", "nonsense", "900", "-1", *map(str, range(1, 21)))
LUCK = ("well",) * 11 + ("request lost",) * 3 + ("answer lost",) * 3 + ("twice",) * 2 + ("comes again later",)


def edit(grids, names, chance, edits):
    """So many texts are typed, mostly into few cells, so that the two meet; between them everything else happens."""
    typed = 0
    while typed < edits:
        grid = chance.choice(grids)
        what = chance.random()
        if what < 0.5:
            place = min(chance.randrange(len(names)), chance.randrange(len(names)), chance.randrange(len(names)))
            grid.type(names[place], chance.choice(TEXTS))
            typed += 1
        elif what < 0.8:
            grid.send(chance.choice(LUCK))
        elif what < 0.92:
            grid.poll()
        elif what < 0.96:
            grid.step_back()
        elif what < 0.98:
            grid.haunt()
        elif what < 0.985:
            grid.reload()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_overwritten_unseen(school, sign_in, seed):
    chance = random.Random(seed)
    section = make_class(school, 5, 4)
    enroll(school.cole, section, Position.CO_TEACHER)
    db.session.commit()
    section_id = section.id
    people = {school.rivera.id: school.rivera, school.cole.id: school.cole}
    grids = [Grid(sign_in(person), section, chance) for person in people.values()]
    names = list(grids[0].shown)
    chance.shuffle(names)
    first = dict(grids[0].shown)

    edit(grids, names, chance, EDITS)
    for grid in grids:
        grid.finish()
    for grid in grids:
        grid.poll()

    check(section_id, dict(zip(people, grids, strict=True)), first)


def said(facts):
    return text_of(content_from_facts(facts), POSSIBLE)


def check(section_id, grids, first):
    """The promises, from the rows of the history and what every page was told."""
    db.session.expire_all()
    rows = list(db.session.scalars(select(ScoreChange).where(ScoreChange.section_id == section_id)))
    rows.sort(key=lambda row: row.seq)
    by_cell, by_sent = defaultdict(list), {}
    for row in rows:
        name = f"{row.student_id}.{row.assignment_id}"
        by_cell[name].append(row)
        if row.kind == ChangeKind.TYPED:
            assert (row.changed_by, row.request, name) not in by_sent, "written twice"
            by_sent[row.changed_by, row.request, name] = row

    numbers = sorted({row.seq for row in rows})
    assert numbers == list(range(1, db.session.get_one(Section, section_id).last_seq + 1)), "a number without a change"

    for name, story in by_cell.items():
        assert said(story[0].before) == first[name]
        for before, after in zip(story, story[1:], strict=False):
            assert before.after == after.before, f"{name}: the history has a hole at {after.seq}"
        student, assignment = map(int, name.split("."))
        stored = stored_cells([(assignment, student)])[assignment, student]
        assert text_of(content_of(stored), POSSIBLE) == said(story[-1].after)
        assert db.session.get(Score, (assignment, student, story[-1].school_id)).seq == story[-1].seq

    def at(name, number):
        """What the cell said at a number."""
        known = [row for row in by_cell[name] if row.seq <= number]
        return said(known[-1].after) if known else first[name]

    typed = 0
    for person, grid in grids.items():
        sent = {batch.key: batch for batch in grid.batches}
        for key, name, text in grid.accepted:
            assert said(by_sent[person, key, name].after) == text, "accepted, and not in the history"
        for batch in grid.batches:
            for name, text in batch.texts.items():
                row = by_sent.get((person, batch.key, name))
                if row is not None:
                    typed += 1
                    assert said(row.after) == normal(text)
                    assert said(row.before) == at(name, batch.seen), "overwritten unseen"
                    assert said(row.before) == batch.shown[name], "the page said something else"
                for answer in batch.answers:
                    told = (answer.get(part, {}) for part in ("saved", "conflicts", "errors", "checks"))
                    if not any(name in part for part in told):
                        now = answer.get("now", answer["number"])
                        assert normal(text) in (at(name, batch.seen), at(name, now)), "lost"
        assert {key for owner, key, _name in by_sent if owner == person} <= set(sent), "from nowhere"
        assert grid.shown == {name: at(name, numbers[-1] if numbers else 0) for name in first}, "shown otherwise"
    assert typed == len(by_sent) > EDITS / 8
    kinds = {row.kind for row in rows}
    assert kinds == {ChangeKind.TYPED, ChangeKind.UNDO}


def normal(text):
    """As the cell shows it; None for what is no score."""
    try:
        return text_of(content_typed(parse_score(text, POSSIBLE)), POSSIBLE)
    except ScoreError:
        return None
