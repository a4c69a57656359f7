"""The person who asks: an account, the roles it holds today, and the one role in use."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam

from gradebook.clock import day_in
from gradebook.extensions import db
from gradebook.models import AccountKind, RoleKind, StepKind, User

SCHOOL_ROLES = (RoleKind.TEACHER, RoleKind.OFFICE)  # used in one school at a time; the others across schools


class Account(NamedTuple):
    """The account of who asks, as it was when it was read: what pages say and rules look at.

    Each request reads one, and a row of the ORM takes longer to make than all its columns to read. Whoever changes the
    account takes `Person.user`.
    """

    id: int
    public_id: str
    account_kind: AccountKind
    display_name: str
    called: str
    form: str | None
    birth_date: date | None
    auth_epoch: int
    identity_seen_at: datetime | None
    email_confirmed_at: datetime | None
    deactivated_at: datetime | None
    locale: str | None
    theme: str | None
    grade_entry: str | None
    news_seen_at: datetime | None


_OF_ACCOUNT = attrgetter(*Account._fields)


class HeldRole(NamedTuple):
    """A role that holds today."""

    kind: RoleKind
    school_id: int
    school_name: str
    timezone: str
    school_phone: str | None = None
    takes_step: bool = False
    """Whether it opens only after a second step at sign-in."""
    closures: list[dict[str, Any]] | None = None
    """School.closures: what the office has stopped (policy/stops.py reads it)."""
    rights_pass_on: date | None = None
    age_of_majority: int | None = None
    """Of a student: what policy/coming_of_age.py needs beside the date of birth."""


class Step(NamedTuple):
    """How and when a login session last passed the second step of signing in; empty where it has not."""

    kind: StepKind | None = None
    at: datetime | None = None


class Acting(NamedTuple):
    """The role in use: a kind for students and parents, a kind in one school for teachers and office."""

    kind: RoleKind
    school_id: int | None

    def covers(self, role: HeldRole) -> bool:
        """Whether this held role is (part of) the role in use."""
        return role.kind == self.kind and self.school_id in (None, role.school_id)


class Shape(NamedTuple):
    """What the wording of a statement about a person depends on; all else are values."""

    acting: RoleKind | None
    spans: tuple[int, ...]
    """In how many schools of the role in use it is the same day, for each of these days."""


@dataclass
class Person:
    """Who asks, when, and in which role. Lives for one request or one command."""

    account: Account
    roles: tuple[HeldRole, ...]
    acting: Acting | None
    now: datetime
    step: Step | None = None
    """None where no login session stands behind the person: commands, previews and tests."""
    _row: User | None = None
    _known: dict[tuple[str, Any], bool] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, roles: tuple[HeldRole, ...], acting: Acting | None, now: datetime) -> "Person":
        """The person behind a row that was read already."""
        return cls(Account(*_OF_ACCOUNT(user)), roles, acting, now, _row=user)

    @property
    def id(self) -> int:
        """The key of the account."""
        return self.account.id

    @property
    def user(self) -> User:
        """The row of the account, for whoever changes it; a statement where nobody has read it yet."""
        if self._row is None:
            self._row = db.session.get_one(User, self.account.id)
        return self._row

    def acts_as(self, kind: RoleKind) -> bool:
        """Whether the role in use is of this kind."""
        return self.acting is not None and self.acting.kind == kind

    def holds(self, kind: RoleKind) -> bool:
        """Whether any school gives this person such a role today, in use or not."""
        return any(role.kind == kind for role in self.roles)

    @cached_property
    def roles_in_use(self) -> tuple[HeldRole, ...]:
        """The held roles that the role in use covers: one per school."""
        acting = self.acting
        return tuple(role for role in self.roles if acting and acting.covers(role))

    @cached_property
    def school_days(self) -> dict[int, date]:
        """Today, in each school of the role in use."""
        return {role.school_id: day_in(role.timezone, self.now) for role in self.roles_in_use}

    @cached_property
    def spans(self) -> list[tuple[list[int], date]]:
        """The schools of the role in use by what day it is there: (their keys, the day)."""
        schools: dict[date, list[int]] = defaultdict(list)
        for school_id, day in self.school_days.items():
            schools[day].append(school_id)
        return [(schools[day], day) for day in sorted(schools)]

    @property
    def shape(self) -> Shape:
        """What the wording of a statement about this person depends on."""
        return Shape(self.acting.kind if self.acting else None, tuple(len(schools) for schools, _day in self.spans))

    @cached_property
    def values(self) -> dict[str, Any]:
        """What a statement about `AnyPerson` of this shape needs to know of this one."""
        named: dict[str, Any] = {"person_id": self.id}
        for number, (schools, day) in enumerate(self.spans):
            named[f"day_{number}"] = day
            named.update((f"school_{number}_{place}", key) for place, key in enumerate(schools))
        return named

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


class AnyPerson:
    """Stands for all persons of one shape where a statement about a person is worded: its values are named only."""

    def __init__(self, shape: Shape) -> None:
        self.id: BindParameter[Any] = bindparam("person_id")
        self.spans: list[tuple[Any, Any]] = [
            ([bindparam(f"school_{number}_{place}") for place in range(schools)], bindparam(f"day_{number}"))
            for number, schools in enumerate(shape.spans)
        ]  # one name for each school: SQLAlchemy words a list of unknown length anew at every execution
        self._acting = shape.acting

    def acts_as(self, kind: RoleKind) -> bool:
        """Whether the role in use is of this kind."""
        return self._acting == kind
