"""The person who asks: an account, the roles it holds today, and the one role in use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gradebook.clock import day_in
from gradebook.models import RoleKind, User

SCHOOL_ROLES = (RoleKind.TEACHER, RoleKind.OFFICE)  # used in one school at a time; the others across schools


@dataclass(frozen=True)
class HeldRole:
    """A role that holds today."""

    kind: RoleKind
    school_id: int
    school_name: str
    timezone: str
    school_phone: str | None = None


@dataclass(frozen=True)
class Acting:
    """The role in use: a kind for students and parents, a kind in one school for teachers and office."""

    kind: RoleKind
    school_id: int | None

    def covers(self, role: HeldRole) -> bool:
        """Whether this held role is (part of) the role in use."""
        return role.kind == self.kind and self.school_id in (None, role.school_id)


@dataclass
class Person:
    """Who asks, when, and in which role. Lives for one request or one command."""

    user: User
    roles: tuple[HeldRole, ...]
    acting: Acting | None
    now: datetime
    _known: dict[tuple[str, Any], bool] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The key of the account."""
        return self.user.id

    def acts_as(self, kind: RoleKind) -> bool:
        """Whether the role in use is of this kind."""
        return self.acting is not None and self.acting.kind == kind

    def holds(self, kind: RoleKind) -> bool:
        """Whether any school gives this person such a role today, in use or not."""
        return any(role.kind == kind for role in self.roles)

    @property
    def roles_in_use(self) -> tuple[HeldRole, ...]:
        """The held roles that the role in use covers: one per school."""
        acting = self.acting
        return tuple(role for role in self.roles if acting and acting.covers(role))

    @property
    def school_days(self) -> dict[int, date]:
        """Today, in each school of the role in use."""
        return {role.school_id: day_in(role.timezone, self.now) for role in self.roles_in_use}

    @property
    def choices(self) -> tuple[Acting, ...]:
        """The roles this person can put to use, in a steady order."""
        found: dict[Acting, None] = {}
        for role in self.roles:
            found[Acting(role.kind, role.school_id if role.kind in SCHOOL_ROLES else None)] = None
        return tuple(sorted(found, key=lambda acting: (acting.kind, acting.school_id or 0)))

    def learn(self, fact: str, thing: Any, holds: bool = True) -> None:
        """Remember an answer for this request, so that fetching a row through the policy also answers can()."""
        self._known[fact, thing] = holds

    def recall(self, fact: str, thing: Any, ask: Callable[[], bool]) -> bool:
        """The remembered answer, or ask once."""
        if (fact, thing) not in self._known:
            self._known[fact, thing] = ask()
        return self._known[fact, thing]
