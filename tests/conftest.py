"""What every test can ask for: the application on a migrated database, sign-ins, time, statement counts.

    pytest                        on SQLite
    pytest --postgresql           on PostgreSQL (also when TEST_DATABASE_URL names one)
    pytest --database both        every test that uses a database once on each
    pytest --shuffle 7            in an order drawn with the number 7
    @pytest.mark.commits          the test gets a database of its own, in which commits are real
    @pytest.mark.only("sqlite")   the test is about one of the databases

A test that uses `app` (or `client`, `sign_in`, ...) runs inside one transaction that is rolled back
afterwards, whatever the views commit: their commits release savepoints of it.
"""

import ast
import contextvars
import gc
import importlib.util
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import scoped_session, sessionmaker

from gradebook import prepared
from gradebook.clock import set_clock, utc_now
from gradebook.database import engine_options, normalise_url, prepare_engine
from gradebook.extensions import db
from gradebook.live import hub_of
from gradebook.models import StepKind
from gradebook.services import accounts, grades
from tests import hashing, postgres, sqlite

KINDS = ("sqlite", "postgresql")
NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)  # of a school day
HERE = Path(__file__).parent
BROWSER = HERE / "browser"
# Files and folders with tests that take seconds each.
TAKES_LONG = (
    "test_setup.py",
    "browser/test_screens.py",
    "browser/test_story.py",
    "grading/test_promises.py",
    "access/test_inventory.py",
    "fuzz",
    "performance",
    "services/test_demonstration.py",
)
SERVER = postgres.Server()
prepared.ASKED_BEFORE = 0  # every statement answers as it does when it is asked often
hashing.hash_with(hashing.CHEAP)
gc.disable()  # until all is loaded (below): nothing of it goes away, and looking through it took a third of the time

# What requirements-dev.txt brings. A test file that imports one of these is skipped where it is absent.
HEAVIER_TOOLS = ("hypothesis", "playwright", "pytest_playwright", "axe_playwright_python", "importlinter")


# --- Options, and which tests run where


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradebook")
    group.addoption("--database", choices=[*KINDS, "both"], help="the database to test on (default: sqlite)")
    group.addoption("--postgresql", dest="database", action="store_const", const="postgresql")
    group.addoption("--shuffle", metavar="NUMBER", help="run the tests in an order drawn with this number")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(kind): is about one kind of database, sqlite or postgresql")
    if "postgresql" in chosen_kinds(config) and not config.option.collectonly:
        SERVER.start()
        postgres.work_as_owner()


def pytest_unconfigure(config: pytest.Config) -> None:
    SERVER.stop()


def chosen_kinds(config: pytest.Config) -> tuple[str, ...]:
    """The kinds of database this run is for."""
    named = config.getoption("database")
    if named is None:
        named = "postgresql" if "postgres" in os.environ.get("TEST_DATABASE_URL", "") else "sqlite"
    return KINDS if named == "both" else (named,)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that uses a database runs once on each of the chosen ones."""
    if "database_kind" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("only")
    kinds = [kind for kind in chosen_kinds(metafunc.config) if mark is None or kind in mark.args]
    if kinds:
        parameters: list[Any] = [_kind_parameter(kind) for kind in kinds]
    else:
        parameters = [pytest.param(None, marks=pytest.mark.skip(reason=f"only on {mark.args[0]}"), id="skipped")]
    metafunc.parametrize("database_kind", parameters, indirect=True, scope="session")


def _kind_parameter(kind: str) -> Any:
    reason = postgres.why_not() if kind == "postgresql" else None
    return pytest.param(kind, marks=[pytest.mark.skip(reason=reason)] if reason else [])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """As it was asked for with --shuffle, or else so that two workers are busy to the end."""
    if config.getoption("shuffle"):
        random.Random(config.getoption("shuffle")).shuffle(items)
    yield
    if not config.getoption("shuffle"):
        items[:] = in_good_order(items, getattr(config, "workerinput", {}).get("workercount", 2))


def in_good_order(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """What takes long comes first in each worker's part of the list.

    Each of the workers begins with one part of the same size, and whoever has none left takes from the end of
    another's: there the tests are small then. All of the browser's are in the first, so that one worker starts a server
    and a Chromium.
    """
    browser = [item for item in items if _is_in(item.path, ("browser",))]
    browser.sort(key=lambda item: not _is_in(item.path, TAKES_LONG))
    others = [item for item in items if not _is_in(item.path, ("browser",))]
    long = [item for item in others if _is_in(item.path, TAKES_LONG)]
    rest = iter([item for item in others if not _is_in(item.path, TAKES_LONG)])
    ordered: list[pytest.Item] = []
    for slow in (browser, *_in_parts(long, max(workers - 1, 1))):
        ordered += [*slow, *islice(rest, max(len(items) // workers - len(slow), 0))]
    return [*ordered, *rest]


def _in_parts(items: list[pytest.Item], count: int) -> list[list[pytest.Item]]:
    each = -(-len(items) // count)  # rounded up
    return [items[number * each :][:each] for number in range(count)]


@cache  # thousands of tests stand in a few hundred files
def _is_in(file: Path, paths: tuple[str, ...]) -> bool:
    return any(file.is_relative_to(HERE / path) for path in paths)


def pytest_collection_finish() -> None:
    """The garbage collector comes more rarely than usual."""
    keep_what_is_loaded()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def keep_what_is_loaded() -> None:
    """What is loaded by now stays: the garbage collector need not go through it again."""
    gc.collect()
    gc.freeze()


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """A test file whose tools are not installed becomes one skip that names the tool."""
    absent = absent_tools()
    if not absent:
        return None
    needed = imported_packages(module_path)
    if module_path.is_relative_to(BROWSER):
        needed |= {"playwright", "pytest_playwright", "axe_playwright_python"}
    missed = [tool for tool in absent if tool in needed]
    if not missed:
        return None
    module = _SkippedModule.from_parent(parent, path=module_path)
    module.reason = f"{module_path.name}: {missed[0]} is not installed (requirements-dev.txt)"
    return module


@cache
def absent_tools() -> tuple[str, ...]:
    """Those of the heavier tools that are not installed here."""
    return tuple(tool for tool in HEAVIER_TOOLS if not importlib.util.find_spec(tool))


def imported_packages(path: Path) -> set[str]:
    """The top-level names of everything that a Python file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in plain | named}


class _SkippedModule(pytest.Module):
    reason = ""

    def collect(self) -> Any:
        pytest.skip(self.reason, allow_module_level=True)


# --- The database and the application


def fill_with_school() -> None:
    """The people and classes of tests/school.py."""
    from tests.school import build

    build()


def fill_with_scene() -> tuple[dict[str, str], dict[str, str]]:
    """These with something private in every corner (tests/access/things.py); its names and sign-ins."""
    from tests.access.things import build_scene
    from tests.school import build

    scene = build_scene(build(), NOON)
    return scene.names, scene.tokens


def fill_with_demonstration() -> list[Any]:
    """The demonstration school; its sign-ins."""
    from gradebook.services.demonstration import load_demonstration_school

    return load_demonstration_school(NOON)


# What the fixtures of these names find in the database, and what makes it. Where one holds another it stands later.
NOTHING = ""
FILLINGS: dict[str, Callable[[], Any]] = {
    "school": fill_with_school,
    "scene": fill_with_scene,
    "demonstration": fill_with_demonstration,
}


def filling_for(request: pytest.FixtureRequest) -> str:
    """What the database of this test must hold: the fullest that it asks for."""
    return next((name for name in reversed(FILLINGS) if name in request.fixturenames), NOTHING)


class World:
    """One kind of database in this worker: a migrated original, and the application on a copy of it.

    What many tests begin with is built once, too: see FILLINGS.
    """

    def __init__(
        self, databases: sqlite.Databases | postgres.Databases, folder: Path, templates: BytecodeCache
    ) -> None:
        self.databases = databases
        self._folder = folder
        self._templates = templates
        self._originals = {NOTHING: databases.create()}
        migrate(self.make_app(self._originals[NOTHING]))
        self.app = self.make_app(databases.copy(self._originals[NOTHING]))
        self._engines: dict[str, Engine] = {}
        self.facts: dict[str, Any] = {}
        """What the makers of the fillings wanted to be remembered, by the name of the filling."""
        keep_what_is_loaded()

    def make_app(self, url: str) -> Flask:
        """The application with the settings of the tests, on this database."""
        from gradebook.app import create_app  # here, so that tests without a database do not wait for it

        app = create_app(
            {
                "GRADEBOOK_ENV": "testing",
                "DATABASE_URL": postgres.application_url(url),
                "DATABASE_OWNER_URL": url,
                "INSTANCE_DIR": str(self._folder),
                "SECRET_KEY": "a key that is long enough and used in tests only",
            }
        )
        app.jinja_env.bytecode_cache = self._templates
        return app

    def engine(self, filling: str) -> Engine:
        """Connects to a database with this in it, in which nothing else is ever committed."""
        if filling == NOTHING:
            return db.engine
        if filling not in self._engines:
            self._engines[filling] = engine_on(self.databases.copy(self._original(filling)))
        return self._engines[filling]

    def _original(self, filling: str) -> str:
        """The database with this in it that is copied; nobody has it open."""
        if filling not in self._originals:
            url = self.databases.copy(self._originals[NOTHING])
            app = self.make_app(url)
            with app.app_context():
                self.facts[filling] = FILLINGS[filling]()
                db.session.commit()
            dispose(app)
            self._originals[filling] = url
        return self._originals[filling]

    @contextmanager
    def app_of_its_own(self, filling: str = NOTHING) -> Iterator[Flask]:
        """The application on a fresh database with this in it that is dropped afterwards."""
        url = self.databases.copy(self._original(filling))
        app = self.make_app(url)
        try:
            yield app
        finally:
            dispose(app)
            self.databases.drop(url)

    def close(self) -> None:
        dispose(self.app)
        for engine in self._engines.values():
            engine.dispose()
        self.databases.close()


def migrate(app: Flask) -> None:
    """Bring the application's database to the newest step and let go of it."""
    with app.app_context():
        flask_migrate.upgrade()
    dispose(app)


def engine_on(url: str) -> Engine:
    """An engine as the application makes its own."""
    url = normalise_url(postgres.application_url(url))
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    return engine


def dispose(app: Flask) -> None:
    """Close the application's database connections, and that of its live updates."""
    hub_of(app).close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def _worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    """Makes the world of each kind of database when the first test asks for it."""
    made: dict[str, World] = {}
    # Compiled once for all of them, and for the other workers of the run: each has a folder beside the others'.
    compiled = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        compiled = compiled.parent
    (compiled / "templates").mkdir(exist_ok=True)
    templates = FileSystemBytecodeCache(str(compiled / "templates"))

    def world(kind: str) -> World:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            databases = sqlite.Databases(folder) if kind == "sqlite" else postgres.Databases()
            made[kind] = World(databases, folder, templates)
        return made[kind]

    yield world
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database of this run of the test: "sqlite" or "postgresql"."""
    return str(request.param)


@pytest.fixture(scope="session")
def world(database_kind: str, _worlds: Callable[[str], World]) -> World:
    """The databases and the application of this kind; most tests want `app`."""
    return _worlds(database_kind)


@pytest.fixture
def empty_database(world: World) -> Iterator[str]:
    """The URL of a database without any table: for migrations and for commands in a process of their own."""
    url = world.databases.create()
    yield url
    world.databases.drop(url)


@pytest.fixture
def app(request: pytest.FixtureRequest, world: World) -> Iterator[Flask]:
    """The application, its context pushed, on a migrated database; what the test writes is undone.

    The database is empty, or holds what the test asks for with `school`, `scene` or `demonstration`.

    With @pytest.mark.commits the database is the test's own and commits are real; other processes and threads
    can then see it, at app.config["DATABASE_URL"].
    """
    filling = filling_for(request)
    if request.node.get_closest_marker("commits"):
        with world.app_of_its_own(filling) as app, app.app_context():
            yield _for_tests(app)
            db.session.remove()
    else:
        with world.app.app_context(), _rolled_back(world.engine(filling)):
            yield _for_tests(world.app)


@contextmanager
def _rolled_back(engine: Engine) -> Iterator[None]:
    """Inside, every db.session works on one connection, in one transaction that never commits."""
    with engine.connect() as connection:
        outer = connection.begin()
        with pytest.MonkeyPatch.context() as patches:
            patches.setattr(db, "session", _sessions_on(connection))
            yield
            db.session.remove()
        assert outer.is_active, "the test committed for real: mark it with @pytest.mark.commits"
        outer.rollback()


def _sessions_on(connection: Connection) -> scoped_session:
    """The application's sessions (class, options and scope), whose commits stay inside the connection's."""
    usual = db.session.session_factory

    class OnOneConnection(usual.class_):
        def get_bind(self, *args: Any, **kwargs: Any) -> Connection:
            return connection

    options = {**usual.kw, "bind": connection, "join_transaction_mode": "create_savepoint"}
    return scoped_session(sessionmaker(class_=OnOneConnection, **options), db.session.registry.scopefunc)


@pytest.fixture
def school(app: Flask, clock: "Clock") -> Any:
    """The people and classes of tests/school.py (school.maya, school.algebra), on their own day."""
    from tests.school import find

    return find()


@pytest.fixture
def scene(world: World, school: Any) -> Any:
    """The small school with something private in every corner: conversations, feedback, slips, everyone signed in."""
    from tests.access.things import Scene

    names, tokens = world.facts["scene"]
    return Scene(school, dict(names), dict(tokens))


@pytest.fixture
def demonstration(app: Flask, world: World, clock: "Clock") -> Any:
    """The demonstration school, loaded at this noon; its sign-ins."""
    return world.facts["demonstration"]


# --- Asking over HTTP


class Client(FlaskClient):
    """A browser without scripts: keeps cookies, sends the CSRF token with what it posts (unless csrf=False).

    Each request runs in a context of its own, as on a server: the test's application context would otherwise
    lend it `g` and the session. What the test wrote is there for the request (committed inside the test's
    transaction), and what the test holds is read afresh after it: the commit has let go of it.
    """

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> Any:
        if csrf and kwargs.get("method", "GET") not in ("GET", "HEAD", "OPTIONS"):
            kwargs["headers"] = {"X-CSRFToken": self.csrf_token(), **dict(kwargs.get("headers") or {})}
        db.session.commit()
        return contextvars.Context().run(super().open, *args, **kwargs)

    def csrf_token(self) -> str:
        """The token that a page of this browser would carry."""
        kept = self.kept()
        if "csrf_token" not in kept:
            self.keep(csrf_token="0" * 40)
        raw = kept.get("csrf_token", "0" * 40)
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw)

    def kept(self) -> dict[str, Any]:
        """What the server keeps in the session cookie of this browser.

        As session_transaction() does, but without a request around it.
        """
        cookie = self.get_cookie(self.application.config["SESSION_COOKIE_NAME"])
        try:
            return self._signer().loads(cookie.value) if cookie else {}
        except BadSignature:
            return {}

    def keep(self, **more: Any) -> None:
        """Put this into the session cookie, beside what is there."""
        name = self.application.config["SESSION_COOKIE_NAME"]
        self.set_cookie(name, self._signer().dumps({**self.kept(), **more}))

    def _signer(self) -> Any:
        return self.application.session_interface.get_signing_serializer(self.application)


def _for_tests(app: Flask) -> Flask:
    app.test_client_class = Client
    return app


@pytest.fixture
def client(app: Flask) -> Client:
    """A visitor's browser, signed in as nobody."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Any], Client]:
    """sign_in(person): a browser of its own in which this person is signed in.

    The login session is a real one that has passed the second step; only the password's hash, which is slow on
    purpose, is not worked out each time. tests/blueprints/auth goes through the pages. sign_in(person, step=None) is
    a session that has passed none.
    """

    def sign_in(person: Any, step: StepKind | None = StepKind.APP) -> Client:
        client = app.test_client()
        found = accounts.person_of(person, utc_now())
        token, _row = accounts.open_login_session(found, own_device=False, device_name="Browser", step=step)
        db.session.commit()
        client.keep(_user_id=token)
        return client

    return sign_in


# --- Time and statements


class Clock:
    """The time that gradebook.clock tells during a test. It stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, moment: datetime) -> None:
        """It is now `moment`, which must say its time zone."""
        assert moment.tzinfo is not None, "a moment must say its time zone"
        self.now = moment.astimezone(UTC)

    def advance(self, **amount: float) -> None:
        """Let time pass: advance(minutes=5)."""
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The application's clock, standing at noon (UTC) of a school day until the test moves it."""
    clock = Clock(NOON)
    set_clock(clock)
    yield clock
    set_clock(None)


NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@pytest.fixture
def count_statements() -> Callable[[], Any]:
    """`with count_statements() as seen:` ... `assert len(seen) <= 7`: what the database was asked.

    Every statement but those that begin and end transactions, as texts, so that a failing test shows them. It is the
    first page of the process: what it could remember of classes is forgotten.
    """

    @contextmanager
    def count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith(NOT_COUNTED):
                statements.append(statement)

        grades.forget_parts()
        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return count
