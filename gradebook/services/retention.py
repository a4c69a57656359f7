"""Deleting what a school need not keep any more: years for each class of record, holds, a dry run, the daily sweep.

A row is kept for so many whole calendar years after its own: what was written in 2026 and is kept for 7 years goes with
the first sweep of 2034. What each class is, services/retention_kinds.py says. What was deleted is written into the
audit log, which is never deleted itself.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    AuditEntry,
    Conversation,
    LegalHold,
    Message,
    RecordClass,
    RetentionRule,
    School,
    Section,
    User,
)
from gradebook.policy import oversight, scopes
from gradebook.policy.person import Person
from gradebook.services import audit
from gradebook.services.retention_kinds import KINDS, Holds

USUAL_YEARS = {
    RecordClass.MESSAGES: 7,
    RecordClass.FILES: 3,
    RecordClass.ANNOUNCEMENTS: 7,
    RecordClass.READS: 3,
    RecordClass.DRAFTS: 1,
    RecordClass.NOTICES: 1,
    RecordClass.REPORTS: 7,
    RecordClass.REVIEWS: 7,
    RecordClass.APPROVALS: 7,
    RecordClass.STOPS: 7,
}
"""Where a school has set nothing, in the order of the page; docs/records.md has the reason for each."""
MOST_YEARS = 99
AT_ONCE = 500
"""Rows of a class that are deleted in one transaction, so that others can write in between."""
SHOWN = 50


@dataclass(frozen=True)
class ClassLine:
    """A class of record, its years, and what would go now."""

    kind: RecordClass
    years: int
    before: date
    """What is of a day before this one is not kept any more."""
    due: int
    held: int
    """What would go too, if no hold stopped it."""


@dataclass(frozen=True)
class Going:
    """Messages of one conversation that would go now."""

    student: str
    section: str | None
    """None: a conversation with the office."""
    guardian: str
    messages: int


@dataclass(frozen=True)
class Deleted:
    """What was deleted by one rule on one day."""

    day: date
    kind: str
    years: int
    count: int


# --- The rules of a school


def years_of(school_id: int) -> dict[RecordClass, int]:
    """For how many years the school keeps each class."""
    rows = db.session.execute(
        select(RetentionRule.record_class, RetentionRule.years).where(RetentionRule.school_id == school_id)
    )
    return USUAL_YEARS | {row[0]: row[1] for row in rows}


def set_years(school: School, years: dict[RecordClass, int], now: datetime, *, actor_id: int) -> None:
    """Keep other years; what is equal is no change. Raises ValueError beyond 1 to 99."""
    before = years_of(school.id)
    for kind, count in years.items():
        if not 1 <= count <= MOST_YEARS:
            raise ValueError(count)
        if before[kind] == count:
            continue
        db.session.merge(RetentionRule(school_id=school.id, record_class=kind, years=count))
        audit.record(
            "retention.changed", now, school_id=school.id, actor_id=actor_id, record_class=kind.value,
            before=before[kind], after=count,
        )  # fmt: skip
    db.session.flush()


def first_kept(school: School, years: int, now: datetime) -> date:
    """The first day of which something is still kept."""
    return date(school.today(now).year - years, 1, 1)


def _cutoff(school: School, years: int, now: datetime) -> datetime:
    day = first_kept(school, years, now)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(school.timezone))


# --- Holds


def place_hold(
    school: School,
    person: User,
    reason: str,
    now: datetime,
    *,
    actor_id: int,
    conversation_id: int | None = None,
    ends_on: date | None = None,
) -> LegalHold:
    """From now on nothing of this person's conversations (of this conversation) is deleted. Raises ValueError without a
    reason."""
    if not reason.strip():
        raise ValueError(reason)
    hold = LegalHold(
        school_id=school.id, person_id=person.id, conversation_id=conversation_id, reason=reason,
        placed_by=actor_id, placed_at=now, ends_on=ends_on,
    )  # fmt: skip
    db.session.add(hold)
    db.session.flush()
    _note("hold.placed", hold, actor_id, now)
    return hold


def lift_hold(hold: LegalHold, now: datetime, *, actor_id: int) -> None:
    """It no longer holds. A second time changes nothing."""
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by = now, actor_id
        _note("hold.lifted", hold, actor_id, now)


def _note(act: str, hold: LegalHold, actor_id: int, now: datetime) -> None:
    audit.record(
        act, now, school_id=hold.school_id, actor_id=actor_id, person_id=hold.person_id, hold=hold.public_id,
        reason=hold.reason, is_one_conversation=hold.conversation_id is not None,
    )  # fmt: skip


def holds_of(viewer: Person, on: User | None = None) -> list[tuple[LegalHold, bool]]:
    """The holds that this office person may see (on this person), the newest first, those that are over too; and
    whether the viewer may lift each."""
    query = select(LegalHold, oversight.holds_to_lift(viewer)).where(oversight.holds_of_office(viewer))
    if on is not None:
        query = query.where(LegalHold.person_id == on.id)
    rows = db.session.execute(query.order_by(LegalHold.placed_at.desc(), LegalHold.id.desc()))
    return [(hold, bool(may_lift)) for hold, may_lift in rows]


def is_in_force(hold: LegalHold, day: date) -> bool:
    """Whether it stops deleting on that day."""
    return hold.lifted_at is None and (hold.ends_on is None or hold.ends_on > day)


# --- What is due


def _due(school: School, kind: RecordClass, years: int, now: datetime, *columns: Any) -> Any:
    found = KINDS[kind]
    return found.source(select(*columns).select_from(found.owner)).where(
        found.owner.school_id == school.id, found.when < _cutoff(school, years, now), *found.more
    )


def _is_held(school: School, kind: RecordClass, now: datetime) -> ColumnElement[bool]:
    return KINDS[kind].is_held(Holds(school, now))


# --- The dry run


def dry_run(school: School, now: datetime) -> list[ClassLine]:
    """For each class what the next sweep would delete, and what a hold keeps from it. Nothing is changed."""
    with actor.retaining(school.id):  # only counted
        return [_line(school, kind, years, now) for kind, years in years_of(school.id).items()]


def _line(school: School, kind: RecordClass, years: int, now: datetime) -> ClassLine:
    held = _is_held(school, kind, now)
    counts = (func.count(case((which, 1))) for which in (~held, held))
    due, kept = db.session.execute(_due(school, kind, years, now, *counts)).one()
    return ClassLine(kind, years, first_kept(school, years, now), due, kept)


def going(person: Person, school: School, now: datetime) -> list[Going]:
    """The conversations of which messages would go, the first of them by the child's name; never a word of them, and
    none about a child of one's own or of a class that one teaches or taught."""
    years = years_of(school.id)[RecordClass.MESSAGES]
    guardian = User.__table__.alias()
    with actor.retaining(school.id):  # only counted
        rows = db.session.execute(
            _due(
                school, RecordClass.MESSAGES, years, now, User.display_name, Section.title, guardian.c.display_name,
                func.count(),
            )
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(User, User.id == Conversation.student_id)
            .join(guardian, guardian.c.id == Conversation.guardian_id)
            .outerjoin(Section, Section.id == Conversation.section_id)
            .where(
                ~_is_held(school, RecordClass.MESSAGES, now),
                ~oversight.is_party(person, Conversation.student_id, Conversation.section_id),
            )
            .group_by(Conversation.id, User.display_name, User.name_key, Section.title, guardian.c.display_name)
            .order_by(User.name_key, Section.title, Conversation.id)
            .limit(SHOWN)
        ).all()  # fmt: skip
    return [Going(*row) for row in rows]


# --- The sweep


def sweep(now: datetime) -> bool:
    """Delete a number of rows of each class in each school; whether there may be more."""
    schools = db.session.scalars(select(School).order_by(School.id)).all()
    more = [_sweep_school(school, now) for school in schools]
    return any(more)


def _sweep_school(school: School, now: datetime) -> bool:
    with actor.retaining(school.id):  # nobody acts: a rule does
        more = [_sweep_class(school, *rule, now) for rule in years_of(school.id).items()]
    return any(more)


def _sweep_class(school: School, kind: RecordClass, years: int, now: datetime) -> bool:
    found = KINDS[kind]
    query = _due(school, kind, years, now, *found.keys).where(~_is_held(school, kind, now))
    keys = list(db.session.execute(query.order_by(*found.keys).limit(AT_ONCE)).all())
    if keys:
        found.delete(keys, f"{kind}: {years}", now)
        audit.record(
            "retention.deleted", now, school_id=school.id, actor_id=None, record_class=kind.value, years=years,
            before=first_kept(school, years, now).isoformat(), count=len(keys),
        )  # fmt: skip
    return len(keys) == AT_ONCE


def deleted(person: Person, school: School) -> list[Deleted]:
    """What was deleted, by day and rule, the newest first: from the log."""
    rows = db.session.scalars(
        select(AuditEntry)
        .where(scopes.log_of_office(person), AuditEntry.act == "retention.deleted")
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(1_000)
    )
    found: dict[tuple[date, str, int], int] = {}
    for row in rows:
        facts = row.facts
        key = (school.today(row.at), str(facts["record_class"]), int(facts["years"]))
        found[key] = found.get(key, 0) + int(facts["count"])
    return [Deleted(*key, count) for key, count in found.items()][:SHOWN]
