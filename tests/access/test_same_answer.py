"""Not yours and not there are the same answer, to the byte, but for the request's own token."""

import re
from functools import cache

import pytest

from tests.access import matrix
from tests.access.people import ACTORS
from tests.access.test_matrix import undone

WHO = [actor for actor in ACTORS if actor.name in ("maya", "dana", "sub", "quinn")]
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
KEY = re.compile(r"\{\w+\}")
NOBODYS = "AAAAbbbb1111"


@pytest.mark.parametrize("actor", WHO, ids=lambda actor: actor.name)
def test_what_is_not_yours_looks_like_what_is_not_there(actor, app, scene):
    browser, compared = scene.browser(actor.name, app), 0

    def answer_at(path, method, fields):
        with undone():
            answer = browser.open(path, method=method, data=dict(fields) or None)
        headers = [pair for pair in answer.headers if pair[0] != "Set-Cookie"]
        return answer.status_code, TOKEN.sub("", answer.text), headers

    nobodys = cache(answer_at)  # several doors are the same one when the key is nobody's
    for door in matrix.read():
        if door.statuses[actor.name] != 404 or not KEY.search(door.path):
            continue
        found, absent = (
            ask(spell(door.path), door.method, tuple((name, spell(value)) for name, value in door.fields))
            for ask, spell in ((answer_at, scene.path), (nobodys, lambda template: KEY.sub(NOBODYS, template)))
        )
        assert found == absent, door.id
        compared += 1
    assert compared > 40
