"""Asking a scanner: clean is what it calls clean in so many words, and nothing else."""

import socket

import pytest

from gradebook.interchange.scanner import NoVerdict, Unreachable, finding_in
from tests import clamd
from tests.clamd import answering, needs_clamd, says, took


def too_large(line):
    """Refuses it while it is still being sent, and hangs up."""
    line.recv(100)
    line.sendall(b"INSTREAM size limit exceeded. ERROR\0")


def is_silent(line):
    """Takes everything and says nothing."""
    took(line)
    line.recv(1)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda line: None, Unreachable),
        (is_silent, Unreachable),
        (says(b""), Unreachable),
        (says(b"stream: OK"), Unreachable),
        (says(b"stream: OK\n"), Unreachable),
        (says(b"stream: OK\nstream: Eicar FOUND\0"), NoVerdict),
        (says(b"UNKNOWN COMMAND\0"), NoVerdict),
        (says(b"\0"), NoVerdict),
        (says(b"\xff" * 5000), NoVerdict),
        (too_large, (NoVerdict, Unreachable)),
    ],
    ids=["hangs up", "silent", "empty", "cut off", "no end", "two answers", "error", "nothing", "garbage", "too large"],
)
def test_what_is_no_verdict_is_never_taken_for_clean(answer, problem):
    with answering(answer) as address, pytest.raises(problem):
        finding_in(address, b"x" * 3_000_000, seconds=1)


def test_nobody_there_is_unreachable(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    for nowhere in (address, "scanner.invalid:3310", str(tmp_path / "socket")):
        with pytest.raises(Unreachable):
            finding_in(nowhere, b"x")


def test_the_file_goes_over_whole_and_both_verdicts_are_understood():
    sent, content = [], bytes(range(256)) * 1000

    def answer(line):
        sent.append(took(line))
        line.sendall(b"stream: OK\0" if len(sent) == 1 else b"stream: \x1bEvil.Macro-1\r FOUND\0")

    with answering(answer) as address:
        assert finding_in(address, content) is None
        assert finding_in(address, content) == "Evil.Macro-1"
    assert sent == [content, content]


@needs_clamd
def test_the_real_scanner(tmp_path):
    with clamd.clamd(tmp_path, longest="1M") as address:
        assert finding_in(address, b"A letter") is None
        assert finding_in(address, clamd.HARMFUL) == f"{clamd.FINDING}.UNOFFICIAL"
        with pytest.raises((NoVerdict, Unreachable)):
            finding_in(address, b"x" * 3_000_000)
