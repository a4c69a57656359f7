"""On a phone with a slow network the first screenful of a parent's home says whether everything is all right with each
child, and what needs the parent."""

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from gradebook.extensions import db
from gradebook.models import Position, RoleKind
from tests import school as small
from tests.browser.conftest import PHONE
from tests.browser.test_budgets import SLOW
from tests.families import add_category, add_class, add_guardianship, add_work, score

BAR = 56
"""Pixels of the bottom bar on a phone."""


@pytest.fixture
def five(site: Any, things: dict[str, str]) -> list[str]:
    """Dana's five children with eight classes each: Maya and Nora of the scene and three more, one with missing work
    and low grades in all classes. The names by which the page calls them."""
    with site.app.app_context():
        school = small.find()
        names = ["Maya", "Nora"]
        for name in ("Ada Busy", "Bea Calm", "Cal Low"):
            child = small.make_user(name.lower().replace(" ", ""), name, small.AccountKind.STUDENT)
            small.make_role(child, school.oak, RoleKind.STUDENT)
            add_guardianship(school.dana, child, school.oak)
            names.append(child.called)
            for number in range(8):
                section = add_class(school.oak, f"Class {number} of {child.called}", child)
                small.enroll(school.osei, section, Position.LEAD)
                if name != "Bea Calm":
                    work = add_work(add_category(section, "More"), "Sheet", due_on=date(2026, 9, 20))
                    score(work, child, status="missing")
        db.session.commit()
        db.session.remove()
    return names


def bottom(locator: Any) -> float:
    """Where an element ends on the screen, in pixels from the top."""
    box = locator.bounding_box()
    return float(box["y"] + box["height"])


def test_the_first_screenful_says_how_each_child_is_and_what_needs_the_parent(enter, five):
    page = enter("dana", viewport=PHONE, fresh=True)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.goto("/parent/")
    rows = page.locator("section[aria-labelledby='attention'] > .attention > li")
    for name in five:
        line = rows.filter(has_text=f"{name}:").first
        assert bottom(line) <= PHONE["height"] - BAR, f"{name} stands below the first screenful"
    expect(rows.filter(has_text="Bea: nothing needs you")).to_be_visible()
    assert "Maya: confirm that you have seen 1 score" in rows.first.inner_text()
    missing = rows.get_by_role("link", name="Ada: 8 missing pieces")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    # one tap to what needs the parent, and one to why
    missing.click()
    expect(page.get_by_role("heading", name="Missing and due")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Class 0 of Cal").first.click()
    assert bottom(page.locator(".grade-head .figure")) <= PHONE["height"] - BAR


def test_choices_and_a_confirmation_without_scripts(enter, things):
    page = enter("dana", java_script_enabled=False)
    page.goto("/parent/")
    page.get_by_role("link", name="confirm that you have seen 1 score").click()
    page.get_by_role("button", name="Confirm that I have seen this score").click()
    expect(page.get_by_text("Confirmed: you have seen 1 score.")).to_be_visible()
    page.goto(f"/parent/children/{things['maya']}")
    page.get_by_role("link", name="What to tell me about Maya").click()
    page.get_by_label("A grade below").fill("95")
    page.get_by_role("button", name="Save choices").click()
    page.get_by_text(re.compile("Show .* more")).click()  # it comes after what needs her sooner
    expect(page.get_by_text("Maya: 90% in Algebra")).to_be_visible()
