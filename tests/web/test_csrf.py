"""Every act needs the token of this browser's own session."""

import pytest

from tests.access import matrix
from tests.access.people import ACTORS
from tests.access.test_inventory import rows_written

ACTS = [door for door in matrix.read() if door.method != "GET"]


@pytest.mark.parametrize("door", ACTS, ids=[door.id for door in ACTS])
def test_without_the_token_nothing_happens(door, app, scene):
    actor = next((actor for actor in reversed(ACTORS) if door.statuses[actor.name] not in (404, 403)), ACTORS[0])
    browser = scene.browser(actor.name, app)
    foreign = app.test_client().csrf_token()
    before = rows_written()
    fields = {name: scene.path(value) for name, value in door.fields}
    for data, headers in (
        (fields, {}),
        ({**fields, "csrf_token": foreign + "x"}, {}),
        ({**fields, "csrf_token": "nonsense"}, {}),
        ("a=b", {"Content-Type": "text/plain"}),
        ("{}", {"Content-Type": "application/json"}),
    ):
        answer = browser.open(scene.path(door.path), method=door.method, data=data, headers=headers, csrf=False)
        assert answer.status_code == 400
        assert "<h1>" in answer.text
    assert rows_written() == before


def test_a_token_of_another_session_is_refused(app, school, sign_in):
    own, other = sign_in(school.dana), sign_in(school.rivera)
    with other.session_transaction() as session:
        session["csrf_token"] = "f" * 40
    token = other.csrf_token()
    answer = own.post("/auth/appearance", data={"theme": "dark", "csrf_token": token}, csrf=False)
    assert answer.status_code == 400
