"""The live channel of an announcement: it is taken back on the pages that show it, and ends with the right to it."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import Announcement, ClosureScope, Guardianship, RoleKind
from gradebook.policy import announcements as policy
from gradebook.services import accounts, announcements, message_rules
from tests import school as small
from tests.conftest import NOON
from tests.live.test_stream import SLOW, SOON, opening, serving


@pytest.fixture(scope="module")
def site(world, tmp_path_factory):
    with serving(world, tmp_path_factory.mktemp("live") / "log", 64) as site:
        yield site


@pytest.fixture
def opened(site):
    with opening(site) as opened:
        yield opened


@pytest.fixture
def news(site):
    """An announcement of Ms Rivera's to Algebra: its key, and the address of its stream."""
    with site.app.app_context(), actor.acting_as(site.people["rivera"], NOON):
        school = small.find()
        person = accounts.person_acting_as(school.rivera, NOON, RoleKind.TEACHER)
        audience = policy.audience_of(person, [school.algebra.public_id])
        sent = announcements.announce(person, audience, announcements.Draft("Trip", "Coats", str(uuid4())), NOON)
        key, path = sent.id, f"/messages/announcements/{sent.public_id}/stream"
        db.session.commit()
    return key, path


def recall(site, key):
    with site.app.app_context(), actor.acting_as(site.people["rivera"], NOON):
        person = accounts.person_acting_as(small.find().rivera, NOON, RoleKind.TEACHER)
        found = db.session.get_one(Announcement, key)
        assert announcements.recall(person, found, NOON + timedelta(seconds=5))
        number = found.last_change
        db.session.commit()
        return number


def test_taken_back_it_is_withdrawn_on_open_pages_within_two_seconds(site, news, opened):
    key, path = news
    streams = [opened(name, path=path) for name in ("dana", "erin")]
    first = [stream.number() for stream in streams]
    begun = time.monotonic()
    number = recall(site, key)
    assert number > first[0]
    assert [stream.number() for stream in streams] == [number] * 2
    assert time.monotonic() - begun < SOON + SLOW


def test_a_stop_of_the_office_is_told_within_two_seconds_and_so_is_its_end(site, news, opened):
    """A guardian can answer on that page."""
    dana = opened("dana", path=news[1])
    number = dana.number()
    for act, is_stopped in ((_stop, True), (_lift, False)):
        begun = time.monotonic()
        with site.app.app_context():
            act(small.find())
            db.session.commit()
        assert dana.line() == f"id: {number}"
        assert ('"mark"' in dana.line()) == is_stopped
        assert time.monotonic() - begun < SOON + SLOW


def _stop(school):
    message_rules.stop(school.oak, ClosureScope.GUARDIANS, "Call us.", NOON, actor_id=school.pat.id)


def _lift(school):
    [closure] = message_rules.closures_of(school.oak, NOON)
    message_rules.lift(closure, school.oak, NOON, actor_id=school.pat.id)


def test_the_stream_ends_with_the_right(site, news, opened):
    dana = opened("dana", path=news[1])
    dana.number()
    link = Guardianship.guardian_id == site.people["dana"]
    site.write(update(Guardianship).where(link).values(may_message=False))
    try:
        assert dana.line() == "event: end"
    finally:
        site.write(update(Guardianship).where(link).values(may_message=True))


@pytest.mark.parametrize("username", ["chris", "rex", "gus", "osei", "maya"])
def test_nobody_else_hears_of_it(news, opened, username):
    assert opened(username, path=news[1]).status == 404
