"""Every door × every kind of person, against a hand-written table; and a scan of every answer for others' secrets."""

from contextlib import contextmanager

import pytest

from gradebook.extensions import db
from tests.access import matrix
from tests.access.people import ACTORS, NAMES
from tests.access.things import SECRETS

DOORS = matrix.read()


def knock(door, scene, browser):
    """The answer at the door."""
    fields = {name: scene.path(value) for name, value in door.fields}
    return browser.open(scene.path(door.path), method=door.method, data=fields or None)


@contextmanager
def undone():
    """What is committed inside is rolled back, so that nobody finds what the one before left behind."""
    db.session.commit()
    savepoint = db.session.get_bind().begin_nested()
    yield
    db.session.rollback()
    savepoint.rollback()


@pytest.mark.parametrize("door", DOORS, ids=[f"{number}-{door.id}" for number, door in enumerate(DOORS)])
def test_each_person_gets_what_the_table_says(door, app, scene):
    found, leaks = {}, []
    db.session.expunge_all()  # no row of the scene is looked at here; each request would read them anew
    for actor in ACTORS:
        with undone():
            answer = knock(door, scene, scene.browser(actor.name, app))
        found[actor.name] = answer.status_code
        sent = answer.get_data().decode(errors="replace") + str(answer.headers)  # a file may be no text
        leaks += [(actor.name, secret) for secret, may in SECRETS.items() if actor.name not in may and secret in sent]
    assert {name: found[name] for name in NAMES} == {name: door.statuses[name] for name in NAMES}
    assert leaks == []
