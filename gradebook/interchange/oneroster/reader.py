"""Which version a roster has, and the reader for it."""

from pathlib import Path

from flask_babel import lazy_gettext as _l

from gradebook.interchange.oneroster.reading import Progress, Reader
from gradebook.interchange.oneroster.records import Roster
from gradebook.interchange.oneroster.sds import ReaderSds
from gradebook.interchange.oneroster.source import Source
from gradebook.interchange.oneroster.v1_1 import Reader11
from gradebook.interchange.oneroster.v1_2 import Reader12
from gradebook.interchange.tables import Unreadable, one_line


def read_roster(path: Path, progress: Progress = lambda file, rows: None) -> Roster:
    """What the folder or zip at `path` says. Raises Unreadable when it is no roster."""
    source = Source(path)
    manifest = _manifest(source)
    return _reader_for(source, manifest)(source, manifest, progress).read()


def _manifest(source: Source) -> dict[str, str]:
    table = source.table("manifest")
    if table is None:
        return {}
    cells = [(row.cells.get("propertyname", ""), row.cells.get("value", "")) for row in table.rows()]
    return {one_line(name).lower(): one_line(value).lower() for name, value in cells}


def _reader_for(source: Source, manifest: dict[str, str]) -> type[Reader]:
    """By the manifest, else by what only one of them has."""
    version = manifest.get("oneroster.version", "")
    if version.startswith("1.1"):
        return Reader11
    if version.startswith("1.2"):
        return Reader12
    if version:
        raise Unreadable(_l("This is OneRoster %(version)s. Export version 1.1 or 1.2.", version=version[:20]))
    users, roles = source.table("users"), source.table("roles")
    if users and "role" in [name.strip().lower() for name in users.header]:
        return Reader11
    if roles is None:
        raise Unreadable(_l("Neither users.csv has a role column nor is there a roles.csv, so nobody has a role."))
    return Reader12 if "sourcedid" in [name.strip().lower() for name in roles.header] else ReaderSds
