"""axe, the checker of accessibility rules: all of them in one theme, those about colour again in the other."""

from collections.abc import Mapping, Sequence
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
# The width changes where things stand, how large they are and what they stand on.
PLACES = ("target-size", "scrollable-region-focusable")
OF_WIDTH = {"runOnly": {"type": "rule", "values": (*COLOURS, *PLACES)}, "resultTypes": ["violations"]}
FOUND = """async (options) => (await axe.run(document, options)).violations
    .map(({ id, help, nodes }) => ({ id, help, places: nodes.map(({ target, html, any }) =>
        `${target.join(" ")}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`) }))"""
# What cannot be seen is remembered while the window is wide, and found again, the outermost of it, when it is narrow.
HIDE = "() => { window.unseen = [...document.body.querySelectorAll('*')].filter((one) => !one.checkVisibility()); }"
SHOWN = """() => {
    const seen = window.unseen.filter((one) => one.isConnected && one.checkVisibility());
    window.appeared = seen.filter((one) => !seen.some((other) => other !== one && other.contains(one)));
    return window.appeared.map((one) => one.outerHTML).join("");
}"""
OF_APPEARED = FOUND.replace("document", "{ include: window.appeared }")


def check(page: Page) -> None:
    """Fail with the broken rules and the places that break them."""
    problems = problems_of(page)
    assert not problems, "\n".join([page.url, *problems])


def problems_of(page: Page, themes: Sequence[str] = ("light", "dark"), first: Mapping[str, Any] = ALL) -> list[str]:
    """Each broken rule with its places: all rules in the first theme, those about colour again in the next."""
    _bring(page)
    found = []
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        options = first if theme == themes[0] else OF_COLOUR
        found += [f"{theme}: {_words(violation)}" for violation in page.evaluate(FOUND, options)]
    page.emulate_media(color_scheme="light")
    return found


class OnlyNarrow:
    """What is not there in a wide window, as the bar of a phone: all rules hold for it too.

    The same on many pages is looked at once.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()

    def remember(self, page: Page) -> None:
        """The window is wide now."""
        page.evaluate(HIDE)

    def problems_of(self, page: Page) -> list[str]:
        """The window is narrow now."""
        appeared = page.evaluate(SHOWN)
        if appeared in self._known or not appeared:
            return []
        self._known.add(appeared)
        _bring(page)
        return [_words(violation) for violation in page.evaluate(OF_APPEARED, ALL)]


def _bring(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def _words(violation: dict[str, Any]) -> str:
    return "\n    ".join([f"{violation['id']}: {violation['help']}", *violation["places"]])
