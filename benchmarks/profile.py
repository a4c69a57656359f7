"""`python -m benchmarks.profile "grid"`: where the time of one page goes, inside this process."""

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.databases import databases, fill
from benchmarks.inside import Inside
from benchmarks.pages import PASSWORD, School
from benchmarks.run import PAGES, SMALL
from benchmarks.workload import GROWTH, Workload
from gradebook.services.passwords import hash_password


def main() -> None:
    """Profile the page that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("page", choices=PAGES)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--sort", choices=("cumtime", "tottime"), default="cumtime")
    parser.add_argument("--lines", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, databases(Path(name), (given.database,)) as makers:
        workload = Workload(datetime.now(UTC).date(), hash_password(PASSWORD), sections=SMALL, growth=GROWTH)
        database = fill(given.database, makers[given.database].create(), workload, Path(name))
        profile(School(database.app, workload, lambda: Inside(database.app)), given)


def profile(school: School, given: argparse.Namespace) -> None:
    """Print the statements, the processor time of one request, and the functions."""
    ask = PAGES[given.page][0]
    ask(school)
    for answer in ask(school):
        print(f"{answer.status}, {len(answer.body):,} bytes, {len(answer.statements)} statements")
        for statement in answer.statements:
            print("   ", " ".join(statement.split())[:160])
    gc.collect()
    gc.disable()
    print(f"{median(_computed(ask, school) for _ in range(given.times)) * 1000:.2f} ms of the processor\n")
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(given.times):
        ask(school)
    profiler.disable()
    pstats.Stats(profiler).sort_stats(given.sort).print_stats(given.lines)


def _computed(ask, school: School) -> float:  # type: ignore[no-untyped-def]
    begin = time.process_time()
    ask(school)
    return time.process_time() - begin


if __name__ == "__main__":
    main()
