"""Files of each kind, as people send them and as they should not."""

import zipfile
from io import BytesIO

from PIL import Image

PLACE = "Where Maya lives"


def png(width: int = 4, height: int = 3, mode: str = "RGB", **more) -> bytes:
    """A picture."""
    kept = BytesIO()
    Image.new(mode, (width, height)).save(kept, "PNG", **more)
    return kept.getvalue()


def photo(width: int = 4, height: int = 3, **more) -> bytes:
    """A photograph of a phone held upright, which says where it was taken."""
    picture = Image.new("RGB", (width, height), (200, 10, 10))
    exif = picture.getexif()
    exif[0x0112] = 6  # turned
    exif[0x010E] = PLACE
    kept = BytesIO()
    picture.save(kept, "JPEG", exif=exif, comment=PLACE.encode(), **more)
    return kept.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    """A ZIP of these parts."""
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return kept.getvalue()


def docx(**parts: bytes) -> bytes:
    """A document with nothing in it but what makes it one, and these parts."""
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>", **parts})


def xlsx(**parts: bytes) -> bytes:
    """A workbook likewise."""
    return archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", **parts})


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
EXAMPLES = {
    "letter.pdf": PDF,
    "page.png": png(),
    "photo.JPG": photo(),
    "photo.jpeg": photo(),
    "report.docx": docx(),
    "list.xlsx": xlsx(),
    "notes.txt": "Zoë: 12 ½".encode(),
}
