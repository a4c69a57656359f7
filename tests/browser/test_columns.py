"""The columns of the grid with scripts: their menu, posting and hiding, order and sight, averages, hints."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_grid import all_saved, cell, grid, type_into

__all__ = ["grid"]


def titles(page: Page) -> list[str]:
    return [text.split(",")[0].strip() for text in page.locator("thead tr:last-child th > a").all_inner_texts()]


def open_menu(page: Page, title: str) -> Any:
    page.get_by_role("button", name=re.compile(rf"^Column menu: {title}")).click()
    return page.get_by_role("menu", name=f"Column menu: {title}")


def press(page: Page, title: str, item: str) -> None:
    open_menu(page, title).get_by_role("menuitem", name=item, exact=True).click()


def foot(page: Page) -> list[str]:
    return page.locator("tfoot td").all_inner_texts()


def test_posting_and_hiding_happen_over_the_grid_and_can_be_undone(grid, axe):
    page = grid("algebra")
    page.get_by_role("link", name=re.compile("^Post scores: Fractions test")).click()
    dialog = page.get_by_role("dialog", name="Post scores: Fractions test")
    expect(dialog).to_contain_text("1 of 2 students have a score; 1 will show as not graded yet.")
    axe(page)
    dialog.get_by_label("At a date and time").check()
    dialog.get_by_role("button", name="Post scores").click()
    expect(dialog).to_contain_text("Enter the date on which the scores are posted")
    dialog.get_by_label("Now").check()
    dialog.get_by_role("button", name="Post scores").click()
    expect(page.get_by_role("region", name="Fractions test posted to 1 student.")).to_be_focused()
    expect(page.locator("thead b.hidden")).to_have_count(0)

    press(page, "Fractions test", "Hide scores…")
    dialog = page.get_by_role("dialog", name="Hide scores: Fractions test")
    expect(dialog).to_contain_text("Students and their guardians see these scores and comments now.")
    dialog.get_by_role("button", name="Hide scores").click()
    expect(page.locator("thead b.hidden")).to_have_count(1)
    page.reload()
    press(page, "Fractions test", "Post scores…")
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Fractions test posted to 1 student.")).to_be_visible()
    expect(page.locator("thead b.hidden")).to_have_count(0)


def test_a_column_is_moved_and_hidden_and_both_are_remembered(grid):
    page = grid()
    before = titles(page)
    first = next(
        at
        for at in range(len(before))
        if page.locator("thead tr:last-child th").nth(at + 1).get_attribute("class") is None
    )
    one, other = before[first], before[first + 1]
    press(page, one, "Move right")
    expect(page.get_by_role("region", name=f"{one} was moved past {other} in your view.")).to_be_visible()
    assert titles(page)[first : first + 2] == [other, one]
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("thead tr:last-child th > a").nth(first)).to_contain_text(one)
    press(page, other, "Hide this column from my view")
    expect(page.get_by_text("1 column hidden.")).to_be_visible()
    assert other not in titles(page)
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_text("1 column hidden.")).to_have_count(0)
    assert titles(page) == before


def test_the_last_row_follows_what_is_typed_and_agrees_with_the_server(grid):
    page = grid()
    for row, text in enumerate(["7,25", "90%", "e", "0", "18l"]):
        type_into(page, row, 0, *text, "Enter")
    type_into(page, 5, 0, "Delete")
    all_saved(page)
    shown = foot(page)
    type_into(page, 6, 0, "9", "0", "0", "Enter")  # has to be confirmed
    type_into(page, 7, 0, "9", "x", "Enter")
    assert foot(page) == shown, "what is not stored does not count"
    for row in (6, 7):
        type_into(page, row, 0, "Escape")
    all_saved(page)
    page.reload()
    expect(page.get_by_role("grid")).to_be_visible()
    assert foot(page) == shown


def test_a_zero_and_a_change_of_a_posted_score_are_spoken_of_once(grid):
    page = grid("algebra")
    hint = page.locator(".toast")
    type_into(page, 1, 0, "0", "Enter")
    expect(hint).to_contain_text("0 counts as zero; leave blank or type m for missing")
    hint.get_by_role("button", name="Missing").click()
    expect(cell(page, 1, 0)).to_contain_text("Missing")
    expect(hint.filter(has_text="This is already posted: families see changes right away.")).to_have_count(1)
    type_into(page, 0, 0, "0", "Enter")
    all_saved(page)
    expect(hint.filter(has_text="0 counts as zero")).to_have_count(0)


def test_every_blank_cell_of_a_column_gets_a_status(grid):
    page = grid()
    type_into(page, 3, 3, "Delete")
    type_into(page, 4, 3, "Delete")
    title = titles(page)[3]
    press(page, title, "Set status for blanks…")
    dialog = page.get_by_role("dialog", name=f"Set a status for the blank cells of {title}")
    dialog.get_by_label("Excused").check()
    dialog.get_by_role("button", name=re.compile(r"^Put Excused in \d+ blank cells$")).click()
    expect(cell(page, 3, 3)).to_contain_text("Exc")
    expect(cell(page, 4, 3)).to_contain_text("Exc")
    all_saved(page)


def test_percentages_stand_beside_points_and_are_not_copied_into_the_field(grid, things):
    page = grid("algebra")
    page.goto(f"/teacher/classes/{things['algebra']}/columns")
    page.get_by_label("Show the percentage beside points").check()
    page.get_by_role("button", name="Save columns").click()
    expect(cell(page, 0, 0)).to_contain_text("18 (90%)")
    cell(page, 0, 0).press("F2")
    expect(cell(page, 0, 0).locator("input")).to_have_value("18")
    page.keyboard.press("Escape")
    type_into(page, 0, 0, "1", "7", "Enter")
    expect(cell(page, 0, 0)).to_contain_text("17 (85%)")


def test_plain_fields_have_the_same_menu_but_for_filling(enter, things):
    page = enter("rivera")
    page.goto("/auth/appearance")
    page.get_by_label("Form fields, with one button that saves").check()
    page.get_by_role("button", name="Save changes").click()
    page.goto(f"/teacher/classes/{things['algebra']}")
    menu = open_menu(page, "Integers quiz")
    expect(menu.get_by_role("menuitem").first).to_be_visible()
    items = menu.get_by_role("menuitem").all_inner_texts()
    assert "Fill blanks…" not in items
    assert {"Edit assignment", "Hide scores…", "Enter scores one by one", "Export column"} <= set(items)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Column menu: Integers quiz"))).to_be_focused()


def test_a_column_comes_as_a_file(grid):
    page = grid("algebra")
    with page.expect_download() as file:
        press(page, "Integers quiz", "Export column")
    assert file.value.suggested_filename == "Integers quiz.csv"


def test_only_students_with_something_unsaved(grid):
    page = grid()
    for row in (3, 7):
        type_into(page, row, 2, "9", "x", "Enter")
    others = [cell(page, row, 2).inner_text() for row in (4, 5, 6)]
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("button", name="Only what is not saved").click()
    expect(page.locator(".subline").get_by_text("Showing 2 of 30: not saved")).to_be_visible()
    expect(page.locator("table.grid tbody tr:visible")).to_have_count(2)
    cell(page, 3, 2).click()
    page.keyboard.press("ArrowDown")
    expect(cell(page, 7, 2)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    all_saved(page)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("table.grid tbody tr:visible")).to_have_count(30)
    assert [cell(page, row, 2).inner_text() for row in (4, 5, 6)] == others, "what is out of sight is not touched"
    page.get_by_text("Filters", exact=True).click()
    page.get_by_role("button", name="Only what is not saved").click()
    expect(page.locator("table.grid tbody tr:visible")).to_have_count(30)
