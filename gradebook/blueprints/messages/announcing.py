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
from gradebook.extensions import db
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


class Announcing:
    """What one request is about: who writes, in which school, to which classes one may."""

    def __init__(self) -> None:
        self.person: Person = announcer()
        self.sections = policy.classes_to_announce_to(self.person)
        self.is_office = self.person.acts_as(RoleKind.OFFICE)
        self.timezone = self.person.roles_in_use[0].timezone
        self.may = can(self.person, "announcement:write")

    def form(self) -> AnnouncementForm:
        """With what was sent, or at the beginning with the class of the address."""
        form = AnnouncementForm()
        offered = [(one.public_id, one.title) for one in self.sections]
        form.offer(offered, request.args.get("section"), to_school=self.is_office)
        return form

    def audience(self, form: AnnouncementForm) -> policy.Audience:
        """For whom it is."""
        return policy.audience_of(self.person, form.sections.data or (), to_school=form.to.data == "school")

    def page(self, form: AnnouncementForm) -> str:
        """The words, to whom, and when."""
        return render_template("messages/announce.html", announcing=self, form=form)

    def preview(self, form: AnnouncementForm, found: Preview, at: datetime, *, moved: bool = False) -> str:
        """Who gets it, before anything is sent."""
        return render_template(
            "messages/announce_preview.html",
            announcing=self,
            form=form,
            found=found,
            audience=self.audience(form),
            send_at=at if form.when.data == "later" else None,
            kept=_kept(form, found),
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
    announcing = Announcing()
    return announcing.page(announcing.form())


@bp.post("/announcements")
@door.staff
def announce() -> Any:
    """Show who gets it; go back to the words; or send, or plan to send, to those who were shown."""
    announcing = Announcing()
    form = announcing.form()
    if not announcing.may:
        return announcing.page(form), 403
    if request.form.get("do") == "edit":
        return announcing.page(form)
    at = _moment(announcing, form)
    if at is None:
        return announcing.page(form), 422
    if request.form.get("do") == "send":
        return _send(announcing, form, at)
    found = acts.preview(announcing.person, announcing.audience(form))
    if not found.count:
        return _nobody(announcing, form)
    return announcing.preview(form, found, at)


def _moment(announcing: Announcing, form: AnnouncementForm) -> datetime | None:
    """When it is to be sent; None where something stands against it, said in the form."""
    person = announcing.person
    is_valid = accepts(form, person, policy.school_of(person), form.title.data or "")
    at = form.moment(moment(), ZoneInfo(announcing.timezone))
    return at if is_valid else None


def _nobody(announcing: Announcing, form: AnnouncementForm) -> Any:
    words = _("Nobody would get it: no guardian of these students can be written to at the moment")
    (form.to if form.to.data == "school" else form.sections).errors = [words]
    return announcing.page(form), 422


def _send(announcing: Announcing, form: AnnouncementForm, at: datetime) -> Any:
    """To those who were shown, or to nobody; the same form twice is one announcement."""
    person, audience = announcing.person, announcing.audience(form)
    planned = at if form.when.data == "later" else None
    draft = Draft(form.title.data, form.body.data, form.client_key.data or "", planned)
    try:
        if not acts.was_sent(person, audience, draft):
            found = acts.preview(person, audience)
            if found.mark != request.form.get("shown") and found.count:
                return announcing.preview(form, found, at, moved=True), 409
        announcement = acts.announce(person, audience, draft, moment())
    except acts.OtherWords:
        return _again(form, _("You sent another announcement from this form before. To send this one too, go on"), 409)
    except acts.TooMany:
        words = _("You can send %(most)s announcements in an hour. Wait a little", most=acts.MOST_AN_HOUR)
        return _again(form, words, 429)
    except acts.Nobody:
        db.session.rollback()
        anew = Announcing()
        return _nobody(anew, anew.form())
    key = announcement.public_id
    db.session.commit()
    flash(_said(announcement, announcing.timezone), "good")
    return redirect(url_for("messages.announcement", announcement_id=key), 303)


def _again(form: AnnouncementForm, words: str, status: int) -> Any:
    """The page with what was typed, under a new key; nothing was written."""
    db.session.rollback()
    form.send_anew(words)
    return Announcing().page(form), status


def _said(announcement: Announcement, timezone: str) -> str:
    if announcement.state == AnnouncementState.SCHEDULED:
        when = moment_words(announcement.send_at, timezone).striptags()
        return _("The announcement will be sent on %(when)s.", when=when)
    count = announced.recipients_of([announcement.id]).get(announcement.id, (0, 0))[0]
    return ngettext(
        "The announcement was sent to %(num)s guardian.", "The announcement was sent to %(num)s guardians.", count
    )
