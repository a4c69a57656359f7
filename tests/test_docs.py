"""The documentation is true where that can be tested: commands, settings, links, files and names exist."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask

from gradebook.config import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FOR_PEOPLE = (ROOT / "README.md", DOCS / "running.md")

FLASKS_OWN = {"db", "routes", "run", "shell"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
IN_TICKS = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|txt|toml|cfg)|Makefile")
COMMAND = re.compile(r"(?:^ *|`|&& )flask ([a-z][a-z-]*)", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)

OTHER_MACHINES = re.compile(
    r"(?<![\w./-])/(?:work|home|root|Users)/[\w.-]+|(?:pypi|pythonhosted|npmjs|test\.pypi)\.(?:org|com)\b"
)
MADE_LATER = {"instance", ".venv", "node_modules"}  # folders that a checkout gets when it is used


def markdown() -> list[Path]:
    """Every page of the project."""
    return [path for path in committed_files() if path.suffix == ".md"]


@cache
def committed_files() -> tuple[Path, ...]:
    """What git knows, and what it would take in; without git, every file of the project."""
    try:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not MADE_LATER & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in paths if path.is_file()))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- Commands and settings


def test_every_command_is_described(app: Flask):
    text = "\n".join(path.read_text(encoding="utf-8") for path in FOR_PEOPLE)
    ours = set(app.cli.commands) - FLASKS_OWN
    assert ours - set(COMMAND.findall(text)) == set()


@pytest.mark.parametrize("path", markdown(), ids=name)
def test_no_command_is_described_that_does_not_exist(app: Flask, path):
    known = set(app.cli.commands) | FLASKS_OWN
    assert set(COMMAND.findall(path.read_text(encoding="utf-8"))) - known == set()


def test_every_make_target_is_described_and_exists():
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert targets - {"venv"} - set(re.findall(r"\bmake ([a-z]+)", readme)) == set()
    named = {target for path in markdown() for target in re.findall(r"\bmake ([a-z]+)`", path.read_text())}
    assert named - targets - {"lint", "types", "imports", "bench"} == set()


def test_every_setting_stands_in_the_table_with_its_meaning():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", (DOCS / "running.md").read_text(), re.MULTILINE))
    assert set(rows) == {setting.name for setting in SETTINGS}
    assert [name for name, row in rows.items() if len(row.partition(" | ")[2]) < 20] == []


def test_every_variable_that_the_code_reads_is_a_setting():
    known = {setting.name for setting in SETTINGS}
    read = {
        found
        for path in (*(ROOT / "gradebook").rglob("*.py"), ROOT / "gunicorn.conf.py")
        for found in re.findall(r"environ(?:\.get\(|\[|\.setdefault\()\"([A-Z_]+)\"", path.read_text(encoding="utf-8"))
    }
    assert read - known == set()


# --- Links, files and names


@pytest.mark.parametrize("path", markdown(), ids=name)
def test_every_link_leads_somewhere(path):
    assert broken_links(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["[x](nothing-here.md)", "[x](../README.md#nothing-here)", "[x](#nothing-here)"])
def test_a_broken_link_is_found(text):
    assert broken_links(DOCS / "running.md", text) != []


def broken_links(page: Path, text: str) -> list[str]:
    """Links inside the project whose file or heading is missing."""
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, heading = unquote(link).partition("#")
        target = (page.parent / file).resolve() if file else page
        exists = target.exists() and target.is_relative_to(ROOT)
        if not exists or (heading and heading not in headings(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


def headings(text: str) -> set[str]:
    """The anchors that a page's headings get."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in HEADING.findall(text)}


@pytest.mark.parametrize("path", markdown(), ids=name)
def test_every_file_that_is_named_exists(path):
    assert missing_files(path, path.read_text(encoding="utf-8")) == []


def test_a_file_that_does_not_exist_is_found():
    assert missing_files(DOCS / "running.md", "see `gradebook/services/nothing.py`") != []
    assert missing_files(DOCS / "running.md", "see `docs/running.md`, `make run` and `/healthz`") == []


def missing_files(page: Path, text: str) -> list[str]:
    """Paths in ticks that begin with a folder of the project, or name a file, and are not there."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - MADE_LATER
    return [
        named
        for named in IN_TICKS.findall(text)
        if A_PATH.fullmatch(named)
        and ("/" not in named or named.split("/")[0] in folders)
        and not any((folder / named).exists() for folder in (ROOT, page.parent, ROOT / "gradebook"))
    ]


def test_every_name_of_the_glossary_is_in_the_code():
    """Words like `Guardianship`, `next_number()` and `begins_on` are said somewhere in gradebook/."""
    known = code_names()
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    words = [word.removesuffix("()") for word in IN_TICKS.findall(text)]
    said = {part for word in words if re.fullmatch(r"[A-Za-z_]+(\.[a-z_]+)?", word) for part in word.split(".")}
    assert said - known == set()


@cache
def code_names() -> frozenset[str]:
    """Every name and every short text that the package's code says."""
    found: set[str] = {"class"}
    for path in (ROOT / "gradebook").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for field in ("id", "attr", "name", "arg"):
                value = getattr(node, field, None)
                if isinstance(value, str):
                    found.add(value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
                found.add(node.value)
    return frozenset(found)


def test_every_decision_is_listed():
    pages = {path.name for path in (DOCS / "decisions").glob("*.md")} - {"README.md"}
    listed = set(LINK.findall((DOCS / "decisions" / "README.md").read_text(encoding="utf-8")))
    assert pages == listed


def test_every_page_of_the_documentation_can_be_reached_from_the_readme():
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        links = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if ":" not in link]
    assert set(markdown()) - seen == set()


# --- Nothing of anybody's machine


def test_no_file_knows_the_machine_on_which_it_was_written():
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in committed_files()
        if (text := text_of(path)) is not None
        for number, line in enumerate(text.splitlines(), 1)
        if OTHER_MACHINES.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ["path = '/" + "home/ana/gradebook'", "cd /" + "work/main", "https://py" + "pi.org/simple"]
)
def test_a_path_of_a_machine_is_found(line):
    assert OTHER_MACHINES.search(line)


def text_of(path: Path) -> str | None:
    """The file's text; None for pictures and the like."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
