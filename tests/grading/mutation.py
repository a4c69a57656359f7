"""A plugin for pytest that runs the tests against every mutant that mutmut has made (README.md says how).

mutmut starts pytest again for each of some 4,000 mutants. Here pytest collects once and forks for each mutant; the
tests that touch the mutated function run in turn, quickest first, until one fails.

MUTANTS (a pattern such as gradebook.grading.drops.*) chooses, EVERY (such as 6: every sixth) or SAMPLE (so many, drawn
with SEED) takes a part of them. OUTCOME is the file to which the outcome of each is added; what stands there already is
not run again.
"""

import json
import os
import signal
import sys
from collections import defaultdict
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Any

import mutmut.mutation.trampoline as trampoline
import pytest
from _pytest.runner import runtestprotocol

MOST_SECONDS = 20.0
"""Of processor time: a mutant may never end. Far above what all the tests of a function take."""


FEW = 10


def pytest_runtestloop(session: pytest.Session) -> bool:
    stats = json.loads(Path("mutmut-stats.json").read_text("utf-8"))
    items = _by_function(session.items, stats)
    outcome = Path(os.environ["OUTCOME"])
    done = {line.split()[0] for line in outcome.read_text("utf-8").splitlines()} if outcome.exists() else set()
    for name in _chosen():
        if name not in done:
            found = _outcome(name, items[name.rpartition("__mutmut_")[0]])
            with outcome.open("a", encoding="utf-8") as file:
                file.write(f"{name} {found}\n")
    return True


def _by_function(items: list[pytest.Item], stats: dict[str, Any]) -> dict[str, list[pytest.Item]]:
    """The tests of each function, quickest first; of one that few tests touch, all tests of its module.

    What is cached is called only by the first test that needs it, and many more would notice a change.
    """
    seconds, touching = stats["duration_by_test"], stats["tests_by_mangled_function_name"]
    by_id = {item.nodeid: item for item in items}
    of_module: dict[str, set[str]] = defaultdict(set)
    for function, tests in touching.items():
        of_module[_module_of(function)].update(tests)
    found: dict[str, list[pytest.Item]] = defaultdict(list)
    for function in touching:
        tests = touching[function] if len(touching[function]) >= FEW else of_module[_module_of(function)]
        ordered = sorted(tests, key=lambda test: seconds.get(test, 0))
        found[function] = [by_id[test] for test in ordered if test in by_id]
    return found


def _module_of(function: str) -> str:
    return ".".join(function.split(".")[:3])


def _chosen() -> list[str]:
    """Every so many of the mutants of the pattern in their order; or a sample in the order of drawing, so that what was
    tried of it when it is ended early is a sample too."""
    pattern, every = os.environ.get("MUTANTS", "*"), int(os.environ.get("EVERY", "1"))
    names: list[str] = []
    for meta in sorted(Path("gradebook/grading").glob("*.meta")):
        names += json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    names = [name for name in names if fnmatch(name, pattern)]
    if "SAMPLE" not in os.environ:
        return names[::every]
    return Random(os.environ.get("SEED")).sample(names, min(len(names), int(os.environ["SAMPLE"])))


def _outcome(name: str, items: list[pytest.Item]) -> str:
    """killed, survived, endless, or no_tests."""
    if not items:
        return "no_tests"
    child = os.fork()
    if child == 0:
        _run(name, items)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "endless" if os.WTERMSIG(status) == signal.SIGPROF else "killed"
    return "killed" if os.WEXITSTATUS(status) else "survived"


def _run(name: str, items: list[pytest.Item]) -> None:
    trampoline.get_mutant_under_test = lambda: name
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
        for item in items:
            if any(report.failed for report in runtestprotocol(item, log=False)):
                os._exit(1)
    os._exit(0)
