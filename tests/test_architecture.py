"""The shape of the code: which way imports point, and who may know of the request."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")

# These are handed the person and what they need; they never look at the request themselves.
UNAWARE_OF_THE_REQUEST = ("models", "policy", "services", "interchange", "grading")
REQUEST = {
    "flask": {"request", "session", "g"},
    "flask_login": {"current_user", "login_user", "logout_user"},
}

needs_linter = pytest.mark.skipif(
    not LINTER.exists(), reason="test_architecture.py: import-linter is not installed (requirements-dev.txt)"
)


@needs_linter
def test_imports_point_one_way():
    verdict = check_imports(ROOT)
    assert verdict.returncode == 0, verdict.stdout


@needs_linter
@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("models/school.py", "gradebook.services"),
        ("policy/facts.py", "gradebook.web.login"),
        ("services/audit.py", "gradebook.web.requests"),
        ("grading/scales.py", "gradebook.policy"),
        ("database.py", "gradebook.models"),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path, lower, higher):
    shutil.copytree(ROOT / "gradebook", tmp_path / "gradebook", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    with (tmp_path / "gradebook" / lower).open("a") as file:
        file.write(f"\nimport {higher}\n")
    verdict = check_imports(tmp_path)
    assert verdict.returncode != 0
    assert f"gradebook.{lower.removesuffix('.py').replace('/', '.')} -> {higher}" in verdict.stdout


def check_imports(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [LINTER, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("package", UNAWARE_OF_THE_REQUEST)
def test_the_inner_packages_do_not_know_the_request(package):
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "gradebook" / package).rglob("*.py")
        for name in names_of_the_request(path.read_text())
    }
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "from flask import request",
        "from flask import session as cookie",
        "from flask_login import current_user",
        "import flask",
        "def later():\n    from flask import g",
    ],
)
def test_a_look_at_the_request_is_found(line):
    assert list(names_of_the_request(line))


def names_of_the_request(source: str) -> Iterator[str]:
    """What a module imports of the request: a name of it, or the whole package that has them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            forbidden = REQUEST.get(node.module or "", set())
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name in forbidden)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in REQUEST)


def test_the_calculation_needs_the_standard_library_only():
    found = {
        f"{path.name}: {module}"
        for path in (ROOT / "gradebook" / "grading").rglob("*.py")
        for module in imported_modules(path.read_text())
        if not allowed_in_the_calculation(module)
    }
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "import sqlalchemy",
        "from gradebook.models import Score",
        "from gradebook import clock",
        "from ..models import Score",
    ],
)
def test_a_dependency_of_the_calculation_would_be_found(line):
    (module,) = imported_modules(line)
    assert not allowed_in_the_calculation(module)


def allowed_in_the_calculation(module: str) -> bool:
    """Python's own modules and its siblings (`from .values import Mark`)."""
    sibling = module.startswith(".") and not module.startswith("..")
    return sibling or module.startswith("gradebook.grading") or module.partition(".")[0] in sys.stdlib_module_names


def imported_modules(source: str) -> set[str]:
    """The modules that a module imports from, as written, wherever in it the import stands."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {"." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)}
    return plain | named
