"""Every screen, at three widths and in both themes: accessible, nothing wider than the page, the frame complete."""

from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.browser import axe as rules
from tests.browser.screens import SCREENS, Screen, routes_of, routes_shown

LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
PHONE = {**LAPTOP, "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Width, height, and the themes in which colours are measured: those of a phone are the same, but for the bar.
BOTH = ("light", "dark")
DEVICES = {
    "laptop": (LAPTOP, [(1280, 900, BOTH)]),
    "phone": (PHONE, [(390, 844, ("light",)), (320, 640, ())]),
}

FRAME = """() => ({
    width: document.documentElement.clientWidth,
    needed: document.documentElement.scrollWidth,
    wide: [...document.body.querySelectorAll("*")]
        .filter((e) => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX)
            && !["INPUT", "TEXTAREA", "SELECT"].includes(e.tagName) && !e.querySelector("table"))
        .map((e) => e.outerHTML.slice(0, 120)),
    headings: [...document.querySelectorAll("h1")].map((e) => e.textContent.trim()),
    regions: ["status", "alert"].map((id) => document.getElementById(id)?.getAttribute("role")),
})"""


def test_every_page_of_the_product_is_walked_to(site, things):
    assert routes_of(site.app) - routes_shown(site.app, things) == set(), "these pages are missing in screens.py"


@pytest.mark.parametrize("size", DEVICES)
@pytest.mark.parametrize("who", SCREENS)
def test_screens(who, size, enter, open_page, things):
    options, sizes = DEVICES[size]
    username = who.split(",")[0]
    page = open_page(**options) if username == "visitor" else enter(username, **options)
    problems = [problem for screen in SCREENS[who] for problem in problems_of(screen, page, sizes, things)]
    assert not problems, "\n".join(["", *problems])


def problems_of(screen: Screen, page: Page, sizes: list[Any], things: dict[str, str]) -> list[str]:
    """What is wrong with one screen, in lines."""
    page.set_viewport_size({"width": sizes[0][0], "height": sizes[0][1]})
    try:
        screen.open(page, things)
    except (AssertionError, Error) as error:
        return [f"{screen.words} did not open: {error}"]
    found = [] if page.title().endswith(("– Oak School", "– Gradebook")) else [f"title: {page.title()}"]
    for width, height, themes in sizes:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {problem}" for problem in in_the_frame(page.evaluate(FRAME))]
        # As tall as its content: what a bar at the bottom half covers would be taken for too small a target.
        page.set_viewport_size({"width": width, "height": page.evaluate("document.body.scrollHeight") + 100})
        found += [f"{width}: {problem}" for problem in rules.problems_of(page, themes)]
    return [f"{screen.words} {problem}" for problem in found]


@pytest.mark.parametrize("who", ["maya", "rivera", "pat"])
def test_the_bar_of_a_phone_in_the_dark(who, enter):
    page = enter(who, **PHONE)
    page.goto("/help")
    assert rules.problems_of(page, BOTH) == []


def in_the_frame(facts: dict) -> list[str]:
    """What is wrong with the frame of a page."""
    found = []
    if facts["needed"] > facts["width"]:
        found.append(f"the page is {facts['needed']} wide and scrolls sideways")
    found += [f"scrolls sideways and is no table: {words}" for words in facts["wide"]]
    if len(facts["headings"]) != 1:
        found.append(f"h1: {facts['headings']}")
    if facts["regions"] != ["status", "alert"]:
        found.append(f"live regions: {facts['regions']}")
    return found
