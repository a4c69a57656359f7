"""One whole run: floors first, then pages and floors in turn, then statements, crowds and the browser."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks import crowds, floors, pages, typing, window
from benchmarks.client import Answer, BrokenAnswer, Client
from benchmarks.databases import Database, databases, fill
from benchmarks.inside import Inside
from benchmarks.measuring import Case, interleave
from benchmarks.pages import School
from benchmarks.servers import Server
from benchmarks.workload import GROWTH, Workload
from gradebook.blueprints.teacher.grid_table import forget_rows
from gradebook.config import ROOT
from gradebook.extensions import db
from gradebook.services.grades import forget_parts
from gradebook.services.lines import forget_lines
from gradebook.services.passwords import hash_password
from tools.find_chromium import find_chromium

SMALL, LARGE = 50, 500

PAGES: dict[str, tuple[Callable[[School], list[Answer]], int]] = {
    "grid": (pages.grid, 1),
    "grid, two hidden": (pages.grid_with_hidden, 1),
    "grid, another": (pages.another_grid, 1),
    "save a cell": (pages.save_cell, 1),
    "student home": (pages.student_home, 1),
    "parent home": (pages.parent_home, 1),
    "send": (pages.send_message, 1),
    "conversation": (pages.conversation, 1),
    "conversations": (pages.conversation_list, 1),
    "unread": (pages.unread_badge, 1),
    "unchanged": (pages.unchanged, 1),
    "fill a column": (pages.fill_column, 1),
    "student class": (pages.student_section, 1),
    "parent class": (pages.parent_section, 1),
    "teacher home": (pages.teacher_home, 1),
    "people": (pages.people, 1),
    "sign in": (pages.sign_in, 2),
    "weights": (pages.change_weights, 4),
    "weights 300 × 40": (pages.growth_weights(300, 40), 6),
    "weights 300 × 160": (pages.growth_weights(300, 160), 8),
    "paste": (pages.paste_all, 5),
    "grid 30 × 10": (pages.growth_grid(30, 10), 2),
    "grid 30 × 160": (pages.growth_grid(30, 160, term="all"), 2),
    "grid 300 × 40": (pages.growth_grid(300, 40), 4),
    "grid 300 × 160": (pages.growth_grid(300, 160), 4),
}
"""Each page or save, and in every how many rounds it is run."""
IN_LARGE = (
    "grid", "save a cell", "fill a column", "student home", "parent home", "send", "conversation", "conversations",
    "unread", "unchanged", "teacher home", "people",
)  # fmt: skip
"""What is measured in the large school too."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    kinds: tuple[str, ...] = ("sqlite", "postgresql")
    rounds: int = 60
    seconds: float = 150.0
    """For all rounds together."""
    large: bool = True
    crowd_seconds: float = 3.0
    loads: int = 7
    """In the browser."""


@dataclass
class Measured:
    """Everything that a run found out."""

    plan: Plan
    took: float = 0.0
    load: float = 0.0
    """Of the machine, over the minute before the run."""
    rounds: int = 0
    first_floors: dict[tuple[str, str], Case] = field(default_factory=dict)
    cases: dict[tuple[str, str], Case] = field(default_factory=dict)
    """By key and school, as "postgresql" or "postgresql, 500"."""
    versions: dict[str, str] = field(default_factory=dict)
    busy: dict[str, crowds.Busy] = field(default_factory=dict)
    browser: dict[str, window.Seen] = field(default_factory=dict)
    browser_missing: str | None = None
    typed: list[typing.Typed] = field(default_factory=list)
    typing_missing: str | None = None
    starts: dict[str, float] = field(default_factory=dict)
    first_memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    """A worker's after its first page, as peers were measured for P22."""
    memory: dict[str, tuple[float, float]] = field(default_factory=dict)
    """A worker's after everything that is measured, the largest classes and the crowds too."""
    install: float = 0.0
    loading: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def case(self, key: str, where: str) -> Case | None:
        """A case that was timed."""
        found = self.cases.get((key, where)) or self.cases.get((key, ""))
        return found if found is not None and found.samples else None


def run(plan: Plan, folder: Path, say: Callable[[str], None]) -> Measured:
    """Measure everything in the plan."""
    begin = time.monotonic()
    found = Measured(plan, load=os.getloadavg()[0])
    workload = Workload(datetime.now(UTC).date(), hash_password(pages.PASSWORD), sections=SMALL, growth=GROWTH)
    with ExitStack() as stack:
        makers = stack.enter_context(databases(folder, plan.kinds))
        hello = stack.enter_context(Server("benchmarks.hello:app", "/", folder))
        served: dict[str, tuple[Database, School, Server]] = {}
        for kind in plan.kinds:
            sizes = (SMALL, LARGE) if plan.large else (SMALL,)
            for size in sizes:
                where = kind if size == SMALL else f"{kind}, {size}"
                say(f"Loading {size} classes into {kind} ...")
                loaded = time.monotonic()
                load = Workload(workload.today, workload.password_hash, sections=size, growth=GROWTH)
                database = fill(kind, makers[kind].create(), load, folder)
                found.loading[where] = time.monotonic() - loaded
                found.versions[kind] = database.version
                server = stack.enter_context(Server("wsgi:app", "/auth/sign-in", folder, **database.environment))
                found.first_memory[where] = server.memory()
                found.starts[where] = _start(server, folder, database)
                served[where] = (database, _school(database, server), server)
        _measure(found, served, hello, workload, folder, stack, say)
        for where, (_database, _school_here, server) in served.items():
            found.memory[where] = server.memory()
        say("Typing in the browser ...")
        _type(found, makers[plan.kinds[-1]], folder)
    say("Making an empty school ...")
    found.install = _install(folder)
    found.took = time.monotonic() - begin
    return found


def _start(server: Server, folder: Path, database: Database) -> float:
    """Seconds to the first page: the median of this server's start and two more."""
    seconds = [server.seconds_to_first_page]
    for _ in range(2):
        with Server("wsgi:app", "/auth/sign-in", folder, **database.environment) as another:
            seconds.append(another.seconds_to_first_page)
    return median(seconds)


def _school(database: Database, server: Server) -> School:
    return School(database.app, database.workload, lambda: Client(server.port))


def _measure(
    found: Measured,
    served: dict[str, tuple[Database, School, Server]],
    hello: Server,
    workload: Workload,
    folder: Path,
    stack: ExitStack,
    say: Callable[[str], None],
) -> None:
    plan = found.plan
    all_floors = _floors(served, hello, workload, folder, stack)
    say("Measuring the floors ...")
    interleave(all_floors, max(10, plan.rounds // 3), seconds=plan.seconds / 5)
    found.first_floors = {(case.key, case.where): _copy(case) for case in all_floors}
    asked = _asked(served)
    say(f"Measuring {len(asked)} pages and saves, {plan.rounds} rounds ...")
    found.rounds = interleave([*all_floors, *asked], plan.rounds, seconds=plan.seconds)
    found.cases = {(case.key, case.where): case for case in [*all_floors, *asked]}
    say("Counting statements ...")
    for where, (database, _unused, _server) in served.items():
        _count(found, where, database)
    for kind in plan.kinds:
        say(f"Crowds on {kind} ...")
        database, school, server = served[kind]
        try:
            found.busy[kind] = crowds.measure(database, school, server.port, hello.port, plan.crowd_seconds)
        except Exception as error:
            found.notes.append(f"The crowds on {kind} were not measured ({type(error).__name__}: {error}).")
    found.browser_missing = window.why_not()
    if found.browser_missing is None:
        say("Looking in the browser ...")
        _look(found, served[plan.kinds[-1]][1])


def _floors(
    served: dict[str, tuple[Database, School, Server]],
    hello: Server,
    workload: Workload,
    folder: Path,
    stack: ExitStack,
) -> list[Case]:
    client = Client(hello.port)
    cases = [
        Case("hello", "", lambda: [client.get("/").must_be(200)]),
        Case("joined table", "", floors.joined_table(30, 40), meter=time.process_time),
        Case("hash", "", floors.hash_alone(workload.password_hash, pages.PASSWORD), 2, time.process_time),
        Case("8 KiB to the disk", "", floors.disk_write(folder)),
    ]
    for where, (database, _school_here, _server) in served.items():
        floor = floors.Floors(stack.enter_context(_driver(database)), database.kind, database.workload)
        student = database.workload.student_id(pages.FORM, pages.PLACE)
        long_class = database.workload.sections + GROWTH.index((30, 160))
        cases += [
            Case("rows of a grid", where, floor.grid_rows(pages.READ)),
            Case("rows of 30 × 160", where, floor.grid_rows(long_class), every=2),
            Case("rows of a student", where, floor.student_rows(student)),
            Case("one write", where, floor.upsert(1)),
            Case("30 written", where, floor.upsert(30)),
            Case("1,200 written", where, floor.upsert(1200), every=5),
        ]
    return cases


@contextmanager
def _driver(database: Database) -> Iterator[object]:
    """The driver's own connection, opened as the application opens it."""
    with database.app.app_context():
        connection = db.engine.raw_connection()
    try:
        yield connection.dbapi_connection
    finally:
        connection.close()


def _asked(served: dict[str, tuple[Database, School, Server]]) -> list[Case]:
    cases = []
    for key, (ask, every) in PAGES.items():
        for where, (_database, school, server) in served.items():
            if "," not in where or key in IN_LARGE:
                cases.append(Case(key, where, _bound(ask, school), every, server.computed))
    return cases


def _bound(ask: Callable[[School], list[Answer]], school: School) -> Callable[[], list[Answer]]:
    return lambda: ask(school)


def _copy(case: Case) -> Case:
    return replace(case, samples=list(case.samples))


def _count(found: Measured, where: str, database: Database) -> None:
    """Ask each page once more inside this process, after a first time that warms all but the parts of classes."""
    inside = School(database.app, database.workload, lambda: Inside(database.app))
    inside._count = 1_000_000  # other scores and other keys of messages than those of the rounds
    for key, (ask, _every) in PAGES.items():
        case = found.cases.get((key, where))
        if case is None or not case.samples:
            continue
        try:
            ask(inside)
            forget_parts()
            forget_lines()
            forget_rows()
            case.statements = [answer.statements for answer in ask(inside)]
        except Exception as error:
            found.notes.append(f"{key} on {where} could not be counted ({type(error).__name__}: {error}).")
    with database.app.app_context():
        db.engine.dispose()


def _look(found: Measured, school: School) -> None:
    wanted = {
        "grid": (school.teacher, lambda: pages.section_path(school, pages.READ)),
        "student home": (school.student, lambda: school.path("student.home")),
        "parent home": (school.guardian, lambda: school.path("parent.home")),
    }
    opened = {}
    for key, (username, path) in wanted.items():
        try:
            browser = school.browser(username)
            assert isinstance(browser, Client)
            opened[key] = (browser, path())
        except (pages.NotThereYet, BrokenAnswer) as error:
            found.notes.append(f"{key} was not opened in the browser ({error}).")
    try:
        found.browser = window.look(opened, found.plan.loads)
    except Exception as error:
        found.browser_missing = f"{type(error).__name__}: {str(error).splitlines()[0]}"


def _type(found: Measured, maker: object, folder: Path) -> None:
    found.typing_missing = window.why_not()
    if found.typing_missing is not None:
        return
    try:
        found.typed = typing.measure(maker, found.plan.kinds[-1], folder, found.plan.loads)
    except Exception as error:
        found.typing_missing = f"{type(error).__name__}: {str(error).splitlines()[0]}"


def _install(folder: Path) -> float:
    """Seconds from nothing to an empty school that answers: the migrations, in a process of their own."""
    place = folder / "install"
    place.mkdir()
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT, check=True, capture_output=True,
        env={**os.environ, "INSTANCE_DIR": str(place), "DATABASE_URL": f"sqlite:///{place}/empty.sqlite3"},
    )  # fmt: skip
    return time.monotonic() - begin


def chromium_version() -> str:
    """For the report."""
    path = find_chromium()
    if path is None:
        return ""
    answer = subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, text=True, timeout=20)
    return answer.stdout.strip()
