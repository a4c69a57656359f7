"""T10, O-screens: writing an announcement, who would get it, and sending it now or later."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import announcer
from gradebook.blueprints.messages.forms import AnnouncementForm
from gradebook.blueprints.messages.stopping import accepts
from gradebook.blueprints.messages.to_many import ToMany, answer
from gradebook.models import Announcement, AnnouncementState, RoleKind
from gradebook.policy import announcements as policy
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import announced
from gradebook.services import announcements as acts
from gradebook.services.announcements import Draft, Preview
from gradebook.web import door
from gradebook.web.filters import at as moment_words
from gradebook.web.requests import moment

NAMES_SHOWN = 300
"""Families named in the preview; of a whole school the others are counted."""


class Announcing(ToMany):
    """What one request is about: who writes, in which school, to which classes one may."""

    form: AnnouncementForm

    def __init__(self) -> None:
        self.load()
        self.form = AnnouncementForm()
        self.at: datetime | None = None
        offered = [(one.public_id, one.title) for one in self.sections]
        self.form.offer(offered, request.args.get("section"), to_school=self.is_office)

    def load(self) -> None:
        """Who writes, and the classes."""
        self.person: Person = announcer()
        self.sections = policy.classes_to_announce_to(self.person)
        self.is_office = self.person.acts_as(RoleKind.OFFICE)
        self.timezone = self.person.roles_in_use[0].timezone
        self.may = can(self.person, "announcement:write")

    def is_closed(self) -> bool:
        """The office has stopped messages, or closed the writing of this person."""
        return not self.may

    def is_right(self) -> bool:
        """The words, the classes and the time."""
        form, school_id = self.form, policy.school_of(self.person)
        is_valid = accepts(form, self.person, school_id, form.title.data or "")
        self.at = form.moment(moment(), ZoneInfo(self.timezone))
        return is_valid and self.at is not None

    @property
    def send_at(self) -> datetime | None:
        """When it is sent; None: at once."""
        return self.at if self.form.when.data == "later" else None

    @property
    def audience(self) -> policy.Audience:
        """For whom it is."""
        to_school = self.form.to.data == "school"
        return policy.audience_of(self.person, self.form.sections.data or (), to_school=to_school)

    @property
    def draft(self) -> Draft:
        """What is announced."""
        form = self.form
        return Draft(form.title.data, form.body.data, form.client_key.data or "", self.send_at)

    def found(self) -> Preview:
        """Who would get it now."""
        return acts.preview(self.person, self.audience)

    def can_go(self, found: Preview) -> bool:
        """Somebody gets it."""
        if not found.count:
            words = _("Nobody would get it: no guardian of these students can be written to at the moment")
            (self.form.to if self.form.to.data == "school" else self.form.sections).errors = [words]
        return bool(found.count)

    def was_shown(self, found: Preview) -> bool:
        """By the mark that the preview carried; that there is nobody is said on the page of the words."""
        return found.mark == request.form.get("shown") or not found.count

    def was_sent(self) -> bool:
        """Just this one, with this key."""
        return acts.was_sent(self.person, self.audience, self.draft)

    def send(self, found: Preview | None) -> Any:
        """To its page; the same form twice is one announcement."""
        announcement = acts.announce(self.person, self.audience, self.draft, moment())
        flash(_said(announcement, self.timezone), "good")
        return redirect(url_for("messages.announcement", announcement_id=announcement.public_id), 303)

    def say_used(self) -> None:
        """Under a new key it can go."""
        self.form.send_anew(_("You sent another announcement from this form before. To send this one too, go on"))

    def say_too_many(self, error: Exception) -> None:
        """In an hour."""
        self.form.send_anew(_("You can send %(most)s announcements in an hour. Wait a little", most=acts.MOST_AN_HOUR))

    def page(self) -> str:
        """The words, to whom, and when."""
        return render_template("messages/announce.html", announcing=self, form=self.form)

    def preview(self, found: Preview, *, moved: bool = False) -> str:
        """Who gets it, before anything is sent."""
        return render_template(
            "messages/announce_preview.html",
            announcing=self,
            form=self.form,
            found=found,
            audience=self.audience,
            send_at=self.send_at,
            kept=_kept(self.form, found),
            moved=moved,
            most=NAMES_SHOWN,
        )


def _kept(form: AnnouncementForm, found: Preview) -> list[tuple[str, str]]:
    """What the preview carries on: the form, and a mark of who was shown."""
    day = form.day.form
    return [
        ("to", form.to.data or "classes"),
        *(("sections", key) for key in form.sections.data or ()),
        ("title", form.title.data),
        ("body", form.body.data),
        ("when", form.when.data),
        *((f"day-{part.short_name}", part.data or "") for part in (day.day, day.month, day.year)),
        ("time", form.time.data or ""),
        ("client_key", form.client_key.data or ""),
        ("shown", found.mark),
    ]


@bp.get("/announcements/new")
@door.staff
def new_announcement() -> str:
    """The form."""
    return Announcing().page()


@bp.post("/announcements")
@door.staff
def announce() -> Any:
    """Show who gets it; go back to the words; or send, or plan to send, to those who were shown."""
    return answer(Announcing())


def _said(announcement: Announcement, timezone: str) -> str:
    if announcement.state == AnnouncementState.SCHEDULED:
        when = moment_words(announcement.send_at, timezone).striptags()
        return _("The announcement will be sent on %(when)s.", when=when)
    count = announced.recipients_of([announcement.id]).get(announcement.id, (0, 0))[0]
    return ngettext(
        "The announcement was sent to %(num)s guardian.", "The announcement was sent to %(num)s guardians.", count
    )
