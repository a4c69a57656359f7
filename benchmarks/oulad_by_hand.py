"""Exported grades of OULAD, worked out again from the raw files: without the product, in plain fractions.

`python -m benchmarks.oulad_by_hand FOLDER EXPORTS` reads what `flask export-grades --format json` printed for each
presentation (EXPORTS/AAA-2013J.json …), takes 30 students by chance (SEED) and compares every amount of both totals:
of each line, each category and the whole. Only the standard library, and nothing of `gradebook`, is used here.
"""

import csv
import gzip
import json
import random
import sys
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

SEED = 2026
STUDENTS = 30

OUR_OWN = ("own", "weights")
"""What only the working here needs."""

Row = dict[str, str]
Presentation = tuple[str, str]


class Piece(NamedTuple):
    """One assessment of one student."""

    title: str
    weight: Fraction
    score: Fraction | None
    what: str
    """As the export names it in the current total."""


class Files:
    """The raw files, with what a student's grade needs at hand."""

    def __init__(self, folder: Path) -> None:
        self.lengths = {_presentation(row): int(row["module_presentation_length"]) for row in _rows(folder, "courses")}
        self.joined = {
            (*_presentation(row), row["id_student"]): int(row["date_registration"] or 0)
            for row in _rows(folder, "studentRegistration")
        }
        self.assessments: dict[Presentation, list[Row]] = {key: [] for key in self.lengths}
        for row in _rows(folder, "assessments"):
            self.assessments[_presentation(row)].append(row)
        self.results = {
            (row["id_assessment"], row["id_student"]): row["score"] for row in _rows(folder, "studentAssessment")
        }
        scored = {assessment for assessment, _ in self.results}
        self.with_exam = {
            key
            for key, some in self.assessments.items()
            if any(row["assessment_type"] == "Exam" and row["id_assessment"] in scored for row in some)
        }

    def pieces(self, key: Presentation, student: str, exams: bool) -> list[Piece]:
        """The student's assessments of one category, in the order of the file."""
        found, numbers = [], dict[str, int]()
        for row in self.assessments[key]:
            kind = row["assessment_type"]
            numbers[kind] = numbers.get(kind, 0) + 1
            if (kind == "Exam") == exams:
                score = self.results.get((row["id_assessment"], student))
                what = self._what(key, student, row, score)
                title = f"{kind} {numbers[kind]}"
                found.append(Piece(title, Fraction(row["weight"]), Fraction(score) if score else None, what))
        return found

    def _what(self, key: Presentation, student: str, row: Row, score: str | None) -> str:
        if score:
            return "counted"
        # It is due at the end of its day: before who joins on the next one.
        due = int(row["date"]) if row["date"] else self.lengths[key]
        if due < self.joined[*key, student]:
            return "not_assigned"
        return "not_graded" if score is None else "turned_in"


def expected(files: Files, key: Presentation, student: str, final: bool) -> dict[str, Any]:
    """One total with the amounts that the export must have."""
    half = key in files.with_exam
    parts = [
        _part(files.pieces(key, student, exams), Fraction(weight), final)
        for exams, weight in ((False, 50 if half else 100), (True, 50 if half else 0))
    ]
    together = sum((part["weight"] for part in parts if part["exact"] is not None), Fraction(0))
    scaled = 100 / together if 0 < together < 100 else None
    for part in parts:
        takes_part = part["exact"] is not None and together
        part["share"] = part["weight"] * (scaled or 1) if takes_part else None
        part["contribution"] = part["share"] * part["exact"] / 100 if takes_part else Fraction(0)
        for line in part["lines"]:
            _bring(line, part)
    exact = sum((part["contribution"] for part in parts), Fraction(0)) if together else None
    return {"percent": _rounded(exact), "exact": exact, "weight_sum": together, "scaled_by": scaled, "parts": parts}


def _part(pieces: list[Piece], weight: Fraction, final: bool) -> dict[str, Any]:
    lines = []
    for piece in pieces:
        what, value = piece.what, piece.score
        if final and what in ("not_graded", "turned_in"):
            what, value = "as_zero", Fraction(0)
        lines.append({
            "title": piece.title, "what": what, "typed": piece.score, "own": piece.weight,
            "earned": value or Fraction(0), "possible": Fraction(0 if value is None else 100),
        })  # fmt: skip
    weights = sum((line["own"] for line in lines if line["possible"]), Fraction(0))
    top = sum((line["own"] * line["earned"] for line in lines), Fraction(0))
    return {
        "weight": weight, "weights": weights, "exact": top / weights if weights else None, "lines": lines,
        "earned": sum((line["earned"] for line in lines), Fraction(0)),
        "possible": sum((line["possible"] for line in lines), Fraction(0)),
    }  # fmt: skip


def _bring(line: dict[str, Any], part: dict[str, Any]) -> None:
    decides = part["share"] is not None and line["possible"] and line["own"]
    line["share"] = part["share"] * line["own"] / part["weights"] if decides else None
    line["contribution"] = line["share"] * line["earned"] / 100 if decides else Fraction(0)


def differences(wanted: dict[str, Any], found: dict[str, Any], where: str) -> Iterator[str]:
    """What is not the same: amounts by their value, words as they are."""
    for name, value in wanted.items():
        if name in ("parts", "lines"):
            if len(value) != len(found[name]):
                yield f"{where}: {len(found[name])} {name} instead of {len(value)}"
            for at, (one, other) in enumerate(zip(value, found[name], strict=False), start=1):
                yield from differences(one, other, f"{where}, {name} {at}")
        elif name not in OUR_OWN and (found[name] if name in ("title", "what") else _amount(found[name])) != value:
            yield f"{where}: {name} is {found[name]}, by hand {value}"


def compare(folder: Path, exports: Path) -> list[str]:
    """The differences of the chosen students; prints who they are."""
    files = Files(folder)
    everyone = [
        (tuple(path.stem.split("-")), entry)
        for path in sorted(exports.glob("*.json"))
        for entry in json.loads(path.read_text("utf-8"))["students"]
    ]
    chosen = random.Random(SEED).sample(everyone, STUDENTS)
    wrong: list[str] = []
    for (module, code), entry in chosen:
        student, grade = entry["student_id"], entry["grade"]
        for total in ("current", "final"):
            wanted = expected(files, (module, code), student, final=total == "final")
            wrong += differences(wanted, grade[total], f"{student} in {module} {code}, {total}")
        totals = f"current {entry['current'] or '–':>6}  final {entry['final'] or '–':>6}"
        print(f"{module} {code}  student {student:>8}  {totals}")
    return wrong


def _presentation(row: Row) -> Presentation:
    return row["code_module"], row["code_presentation"]


def _rows(folder: Path, name: str) -> Iterator[Row]:
    path = folder / f"{name}.csv"
    opened: Any = path.open(newline="") if path.exists() else gzip.open(f"{path}.gz", "rt")  # noqa: SIM115
    with opened as file:
        for row in csv.DictReader(file):
            yield {key: "" if value == "?" else value for key, value in row.items()}


def _amount(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _rounded(exact: Fraction | None) -> Fraction | None:
    if exact is None:
        return None
    with localcontext() as context:
        context.prec = 60
        # Cut far behind, which cannot move a half.
        cut = Decimal(exact.numerator * 10**20 // exact.denominator).scaleb(-20)
        return Fraction(cut.quantize(Decimal("0.01"), ROUND_HALF_UP))


def main() -> int:
    """Compare, and say what differs."""
    wrong = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"\n{STUDENTS} students, both totals with all their lines: {len(wrong)} differences")
    for line in wrong[:20]:
        print(" ", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
