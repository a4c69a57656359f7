"""Bringing a file of scores into a class: a plan by reading, then one change of the class under one number."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from sqlalchemy import func, insert, select

from gradebook.database import new_public_id
from gradebook.extensions import db
from gradebook.grading.typed import ScoreError, parse_score
from gradebook.grading.values import Status, hundredths
from gradebook.interchange.oneroster.planner_work import EVERYTHING, score_problem
from gradebook.interchange.score_sheet import ScoreSheet, SheetAssignment, SheetCell, SheetStudent
from gradebook.interchange.tables import Problem, Text
from gradebook.models import (
    Assignment,
    Category,
    Enrollment,
    GradingScaleBand,
    Role,
    RoleKind,
    Section,
    TotalMode,
    User,
)
from gradebook.models.people import folded
from gradebook.services import audit, periods
from gradebook.services.counters import next_number
from gradebook.services.grades import Cell, cells_of
from gradebook.services.imported_scores import write_imported
from gradebook.services.scores import EMPTY, Content, content_of, content_typed, stored_cells

STATUSES = {
    "missing": Status.missing, "m": Status.missing, "excused": Status.excused, "e": Status.excused,
    "ex": Status.excused, "exempt": Status.excused, "incomplete": Status.incomplete, "i": Status.incomplete,
    "turned in": Status.turned_in, "turned_in": Status.turned_in, "t": Status.turned_in,
}  # fmt: skip
LATE = ("late", "l")


class Refused(Exception):
    """The plan may not be written. `why` is problems or changed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NewAssignment(NamedTuple):
    """An assignment that the import makes."""

    key: int
    """Below zero, until it has one in the database."""
    title: str
    category: str
    is_guess: bool
    points: Decimal
    due_on: date | None
    due_time: time | None
    posted_at: datetime | None
    source_id: str | None


class Change(NamedTuple):
    """One score that the import writes."""

    place: tuple[int, int]
    line: int
    student: str
    assignment: str
    before: Content
    after: Content


@dataclass
class ScorePlan:
    """What an import would do to a class."""

    section: Section
    seen: int
    """The class's number when the plan was made."""
    format: str
    categories: dict[str, Decimal] = field(default_factory=dict)
    """Titles of categories that are new, with their weights."""
    assignments: list[NewAssignment] = field(default_factory=list)
    new: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.assignments or self.new or self.changed or self.categories)


def prepare(
    section: Section, sheet: ScoreSheet, now: datetime, *, category: str | None = None, confirm_high: bool = False
) -> ScorePlan:
    """The plan for this file. Only reads. Assignments of which the file names no category go into `category`."""
    seen = db.session.scalar(select(Section.last_seq).where(Section.id == section.id)) or 0
    plan = ScorePlan(section, seen, sheet.format, problems=list(sheet.problems), notes=list(sheet.notes))
    return _Planner(section, sheet, now, plan, category, confirm_high).plan_all()


class _Planner:
    def __init__(
        self, section: Section, sheet: ScoreSheet, now: datetime, plan: ScorePlan, category: str | None, high: bool
    ) -> None:
        self.section = section
        self.sheet = sheet
        self.now = now
        self.plan = plan
        self.category = category
        self.high = high
        self.roster = _Roster(section)
        self.categories = _category_titles(section)
        self.letters = _letters(section)
        self.stored: dict[tuple[int, int], Cell] = {}

    def plan_all(self) -> ScorePlan:
        students = [self.student(each) for each in self.sheet.students]
        work = [self.assignment(each) for each in self.sheet.assignments]
        known = [found[0] for found in work if found and found[0] > 0]
        self.stored = {(cell.assignment_id, cell.student_id): cell for cell in cells_of(known)} if known else {}
        self.note_guesses()
        twice: dict[tuple[int, int], int] = {}
        for cell in self.sheet.cells:
            student, found = students[cell.student], work[cell.assignment]
            if student is None or found is None:
                continue  # told once, where the student or the assignment stands
            place = (found[0], student.id)
            if place in twice:
                text = _l("has a score for this assignment on line %(line)s too. Keep one.", line=twice[place])
                self.problem(cell.line, "student", student.name, text)
                continue
            twice[place] = cell.line
            self.cell(cell, place, found[1], student.name)
        return self.plan

    def student(self, wanted: SheetStudent) -> "_Pupil | None":
        """The one student whom the file means; never a guess."""
        found = self.roster.find(wanted)
        if isinstance(found, _Pupil):
            return found
        label = wanted.label
        close = get_close_matches(folded(label), self.roster.names, n=1, cutoff=0.6)
        if found:
            text = _l("could be several students of this class. Write the username instead.")
        elif close:
            text = _l(
                "no such student is in %(class_name)s. Did you mean %(name)s?",
                class_name=self.section.title, name=self.roster.names[close[0]],
            )  # fmt: skip
        else:
            text = _l("no such student is in %(class_name)s.", class_name=self.section.title)
        self.problem(wanted.line, "student", label, text)
        return None

    def assignment(self, wanted: SheetAssignment) -> tuple[int, int] | None:
        """(key, hundredths possible) of the assignment, planned if it is new."""
        stored = self.roster.assignments_called(wanted)
        if len(stored) > 1:
            text = _l("is the title of %(count)s assignments here. Give one of them another title.", count=len(stored))
            self.problem(wanted.line, "assignment", wanted.title, text)
            return None
        if stored:
            return self.known_assignment(wanted, stored[0])
        if wanted.points is None:
            if not any(problem.field.startswith(wanted.title) for problem in self.plan.problems):
                text = _l("is a new assignment. Say how many points are possible.")
                self.problem(wanted.line, "points possible", "", text)
            return None
        return self.new_assignment(wanted, wanted.points)

    def known_assignment(self, wanted: SheetAssignment, stored: Any) -> tuple[int, int] | None:
        if wanted.points is not None and wanted.points != stored.points:
            text = _l(
                "%(title)s is out of %(points)s here. Change it here or in the file.",
                title=wanted.title, points=f"{stored.points.normalize():f}",
            )  # fmt: skip
            self.problem(wanted.line, "points possible", f"{wanted.points.normalize():f}", text)
            return None
        return stored.id, hundredths(stored.points)

    def new_assignment(self, wanted: SheetAssignment, points: Decimal) -> tuple[int, int]:
        category = self.category_for(wanted)
        key = -1 - len(self.plan.assignments)
        self.plan.assignments.append(
            NewAssignment(
                key,
                wanted.title,
                category,
                wanted.is_guess,
                points,
                wanted.due_on,
                wanted.due_time,
                self.posted_at(wanted),
                wanted.source_id,
            )  # fmt: skip
        )
        return key, hundredths(points)

    def note_guesses(self) -> None:
        """Say into which categories we put assignments of which the file says none, and which have no weight."""
        guessed = Counter(new.category for new in self.plan.assignments if new.is_guess)
        for title, count in guessed.items():
            text = lazy_ngettext(
                "%(num)s new assignment goes in here by its title, which is our guess: the file does not say.",
                "%(num)s new assignments go in here by their titles, which is our guess: the file does not say.",
                count,
            )
            self.plan.notes.append(Problem(self.sheet.file, 1, "category", title, text))
        for title, weight in self.plan.categories.items():
            if not weight and self.section.total_mode == TotalMode.WEIGHTED:
                text = _l("is new and weighs 0%%: the file gives no weight. Set it on the page of categories.")
                self.plan.notes.append(Problem(self.sheet.file, 0, "category", title, text))

    def category_for(self, wanted: SheetAssignment) -> str:
        """The title of its category; a new one gets the weight that the file gives."""
        title = wanted.category or self.category or next(iter(self.categories.values()), EVERYTHING)
        known = self.categories.get(title.casefold())
        if known is not None:
            return known
        self.categories[title.casefold()] = title
        usual = Decimal(100) if title == EVERYTHING else Decimal(0)
        self.plan.categories[title] = usual if wanted.category_weight is None else wanted.category_weight
        return title

    def posted_at(self, wanted: SheetAssignment) -> datetime | None:
        if isinstance(wanted.posted, datetime):
            return wanted.posted
        posted = self.section.posts_as_entered if wanted.posted is None else wanted.posted
        return self.now if posted else None

    def cell(self, cell: SheetCell, place: tuple[int, int], possible: int, student: str) -> None:
        after = self.content(cell, possible)
        if after is None:
            return
        before = content_of(self.stored.get(place))
        if after.late is False and before.late and after.status == "none":
            after = after._replace(late=True)  # a file that does not say late does not say on time either
        title = self.sheet.assignments[cell.assignment].title
        change = Change(place, cell.line, student, title, before, after)
        if after == before:
            self.plan.same += 1
        elif before == EMPTY:
            self.plan.new.append(change)
        else:
            self.plan.changed.append(change)

    def content(self, cell: SheetCell, possible: int) -> Content | None:
        """What the cell would hold; None for a problem."""
        word = cell.status.lower()
        if word and word not in STATUSES and word not in LATE and word not in ("graded", "none"):
            text = _l("is not a status. Write missing, excused, incomplete, turned in or late.")
            self.problem(cell.line, "status", cell.status, text)
            return None
        if word in STATUSES and not (STATUSES[word] == Status.turned_in and cell.score):
            return Content(status=str(STATUSES[word]))
        try:
            typed = parse_score(cell.score, possible, letters=self.letters, confirmed=self.high)
        except ScoreError as error:
            self.problem(cell.line, self.sheet.assignments[cell.assignment].title, cell.score, score_problem(error))
            return None
        content = content_typed(typed)
        if word in LATE and content == EMPTY:
            self.problem(cell.line, "status", cell.status, _l("needs a score beside it."))
            return None
        return content._replace(late=True) if word in LATE and content.status == "none" else content

    def problem(self, line: int, name: str, value: str, text: Text) -> None:
        self.plan.problems.append(Problem(self.sheet.file, line, name, value, text))


class _Pupil(NamedTuple):
    id: int
    name: str


class _Roster:
    """Who and what is in the class, by every name that a file may use."""

    def __init__(self, section: Section) -> None:
        self.by_source: dict[str, set[_Pupil]] = defaultdict(set)
        self.by_username: dict[str, set[_Pupil]] = defaultdict(set)
        self.by_name: dict[str, set[_Pupil]] = defaultdict(set)
        self.names: dict[str, str] = {}
        for row in db.session.execute(_pupils(section)):
            pupil = _Pupil(row.id, row.display_name)
            for key in filter(None, (row.source_id, row.public_id)):
                self.by_source[key].add(pupil)
            for key in filter(None, (row.username_key, row.email_key)):
                self.by_username[key].add(pupil)
            for name in {row.display_name, row.sort_name}:
                self.by_name[_plain(name)].add(pupil)
            self.names[folded(row.sort_name)] = row.sort_name
            self.names[folded(row.display_name)] = row.display_name
        rows: Any = db.session.execute(
            select(Assignment.id, Assignment.title, Assignment.points, Assignment.source_id).where(
                Assignment.section_id == section.id, Assignment.deleted_at.is_(None)
            )
        ).all()
        self.assignments = rows

    def find(self, wanted: SheetStudent) -> "_Pupil | set[_Pupil]":
        """The student; or those who it could be: none, or several."""
        names = dict(wanted.names)
        named = self.called(names.get("student", ""))
        keyed: set[_Pupil] = set()
        for field_name in ("sis user id", "sis login id"):
            if value := names.get(field_name):
                keyed |= self.by_source.get(value) or self.by_username.get(value.casefold(), set())
        # Another system's own counter may be anyone's key here: it counts only where the name agrees.
        keyed |= self.by_source.get(names.get("id", ""), set()) & named
        found = keyed or named
        return next(iter(found)) if len(found) == 1 else found

    def called(self, value: str) -> set[_Pupil]:
        """Whom one text can mean: a username or a confirmed way to sign in, a roster's key, or a name."""
        key = value.strip().casefold()
        return self.by_username.get(key) or self.by_source.get(value) or self.by_name.get(_plain(value), set())

    def assignments_called(self, wanted: SheetAssignment) -> list[Any]:
        """The assignment with the file's key; else those of its title that no other key claims."""
        if wanted.source_id:
            same = [row for row in self.assignments if row.source_id == wanted.source_id]
            if same:
                return same
        return [
            row
            for row in self.assignments
            if _plain(row.title) == _plain(wanted.title) and not (wanted.source_id and row.source_id)
        ]


def _plain(text: str) -> str:
    return folded(" ".join(text.split()))


def _pupils(section: Section) -> Any:
    """Everyone who is or was a student of the class."""
    return (
        select(
            User.id, User.public_id, User.username_key, User.email_key, User.display_name, User.sort_name,
            Role.source_id,
        )
        .join(Enrollment, Enrollment.user_id == User.id)
        .join(
            Role,
            (Role.user_id == User.id) & (Role.school_id == Enrollment.school_id) & (Role.kind == RoleKind.STUDENT),
        )
        .where(Enrollment.section_id == section.id, Enrollment.role_kind == RoleKind.STUDENT)
    )  # fmt: skip


def _category_titles(section: Section) -> dict[str, str]:
    rows = db.session.scalars(
        select(Category.title)
        .where(Category.section_id == section.id, Category.deleted_at.is_(None))
        .order_by(Category.position, Category.id)
    )
    return {title.casefold(): title for title in rows}


def _letters(section: Section) -> tuple[str, ...]:
    if section.grading_scale_id is None:
        return ()
    return tuple(
        db.session.scalars(select(GradingScaleBand.label).where(GradingScaleBand.scale_id == section.grading_scale_id))
    )


# --- Writing


def apply(
    plan: ScorePlan, now: datetime, *, actor_id: int, leave_out_problems: bool = False, file: str = ""
) -> int | None:
    """Write the plan; returns the class's number of the change, None when there was nothing to write.

    Raises Refused when the plan has problems, or when the class has changed since it was made; PeriodClosed.
    """
    if plan.problems and not leave_out_problems:
        raise Refused("problems")
    if not plan.writes:
        return None
    section = plan.section
    number = next_number(section)
    if number != plan.seen + 1:
        raise Refused("changed")
    periods.require_open(section)
    keys = _write_work(plan, number)
    changes = {(keys.get(each.place[0], each.place[0]), each.place[1]): each.after for each in plan.new + plan.changed}
    write_imported(section, changes, stored_cells(changes), number=number, actor_id=actor_id, now=now)
    audit.record(
        "scores.imported", now, school_id=section.school_id, actor_id=actor_id, section_id=section.id, number=number,
        file=file, format=plan.format, new=len(plan.new), changed=len(plan.changed), same=plan.same,
        assignments=len(plan.assignments), left_out=len(plan.problems),
    )  # fmt: skip
    return number


def _write_work(plan: ScorePlan, number: int) -> dict[int, int]:
    """New categories and assignments, at the end of the class's order; returns the keys they got."""
    section = plan.section
    place = db.session.scalar(select(func.max(Category.position)).where(Category.section_id == section.id)) or 0
    categories = [
        {
            "school_id": section.school_id,
            "section_id": section.id,
            "title": title,
            "weight": weight,
            "position": position,
        }
        for position, (title, weight) in enumerate(plan.categories.items(), place + 1)
    ]
    if categories:
        db.session.execute(insert(Category), categories)
    ids = {
        row.title.casefold(): row.id
        for row in reversed(
            db.session.execute(
                select(Category.id, Category.title)
                .where(Category.section_id == section.id, Category.deleted_at.is_(None))
                .order_by(Category.position, Category.id)
            ).all()
        )
    }
    last = db.session.scalar(select(func.max(Assignment.position)).where(Assignment.section_id == section.id)) or 0
    taken = _taken_sources(section, [new.source_id for new in plan.assignments if new.source_id])
    made = {new_public_id(): new for new in plan.assignments}
    in_period = periods.periods_for(section, [new.due_on for new in plan.assignments])
    rows = [
        {
            "public_id": public_id, "school_id": section.school_id, "section_id": section.id,
            "category_id": ids[new.category.casefold()], "title": new.title, "points": new.points,
            "due_on": new.due_on, "due_time": new.due_time, "grading_period_id": in_period[new.due_on],
            "posted_at": new.posted_at, "position": position, "seq": number,
            "source_id": None if new.source_id in taken else new.source_id,
        }
        for position, (public_id, new) in enumerate(made.items(), last + 1)
    ]  # fmt: skip
    if not rows:
        return {}
    found = db.session.execute(insert(Assignment).returning(Assignment.id, Assignment.public_id), rows)
    return {made[public_id].key: key for key, public_id in found}


def _taken_sources(section: Section, keys: list[str]) -> set[str | None]:
    """Keys that another class of the school has taken: one export can fill two classes."""
    if not keys:
        return set()
    return set(
        db.session.scalars(
            select(Assignment.source_id).where(
                Assignment.school_id == section.school_id, Assignment.source_id.in_(keys)
            )
        )
    )
