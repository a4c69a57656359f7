"""No person is carried on by a connection to whoever uses it next: in our own pool, and through PgBouncer."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text

from gradebook import actor
from gradebook.app import create_app
from gradebook.database import engine_options
from gradebook.extensions import db
from gradebook.live import sources
from gradebook.models import Conversation, User
from gradebook.policy import scopes
from tests import postgres
from tests.access.people import browser_with
from tests.conftest import NOON, Client, dispose

pytestmark = pytest.mark.only("postgresql")

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
TURNS = 60
"""Of each of eight threads: short transactions that alternate between persons and nobody."""


@contextmanager
def pgbouncer(url: str, folder: Path) -> Iterator[str]:
    """PgBouncer in transaction mode with one connection to the database at `url`; the address in front of it."""
    target = make_url(url)
    host = target.query.get("host") or target.host
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    settings = folder / "pgbouncer.ini"
    server = f"host={host} port={target.port or 5432} user={target.username} password={target.password}"
    settings.write_text(
        f"[databases]\n{target.database} = {server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        "unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n"
        "ignore_startup_parameters = options\n"
    )
    settings.chmod(0o644)
    command = [str(PGBOUNCER), *_as_user_of(host), str(settings)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(port, process, folder / "log")
        yield target.difference_update_query(["host"]).set(host="127.0.0.1", port=port).render_as_string(False)
    finally:
        process.terminate()
        process.wait(10)


def _as_user_of(host: str) -> list[str]:
    """PgBouncer refuses to run as root: then as whoever may open the socket of the server."""
    if os.geteuid() != 0:
        return []
    owner = Path(host).stat().st_uid if host.startswith("/") else pwd.getpwnam("nobody").pw_uid
    return ["-u", pwd.getpwuid(owner).pw_name]


def _wait(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(params=["our pool", "pgbouncer"])
def site(request, world, tmp_path, clock, monkeypatch):
    """The application with a single connection to a database with the scene, without a filter of its own."""
    if request.param == "pgbouncer" and PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed (Debian package pgbouncer)")
    for scope in ("conversations_of", "conversations_read_by"):
        monkeypatch.setattr(scopes, scope, lambda _person: select(Conversation.id))
    scopes._made.cache_clear()
    with ExitStack() as stack:
        url = stack.enter_context(world.app_of_its_own("scene")).config["DATABASE_URL"]
        if request.param == "pgbouncer":
            url = stack.enter_context(pgbouncer(url, tmp_path))
        else:
            monkeypatch.setattr(
                "gradebook.app.engine_options", lambda url: {**engine_options(url), "pool_size": 1, "max_overflow": 0}
            )
        stack.enter_context(postgres.working_as_application())
        app = create_app(
            {"GRADEBOOK_ENV": "testing", "DATABASE_URL": url, "INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "k" * 40}
        )
        app.test_client_class = Client
        stack.callback(dispose, app)
        yield app
    scopes._made.cache_clear()


class Woken:
    """A hub without streams, which hears that everyone is woken."""

    def __init__(self):
        self.heard = threading.Event()
        self.announce_all = self.heard.set


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (Debian package pgbouncer)")
def test_who_listens_through_pgbouncer_knows_that_nothing_is_heard(world, tmp_path):
    """Then streams look for themselves every two seconds (gradebook/live)."""
    with world.app_of_its_own("school") as app, pgbouncer(app.config["DATABASE_URL"], tmp_path) as url:
        direct, through = (sources.source_for(each, Woken()) for each in (app.config["DATABASE_URL"], url))
        direct.start()
        try:
            assert direct.hub.heard.wait(20)
            assert direct.hears
            direct.hub.heard.clear()
            through.start()
            assert direct.hub.heard.wait(20)  # what the other told itself
            assert not through.hears
        finally:
            direct.end()
            through.end()


def at_once(act):
    """Run act(number) for eight numbers, each in a thread of its own."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))


def test_requests_of_many_people_do_not_mix(site, world):
    names, tokens = world.facts["scene"]
    page, people = f"/messages/{names['talk']}", ("dana", "erin", "rivera", "chris", "", "osei", "cole", "rex")

    def ask(number):
        for turn in range(4):
            name = people[(number + turn) % 8]
            browser = browser_with(tokens.get(name, ""), site)
            expected = 200 if name in ("dana", "rivera", "cole") else 404 if name else 303
            with site.app_context():
                assert browser.get(page).status_code == expected, name

    at_once(ask)


def test_short_transactions_of_many_people_do_not_mix(site):
    with site.app_context():
        ids = {row[0]: row[1] for row in db.session.execute(select(User.username, User.id))}
    sees = (("dana", 2), (None, 0), ("rivera", 3), ("maya", 0), ("erin", 1), ("pat", 1))

    def ask(number):
        for turn in range(TURNS):
            name, expected = sees[(number + turn) % len(sees)]
            with site.app_context():
                if name is not None:
                    actor.acts(ids[name], NOON)
                assert db.session.scalar(select(func.count()).select_from(Conversation)) == expected, name
                (db.session.commit if turn % 2 else db.session.rollback)()

    at_once(ask)


def test_what_is_told_to_a_connection_for_good_would_be_found(site):
    """The same question, asked wrongly: nobody is told, and the next one sees what the one before was let see."""
    count = text("SELECT count(*) FROM conversations")
    with site.app_context():
        dana = db.session.scalar(select(User.id).where(User.username == "dana"))
        db.session.remove()  # gives the one connection back
        with db.engine.connect() as connection:
            assert connection.scalar(count) == 0
            connection.execute(text("SELECT set_config('gradebook.user_id', :id, false)"), {"id": str(dana)})
            connection.execute(text("SELECT set_config('gradebook.moment', :now, false)"), {"now": NOON.isoformat()})
            connection.commit()
        with db.engine.connect() as another:
            assert another.scalar(count) == 2
