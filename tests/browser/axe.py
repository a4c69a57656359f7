"""axe, the checker of accessibility rules: all of them in the light theme, those about colour again in the dark one."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# The theme changes nothing but colours.
OF_COLOUR = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
FOUND = """async (options) => (await axe.run(options)).violations.map(({ id, help, nodes }) =>
    ({ id, help, places: nodes.map(({ target, html, any }) =>
        `${target.join(" ")}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`) }))"""


def check(page: Page) -> None:
    """Fail with the broken rules and the places that break them."""
    problems = problems_of(page)
    assert not problems, "\n".join([page.url, *problems])


def problems_of(page: Page) -> list[str]:
    """Each broken rule with its places; leaves the page in the light theme."""
    page.evaluate(AXE_SCRIPT)
    page.emulate_media(color_scheme="dark")
    in_the_dark = page.evaluate(FOUND, OF_COLOUR)
    page.emulate_media(color_scheme="light")
    return [*map(_words, page.evaluate(FOUND, ALL)), *(f"dark: {_words(each)}" for each in in_the_dark)]


def _words(violation: dict[str, Any]) -> str:
    return "\n    ".join([f"{violation['id']}: {violation['help']}", *violation["places"]])
