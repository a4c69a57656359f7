"""A real server and a real Chromium for the journeys.

`page` has scripts and is 1280 px wide, `page_without_scripts` has none, `phone` is 390 x 844; each belongs to
a browser window that shares no cookies with the others. Addresses may be written without the host:
`page.goto("/auth/sign-in")`. `site` is the server behind them: gunicorn on a SQLite database that holds the
people of tests/school.py, and is put back to that before every test. With `things` it holds more: everything
that the screens show (tests/browser/things.py), by name; `enter` is a page of someone who is signed in already.

`LATE=0.4 pytest tests/browser`: every answer comes up to 0.4 seconds late. What passes so does not need a quick
machine (but for the budgets). A journey that looks once has waited for the page before.
"""

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import make_url

from tools.find_chromium import find_for_tests

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
PATIENCE = 15_000  # ms: a page may be slow on a busy machine; how slow it may be is measured in benchmarks/

expect.set_options(timeout=PATIENCE)

# No sandbox: it cannot be had as root nor in most containers. The rest keeps Chromium from calling home.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a Chromium the journeys are skipped by name; in a build (CI is set) they fail instead."""
    journeys = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in journeys:
        item.add_marker(pytest.mark.browser)
    if journeys and not find_for_tests() and not os.environ.get("CI"):
        for item in journeys:
            item.add_marker(pytest.mark.skip(reason=f"{item.name}: no Chromium was found (set CHROMIUM)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How Chromium is started: the one that was found, without a window."""
    path = find_for_tests()
    if path is None:
        pytest.fail("no Chromium was found, and a build does not pass without its journeys", pytrace=False)
    return {**browser_type_launch_args, "executable_path": path, "args": SWITCHES}


# --- The server


class Site:
    """The server: `url`, and `app`, the same application in this process, to arrange what a journey needs."""

    def __init__(self, url: str, app: Flask) -> None:
        self.url = url
        self.app = app
        self._database = str(make_url(app.config["DATABASE_URL"]).database)
        self._states: dict[str, sqlite3.Connection] = {}

    def keep(self, name: str) -> None:
        """Remember the database as it is now."""
        self._states[name] = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self._database)) as full:
            full.backup(self._states[name])

    def put_back(self, name: str) -> None:
        """The database is again as it was when it was kept, for the server too."""
        with closing(sqlite3.connect(self._database)) as database:
            self._states[name].backup(database)

    def close(self) -> None:
        for state in self._states.values():
            state.close()


@pytest.fixture(scope="session")
def _site(_worlds: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from gradebook.extensions import db
    from tests import school

    with _worlds("sqlite").app_of_its_own() as app:
        with app.app_context():
            school.build()
            db.session.commit()
            db.session.remove()
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with running_server(listener, url, app, tmp_path_factory.mktemp("server") / "log"):
            site = Site(url, app)
            site.keep("people")
            yield site
            site.close()


@contextmanager
def running_server(listener: socket.socket, url: str, app: Flask, log: Path) -> Iterator[None]:
    """gunicorn with the project's own settings on a socket of ours, ready to answer."""
    settings = {name: app.config[name] for name in ("DATABASE_URL", "INSTANCE_DIR", "SECRET_KEY")}
    environment = {
        **os.environ,
        **settings,
        "GRADEBOOK_ENV": "testing",
        "BASE_URL": url,
        "COMPILED_TEMPLATES": app.jinja_env.bytecode_cache.directory,
        "WEB_CONCURRENCY": "1",
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"fd://{listener.fileno()}",
        "tests.browser.served:app",
    ]
    with log.open("w") as output, listener:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
        )
    try:
        wait_for(f"{url}/healthz", log)
        yield
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, log: Path) -> None:
    """Return when the server answers: until then the question waits in the queue of its socket."""
    try:
        urlopen(address, timeout=120).close()
    except OSError as error:
        pytest.fail(f"the server did not start ({error}):\n{log.read_text()}", pytrace=False)


@pytest.fixture(autouse=True)
def site(_site: Site) -> Site:
    """The server, its database as at the start."""
    _site.put_back("people")
    return _site


@pytest.fixture(scope="session")
def _things(_site: Site) -> Any:
    """Everything that the screens show is built once and kept beside the people."""
    from tests.browser import things

    _site.put_back("people")
    with _site.app.app_context():
        names = things.build(_site.app.config["SECRET_KEY"])
    _site.keep("things")
    return names


@pytest.fixture
def things(site: Site, _things: Any) -> dict[str, str]:
    """The database holds everything that the screens show; here are its public ids by name."""
    site.put_back("things")
    return dict(_things)


@pytest.fixture(scope="session")
def base_url(_site: Site) -> str:
    """What `page.goto("/...")` puts in front."""
    return _site.url


# --- Pages


class Windows:
    """Windows of the browser that share no cookies, lent to one test after the other.

    One that was given back has no cookies and nothing stored, but keeps the style sheets and scripts that it knows, and
    a page that shows nothing: one more in a window takes half the processor time of the first.
    """

    def __init__(self, browser: Browser, usual: dict[str, Any], root: str) -> None:
        self._browser = browser
        self._usual = usual
        self._root = root
        self._free: dict[str, list[BrowserContext]] = {}
        self._lent: list[tuple[str, BrowserContext]] = []

    def lend(self, options: dict[str, Any]) -> BrowserContext:
        """An empty window with these options."""
        key = repr(sorted(options.items()))
        free = self._free.setdefault(key, [])
        window = free.pop() if free else self._open(options)
        self._lent.append((key, window))
        return window

    def _open(self, options: dict[str, Any]) -> BrowserContext:
        window = self._browser.new_context(**{**self._usual, **options})
        window.new_page()
        return window

    def take_back(self) -> None:
        """The test that they were lent to is over."""
        for key, window in self._lent:
            self._empty(window)
            self._free[key].append(window)
        self._lent.clear()

    def _empty(self, window: BrowserContext) -> None:
        kept, *others = window.pages
        for page in others:
            page.close()
        stored = {"origin": self._root, "storageTypes": "all"}
        window.new_cdp_session(kept).send("Storage.clearDataForOrigin", stored)
        window.clear_cookies()
        window.set_offline(False)

    def close(self) -> None:
        for window in (window for free in self._free.values() for window in free):
            window.close()


@pytest.fixture(scope="session")
def _windows(browser: Browser, browser_context_args: dict[str, Any], base_url: str) -> Iterator[Windows]:
    windows = Windows(browser, browser_context_args, base_url)
    yield windows
    windows.close()


@pytest.fixture
def open_page(_windows: Windows, new_context: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """open_page(**options): a page in a window of its own. No script of it may fail or break the CSP.

    With fresh=True the window has never shown anything: nothing comes from its cache.
    """
    complaints: list[str] = []

    def open_page(*, fresh: bool = False, **options: Any) -> Any:
        page = (new_context(**options) if fresh else _windows.lend(options)).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", note)
        return page

    def note(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(f"{message.location['url']}: {message.text}")

    yield open_page
    _windows.take_back()
    assert not complaints


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A page 1280 px wide, with scripts."""
    return open_page()


@pytest.fixture
def page_without_scripts(open_page: Callable[..., Any]) -> Any:
    """A page 1280 px wide in which no script runs."""
    return open_page(java_script_enabled=False)


@pytest.fixture
def phone(open_page: Callable[..., Any]) -> Any:
    """A page as on a phone: 390 x 844, touched with fingers."""
    return open_page(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)


@pytest.fixture
def enter(site: Site, open_page: Callable[..., Any]) -> Callable[..., Any]:
    """enter(username, **options): a page of this person, signed in without going through the sign-in page."""
    from tests.browser import things

    def enter(username: str, **options: Any) -> Any:
        with site.app.app_context():
            cookie = things.cookie_of(site.app, username)
        page = open_page(**options)
        page.context.add_cookies([{**cookie, "url": site.url}])
        return page

    return enter


@pytest.fixture
def axe() -> Callable[..., None]:
    """axe(page): the page breaks no rule of WCAG 2.2 A and AA nor of good practice, in the light and the dark theme."""
    from tests.browser import axe

    return axe.check


@pytest.fixture
def sign_in_as() -> Callable[[Any, str], None]:
    """sign_in_as(page, username): go through the sign-in page with the password everyone in tests has."""
    from tests.school import PASSWORD

    def sign_in_as(page: Any, username: str) -> None:
        page.goto("/auth/sign-in")
        page.locator("input[name=username]").fill(username)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/auth/sign-in" not in url)

    return sign_in_as
