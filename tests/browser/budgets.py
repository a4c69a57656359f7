"""What a page may weigh, and how many files its first showing may need (ux.md 3.12)."""

import re
from dataclasses import dataclass
from typing import Any

KILOBYTE = 1024
CSS = 25


@dataclass(frozen=True)
class Budget:
    """Of one kind of page, in KB as they go through the wire."""

    html: int
    script: int
    requests: int
    """That the first showing waits for: the page, its style sheets and its pictures. Modules come after it; on the grid
    they come before it, which `first_render` bounds."""
    modules: int
    first_render: float
    """Seconds on a slow connection."""


FAMILY = Budget(20, 12, 4, 4, 3.0)
GRID = Budget(30, 45, 5, 12, 4.0)
OTHER = Budget(30, 20, 4, 4, 3.0)
OF_ADDRESS = {
    r"/teacher/classes/\w+": GRID,
    r"/teacher/assignments/\w+/scores": GRID,
    r"/teacher/assignments/\w+/students/\w+/comments": Budget(30, 20, 4, 6, 3.0),  # two files are the grid's
}

# What the page that is shown cost, also where a file came from the cache. The picture of the tab comes when the browser
# likes, and nothing waits for it.
SPENT = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const files = performance.getEntriesByType("resource");
    const kinds = { module: /\\.js$/, style: /\\.css$/ };
    const bytes = (kind) => files.filter(({ name }) => kinds[kind].test(name))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
    return {
        page: page.encodedBodySize,
        style: bytes("style"),
        module: bytes("module"),
        modules: files.filter(({ name }) => kinds.module.test(name)).length,
        requests: 1 + files.filter(({ name, initiatorType }) =>
            !kinds.module.test(name) && !name.endsWith("/favicon.svg") && initiatorType !== "fetch").length,
        others: files.map(({ name }) => name).filter((name) => !name.startsWith(location.origin)),
        path: location.pathname,
    };
}"""


def budget_of(path: str, *, is_family: bool) -> Budget:
    """Which budget the page at an address has."""
    for pattern, budget in OF_ADDRESS.items():
        if re.fullmatch(pattern, path):
            return budget
    return FAMILY if is_family else OTHER


def over(spent: dict[str, Any], budget: Budget) -> list[str]:
    """Where a page costs more than it may, in words."""
    found = [f"comes from elsewhere: {name}" for name in spent["others"]]
    for what, most, unit in (
        ("page", budget.html, KILOBYTE),
        ("style", CSS, KILOBYTE),
        ("module", budget.script, KILOBYTE),
        ("requests", budget.requests, 1),
        ("modules", budget.modules, 1),
    ):
        if spent[what] > most * unit:
            found.append(f"{what}: {spent[what]} of {most * unit}")
    return found
