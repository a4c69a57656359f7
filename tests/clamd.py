"""Scanners to ask: the real one of Debian with a signature of its own, and one that answers as it is told."""

import hashlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
HARMFUL = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner takes for a virus and nothing else does (EICAR); in two, so that none takes this file for one."""
FINDING = "Gradebook.Test"
needs_clamd = pytest.mark.skipif(CLAMD is None, reason="clamd is not installed (Debian package clamav-daemon)")


@contextmanager
def clamd(folder: Path, longest: str = "25M") -> Iterator[str]:
    """A ClamAV daemon that knows one signature; the path of its socket."""
    (folder / "signatures").mkdir()
    digest = hashlib.md5(HARMFUL, usedforsecurity=False).hexdigest()
    (folder / "signatures" / "own.hdb").write_text(f"{digest}:{len(HARMFUL)}:{FINDING}\n")
    path = folder / "clamd.socket"
    (folder / "clamd.conf").write_text(
        f"LocalSocket {path}\nDatabaseDirectory {folder / 'signatures'}\nForeground yes\nStreamMaxLength {longest}\n"
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([str(CLAMD), "--config-file", str(folder / "clamd.conf")], stdout=log, stderr=log)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "log").read_text()
            with closing(socket.socket(socket.AF_UNIX)) as probe:
                if probe.connect_ex(str(path)) == 0:
                    break
            time.sleep(0.05)
        yield str(path)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A scanner that does this with each connection and hangs up; its host:port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    with line, suppress(OSError):
                        answer(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(words: bytes) -> Callable[[socket.socket], None]:
    """Take the whole file, then say this."""

    def answer(line: socket.socket) -> None:
        took(line)
        line.sendall(words)

    return answer


def took(line: socket.socket) -> bytes:
    """The file that is sent."""
    with line.makefile("rb") as sent:
        assert sent.read(10) == b"zINSTREAM\0"
        found = b""
        while size := int.from_bytes(sent.read(4), "big"):
            found += sent.read(size)
    return found
