"""The second step of signing in: which roles open only after it, and whether this login session has passed it.

A person of the office always needs it (security.md S14), a teacher where the school says so. Every door, every action
and what the office can list ask here.
"""

from datetime import timedelta

from gradebook.models import AccountKind, RoleKind, StepKind, User
from gradebook.policy.person import Account, Person

GIVEN = (StepKind.APP, StepKind.RECOVERY)
"""A code was typed in the session itself; a trusted device is none."""


def role_takes_step(kind: RoleKind, teachers_take_step: bool) -> bool:
    """Whether a role opens only after a second step, at a school with this rule for its teachers."""
    return kind == RoleKind.OFFICE or (kind == RoleKind.TEACHER and teachers_take_step)


def may_have_one(user: User | Account) -> bool:
    """Whether it is offered at all: to adults. The school issues the sign-ins of students, who may have no phone."""
    return user.account_kind == AccountKind.ADULT


def must_have_one(person: Person) -> bool:
    """Whether a role that the person holds needs it, so that it cannot be turned off."""
    return any(role.takes_step for role in person.roles)


def is_owed(person: Person) -> bool:
    """The role in use needs a second step, and this login session has passed none: nothing of the role opens."""
    step = person.step
    return step is not None and step.kind is None and any(role.takes_step for role in person.roles_in_use)


def is_proved(person: Person, within: timedelta | None = None) -> bool:
    """A code was typed in this login session, `within` that time if one is named. For acts that a trusted device or
    a session from before is not enough for: reading others' messages, taking away another's second step."""
    step = person.step
    if step is None or step.kind not in GIVEN or step.at is None:
        return False
    return within is None or person.now - step.at <= within
