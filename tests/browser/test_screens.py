"""Every screen, at three widths and in both themes: accessible, nothing wider than the page, the frame complete.

And within its budget of bytes and requests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from gradebook.web.language import LANGUAGES
from tests.browser import axe as rules
from tests.browser import budgets
from tests.browser.screens import SCREENS, Screen, routes_of, routes_shown

LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
FAMILY = ("maya", "nora", "dana", "gus", "ivy")
PHONE = {**LAPTOP, "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@dataclass(frozen=True)
class Size:
    """How a screen is looked at."""

    width: int
    height: int
    fingers: bool
    """Touched, rather than pointed at: targets are larger then."""
    theme: str = ""
    """In which axe looks at it; empty: it does not."""


# A screen is opened once and then made narrower. axe sees it wide and light with all rules, narrow and dark with those
# that width and theme can break; what only a narrow window shows it sees with all. No rule of ours is about a width
# between 320 and 390.
WIDE, PHONE_SIZE, NARROW = Size(1280, 900, False, "light"), Size(390, 844, True), Size(320, 640, True, "dark")
SIZES = (WIDE, PHONE_SIZE, NARROW)

FRAME = """() => ({
    width: document.documentElement.clientWidth,
    fingers: matchMedia("(pointer: coarse)").matches,
    needed: document.documentElement.scrollWidth,
    tall: document.body.scrollHeight,
    wide: [...document.body.querySelectorAll("*")]
        .filter((e) => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX)
            && !["INPUT", "TEXTAREA", "SELECT"].includes(e.tagName) && !e.querySelector("table"))
        .map((e) => e.outerHTML.slice(0, 120)),
    headings: [...document.querySelectorAll("h1")].map((e) => e.textContent.trim()),
    regions: ["status", "alert"].map((id) => document.getElementById(id)?.getAttribute("role")),
})"""

# As who needs large letters sets them for all sites.
LARGE = f"""() => {{
    document.documentElement.style.fontSize = "200%";
    return ({FRAME})();
}}"""


def test_every_page_of_the_product_is_walked_to(site, things):
    assert routes_of(site.app) - routes_shown(site.app, things) == set(), "these pages are missing in screens.py"


@pytest.mark.parametrize("who", SCREENS)
def test_screens(who, enter, open_page, things):
    username, _comma, rest = who.partition(", ")
    window = {**LAPTOP, "locale": rest} if rest in LANGUAGES else LAPTOP
    page = open_page(**window) if username == "visitor" else enter(username, **window)
    resize, only_narrow = resizer(page), rules.OnlyNarrow()
    problems = []
    for screen in SCREENS[who]:
        problems += problems_of(screen, page, resize, only_narrow, things, is_family=username in FAMILY)
    assert not problems, "\n".join(["", *problems])
    if rest in LANGUAGES:
        assert page.locator("html").get_attribute("lang") == rest


def resizer(page: Page) -> Callable[[Size], None]:
    """resize(size): the window has this size, and is touched or pointed at, as on such a device."""
    devtools = page.context.new_cdp_session(page)

    def resize(size: Size) -> None:
        devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": size.fingers})
        page.set_viewport_size({"width": size.width, "height": size.height})

    return resize


def problems_of(
    screen: Screen,
    page: Page,
    resize: Callable[[Size], None],
    only_narrow: rules.OnlyNarrow,
    things: dict[str, str],
    *,
    is_family: bool,
) -> list[str]:
    """What is wrong with one screen, in lines."""
    resize(WIDE)
    try:
        screen.open(page, things)
    except (AssertionError, Error) as error:
        return [f"{screen.words} did not open: {error}"]
    # At once: what a page that stays open asks for later is no cost of its first showing.
    spent = page.evaluate(budgets.SPENT)
    over = budgets.over(spent, budgets.budget_of(spent["path"], is_family=is_family))
    found = [f"costs too much: {words}" for words in over]
    found += [] if page.title().endswith(("– Oak School", "– Gradebook")) else [f"title: {page.title()}"]
    for size in SIZES:
        if size is not WIDE:
            resize(size)
        facts = page.evaluate(FRAME)
        found += [f"{size.width}: {problem}" for problem in in_the_frame(facts, size)]
        if size.theme:
            # As tall as its content: what a bar at the bottom half covers would be taken for too small a target.
            page.set_viewport_size({"width": size.width, "height": facts["tall"] + 100})
        if size is WIDE:
            found += [f"wide, {problem}" for problem in rules.problems_of(page, [size.theme])]
            only_narrow.remember(page)
        elif size is NARROW:
            found += [f"narrow, {problem}" for problem in rules.problems_of(page, [size.theme], rules.OF_WIDTH)]
            found += [f"only narrow: {problem}" for problem in only_narrow.problems_of(page)]
    if is_family:
        resize(PHONE_SIZE)
        found += [f"text of twice the size: {problem}" for problem in in_the_frame(page.evaluate(LARGE), PHONE_SIZE)]
    return [f"{screen.words} {problem}" for problem in found]


@pytest.mark.parametrize("who", ["maya", "rivera", "pat"])
def test_the_bar_of_a_phone_in_both_themes(who, enter):
    page = enter(who, **PHONE)
    page.goto("/help")
    assert rules.problems_of(page) == []


def in_the_frame(facts: dict, size: Size) -> list[str]:
    """What is wrong with the frame of a page."""
    found = [] if facts["fingers"] == size.fingers else [f"touched: {facts['fingers']}"]
    if facts["needed"] > facts["width"]:
        found.append(f"the page is {facts['needed']} wide and scrolls sideways")
    found += [f"scrolls sideways and is no table: {words}" for words in facts["wide"]]
    if len(facts["headings"]) != 1:
        found.append(f"h1: {facts['headings']}")
    if facts["regions"] != ["status", "alert"]:
        found.append(f"live regions: {facts['regions']}")
    return found


NAMELESS = """<!doctype html><html lang="en"><title>A test</title><style>
    @media (min-width: 700px) { button { display: none } }
    @media (prefers-color-scheme: dark) and (max-width: 700px) { p { color: #777; background: #888 } }
    </style><main><h1>A test</h1><p>Words</p><button></button></main></html>"""


def test_what_only_a_narrow_window_shows_is_looked_at_too(open_page):
    page = open_page(**LAPTOP)
    page.set_content(NAMELESS)
    resize, only_narrow = resizer(page), rules.OnlyNarrow()
    assert rules.problems_of(page, ["light"]) == []
    only_narrow.remember(page)
    resize(NARROW)
    (colours,) = rules.problems_of(page, ["dark"], rules.OF_WIDTH)
    assert "color-contrast" in colours
    (nameless,) = only_narrow.problems_of(page)
    assert "button-name" in nameless
    assert only_narrow.problems_of(page) == []
