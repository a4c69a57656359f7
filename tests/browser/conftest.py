"""A real server and a real Chromium for the journeys.

`page` has scripts and is 1280 px wide, `page_without_scripts` has none, `phone` is 390 x 844; each belongs to
a browser window that shares no cookies with the others. Addresses may be written without the host:
`page.goto("/auth/sign-in")`. `site` is the server behind them: gunicorn on a SQLite database that holds the
people of tests/school.py, and is put back to that before every test.
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
from sqlalchemy import make_url

from tools.find_chromium import find_chromium

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}

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

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a Chromium the journeys are skipped by name; in a build (CI is set) they fail instead."""
    journeys = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in journeys:
        item.add_marker(pytest.mark.browser)
    if journeys and not find_chromium() and not os.environ.get("CI"):
        for item in journeys:
            item.add_marker(pytest.mark.skip(reason=f"{item.name}: no Chromium was found (set CHROMIUM)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How Chromium is started: the one that was found, without a window."""
    path = find_chromium()
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
        self._original = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self._database)) as full:
            full.backup(self._original)

    def put_back(self) -> None:
        """The database is again as it was at the start, for the server too."""
        with closing(sqlite3.connect(self._database)) as database:
            self._original.backup(database)

    def close(self) -> None:
        self._original.close()


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
        urlopen(address, timeout=30).close()
    except OSError as error:
        pytest.fail(f"the server did not start ({error}):\n{log.read_text()}", pytrace=False)


@pytest.fixture(autouse=True)
def site(_site: Site) -> Site:
    """The server, its database as at the start."""
    _site.put_back()
    return _site


@pytest.fixture(scope="session")
def base_url(_site: Site) -> str:
    """What `page.goto("/...")` puts in front."""
    return _site.url


# --- Pages


@pytest.fixture
def open_page(new_context: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """open_page(**options): a page in a window of its own. No script of it may fail or break the CSP."""
    complaints: list[str] = []

    def open_page(**options: Any) -> Any:
        page = new_context(**options).new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", note)
        return page

    def note(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(f"{message.location['url']}: {message.text}")

    yield open_page
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
def axe() -> Callable[[Any], None]:
    """axe(page): the page breaks no rule of WCAG 2.2 A and AA, nor of good practice."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page: Any) -> None:
        violations = Axe().run(page, options=AXE).response["violations"]
        assert not violations, f"{page.url}\n" + "\n".join(map(describe, violations))

    return check


def describe(violation: dict[str, Any]) -> str:
    """A broken rule and the places that break it, in a few lines."""
    places = [
        f"    {' '.join(map(str, node['target']))}: {node['html'][:200]}" for node in violation["nodes"]
    ]
    return "\n".join([f"{violation['id']}: {violation['help']}", *places])


@pytest.fixture
def sign_in_as() -> Callable[[Any, str], None]:
    """sign_in_as(page, username): go through the sign-in page with the password everyone in tests has."""
    from tests import school

    def sign_in_as(page: Any, username: str) -> None:
        page.goto("/auth/sign-in")
        page.locator("input[name=username]").fill(username)
        page.locator("input[name=password]").fill(school.PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/auth/sign-in" not in url)

    return sign_in_as
