"""What is asked of the application: each page and each save, as a browser sends it, for one school on one database."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from sqlalchemy import text
from werkzeug.routing import BuildError

from benchmarks.client import Answer, Browser, csrf_token
from benchmarks.workload import CLASSES_OF_A_FORM, CLASSES_OF_A_TEACHER, Workload, public_id
from gradebook.extensions import db

PASSWORD = "seven purple lanterns swing"

# The numbers of the classes that are read, and of those that are written, all of one teacher: so that what is
# written does not change what is read.
READ, HIDDEN, SAVED, FILLED = 0, 1, 2, 4
FORM = 2  # whose student and family are read; their classes are another teacher's
PLACE = 10


class NotThereYet(LookupError):
    """The application has no such page."""


class School:
    """One school as its people see it: browsers that have signed in, and the addresses of what they open."""

    def __init__(
        self,
        app: Flask,
        workload: Workload,
        new_browser: Callable[[], Browser],
        *,
        form: int = FORM,
        place: int = PLACE,
    ) -> None:
        self.app = app
        self.workload = workload
        self.form = form
        self.place = place
        self.new_browser = new_browser
        self.browsers: dict[str, Browser] = {}
        self.tokens: dict[str, str] = {}
        self._count = self._opened = 0

    def browser(self, username: str) -> Browser:
        """The browser in which this person has signed in."""
        if username not in self.browsers:
            self.browsers[username] = self.new_browser()
            self.browsers[username].sign_in(username, PASSWORD)
            self._pass_second_step(username)
        return self.browsers[username]

    def _pass_second_step(self, username: str) -> None:
        """As if a code had been typed after the password: signing in is measured by itself, without one."""
        with self.app.app_context(), db.engine.begin() as connection:
            query = text(
                "UPDATE login_sessions SET step_kind = 'app' "
                "WHERE user_id = (SELECT id FROM users WHERE username = :username)"
            )
            connection.execute(query, {"username": username})

    def path(self, endpoint: str, **values: Any) -> str:
        """The address of a page. Raises NotThereYet."""
        with self.app.test_request_context():
            try:
                return self.app.url_for(endpoint, _external=False, **values)
            except BuildError:
                raise NotThereYet(endpoint) from None

    def next_value(self) -> str:
        """A score that is allowed everywhere, and is not the one before."""
        self._count += 1
        return str(self._count % 9 + 1)

    def next_class(self) -> int:
        """One ordinary class after another; those of the first teacher, which other measurements open, only where
        there are no others."""
        first = CLASSES_OF_A_TEACHER if self.workload.sections > CLASSES_OF_A_TEACHER else 0
        if not self._opened:  # signing in belongs to no measurement
            for number in range(first, self.workload.sections, CLASSES_OF_A_TEACHER):
                self.browser(self.teacher_of(number))
        self._opened += 1
        return first + self._opened % (self.workload.sections - first)

    def teacher_of(self, number: int) -> str:
        """Who teaches the class with this number."""
        return f"teacher{number // CLASSES_OF_A_TEACHER}"

    def last_number(self, section: int) -> int:
        """The number of the class's last change, as a page that was opened just now would say."""
        with self.app.app_context(), db.engine.connect() as connection:
            query = text("SELECT last_seq FROM sections WHERE id = :id")
            return int(connection.execute(query, {"id": section + 1}).scalar_one())

    # --- Who

    @property
    def teacher(self) -> str:
        """Teaches the first five classes."""
        return "teacher0"

    @property
    def growth_teacher(self) -> str:
        """Teaches the classes of other sizes."""
        return f"teacher{self.workload.teachers}"

    @property
    def student(self) -> str:
        """Has six classes."""
        return f"student{self.form * self.workload.students + self.place}"

    @property
    def guardian(self) -> str:
        """Has two children with six classes each."""
        first = self.workload.guardian_id(0, 0, 0)
        return f"guardian{self.workload.guardian_id(self.form, self.place, 0) - first}"

    @property
    def writing_guardian(self) -> str:
        """Has conversations, the longest among them."""
        return "guardian0"


def section_path(school: School, number: int, endpoint: str = "teacher.gradebook", **values: Any) -> str:
    """The address of a class's page."""
    return school.path(endpoint, section_id=public_id("sections", number + 1), **values)


# --- Pages


def grid(school: School) -> list[Answer]:
    """The grid of a class whose scores are all posted."""
    return [school.browser(school.teacher).get(section_path(school, READ)).must_be(200)]


def another_grid(school: School) -> list[Answer]:
    """The grid of a class that this process has not shown lately: nothing of its rows is remembered."""
    number = school.next_class()
    return [school.browser(school.teacher_of(number)).get(section_path(school, number)).must_be(200)]


def grid_with_hidden(school: School) -> list[Answer]:
    """The grid of a class with two hidden assignments: two totals for every student."""
    return [school.browser(school.teacher).get(section_path(school, HIDDEN)).must_be(200)]


def growth_grid(students: int, assignments: int, **values: str) -> Callable[[School], list[Answer]]:
    """The grid of a class of another size."""

    def open_grid(school: School) -> list[Answer]:
        number = school.workload.sections + school.workload.growth.index((students, assignments))
        return [school.browser(school.growth_teacher).get(section_path(school, number, **values)).must_be(200)]

    return open_grid


def unchanged(school: School) -> list[Answer]:
    """Asking whether anything changed, when nothing did."""
    number = school.last_number(READ)
    path = section_path(school, READ, "teacher.changes", after=number)
    return [school.browser(school.teacher).get(path, X_Requested_With="fetch").must_be(204)]


def teacher_home(school: School) -> list[Answer]:
    """T1."""
    return [school.browser(school.teacher).get(school.path("teacher.home")).must_be(200)]


def student_home(school: School) -> list[Answer]:
    """S1: six classes."""
    return [school.browser(school.student).get(school.path("student.home")).must_be(200)]


def student_section(school: School) -> list[Answer]:
    """S2: one class and its working."""
    path = section_path(school, school.form * CLASSES_OF_A_FORM, "student.section")
    return [school.browser(school.student).get(path).must_be(200)]


def parent_home(school: School) -> list[Answer]:
    """P1: two children with six classes each."""
    return [school.browser(school.guardian).get(school.path("parent.home")).must_be(200)]


def parent_section(school: School) -> list[Answer]:
    """P2: one class of a child."""
    child = public_id("users", school.workload.student_id(school.form, school.place))
    path = section_path(school, school.form * CLASSES_OF_A_FORM, "parent.section", student_id=child)
    return [school.browser(school.guardian).get(path).must_be(200)]


def people(school: School) -> list[Answer]:
    """O1: the first page of everyone."""
    return [school.browser("office").get(school.path("office.people")).must_be(200)]


def sign_in(school: School) -> list[Answer]:
    """The form, the post and the page it leads to, in a browser that was never here."""
    return school.new_browser().sign_in(school.student, PASSWORD)


# --- Saves


def save_cell(school: School) -> list[Answer]:
    """One score, as the grid's script sends it."""
    students = school.workload.students_of(SAVED)
    return [_save(school, SAVED, {f"{students[3 % len(students)]}.{_column(school, 5)}": school.next_value()})]


def fill_column(school: School) -> list[Answer]:
    """The scores of a whole class for one assignment."""
    column, value = _column(school, 8), school.next_value()
    return [_save(school, SAVED, {f"{student}.{column}": value for student in school.workload.students_of(SAVED)})]


def paste_all(school: School) -> list[Answer]:
    """Every cell of a class at once."""
    first, value = school.workload.first_assignment(FILLED), school.next_value()
    students = school.workload.students_of(FILLED)
    cells = {
        f"{student}.{first + place}": value for student in students for place in range(school.workload.assignments)
    }
    return [_save(school, FILLED, cells)]


def _column(school: School, place: int) -> int:
    """The assignment at this place of the class that is written; smaller classes have fewer."""
    return school.workload.first_assignment(SAVED) + place % school.workload.assignments


def _save(school: School, section: int, cells: dict[str, str]) -> Answer:
    browser = school.browser(school.teacher)
    path = section_path(school, section, "teacher.scores")
    fields = {"csrf_token": _token(school, school.teacher), "seen": str(school.last_number(section)), **cells}
    return browser.post(path, fields, X_Requested_With="fetch").must_be(200)


def change_weights(school: School) -> list[Answer]:
    """Two categories' weights changed, after the effect was shown, and the grid read again: every total is new."""
    return _change_weights(school, school.teacher, FILLED)


def growth_weights(students: int, assignments: int) -> Callable[[School], list[Answer]]:
    """The same in a class of another size."""
    return lambda school: _change_weights(
        school, school.growth_teacher, school.workload.sections + school.workload.growth.index((students, assignments))
    )


def _change_weights(school: School, teacher: str, number: int) -> list[Answer]:
    browser, path = school.browser(teacher), section_path(school, number, "teacher.rules")
    fields = form_fields(browser.get(path).must_be(200).text)
    weights = [name for name, value in fields.items() if name.endswith("-weight") and value]
    first = "15" if fields[weights[0]] == "20" else "20"
    fields |= {weights[0]: first, weights[1]: str(40 - int(first)), "do": "save"}
    shown = form_fields(browser.post(path, fields).must_be(200).text)
    saved = browser.post(path, {**shown, "do": "confirm"}).must_be(303)
    return [saved, browser.get(section_path(school, number)).must_be(200)]


# --- Messages


def conversation_list(school: School) -> list[Answer]:
    """A teacher's thirty conversations."""
    return [school.browser(school.teacher).get(school.path("messages.index")).must_be(200)]


def conversation(school: School) -> list[Answer]:
    """Fifty messages, all of them read before."""
    path = school.path("messages.conversation", conversation_id=public_id("conversations", 1))
    return [school.browser(school.writing_guardian).get(path).must_be(200)]


def send_message(school: School) -> list[Answer]:
    """One message into a short conversation."""
    browser, key = school.browser(school.writing_guardian), public_id("conversations", 7)
    school.next_value()
    fields = {
        "csrf_token": _token(school, school.writing_guardian),
        "body": f"Thank you. ({school._count})",
        "client_key": f"00000000-0000-4000-8000-{school._count:012x}",
    }
    return [browser.post(school.path("messages.send", conversation_id=key), fields).must_be(303)]


def unread_badge(school: School) -> list[Answer]:
    """The number of unread messages, as a script asks for it."""
    path = school.path("messages.unread")
    return [school.browser(school.teacher).get(path, X_Requested_With="fetch").must_be(200, 204)]


def _token(school: School, username: str) -> str:
    """A token that this person's forms carry; it holds as long as the session."""
    browser = school.browser(username)
    if username not in school.tokens:
        school.tokens[username] = csrf_token(browser.get("/auth/password").must_be(200))
    return school.tokens[username]


# --- Reading forms


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name, value = given.get("name"), given.get("value") or ""
        if tag == "input" and name:
            if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    self.fields[name] = value or "y"
            elif given.get("type") not in ("submit", "button"):
                self.fields[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = value
        elif tag == "textarea" and name:
            self._area = name
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def form_fields(page: str) -> dict[str, str]:
    """What the largest form of a page would send."""
    forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
    parser = _Fields()
    parser.feed(max(forms, key=len))
    return parser.fields
