"""The student's pages in a browser: the first look at a phone, and everything without scripts."""

import gzip
from datetime import date, timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

BAR = 56
"""Pixels of the bottom bar on a phone."""
KILOBYTE = 1024


def bottom(locator) -> float:
    """Where an element ends on the screen, in pixels from the top."""
    box = locator.bounding_box()
    return box["y"] + box["height"]


def test_the_first_screenful_of_a_phone_says_what_to_do_and_one_tap_leads_to_why(enter, things):
    page = enter("maya", viewport=PHONE)
    page.goto("/student/")
    first = page.locator("section[aria-labelledby='to-do'] .rows > li").first
    assert bottom(first) <= PHONE["height"] - BAR
    page.locator(f"section[aria-labelledby='classes'] a[href$='{things['full']}']").click()
    assert bottom(page.locator(".grade-head .figure")) <= PHONE["height"] - BAR
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_what_if_and_a_goal_work_without_scripts(enter, things):
    page = enter("maya", java_script_enabled=False)
    page.goto(f"/student/classes/{things['full']}")
    before = page.locator(".grade-head .figure").inner_text()
    page.get_by_role("link", name="Try a what-if").click()
    field = page.locator(".whatif .input").first
    field.fill("5")
    page.get_by_label("The grade you want").fill("60")
    page.get_by_role("button", name="Show the grade").click()
    assert page.locator(".whatif .input").first.input_value() == "5"
    expect(page.locator(".result .figure")).to_be_visible()
    assert "60%" in page.locator(".note--answer").inner_text()
    assert page.locator(".grade-head .figure").first.inner_text() == before
    page.get_by_role("link", name="Clear").click()
    assert page.locator(".whatif .input").first.input_value() == ""


def test_a_calendar_link_is_made_read_and_revoked_without_scripts(enter, site, things):
    page = enter("maya", java_script_enabled=False)
    page.goto("/student/")
    page.get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="See this in your own calendar").click()
    page.get_by_role("button", name="Make another link").click()
    path = "/student/calendar/" + page.get_by_label("Your new link", exact=True).input_value().rpartition("/")[2]
    with urlopen(site.url + path) as answer:
        assert b"BEGIN:VCALENDAR" in answer.read()
    for _link in range(2):
        page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_text("You have no link.")).to_be_visible()
    with pytest.raises(HTTPError, match="404"):
        urlopen(site.url + path)


@pytest.mark.parametrize("address", ["/student/classes/{full}?whatif=yes&goal=85", "/student/calendar?view=month"])
def test_these_pages_keep_to_the_budget_of_families(enter, things, address):
    answer = enter("maya").goto(address.format_map(things))
    assert len(gzip.compress(answer.body(), 4)) <= 20 * KILOBYTE


def test_the_month_scrolls_inside_its_own_box_on_a_phone(enter):
    page = enter("maya", viewport=PHONE)
    page.goto("/student/calendar")
    expect(page.locator("table.month")).not_to_be_visible()
    page.get_by_role("link", name="Show as month").click()
    expect(page.locator("table.month")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_arrow_keys_move_through_the_month(enter):
    page = enter("maya")
    page.goto("/student/calendar?view=month")
    focused = "document.activeElement.querySelector('time')?.dateTime"
    page.locator("td[tabindex='0']").focus()
    first = date.fromisoformat(page.evaluate(focused))
    for key, days in (("ArrowRight", 1), ("ArrowDown", 8), ("ArrowLeft", 7), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == (first + timedelta(days=days)).isoformat()
    heading = page.get_by_role("heading", level=2).first.inner_text()
    page.keyboard.press("PageUp")
    page.wait_for_url("**#days")
    assert page.get_by_role("heading", level=2).first.inner_text() != heading
    assert page.evaluate(focused)  # the keys are still in the table
