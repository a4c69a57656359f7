"""The last row of the grid in the browser says what the server says."""

import json
import random
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from gradebook.grading.averages import mean_percent, mean_points
from gradebook.grading.cells import typed_points
from gradebook.grading.scales import letter_percent, percent_text
from gradebook.grading.values import GradingScale, Mark, Work

LIBRARY = Path(__file__).parents[2] / "static/js/lib/averages.js"
LETTERS = GradingScale.of([("A", Decimal("92.5")), ("B", Decimal("92.25")), ("C", Decimal("70")), ("F", Decimal(0))])
IN_NODE = """
import { amountOf, meanPercent, meanPoints, numberText } from %s;
const { classes, worth } = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
console.log(JSON.stringify(classes.map(({ possible, scores, totals }) => [
  numberText(meanPoints(scores.map((score) => amountOf(score, possible, worth)))),
  numberText(meanPercent(totals)),
])));
"""


def random_score(chance):
    """As score-text.js reads it: points or percent in hundredths, or a letter."""
    kind = chance.choice(["points", "points", "percent", "letter"])
    return {kind: chance.choice("ABCF") if kind == "letter" else chance.randrange(0, 15_000)}


def in_python(one):
    work = Work(1, 0, possible=one["possible"])
    amounts = [
        typed_points(
            LETTERS,
            work,
            Mark(
                score.get("points"),
                Fraction(score["percent"], 100) if "percent" in score else None,
                score.get("letter"),
            ),
        )
        for score in one["scores"]
    ]
    means = (
        mean_points([amount for amount in amounts if amount is not None]),
        mean_percent([Decimal(total).scaleb(-2) for total in one["totals"]]),
    )
    return ["–" if mean is None else percent_text(mean) for mean in means]


@pytest.mark.skipif(not shutil.which("node"), reason="test_averages.py: node is not installed")
def test_the_browser_takes_averages_as_the_server_does():
    chance = random.Random(5)
    classes = [
        {
            "possible": chance.choice([0, 700, 2000, 3333, 9_999_999]),
            "scores": [random_score(chance) for _ in range(chance.randrange(0, 40))],
            "totals": [chance.randrange(0, 12_000) for _ in range(chance.randrange(0, 40))],
        }
        for _ in range(2000)
    ]
    worth = {label: int(letter_percent(LETTERS, label) * 100) for label in LETTERS.labels}
    command = ["node", "--input-type=module", "--eval", IN_NODE % json.dumps(str(LIBRARY))]
    asked = json.dumps({"classes": classes, "worth": worth})
    verdict = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60)
    assert verdict.returncode == 0, verdict.stderr
    answers = json.loads(verdict.stdout)
    differing = [(one, answer) for one, answer in zip(classes, answers, strict=True) if answer != in_python(one)]
    assert not differing, differing[:3]
