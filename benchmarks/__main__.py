"""`python -m benchmarks`: measure, judge, write benchmarks/results.md."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.report import report
from benchmarks.run import Plan, run

RESULTS = Path(__file__).parent / "results.md"


def main() -> int:
    """Measure what the command line asks for."""
    given = _arguments()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    plan = Plan(kinds=kinds, large=given.large)
    if given.quick:
        plan = Plan(kinds=kinds, rounds=12, seconds=30, large=False, crowd_seconds=1, loads=3)
    with tempfile.TemporaryDirectory(prefix="gradebook-benchmarks-") as folder:
        found = run(plan, Path(folder), lambda words: print(words, file=sys.stderr, flush=True))
    page = report(found, _command(given))
    print(page)
    if given.out:
        given.out.write_text(page, encoding="utf-8")
        print(f"Written to {given.out}", file=sys.stderr)
    return 0


def _command(given: argparse.Namespace) -> str:
    """What makes the same run again; where it was written does not matter."""
    words = ["--quick"] if given.quick else [] if given.large else ["--no-large"]
    words += [] if given.database == "both" else [f"--database {given.database}"]
    return " ".join(["python -m benchmarks", *words]) if words else "make bench"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, without the large school: under 2 minutes")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--no-large", dest="large", action="store_false", help="without the school of 500 classes")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the table is written (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
