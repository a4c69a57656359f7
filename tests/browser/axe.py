"""axe, the checker of accessibility rules: all of them in the light theme, those about colour again in the dark one."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ALL: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# The theme changes nothing but colours.
COLOURS = ("color-contrast", "link-in-text-block")
OF_COLOUR = {"runOnly": {"type": "rule", "values": COLOURS}, "resultTypes": ["violations"]}
BUT_COLOUR = {**ALL, "rules": {**ALL["rules"], **{rule: {"enabled": False} for rule in COLOURS}}}
FOUND = """async (options) => (await axe.run(options)).violations.map(({ id, help, nodes }) =>
    ({ id, help, places: nodes.map(({ target, html, any }) =>
        `${target.join(" ")}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`) }))"""


def check(page: Page) -> None:
    """Fail with the broken rules and the places that break them."""
    problems = problems_of(page)
    assert not problems, "\n".join([page.url, *problems])


def problems_of(page: Page, themes: Sequence[str] = ("light", "dark")) -> list[str]:
    """Each broken rule with its places. Without themes colours are left out: measuring them takes most of the time."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = [*map(_words, page.evaluate(FOUND, ALL if "light" in themes else BUT_COLOUR))]
    if "dark" in themes:
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {_words(violation)}" for violation in page.evaluate(FOUND, OF_COLOUR)]
        page.emulate_media(color_scheme="light")
    return found


def _words(violation: dict[str, Any]) -> str:
    return "\n    ".join([f"{violation['id']}: {violation['help']}", *violation["places"]])
