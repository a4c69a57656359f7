"""On paper: the grades and nothing that can be pressed, black on white."""

import pytest
from playwright.sync_api import Page, expect

COLOURS = """() => {
    const shown = [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility()
        && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && one.offsetWidth > 1);
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const onWhite = (one) => 1.05 / (light(getComputedStyle(one).color) + 0.05);
    return {
        texts: shown.length,
        pale: shown.filter((one) => onWhite(one) < 4.5).map((one) => one.outerHTML.slice(0, 100)),
        paper: getComputedStyle(document.documentElement).backgroundColor,
    };
}"""

PAGES = [
    ("maya", "/student/classes/{full}"),
    ("dana", "/parent/children/{maya}/classes/{full}"),
    ("maya", "/student/report"),
    ("dana", "/parent/children/{maya}/report"),
    ("rivera", "/teacher/classes/{full}/students/{maya}/report"),
    ("rivera", "/teacher/classes/{full}"),
    ("rivera", "/teacher/classes/{full}/students/{maya}"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("who", "address"), PAGES, ids=[page[1] for page in PAGES])
def test_grades_on_paper(who, address, theme, enter, things):
    page: Page = enter(who)
    page.goto(address.format_map(things))
    page.emulate_media(media="print", color_scheme=theme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for away in ("header.top", "nav", "button", ".btn", "footer.foot", ".skip"):
        for one in page.locator(away).all():
            expect(one).to_be_hidden()
    facts = page.evaluate(COLOURS)
    assert facts["texts"] > 10
    assert facts["paper"] == "rgb(255, 255, 255)"
    assert facts["pale"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
