"""A folder or a zip of CSV files. Nothing is unpacked to disk, so no name inside a zip can point anywhere."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.interchange.tables import LARGEST, Table, Unreadable, read_table

MOST_ENTRIES = 200
MOST_BYTES = 1024 * 1024 * 1024
"""Of all entries together, unpacked."""

FILES = (
    "manifest", "orgs", "academicSessions", "courses", "classes", "users", "roles", "relationships", "demographics",
    "enrollments", "categories", "lineItems", "results",
)  # fmt: skip
"""The files that are looked at, in this order; others are left alone."""


class Source:
    """The files of one roster, by their names without `.csv`."""

    def __init__(self, path: Path) -> None:
        """Raises Unreadable when there is no roster at this path."""
        self.name = path.name
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self._places: dict[str, Path | str] = {
                **_known([(entry.name, entry) for entry in sorted(path.iterdir()) if entry.is_file()])
            }
        elif path.is_file():
            self._zip = _opened(path)
            self._places = {**_known(_entries(self._zip))}
        else:
            raise Unreadable(_l("There is no folder or zip file at %(path)s.", path=path))
        if not self._places.keys() & {"orgs", "users", "enrollments"}:
            raise Unreadable(
                _l(
                    "%(path)s has no orgs.csv and users.csv. Give the folder or zip of a OneRoster export.",
                    path=path.name,
                )
            )  # fmt: skip

    def has(self, name: str) -> bool:
        """Whether the roster has this file."""
        return name in self._places

    def table(self, name: str) -> Table | None:
        """The table of this file; None when there is none. Raises Unreadable."""
        place = self._places.get(name)
        if place is None:
            return None
        return read_table(self._content(place), f"{name}.csv")

    def _content(self, place: Path | str) -> bytes:
        if isinstance(place, Path):
            if place.stat().st_size > LARGEST:
                raise Unreadable(_l("%(file)s is larger than %(most)s MB.", file=place.name, most=LARGEST >> 20))
            return place.read_bytes()
        assert self._zip is not None  # noqa: S101 - a text is an entry of the zip
        try:
            with self._zip.open(place) as file:
                return file.read(LARGEST + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise Unreadable(_l("%(file)s in the zip is damaged or locked.", file=place)) from None


def _known(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    """The files that are looked at, by name; capitals do not matter. Raises Unreadable when one is there twice."""
    names = {f"{name}.csv".lower(): name for name in FILES}
    found: dict[str, Any] = {}
    for file, place in entries:
        name = names.get(file.lower())
        if name in found:
            raise Unreadable(_l("There are two files called %(file)s. Leave one of them out.", file=file))
        if name:
            found[name] = place
    return found


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise Unreadable(_l("%(path)s is neither a folder nor a zip file.", path=path.name)) from None


def _entries(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The files of the zip by their last name: all in it, or all in one folder of it."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(_l("The zip holds more than %(most)s files.", most=MOST_ENTRIES))
    # zipfile never reads more of an entry than it announces, so the announced sizes bound what is read.
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Unreadable(_l("The zip holds more than %(most)s MB.", most=MOST_BYTES >> 20))
    found = []
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise Unreadable(_l("The zip names a file outside of itself: %(file)s.", file=entry.filename))
        if "__MACOSX" in path.parts or path.name.startswith("."):
            continue
        if len(path.parts) <= 2:
            found.append((path.name, entry.filename))
    return found
