"""Runs the tests of the scripts' pure functions, where node is present."""

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from gradebook.grading.typed import ScoreError, parse_score

FOLDER = Path(__file__).parent


@pytest.mark.skipif(not shutil.which("node"), reason="test_javascript.py: node is not installed")
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_pure_functions(name):
    verdict = subprocess.run(["node", "--test", FOLDER / name], capture_output=True, text=True, timeout=60)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


NUMBERS = "|0|18|18.5|18,55|.5|,5|5.|1.234|1,2,3|30|31|99999.99|100000|١٨|۹٫۵|٣٠".split("|")
ODD = ("é", "constructor", "\u2003m", "--", "Excellent l", "eXcellent", "NaN", "B+ l")
BEFORE = ("", " ", "-", "\u2212", "+", "\u00a0")
AFTER = ("", "l", " L", "%", "%l", "/20", " / 20", "/20l", "/25", "x", "ll", " %")
WORDS = "m M e ex EX i t T B+ b+ b+l E 5 5.0 El".split()
SCALES: tuple[list[str], ...] = ([], ["A", "B+", "E", "Excellent"], ["5", "4", "3"])
IN_NODE = """
import { read } from %s;
const asked = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
const answers = asked.map(([text, possible, letters, confirmed]) => read(text, possible, { letters, confirmed }));
console.log(JSON.stringify(answers));
"""


def in_python(text: str, possible: int, letters: list[str], confirmed: bool) -> dict[str, Any]:
    """As the browser says it."""
    try:
        score = parse_score(text, possible, letters=letters, confirmed=confirmed)
    except ScoreError as error:
        return {"problem": error.code}
    percent = None if score.percent is None else int(score.percent * 100)
    said = {"points": score.points, "percent": percent, "letter": score.letter}
    known = {name: value for name, value in said.items() if value is not None}
    return {**known, "status": str(score.status), "late": score.late}


@pytest.mark.skipif(not shutil.which("node"), reason="test_javascript.py: node is not installed")
def test_the_browser_reads_scores_as_the_server_does():
    texts = [*WORDS, *ODD, *("".join(parts) for parts in product(BEFORE, NUMBERS, AFTER))]
    asked = list(product(texts, (2000, 0, 1250), SCALES, (False, True)))
    script = IN_NODE % json.dumps(str(FOLDER.parents[1] / "static/js/lib/score-text.js"))
    command = ["node", "--input-type=module", "--eval", script]
    verdict = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60)
    assert verdict.returncode == 0, verdict.stderr
    answers = json.loads(verdict.stdout)
    differing = [(one, answer) for one, answer in zip(asked, answers, strict=True) if answer != in_python(*one)]
    assert not differing, differing[:10]
