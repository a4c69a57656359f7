"""The small rosters of tests/data, copied to where a test can change a line of them."""

import shutil
import zipfile
from pathlib import Path

DATA = Path(__file__).parent / "data"


class RosterFolder:
    """A copy of a roster: change lines, then read it."""

    def __init__(self, folder: Path, name: str = "oneroster_1_1") -> None:
        self.path = folder / name
        shutil.copytree(DATA / name, self.path)

    def change(self, file: str, old: str, new: str) -> "RosterFolder":
        """Replace a text that must be there."""
        path = self.path / f"{file}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}.csv"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def add(self, file: str, line: str) -> "RosterFolder":
        """Put a row at the end."""
        with (self.path / f"{file}.csv").open("a", encoding="utf-8") as out:
            out.write(line + "\n")
        return self

    def take_out(self, file: str, beginning: str) -> "RosterFolder":
        """Remove the rows that begin so."""
        path = self.path / f"{file}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(beginning)]
        assert len(kept) < len(lines), f"no row of {file}.csv begins with {beginning!r}"
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return self

    def remove(self, *files: str) -> "RosterFolder":
        """Remove whole files."""
        for file in files:
            (self.path / f"{file}.csv").unlink()
        return self

    def write(self, file: str, content: bytes) -> "RosterFolder":
        """Replace a file as it is on disk."""
        (self.path / f"{file}.csv").write_bytes(content)
        return self

    def zipped(self, within: str = "") -> Path:
        """The same as a zip, all files in the folder `within` of it."""
        path = self.path.with_suffix(".zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in self.path.iterdir():
                archive.write(file, f"{within}{file.name}")
        return path
