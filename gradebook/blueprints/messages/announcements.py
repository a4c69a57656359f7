"""P3, T10, O-screens: the announcements that one has got or sent, one of them, and taking one back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook import live
from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import announcer, page_number
from gradebook.blueprints.messages.shown import timezones
from gradebook.extensions import db
from gradebook.models import Announcement, AnnouncementState, RoleKind, Section
from gradebook.policy import announcements as policy
from gradebook.policy import stops
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import Correspondence
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import accounts, announced
from gradebook.services import announcements as acts
from gradebook.services.announced import ON_A_PAGE
from gradebook.web import door
from gradebook.web.requests import moment, short_write
from gradebook.web.streams import stream_of


@dataclass(frozen=True)
class Shown:
    """An announcement as one person sees it."""

    announcement: Announcement
    timezone: str
    sections: list[Section]
    children: list[str]
    """On whose account a guardian got it."""
    answers: list[Correspondence]
    """Where a guardian can answer it."""
    sent_to: int | None = None
    """How many guardians got it; None where the person is not told."""
    opened_by: int = 0
    answered_in: int = 0
    """Conversations with an answer, of the teacher or the office person who looks."""
    waits_until: datetime | None = None
    """It is due and waits for the end of a stop, no longer than until then."""

    @property
    def state(self) -> AnnouncementState:
        """What became of it."""
        return self.announcement.state

    @property
    def recall_until(self) -> datetime | None:
        """Until when it can be taken back."""
        sent_at = self.announcement.sent_at
        return sent_at + policy.RECALL_FOR if sent_at else None

    @property
    def is_of_office(self) -> bool:
        """Whether the office has sent it."""
        return self.announcement.role_kind == RoleKind.OFFICE


@bp.get("/announcements")
@door.adult
def announcements() -> str:
    """What this person got, or, for staff, what the school's families get."""
    person, number = announcer(), page_number(request.args.get("page"))
    lines = announced.announcements(person, limit=ON_A_PAGE + 1, offset=(number - 1) * ON_A_PAGE)
    return render_template(
        "messages/announcements.html",
        lines=lines[:ON_A_PAGE],
        has_more=len(lines) > ON_A_PAGE,
        number=number,
        timezones=timezones(person),
    )


@bp.get("/announcements/<announcement_id>")
@door.adult
def announcement(announcement_id: str) -> str:
    """One of them; opening it marks it opened for a guardian."""
    person = announcer()
    found = policy.announcement_for(person, announcement_id)
    if policy.is_new_to(person, found):
        with short_write():
            announced.mark_opened(found, person.id, moment())
        found = policy.announcement_for(person, announcement_id)
    mark = stops.mark(person, found.school_id)
    return render_template("messages/announcement.html", shown=_shown(person, found), mark=mark)


def _shown(person: Person, found: Announcement) -> Shown:
    sections = announced.sections_of([found.id]).get(found.id, [])
    if person.acts_as(RoleKind.PARENT):
        children, answers = announced.children_of(found, person.id), policy.answers_to(person, found)
        return Shown(found, timezones(person)[found.school_id], sections, children, answers)
    counted: dict[str, Any] = {"waits_until": policy.waits_until(found, person.now)}
    if found.sent_at is not None and can(person, "announcement:count_readers", found):
        sent_to, opened_by = announced.recipients_of([found.id]).get(found.id, (0, 0))
        counted |= {"sent_to": sent_to, "opened_by": opened_by}
        counted["answered_in"] = announced.answers_of(person, found)
    return Shown(found, timezones(person)[found.school_id], sections, [], [], **counted)


@bp.get("/announcements/<announcement_id>/stream")
@door.adult
@door.unattended
def announcement_stream(announcement_id: str) -> Any:
    """Server-sent events with the number of its newest change, and with another mark when the office stops messages or
    lets them go on: a guardian can answer on this page. While this person may read it; 503 without a place."""
    found = policy.announcement_for(announcer(), announcement_id)
    school_id = found.school_id

    def newest(login: accounts.Login, person: Person) -> live.Sight:
        if not person.acts_as(RoleKind.OFFICE) and accounts.needs_proof(login, person.now):
            raise NotFound
        return live.Sight(policy.last_change_for(person, announcement_id), stops.mark(person, school_id))

    return stream_of(newest, live.Topic("announcement", found.id))


@bp.post("/announcements/<announcement_id>/recall")
@door.staff
def recall_announcement(announcement_id: str) -> Any:
    """Take it back, within a minute."""
    person = announcer()
    found = policy.announcement_for(person, announcement_id)
    is_done = acts.recall(person, found, moment())
    return _acted(
        announcement_id,
        is_done,
        _("The announcement is withdrawn. Nobody can read it any more."),
        _("It is too late: it can be taken back for one minute. You can send another announcement that corrects it.")
        if policy.is_author(person, found)
        else _("Only who has sent it can take it back."),
    )


@bp.post("/announcements/<announcement_id>/cancellation")
@door.staff
def cancel_announcement(announcement_id: str) -> Any:
    """Do not send what was planned."""
    person = announcer()
    found = policy.announcement_for(person, announcement_id)
    is_done = acts.cancel(person, found, moment())
    return _acted(
        announcement_id,
        is_done,
        _("The announcement is cancelled and will not be sent."),
        _("It cannot be cancelled: it was sent or cancelled before."),
    )


def _acted(announcement_id: str, is_done: bool, done: str, too_late: str) -> Any:
    """Back to it, which says how it stands now."""
    if is_done:
        db.session.commit()
    else:
        db.session.rollback()
    flash(done if is_done else too_late, "good" if is_done else "bad")
    return redirect(url_for("messages.announcement", announcement_id=announcement_id), 303)
