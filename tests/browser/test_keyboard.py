"""By keyboard alone: signing in, the skip link, menus, the grid, and errors that lead to their fields."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.school import PASSWORD

FOCUSED = """() => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
    const after = getComputedStyle(document.activeElement, "::after"); // a row that is one link
    const box = document.activeElement.getBoundingClientRect();
    const rings = [[outlineStyle, outlineWidth, outlineColor],
        [after.outlineStyle, after.outlineWidth, after.outlineColor]];
    const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2; // of the part that is on screen
    const top = document.elementFromPoint(
        middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
    return {
        what: document.activeElement.outerHTML.slice(0, 120),
        ring: rings.some(([style, width, colour]) =>
            style !== "none" && parseFloat(width) >= 2 && !/, 0\\)$/.test(colour)),
        onScreen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        over: top?.outerHTML.slice(0, 120),
        covered: !(top && (document.activeElement.contains(top) || top.contains(document.activeElement))),
        end: document.activeElement === document.body,
    };
}"""


def focused(page: Page):
    """The element that has the focus."""
    return page.locator("*:focus")


def tab_to(page: Page, wanted, most: int = 60) -> None:
    """Press Tab until this has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{most} times Tab did not lead to {wanted}")


def test_signing_in(page: Page):
    page.goto("/auth/sign-in")
    tab_to(page, page.get_by_label("Username or email"))
    page.keyboard.type("rivera")
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    tab_to(page, page.get_by_role("button", name="Sign in"))
    page.keyboard.press("Enter")
    expect(page).to_have_url("/teacher/")


def test_the_skip_link_leads_past_the_header(enter):
    page = enter("rivera")
    page.goto("/teacher/")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Skip to main content")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page).evaluate("one => document.querySelector('main').contains(one)")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("rivera", "/teacher/"),
        ("rivera", "/teacher/classes/{full}"),
        ("rivera", "/teacher/classes/{full}/rules"),
        ("maya", "/student/classes/{full}"),
        ("dana", "/messages/{talk}"),
        ("pat", "/office/students/{maya}/guardians"),
    ],
)
def test_focus_is_always_seen(who, address, width, enter, things):
    page = enter(who, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page.goto(address.format_map(things))
    unseen = []
    for _ in range(45):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["end"]:
            break
        if not now["ring"] or not now["onScreen"] or now["covered"]:
            unseen.append(now)
    assert not unseen, "\n".join(map(str, unseen))


def test_menus_open_with_enter_and_close_with_escape(enter):
    page = enter("rivera")
    page.goto("/teacher/")
    account = page.locator("[data-account] > summary")
    tab_to(page, account)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Where you are signed in")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(account).to_be_focused()


def test_a_menu_closes_when_focus_leaves_it(enter):
    page = enter("rivera")
    page.goto("/teacher/")
    tab_to(page, page.locator("[data-account] > summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("main").get_by_role("link").first)
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_scores_are_typed_from_field_to_field_and_sent_with_enter(enter, things):
    """The grid as a form; test_grid.py has it with scripts."""
    page = enter("rivera", java_script_enabled=False)
    page.goto("/teacher/classes/{algebra}".format_map(things))
    tab_to(page, page.get_by_role("textbox", name=re.compile("Diaz, Maya.*Integers quiz")))
    page.keyboard.type("19")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_accessible_name(re.compile("Diaz, Maya.*Fractions test"))
    page.keyboard.type("e")
    tab_to(page, page.get_by_role("textbox", name=re.compile("Evans, Leo.*Integers quiz")), most=2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name=re.compile("Diaz, Maya.*Integers quiz"))).to_have_value("19")
    expect(page.get_by_role("row", name=re.compile("Diaz, Maya"))).to_contain_text("Exc")
    expect(page.get_by_role("main")).to_contain_text("2 scores saved")


FORMS = [
    ("rivera", "/teacher/classes/{full}/assignments/new", "Save assignment", "Enter a title", "Title"),
    ("pat", "/office/people/new", "Add the person", "Enter a name", "Name"),
    ("dana", "/messages/{talk}", "Send", "Write a message", "Message Inés Rivera"),
    ("maya", "/auth/password", "Save new password", "Enter your current password", "Current password"),
]


@pytest.mark.parametrize(("who", "address", "button", "words", "label"), FORMS, ids=[form[0] for form in FORMS])
def test_the_error_summary_takes_focus_and_leads_to_the_field(who, address, button, words, label, enter, things):
    page = enter(who)
    page.goto(address.format_map(things))
    page.get_by_role("main").get_by_role("button", name=button).click()
    summary = page.get_by_role("alert", name="There is a problem")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    tab_to(page, summary.get_by_role("link", name=words))
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_accessible_name(re.compile(f"^{label}"))
    expect(focused(page)).to_have_attribute("aria-invalid", "true")


def test_a_refused_score_leads_to_its_cell(enter, things):
    page = enter("rivera", java_script_enabled=False)
    page.goto("/teacher/classes/{algebra}".format_map(things))
    page.get_by_role("textbox", name=re.compile("Evans, Leo.*Integers quiz")).fill("many")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert", name="There is a problem")
    tab_to(page, summary.get_by_role("link"))
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_accessible_name(re.compile("Evans, Leo.*Integers quiz"))
