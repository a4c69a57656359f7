"""axe, the checker of accessibility rules: all of them in one theme, those about colour again in the other.

Contrast is more than half of its work, and is asked for each text anew: here once for each look that a text has, in
all pages of a run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

Options = Mapping[str, Any]


def only(*rules: str) -> dict[str, Any]:
    """What axe is told to look for these rules and no others."""
    return {"runOnly": {"type": "rule", "values": rules}, "resultTypes": ["violations"]}


ALL: Options = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}, "color-contrast": {"enabled": False}},
    "resultTypes": ["violations"],
}
CONTRAST = only("color-contrast")
OPENED = "light"  # the theme of a page; to set it again lays out and paints the whole page once more
# The theme changes nothing but colours.
OF_COLOUR = only("link-in-text-block")
# The width changes where things stand, how large they are and what they stand on.
OF_WIDTH = only("link-in-text-block", "target-size", "scrollable-region-focusable")
FOUND = """async (options) => (await axe.run(document, options)).violations
    .map(({ id, help, nodes }) => ({ id, help, places: nodes.map(({ target, html, any }) =>
        `${target.join(" ")}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`) }))"""
# All that contrast depends on: the text's own look, and what is painted behind it. One text of each look is enough.
LOOKS = """(known) => {
    const behind = new Map([[null, ""]]);
    const painted = (one) => {
        if (!behind.has(one)) {
            const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(one);
            const own = [backgroundColor, backgroundImage, opacity, filter].join();
            behind.set(one, own === "rgba(0, 0, 0, 0),none,1,none" ? painted(one.parentElement)
                : `${own} ${painted(one.parentElement)}`);
        }
        return behind.get(one);
    };
    const seen = new Set(known);
    const hasText = (one) => one.value || one.placeholder
        || [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const fresh = new Map();
    for (const one of document.body.querySelectorAll("*")) {
        if (!hasText(one) || !one.checkVisibility()) continue;
        const { color, fontSize, fontWeight, textShadow, position } = getComputedStyle(one);
        const look = [one.localName, color, fontSize, fontWeight, textShadow, position, painted(one)].join();
        if (!seen.has(look) && !fresh.has(look)) fresh.set(look, one);
    }
    window.fresh = [...fresh.values()];
    return [...fresh.keys()];
}"""
OF_FRESH = FOUND.replace("document", "{ include: window.fresh }")
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


def problems_of(page: Page, themes: Sequence[str] = ("light", "dark"), first: Options = ALL) -> list[str]:
    """Each broken rule with its places: all rules in the first theme, those about colour again in the next (dark)."""
    _bring(page)
    found = []
    for theme in themes:
        if theme != OPENED:
            page.emulate_media(color_scheme=theme)
        violations = page.evaluate(FOUND, first if theme == themes[0] else OF_COLOUR) + _poor_contrast(page)
        found += [f"{theme}: {_words(violation)}" for violation in violations]
    if themes[-1] != OPENED:
        page.emulate_media(color_scheme=OPENED)
    return found


_enough: list[str] = []  # the looks of texts in which contrast was found to be enough


def _poor_contrast(page: Page) -> list[dict[str, Any]]:
    """The texts whose contrast is too low, among those whose look is not known."""
    looks = page.evaluate(LOOKS, _enough)
    violations = page.evaluate(OF_FRESH, CONTRAST) if looks else []
    if not violations:
        _enough.extend(looks)
    return violations


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
        return [_words(violation) for options in (ALL, CONTRAST) for violation in page.evaluate(OF_APPEARED, options)]


def _bring(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def _words(violation: dict[str, Any]) -> str:
    return "\n    ".join([f"{violation['id']}: {violation['help']}", *violation["places"]])
