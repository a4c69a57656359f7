"""Every door × every kind of person, against a hand-written table; and a scan of every answer for others' secrets.

Where the table says 404, what is not yours and what is not there are the same answer, to the byte, but for the
request's own token.
"""

import re
from contextlib import contextmanager

import pytest

from gradebook.extensions import db
from tests.access import matrix
from tests.access.people import ACTORS, NAMES
from tests.access.things import SECRETS

DOORS = matrix.read()
COMPARED = ("maya", "dana", "sub", "quinn")
"""These ask for what nobody has, too."""
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
KEY = re.compile(r"\{\w+\}")
NOBODYS = "AAAAbbbb1111"


def knock(door, scene, browser, spell=None):
    """The answer at the door; `spell` writes its address, as that of the scene's own things if nothing else is said."""
    spell = spell or scene.path
    fields = {name: spell(value) for name, value in door.fields}
    return browser.open(spell(door.path), method=door.method, data=fields or None)


def of_nobody(template):
    """The address with a key that no thing has."""
    return KEY.sub(NOBODYS, template)


def is_compared(door, name):
    """Whether this person's answer at the door is compared with that for what nobody has."""
    return name in COMPARED and door.statuses[name] == 404 and KEY.search(door.path) is not None


def seen(answer):
    """All that tells two answers apart."""
    headers = [pair for pair in answer.headers if pair[0] != "Set-Cookie"]
    return answer.status_code, TOKEN.sub("", answer.text), headers


@contextmanager
def undone():
    """What is committed inside is rolled back, so that nobody finds what the one before left behind."""
    db.session.commit()
    savepoint = db.session.get_bind().begin_nested()
    yield
    db.session.rollback()
    savepoint.rollback()


@pytest.fixture(scope="module")
def remembered():
    """Answers for what nobody has, by what was asked: several doors are the same one then."""
    return {}


@pytest.fixture
def nobodys(remembered, database_kind, app, scene):
    """nobodys(door, name): what this person gets at the door when its keys are nobody's."""

    def ask(door, name):
        asked = database_kind, name, door.method, of_nobody(door.path), of_nobody(repr(door.fields))
        if asked not in remembered:
            with undone():
                remembered[asked] = seen(knock(door, scene, scene.browser(name, app), of_nobody))
        return remembered[asked]

    return ask


@pytest.mark.parametrize("door", DOORS, ids=[f"{number}-{door.id}" for number, door in enumerate(DOORS)])
def test_each_person_gets_what_the_table_says(door, app, scene, nobodys):
    found, leaks, both = {}, [], []
    db.session.expunge_all()  # no row of the scene is looked at here; each request would read them anew
    for actor in ACTORS:
        with undone():
            answer = knock(door, scene, scene.browser(actor.name, app))
        found[actor.name] = answer.status_code
        sent = answer.get_data().decode(errors="replace") + str(answer.headers)  # a file may be no text
        leaks += [(actor.name, secret) for secret, may in SECRETS.items() if actor.name not in may and secret in sent]
        if is_compared(door, actor.name):
            both.append((actor.name, seen(answer), nobodys(door, actor.name)))
    assert {name: found[name] for name in NAMES} == {name: door.statuses[name] for name in NAMES}
    assert leaks == []
    for name, answer, absent in both:
        assert answer == absent, f"{name} can tell that it is there"


@pytest.mark.parametrize("name", COMPARED)
def test_the_table_has_much_that_is_not_theirs(name):
    assert sum(is_compared(door, name) for door in DOORS) > 40
