"""The live channel of a conversation, from a real server on each database: what arrives, how soon, and when it ends."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from gradebook.extensions import db
from gradebook.models import (
    ClosureScope,
    Conversation,
    Enrollment,
    Guardianship,
    LoginSession,
    Restriction,
    RoleKind,
    User,
)
from gradebook.policy.conversations import correspondence
from gradebook.services import accounts, message_rules, messaging
from tests import school as small
from tests.conftest import NOON
from tests.live.test_stream import SLOW, SOON, opening, serving


@pytest.fixture(scope="module")
def site(world, tmp_path_factory):
    with serving(world, tmp_path_factory.mktemp("live") / "log", 64) as site:
        yield site


@pytest.fixture
def opened(site):
    """opened(username, path=…): a stream, closed afterwards."""
    with opening(site) as opened:
        yield opened


def begin_talk(site):
    """Dana's conversation with the teachers about Maya; the address of its stream."""
    with site.app.app_context():
        school = small.find()
        person = accounts.person_acting_as(school.dana, NOON, RoleKind.PARENT)
        pair = correspondence(person, school.maya.public_id, school.algebra.public_id, None)
        opened = messaging.open_conversation(pair, actor_id=person.id, now=NOON)
        site.talk_id, path = opened.id, f"/messages/{opened.public_id}/stream"
        db.session.commit()
        return path


def send(site, author):
    """Someone writes; the number of the message."""
    with site.app.app_context():
        number = messaging.send(
            db.session.get(Conversation, site.talk_id),
            author_id=site.people[author], body="Hello", client_key=str(uuid4()), now=NOON,
        )  # fmt: skip
        db.session.commit()
        return number


@pytest.fixture(scope="module")
def talk(site):
    return begin_talk(site)


def test_a_message_is_told_to_both_sides_within_a_second(site, talk, opened):
    number = send(site, "dana")
    streams = [opened(name, path=talk) for name in ("rivera", "dana")]
    assert [stream.number() for stream in streams] == [number] * 2
    delays = []
    for author in ("dana", "rivera", "cole"):
        number = send(site, author)
        begun = time.monotonic()
        assert [stream.number() for stream in streams] == [number] * 2
        delays.append(time.monotonic() - begun)
    assert min(delays) < 1, delays  # it was woken: it did not come by looking every two seconds
    assert max(delays) < SOON + SLOW, delays


def test_who_comes_again_is_told_of_the_messages_that_were_missed(site, talk, opened):
    number = send(site, "dana")
    assert opened("rivera", path=talk, Last_Event_ID=str(number - 1)).number() == number
    knows = opened("rivera", path=talk, Last_Event_ID=str(number))
    later = send(site, "dana")
    assert knows.number() == later


def ends_of_dana(site):
    """What ends Dana's right to the conversation, and how it is put back."""
    dana = site.people["dana"]
    link, order = Guardianship.guardian_id == dana, Restriction.adult_id == site.people["rex"]
    return {
        "the guardianship ends": (
            update(Guardianship).where(link).values(ends_on=small.TODAY),
            update(Guardianship).where(link).values(ends_on=None),
        ),
        "an order": (
            update(Restriction).where(order).values(adult_id=dana),
            update(Restriction).where(Restriction.adult_id == dana).values(adult_id=site.people["rex"]),
        ),
        "the office takes back who she is": (
            update(User).where(User.id == dana).values(identity_seen_at=None, email_confirmed_at=None),
            update(User).where(User.id == dana).values(identity_seen_at=NOON),
        ),
    }


@pytest.mark.parametrize("what", ["the guardianship ends", "an order", "the office takes back who she is"])
def test_the_stream_of_a_guardian_ends_with_the_right(site, talk, opened, what):
    end, back = ends_of_dana(site)[what]
    dana, rivera = opened("dana", path=talk), opened("rivera", path=talk)
    number = dana.number()
    assert rivera.number() == number
    begun = time.monotonic()
    site.write(end)
    try:
        assert dana.line() == "event: end"
        assert time.monotonic() - begun < SOON + SLOW
        assert opened("dana", path=talk).status in (403, 404)
    finally:
        site.write(back)
    number = send(site, "dana")
    assert rivera.number() == number  # nobody else's ends


def test_the_stream_of_a_teacher_ends_with_the_place_in_the_class(site, talk, opened):
    cole = opened("cole", path=talk)
    cole.number()
    place = Enrollment.section_id == site.section_id, Enrollment.user_id == site.people["cole"]
    site.write(update(Enrollment).where(*place).values(ends_on=small.TODAY))
    try:
        assert cole.line() == "event: end"
        assert opened("cole", path=talk).status == 404
    finally:
        site.write(update(Enrollment).where(*place).values(ends_on=None))


def test_a_kept_device_hears_nothing_once_the_password_is_due_again(site, talk, opened):
    cookie = site.cookie("dana")
    stream = opened("dana", cookie, path=talk)
    stream.number()
    site.write(
        update(LoginSession)
        .where(LoginSession.user_id == site.people["dana"])
        .values(own_device=True, proved_at=NOON - timedelta(days=1))
    )
    assert stream.line() == "event: end"
    assert opened("dana", cookie, path=talk).status == 401


def test_a_stop_of_the_office_is_told_within_two_seconds_and_so_is_its_end(site, talk, opened):
    """The stream goes on: everybody reads on, and what was there before is told once."""
    number = send(site, "dana")
    streams = [opened(name, path=talk) for name in ("dana", "rivera")]
    assert [stream.number() for stream in streams] == [number] * 2  # each has looked once
    for act, mark in ((_stop, True), (_lift, False)):
        begun = time.monotonic()
        with site.app.app_context():
            act(small.find())
            db.session.commit()
        for stream in streams:
            assert stream.line() == f"id: {number}"
            assert ('"mark"' in stream.line()) == mark
        assert time.monotonic() - begun < SOON + SLOW
    later = send(site, "dana")
    assert [stream.number() for stream in streams] == [later] * 2


def _stop(school):
    message_rules.stop(school.oak, ClosureScope.EVERYONE, "Call us.", NOON, actor_id=school.pat.id)


def _lift(school):
    [closure] = message_rules.closures_of(school.oak, NOON)
    message_rules.lift(closure, school.oak, NOON, actor_id=school.pat.id)


@pytest.mark.parametrize("username", ["erin", "osei", "sub", "maya"])
def test_nobody_else_hears_of_a_conversation(talk, opened, username):
    assert opened(username, path=talk).status == 404


def test_the_office_is_asked_for_its_second_step_whatever_the_address(talk, opened):
    made_up = "/messages/AAAAAAAAAAAA/stream"
    assert [opened("pat", path=path).status for path in (talk, made_up)] == [403, 403]
