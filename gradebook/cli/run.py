"""`make run`: one command from a fresh checkout to a school that can be looked at.

Takes the port first (so that a taken one is known at once, and stays ours), brings the database up to date,
fills an empty one with the demonstration school, says where and as whom to sign in, and becomes gunicorn.
The application is imported late, so that what is wrong with the machine is said without waiting for it.
"""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from gradebook.config import ROOT

DEFAULT_PORT = "5000"


class Problem(Exception):
    """Something about this machine that the person can put right; its text is the line they read."""


def main() -> int:
    """Serve until stopped; 1 with one line on stderr when that is not possible here."""
    try:
        listener = take_port(os.environ.get("PORT") or DEFAULT_PORT)
        prepare(listener.getsockname()[1])
    except Problem as problem:
        print(f"gradebook: {problem}", file=sys.stderr)
        return 1
    serve(listener)
    return 0


def take_port(text: str) -> socket.socket:
    """A socket that listens on 127.0.0.1 at this port. Raises Problem when another program does already."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Problem(f"PORT must be a number from 1 to 65535, not {text!r}.")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", int(text)))
        listener.listen()
    except OSError as error:
        reason = f"port {text} on 127.0.0.1 cannot be used ({error.strerror})"
        raise Problem(f"{reason}. Choose another: make run PORT=5001") from None
    return listener


def prepare(port: int) -> None:
    """Afterwards the database is up to date and holds a school, and the address and sign-ins were printed."""
    os.environ.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
    instance = Path(os.environ.get("INSTANCE_DIR") or ROOT / "instance")
    check_writable(instance)
    sign_ins = prepare_database(instance)
    print(f"\nGradebook is at {os.environ['BASE_URL']}  (stop it with Ctrl+C)\n\n{sign_ins}", flush=True)


def check_writable(folder: Path) -> None:
    """Make the folder, for its owner alone. Raises Problem when it cannot be made or written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"the folder {folder} cannot be made ({error.strerror}).") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Problem(f"no permission to write in {folder}, where the database lives.")


def prepare_database(instance: Path) -> str:
    """Upgrade the database, fill an empty one in development, and say who can sign in.

    The sign-ins are kept in a file that only its owner can read, for the next start.
    """
    from sqlalchemy.exc import ArgumentError, OperationalError

    from gradebook.config import ConfigurationError

    path = instance / sign_ins_name()
    try:
        _upgrade_and_fill(path)
    except ConfigurationError as error:
        raise Problem(str(error)) from None
    except ArgumentError as error:
        raise Problem(f"DATABASE_URL cannot be understood: {error}") from None
    except OperationalError as error:
        raise Problem(f"the database cannot be used: {str(error.orig).splitlines()[0]}") from None
    return path.read_text() if path.exists() else "Sign in with an account of your school.\n"


def sign_ins_name() -> str:
    """The file for this database: another DATABASE_URL is another school with another password."""
    url = os.environ.get("DATABASE_URL")
    ending = f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}" if url else ""
    return f"demonstration-sign-ins{ending}.txt"


def _upgrade_and_fill(sign_ins: Path) -> None:
    """Afterwards the database is at the newest step and, in development, holds a school."""
    import flask_migrate

    from gradebook.app import create_app

    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        if app.config["GRADEBOOK_ENV"] == "development" and _is_empty():
            _fill(sign_ins)


def _is_empty() -> bool:
    """Whether the database holds no school."""
    from sqlalchemy import select

    from gradebook.extensions import db
    from gradebook.models import School

    return db.session.scalar(select(School.id).limit(1)) is None


def _fill(path: Path) -> None:
    """Load the demonstration school; keep its sign-ins first, for the password cannot be had back."""
    from gradebook.clock import utc_now
    from gradebook.extensions import db
    from gradebook.services.demonstration import load_demonstration_school

    print("Loading the demonstration school ...", flush=True)
    people = load_demonstration_school(utc_now())
    lines = [f"  {each.line}" for each in people]
    write_privately(path, "\n".join(["  Sign in as             name           password", *lines, ""]))
    db.session.commit()


def write_privately(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first moment on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def serve(listener: socket.socket) -> None:
    """Start the worker, which stops with us, and become gunicorn on the socket that was taken at the start."""
    subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--with-parent"], cwd=ROOT)
    listener.set_inheritable(True)
    address = f"fd://{listener.fileno()}"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--chdir",
        str(ROOT),
        "--config",
        str(ROOT / "gunicorn.conf.py"),
    ]
    os.execv(sys.executable, [*command, "--bind", address, "wsgi:app"])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
