"""What typing into the grid is like in a real browser: from the key to the frame that shows it, and to the saved cell.

Two classes, of 35 × 40 and of 100 × 60, in a school of their own. Scores go into the whole first column as quickly as
the browser takes them, then one by one, each waited for. Frames are drawn as soon as there is something to draw: a
screen adds the wait for its next refresh. By itself: `python -m benchmarks.typing`.

The floor is a bare table of the same size in the same browser, typed into in the same way: columns of one width, no
other style, and the few lines of script that open a field in a cell, put its text back and go on. It saves nothing.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.client import Client
from benchmarks.databases import databases, fill
from benchmarks.judging import p95
from benchmarks.pages import PASSWORD, School, section_path
from benchmarks.servers import Server
from benchmarks.window import SWITCHES, why_not
from benchmarks.workload import Workload
from gradebook.services.passwords import hash_password
from tools.find_chromium import find_chromium

SIZES = ((35, 40), (100, 60))
SCORES = 30
"""Typed quickly, and as many one by one."""
AS_SOON_AS_DRAWN = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]

# In the page, before its own scripts: times in milliseconds from the moment at which the browser got the key.
WATCH = """(() => {
    const seen = window.seen = { ready: 0, drawn: [], focused: [], saved: [] };
    let entered = null, next = null;
    addEventListener("keydown", ({ key, timeStamp }) => {
        requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => seen.drawn.push(performance.now() - timeStamp);
            after.port2.postMessage(null);
        });
        if (key === "Enter") entered = next = timeStamp;
    }, true);
    addEventListener("focusin", ({ target }) => {
        if (next === null || !target.closest("td")) return;
        seen.focused.push(performance.now() - next);
        next = null;
    }, true);
    new MutationObserver((changes) => {
        for (const { target, attributeName } of changes) {
            if (attributeName === "role") {
                if (!seen.ready && target.getAttribute("role") === "grid") seen.ready = performance.now();
            } else if (entered !== null && target.dataset.waiting === "0") {
                seen.saved.push(performance.now() - entered);
                entered = null;
            }
        }
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["role", "data-waiting"] });
})()"""
FORGET = "() => { for (const list of [seen.drawn, seen.focused, seen.saved]) list.length = 0; }"
# Not with the tools that evaluate texts again and again in the page: its policy forbids that.
LOADED = """() => new Promise((tell) => {
    const look = () => {
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        if (paint && seen.ready) tell([paint.startTime, seen.ready]);
        else setTimeout(look, 20);
    };
    look();
})"""
ALL_DRAWN = """(keys) => new Promise((tell) => {
    const look = () => seen.drawn.length === keys ? tell() : setTimeout(look, 20);
    look();
})"""
NOTHING_WAITS = ".save[data-waiting='0']"
BARE = "/bare"
BARE_PAGE = """<!doctype html><title>Bare</title>
<style>div { height: 700px; overflow: auto } table { table-layout: fixed; width: {width}px } td { height: 32px }</style>
<div><table class=grid><thead><tr><th>{heads}</thead><tbody>{rows}</tbody></table></div>
<script>
    const table = document.querySelector("table");
    table.addEventListener("mousedown", ({ target }) => {
        target.tabIndex = 0;
        target.focus();
    });
    table.addEventListener("keydown", ({ key, target }) => {
        const td = target.closest("td");
        if (key === "Enter") {
            const next = td.parentElement.nextElementSibling.cells[td.cellIndex];
            td.textContent = target.value;
            next.tabIndex = 0;
            next.focus();
        } else if (target === td) {
            const field = document.createElement("input");
            field.size = 2;
            td.replaceChildren(field);
            field.focus();
        }
    });
    table.setAttribute("role", "grid");
</script>"""


@dataclass
class Typed:
    """One grid in the browser; times in seconds."""

    students: int
    assignments: int
    first_paint: float = 0.0
    """Of a warm load, in the middle."""
    ready: float = 0.0
    """From the question to the grid that takes keys, in the middle."""
    drawn: list[float] = field(default_factory=list)
    """From a key to the end of drawing the frame that shows it, while scores are typed without waiting."""
    focused: list[float] = field(default_factory=list)
    """From Enter to the focus in the next cell."""
    saved: list[float] = field(default_factory=list)
    """From Enter to the cell that is marked saved, each score waited for."""
    bare: "Typed | None" = None
    """The floor: a bare table of this size. Nothing is saved there."""

    @property
    def size(self) -> str:
        """As the report writes it."""
        return f"{self.students} × {self.assignments}"

    def floor(self, name: str) -> float | None:
        """The median of the same in a bare table; None where it has no such thing."""
        times = getattr(self.bare, name, None)
        return median(times) if times else None


def measure(maker: Any, kind: str, folder: Path, loads: int) -> list[Typed]:
    """Type into a class of each size, of a new school on this kind of database."""
    workload = Workload(datetime.now(UTC).date(), hash_password(PASSWORD), sections=1, growth=SIZES)
    database = fill(kind, maker.create(), workload, folder)
    with Server("wsgi:app", "/auth/sign-in", folder, **database.environment) as server, _chromium() as browser:
        school = School(database.app, workload, lambda: Client(server.port))
        teacher = school.browser(school.growth_teacher)
        assert isinstance(teacher, Client)
        found = []
        for number, (students, assignments) in enumerate(SIZES, workload.sections):
            address = f"http://127.0.0.1:{server.port}{section_path(school, number, term='all')}"
            found.append(_type(_page(browser, teacher), address, Typed(students, assignments), loads))
            bare = Typed(students, assignments)
            found[-1].bare = _type_bare(_page(browser, teacher), f"http://127.0.0.1:{server.port}", bare, loads)
        return found


@contextmanager
def _chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=SWITCHES + AS_SOON_AS_DRAWN)
        yield browser
        browser.close()


def _page(browser: Any, client: Client) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    root = f"http://127.0.0.1:{client.port}"
    context.add_cookies([{"name": name, "value": value, "url": root} for name, value in client.cookies.items()])
    return context.new_page()


def _type(page: Any, address: str, typed: Typed, loads: int) -> Typed:
    opened = [_open(page, address) for _ in range(loads + 1)][1:]  # the first fills the cache
    typed.first_paint, typed.ready = median(painted for painted, _ in opened), median(ready for _, ready in opened)
    rows = page.locator("table.grid tbody tr")
    heads = page.locator("table.grid thead [rowspan='2']").count()
    assert rows.count() == typed.students, f"{rows.count()} rows in a class of {typed.students}"
    assert rows.first.locator("> *").count() - heads == typed.assignments
    first = rows.first.locator("> *").nth(heads)
    _note_quick(typed, _keys(page, first, 2, waits_for=NOTHING_WAITS))
    typed.saved = [value / 1000 for value in _keys(page, first, 1, waits_for=NOTHING_WAITS, each=True)["saved"]]
    assert len(typed.saved) == len(typed.focused) == SCORES, (typed.saved, typed.focused)
    page.context.close()
    return typed


def _type_bare(page: Any, root: str, typed: Typed, loads: int) -> Typed:
    """Type into a bare table of the size."""
    body = _bare_page(typed.students, typed.assignments)
    page.route(root + BARE, lambda route: route.fulfill(content_type="text/html", body=body))
    opened = [_open(page, root + BARE) for _ in range(loads + 1)][1:]
    typed.first_paint, typed.ready = median(painted for painted, _ in opened), median(ready for _, ready in opened)
    _note_quick(typed, _keys(page, page.locator("td").first, 2))
    page.context.close()
    return typed


def _bare_page(students: int, assignments: int) -> str:
    row = "<tr><th>Student" + "<td>7" * assignments
    parts = {"width": 96 * (assignments + 1), "heads": "<th>Quiz" * assignments, "rows": row * students}
    page = BARE_PAGE
    for name, part in parts.items():
        page = page.replace(f"{{{name}}}", str(part))
    return page


def _keys(page: Any, first: Any, base: int, *, waits_for: str = "", each: bool = False) -> dict[str, list[float]]:
    """Type scores downwards from the first cell, and what was seen of them; `each` is waited for, or only the last."""
    first.click()
    page.evaluate(FORGET)
    for number in range(SCORES):
        page.keyboard.press(str(number % 8 + base))
        page.keyboard.press("Enter")
        if waits_for and (each or number == SCORES - 1):
            page.wait_for_selector(waits_for)
    page.evaluate(ALL_DRAWN, 2 * SCORES)
    seen: dict[str, list[float]] = page.evaluate("seen")
    return seen


def _note_quick(typed: Typed, seen: dict[str, list[float]]) -> None:
    typed.drawn = [value / 1000 for value in seen["drawn"]]
    typed.focused = [value / 1000 for value in seen["focused"]]


def _open(page: Any, address: str) -> tuple[float, float]:
    page.goto(address, wait_until="load")
    painted, ready = page.evaluate(LOADED)
    return painted / 1000, ready / 1000


def main() -> int:
    """Measure on SQLite and print the times in milliseconds."""
    if why := why_not():
        print(why, file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="gradebook-typing-") as folder,
        databases(Path(folder), ("sqlite",)) as makers,
    ):
        for typed in measure(makers["sqlite"], "sqlite", Path(folder), loads=5):
            print(f"{typed.size}: first paint {typed.first_paint * 1000:.0f} ms, ready {typed.ready * 1000:.0f} ms")
            for name in ("drawn", "focused", "saved"):
                times, floor = getattr(typed, name), typed.floor(name)
                of = f", {median(times) / floor:.1f} times a bare table" if floor else ""
                print(f"    {name}: median {median(times) * 1000:.1f} ms{of}, p95 {p95(times) * 1000:.1f} ms")
            if typed.bare:
                first_paint, ready = typed.bare.first_paint * 1000, typed.bare.ready * 1000
                print(f"    a bare table: first paint {first_paint:.0f} ms, ready {ready:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
