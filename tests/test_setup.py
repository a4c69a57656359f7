"""The first minutes on a machine: what is wrong with it is said in one line, and the exit code is not 0."""

import ast
import os
import runpy
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parent.parent
SET_UP = ROOT / "tools" / "setup_environment.py"

# Starts the set-up as if the Python that runs it were 3.9.
AS_PYTHON_3_9 = f"""
import runpy, sys
sys.version_info = (3, 9, 2, "final", 0)
sys.argv = ["setup_environment.py", "requirements.txt"]
runpy.run_path({str(SET_UP)!r}, run_name="__main__")
"""

# Root may write everywhere: the set-up runs as a user who may not, after the modules were read.
AS_NOBODY = """
import os, runpy, shutil, sys
set_up = runpy.run_path(sys.argv[1])
sys.argv = [sys.argv[1], "requirements.txt"]
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.exit(set_up["main"]())
"""


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port of this machine on which something else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A copy of what the set-up needs, in a folder that any user of the machine may look into."""
    folder = Path(tempfile.mkdtemp(prefix="gradebook-checkout-"))
    folder.chmod(0o755)
    (folder / "tools").mkdir()
    shutil.copy(SET_UP, folder / "tools")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("")
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def run(*command: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, **options)


def assert_refused(answer: subprocess.CompletedProcess, reason: str) -> None:
    """One line on stderr that gives the reason, nothing on stdout, and a failure for the caller."""
    assert answer.returncode != 0
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("gradebook: ")
    assert reason in line


def test_a_python_that_is_too_old_is_refused_in_one_line():
    assert_refused(run(sys.executable, "-c", AS_PYTHON_3_9), "Python 3.11 or newer is needed")


def test_an_old_python_can_read_the_set_up_far_enough_to_say_so():
    ast.parse(SET_UP.read_text(), feature_version=(3, 7))


def test_a_taken_port_is_refused_in_one_line_before_anything_is_installed(checkout, taken_port):
    set_up = checkout / "tools" / "setup_environment.py"
    assert_refused(run(sys.executable, set_up, "--port", taken_port, "requirements.txt"), f"port {taken_port}")
    assert not (checkout / ".venv").exists()


def test_a_taken_port_is_refused_in_one_line_by_the_server_too(tmp_path, taken_port):
    environment = {**os.environ, "PORT": taken_port, "INSTANCE_DIR": str(tmp_path / "instance")}
    answer = run(sys.executable, "-m", "gradebook.cli.run", cwd=ROOT, env=environment)
    assert_refused(answer, f"port {taken_port}")
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("text", ["http", "0", "70000"])
def test_a_port_that_is_none_is_refused_in_one_line(checkout, text):
    set_up = checkout / "tools" / "setup_environment.py"
    assert_refused(run(sys.executable, set_up, "--port", text, "requirements.txt"), "PORT must be a number")


def test_a_folder_without_write_permission_is_refused_in_one_line(checkout):
    checkout.chmod(0o555)
    answer = run(sys.executable, "-c", AS_NOBODY, checkout / "tools" / "setup_environment.py")
    assert_refused(answer, f"no permission to write in {checkout}")


def test_a_database_folder_without_write_permission_is_refused_in_one_line(checkout):
    """The instance folder cannot be made, because a file stands in the way of it."""
    (checkout / "file").touch()
    environment = {**os.environ, "PORT": free_port(), "INSTANCE_DIR": str(checkout / "file" / "instance")}
    answer = run(sys.executable, "-m", "gradebook.cli.run", cwd=ROOT, env=environment)
    assert_refused(answer, "cannot be made")


@pytest.mark.parametrize(
    ("options", "exit_code", "taken"),
    [
        ("", 0, "the system's"),
        ("", 1, "this one"),  # the system's is another version, or makes no environments
        ("--enable-optimizations", 0, "this one"),
    ],
)
def test_a_python_without_optimizations_gives_way_to_the_systems_of_the_same_version(
    options, exit_code, taken, tmp_path, monkeypatch
):
    (tmp_path / "python3").write_text(f"#!/bin/sh\nexit {exit_code}\n")
    (tmp_path / "python3").chmod(0o755)
    quicker_python = runpy.run_path(str(SET_UP))["quicker_python"]
    monkeypatch.setitem(quicker_python.__globals__, "SYSTEM_PYTHON", tmp_path / "python3")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: options)
    monkeypatch.setattr(sys, "platform", "linux")
    assert quicker_python() == {"the system's": str(tmp_path / "python3"), "this one": sys.executable}[taken]


def test_a_python_of_another_version_is_not_as_good():
    works = runpy.run_path(str(SET_UP))["works"]
    assert works(sys.executable, version=sys.version_info[:2])
    assert not works(sys.executable, version=(3, 10))


@pytest.mark.skipif(not shutil.which("make"), reason="test_setup.py: make is not installed")
def test_make_takes_the_python_that_was_named(checkout):
    """And says so to the set-up; one that nobody named may give way."""
    (checkout / "named").write_text('#!/bin/sh\necho "$0 $*"\nexit 1\n')
    (checkout / "named").chmod(0o755)
    asked = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    assert "--this-python" in run("make", "-s", "venv", f"PYTHON={checkout / 'named'}", cwd=checkout).stdout
    shutil.move(checkout / "named", checkout / "python3")
    path = f"{checkout}:{asked['PATH']}"
    assert "--this-python" not in run("make", "-s", "venv", cwd=checkout, env={**asked, "PATH": path}).stdout


@pytest.mark.skipif(not shutil.which("make"), reason="test_setup.py: make is not installed")
def test_make_passes_the_reason_on(checkout, taken_port):
    answer = run("make", "-s", "run", f"PYTHON={sys.executable}", f"PORT={taken_port}", cwd=checkout)
    assert answer.returncode != 0
    ours = [line for line in answer.stderr.splitlines() if not line.startswith("make")]
    assert len(ours) == 1
    assert f"port {taken_port}" in ours[0]


def test_requirements_are_installed_again_only_when_they_changed(checkout):
    """pip is not asked for anything: the list is empty, as are the changes to it."""
    set_up = (sys.executable, checkout / "tools" / "setup_environment.py", "requirements.txt")
    (checkout / "requirements-dev.txt").write_text("-r requirements.txt\n")
    assert "Installing requirements.txt" in run(*set_up).stdout
    assert run(*set_up).stdout == ""
    (checkout / "requirements.txt").write_text("# changed\n")
    assert "Installing requirements.txt" in run(*set_up).stdout


def test_the_first_start_fills_the_database_and_the_next_ones_keep_it(tmp_path):
    first = start_and_stop(tmp_path)
    assert "Loading the demonstration school" in first
    (kept,) = tmp_path.glob("demonstration-sign-ins*.txt")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text() in first

    second = start_and_stop(tmp_path)
    assert "Loading" not in second
    assert kept.read_text() in second


def start_and_stop(instance: Path) -> str:
    """What `make run` says until its server answers at the address that it printed."""
    ours = ("DATABASE_URL", "BASE_URL", "GRADEBOOK_ENV", "SECRET_KEY", "TRUSTED_HOSTS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"PORT": free_port(), "INSTANCE_DIR": str(instance)}
    command = [sys.executable, "-m", "gradebook.cli.run"]
    with (instance / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{environment['PORT']}"
        while "Listening at" not in (instance / "log").read_text() and server.poll() is None:
            sleep(0.02)
        with urlopen(f"{address}/auth/sign-in", timeout=60) as page:
            assert b"Gradebook" in page.read()
        said = (instance / "log").read_text()
        assert address in said
        return said
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
