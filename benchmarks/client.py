"""A browser of which only the wire is left: one connection kept open, cookies, gzip, and a clock.

http.client spends more time on the headers than a fast page takes; this reads no more than it needs.
"""

import gzip
import html
import re
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

IDLE = 1.0  # seconds; the server closes connections that nobody used for two


class BrokenAnswer(RuntimeError):
    """The server answered with something else than was asked for."""


@dataclass
class Answer:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    sent: bytes
    """The body as it was sent."""
    seconds: float = 0.0
    statements: list[str] = field(default_factory=list)
    """What the database was asked, where that is known."""

    @property
    def body(self) -> bytes:
        """The body as it is read."""
        return gzip.decompress(self.sent) if self.headers.get("content-encoding") == "gzip" else self.sent

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()

    def must_be(self, *statuses: int) -> "Answer":
        """This answer. Raises BrokenAnswer when it has another status."""
        if self.status not in statuses:
            title = re.search(r"<title>(.*?)</title>", self.text, re.DOTALL)
            raise BrokenAnswer(f"{self.status} instead of {statuses}: {title[1] if title else self.text[:300]}")
        return self


class Browser:
    """What asking has in common, over the wire and inside this process."""

    def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """A form."""
        return self.ask("POST", path, fields, headers)

    def ask(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        """Send and receive."""
        raise NotImplementedError

    def sign_in(self, username: str, password: str) -> list[Answer]:
        """The form, the post and the page it leads to."""
        form = self.get("/auth/sign-in").must_be(200)
        fields = {"csrf_token": csrf_token(form), "username": username, "password": password}
        answers = [form, self.post("/auth/sign-in", fields).must_be(303)]
        for _ in range(3):
            place = answers[-1].headers.get("location")
            if place is None:
                return answers
            answers.append(self.get(place).must_be(200, 303))
        raise BrokenAnswer(f"{username} is sent from page to page")


def csrf_token(answer: Answer) -> str:
    """The token in the forms of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)
    if not found:
        raise BrokenAnswer("the page has no form with a token")
    return html.unescape(found[1])


class Client(Browser):
    """One browser, over the wire."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._socket: socket.socket | None = None
        self._used = 0.0

    def ask(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        request = self.request(method, path, fields, headers)
        wire = self._connected()
        begin = time.perf_counter()
        wire.sendall(request)
        head, body = _receive(wire)
        seconds = time.perf_counter() - begin
        self._used = time.monotonic()
        answer = self._read(head, body, seconds)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def request(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> bytes:
        """The bytes that ask for this."""
        body = b"" if fields is None else urlencode(fields).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Encoding: gzip"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if fields is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is not None and time.monotonic() - self._used > IDLE:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _read(self, head: bytes, body: bytes, seconds: float) -> Answer:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                self._keep_cookie(value)
        return Answer(int(first.split(" ")[1]), headers, body, seconds)

    def _keep_cookie(self, value: str) -> None:
        name, _, content = value.partition(";")[0].partition("=")
        self.cookies[name] = content


def _receive(wire: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one answer, whose length the head must say."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(wire)
    head, _, rest = received.partition(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    length = int(found[1]) if found else 0
    if not found and b" 204 " not in head[:20]:
        raise BrokenAnswer(f"no length: {head!r}")
    pieces = [rest]
    have = len(rest)
    while have < length:
        pieces.append(_more(wire))
        have += len(pieces[-1])
    return head, b"".join(pieces)


def _more(wire: socket.socket) -> bytes:
    piece = wire.recv(1 << 18)
    if not piece:
        raise BrokenAnswer("the server closed the connection")
    return piece
