"""People, roles, guardians, orders and classes: what the school office and roster files write.

Nothing here commits. Each function writes an audit entry and raises RosterError when the rules of the school forbid
the change; `actor_id` None is a command or a roster file. All days are school days, and `ends_on` is the first day
without.
"""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import func, inspect, or_, select, update
from sqlalchemy.exc import IntegrityError

from gradebook.clock import Span, day_in
from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccessBasis,
    AccountKind,
    Category,
    Course,
    Enrollment,
    Guardianship,
    Invitation,
    Position,
    Restriction,
    Role,
    RoleKind,
    School,
    Section,
    SessionKind,
    User,
)
from gradebook.models.people import folded
from gradebook.policy import scopes
from gradebook.services import audit, coming_of_age, freezing, messaging, periods
from gradebook.services.accounts import name_key
from gradebook.services.counters import next_number

Row = TypeVar("Row")

# Whoever stands in another relation (a relative, a neighbour, an emergency contact) gets no right unless told so.
WITH_RIGHTS = frozenset(
    """mother father parent guardian adoptive-parent legal-guardian
    foster-carer foster-parent stepmother stepfather""".split()
)


class RosterFault(StrEnum):
    """Why a change is refused."""

    ADULT_ACCOUNT = "adult_account"
    ALREADY_CLOSED = "already_closed"
    ALREADY_CONFIRMED = "already_confirmed"
    ALREADY_IN_CLASS = "already_in_class"
    ALREADY_LINKED = "already_linked"
    CYCLE = "cycle"
    DATES = "dates"
    HAS_ROLE = "has_role"
    LAST_OFFICE = "last_office"
    NO_DOCUMENT = "no_document"
    NO_REASON = "no_reason"
    NO_ROLE = "no_role"
    NOT_A_STUDENT = "not_a_student"
    NOT_ASKED = "not_asked"
    NOT_CLOSED = "not_closed"
    NOTHING_RESTRICTED = "nothing_restricted"
    ONE_SELF = "one_self"
    OUTSIDE_PARENT = "outside_parent"
    OVERLAP = "overlap"
    PART_OF_CLOSED = "part_of_closed"
    PARTS_OUTSIDE = "parts_outside"
    SECOND_PERSON = "second_person"
    STUDENT_ACCOUNT = "student_account"
    USED_ELSEWHERE = "used_elsewhere"
    USERNAME_TAKEN = "username_taken"


class RosterError(ValueError):
    """The rules forbid the change; `fault` says which rule, `facts` what it is about."""

    def __init__(self, fault: RosterFault, **facts: Any) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.facts = facts


def _refuse_if(wrong: bool, fault: RosterFault, **facts: Any) -> None:
    if wrong:
        raise RosterError(fault, **facts)


def locked(row: Row) -> Row:
    """The row as it is now, kept from other writers until the commit."""
    model: Any = type(row)
    key = inspect(row).identity[0]
    db.session.execute(select(model.id).where(model.id == key).with_for_update())  # the row alone, no joined ones
    db.session.refresh(row)
    return row


# --- People


@dataclass(frozen=True)
class Details:
    """What the office writes down about a person."""

    display_name: str
    sort_name: str
    called: str
    username: str
    email: str | None = None
    phone: str | None = None
    form: str | None = None
    birth_date: date | None = None


def details_of(user: User) -> Details:
    """The details as they are stored."""
    return Details(**{name: getattr(user, name) for name in Details.__dataclass_fields__})


def add_person(
    school: School, kind: RoleKind, details: Details, begins_on: date, now: datetime, *, actor_id: int | None
) -> User:
    """A new account with its first role, without a password. Raises USERNAME_TAKEN."""
    account_kind = AccountKind.STUDENT if kind == RoleKind.STUDENT else AccountKind.ADULT
    user = User(account_kind=account_kind)
    _write_details(user, details)
    audit.record(
        "person.created", now, school_id=school.id, actor_id=actor_id, person_id=user.id, details=_plain(details)
    )
    give_role(user, school, kind, begins_on, now, actor_id=actor_id)
    return user


def change_person(user: User, school: School, details: Details, now: datetime, *, actor_id: int | None) -> bool:
    """Write the details that differ; False if none does. A new email address is not confirmed.

    Raises USERNAME_TAKEN, and USED_ELSEWHERE for a sign-in name or address on which another school relies.
    """
    before = details_of(user)
    if before == details:
        return False
    signs_in = (before.username, before.email) != (details.username, details.email)
    _refuse_if(signs_in and is_used_elsewhere(user, school, now), RosterFault.USED_ELSEWHERE)
    if name_key(before.email or "") != name_key(details.email or ""):
        user.email_confirmed_at = None
    _write_details(user, details)
    changed = {
        name: [was, _plain(details)[name]] for name, was in _plain(before).items() if was != _plain(details)[name]
    }
    audit.record("person.changed", now, school_id=school.id, actor_id=actor_id, person_id=user.id, changed=changed)
    if before.birth_date != details.birth_date:
        coming_of_age.settle(now, Guardianship.student_id == user.id, actor_id=actor_id)
    return True


def _write_details(user: User, details: Details) -> None:
    """Look first, so that the person is told; the constraint decides when two are added at the same moment."""
    username_key = name_key(details.username)
    other = db.session.scalar(select(User.id).where(User.username_key == username_key))
    _refuse_if(other is not None and other != user.id, RosterFault.USERNAME_TAKEN, username=details.username)
    try:
        with db.session.begin_nested():  # begun first: beginning it flushes, and that would be outside of it
            for name in Details.__dataclass_fields__:
                setattr(user, name, getattr(details, name))
            user.username_key = username_key
            user.email_key = name_key(details.email) if details.email else None
            db.session.add(user)
            db.session.flush()
    except IntegrityError:
        raise RosterError(RosterFault.USERNAME_TAKEN, username=details.username) from None


def _plain(details: Any) -> dict[str, Any]:
    """As the audit log keeps it."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in ((name, getattr(details, name)) for name in details.__dataclass_fields__)
    }


def suggest_username(display_name: str) -> str:
    """A free name like maya.diaz, maya.diaz2; for scripts that leave no Latin letters, one with digits."""
    words = re.findall(r"[a-z0-9]+", folded(display_name))
    base = ".".join([*words[:1], *words[1:][-1:]])[:60] or f"user{secrets.randbelow(90_000) + 10_000}"
    taken = set(
        db.session.scalars(select(User.username_key).where(User.username_key.startswith(base, autoescape=True)))
    )
    number = 1
    while (name := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return name


def people_with_email(school: School, email: str) -> list[User]:
    """Whoever of this school has the address already; families share inboxes, so it is no error."""
    return list(
        db.session.scalars(
            select(User)
            .where(
                User.email_key == name_key(email),
                User.id.in_(select(Role.user_id).where(Role.school_id == school.id)),
            )
            .order_by(User.name_key, User.id)
        )
    )


def is_used_elsewhere(user: User, school: School, now: datetime) -> bool:
    """Whether another school gives this person a role, now or later: its sign-in is then not this office's alone."""
    return user.id in used_elsewhere([user.id], school, now)


def used_elsewhere(user_ids: list[int], school: School, now: datetime) -> set[int]:
    """Those of these accounts that another school uses too, in one statement."""
    rows = db.session.execute(
        select(Role.user_id, Role.ends_on, School.timezone)
        .join(School, School.id == Role.school_id)
        .where(Role.user_id.in_(user_ids), Role.school_id != school.id)
    ).all()
    return {row.user_id for row in rows if row.ends_on is None or row.ends_on > day_in(row.timezone, now)}


def _not_over(dated: Any, day: date) -> Any:
    return or_(dated.ends_on.is_(None), dated.ends_on > day)


# --- Roles and the account


def give_role(
    user: User, school: School, kind: RoleKind, begins_on: date, now: datetime, *, actor_id: int | None
) -> Role:
    """The role, from a day on; one that had ended is opened again.

    Raises STUDENT_ACCOUNT (a student's account holds no other role), ADULT_ACCOUNT or HAS_ROLE.
    """
    is_student = user.account_kind == AccountKind.STUDENT
    _refuse_if(is_student and kind != RoleKind.STUDENT, RosterFault.STUDENT_ACCOUNT)
    _refuse_if(not is_student and kind == RoleKind.STUDENT, RosterFault.ADULT_ACCOUNT)
    locked(user)
    role = role_of(user, school, kind)
    if role is None:
        role = Role(
            user_id=user.id, account_kind=user.account_kind, school_id=school.id, kind=kind, begins_on=begins_on
        )
        db.session.add(role)
        act = "role.created"
    else:
        _refuse_if(role.ends_on is None, RosterFault.HAS_ROLE)
        role.begins_on, role.ends_on = begins_on, None
        act = "role.changed"
    db.session.flush()
    messaging.admit_to_office(role, now)
    audit.record(
        act, now, school_id=school.id, actor_id=actor_id, person_id=user.id, kind=kind, begins_on=begins_on.isoformat()
    )
    return role


def role_of(user: User, school: School, kind: RoleKind) -> Role | None:
    """The person's role of this kind in the school, whatever its dates."""
    return db.session.scalar(
        select(Role).where(Role.user_id == user.id, Role.school_id == school.id, Role.kind == kind)
    )


def end_role(role: Role, ends_on: date, now: datetime, *, actor_id: int | None) -> None:
    """No role from that day on; the person's places in classes end with it.

    Raises LAST_OFFICE if nobody else would run the office.
    """
    if role.kind == RoleKind.OFFICE:
        _keep_an_office(role.school_id, role.user_id, ends_on)
    if role.ends_on is not None and role.ends_on <= ends_on:
        return  # it is over: the day on which it ended stays true
    role.ends_on = max(ends_on, role.begins_on)
    for place in _open_places(role, role.ends_on):
        end_enrollment(place, role.ends_on, now, actor_id=actor_id)
    audit.record(
        "role.changed", now, school_id=role.school_id, actor_id=actor_id, person_id=role.user_id, kind=role.kind,
        ends_on=role.ends_on.isoformat(),
    )  # fmt: skip


def _keep_an_office(school_id: int, leaving_id: int, day: date) -> None:
    db.session.execute(select(School.id).where(School.id == school_id).with_for_update())
    others = (
        select(Role.id)
        .join(User, User.id == Role.user_id)
        .where(
            Role.school_id == school_id,
            Role.kind == RoleKind.OFFICE,
            Role.user_id != leaving_id,
            scopes.holds_on(Role, day),
            scopes.active_users(),
            User.password_hash.is_not(None),
        )
    )
    _refuse_if(not db.session.scalar(select(others.exists())), RosterFault.LAST_OFFICE)


def _open_places(role: Role, day: date) -> list[Enrollment]:
    """In the order of the classes, in which their counters are taken."""
    return list(
        db.session.scalars(
            select(Enrollment)
            .where(
                Enrollment.user_id == role.user_id,
                Enrollment.school_id == role.school_id,
                Enrollment.role_kind == role.kind,
                _not_over(Enrollment, day),
            )
            .order_by(Enrollment.section_id)
        )
    )


def office_accounts(school: School, day: date) -> int:
    """How many people can act for the office that day; what needs a second person needs two."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Role)
            .join(User, User.id == Role.user_id)
            .where(
                Role.school_id == school.id,
                Role.kind == RoleKind.OFFICE,
                scopes.holds_on(Role, day),
                scopes.active_users(),
            )
        )
        or 0
    )


def deactivate(user: User, school: School, now: datetime, *, actor_id: int) -> None:
    """Lock the account: nobody signs in with it, every session ends at the next request, open slips are void.

    Raises ONE_SELF, USED_ELSEWHERE, LAST_OFFICE.
    """
    _refuse_if(user.id == actor_id, RosterFault.ONE_SELF)
    _refuse_if(is_used_elsewhere(user, school, now), RosterFault.USED_ELSEWHERE)
    if _holds(user, school, RoleKind.OFFICE, school.today(now)):
        _keep_an_office(school.id, user.id, school.today(now))
    user.deactivated_at = user.deactivated_at or now
    user.auth_epoch += 1
    db.session.execute(
        update(Invitation)
        .where(Invitation.user_id == user.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    audit.record("account.deactivated", now, school_id=school.id, actor_id=actor_id, person_id=user.id)


def reactivate(user: User, school: School, now: datetime, *, actor_id: int) -> None:
    """Unlock the account; its password is as before. Raises USED_ELSEWHERE."""
    _refuse_if(is_used_elsewhere(user, school, now), RosterFault.USED_ELSEWHERE)
    user.deactivated_at = None
    audit.record("account.reactivated", now, school_id=school.id, actor_id=actor_id, person_id=user.id)


def see_identity(user: User, school: School, seen: bool, now: datetime, *, actor_id: int) -> None:
    """Note that the office saw who this adult is, or take it back; a guardian's messages open only then.

    Raises STUDENT_ACCOUNT and ONE_SELF.
    """
    _refuse_if(user.account_kind == AccountKind.STUDENT, RosterFault.STUDENT_ACCOUNT)
    _refuse_if(user.id == actor_id, RosterFault.ONE_SELF)
    if seen == (user.identity_seen_at is not None):
        return
    user.identity_seen_at = now if seen else None
    audit.record("account.identity_seen", now, school_id=school.id, actor_id=actor_id, person_id=user.id, seen=seen)


def _holds(user: User, school: School, kind: RoleKind, day: date) -> bool:
    role = role_of(user, school, kind)
    return role is not None and role.begins_on <= day and (role.ends_on is None or role.ends_on > day)


# --- Guardians


@dataclass(frozen=True)
class Link:
    """What a guardianship gives, and when. A right that is None follows from the relationship."""

    relationship: str
    begins_on: date
    ends_on: date | None = None
    may_see_grades: bool | None = None
    may_message: bool | None = None
    basis: AccessBasis | None = None
    """Why it goes on when the student has come of age, with the reference of what proves it."""
    basis_reference: str | None = None
    basis_ends_on: date | None = None


def link_of(guardianship: Guardianship) -> Link:
    """The link as it is recorded; coming of age may end it sooner than its own `ends_on`."""
    return Link(
        relationship=guardianship.relationship_name,
        begins_on=guardianship.begins_on,
        ends_on=guardianship.own_ends_on,
        may_see_grades=guardianship.may_see_grades,
        may_message=guardianship.may_message,
        basis=guardianship.basis,
        basis_reference=guardianship.basis_reference,
        basis_ends_on=guardianship.basis_ends_on,
    )


def gives_rights(relationship: str) -> bool:
    """Whether this relationship gives rights unless the office says otherwise: parents and legal guardians."""
    return re.sub(r"[\W_]+", "-", relationship.strip().casefold()) in WITH_RIGHTS


def link_guardian(
    student: User, guardian: User, school: School, link: Link, now: datetime, *, actor_id: int | None
) -> Guardianship:
    """The adult's link to the child, and the parent role if the adult has none. One that had ended opens again.

    Raises ONE_SELF, STUDENT_ACCOUNT, NOT_A_STUDENT, ALREADY_LINKED, DATES.
    """
    _refuse_if(student.id == guardian.id, RosterFault.ONE_SELF)
    _refuse_if(guardian.account_kind == AccountKind.STUDENT, RosterFault.STUDENT_ACCOUNT)
    _refuse_if(student.account_kind != AccountKind.STUDENT, RosterFault.NOT_A_STUDENT)
    link = _checked(link)
    locked(student)
    guardianship = guardianship_between(student, guardian, school)
    if guardianship is None:
        guardianship = Guardianship(school_id=school.id, student_id=student.id, guardian_id=guardian.id)
        db.session.add(guardianship)
        before = None
    else:
        day = school.today(now)
        _refuse_if(guardianship.ends_on is None or guardianship.ends_on > day, RosterFault.ALREADY_LINKED)
        before = _plain(link_of(guardianship))
    _write_link(guardianship, link, now, actor_id)
    _give_parent_role(guardian, school, link.begins_on, now, actor_id)
    db.session.flush()
    audit.record(
        "guardianship.created", now, school_id=school.id, actor_id=actor_id, person_id=student.id,
        guardian=guardian.id, before=before, after=_plain(link),
    )  # fmt: skip
    coming_of_age.settle(now, Guardianship.id == guardianship.id, actor_id=actor_id)
    return guardianship


def guardianship_between(student: User, guardian: User, school: School) -> Guardianship | None:
    """The link of these two in the school, whatever its dates."""
    return db.session.scalar(
        select(Guardianship).where(
            Guardianship.school_id == school.id,
            Guardianship.student_id == student.id,
            Guardianship.guardian_id == guardian.id,
        )
    )


def change_guardianship(guardianship: Guardianship, link: Link, now: datetime, *, actor_id: int | None) -> bool:
    """Write the rights, dates and basis that differ; False if none does. Raises DATES and NO_DOCUMENT."""
    link, before = _checked(link), link_of(guardianship)
    if link == before:
        return False
    _write_link(guardianship, link, now, actor_id)
    if before.ends_on is not None and (link.ends_on is None or link.ends_on > before.ends_on):
        school = db.session.get_one(School, guardianship.school_id)
        guardian = db.session.get_one(User, guardianship.guardian_id)
        _give_parent_role(guardian, school, link.begins_on, now, actor_id)
    audit.record(
        "guardianship.changed", now, school_id=guardianship.school_id, actor_id=actor_id,
        person_id=guardianship.student_id, guardian=guardianship.guardian_id, before=_plain(before), after=_plain(link),
    )  # fmt: skip
    coming_of_age.settle(now, Guardianship.id == guardianship.id, actor_id=actor_id)
    return True


def end_guardianship(guardianship: Guardianship, ends_on: date, now: datetime, *, actor_id: int | None) -> bool:
    """No right from that day on. A link that the office ended is not opened by a roster file.

    One that is over keeps the day on which it ended.
    """
    if guardianship.ends_on is not None and guardianship.ends_on <= ends_on:
        return False
    link = replace(link_of(guardianship), ends_on=max(ends_on, guardianship.begins_on))
    return change_guardianship(guardianship, link, now, actor_id=actor_id)


def _checked(link: Link) -> Link:
    _refuse_if(link.ends_on is not None and link.ends_on < link.begins_on, RosterFault.DATES)
    _refuse_if(link.basis is not None and not (link.basis_reference or "").strip(), RosterFault.NO_DOCUMENT)
    if link.basis is None:
        link = replace(link, basis_reference=None, basis_ends_on=None)
    usual = gives_rights(link.relationship)
    return replace(
        link,
        may_see_grades=usual if link.may_see_grades is None else link.may_see_grades,
        may_message=usual if link.may_message is None else link.may_message,
    )


def _write_link(guardianship: Guardianship, link: Link, now: datetime, actor_id: int | None) -> None:
    guardianship.relationship_name = link.relationship
    guardianship.may_see_grades = bool(link.may_see_grades)
    guardianship.may_message = bool(link.may_message)
    coming_of_age.write_own_dates(guardianship, link.begins_on, link.ends_on)
    guardianship.ended_by_office = link.ends_on is not None and actor_id is not None
    _write_basis(guardianship, link, now, actor_id)


def _write_basis(guardianship: Guardianship, link: Link, now: datetime, actor_id: int | None) -> None:
    """With who entered it, as long as it stands."""
    after = (link.basis, link.basis_reference, link.basis_ends_on)
    if after == (guardianship.basis, guardianship.basis_reference, guardianship.basis_ends_on):
        return
    guardianship.basis, guardianship.basis_reference, guardianship.basis_ends_on = after
    guardianship.basis_entered_by = None if link.basis is None else actor_id
    guardianship.basis_entered_at = None if link.basis is None else now


def _give_parent_role(guardian: User, school: School, begins_on: date, now: datetime, actor_id: int | None) -> None:
    role = role_of(guardian, school, RoleKind.PARENT)
    if role is None or role.ends_on is not None:
        give_role(guardian, school, RoleKind.PARENT, begins_on, now, actor_id=actor_id)
    elif role.begins_on > begins_on:
        role.begins_on = begins_on


# --- Orders that take rights away


@dataclass(frozen=True)
class Order:
    """What a court order or the like says about one adult and one child."""

    no_contact: bool
    no_records: bool
    hide_address: bool
    document_reference: str
    begins_on: date
    ends_on: date | None = None
    note: str | None = None


def restrict(student: User, adult: User, school: School, order: Order, now: datetime, *, actor_id: int) -> Restriction:
    """An order that holds from its first day, before anyone has confirmed it.

    Raises NOTHING_RESTRICTED, NO_DOCUMENT, DATES, STUDENT_ACCOUNT, NOT_A_STUDENT.
    """
    _refuse_if(not (order.no_contact or order.no_records or order.hide_address), RosterFault.NOTHING_RESTRICTED)
    _refuse_if(not order.document_reference.strip(), RosterFault.NO_DOCUMENT)
    _refuse_if(order.ends_on is not None and order.ends_on <= order.begins_on, RosterFault.DATES)
    _refuse_if(adult.account_kind == AccountKind.STUDENT, RosterFault.STUDENT_ACCOUNT)
    _refuse_if(student.account_kind != AccountKind.STUDENT, RosterFault.NOT_A_STUDENT)
    facts = {name: getattr(order, name) for name in Order.__dataclass_fields__}
    restriction = Restriction(
        school_id=school.id, student_id=student.id, adult_id=adult.id, entered_by=actor_id, entered_at=now, **facts
    )
    db.session.add(restriction)
    db.session.flush()
    _note_order("restriction.created", restriction, now, actor_id, **_plain(order))
    return restriction


def confirm_restriction(restriction: Restriction, now: datetime, *, actor_id: int) -> None:
    """A second person has read the document too. Raises ALREADY_CONFIRMED, SECOND_PERSON, ONE_SELF."""
    _refuse_if(restriction.confirmed_by is not None, RosterFault.ALREADY_CONFIRMED)
    _refuse_if(restriction.entered_by == actor_id, RosterFault.SECOND_PERSON)
    _refuse_if(restriction.adult_id == actor_id, RosterFault.ONE_SELF)
    restriction.confirmed_by, restriction.confirmed_at = actor_id, now
    _note_order("restriction.changed", restriction, now, actor_id, step="confirmed")


def ask_to_lift(restriction: Restriction, lift_on: date, now: datetime, *, actor_id: int) -> None:
    """Ask that the order ends on that day; it holds until a second person has agreed. Raises ONE_SELF and DATES."""
    _refuse_if(restriction.adult_id == actor_id, RosterFault.ONE_SELF)
    too_late = restriction.ends_on is not None and restriction.ends_on <= lift_on
    _refuse_if(lift_on < restriction.begins_on or too_late, RosterFault.DATES)
    restriction.lift_on, restriction.lift_asked_by, restriction.lift_asked_at = lift_on, actor_id, now
    _note_order("restriction.changed", restriction, now, actor_id, step="lift asked", lift_on=lift_on.isoformat())


def lift(restriction: Restriction, today: date, now: datetime, *, actor_id: int) -> None:
    """A second person agrees: the order ends on the day that was asked for, today at the earliest.

    Raises NOT_ASKED, SECOND_PERSON, ONE_SELF.
    """
    _refuse_if(restriction.lift_on is None, RosterFault.NOT_ASKED)
    _refuse_if(restriction.lift_asked_by == actor_id, RosterFault.SECOND_PERSON)
    _refuse_if(restriction.adult_id == actor_id, RosterFault.ONE_SELF)
    assert restriction.lift_on is not None  # noqa: S101 - for the type checker
    restriction.ends_on = max(restriction.lift_on, today, restriction.begins_on)
    _note_order(
        "restriction.changed", restriction, now, actor_id, step="lifted", asked_by=restriction.lift_asked_by,
        ends_on=restriction.ends_on.isoformat(),
    )  # fmt: skip
    _forget_lift(restriction)


def keep_restriction(restriction: Restriction, now: datetime, *, actor_id: int) -> None:
    """Take back or turn down the request to lift. Raises NOT_ASKED."""
    _refuse_if(restriction.lift_on is None, RosterFault.NOT_ASKED)
    _note_order("restriction.changed", restriction, now, actor_id, step="lift turned down")
    _forget_lift(restriction)


def _forget_lift(restriction: Restriction) -> None:
    restriction.lift_on = restriction.lift_asked_by = restriction.lift_asked_at = None


def _note_order(act: str, restriction: Restriction, now: datetime, actor_id: int, **facts: Any) -> None:
    audit.record(
        act, now, school_id=restriction.school_id, actor_id=actor_id, person_id=restriction.student_id,
        adult=restriction.adult_id, restriction=restriction.id, **facts,
    )  # fmt: skip


# --- Classes and who is in them


def add_class(
    school: School,
    title: str,
    course: Course,
    term: AcademicSession,
    now: datetime,
    *,
    actor_id: int | None,
    category_title: str = "Everything",
    code: str | None = None,
) -> Section:
    """A class with one category that is the whole grade, so that a teacher can begin at once. Raises PeriodClosed."""
    periods.require_session_open(term)
    section = Section(school_id=school.id, title=title, code=code, course_id=course.id, term_id=term.id)
    db.session.add(section)
    db.session.flush()
    db.session.add(
        Category(school_id=school.id, section_id=section.id, title=category_title, weight=Decimal(100), position=1)
    )
    db.session.flush()
    audit.record("section.created", now, school_id=school.id, actor_id=actor_id, section=section.id, title=title)
    return section


def add_course(school: School, title: str, code: str | None = None) -> Course:
    """A subject; its class tells the audit log."""
    course = Course(school_id=school.id, title=title, code=code)
    db.session.add(course)
    db.session.flush()
    return course


def change_class(
    section: Section, title: str, code: str | None, course_id: int, term_id: int, ended: bool, now: datetime, *,
    actor_id: int | None,
) -> bool:  # fmt: skip
    """Write what differs; False if nothing does. Raises PeriodClosed for a move from or to a closed term."""
    after = {"title": title, "code": code, "course_id": course_id, "term_id": term_id, "ended": ended}
    changed = {
        name: [getattr(section, name), value] for name, value in after.items() if getattr(section, name) != value
    }
    if changed:
        next_number(section)
        if "term_id" in changed:
            periods.require_open(section)
            periods.require_session_open(db.session.get_one(AcademicSession, term_id))
        for name in changed:
            setattr(section, name, after[name])
        audit.record(
            "section.changed", now, school_id=section.school_id, actor_id=actor_id, section=section.id, changed=changed
        )
    return bool(changed)


def enroll(
    user: User,
    section: Section,
    position: Position,
    begins_on: date,
    now: datetime,
    *,
    actor_id: int | None,
    ends_on: date | None = None,
) -> Enrollment:
    """A place in the class, under the class's next number; one that had ended opens again.

    A teacher joins the class's conversations. Raises NO_ROLE, ALREADY_IN_CLASS, DATES; for a student, PeriodClosed.
    """
    kind = RoleKind.STUDENT if position == Position.STUDENT else RoleKind.TEACHER
    _refuse_if(ends_on is not None and ends_on <= begins_on, RosterFault.DATES)
    next_number(section)
    role = db.session.scalar(
        select(Role).where(
            Role.user_id == user.id, Role.school_id == section.school_id, Role.kind == kind, _not_over(Role, begins_on)
        )
    )
    _refuse_if(role is None, RosterFault.NO_ROLE, kind=kind)
    if kind == RoleKind.STUDENT:
        periods.require_days_open(section, None, Span(begins_on, ends_on))
    place = _place_of(user, section, kind)
    if place is None:
        place = Enrollment(school_id=section.school_id, section_id=section.id, user_id=user.id, role_kind=kind)
        db.session.add(place)
    else:
        _refuse_if(place.ends_on is None or place.ends_on > begins_on, RosterFault.ALREADY_IN_CLASS)
    place.position, place.begins_on, place.ends_on = position, begins_on, ends_on
    db.session.flush()
    if kind == RoleKind.TEACHER:
        messaging.admit_teacher_to_class(section, user, now)
    else:
        freezing.follow(section, place, now)
    _note_place("enrollment.created", place, now, actor_id)
    return place


def _place_of(user: User, section: Section, kind: RoleKind) -> Enrollment | None:
    return db.session.scalar(
        select(Enrollment).where(
            Enrollment.school_id == section.school_id,
            Enrollment.section_id == section.id,
            Enrollment.user_id == user.id,
            Enrollment.role_kind == kind,
        )
    )


@dataclass(frozen=True)
class Place:
    """What a place in a class is, and when."""

    position: Position
    begins_on: date
    ends_on: date | None = None


def change_enrollment(enrollment: Enrollment, place: Place, now: datetime, *, actor_id: int | None) -> bool:
    """Write position and dates if they differ; a student stays a student and a teacher a teacher.

    A student's grade is frozen with the end of the place, and no longer with its return. Raises DATES and NO_ROLE;
    for a student, PeriodClosed.
    """
    _refuse_if(place.ends_on is not None and place.ends_on < place.begins_on, RosterFault.DATES)
    is_student = enrollment.role_kind == RoleKind.STUDENT
    _refuse_if((place.position == Position.STUDENT) != is_student, RosterFault.NO_ROLE, kind=enrollment.role_kind)
    if place == Place(enrollment.position, enrollment.begins_on, enrollment.ends_on):
        return False
    section = db.session.get_one(Section, enrollment.section_id)
    next_number(section)
    if is_student:
        before = Span(enrollment.begins_on, enrollment.ends_on)
        periods.require_days_open(section, before, Span(place.begins_on, place.ends_on))
    enrollment.position, enrollment.begins_on, enrollment.ends_on = place.position, place.begins_on, place.ends_on
    db.session.flush()
    if is_student:
        freezing.follow(section, enrollment, now)
    else:
        messaging.admit_teacher_to_class(section, db.session.get_one(User, enrollment.user_id), now)
    _note_place("enrollment.changed", enrollment, now, actor_id)
    return True


def end_enrollment(enrollment: Enrollment, ends_on: date, now: datetime, *, actor_id: int | None) -> bool:
    """No place from that day on; scores stay. One that is over keeps the day on which it ended."""
    if enrollment.ends_on is not None and enrollment.ends_on <= ends_on:
        return False
    place = Place(enrollment.position, enrollment.begins_on, max(ends_on, enrollment.begins_on))
    return change_enrollment(enrollment, place, now, actor_id=actor_id)


def _note_place(act: str, place: Enrollment, now: datetime, actor_id: int | None) -> None:
    audit.record(
        act, now, school_id=place.school_id, actor_id=actor_id, person_id=place.user_id, section=place.section_id,
        position=place.position, begins_on=place.begins_on.isoformat(),
        ends_on=place.ends_on.isoformat() if place.ends_on else None,
    )  # fmt: skip


# --- The calendar


def add_session(
    school: School,
    kind: SessionKind,
    title: str,
    begins_on: date,
    ends_on: date,
    now: datetime,
    *,
    actor_id: int | None,
    parent: AcademicSession | None = None,
) -> AcademicSession:
    """A year, term or grading period. Raises DATES, OUTSIDE_PARENT and OVERLAP (with the other's `title`);
    PeriodClosed for a part of what is closed."""
    _refuse_if(ends_on <= begins_on, RosterFault.DATES)
    locked(school)
    known = _calendar(school)
    if parent is not None:
        _check_inside(parent, begins_on, ends_on, may_hold=may_contain(parent.kind, kind))
    _check_overlap(known, kind, begins_on, ends_on, periods.line_above(parent, known) if parent else [])
    session = AcademicSession(
        school_id=school.id, kind=kind, title=title, begins_on=begins_on, ends_on=ends_on,
        parent_id=parent.id if parent else None,
    )  # fmt: skip
    db.session.add(session)
    db.session.flush()
    audit.record(
        "session.created", now, school_id=school.id, actor_id=actor_id, kind=kind, title=title,
        begins_on=begins_on.isoformat(), ends_on=ends_on.isoformat(),
    )  # fmt: skip
    periods.file_work(session)
    return session


@dataclass(frozen=True)
class Term:
    """What the office may change of a year, term or grading period."""

    title: str
    begins_on: date
    ends_on: date
    parent_id: int | None = None


def term_of(session: AcademicSession) -> Term:
    """The term as it is stored."""
    return Term(session.title, session.begins_on, session.ends_on, session.parent_id)


def change_session(school: School, session: AcademicSession, term: Term, now: datetime, *, actor_id: int) -> bool:
    """Write what differs; False if nothing does. Work moves to the grading period in which it is due then.

    Raises what add_session raises, CYCLE, and PARTS_OUTSIDE (with the `title` of a part that would not fit). A closed
    term keeps everything but its title: PeriodClosed.
    """
    locked(school)
    before = term_of(session)
    if term == before:
        return False
    _refuse_if(term.ends_on <= term.begins_on, RosterFault.DATES)
    if replace(term, title=before.title) != before:
        periods.require_session_open(session)
        _check_change(_calendar(school), session, term)
    session.title, session.begins_on, session.ends_on = term.title, term.begins_on, term.ends_on
    session.parent_id = term.parent_id
    db.session.flush()
    audit.record(
        "session.changed", now, school_id=school.id, actor_id=actor_id, session_id=session.id,
        before=_plain(before), after=_plain(term),
    )  # fmt: skip
    periods.file_work(session, Span(before.begins_on, before.ends_on))
    return True


def _check_change(known: dict[int, AcademicSession], session: AcademicSession, term: Term) -> None:
    parent = known[term.parent_id] if term.parent_id else None
    if parent is not None:
        in_circle = session in periods.line_above(parent, known)
        _refuse_if(in_circle, RosterFault.CYCLE, title=parent.title)
        may_hold = parent.id == session.parent_id or may_contain(parent.kind, session.kind)
        _check_inside(parent, term.begins_on, term.ends_on, may_hold=may_hold)
    spared = periods.parts_of(session, known) + (periods.line_above(parent, known) if parent else [])
    spared += [one for one in known.values() if _overlap(one, session.begins_on, session.ends_on)]  # as a file had it
    _check_overlap(known, session.kind, term.begins_on, term.ends_on, spared)
    for part in known.values():
        inside = term.begins_on <= part.begins_on and part.ends_on <= term.ends_on
        _refuse_if(part.parent_id == session.id and not inside, RosterFault.PARTS_OUTSIDE, title=part.title)


def _calendar(school: School) -> dict[int, AcademicSession]:
    """All terms of the school by key, the earliest first."""
    query = select(AcademicSession).where(AcademicSession.school_id == school.id)
    ordered = query.order_by(AcademicSession.begins_on, AcademicSession.id)
    return {one.id: one for one in db.session.scalars(ordered)}


def _check_inside(parent: AcademicSession, begins_on: date, ends_on: date, *, may_hold: bool) -> None:
    periods.require_session_open(parent)
    inside = parent.begins_on <= begins_on and ends_on <= parent.ends_on
    _refuse_if(not inside or not may_hold, RosterFault.OUTSIDE_PARENT, title=parent.title)


def _check_overlap(
    known: dict[int, AcademicSession], kind: SessionKind, begins_on: date, ends_on: date, spared: list[AcademicSession]
) -> None:
    """Nothing of the same kind at the same time, but for what it is part of or what is part of it."""
    for other in known.values():
        alike = other.kind == kind and other not in spared
        _refuse_if(alike and _overlap(other, begins_on, ends_on), RosterFault.OVERLAP, title=other.title)


def _overlap(session: AcademicSession, begins_on: date, ends_on: date) -> bool:
    return session.begins_on < ends_on and session.ends_on > begins_on


def may_contain(outer: SessionKind, inner: SessionKind) -> bool:
    """A year holds terms and grading periods, a term holds grading periods."""
    order = (SessionKind.YEAR, SessionKind.TERM, SessionKind.GRADING_PERIOD)
    return order.index(outer) < order.index(inner)
