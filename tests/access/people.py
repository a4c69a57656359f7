"""The kinds of person that the access matrix knows, and what the small school gives each of them."""

from dataclasses import dataclass
from typing import Any

from gradebook.extensions import db
from gradebook.models import RoleKind, StepKind
from gradebook.services import accounts


@dataclass(frozen=True)
class Actor:
    """Someone who knocks at every door."""

    name: str
    """As the matrix writes it."""
    words: str
    """As docs/permissions.md says it."""
    person: str | None = None
    """In tests/school.py."""
    role: RoleKind | None = None
    """The role in use, where the person has two."""
    step: StepKind | None = StepKind.APP
    """How the second step of signing in was passed."""
    like: str = ""
    """Another one, whose status is this one's at every door where the matrix does not say otherwise by name."""


ACTORS = (
    Actor("visitor", "Not signed in"),
    Actor("maya", "The student", "maya"),
    Actor("leo", "A classmate", "leo"),
    Actor("zoe", "A student of another class", "zoe"),
    Actor("fern", "A student of another school", "fern"),
    Actor("dana", "The student's guardian", "dana"),
    Actor("erin", "A guardian of a classmate", "erin"),
    Actor("chris", "A guardian of a student of another class", "chris"),
    Actor("gus", "A guardian whose link has ended", "gus"),
    Actor("rex", "A guardian under an order", "rex"),
    Actor("rivera", "The teacher of the class", "rivera"),
    Actor("cole", "A co-teacher of the class", "cole"),
    Actor("sub", "A substitute after the last day", "sub"),
    Actor("osei", "A teacher of another class", "osei"),
    Actor("tess", "A teacher who is also a guardian, as teacher", "tess", RoleKind.TEACHER),
    Actor("tess-parent", "The same person, as guardian", "tess", RoleKind.PARENT),
    Actor("pat", "The school office", "pat"),
    Actor("pat-stepless", "The school office without a second step at sign-in", "pat", like="pat", step=None),
    Actor("vera", "The office, named for message oversight", "vera", like="pat"),
    Actor("quinn", "The office of another school", "quinn"),
    Actor("finch", "A teacher of another school", "finch"),
)
NAMES = tuple(actor.name for actor in ACTORS)


def browser_of(actor: Actor, app: Any, school: Any, now: Any) -> Any:
    """A browser in which the actor is signed in, without the cost of the password's hash."""
    return browser_with(token_of(actor, school, now), app)


def token_of(actor: Actor, school: Any, now: Any) -> str:
    """The token of a new login session of the actor; a visitor's is empty."""
    if actor.person is None:
        return ""
    person = accounts.person_of(school.people[actor.person], now)
    token, row = accounts.open_login_session(
        person, own_device=False, device_name=f"Browser of {actor.name}", step=actor.step
    )
    if actor.role is not None:
        row.role_kind = actor.role
        row.role_school_id = None if actor.role == RoleKind.PARENT else school.oak.id
    db.session.flush()
    return token


def browser_with(token: str, app: Any) -> Any:
    """A browser that holds this login session."""
    browser = app.test_client()
    if token:
        browser.keep(_user_id=token)
    return browser
