"""T6, view as: what a student, or one of the guardians, sees of this class, for its teacher to look at."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from gradebook.blueprints.teacher import bp
from gradebook.models import RoleKind, Section, User
from gradebook.policy import access, viewing
from gradebook.policy.access import NotFound
from gradebook.policy.person import Acting, Person
from gradebook.services import accounts
from gradebook.web import door, family_pages
from gradebook.web.login import current_person
from gradebook.web.requests import moment

_LINK = re.compile(r"<a\b[^>]*>")
_ADDRESS = re.compile(r' href="([^"#]*)(#[^"]*)?"')


@dataclass(frozen=True)
class View:
    """Through whose eyes the teacher looks, for layouts/view_as.html."""

    section: Section
    student: User
    guardians: list[tuple[User, str]]
    """Those whom this teacher knows of, each with what they are to the child."""
    guardian: User | None = None
    """Who looks; None: the student."""

    @property
    def name(self) -> str:
        """Who sees this."""
        return self.guardian.display_name if self.guardian else self.student.called

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(words, address, is this one) of everyone through whose eyes the teacher can look."""
        keys: dict[str, Any] = {"section_id": self.section.public_id, "student_id": self.student.public_id}
        mine = (self.student.display_name, url_for("teacher.view_as_student", **keys), self.guardian is None)
        return [mine, *(self._choice(guardian, what, keys) for guardian, what in self.guardians)]

    def _choice(self, guardian: User, what: str, keys: dict[str, Any]) -> tuple[str, str, bool]:
        words = _("%(person)s (%(relationship)s)", person=guardian.display_name, relationship=what)
        url = url_for("teacher.view_as_guardian", guardian_id=guardian.public_id, **keys)
        return words if what else guardian.display_name, url, guardian is self.guardian

    def without_links(self, page: str) -> Markup:
        """The page, with the ways off it closed: they lead to pages of the family. Those inside it stay."""
        return Markup(_LINK.sub(self._closed, page))  # noqa: S704 - rendered, and only made less

    def _closed(self, link: re.Match[str]) -> str:
        return _ADDRESS.sub(self._inside, link[0])

    def _inside(self, address: re.Match[str]) -> str:
        path, place = address[1], address[2]
        return f' href="{place}"' if place and path in ("", self._address) else ""

    @property
    def _address(self) -> str:
        """Where the family finds this page."""
        section_id = self.section.public_id
        if self.guardian is None:
            return url_for("student.section", section_id=section_id)
        return url_for("parent.section", student_id=self.student.public_id, section_id=section_id)


@bp.get("/classes/<section_id>/students/<student_id>/as-student")
@door.teacher
def view_as_student(section_id: str, student_id: str) -> str:
    """What the student sees."""
    view = _view(section_id, student_id)
    return _page(view, view.student, RoleKind.STUDENT, _of_student)


@bp.get("/classes/<section_id>/students/<student_id>/as-guardian/<guardian_id>")
@door.teacher
def view_as_guardian(section_id: str, student_id: str, guardian_id: str) -> str:
    """What one guardian sees, with the rights and orders of today."""
    view = _view(section_id, student_id, guardian_id)
    assert view.guardian  # noqa: S101 - found, or _view raised NotFound
    return _page(view, view.guardian, RoleKind.PARENT, _of_child)


def _view(section_id: str, student_id: str, guardian_id: str | None = None) -> View:
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    student = viewing.student_today(person, section, student_id)
    guardians = viewing.guardians_known(person, section, student)
    guardian = next((one for one, _what in guardians if one.public_id == guardian_id), None)
    if guardian_id is not None and guardian is None:
        raise NotFound
    return View(section, student, guardians, guardian)


def _page(view: View, user: User, kind: RoleKind, show: Callable[..., str]) -> str:
    """The page of the person whose eyes they are; or, where that page would not be found, that there is nothing."""
    seer = _seer(user, kind, view.section)
    frame: dict[str, Any] = {"layout": "layouts/view_as.html", "view": view, "person": seer}
    try:
        return show(view, seer, frame)
    except NotFound:
        return render_template("teacher/sees_nothing.html", **frame)


def _seer(user: User, kind: RoleKind, section: Section) -> Person:
    """Who looks, at the school of this class only: that there are others is not for its teachers."""
    person = accounts.person_of(user, moment())
    roles = tuple(role for role in person.roles if role.kind == kind and role.school_id == section.school_id)
    may_sign_in = roles and user.deactivated_at is None
    return Person.of(user, roles, Acting(kind, None) if may_sign_in else None, person.now)


def _of_student(view: View, seer: Person, frame: dict[str, Any]) -> str:
    return family_pages.class_of_student(seer, view.section.public_id, **frame)


def _of_child(view: View, seer: Person, frame: dict[str, Any]) -> str:
    return family_pages.class_of_child(seer, view.student.public_id, view.section.public_id, alone=True, **frame)
