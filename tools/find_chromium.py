"""Find a Chromium for the browser journeys, or install one; print its path.

    .venv/bin/python tools/find_chromium.py [--install]

Looks at CHROMIUM, then on PATH, then in Playwright's own folder; for the tests first for a headless shell, which is
Chromium without its windows and takes half to two thirds of the processor time (Debian package chromium-headless-shell;
`playwright install chromium` brings one). With --install it goes on to `playwright install chromium` and, as root on a
machine with apt, to the packages of the system; in a build, where CI is set, it installs the shell beside a whole
Chromium too. When there is none to be had it prints an empty line: the browser tests then say so, one by one.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
SHELL_PACKAGE = "chromium-headless-shell"  # of Debian; others have the whole one alone
PACKAGES = (SHELL_PACKAGE, "chromium")
PLAYWRIGHT_FOLDERS = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
PLAYWRIGHT_BINARIES = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
PLAYWRIGHT_SHELLS = tuple(f"chromium_headless_shell-*/*/{name}" for name in SHELLS)


def main() -> None:
    path = find_for_tests()
    if "--install" in sys.argv[1:] and not os.environ.get("CHROMIUM"):
        if path is None:
            path = install(["playwright", *PACKAGES])
        elif os.environ.get("CI") and find_shell() is None:
            path = install([SHELL_PACKAGE])
    print(path or "")


def find_for_tests() -> str | None:
    """The path of the lightest Chromium on this machine that starts: a headless shell, or else a whole one; or None."""
    return find_shell() or find_chromium()


@cache
def find_shell() -> str | None:
    """The path of a headless shell that is on this machine already and starts; None also where CHROMIUM names one."""
    if os.environ.get("CHROMIUM"):
        return None
    return first_that_starts([*SHELLS, *in_playwrights_folder(PLAYWRIGHT_SHELLS)])


@cache
def find_chromium() -> str | None:
    """The path of a whole Chromium (or what CHROMIUM names) that is on this machine already and starts, or None."""
    named = os.environ.get("CHROMIUM")
    return first_that_starts([named] if named else [*NAMES, *MACOS, *in_playwrights_folder(PLAYWRIGHT_BINARIES)])


def first_that_starts(candidates: list[str]) -> str | None:
    """The path of the first of these that runs here."""
    on_path = filter(None, map(shutil.which, candidates))
    return next(filter(starts, on_path), None)


def starts(path: str) -> bool:
    """Whether it runs here: a name on PATH may be a stub, a downloaded one may lack system libraries."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30)  # noqa: S603 - a browser
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def in_playwrights_folder(shapes: tuple[str, ...]) -> list[str]:
    """The browsers of these shapes that Playwright installed, newest first."""
    folders = [Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"])] if "PLAYWRIGHT_BROWSERS_PATH" in os.environ else []
    folders += [Path(folder).expanduser() for folder in PLAYWRIGHT_FOLDERS]
    found = [path for folder in folders for shape in shapes for path in folder.glob(shape)]
    return [str(path) for path in sorted(found, reverse=True)]


def install(ways: list[str]) -> str | None:
    """Try what may bring a Chromium here, one way after the other; the path of the lightest there is then, or None.

    A way is "playwright", or the name of a package of the system, which takes root and apt.
    """
    has_apt = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
    before = find_for_tests()
    for way in ways:
        if way == "playwright":
            quietly_run([sys.executable, "-m", "playwright", "install", "chromium"])
        elif has_apt:
            quietly_run(["apt-get", "-qq", "update"])
            quietly_run(["apt-get", "-qq", "install", "-y", way])
        find_shell.cache_clear()
        find_chromium.cache_clear()
        if (path := find_for_tests()) != before:
            return path
    return before


def quietly_run(command: list[str]) -> None:
    """Run it; of a failure only the reason is shown, for the next way is tried."""
    print("Looking for a Chromium:", " ".join(command[-3:]), file=sys.stderr, flush=True)
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)  # noqa: S603 - our own
    except subprocess.CalledProcessError as error:
        reasons = [line for line in error.stderr.splitlines() if line.startswith(("Error", "E:"))]
        print("  not possible:", *reasons[:1], file=sys.stderr)
    except (OSError, subprocess.TimeoutExpired) as error:
        print("  not possible:", error, file=sys.stderr)


if __name__ == "__main__":
    main()
