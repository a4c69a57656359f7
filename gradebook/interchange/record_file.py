"""The record of a conversation as one ZIP file: record.json, record.pdf, the files, and SHA256SUMS over all of them.

The same record is the same bytes: no time of its making is in it, nothing is compressed (each version of a compressor
makes other bytes), and SHA256SUMS is what `sha256sum -c SHA256SUMS` reads.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

JSON, PDF, SUMS = "record.json", "record.pdf", "SHA256SUMS"
A_PDF = 5_000
"""Messages in one PDF; what is more stands in another."""
LETTERS_IN_A_PDF = 1_500_000
_EARLIEST = (1980, 1, 1, 0, 0, 0)
BIT = 1024 * 1024
"""Bytes of a file that are in memory at a time."""

Line = dict[str, Any]
Draw = Callable[[list[Line], int, int, dict[str, str]], bytes]
"""Makes the PDF of these messages: the messages, which part of how many this is, and the sums of the other files."""


@dataclass
class Sums:
    """SHA-256 in hexadecimal of each file in the record, by its path."""

    of: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As `sha256sum` writes it."""
        return "".join(f"{digest}  {path}\n" for path, digest in sorted(self.of.items()))


def write(
    target: IO[bytes],
    head: Line,
    messages: Iterable[Line],
    tail: Line,
    contents: Iterable[tuple[Line, bytes]],
    draw: Draw,
) -> str:
    """Write the record; its SHA-256. A file's bytes are in memory one at a time, and messages as many as a PDF has."""
    sums = Sums()
    with ZipFile(target, "w") as archive, tempfile.TemporaryFile("w+", encoding="utf-8") as kept:
        for line, content in contents:
            _add(archive, sums, line["path"], [content])
        lines = (_kept(_with_sums(each, sums), kept) for each in messages)
        _add(archive, sums, JSON, (text.encode() for text in _json(head, lines, tail)))
        so_far = dict(sums.of)
        for path, number, count, part in _parts(kept):
            _add(archive, sums, path, [draw(part, number, count, so_far)])
        archive.writestr(_entry(SUMS), sums.text)
    return digest_of(target)


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of a whole file, in hexadecimal; the file stands at its beginning afterwards."""
    file.seek(0)
    found = sha256()
    while bit := file.read(BIT):
        found.update(bit)
    file.seek(0)
    return found.hexdigest()


def _with_sums(message: Line, sums: Sums) -> Line:
    files = [each | {"sha256": sums.of.get(each["path"])} for each in message["files"]]
    return message | {"files": files}


def _kept(message: Line, kept: IO[str]) -> str:
    """The message as it stands in record.json; the PDF is made of the same words."""
    text = _line(message)
    kept.write(f"{text}\n")
    return text


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _json(head: Line, lines: Iterable[str], tail: Line) -> Iterator[str]:
    yield "{\n"
    for name, value in sorted(head.items()):
        yield f"{_line(name)}: {_line(value)},\n"
    yield '"messages": ['
    for number, line in enumerate(lines):
        yield f"{',' if number else ''}\n{line}"
    yield "\n]"
    for name, value in sorted(tail.items()):
        yield f",\n{_line(name)}: {_line(value)}"
    yield "\n}\n"


def _parts(kept: IO[str]) -> Iterator[tuple[str, int, int, list[Line]]]:
    """The messages of each PDF: (its path, its number, how many there are, the messages)."""
    bounds = _bounds(kept)
    kept.seek(0)
    for number, count in enumerate(bounds, 1):
        path = PDF if len(bounds) == 1 else PDF.replace(".", f"-{number}.")
        yield path, number, len(bounds), [json.loads(kept.readline()) for _each in range(count)]


def _bounds(kept: IO[str]) -> list[int]:
    """How many messages each PDF has."""
    kept.seek(0)
    found, letters = [0], 0
    for line in kept:
        if found[-1] and (found[-1] >= A_PDF or letters + len(line) > LETTERS_IN_A_PDF):
            found.append(0)
            letters = 0
        found[-1] += 1
        letters += len(line)
    return found


def _add(archive: ZipFile, sums: Sums, path: str, bits: Iterable[bytes]) -> None:
    digest = sha256()
    with archive.open(_entry(path), "w") as entry:
        for bit in bits:
            digest.update(bit)
            entry.write(bit)
    sums.of[path] = digest.hexdigest()


def _entry(path: str) -> ZipInfo:
    entry = ZipInfo(path, _EARLIEST)
    entry.create_system = 3  # whatever system makes it, it says the same one
    entry.external_attr = 0o644 << 16
    return entry


# --- Looking whether it is whole


class NoRecord(ValueError):
    """The file is not a record as this module writes it."""


@dataclass(frozen=True)
class Verdict:
    """What was found in a file that somebody brings."""

    digest: str
    """Of the whole file."""
    conversation: str
    made_for: str
    wrong: tuple[str, ...]
    """Files in it that are not what SHA256SUMS says, are missing, or are too many."""


def verify(file: IO[bytes]) -> Verdict:
    """Go through a record: is each file in it what its sum says? Raises NoRecord."""
    digest = digest_of(file)
    try:
        with ZipFile(file) as archive:
            said = _said(archive.read(SUMS).decode())
            found = {entry.filename: _digest_in(archive, entry) for entry in archive.infolist()}
            about = json.loads(archive.read(JSON))
            names = (str(about["conversation"]["id"]), str(about["made_for"]))
    except (BadZipFile, KeyError, ValueError, TypeError, OSError, NotImplementedError, RuntimeError) as problem:
        raise NoRecord from problem
    found.pop(SUMS)
    wrong = {path for path in {*said, *found} if said.get(path) != found.get(path)}
    return Verdict(digest, *names, tuple(sorted(wrong)))


def _said(text: str) -> dict[str, str]:
    pairs = (line.split("  ", 1) for line in text.splitlines())
    return {path: digest for digest, path in pairs}


def _digest_in(archive: ZipFile, entry: ZipInfo) -> str:
    found = sha256()
    with archive.open(entry) as opened:
        while bit := opened.read(BIT):
            found.update(bit)
    return found.hexdigest()
