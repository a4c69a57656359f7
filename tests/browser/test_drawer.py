"""Comments and the student drawer over the grid: by keyboard, nothing typed is lost, nothing is covered."""

import re

import pytest
from playwright.sync_api import Page, expect

from gradebook.extensions import db
from gradebook.models import Assignment, BankComment, Score, User
from gradebook.services.score_comments import Said, said_at
from tests.browser.test_grid import all_saved, cell, grid  # noqa: F401 - a fixture
from tests.school import PASSWORD

WORDS = "Well argued, and well written"
NOTE = "Ask about the library card"


@pytest.fixture
def said(site, things):
    """said(): what stands there about Maya's quiz, whose place in the grid is the first."""

    def said() -> Said:
        with site.app.app_context():
            keys = [
                db.session.scalar(db.select(model.id).where(model.public_id == things[name]))
                for model, name in ((Assignment, "quiz"), (User, "maya"))
            ]
            return said_at((keys[0], keys[1]))

    return said


@pytest.fixture
def nothing_said(site, things):
    """Nobody has said anything about any score; Ms Rivera's bank has two comments."""
    with site.app.app_context():
        db.session.execute(db.update(Score).values(comment=None, private_note=None))
        rivera = db.session.scalar(db.select(User).where(User.username == "rivera"))
        school_id = db.session.scalar(db.select(Assignment.school_id).where(Assignment.public_id == things["quiz"]))
        for words in ("Show your working", WORDS):
            db.session.add(BankComment(school_id=school_id, teacher_id=rivera.id, words=words))
        db.session.commit()


def open_comments(page: Page, row: int = 0, column: int = 0):
    cell(page, row, column).click()
    page.keyboard.press("Shift+F2")
    dialog = page.get_by_role("dialog", name=re.compile("^Comments: "))
    expect(dialog.get_by_label("Comment", exact=True)).to_be_focused()
    return dialog


def test_a_comment_from_the_bank_and_a_note_by_keyboard(grid, nothing_said, said, axe):  # noqa: F811
    page = grid("algebra")
    dialog = open_comments(page)
    expect(dialog).to_contain_text("Maya Diaz and their guardians can see this comment")
    expect(dialog).to_contain_text("Only teachers of this class")
    page.keyboard.type("/")
    expect(dialog.get_by_label("Find a comment")).to_be_focused()
    axe(page)
    page.keyboard.type("written WELL")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Comment", exact=True)).to_have_value(WORDS)
    page.keyboard.type(" 1/2")
    dialog.get_by_label("Private note").press_sequentially(NOTE)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(cell(page, 0, 0)).to_be_focused()
    expect(cell(page, 0, 0)).to_contain_text("has comment has private note")
    assert said() == Said(f"{WORDS} 1/2", NOTE)
    page.keyboard.press("Control+z")
    expect(cell(page, 0, 0)).not_to_contain_text("has comment")
    assert said() == Said()
    page.keyboard.press("Control+y")
    expect(cell(page, 0, 0)).to_contain_text("has private note")
    all_saved(page)
    page.reload()
    expect(cell(page, 0, 0)).to_contain_text("has comment has private note")


def test_what_was_typed_is_not_lost(grid, nothing_said, said):  # noqa: F811
    page = grid("algebra")
    dialog = open_comments(page)
    page.keyboard.type("Half a comm")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_contain_text("What you typed is not saved.")
    dialog.get_by_role("button", name="Keep editing").click()
    expect(dialog.get_by_label("Comment", exact=True)).to_be_focused()
    page.context.set_offline(True)
    page.keyboard.type("ent")
    page.keyboard.press("Control+s")
    expect(dialog.get_by_role("alert")).to_have_text("no answer from the server")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.keyboard.press("Control+s")
    expect(dialog.get_by_role("alert")).to_contain_text("You were signed out.")
    other = page.context.new_page()
    other.goto("/auth/sign-in")
    other.locator("input[name=username]").fill("rivera")
    other.locator("input[name=password]").fill(PASSWORD)
    other.locator("input[name=password]").press("Enter")
    other.wait_for_url(lambda url: "/auth/sign-in" not in url)
    other.close()
    dialog.get_by_role("button", name="Save comments").click()
    expect(dialog).to_have_count(0)
    assert said().comment == "Half a comment"
    dialog = open_comments(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_colleague_who_was_quicker_is_not_overwritten(grid, nothing_said, said):  # noqa: F811
    page, other = grid("algebra"), grid("algebra", who="cole")
    mine, theirs = open_comments(page), open_comments(other)
    page.keyboard.type("Ms Rivera's words")
    other.keyboard.type("Mr Cole's words")
    other.keyboard.press("Control+s")
    expect(theirs).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(mine).to_contain_text("Abe Cole changed this while you were typing")
    expect(mine).to_contain_text("Mr Cole's words")
    assert said().comment == "Mr Cole's words"
    page.keyboard.press("Control+s")
    expect(mine).to_have_count(0)
    assert said().comment == "Ms Rivera's words"


def test_the_student_beside_the_grid(grid, nothing_said, axe):  # noqa: F811
    page = grid("thirty")
    cell(page, 3, 1).click()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    name = page.locator("tbody th").nth(3)
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.locator(".drawer")
    heading = drawer.get_by_role("heading", level=2)
    expect(heading).to_be_focused()
    place = drawer.bounding_box()
    assert (place["width"], place["x"] + place["width"]) == (400, 1280), "at the end side of the window"
    box = page.locator(".grid-box").bounding_box()
    assert box["x"] + box["width"] <= drawer.bounding_box()["x"], "the drawer covers no cell"
    axe(page)
    first = heading.inner_text()
    drawer.get_by_role("link", name=re.compile("^Next")).click()
    expect(heading).not_to_have_text(first)
    expect(heading).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(name).to_be_focused()


def test_the_drawer_follows_what_is_saved_and_takes_scores_itself(grid, nothing_said, axe):  # noqa: F811
    page = grid("algebra")
    page.locator("tbody th a").first.click()
    drawer = page.locator(".drawer")
    expect(drawer.get_by_role("heading", level=2)).to_have_text("Maya Diaz")
    cell(page, 0, 0).click()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    all_saved(page)
    quiz = drawer.get_by_label("Diaz, Maya, Integers quiz, out of 20")
    expect(quiz).to_have_value("7")
    drawer.get_by_role("link", name=re.compile("Comment.*Integers quiz")).click()
    dialog = page.get_by_role("dialog", name="Comments: Maya Diaz, Integers quiz")
    expect(dialog).to_be_visible()
    page.keyboard.type("Seven is a start")
    page.keyboard.press("Control+s")
    expect(drawer).to_contain_text("Seven is a start")
    expect(cell(page, 0, 0)).to_contain_text("has comment")

    quiz.click()
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    expect(drawer).to_contain_text("check this: Integers quiz is out of 20. You typed 99.")
    expect(cell(page, 0, 0)).to_contain_text("check this")
    axe(page)
    quiz.focus()
    page.keyboard.press("Escape")
    expect(quiz).to_have_value("7")
    expect(drawer).not_to_contain_text("check this")
    overall = drawer.locator("[data-overall]").inner_text()
    page.keyboard.type("9l")
    page.keyboard.press("ArrowDown")
    expect(quiz).not_to_be_focused()
    expect(drawer.locator("input:focus")).to_have_count(1)
    all_saved(page)
    expect(cell(page, 0, 0)).to_contain_text("9")
    expect(drawer.locator("[data-overall]")).not_to_have_text(overall)
    quiz.focus()
    page.keyboard.press("Control+s")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_on_a_phone_the_name_leads_to_the_page(grid, things):  # noqa: F811
    page = grid("algebra", viewport={"width": 390, "height": 844})
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Diaz in Algebra")


def test_without_scripts(enter, nothing_said, said, things):
    page = enter("rivera", java_script_enabled=False)
    page.goto(f"/teacher/classes/{things['algebra']}/students/{things['maya']}")
    page.get_by_role("link", name=re.compile("^Comment ?: Integers quiz")).click()
    page.get_by_text("Comment bank", exact=True).click()
    page.get_by_role("button", name="Show your working").click()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Show your working")
    page.get_by_label("Private note").fill(NOTE)
    page.get_by_role("button", name="Save comments").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Diaz in Algebra")
    expect(page.locator("main")).to_contain_text("Comments saved.")
    assert said() == Said("Show your working", NOTE)
