"""What all versions have in common: the files one after another, a row at a time, problems instead of failures."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.interchange.oneroster.records import (
    Course,
    Group,
    HeldRole,
    LineItem,
    Link,
    Org,
    Person,
    Place,
    Result,
    Roster,
    Session,
    WorkCategory,
)
from gradebook.interchange.oneroster.source import Source
from gradebook.interchange.tables import Problem, Row, RowProblem
from gradebook.models import SessionKind

GONE = ("tobedeleted", "inactive")
SESSION_KINDS = {
    "schoolyear": SessionKind.YEAR,
    "gradingperiod": SessionKind.GRADING_PERIOD,
    "quarter": SessionKind.GRADING_PERIOD,
    "markingperiod": SessionKind.GRADING_PERIOD,
}
"""Everything else (term, semester, trimester …) is a term."""

MOST_POINTS = Decimal("99999.99")

Progress = Callable[[str, int], None]
"""Told the file and how many of its rows have been read."""


class Reader:
    """Reads the files in their order into a Roster. A version overrides what it spells differently."""

    version = ""
    last_day_included = True
    """Whether an end date is the last day, or already the day after."""
    group_org = "schoolSourcedId"
    group_code = "classCode"
    group_sessions = "termSourcedIds"
    course_code = "courseCode"
    demographics_key = "sourcedId"

    def __init__(self, source: Source, manifest: dict[str, str], progress: Progress) -> None:
        self.source = source
        self.manifest = manifest
        self.progress = progress
        self.roster = Roster(source.name, self.version)

    def read(self) -> Roster:
        """The whole roster. Raises Unreadable when a file cannot be read at all."""
        into = self.roster
        self.file("orgs", self.org, into.orgs)
        self.file("academicSessions", self.session, into.sessions)
        self.file("courses", self.course, into.courses)
        self.file("classes", self.group, into.groups)
        self.file("users", self.person, into.people)
        self.file("roles", self.role, None)
        self.file("relationships", self.relationship, None)
        self.file("demographics", self.birth_date, None, self.demographics_key)
        self.file("enrollments", self.place, into.places)
        self.file("categories", self.category, into.categories)
        self.file("lineItems", self.line_item, into.line_items)
        self.file("results", self.result, into.results)
        self.check_calendar()
        return into

    # --- One file, one row

    def file(self, name: str, read: Callable[[Row], Any], into: dict[str, Any] | None, key: str = "sourcedId") -> None:
        """Read every row of a file; a row that cannot be read is a problem and the next one is looked at."""
        declared = self.manifest.get(f"file.{name.lower()}", "")
        table = None if declared == "absent" else self.source.table(name)
        if table is None:
            if declared in ("bulk", "delta"):
                text = _l("manifest.csv announces this file, but it is not there. Export the roster again.")
                self.roster.problems.append(Problem(f"{name}.csv", 0, "", "", text))
            return
        if declared != "delta":
            self.roster.bulk.add(name)
        self.roster.mentioned[name], self.roster.gone[name] = set(), {}
        columns = {column.strip().lower() for column in table.header}
        if name == "enrollments":
            self.roster.says_positions = "primary" in columns
        if name == "relationships" or (name == "users" and "agentsourcedids" in columns):
            self.roster.says_links |= name in self.roster.bulk
        count = 0
        for count, row in enumerate(table.rows(), 1):
            self.row(name, row, read, into, key)
            if count % 10_000 == 0:
                self.progress(name, count)
        self.roster.problems.extend(table.problems)
        self.roster.rows[name] = count
        self.progress(name, count)

    def row(self, name: str, row: Row, read: Callable[[Row], Any], into: dict[str, Any] | None, key: str) -> None:
        try:
            own = self.key_of(name, row, key)
            if own in self.roster.mentioned[name] and into is not None:
                raise row.problem(key, own, _l("stands in an earlier row too. Keep one of them."))
            self.roster.mentioned[name].add(own)
            if row.text("status").lower() in GONE:
                self.roster.gone[name][own] = row.line
                return
            record = read(row)
            if into is not None and record is not None:
                into[own] = record
        except RowProblem as error:
            self.roster.problems.append(error.problem)
            self.roster.unclear.add(row.cells.get("usersourcedid", row.cells.get("sourcedid", "")).strip())

    def key_of(self, name: str, row: Row, key: str) -> str:
        """The row's own key."""
        return row.needed(key)

    def note(self, row: Row, name: str, value: str, text: Any) -> None:
        """Something that a person should know and that stops nothing."""
        self.roster.notes.append(Problem(row.file, row.line, name, value, text))

    def ends(self, row: Row, name: str = "endDate") -> date | None:
        """The first day after; the year 9999 is how some systems write "no end"."""
        if row.text(name).startswith("9999-"):
            return None
        day = row.day(name)
        return day + timedelta(days=1) if day and self.last_day_included else day

    # --- Records

    def org(self, row: Row) -> Org:
        return Org(
            row.line, row.needed("sourcedId"), row.needed("name", 200), row.text("type").lower(),
            row.text("parentSourcedId"),
        )  # fmt: skip

    def session(self, row: Row) -> Session:
        begins_on, ends_on = row.day("startDate"), self.ends(row)
        for name, value in (("startDate", begins_on), ("endDate", ends_on)):
            if value is None:
                raise row.problem(name, "", _l("is empty. Fill it in, or take the row out."))
        assert begins_on is not None  # noqa: S101 - said above
        assert ends_on is not None  # noqa: S101
        if ends_on <= begins_on:
            raise row.problem("endDate", row.text("endDate"), _l("is before the first day. Correct one of them."))
        kind = SESSION_KINDS.get(row.text("type").lower(), SessionKind.TERM)
        return Session(
            row.line, row.needed("sourcedId"), row.needed("title", 120), kind, begins_on, ends_on,
            row.text("parentSourcedId"),
        )  # fmt: skip

    def course(self, row: Row) -> Course:
        return Course(
            row.line, row.needed("sourcedId"), row.needed("title", 200), row.text(self.course_code, 60),
            row.text("orgSourcedId"),
        )  # fmt: skip

    def group(self, row: Row) -> Group:
        return Group(
            row.line, row.needed("sourcedId"), row.needed("title", 200), row.text(self.group_code, 60),
            row.text("courseSourcedId"), row.needed(self.group_org), row.listed(self.group_sessions),
        )  # fmt: skip

    def person(self, row: Row) -> Person:
        """Names, contacts and links. The password column is not looked at, in any version."""
        given = row.text("preferredGivenName", 100) or row.text("givenName", 100)
        family = row.text("preferredFamilyName", 95) or row.text("familyName", 95)
        if not given and not family:
            raise row.problem("givenName", "", _l("is empty, and so is familyName. A person needs a name."))
        return Person(
            row.line, row.needed("sourcedId"), row.text("username", 110), " ".join(filter(None, (given, family))),
            ", ".join(filter(None, (family, given))), given or family, self.email(row),
            row.text("phone", 40) or row.text("sms", 40), ", ".join(row.listed("grades"))[:40],
            row.flag("enabledUser") is not False, row.listed("agentSourcedIds"),
        )  # fmt: skip

    def email(self, row: Row) -> str:
        """The address if it looks like one."""
        email = row.text("email")
        if email and (len(email) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+", email)):
            self.note(row, "email", email, _l("is not an address and was left out."))
            return ""
        return email

    def role(self, row: Row) -> None:
        """A row of roles.csv; 1.1 has no such file."""

    def relationship(self, row: Row) -> None:
        """A row of relationships.csv; only School Data Sync has this file."""

    def add_role(
        self, row: Row, user: str, org: str, word: str, begins_on: date | None = None, ends_on: date | None = None
    ) -> None:
        """Note what a person is to an org."""
        if begins_on and ends_on and ends_on < begins_on:
            raise row.problem("endDate", str(ends_on), _l("is before the first day. Correct one of them."))
        self.roster.roles.append(HeldRole(row.file, row.line, user, org, word.lower(), begins_on, ends_on))

    def add_link(self, row: Row, student: str, adult: str, word: str) -> None:
        """Note an adult's relation to a student."""
        self.roster.links.append(Link(row.file, row.line, student, adult, word.lower()))

    def birth_date(self, row: Row) -> None:
        day = row.day("birthDate")
        if day:
            self.roster.birth_dates[row.needed(self.demographics_key)] = day

    def place(self, row: Row) -> Place:
        begins_on, ends_on = row.day("beginDate"), self.ends(row)
        if begins_on and ends_on and ends_on < begins_on:
            raise row.problem("endDate", row.text("endDate"), _l("is before the first day. Correct one of them."))
        return Place(
            row.line, self.key_of("enrollments", row, "sourcedId"), row.needed("classSourcedId"),
            row.needed("userSourcedId"), row.needed("role").lower(), row.flag("primary"), begins_on, ends_on,
        )  # fmt: skip

    # --- Work and scores

    def category(self, row: Row) -> WorkCategory:
        return WorkCategory(
            row.line, row.needed("sourcedId"), row.needed("title", 120), _number(row, "weight", Decimal(10_000))
        )

    def line_item(self, row: Row) -> LineItem:
        points = _number(row, "resultValueMax", MOST_POINTS)
        return LineItem(
            row.line, row.needed("sourcedId"), row.needed("title", 200), row.prose("description")[:10_000],
            row.needed("classSourcedId"), row.text("categorySourcedId"), row.text("gradingPeriodSourcedId"),
            row.day("assignDate"), _moment(row, "dueDate"), Decimal(100) if points is None else points,
        )  # fmt: skip

    def result(self, row: Row) -> Result:
        status = _STATUSES.get(row.text("scoreStatus").lower(), "")
        if row.flag("missing"):
            status = "missing"
        elif row.flag("incomplete") and not row.text("score"):
            status = "incomplete"
        score = row.text("score", 40)
        if re.fullmatch(r"\d+\.\d+", score, re.ASCII):
            score = score.rstrip("0").rstrip(".")  # a decimal number is written 8.50000 by some
        return Result(
            row.line, row.needed("sourcedId"), row.needed("lineItemSourcedId"), row.needed("studentSourcedId"),
            score, status, bool(row.flag("late")), row.prose("comment")[:10_000],
        )  # fmt: skip

    def check_calendar(self) -> None:
        """Note spans of one kind that overlap: most often a wrong year in an end date."""
        spans = sorted(self.roster.sessions.values(), key=lambda each: (each.kind, each.begins_on))
        for one, other in zip(spans, spans[1:], strict=False):
            same = one.kind == other.kind and one.kind != SessionKind.YEAR and one.parent == other.parent
            if same and one.begins_on < other.begins_on < one.ends_on:
                text = _l(
                    "ends after %(title)s has begun on %(day)s. Check the date.", title=other.title, day=other.begins_on
                )  # fmt: skip
                day = str(one.ends_on - timedelta(days=1 if self.last_day_included else 0))
                self.roster.notes.append(Problem("academicSessions.csv", one.line, "endDate", day, text))


_STATUSES = {
    "exempt": "excused",
    "submitted": "turned_in",
    "partially graded": "turned_in",
    "late": "",
    "missing": "missing",
    "incomplete": "incomplete",
}
"""What scoreStatus says where there is no score. "fully graded" needs no word, and "not submitted" is an empty
cell: only `missing` says that work is missing."""


def _number(row: Row, name: str, most: Decimal) -> Decimal | None:
    """A plain decimal number with at most 2 places that say something; None when the cell is empty."""
    text = row.text(name)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,7}(\.\d{1,12})?", text, re.ASCII):
        raise row.problem(name, text, _l("is not a number like 20 or 12.5."))
    number = Decimal(text)
    if number > most:
        raise row.problem(name, text, _l("is more than %(most)s.", most=most))
    if number != number.quantize(Decimal("0.01")):
        raise row.problem(name, text, _l("has more than 2 decimal places."))
    return number.quantize(Decimal("0.01"))


def _moment(row: Row, name: str) -> datetime | date | None:
    """A moment with its time zone (UTC when it names none), or only a day."""
    text = row.text(name)
    if len(text) <= 10:
        return row.day(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return row.day(name)
    row.day(name)  # says so when the year cannot be
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
