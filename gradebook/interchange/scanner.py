"""Asking a ClamAV daemon whether a file is harmful.

Our own few lines: the clients on PyPI (clamd 1.0.2 of 2014, clamdpy 0.1.0 of 2023) are not kept any more, give a scan
no time by which it must be over, and do not tell a refused file from a broken line.
The protocol is INSTREAM as `man clamd` has it: the command, pieces with their length before them, one of length zero.
"""

import re
import socket
import time
from contextlib import closing, suppress
from dataclasses import dataclass

CONNECTING = 5.0
"""Seconds."""
ONE_FILE = 120.0
"""Seconds for all of it: far below the lease of a job (services/queue.py)."""
PIECE = 64 * 1024
LONGEST_ANSWER = 1024
LONGEST_FINDING = 100

_FOUND = re.compile(r"stream: (.+) FOUND")


class Unreachable(OSError):
    """Nobody answers there, or the line broke: it says nothing about the file."""


class NoVerdict(ValueError):
    """The scanner answered something else than whether this file is clean, as for one that is too large for it."""


def finding_in(address: str, content: bytes, seconds: float = ONE_FILE) -> str | None:
    """What the daemon at `address` (host:port, or the path of its socket) finds in a file; None: it is clean.

    Raises Unreachable, NoVerdict. Nothing but the whole word that it is clean is taken for that.
    """
    until = time.monotonic() + seconds
    try:
        with closing(_connected(address, min(CONNECTING, seconds))) as line:
            answer = _Exchange(line, until).ask(content)
    except OSError as problem:
        raise Unreachable(str(problem)) from problem
    return _verdict(answer)


def _connected(address: str, seconds: float) -> socket.socket:
    if not address.startswith("/"):
        host, _, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), seconds)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(seconds)
    try:
        line.connect(address)
    except OSError:
        line.close()
        raise
    return line


@dataclass(frozen=True)
class _Exchange:
    line: socket.socket
    until: float

    def ask(self, content: bytes) -> bytes:
        """The answer, up to the zero that ends it."""
        try:
            self._send(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                self._send(len(piece).to_bytes(4, "big") + piece)
            self._send(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            with suppress(OSError):  # what is too large is refused while it is still being sent
                return self._answer()
            raise
        return self._answer()

    def _send(self, data: bytes) -> None:
        self._in_time()
        self.line.sendall(data)

    def _answer(self) -> bytes:
        found = b""
        while not found.endswith(b"\0"):
            self._in_time()
            more = self.line.recv(LONGEST_ANSWER)
            if not more:
                raise ConnectionResetError("the scanner hung up without an answer")
            found += more
            if len(found) > LONGEST_ANSWER:
                raise NoVerdict("the answer does not end")
        return found[:-1]

    def _in_time(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the scanner took too long")
        self.line.settimeout(left)


def _verdict(answer: bytes) -> str | None:
    words = answer.decode("ascii", "replace")
    if words == "stream: OK":
        return None
    found = _FOUND.fullmatch(words)
    if found is None:
        raise NoVerdict(words)
    return "".join(letter for letter in found[1] if letter.isprintable())[:LONGEST_FINDING]
