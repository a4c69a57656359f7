"""The same form sent several times at the same moment: one is done, the others are told why not, none is an error."""

import re
import threading

import pytest
from flask.testing import FlaskClient

from gradebook.extensions import db
from gradebook.models import Guardianship, Restriction, Role, User
from tests.access.people import ACTORS, browser_of

AT_ONCE = 4
FIRST_DAY = {"begins_on-day": "1", "begins_on-month": "9", "begins_on-year": "2026"}

pytestmark = pytest.mark.commits


@pytest.fixture
def together(app, school, clock):
    """together(path, data): the statuses of AT_ONCE requests by as many browsers of the office, in order."""
    pat = next(actor for actor in ACTORS if actor.name == "pat")

    def together(path, data):
        browsers = [browser_of(pat, app, school, clock()) for _number in range(AT_ONCE)]
        sent = [{**data, "csrf_token": browser.csrf_token()} for browser in browsers]
        db.session.commit()
        barrier, statuses = threading.Barrier(AT_ONCE), []

        def run(browser, fields):
            barrier.wait()
            # The plain client: the session of the test belongs to the test's own thread.
            statuses.append(FlaskClient.open(browser, path, method="POST", data=fields).status_code)

        threads = [threading.Thread(target=run, args=pair) for pair in zip(browsers, sent, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(statuses)

    return together


@pytest.fixture
def confirmed(app, school, clock):
    """confirmed(path, data): the form with the answer to what the page asks."""
    pat = next(actor for actor in ACTORS if actor.name == "pat")

    def confirmed(path, data):
        page = browser_of(pat, app, school, clock()).post(path, data=data).text
        return {**data, "confirm": re.search(r'name="confirm" value="(\w+)"', page)[1], "sure": "yes"}

    return confirmed


def test_one_username_one_account(together):
    data = {"display_name": "Nora North", "username": "nora", "role": "teacher"}
    assert together("/office/people/new", data) == [303, 422, 422, 422]
    assert db.session.query(User).filter_by(username_key="nora").count() == 1


def test_one_role(together, school):
    assert together(f"/office/people/{school.osei.public_id}/roles", {"kind": "parent"}) == [303] * AT_ONCE
    assert db.session.query(Role).filter_by(user_id=school.osei.id, kind="parent").count() == 1


def test_one_place_in_a_class(together, school):
    data = {**FIRST_DAY, "person": school.zoe.public_id}
    assert together(f"/office/classes/{school.algebra.public_id}/students/new", data) == [303, 422, 422, 422]


def test_one_term(together):
    last_day = {"last_day-day": "1", "last_day-month": "12", "last_day-year": "2026"}
    data = {"title": "Autumn", "kind": "term", "parent": "none", **FIRST_DAY, **last_day}
    assert together("/office/terms", data) == [303, 422, 422, 422]


def test_one_guardian(together, confirmed, school):
    path = f"/office/students/{school.maya.public_id}/guardians/new"
    link = {"guardian": school.erin.public_id, "relationship": "aunt", "may_see_grades": "y", **FIRST_DAY}
    assert together(path, confirmed(path, link)) == [303, 422, 422, 422]
    assert db.session.query(Guardianship).filter_by(guardian_id=school.erin.id, student_id=school.maya.id).count() == 1


def test_one_order(together, confirmed, school):
    path = f"/office/students/{school.maya.public_id}/restrictions/new"
    order = {"adult": school.dana.public_id, "no_contact": "y", "document_reference": "Court 9", **FIRST_DAY}
    assert together(path, confirmed(path, order)) == [303, 409, 409, 409]
    assert db.session.query(Restriction).filter_by(adult_id=school.dana.id).count() == 1
