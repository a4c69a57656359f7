"""Bringing a roster in: first a plan, made by reading only; then one transaction that writes it in bulk.

The plan is made before the write lock is taken, so that a teacher's save never waits for it. When the lock is
held, what the plan was made from is read again and must be the same; else nothing is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from gradebook.database import new_public_id
from gradebook.extensions import db
from gradebook.interchange.oneroster.plan import Item, Plan, State
from gradebook.interchange.oneroster.planner import make_plan
from gradebook.interchange.oneroster.records import Roster
from gradebook.models import (
    AcademicSession,
    Assignment,
    AuditEntry,
    Category,
    Course,
    Enrollment,
    Guardianship,
    Position,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.services import audit, coming_of_age, freezing, messaging, queue
from gradebook.services.counters import next_number, next_numbers
from gradebook.services.imported_scores import write_imported
from gradebook.services.roster_state import read_state
from gradebook.services.scores import Content, stored_cells

Progress = Callable[[str, int], None]


class Refused(Exception):
    """The plan may not be written. `why` is problems, endings, changed or no_teacher."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Prepared:
    """A plan with what it was made from."""

    roster: Roster
    state: State
    plan: Plan


def prepare(roster: Roster, now: datetime, timezone: str | None = None) -> Prepared:
    """The plan for this roster. Only reads. New schools get the time zone; else that of a school there is, or UTC."""
    state = read_state(roster)
    return Prepared(roster, state, make_plan(roster, state, now, timezone or _usual_timezone()))


def _usual_timezone() -> str:
    zone = db.session.scalar(
        select(School.timezone).where(School.is_demonstration.is_(False)).order_by(School.id).limit(1)
    )
    return zone or "UTC"


def apply(
    prepared: Prepared,
    now: datetime,
    *,
    actor_id: int | None = None,
    leave_out_problems: bool = False,
    allow_ending: bool = False,
    progress: Progress = lambda kind, rows: None,
) -> None:
    """Write the plan. Raises Refused when it has problems, ends too much, or the database has moved on since."""
    plan = prepared.plan
    if plan.problems and not leave_out_problems:
        raise Refused("problems")
    if plan.too_much and not allow_ending:
        raise Refused("endings")
    if not plan.writes:
        return
    _hold_others_back()
    if read_state(prepared.roster) != prepared.state:
        raise Refused("changed")
    try:
        _Writer(plan, prepared.state, now, actor_id, progress).write(prepared.roster)
    except IntegrityError as error:  # someone was quicker with a name or a key that this plan also gives
        raise Refused("changed") from error


def _hold_others_back() -> None:
    """On PostgreSQL nobody else changes people and places until the commit; scores can be saved meanwhile.

    SQLite has one writer at a time anyway.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE users, roles, enrollments, guardianships IN SHARE ROW EXCLUSIVE MODE"))
        db.session.execute(text("LOCK TABLE academic_sessions IN SHARE ROW EXCLUSIVE MODE"))  # no term is closed now


TABLES: dict[str, Any] = {
    "schools": School, "sessions": AcademicSession, "courses": Course, "classes": Section, "people": User,
    "roles": Role, "enrollments": Enrollment, "guardianships": Guardianship, "categories": Category,
    "assignments": Assignment,
}  # fmt: skip
MANY = 1_000
KEYS = (
    "school_id", "parent_id", "course_id", "term_id", "section_id", "user_id", "student_id", "guardian_id",
    "category_id", "grading_period_id",
)  # fmt: skip
"""Columns that can hold the key of a row which this plan creates."""


class _Writer:
    """Writes the kinds in their order and puts real keys where the plan has its own."""

    def __init__(self, plan: Plan, state: State, now: datetime, actor_id: int | None, progress: Progress) -> None:
        self.plan = plan
        self.state = state
        self.now = now
        self.actor_id = actor_id
        self.progress = progress
        self.keys: dict[int, int] = {}

    def write(self, roster: Roster) -> None:
        freezing.keep_classes(freezing.unkept_classes())  # before anything that they are made of changes
        for kind, model in TABLES.items():
            items = self.plan.kinds[kind]
            # What makes room comes first: a key that moves to another row is given up before it is taken.
            known = items.ended + items.changed
            self._update(model.__table__, self._beside_age(known) if kind == "guardianships" else known)
            self._insert(model.__table__, items.created)
            if len(items.created) >= MANY and db.engine.dialect.name == "postgresql":
                # While PostgreSQL believes the table to be empty it checks each reference to it by reading it whole.
                db.session.execute(select(func.gradebook_analyze(model.__tablename__)))
            done = len(items.created) + len(items.changed) + len(items.ended)
            if done:
                self.progress(kind, done)
        self._count_on()
        self._write_scores()
        for key in self.plan.school_ids:  # a teacher who joins a class joins its conversations
            messaging.admit_teachers_of_school(self.real(key), self.now)
        self._follow_students()
        self._settle_links()
        self._note(roster)

    def real(self, key: Any) -> Any:
        """The key in the database."""
        return self.keys.get(key, key)

    def _insert(self, table: Any, items: list[Item]) -> None:
        """New rows, those that others of the same kind refer to first: the plan has them in that order."""
        depth = 0
        while items:
            now = [item for item in items if not self._waits(item)]
            later = [item for item in items if self._waits(item)]
            self._insert_at_once(table, now)
            items, depth = later, depth + 1
            if not now:
                raise RuntimeError("the plan's rows wait for each other")

    def _waits(self, item: Item) -> bool:
        parent = item.values.get("parent_id")
        return parent is not None and parent < 0 and parent not in self.keys

    def _insert_at_once(self, table: Any, items: list[Item]) -> None:
        if not items:
            return
        rows = []
        named: dict[str, int] = {}
        has_public_id = "public_id" in table.c
        for item in items:
            row = {name: self.real(value) if name in KEYS else value for name, value in item.values.items()}
            if has_public_id:
                row["public_id"] = new_public_id()
                named[row["public_id"]] = item.id
            rows.append(row)
        rows = _even(rows, table)
        if not has_public_id:
            db.session.execute(insert(table), rows)
            return
        for key, public_id in db.session.execute(insert(table).returning(table.c.id, table.c.public_id), rows):
            self.keys[named[public_id]] = key

    def _update(self, table: Any, items: list[Item]) -> None:
        """Changed columns, in one statement for each set of columns."""

        def columns(item: Item) -> tuple[str, ...]:
            return tuple(sorted(item.values))

        for names, some in groupby(sorted(items, key=columns), columns):
            statement = (
                update(table)
                .where(table.c.id == bindparam("key_of_row"))
                .values({name: bindparam(f"new_{name}") for name in names})
            )
            rows = [
                {"key_of_row": item.id, **{f"new_{name}": self.real(item.values[name]) for name in names}}
                for item in some
            ]
            db.session.execute(statement, rows)

    def _beside_age(self, items: list[Item]) -> list[Item]:
        """Where coming of age ends a link, its own end stands beside that; such links are written here."""
        keys = [item.id for item in items if "ends_on" in item.values]
        ended = select(Guardianship).where(
            Guardianship.school_id.in_([self.real(key) for key in self.plan.school_ids]),
            Guardianship.rights_pass_on.is_not(None),
        )
        links = {link.id: link for link in db.session.scalars(ended)}
        for item in items:
            if item.id in links and item.id in keys:
                coming_of_age.write_own_dates(links[item.id], links[item.id].begins_on, item.values["ends_on"])
        db.session.flush()
        rest = [
            item._replace(values={name: value for name, value in item.values.items() if name != "ends_on"})
            if item.id in links
            else item
            for item in items
        ]
        return [item for item in rest if item.values]

    def _settle_links(self) -> None:
        """Dates of birth may be new, and links: also those at other schools of the same students."""
        for key in self.plan.school_ids:
            students = select(Role.user_id).where(Role.school_id == self.real(key), Role.kind == RoleKind.STUDENT)
            of_them = Guardianship.student_id.in_(students)
            coming_of_age.settle(self.now, of_them, actor_id=self.actor_id, logs_ahead=False)

    def _count_on(self) -> None:
        """Every class whose roster or work changed takes its next number (architecture.md 5)."""
        touched = {self.real(item.values["section_id"]) for item in self._new_in_classes()}
        places = {place.id: key[0] for key, place in self.state.places.items()}
        moved = self.plan.kinds["enrollments"].changed + self.plan.kinds["enrollments"].ended
        touched |= {places[item.id] for item in moved}
        next_numbers(touched)
        self._number_assignments()

    def _follow_students(self) -> None:
        """Drop the kept grades of students who are back; those of students who left are kept by a job, so that an
        import of a year's end does not hold up others for long."""
        moved = self.plan.kinds["enrollments"].changed + self.plan.kinds["enrollments"].ended
        if not moved:
            return
        places = {place.id: key[0] for key, place in self.state.places.items()}
        query = select(Section).where(Section.id.in_({places[item.id] for item in moved})).order_by(Section.id)
        by_school: dict[int, list[Section]] = {}
        for section in db.session.scalars(query.options(joinedload(Section.school))):
            by_school.setdefault(section.school_id, []).append(section)
        for sections in by_school.values():
            freezing.drop_copies(sections, self.now)
        queue.enqueue("freeze_leavers", self.now)

    def _number_assignments(self) -> None:
        """A new assignment carries its class's number, so that a page which asks for changes finds it."""
        work: Any = Assignment.__table__
        number = select(Section.last_seq).where(Section.id == work.c.section_id).scalar_subquery()
        rows = [{"key_of_row": self.real(item.id)} for item in self.plan.kinds["assignments"].created]
        if rows:
            db.session.execute(update(work).where(work.c.id == bindparam("key_of_row")).values(seq=number), rows)

    def _new_in_classes(self) -> list[Item]:
        kinds = self.plan.kinds
        return kinds["enrollments"].created + kinds["categories"].created + kinds["assignments"].created

    def _write_scores(self) -> None:
        """A number of its own for each class's scores, under the name of the class's teacher."""
        if not self.plan.cells:
            return
        by_class = {self.real(key): cells for key, cells in self.plan.cells.items()}
        teachers = _teachers_of(list(by_class))
        for section in db.session.scalars(
            select(Section).where(Section.id.in_(by_class)).order_by(Section.id).options(joinedload(Section.school))
        ):
            actor_id = self.actor_id or teachers.get(section.id)
            if actor_id is None:
                raise Refused("no_teacher")
            writing = {
                (self.real(place[0]), self.real(place[1])): Content(*cell)
                for place, cell in by_class[section.id].items()
            }
            more = {
                (self.real(place[0]), self.real(place[1])): {"comment": self.plan.comments.get(place)}
                for place in by_class[section.id]
                if place in self.plan.comments
            }
            number = next_number(section)
            write_imported(
                section, writing, stored_cells(writing), number=number, actor_id=actor_id, now=self.now, more=more
            )
            self.progress("scores", len(writing))

    def _note(self, roster: Roster) -> None:
        """The audit: the import as a whole in each school, and every link and role that it gave, changed or ended."""
        entries = [
            self._entry("roster.imported", self.real(key), None, file=roster.name, version=roster.version,
                        counts=self.plan.counts(), left_out=len(self.plan.problems))
            for key in self.plan.school_ids
        ]  # fmt: skip
        for item in self.plan.kinds["guardianships"].created:
            values = item.values
            entries.append(
                self._entry("guardianship.created", self.real(values["school_id"]), self.real(values["student_id"]),
                            guardian_id=self.real(values["guardian_id"]), relationship=values["relationship"],
                            may_see_grades=values["may_see_grades"], may_message=values["may_message"])
            )  # fmt: skip
        links = {link.id: key for key, link in self.state.links.items()}
        changed = self.plan.kinds["guardianships"].changed + self.plan.kinds["guardianships"].ended
        for item in changed:
            school_id, student_id, guardian_id = links[item.id]
            entries.append(
                self._entry("guardianship.changed", school_id, student_id, guardian_id=guardian_id,
                            before=_plain(item.before), after=_plain(item.values))
            )  # fmt: skip
        roles = {role.id: key for key, role in self.state.roles.items()}
        for item in self.plan.kinds["roles"].changed + self.plan.kinds["roles"].ended:
            user_id, school_id, kind = roles[item.id]
            entries.append(
                self._entry("role.changed", school_id, user_id, kind=kind,
                            before=_plain(item.before), after=_plain(item.values))
            )  # fmt: skip
        db.session.add_all(entries)

    def _entry(self, act: str, school_id: int, person_id: int | None, **facts: Any) -> AuditEntry:
        return audit.entry(act, self.now, school_id=school_id, actor_id=self.actor_id, person_id=person_id, **facts)


def _even(rows: list[dict[str, Any]], table: Any) -> list[dict[str, Any]]:
    """Rows with the same columns, so that they go in as one statement."""
    names = {name for row in rows for name in row}
    defaults = {
        column.name: column.default.arg for column in table.c if column.default is not None and column.default.is_scalar
    }
    return [{name: row.get(name, defaults.get(name)) for name in names} for row in rows]


def _teachers_of(section_ids: list[int]) -> dict[int, int]:
    """Who leads each class; else anyone who teaches it."""
    rows = db.session.execute(
        select(Enrollment.section_id, Enrollment.user_id, Enrollment.position)
        .where(Enrollment.section_id.in_(section_ids), Enrollment.role_kind == RoleKind.TEACHER)
        .order_by(Enrollment.id)
    ).all()
    ordered = sorted(rows, key=lambda row: row.position != Position.LEAD)
    return {row.section_id: row.user_id for row in reversed(ordered)}


def _plain(values: dict[str, Any] | None) -> dict[str, Any]:
    """Values as JSON has them."""
    return {
        name: value if isinstance(value, str | int | bool | None) else str(value)
        for name, value in (values or {}).items()
    }
