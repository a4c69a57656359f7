"""Make .venv and install the requirements, when something changed. Used by the Makefile.

    python3 tools/setup_environment.py [--port PORT] [--this-python] REQUIREMENTS_FILE

Standard library only, and no syntax newer than Python 3.7: an old Python must get as far as saying that it is
too old. What goes wrong with the machine is one line on stderr and exit code 1; what goes wrong in pip is
shown as pip says it.
"""

import argparse
import hashlib
import os
import re
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

OLDEST_PYTHON = (3, 11)
PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
SYSTEM_PYTHON = Path("/usr/bin/python3")  # every distribution compiles its own with optimizations
MARKER = ENVIRONMENT / "installed.sha256"  # of the requirements that were installed last


class Problem(Exception):
    """Something about this machine that the person can put right; its text is the line they read."""


def main():
    try:
        check_python()
        arguments = read_arguments()
        if arguments.port is not None:
            check_port(arguments.port)
        check_writable(ENVIRONMENT)
        set_up(PROJECT / arguments.requirements, arguments.this_python)
    except Problem as problem:
        print(f"gradebook: {problem}", file=sys.stderr)
        return 1
    return 0


def read_arguments():
    parser = argparse.ArgumentParser(description="Make .venv and install the requirements.")
    parser.add_argument("requirements", help="requirements.txt or requirements-dev.txt")
    parser.add_argument("--port", help="a port that must be free, because a server will be started on it")
    parser.add_argument("--this-python", action="store_true", help="make .venv with this Python, even a slow build")
    return parser.parse_args()


def check_python():
    """Refuse a Python that the application cannot run on."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise Problem(
            f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed; {sys.executable} is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Name a newer one: make run PYTHON=/path/to/python3"
        )


def check_port(text):
    """Refuse a port that another program listens on, before anything is installed for it."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Problem(f"PORT must be a number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            reason = f"port {text} on 127.0.0.1 cannot be used ({error.strerror})"
            raise Problem(f"{reason}. Choose another: make run PORT=5001") from None


def check_writable(folder):
    """Refuse when the folder can neither be written nor be made."""
    wanted = folder if folder.exists() else folder.parent
    if not os.access(str(wanted), os.W_OK | os.X_OK):
        raise Problem(f"no permission to write in {wanted}, where {folder.name} is made.")


def set_up(requirements, this_python):
    """Afterwards .venv holds what `requirements` asks for, or Problem says why not."""
    if is_installed(requirements):
        return
    if not works(PYTHON, needs="pip"):
        make_environment(sys.executable if this_python else quicker_python())
    say(f"Installing {requirements.name} (only when it changed; about a minute) ...")
    MARKER.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "-qq"]  # errors only
    # The tools of the tests hold thousands of modules that nobody imports: Python compiles what it needs by itself.
    options = ["--no-compile"] if requirements.name != "requirements.txt" else []
    run([*pip, "install", *options, "-r", str(requirements)], f"pip could not install {requirements.name}")
    MARKER.write_text(fingerprint(requirements), encoding="utf-8")


def quicker_python():
    """This Python, or the system's own where that is the same version and this one was compiled without optimizations.

    pyenv compiles so unless told otherwise: servers and tests take a fifth more processor time
    (docs/decisions/0042-the-quicker-python.md).
    """
    if sys.platform != "linux" or "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""):
        return sys.executable
    is_as_good = works(SYSTEM_PYTHON, needs="ensurepip", version=sys.version_info[:2])
    return str(SYSTEM_PYTHON) if is_as_good else sys.executable


def make_environment(python):
    if not works(python, needs="ensurepip"):  # Debian keeps it in a package of its own
        raise Problem(f"{python} cannot make virtual environments. On Debian: apt install python3-venv")
    say(f"Making the virtual environment in .venv with {python} ...")
    command = [python, "-m", "venv", "--clear", str(ENVIRONMENT)]
    run(command, "the virtual environment could not be made")


def is_installed(requirements):
    """Whether .venv works and was filled from the same text, or from the development set that contains it."""
    if not MARKER.is_file() or not works(PYTHON):
        return False
    larger = requirements.with_name("requirements-dev.txt")
    return MARKER.read_text(encoding="utf-8") in (fingerprint(requirements), fingerprint(larger))


def works(python, needs="sys", version=None):
    """Whether this Python starts (an upgrade may have removed it), is new enough, or `version`, and has the module."""
    wanted = f"== {version}" if version else f">= {OLDEST_PYTHON}"
    question = f"import sys, {needs}; sys.exit(not sys.version_info[:2] {wanted})"
    try:
        answer = subprocess.run([str(python), "-c", question], stderr=subprocess.DEVNULL)  # noqa: S603 - our own
    except OSError:
        return False
    return answer.returncode == 0


def fingerprint(requirements):
    """A digest of the file and of those it includes with -r."""
    text = requirements.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode())
    for included in re.findall(r"^-r +(\S+)", text, re.MULTILINE):
        digest.update(fingerprint(requirements.with_name(included)).encode())
    return digest.hexdigest()


def run(command, failure):
    """Run a command whose own words on stderr reach the person when it fails."""
    if subprocess.run(command).returncode != 0:  # noqa: S603 - commands of this file only
        raise Problem(f"{failure}; the reason stands above.")


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
