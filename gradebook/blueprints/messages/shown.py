"""A conversation as one person sees it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from babel.dates import get_day_names
from babel.lists import format_list
from flask_babel import gettext as _

from gradebook.clock import day_in
from gradebook.models import Conversation, RoleKind
from gradebook.policy.conversations import (
    OFFICE_HOURS,
    Correspondence,
    Standing,
    TeacherChange,
    TeacherPlace,
    WhyNot,
    teacher_changes,
    to_come,
)
from gradebook.policy.person import Person
from gradebook.services import office_hours
from gradebook.services.messaging import ConversationLine, MessageLine, MessagePage
from gradebook.web.language import language
from gradebook.web.office_words import by_office

CONVERSATIONS_BESIDE = 25
"""Rows of the list that stands beside a conversation."""


@dataclass(frozen=True)
class Sides:
    """Who writes to whom about which child, and who else can read it: named before anything is written."""

    student: Any
    section: Any
    partners: list[str]
    relationship: str
    """What the partner is to the child, where the partner is a guardian."""
    readers: list[str]
    is_joint: bool = False
    is_with_office: bool = False
    """No class: the partner of the guardian is the school office."""
    people: list[str] = field(default_factory=list)
    """Of the office, as the guardian is told who reads it."""


@dataclass(frozen=True)
class Reach:
    """When a teacher usually reads, as the writer is told before sending."""

    teacher: str
    hours: office_hours.HoursOf
    told_at: datetime | None
    """When the teacher is told of a message that is sent now; None: at once."""
    is_office: bool = False
    """It is the office, which is told on days with lessons."""

    @property
    def words(self) -> str:
        """The days and hours: Mon–Wed 08:00–16:00, Fri 08:00–12:00."""
        return week_words(self.hours.days)


@dataclass(frozen=True)
class Shown:
    """An open conversation."""

    conversation: Conversation
    sides: Sides
    page: MessagePage
    days: list[tuple[date, list[MessageLine]]]
    today: date
    timezone: str
    closed: WhyNot | None
    unread_from: int | None
    """The number of the first message that is new to the reader."""
    standing: Standing
    changes: dict[date, list[TeacherChange]] = field(default_factory=dict)
    """Who began or ceased to read it, by day."""
    coming: list[TeacherPlace] = field(default_factory=list)
    """Who begins to read it later."""
    reach: list[Reach] = field(default_factory=list)
    seen: list[tuple[str, datetime]] = field(default_factory=list)
    """Who has read the reader's newest message, and when."""
    may_be_muted: bool = False
    """Offered to guardians for as long as something new may come."""

    @property
    def goes_on(self) -> bool:
        """Whether what is new is told and marked as read; a guardian whose link has ended only reads."""
        return self.standing.ended_on is None

    @property
    def last_day(self) -> date | None:
        """The last day on which a guardian whose link has ended took part."""
        return self.standing.ended_on - timedelta(days=1) if self.standing.ended_on else None


def sides_of_pair(pair: Correspondence, person: Person) -> Sides:
    """The two sides of a conversation that may be begun."""
    guardians = [(pair.guardian, pair.relationship, True)]
    return _sides(person, pair.student, pair.section, guardians, list(pair.teachers))  # no class: with the office


def sides_of(conversation: Conversation, standing: Standing, person: Person) -> Sides:
    """The two sides of a conversation, as they stand today."""
    guardians = [(side.user, side.relationship, side.reads) for side in standing.guardians]
    return _sides(person, conversation.student, conversation.section, guardians, list(standing.teachers))


def _sides(
    person: Person, student: Any, section: Any, guardians: list[tuple[Any, str, bool]], teachers: list[Any]
) -> Sides:
    """The partners of a guardian are the teachers, or the office, and in a joint conversation the other guardian."""
    if section is None:
        return _sides_with_office(person, student, guardians[0], teachers)
    is_guardian = any(guardian.id == person.id for guardian, _relationship, _reads in guardians)
    others = [guardian for guardian, _relationship, _reads in guardians if guardian.id != person.id]
    readers = [*teachers, *(guardian for guardian, _relationship, reads in guardians if reads)]
    partners = [one.display_name for one in ([*teachers, *others] if is_guardian else others)]
    return Sides(
        student=student,
        section=section,
        partners=partners or [_("the teachers of %(class)s", **{"class": section.title})],
        relationship=guardians[0][1] if not is_guardian and len(guardians) == 1 else "",
        readers=[_("You"), *(reader.display_name for reader in readers if reader.id != person.id)],
        is_joint=len(guardians) > 1,
    )


def _sides_with_office(person: Person, student: Any, guardian: tuple[Any, str, bool], people: list[Any]) -> Sides:
    adult, relationship, reads = guardian
    is_guardian = adult.id == person.id
    others = [one.display_name for one in people if one.id != person.id]
    return Sides(
        student=student,
        section=None,
        partners=[_("the school office") if is_guardian else adult.display_name],
        relationship="" if is_guardian else relationship,
        readers=[_("You"), *others, *([adult.display_name] if reads and not is_guardian else [])],
        is_with_office=True,
        people=others if is_guardian else [],
    )


def shown(
    conversation: Conversation, standing: Standing, page: MessagePage, person: Person, unread_from: int | None
) -> Shown:
    """Everything the page says, in the time zone of the school."""
    timezone = timezones(person)[conversation.school_id]
    today = day_in(timezone, person.now)
    changes = _changes(conversation, standing, page, timezone, today)
    lines = {day: list(found) for day, found in groupby(page.lines, key=lambda line: day_in(timezone, line.sent_at))}
    return Shown(
        conversation=conversation,
        sides=sides_of(conversation, standing, person),
        page=page,
        days=[(day, lines.get(day, [])) for day in sorted({*lines, *changes})],
        today=today,
        timezone=timezone,
        closed=standing.closed,
        unread_from=unread_from,
        standing=standing,
        changes=changes,
        coming=to_come(standing, today),
        reach=_reach_of(conversation, standing, timezone, person),
        seen=_seen(conversation, standing, timezone, person),
        may_be_muted=person.acts_as(RoleKind.PARENT) and (standing.closed is None or standing.closed.is_a_stop),
    )


def _changes(
    conversation: Conversation, standing: Standing, page: MessagePage, timezone: str, today: date
) -> dict[date, list[TeacherChange]]:
    """Those between the first and the last day that the page shows."""
    begun = day_in(timezone, conversation.created_at)
    since = day_in(timezone, page.lines[0].sent_at) - timedelta(days=1) if page.has_earlier else begun
    until = today if page.last_seq == conversation.last_seq else day_in(timezone, page.lines[-1].sent_at)
    found = teacher_changes(standing, max(since, begun), until)
    return {day: list(changes) for day, changes in groupby(found, key=lambda change: change.day)}


def _reach_of(conversation: Conversation, standing: Standing, timezone: str, person: Person) -> list[Reach]:
    """For a guardian who may write."""
    if standing.closed is not None or not any(side.user.id == person.id for side in standing.guardians):
        return []
    if conversation.is_with_office:
        return reached_office(conversation.school_id, timezone, person.now)
    places = [place for place in standing.places if place.reads]
    hours = office_hours.hours_for(conversation.school_id, timezone, [place.hours for place in places])
    return reached([place.user for place in places], hours, person.now)


def reached(teachers: list[Any], hours: list[office_hours.HoursOf], now: datetime) -> list[Reach]:
    """Of these teachers those who have office hours."""
    found = []
    for teacher, own in zip(teachers, hours, strict=True):
        told_at = own.from_then(now)
        if own.days:
            found.append(Reach(teacher.display_name, own, told_at if told_at > now else None))
    return found


def reached_office(school_id: int, timezone: str, now: datetime) -> list[Reach]:
    """The office, where it is told later than now: the school has no lessons that day."""
    [hours] = office_hours.hours_for(school_id, timezone, [OFFICE_HOURS])
    told_at = hours.from_then(now)
    return [Reach(_("the school office"), hours, told_at, is_office=True)] if told_at > now else []


def _seen(conversation: Conversation, standing: Standing, timezone: str, person: Person) -> list[tuple[str, datetime]]:
    """Of the other side. What a teacher read outside the office hours is shown from their next beginning on, and as
    of then: nobody learns at what hours teachers look."""
    if not any(side.user.id == person.id for side in standing.guardians):
        return [(side.user.display_name, side.seen_at) for side in standing.guardians if side.seen_at is not None]
    places = [place for place in standing.places if place.seen_at is not None and place.reads]
    hours = office_hours.hours_for(conversation.school_id, timezone, [place.hours for place in places])
    found = []
    for place, own in zip(places, hours, strict=True):
        shown_at = own.from_then(place.seen_at or person.now)
        if shown_at <= person.now:
            name = place.user.display_name
            found.append((by_office(name) if conversation.is_with_office else name, shown_at))
    return found


def week_words(days: office_hours.Days) -> str:
    """The days of the week with the same hours together."""
    known = [(number, tuple(days[str(number)])) for number in range(7) if str(number) in days]
    spans: list[tuple[int, int, tuple[int, ...]]] = []
    for number, hours in known:
        if spans and spans[-1][1] == number - 1 and spans[-1][2] == hours:
            spans[-1] = (spans[-1][0], number, hours)
        else:
            spans.append((number, number, hours))
    return format_list([_span_words(*span) for span in spans], locale=language().locale)


def _span_words(first: int, last: int, hours: tuple[int, ...]) -> str:
    names = get_day_names("abbreviated", "stand-alone", language().locale)
    begin, end = (time(minute // 60 % 24, minute % 60).strftime("%H:%M") for minute in hours)
    day_names = names[first] if first == last else _("%(first)s–%(last)s", first=names[first], last=names[last])
    return _("%(days)s %(begin)s–%(end)s", days=day_names, begin=begin, end=end)


def timezones(person: Person) -> dict[int, str]:
    """The time zone of each school of the role in use."""
    return {role.school_id: role.timezone for role in person.roles_in_use}


def by_child(lines: list[ConversationLine]) -> list[list[ConversationLine]]:
    """The conversations of each child together; the child with the newest message first."""
    found: dict[int, list[ConversationLine]] = {}
    for line in lines:
        found.setdefault(line.student_id, []).append(line)
    return list(found.values())
