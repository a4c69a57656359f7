"""Runs the tests of the scripts' pure functions, where node is present."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.skipif(not shutil.which("node"), reason="test_javascript.py: node is not installed")
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_pure_functions(name):
    verdict = subprocess.run(["node", "--test", FOLDER / name], capture_output=True, text=True, timeout=60)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
