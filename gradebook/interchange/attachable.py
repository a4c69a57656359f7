"""Files that may go with a message: what a file is is read from its content, and its name must say the same.

Pictures are drawn anew, so that nothing but what one sees is kept: no place where it was taken, no camera, no comment,
nothing behind the end. Office files may hold no macros. Nothing here is ever unpacked, run or shown by us.
"""

import re
import threading
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import Any

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE
LONGEST_NAME = 100

MOST_PIXELS = 16_000_000
"""Of a picture that is decoded: 64 MB. A photograph of up to four times as many is kept at half its width."""
MOST_PIXELS_PROGRESSIVE = 10_000_000
"""Of a photograph whose decoder keeps all of it in memory, whatever size is wanted."""
PHOTO_QUALITY = 85

MOST_PARTS = 2_000
MOST_UNPACKED = 100 * MEGABYTE
HIGHEST_RATIO = 200
"""Of an office file, and of one part of it that is larger than a megabyte."""

_one_picture_at_a_time = threading.Lock()


class Kind(StrEnum):
    """What may be attached, by the ending of its name."""

    DOCX = "docx"
    JPG = "jpg"
    PDF = "pdf"
    PNG = "png"
    TXT = "txt"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.JPG: "image/jpeg",
    Kind.PDF: "application/pdf",
    Kind.PNG: "image/png",
    Kind.TXT: "text/plain",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS = {**{kind.value: kind for kind in Kind}, "jpeg": Kind.JPG}
MAIN_PARTS = {Kind.DOCX: "word/document.xml", Kind.XLSX: "xl/workbook.xml"}


class Why(StrEnum):
    """Why a file is not taken."""

    DAMAGED = "damaged"
    EMPTY = "empty"
    KIND = "kind"
    MACROS = "macros"
    OTHER_CONTENT = "other_content"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"


class NotAttachable(ValueError):
    """A file that is not taken."""

    def __init__(self, why: Why, name: str) -> None:
        super().__init__(why)
        self.why = why
        self.name = name


@dataclass(frozen=True)
class Attachable:
    """A file as it is kept."""

    name: str
    kind: Kind
    content: bytes
    digest: str
    """SHA-256 of what was sent, in hexadecimal: the same file sent again is known by it."""
    is_held: bool = False
    """A scanner is to look at it before anybody gets it."""


def checked(name: str, sent: bytes) -> Attachable:
    """The file as it may be kept. Raises NotAttachable. `sent` needs to hold no more than LARGEST + 1 bytes."""
    shown = clean_name(name)
    kind = ENDINGS.get(shown.rpartition(".")[2].lower()) if "." in shown else None
    try:
        if kind is None:
            raise _No(Why.KIND)
        if not sent:
            raise _No(Why.EMPTY)
        if len(sent) > LARGEST:
            raise _No(Why.TOO_LARGE)
        if _content_of(sent) not in _MAY_BE[kind]:
            raise _No(Why.OTHER_CONTENT)
        return Attachable(shown, kind, _KEPT[kind](sent), sha256(sent).hexdigest())
    except _No as no:
        raise NotAttachable(no.why, shown) from None


class _No(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def clean_name(name: str) -> str:
    """The last part of a path, without what cannot be seen or turns the direction of writing, and not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip().lstrip(".")
    stem, dot, ending = seen.rpartition(".")
    return f"{stem.strip()[:LONGEST_NAME]}.{ending[:10]}" if dot and stem.strip() else seen[:LONGEST_NAME]


# --- What it is


_BEGINNINGS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"PK\x03\x04", "zip"))
_MAY_BE = {
    Kind.DOCX: {"zip"}, Kind.JPG: {"jpg"}, Kind.PDF: {"pdf"}, Kind.PNG: {"png"}, Kind.TXT: {"txt"}, Kind.XLSX: {"zip"},
}  # fmt: skip


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""What no text has; tabs, ends of lines and of pages it may."""


def _content_of(sent: bytes) -> str | None:
    for beginning, kind in _BEGINNINGS:
        if sent.startswith(beginning):
            return kind
    return "txt" if _text_of(sent) is not None else None


def _text_of(sent: bytes) -> str | None:
    """UTF-8, or what Windows writes; None where there is something that no text has."""
    is_wide = sent.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        try:
            text = sent.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    return None


# --- What is kept of it


def _text(sent: bytes) -> bytes:
    return (_text_of(sent) or "").encode()


def _pdf(sent: bytes) -> bytes:
    if b"%%EOF" not in sent[-4096:]:
        raise _No(Why.DAMAGED)
    if b"PK\x05\x06" in sent[-65_557:]:  # an archive behind it: two files in one
        raise _No(Why.OTHER_CONTENT)
    return sent


def _picture(sent: bytes, form: str) -> bytes:
    from PIL import Image, ImageOps  # not before the first picture: it takes 50 ms

    Image.MAX_IMAGE_PIXELS = None  # compared here, before anything is decoded
    with _one_picture_at_a_time:  # so that its memory is needed once
        try:
            with Image.open(BytesIO(sent), formats=(form,)) as picture:
                _keep_small(picture)
                picture.load()
                upright: Any = ImageOps.exif_transpose(picture)
            upright.info.clear()  # comments, colour profiles and the like would be written again
            kept = BytesIO()
            if form == "JPEG":
                plain = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
                plain.save(kept, "JPEG", quality=PHOTO_QUALITY, exif=b"")
            else:
                plain = upright if upright.mode in ("1", "L", "LA", "RGB", "RGBA") else upright.convert("RGBA")
                plain.save(kept, "PNG", compress_level=4)
        except _No:
            raise
        except Exception:  # decoders fail in many ways on what is broken, and each means the same
            raise _No(Why.DAMAGED) from None
    return kept.getvalue()


def _keep_small(picture: Any) -> None:
    """Before it is decoded."""
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS_PROGRESSIVE and picture.info.get("progressive"):
        raise _No(Why.TOO_MANY_PIXELS)
    if pixels <= MOST_PIXELS:
        return
    if picture.format != "JPEG" or pixels > 4 * MOST_PIXELS:
        raise _No(Why.TOO_MANY_PIXELS)
    picture.draft(None, ((picture.width + 1) // 2, (picture.height + 1) // 2))
    if picture.width * picture.height > MOST_PIXELS:
        raise _No(Why.TOO_MANY_PIXELS)


def _office(sent: bytes, kind: Kind) -> bytes:
    """An archive with the part that makes it what it says, from its first byte to its last; without macros."""
    try:
        with zipfile.ZipFile(BytesIO(sent)) as archive:
            parts = archive.infolist()
            _keep_to_limits(parts)
            names = {part.filename.lower() for part in parts}
            types = b""
            if "[content_types].xml" in names:
                with archive.open("[Content_Types].xml") as listed:
                    types = listed.read(MEGABYTE).lower()
            is_whole = parts[0].header_offset == 0 and sent.rfind(b"PK\x05\x06") == len(sent) - 22
    except _No:
        raise
    except Exception:  # not an archive, or a broken one: its reader has many names for it
        raise _No(Why.DAMAGED) from None
    if not is_whole or not types or MAIN_PARTS[kind] not in names or len(names) != len(parts):
        raise _No(Why.OTHER_CONTENT)
    if b"macroenabled" in types or any("vbaproject" in name or "/activex/" in name for name in names):
        raise _No(Why.MACROS)
    return sent


def _keep_to_limits(parts: list[zipfile.ZipInfo]) -> None:
    if not parts or any(part.flag_bits & 1 for part in parts):  # locked with a password: nobody has looked into it
        raise _No(Why.DAMAGED)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _No(Why.TOO_LARGE)
    for part in parts:
        if part.file_size > MEGABYTE and part.file_size > HIGHEST_RATIO * max(1, part.compress_size):
            raise _No(Why.TOO_LARGE)
        if part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename):
            raise _No(Why.OTHER_CONTENT)


_KEPT: dict[Kind, Callable[[bytes], bytes]] = {
    Kind.DOCX: lambda sent: _office(sent, Kind.DOCX),
    Kind.JPG: lambda sent: _picture(sent, "JPEG"),
    Kind.PDF: _pdf,
    Kind.PNG: lambda sent: _picture(sent, "PNG"),
    Kind.TXT: _text,
    Kind.XLSX: lambda sent: _office(sent, Kind.XLSX),
}
