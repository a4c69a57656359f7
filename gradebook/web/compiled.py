"""Templates are compiled once for an installation, not by each process that shows them.

Compiling the templates of the first page takes a process longer than all else that the page needs.
"""

import contextlib
import shutil
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from gradebook.config import ROOT


def init_app(app: Flask) -> None:
    """Keep what is compiled beside the secret key, where nobody but the application may write."""
    app.jinja_env.bytecode_cache = CompiledTemplates(Path(app.config["INSTANCE_DIR"]))


class CompiledTemplates(FileSystemBytecodeCache):
    """Jinja's own, in a folder for this version of the code.

    Jinja looks whether a template has changed, but not whether what compiles it has: our own code generator, and the
    filters whose answers it writes into the template.
    """

    def __init__(self, instance: Path) -> None:
        super().__init__(str(instance / f"templates-{_version_of_code()}"))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Where the folder cannot be written, each process compiles for itself."""
        with contextlib.suppress(OSError):
            self._make_folder()
            super().dump_bytecode(bucket)

    def _make_folder(self) -> None:
        folder = Path(self.directory)
        if folder.exists():
            return
        for older in folder.parent.glob("templates-*"):
            shutil.rmtree(older, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def _version_of_code() -> str:
    digest = sha256(version("jinja2").encode())
    for path in sorted((ROOT / "gradebook").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
