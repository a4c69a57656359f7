"""What the office's pages share: its school, the version of what was seen, and the rules in words."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

from flask import abort, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from gradebook.models import AccessBasis, Duty, Position, RoleKind, School, SessionKind
from gradebook.policy import access
from gradebook.services.directory import AccountStatus
from gradebook.services.rosters import RosterError, RosterFault
from gradebook.web.filters import day as day_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment

ROLES = {
    RoleKind.STUDENT: _l("Student"),
    RoleKind.TEACHER: _l("Teacher"),
    RoleKind.PARENT: _l("Parent or guardian"),
    RoleKind.OFFICE: _l("School office"),
}
STATUSES = {
    AccountStatus.ACTIVE: _l("Active"),
    AccountStatus.INVITED: _l("No password yet"),
    AccountStatus.LEFT: _l("Left"),
    AccountStatus.LOCKED: _l("Locked"),
}
POSITIONS = {
    Position.LEAD: _l("Lead teacher"),
    Position.CO_TEACHER: _l("Co-teacher"),
    Position.SUBSTITUTE: _l("Substitute"),
    Position.STUDENT: _l("Student"),
}
BASES = {
    AccessBasis.CONSENT: _l("the student’s consent is on file"),
    AccessBasis.DEPENDENT: _l("the student is a dependent for tax"),
    AccessBasis.COURT: _l("a court order or a guardianship goes on"),
}
"""Why a guardian keeps the rights when the student is of age."""
DUTIES = {
    Duty.REVIEWER: _l("May read reported messages and open reviews"),
    Duty.SUPERVISOR: _l("Watches over what is read"),
}
SESSION_KINDS = {
    SessionKind.YEAR: _l("School year"),
    SessionKind.TERM: _l("Term"),
    SessionKind.GRADING_PERIOD: _l("Grading period"),
}


def own_school() -> School:
    """The school whose office is in use."""
    return access.school_of_office(current_person())


def today(school: School) -> date:
    """The school day of this request."""
    return school.today(moment())


def tell(heading: str, text: Any, kind: str) -> None:
    """The result of a form: what happened, and what there is to know about it."""
    message: Any = {"heading": heading, "text": text}
    flash(message, kind)


def last_day(ends_on: date | None) -> date | None:
    """What screens show of an end: the last day with it."""
    return ends_on - timedelta(days=1) if ends_on else None


def first_day_without(last: date | None) -> date | None:
    """What is stored of a last day."""
    return last + timedelta(days=1) if last else None


def span_words(begins_on: date, ends_on: date | None) -> str:
    """From and until in words."""
    if ends_on is None:
        return _("From %(first)s, no end", first=day_words(begins_on))
    if ends_on <= begins_on:
        return _("Ended before it began, %(first)s", first=day_words(begins_on))
    return _("%(first)s to %(last)s", first=day_words(begins_on), last=day_words(last_day(ends_on)))


def version_of(*seen: Any) -> str:
    """A short name of what a person saw: other values have another name."""
    facts = [[str(getattr(values, name)) for name in values.__dataclass_fields__] for values in seen]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def has_moved_on(*saved: Any) -> bool:
    """Whether the values are others than the ones on the page that was sent. Answers 428 if the page does not say."""
    seen = request.form.get("seen", "")
    if not seen:
        abort(428)
    return seen != version_of(*saved)


def version_shown(*saved: Any) -> str:
    """For the page: what this person saw first, also when the page comes back with an error."""
    return request.form.get("seen") or version_of(*saved)


def kept_fields() -> list[tuple[str, str]]:
    """What was typed, for the page that asks about it."""
    asked = ("csrf_token", "seen", "confirm", "sure", "edit")
    return [(name, value) for name, value in request.form.items(multi=True) if name not in asked]


def both_versions(rows: list[tuple[Any, Any, Any]], version: str, back: str) -> tuple[str, int]:
    """409: what is saved now and what was typed, line by line; nothing was overwritten."""
    differing = [row for row in rows if row[1] != row[2]]
    page = render_template("office/conflict.html", rows=differing, kept=kept_fields(), version=version, back=back)
    return page, 409


def being_kept_words(count: int) -> str:
    """Why a scale cannot change while grades that have it are being kept, and what to do."""
    return ngettext(
        "The grades of %(num)s closed class with this scale are being kept at this moment. The page of its term says "
        "how far that is; save again when it is through",
        "The grades of %(num)s closed classes with this scale are being kept at this moment. The page of their term "
        "says how far that is; save again when it is through",
        count,
    )


def fault_words(error: RosterError) -> str:
    """The rule that stands in the way, in words."""
    facts = error.facts
    words = {
        RosterFault.ADULT_ACCOUNT: _("This is an adult’s account. A student needs an account of their own."),
        RosterFault.ALREADY_CLOSED: _("%(title)s is closed already.", title=facts.get("title", "")),
        RosterFault.ALREADY_CONFIRMED: _("Someone has confirmed this already."),
        RosterFault.ALREADY_IN_CLASS: _("This person is in the class already."),
        RosterFault.ALREADY_LINKED: _("This person is a guardian of the student already. Change the link instead."),
        RosterFault.CYCLE: _(
            "It cannot be part of %(title)s, which is itself part of it. Choose another.", title=facts.get("title", "")
        ),
        RosterFault.DATES: _("The last day must be on or after the first day."),
        RosterFault.HAS_ROLE: _("This person has this role already."),
        RosterFault.LAST_OFFICE: _(
            "Nobody else with a password runs the school office. Give someone else the office role first."
        ),
        RosterFault.NO_REASON: _("Say why. The reason is kept in the log."),
        RosterFault.NO_DOCUMENT: _("Enter the reference of the document."),
        RosterFault.NO_ROLE: _("This person has no such role at the school. Add the role first."),
        RosterFault.NOT_A_STUDENT: _("Only a student can have guardians."),
        RosterFault.NOT_ASKED: _("Nobody has asked to lift this order, or it was turned down meanwhile."),
        RosterFault.NOT_CLOSED: _("%(title)s is open already.", title=facts.get("title", "")),
        RosterFault.NOTHING_RESTRICTED: _("Choose at least one thing that the order takes away."),
        RosterFault.ONE_SELF: _("Nobody can do this for themselves. Ask someone else in the office."),
        RosterFault.SECOND_PERSON: _("A second person has to do this: it was you who asked."),
        RosterFault.STUDENT_ACCOUNT: _("This is a student’s account. It can hold no other role, in any school."),
        RosterFault.USED_ELSEWHERE: _(
            "Another school uses this account too, so one office alone cannot change how it signs in or lock it."
        ),
        RosterFault.USERNAME_TAKEN: _(
            "The username %(name)s is taken. Choose another.", name=facts.get("username", "")
        ),
        RosterFault.OVERLAP: _("The dates overlap with %(other)s.", other=facts.get("title", "")),
        RosterFault.PART_OF_CLOSED: _(
            "It is part of %(title)s, which is closed. Reopen %(title)s instead.", title=facts.get("title", "")
        ),
        RosterFault.PARTS_OUTSIDE: _(
            "%(part)s is part of it and would lie outside these dates. Change %(part)s first.",
            part=facts.get("title", ""),
        ),
        RosterFault.OUTSIDE_PARENT: _(
            "The dates must lie within %(parent)s, and it must be the longer of the two.",
            parent=facts.get("title", ""),
        ),
    }
    return words[error.fault]
