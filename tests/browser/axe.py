"""axe, the checker of accessibility rules: all of them in one theme, those about colour again in the other."""

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
FOUND = """async (options) => (await axe.run(options)).violations.map(({ id, help, nodes }) =>
    ({ id, help, places: nodes.map(({ target, html, any }) =>
        `${target.join(" ")}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`) }))"""


def check(page: Page) -> None:
    """Fail with the broken rules and the places that break them."""
    problems = problems_of(page)
    assert not problems, "\n".join([page.url, *problems])


def problems_of(page: Page, themes: Sequence[str] = ("light", "dark")) -> list[str]:
    """Each broken rule with its places: all rules in the first theme, those about colour again in the next."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = []
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        options = ALL if theme == themes[0] else OF_COLOUR
        found += [f"{theme}: {_words(violation)}" for violation in page.evaluate(FOUND, options)]
    page.emulate_media(color_scheme="light")
    return found


def _words(violation: dict[str, Any]) -> str:
    return "\n    ".join([f"{violation['id']}: {violation['help']}", *violation["places"]])
