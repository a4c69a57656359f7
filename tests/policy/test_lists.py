"""Whatever a person can list is exactly what they can open (architecture.md 6)."""

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Assignment, Conversation, Enrollment, Section, User
from gradebook.policy import access, scopes
from gradebook.policy.access import NotFound
from gradebook.services import accounts
from tests.access.people import ACTORS

PEOPLE = [actor for actor in ACTORS if actor.person]


def opens(fetch, *arguments):
    """Whether fetching through the policy gives the row."""
    try:
        fetch(*arguments)
    except NotFound:
        return False
    return True


@pytest.fixture
def person(request, scene, school, clock):
    """The person behind an actor, with the role in use."""
    actor = request.param
    found = accounts.person_of(school.people[actor.person], clock())
    found.acting = next(choice for choice in found.choices if actor.role in (None, choice.kind))
    return found


everyone = pytest.mark.parametrize("person", PEOPLE, indirect=True, ids=[actor.name for actor in PEOPLE])


@everyone
@pytest.mark.parametrize(
    ("model", "scope", "fetch"),
    [
        (Section, scopes.sections_taught_by, access.section_for_teacher),
        (Section, scopes.sections_attended_by, access.section_for_student),
        (User, scopes.children_of, access.child_of_guardian),
        (Assignment, scopes.assignments_of_teacher, access.assignment_for_teacher),
        (Conversation, scopes.conversations_of, access.conversation_for),
        (User, scopes.people_of_office, access.person_for_office),
    ],
)
def test_the_list_and_the_door_agree(person, model, scope, fetch):
    listed = set(db.session.scalars(scope(person)))
    opened = {row.id for row in db.session.scalars(select(model)) if opens(fetch, person, row.public_id)}
    assert opened == listed


@everyone
def test_a_childs_classes_agree_too(person):
    """Of everyone who is in a class, and of one adult, who is in none."""
    pupils, sections = select(Enrollment.user_id), list(db.session.scalars(select(Section)))
    someone = select(User).where(User.id.not_in(pupils)).limit(1)
    for child in [*db.session.scalars(select(User).where(User.id.in_(pupils))), *db.session.scalars(someone)]:
        listed = set(db.session.scalars(scopes.sections_of_child(person, child.id)))
        assert {row.id for row in sections if opens(access.section_of_child, person, child, row.public_id)} == listed


def test_something_is_listed_for_someone_in_every_scope(scene, school, clock):
    """Or the comparison above would compare nothing with nothing."""
    for scope in (
        scopes.sections_taught_by,
        scopes.sections_attended_by,
        scopes.children_of,
        scopes.assignments_of_teacher,
        scopes.conversations_of,
        scopes.people_of_office,
    ):
        found = 0
        for actor in PEOPLE:
            person = accounts.person_of(school.people[actor.person], clock())
            person.acting = next(choice for choice in person.choices if actor.role in (None, choice.kind))
            found += len(set(db.session.scalars(scope(person))))
        assert found > 0, scope.__name__
