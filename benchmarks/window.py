"""What a real browser makes of the grid: nodes, time to load, what the first visit transfers."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.client import Client
from tools.find_chromium import find_chromium

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
NODES = "() => document.getElementsByTagName('*').length"


@dataclass
class Seen:
    """One page in the browser."""

    nodes: int = 0
    load: float = 0.0
    """Seconds to the load event, warm, in the middle."""
    first_load: float = 0.0
    requests: int = 0
    """Of the first visit, with an empty cache …"""
    transferred: int = 0
    """… and its bytes, heads and all."""
    later_requests: int = 0
    """That reached the server on a later visit."""
    files: list[str] = field(default_factory=list)


def why_not() -> str | None:
    """Why nothing can be seen here; None when it can."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Playwright is not installed"
    return None if find_chromium() else "no Chromium was found (set CHROMIUM)"


def look(pages: dict[str, tuple[Client, str]], times: int) -> dict[str, Seen]:
    """Open each page with an empty cache, then so many times again."""
    from playwright.sync_api import sync_playwright

    seen = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=SWITCHES)
        for key, (client, path) in pages.items():
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            root = f"http://127.0.0.1:{client.port}"
            context.add_cookies([{"name": name, "value": value, "url": root} for name, value in client.cookies.items()])
            seen[key] = _look_at(context.new_page(), root + path, times)
            context.close()
        browser.close()
    return seen


def _look_at(page, address: str, times: int) -> Seen:  # type: ignore[no-untyped-def]
    seen = Seen()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    finished: list[int] = []
    wire.on("Network.loadingFinished", lambda event: finished.append(int(event["encodedDataLength"])))
    names: list[str] = []
    page.on("request", lambda request: names.append(request.url))
    page.goto(address, wait_until="networkidle")
    seen.first_load = page.evaluate(LOADED) / 1000
    seen.transferred, seen.requests, seen.files = sum(finished), len(finished), list(names)
    seen.nodes = page.evaluate(NODES)
    loads = []
    for _ in range(times):
        finished.clear()
        page.goto(address, wait_until="load")
        page.wait_for_timeout(50)
        loads.append(page.evaluate(LOADED) / 1000)
        seen.later_requests = sum(1 for size in finished if size > 0)
    seen.load = median(loads)
    return seen
