"""What may go with a message: what a file is is read from its content, and pictures lose what one does not see."""

import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image

from gradebook.interchange import attachable
from gradebook.interchange.attachable import LARGEST, NotAttachable, Why, checked, clean_name
from tests.files import EXAMPLES, PDF, PLACE, archive, docx, photo, png, xlsx


def why(name, content):
    with pytest.raises(NotAttachable) as refused:
        checked(name, content)
    return refused.value.why


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_allowed_is_taken(name):
    file = checked(name, EXAMPLES[name])
    assert (file.name, file.kind) == (name, name.rpartition(".")[2].lower().replace("jpeg", "jpg"))
    assert checked(name, EXAMPLES[name]) == file  # sent again it is the same


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("other", ["pdf", "png", "jpg", "docx", "xlsx", "txt"])
def test_no_file_passes_under_another_name(name, other):
    if name.lower().replace("jpeg", "jpg").endswith(other):
        return
    assert why(f"renamed.{other}", EXAMPLES[name]) in (Why.OTHER_CONTENT, Why.DAMAGED)


@pytest.mark.parametrize(
    "name", ["a.exe", "a.pdf.exe", "a.html", "a.svg", "a.docm", "a.zip", "pdf", "", ".pdf", "a.pdf "]
)
def test_other_endings_are_refused(name):
    if name.strip().endswith("a.pdf"):
        assert checked(name, PDF).name == "a.pdf"
    else:
        assert why(name, PDF) == Why.KIND


def test_size():
    assert why("a.txt", b"") == Why.EMPTY
    assert checked("a.txt", b"x" * LARGEST).kind == "txt"
    assert why("a.txt", b"x" * (LARGEST + 1)) == Why.TOO_LARGE


def test_nothing_of_a_photograph_is_kept_but_what_one_sees():
    sent = photo(40, 20)
    kept = checked("photo.jpg", sent).content
    assert PLACE.encode() in sent
    assert PLACE.encode() not in kept
    with Image.open(BytesIO(kept)) as picture:
        assert picture.size == (20, 40)  # upright, as the phone was held
        assert not picture.getexif()
    assert b"Exif" not in kept


def test_nor_of_a_picture():
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Comment", PLACE)
    sent = png(pnginfo=words, icc_profile=PLACE.encode()) + b"<script>" + PLACE.encode()
    kept = checked("a.png", sent).content
    assert PLACE.encode() in sent
    assert PLACE.encode() not in kept
    assert b"iCCP" not in kept


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_kind_are_drawn_anew(mode):
    assert checked("a.png", png(mode=mode)).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_photographs_of_every_kind_too(mode):
    sent = BytesIO()
    Image.new(mode, (3, 3)).save(sent, "JPEG")
    assert checked("a.jpg", sent.getvalue()).content.startswith(b"\xff\xd8")


def huge_png(width, height):
    """A few bytes that say they are a picture of this size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(4001, 4000), (20_000, 20_000), (65_000, 65_000), (2**31 - 1, 1)])
def test_a_picture_too_large_to_decode_is_refused_before_it_is(size):
    tracemalloc.start()
    assert why("a.png", huge_png(*size)) == Why.TOO_MANY_PIXELS
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_large_photograph_is_kept_at_half_its_size(monkeypatch):
    monkeypatch.setattr(attachable, "MOST_PIXELS", 1000)
    monkeypatch.setattr(attachable, "MOST_PIXELS_PROGRESSIVE", 800)
    with Image.open(BytesIO(checked("a.jpg", photo(60, 60)).content)) as picture:
        assert picture.size == (30, 30)
    assert why("a.jpg", photo(80, 80)) == Why.TOO_MANY_PIXELS
    assert why("a.jpg", photo(30, 30, progressive=True)) == Why.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png()[:40]),
        ("a.jpg", photo()[:60]),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.docx", docx()[:-30]),
        ("a.docx", b"PK\x03\x04"),
        ("a.pdf", b"%PDF-1.7 and nothing more"),
    ],
)
def test_what_is_broken_is_refused(name, content):
    assert why(name, content) == Why.DAMAGED


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (docx(**{"word/vbaProject.bin": b"x"}), Why.MACROS),
        (docx(**{"word/activeX/activeX1.xml": b"x"}), Why.MACROS),
        (archive({"[Content_Types].xml": b"<x macroEnabled/>", "word/document.xml": b"x"}), Why.MACROS),
        (archive({"[Content_Types].xml": b"<x/>"}), Why.OTHER_CONTENT),
        (archive({"word/document.xml": b"x"}), Why.OTHER_CONTENT),
        (docx(**{"../../etc/passwd": b"x"}), Why.OTHER_CONTENT),
        (docx(**{"/etc/passwd": b"x"}), Why.OTHER_CONTENT),
        (docx() + b"behind it", Why.OTHER_CONTENT),
        (docx(**{"word/bomb.xml": b"\0" * 90_000_000}), Why.TOO_LARGE),
        (docx(**{f"word/{number}.xml": b"" for number in range(2000)}), Why.TOO_LARGE),
        (xlsx(), Why.OTHER_CONTENT),
    ],
    ids=(
        "a macro",
        "a control",
        "a type with macros",
        "types only",
        "no types",
        "a way up",
        "a way from the root",
        "something behind",
        "a bomb",
        "many parts",
        "a sheet",
    ),
)
def test_a_document_that_is_more_or_less_than_one_is_refused(content, reason):
    assert why("a.docx", content) == reason


def test_two_files_in_one_are_refused():
    assert why("a.pdf", PDF + docx()) == Why.OTHER_CONTENT
    assert why("a.docx", PDF + docx()) == Why.OTHER_CONTENT


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Zoë".encode(), "Zoë"), ("Zoë".encode("cp1252"), "Zoë"), ("Zoë".encode("utf-16"), "Zoë"),
        ("\ufeffZoë".encode(), "Zoë"),
    ],
)  # fmt: skip
def test_texts_are_kept_in_one_encoding(sent, kept):
    assert checked("a.txt", sent).content.decode() == kept


@pytest.mark.parametrize("sent", [b"MZ\x90\0\0", b"a\x00b", bytes(range(256)), b"\x1b[31m", b"\xff\xfea"])
def test_what_is_no_text_is_refused(sent):
    assert why("a.txt", sent) == Why.OTHER_CONTENT


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\fakepath\\a.pdf", "a.pdf"), ("../../a.pdf", "a.pdf"), ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("a\r\nb\0.pdf", "ab.pdf"), ("x" * 300 + ".pdf", "x" * 100 + ".pdf"), ("...a.pdf ", "a.pdf"),
        ("Zoe\u0308.pdf", "Zoë.pdf"),
    ],
)  # fmt: skip
def test_names_are_kept_without_tricks(sent, kept):
    assert clean_name(sent) == kept
