"""gunicorn as schools run it (gunicorn.conf.py, two workers), on a free port of 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.client import Client
from gradebook.config import ROOT

PATIENCE = 30.0


class Server:
    """One gunicorn; started when made, gone at the end of the `with`."""

    def __init__(self, application: str, path: str, folder: Path, **environment: str) -> None:
        self.port = _free_port()
        self._log = (folder / f"gunicorn-{self.port}.log").open("w+")
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"),
             "--bind", f"127.0.0.1:{self.port}", application],
            cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT,
            env={**_surroundings(), "BASE_URL": f"http://127.0.0.1:{self.port}", **environment},
        )  # fmt: skip
        self._wait(path)
        self.seconds_to_first_page = time.perf_counter() - begin

    def _wait(self, path: str) -> None:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                Client(self.port).get(path).must_be(200)
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    self.stop()
                    raise RuntimeError(f"gunicorn did not start:\n{self.log}") from None
                time.sleep(0.005)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What gunicorn said so far."""
        return Path(self._log.name).read_text()

    def stop(self) -> None:
        """End gunicorn and its workers."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def workers(self) -> list[str]:
        """The process numbers of the workers so far; none where /proc does not tell."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return children.read_text().split() if children.exists() else []

    def computed(self) -> float:
        """Seconds for which the workers had a processor so far: what other programs do beside does not count."""
        return sum(_computed(pid) for pid in self.workers)

    def memory(self) -> tuple[float, float]:
        """The largest worker's resident and proportional memory, in MB."""
        sizes = [_memory(pid) for pid in self.workers] or [(0.0, 0.0)]
        return max(size[0] for size in sizes), max(size[1] for size in sizes)

    def resident(self) -> float:
        """The resident memory of all workers, in MB; what they share counts once for each."""
        return sum(_memory(pid)[0] for pid in self.workers)


def _surroundings() -> dict[str, str]:
    """Ours, but that Python keeps what it compiled, as on every school's server: else each start compiles it anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _computed(pid: str) -> float:
    """Of all threads, in nanoseconds of the scheduler; a thread may end while it is asked."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def _memory(pid: str) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("Rss:", "Pss:"))}
    return kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
