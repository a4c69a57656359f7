"""SQLite databases for the tests: files in a folder of the worker. Answers as tests/postgres.py does."""

import shutil
import uuid
from pathlib import Path

from sqlalchemy import make_url


class Databases:
    """The database files of one worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> str:
        """The URL of a new empty database."""
        return f"sqlite:///{self._folder / uuid.uuid4().hex}.sqlite3"

    def copy(self, url: str) -> str:
        """The URL of a new database with everything that is in the one at `url`, which nobody has open."""
        copied = self.create()
        shutil.copyfile(_file(url), _file(copied))
        return copied

    def drop(self, url: str) -> None:
        """Remove a database with the files SQLite keeps beside it."""
        for ending in ("", "-wal", "-shm"):
            Path(f"{_file(url)}{ending}").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing: pytest keeps the folder of the last runs for looking at."""


def _file(url: str) -> str:
    return str(make_url(url).database)
