"""The messages of a conversation, joined in functions: a page has fifty, and a template's loop took a fifth of it.

What few messages have (files, a button) is drawn by templates/messages/_lines.html.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import get_template_attribute
from flask_babel import pgettext
from markupsafe import Markup, escape

from gradebook.models import MessageKind, RoleKind
from gradebook.policy import own_messages
from gradebook.policy.person import Person
from gradebook.services.messaging import MessageLine
from gradebook.web.addresses import addresses
from gradebook.web.filters import time_element, time_of_day
from gradebook.web.language import gettext as _
from gradebook.web.language import language
from gradebook.web.office_words import by_office
from gradebook.web.requests import moment
from gradebook.web.system_lines import system_words


class MessagePen:
    """Draws one message after another of one conversation, as one person sees them; what many share is found out once.

    Texts of the catalogue stand as they are, as in templates; all else is escaped.
    """

    def __init__(self, person: Person, at: str, timezone: str, *, over: bool = False) -> None:
        """`at`: the public id of the conversation; `over`: nothing can be written in it any more."""
        self.reader, self.over, self.at = person.id, over, at
        self.may_report = not person.acts_as(RoleKind.OFFICE)
        self.zone, self.locale, self.now = ZoneInfo(timezone), language().name, moment()
        self.page_of = addresses("messages.message", "seq", conversation_id=at)
        self.you, self.report = f"<b>{_('You')}</b>", pgettext("a message, to the office", "Report")
        self.change, self.correct = _("Change"), _("Correct")

    def lines(self, lines: Iterable[MessageLine], newest: int, unread_from: int | None) -> Markup:
        """These messages; above the one numbered `unread_from` stands that it is new."""
        out: list[str] = []
        for line in lines:
            if line.seq == unread_from:
                out.append(f'<p class="new-mark" id="new"><span>{_("New")}</span></p>')
            out.append(self.line(line, is_newest=line.seq == newest))
        return Markup("".join(out))  # noqa: S704 - joined of escaped texts

    def line(self, line: MessageLine, *, is_newest: bool = False) -> str:
        """One message, as HTML; `is_newest`: it is the last one of the page."""
        local = line.sent_at.astimezone(self.zone)
        if line.kind == MessageKind.SYSTEM:
            return self._of_system(line, local, is_newest)
        is_mine = line.author_id == self.reader
        return (
            f'<article class="msg{" msg--mine" if is_mine else ""}" id="m{line.seq}" data-seq="{line.seq}">\n'
            f'  <p class="msg__by"{_NEWEST if is_newest else ""}>{self._head(line, local, is_mine)}</p>\n'
            f"{self._refers(line)}{self._body(line, is_mine)}</article>"
        )

    def _of_system(self, line: MessageLine, local: datetime, is_newest: bool) -> str:
        focus = ' tabindex="-1"' if is_newest else ""
        return (
            f'<p class="day-mark system-mark" id="m{line.seq}" data-seq="{line.seq}"{focus}>'
            f"{escape(system_words(line.body))} · {time_element(local, self.locale)}</p>"
        )

    def _head(self, line: MessageLine, local: datetime, is_mine: bool) -> str:
        """Who wrote it, when, what became of it, and what the reader can do about it."""
        page = self.page_of(line.seq)
        out = [self.you if is_mine else _named(line), " ", time_element(local, self.locale)]
        if line.removed_at is None:
            if line.edited_at:
                out.append(f' <a href="{page}" data-message>{_("Edited")}</a>')
            if line.corrected_by:
                out.append(f' <a href="{self.page_of(line.corrected_by)}" data-message>{_("Corrected")}</a>')
            if is_mine and not self.over:
                act = self.change if own_messages.is_fresh(line.sent_at, self.now) else self.correct
                out.append(f' <a href="{page}" data-message>{act}{self._at(local)}</a>')
        if not is_mine and self.may_report:
            out.append(f' <a href="{page}/report">{self.report}{self._at(local)}</a>')
        return "".join(out)

    def _at(self, local: datetime) -> str:
        """Which message it is, for those who hear the page."""
        return f'<span class="vh"> {escape(time_of_day(local, self.locale))}</span>'

    def _refers(self, line: MessageLine) -> str:
        """To what it belongs: the message that it puts right, the announcement that it answers."""
        out = ""
        if line.corrects:
            quoted = f' <q dir="auto">{escape(line.corrects_words)}</q>' if line.corrects_words else ""
            link = f'<a href="{self.page_of(line.corrects)}" data-message>{_("Correction")}</a>'
            out = f'<p class="msg__corrects">{link}{quoted}</p>'
        if line.answers:
            out += str(_part("answers")(*line.answers))
        return out

    def _body(self, line: MessageLine, is_mine: bool) -> str:
        if line.removed_at is None:
            files = _part("attached")(line.files, self.at) if line.files else ""
            return f'    <div class="msg__text" dir="auto">{escape(line.body)}</div>\n{files}'
        words = _("Deleted: the school does not keep it any longer") if line.purged_at else _("Message removed")
        can_be_undone = is_mine and own_messages.is_just_removed(line.removed_at, self.now)
        undo = _part("undo")(self.at, line.seq) if can_be_undone else ""
        return f'    <div class="msg__text msg__text--gone">{words}{undo}</div>\n'


_NEWEST = ' id="newest" tabindex="-1"'


def _named(line: MessageLine) -> str:
    name = by_office(line.author_name) if line.is_by_office else line.author_name
    return f"<b><bdi>{escape(name)}</bdi></b>"


def _part(macro: str) -> Any:
    return get_template_attribute("messages/_lines.html", macro)
