"""The frame around every page: names, navigation, the role switch and the count of unread messages."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from babel.lists import format_list
from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gradebook.config import ABSOLUTE_LIFE
from gradebook.models import RoleKind
from gradebook.policy import second_step
from gradebook.policy.person import Acting, Person
from gradebook.policy.rules import can
from gradebook.services import messaging
from gradebook.services.accounts import idle_limit
from gradebook.web.filters import initials, tint
from gradebook.web.language import language, languages_for
from gradebook.web.login import current_login, signed_in_person

PRODUCT = "Gradebook"


@dataclass(frozen=True)
class NavItem:
    """A place in the main navigation."""

    label: str
    url: str
    icon: str
    is_current: bool


@dataclass
class Frame:
    """What layouts/base.html shows around a page. Works for visitors too."""

    person: Person | None

    @property
    def school_name(self) -> str:
        """The school of the role in use, or all of them for families in several."""
        names = list(dict.fromkeys(role.school_name for role in self._roles))
        return format_list(names, locale=language().locale) if names else PRODUCT

    @property
    def phone(self) -> str | None:
        """The office's number, where the role in use belongs to one school."""
        phones = {role.school_phone for role in self._roles}
        return phones.pop() if len(phones) == 1 else None

    @property
    def _roles(self) -> tuple[Any, ...]:
        return self.person.roles_in_use if self.person else ()

    @property
    def home_url(self) -> str:
        """The home of the role in use."""
        return url_for("auth.home")

    @property
    def help_url(self) -> str:
        """The Help page of the role in use."""
        return url_for("auth.help_page")

    @cached_property
    def role_label(self) -> str | None:
        """The role in use, in words."""
        acting = self.person.acting if self.person else None
        return role_label(self.person, acting) if self.person and acting else None

    @cached_property
    def roles(self) -> list[tuple[str, str, bool]]:
        """(label, value, is current) for the role switch."""
        if self.person is None:
            return []
        return [
            (role_label(self.person, choice), role_value(choice), choice == self.person.acting)
            for choice in self.person.choices
        ]

    @cached_property
    def nav(self) -> list[NavItem]:
        """The places of the main navigation for the role in use."""
        if self.person is None or self.person.acting is None or second_step.is_owed(self.person):
            return []
        return [
            NavItem(label, url_for(endpoint), icon, _is_here(endpoint, prefixes))
            for label, endpoint, icon, prefixes in _places(self.person)
        ]

    @cached_property
    def unread(self) -> int | None:
        """Unread messages; None where messages do not exist: for students and visitors nothing is even asked."""
        if self.person is None or not can(self.person, "messages:use"):
            return None
        return messaging.unread_count(self.person)

    @property
    def messages_url(self) -> str:
        """The list of conversations."""
        return url_for("messages.index")

    @property
    def may_have_second_step(self) -> bool:
        """Whether the account's menu offers a second step at sign-in."""
        return self.person is not None and second_step.may_have_one(self.person.account)

    @property
    def user_name(self) -> str | None:
        """The person's own name."""
        return self.person.account.display_name if self.person else None

    @property
    def initials(self) -> str:
        """For the avatar."""
        return initials(self.user_name or "")

    @property
    def tint(self) -> str:
        """The avatar's colour pair; it never changes for a person."""
        return tint(self.person.id) if self.person else "info"

    @property
    def theme(self) -> str | None:
        """light, dark, or None for the system's choice."""
        return self.person.account.theme if self.person else None

    @property
    def lang(self) -> str:
        """For the lang attribute."""
        return language().name.replace("_", "-")

    @cached_property
    def other_languages(self) -> list[tuple[str, str]]:
        """(tag, its own name) of those a page of visitors and families offers; staff choose under Appearance."""
        if self._is_staff:
            return []
        return [(tag, name) for tag, name in languages_for(self.person).items() if tag != language().name]

    @property
    def dir(self) -> str:
        """For the dir attribute."""
        return language().locale.text_direction

    @property
    def has_cover(self) -> bool:
        """Whether the privacy cover is offered: where a projector may be on."""
        return self._is_staff

    @property
    def idle_minutes(self) -> int:
        """Minutes without activity after which this person is signed out; 0 on a device marked as their own."""
        if self.person is None:
            return 0
        idle = idle_limit(current_login(), self.person)
        return int(idle.total_seconds() // 60) if idle < ABSOLUTE_LIFE else 0

    @property
    def _is_staff(self) -> bool:
        return bool(self.person and (self.person.acts_as(RoleKind.TEACHER) or self.person.acts_as(RoleKind.OFFICE)))


def init_app(app: Flask) -> None:
    """Give every template `frame`, `can` and `person`."""
    app.context_processor(_context)


def know_unread(person: Person, count: int) -> None:
    """Give the frame the unread messages of this request's person, where the page has counted them anyway."""
    g.frame = Frame(person)
    g.frame.unread = count


def part(template: str, **values: Any) -> str:
    """A small part of a page for a script, rendered from these values alone: who asks and what stands around is not
    found out for it."""
    return current_app.jinja_env.get_template(template).render(values)


def _context() -> dict[str, Any]:
    person = signed_in_person()
    if "frame" not in g:
        g.frame = Frame(person)
    return {"frame": g.frame, "person": person, "can": lambda action, thing=None: can(person, action, thing)}


_ROLES = {
    RoleKind.OFFICE: _l("School office"),
    RoleKind.PARENT: _l("Parent"),
    RoleKind.STUDENT: _l("Student"),
    RoleKind.TEACHER: _l("Teacher"),
}


def role_label(person: Person, acting: Acting) -> str:
    """A role in words; staff roles name their school when the person works in several."""
    words = str(_ROLES[acting.kind])
    school = next((role.school_name for role in person.roles if role.school_id == acting.school_id), None)
    return _("%(role)s, %(school)s", role=words, school=school) if school else words


def role_value(acting: Acting) -> str:
    """A role as the switch's form sends it."""
    return f"{acting.kind}-{acting.school_id or 0}"


_OFFICE_PEOPLE = (
    "office.person",
    "office.new_person",
    "office.guardian",
    "office.new_guardian",
    "office.restriction",
    "office.new_record",
    "office.hold",
    "office.new_restriction",
    "office.issue_slip",
    "office.second_step",
    "office.sign_in",
    "office.together",
    "office.writing",
    "office.successors",
)
_OFFICE_TALKS = ("messages.conversation", "messages.message", "messages.search", "messages.edit", "messages.correct")
_OFFICE_CLASSES = (
    "office.new_class",
    "office.section",
    "office.enrollment",
    "office.scale",
    "office.new_scale",
    "office.outcome",
    "office.new_outcome",
    "office.mastery_scale",
    "office.new_mastery_scale",
)


def _places(person: Person) -> list[tuple[str, str, str, tuple[str, ...]]]:
    messages = [(_("Messages"), "messages.index", "message", ("messages.",))] if can(person, "messages:use") else []
    assert person.acting  # noqa: S101 - asked by the caller
    places: dict[RoleKind, list[tuple[str, str, str, tuple[str, ...]]]] = {
        RoleKind.TEACHER: [
            (_("Home"), "teacher.home", "home", ("teacher.home",)),
            (_("Classes"), "teacher.classes", "book", ("teacher.",)),
            *messages,
        ],
        RoleKind.STUDENT: [
            (_("Home"), "student.home", "home", ("student.section",)),
            (_("Calendar"), "student.calendar", "calendar", ("student.calendar", "student.make_calendar")),
        ],
        RoleKind.PARENT: [(_("Home"), "parent.home", "home", ("parent.",)), *messages],
        RoleKind.OFFICE: [
            (_("People"), "office.people", "people", _OFFICE_PEOPLE),
            (_("Classes"), "office.classes", "book", _OFFICE_CLASSES),
            (_("Terms"), "office.terms", "calendar", ("office.term",)),
            (_("Messages"), "messages.index", "message", _OFFICE_TALKS),
            (_("Announcements"), "messages.announcements", "bell", ("messages.announce", "messages.new_announcement")),
            (_("Message rules"), "office.messages", "message", ("office.messages", "office.stop")),
            (
                _("Message oversight"),
                "office.message_oversight",
                "lock",
                ("office.message_re", "office.review", "office.new_review"),
            ),
            (_("Log"), "office.log", "clock", ("office.approval", "office.records", "office.retention")),
        ],
    }
    return places[person.acting.kind]


def _is_here(endpoint: str, prefixes: tuple[str, ...]) -> bool:
    here = request.endpoint or ""
    if here == endpoint:
        return True
    return here != "teacher.home" and any(here.startswith(prefix) for prefix in prefixes)
