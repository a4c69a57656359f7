"""The results as Markdown, with a verdict for each goal and no flattery."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks import goals
from benchmarks.goals import GOALS, Goal
from benchmarks.judging import BUSY, NOISY, WAITED, Verdict, judge, p95, spread, waited
from benchmarks.measuring import Case
from benchmarks.run import Measured, chromium_version

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COLUMNS = (
    "", "what", "median, ms", "p95", "least", "computed", "floor", "x floor", "bound", "goal", "verdict", "statements",
    "bytes", "sent",
)  # fmt: skip
FLOORS = (
    "hello", "joined table", "hash", "8 KiB to the disk", "rows of a grid", "rows of 30 × 160", "rows of a student",
    "one write", "30 written", "1,200 written",
)  # fmt: skip


def report(found: Measured, command: str) -> str:
    """The whole page."""
    why, moved = _why_noisy(found), _moved(found)
    noisy = bool(why) or ("hello", "") in moved
    parts = [
        "# Results",
        _head(found, command),
        _warning(why) if why else "",
        _about(moved) if moved else "",
        "## Floors",
        _floors(found),
        "## Pages and saves",
        _explained(),
        *(f"### {NAMES[kind]}\n\n{_pages(found, kind, noisy)}" for kind in found.plan.kinds),
        "## Other goals",
        _others(found, noisy),
        "## Not measured",
        _missing(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(found: Measured, command: str) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{NAMES[kind]} {version}" for kind, version in found.versions.items())
    facts = [
        f"Made by `{command}` on {datetime.now(UTC):%d %B %Y}, in {found.took:.0f} s.",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}; "
        f"Python {platform.python_version()}; {versions}; {chromium_version() or 'no browser'}.",
        f"gunicorn with 2 workers and the settings of `gunicorn.conf.py`; {found.rounds} rounds, all pages and floors "
        "in turn; client, server and databases share the cores; load before the run "
        f"{found.load:.1f}.",
        "Loaded in: " + ", ".join(f"{where} {seconds:.0f} s" for where, seconds in found.loading.items()) + ".",
    ]
    return "\n".join(facts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


# --- Floors


def _all_floors(found: Measured) -> list[Case]:
    return [case for (key, _where), case in found.cases.items() if key in FLOORS and case.samples]


def _judging_floors(found: Measured) -> list[Case]:
    """The floors that goals are measured against; the disk alone moves too much to say anything of the rest."""
    return [case for case in _all_floors(found) if case.key != "8 KiB to the disk" and len(case.samples) >= 10]


def _table_row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


Moved = dict[tuple[str, str], float]
"""Floors, by key and database, that moved too much during the run, and by how much."""


def _moved(found: Measured) -> Moved:
    spreads = {(case.key, case.where): spread(case.samples) for case in _judging_floors(found)}
    return {floor: times for floor, times in spreads.items() if times > NOISY}


def _about(moved: Moved) -> str:
    floors = "; ".join(f"{key}{', ' + where if where else ''} ({times:.1f}x)" for (key, where), times in moved.items())
    return f"> These floors moved by more than {NOISY:g}x: {floors}. No time that is measured against them passes."


def _why_noisy(found: Measured) -> str:
    """Why no time of this run says anything, whatever it is measured against; empty when the machine was quiet."""
    parts = []
    if found.load > BUSY:
        parts.append(f"the machine was busy when the run began (load {found.load:.1f})")
    for case in _computing(found):
        times = waited(case.samples, case.computed)
        if times > WAITED:
            parts.append(f"{case.key} took {times:.1f}x its own processor time, so other programs had the processor")
    return "; ".join(parts)


def _computing(found: Measured) -> list[Case]:
    """What needs nothing but the processor: floors that only compute, and pages whose database is in the worker."""
    cases = [found.case(key, "sqlite") for key in ("hash", "joined table", "grid", "student home")]
    return [case for case in cases if case and case.computed]


def _warning(why: str) -> str:
    return f"> **Noisy run**: {why}. No time of this run passes a goal; run it again on a quiet machine."


def _floors(found: Measured) -> str:
    rows = ["| floor | | before, ms | during: min | median | p95 | spread |", "|---|---|---|---|---|---|---|"]
    for case in _all_floors(found):
        before = found.first_floors[case.key, case.where].samples
        rows.append(
            f"| {case.key} | {_where(case.where)} | {_ms(median(before))} | {_ms(min(case.samples))} "
            f"| {_ms(case.median)} | {_ms(case.p95)} | {spread(case.samples):.1f}x |"
        )
    return "\n".join(rows)


def floors_of(found: Measured, where: str) -> dict[str, float]:
    """Medians of what a school on a database is measured against."""
    return {case.key: case.median for case in _all_floors(found) if case.where in ("", where)}


# --- Pages


def _explained() -> str:
    return """*Bound*: the goal as a multiple of the floors above (`benchmarks/goals.py`), which is what the verdict
goes by; *goal* is the time where the goals were set, for reading. *Least* is the quickest answer. *Computed* is the
processor time of the workers, without the database's: what other programs do meanwhile is not in it. *Statements* are
counted for each request (the form, the post, the way home and the landing of a sign-in apart), with their bound."""


def _pages(found: Measured, kind: str, noisy: bool) -> str:
    floors, moved = floors_of(found, kind), _moved(found)
    rows = [
        _table_row(COLUMNS),
        "|---" * len(COLUMNS) + "|",
    ]
    for goal in GOALS:
        if case := found.case(goal.case, kind):
            unsteady = any((key, where) in moved for key in goal.floors(floors) for where in ("", kind))
            rows.append(_row(goal, case, floors, noisy or unsteady))
            rows += _part_rows(goal, case)
    return "\n".join(rows)


def _row(goal: Goal, case: Case, floors: dict[str, float], noisy: bool) -> str:
    floor = goal.plus(floors) + goal.floor(floors)
    bound = goal.bound(floors)
    verdict = judge(case.median, bound, noisy=noisy)
    goal_ms = f"{goal.milliseconds:g}" + (" + hash" if goal.plus(floors) else "")
    computed = _ms(median(case.computed)) if case.computed else ""
    cells = (
        goal.number, goal.title, f"**{_ms(case.median)}**", _ms(case.p95), _ms(min(case.samples)), computed, _ms(floor),
        f"{case.median / floor:.1f}x", _ms(bound), goal_ms, verdict, _statements(goal, case), *_sizes(goal, case),
    )  # fmt: skip
    return _table_row(cells)


def _part_rows(goal: Goal, case: Case) -> list[str]:
    """Of each request alone: the sum is what is judged."""
    rows = []
    for title, seconds in zip(goal.parts, zip(*case.parts, strict=True), strict=False):
        cells = ("", f"… {title}", _ms(median(seconds)), _ms(p95(seconds)), _ms(min(seconds)))
        rows.append(_table_row((*cells, *[""] * (len(COLUMNS) - len(cells)))))
    return rows


def _statements(goal: Goal, case: Case) -> str:
    if not case.statements:
        return ""
    counts = [len(statements) for statements in case.statements]
    limits = goal.statements
    over = any(count > limit for count, limit in zip(counts, limits, strict=False) if limit)
    words = " + ".join(str(count) for count in counts)
    bound = " + ".join(str(limit) if limit else "–" for limit in limits)
    return f"{words} of {bound}{' **over**' if over else ''}"


def _sizes(goal: Goal, case: Case) -> tuple[str, str]:
    """Bytes as they are read and as they were sent; of several answers the last."""
    if not case.answers:
        return "", ""
    last = case.answers[-1]
    return _size(len(last.body), goal.largest), _size(len(last.sent), goal.largest_sent)


def _size(value: int, most: int | None) -> str:
    return f"{value:,}" + (f" **over {most:,}**" if most and value > most else "")


# --- The goals that are not the time of one page


def _others(found: Measured, noisy: bool) -> str:
    rows = ["| | what | | value | goal | verdict |", "|---|---|---|---|---|---|"]
    for kind in found.plan.kinds:
        rows += _tail(found, kind, noisy) + _payload(found, kind) + _busy(found, kind, noisy)
        rows += _school_growth(found, kind, noisy)
    rows += _sqlite(found, noisy) + _browser(found, noisy) + _typing(found, noisy) + _start(found, noisy)
    return "\n".join(rows)


def _line(number: str, what: str, where: str, value: str, goal: str, verdict: str) -> str:
    return f"| {number} | {what} | {_where(where)} | {value} | {goal} | {verdict} |"


def _tail(found: Measured, kind: str, noisy: bool) -> list[str]:
    case = found.case("grid", kind)
    if case is None:
        return []
    tail = case.p95 / case.median
    return [
        _line(
            "P2", "p95 of the grid over its median", kind, f"{tail:.1f}x", "2.2x", judge(tail, goals.TAIL, noisy=noisy)
        )
    ]


def _payload(found: Measured, kind: str) -> list[str]:
    small, usual = found.case("grid 30 × 10", kind), found.case("grid", kind)
    if small is None or usual is None:
        return []
    extra = (len(usual.answers[0].body) - len(small.answers[0].body)) / (30 * 30)
    return [_line("P3", "bytes of each further cell", kind, f"{extra:.0f}", "90", judge(extra, goals.BYTES_PER_CELL))]


def _busy(found: Measured, kind: str, noisy: bool) -> list[str]:
    busy = found.busy.get(kind)
    if busy is None:
        return []
    lines = [_line("", "hello, 8 clients", kind, f"{busy.hello:.0f}/s", "", "")]
    for key, bound in goals.THROUGHPUT.items():
        rate = busy.rates.get(key, 0.0)
        verdict = judge(bound / max(rate, 0.001), 1.0, noisy=noisy)
        lines.append(_line("P16", f"{key}, 8 clients", kind, f"{rate:.0f}/s", f"{bound}/s", verdict))
    if busy.grid_times:
        late = Case("", "", lambda: 0.0, samples=busy.grid_times).p95
        verdict = judge(late, goals.CROWD_P95, noisy=noisy)
        lines.append(_line("P17", "grid, 32 clients, p95", kind, f"{_ms(late)} ms", "200 ms", verdict))
    wrong = len(busy.errors)
    words = f"{wrong}" + (f" ({busy.errors[0][:120]})" if wrong else "")
    lines.append(_line("P17", "errors in all crowds", kind, words, "0", Verdict.MET if not wrong else Verdict.MISSED))
    same = busy.saved == busy.kept and busy.saved > 0
    value = f"{busy.saved} answered, {busy.kept} in the history"
    lines.append(_line("P17", "saves of 32 clients", kind, value, "the same", Verdict.MET if same else Verdict.MISSED))
    return lines


def _school_growth(found: Measured, kind: str, noisy: bool) -> list[str]:
    lines = []
    for (key, where), large in found.cases.items():
        small = found.case(key, kind)
        if where != f"{kind}, 500" or key in FLOORS or small is None or not large.samples:
            continue
        ratio = large.median / small.median
        value = f"{_ms(small.median)} → {_ms(large.median)} ms, {ratio:.2f}x"
        verdict = judge(ratio, goals.SCHOOL_GROWTH, noisy=noisy)
        if verdict == Verdict.NEAR and ratio > 1.25:
            verdict = Verdict.MISSED
        lines.append(_line("P19", f"{key}, 50 → 500 classes", kind, value, "1.10x", verdict))
    return lines


def _sqlite(found: Measured, noisy: bool) -> list[str]:
    lines = []
    for goal in GOALS:
        light, heavy = found.case(goal.case, "sqlite"), found.case(goal.case, "postgresql")
        if goal.reads and light and heavy and light is not heavy:
            ratio = light.median / heavy.median
            lines.append(f"{goal.title} {ratio:.2f}x" + (" **over**" if ratio > goals.SQLITE else ""))
    if not lines:
        return []
    over = sum("**over**" in line for line in lines)
    verdict = Verdict.NOISY if noisy else Verdict.MET if not over else f"{len(lines) - over} of {len(lines)} met"
    return [_line("P21", "SQLite's time over PostgreSQL's", "", "; ".join(lines), "0.9x", verdict)]


def _browser(found: Measured, noisy: bool) -> list[str]:
    lines = []
    for key, seen in found.browser.items():
        budget = 100_000 if key == "grid" else 57_000
        load = judge(seen.load, 0.12, noisy=noisy)
        lines += [
            _line("P4", f"{key}: nodes", "", f"{seen.nodes:,}", "3,500", judge(seen.nodes, 3500)),
            _line("P4", f"{key}: load event, warm", "", f"{_ms(seen.load)} ms", "120 ms", load),
            _line(
                "P5", f"{key}: first visit", "", f"{seen.transferred:,} bytes, {seen.requests} requests",
                f"{budget:,}", judge(seen.transferred, budget),
            ),
            _line(
                "P5", f"{key}: requests of a later visit", "", f"{seen.later_requests}", "1",
                Verdict.MET if seen.later_requests <= 1 else Verdict.MISSED,
            ),
        ]  # fmt: skip
    return lines


def _typing(found: Measured, noisy: bool) -> list[str]:
    lines = []
    for typed in found.typed:
        for number, what, name, bound in (
            ("P8", "Enter to the saved cell", "saved", goals.SAVED),
            ("P8", "Enter to the focus in the next cell", "focused", goals.FOCUSED),
            ("", "a key to the frame that shows it", "drawn", goals.DRAWN[typed.size]),
        ):
            times, floor = getattr(typed, name), typed.floor(name)
            of = f", {median(times) / floor:.1f}x a bare table" if floor else ""
            value = f"{_ms(p95(times))} ms (median {_ms(median(times))}{of})"
            verdict = judge(p95(times), bound, noisy=noisy)
            lines.append(_line(number, f"{typed.size}: {what}, p95", "", value, f"{_ms(bound)} ms", verdict))
        for what, value in (("first paint, warm", typed.first_paint), ("takes keys, warm", typed.ready)):
            lines.append(_line("", f"{typed.size}: {what}", "", f"{_ms(value)} ms", "", ""))
        if typed.bare is not None:
            bare = f"{_ms(typed.bare.first_paint)} ms, {_ms(typed.bare.ready)} ms"
            lines.append(_line("", f"{typed.size}: the same two of a bare table", "", bare, "", ""))
    return lines


def _start(found: Measured, noisy: bool) -> list[str]:
    lines = []
    for kind in found.plan.kinds:
        start = found.starts[kind]
        bound = goals.START * floors_of(found, kind)["hello"]
        verdict = judge(start, bound, noisy=noisy)
        lines += [
            _line("P22", "start to the first page", kind, f"{_ms(start)} ms", f"700 ms, here {_ms(bound)}", verdict),
            _memory("a worker's memory at its first page", kind, *found.first_memory[kind]),
            _memory("a worker's memory after all of this", kind, *found.memory[kind]),
        ]
    install = f"{found.install:.1f} s"
    lines.append(
        _line("P22", "nothing to an empty school", "sqlite", install, "5 s", judge(found.install, goals.INSTALL))
    )
    return lines


def _memory(what: str, kind: str, resident: float, proportional: float) -> str:
    verdict = max(judge(resident, goals.RESIDENT), judge(proportional, goals.PROPORTIONAL), key=_rank)
    found = f"{resident:.0f} MB, {proportional:.0f} MB"
    return _line("P22", f"{what}: resident, proportional", kind, found, "80 MB, 35 MB", verdict)


def _rank(verdict: Verdict) -> int:
    return list(Verdict).index(verdict)


def _missing(found: Measured) -> str:
    problems: dict[str, str] = {}
    for (key, where), case in found.cases.items():
        if case.problem:
            problems.setdefault(f"{key}: {case.problem.splitlines()[0][:300]}", where)
    lines = [f"- {problem} ({where})" for problem, where in problems.items()]
    lines += [f"- {note}" for note in found.notes]
    if found.browser_missing:
        lines.append(f"- The browser: {found.browser_missing}.")
    if not found.plan.large:
        lines.append("- P19, growth of the school from 50 to 500 classes: not part of this run (`--large`).")
    if found.typing_missing:
        lines.append(f"- P8, typing in the browser: {found.typing_missing}.")
    return "\n".join(lines)


def _where(where: str) -> str:
    for kind, name in NAMES.items():
        where = where.replace(kind, name)
    return where


def _ms(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
