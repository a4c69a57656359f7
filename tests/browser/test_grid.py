"""T2 with scripts: the grade grid as quick as a spreadsheet, and nothing typed is ever lost."""

import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route, expect

from gradebook.extensions import db
from gradebook.models import Enrollment, ScoreChange, User
from tests.school import PASSWORD

SCORES = re.compile(r"/teacher/classes/\w+/scores")
STUDENTS = 30


@pytest.fixture
def grid(enter, things) -> Any:
    """grid(class, who, **options): the page with the grid, ready for keys."""

    def grid(name: str = "thirty", who: str = "rivera", **options: Any) -> Page:
        page = enter(who, **options)
        page.goto(f"/teacher/classes/{things[name]}")
        expect(page.get_by_role("grid")).to_be_visible()
        return page

    return grid


def cell(page: Page, row: int, column: int) -> Any:
    """A score by its place, both from 0."""
    before = page.locator("table.grid thead [rowspan='2']").count()  # the student, the grade, perhaps one more grade
    return page.locator("table.grid tbody tr").nth(row).locator(f"> :nth-child({before + column + 1})")


def type_into(page: Page, row: int, column: int, *keys: str) -> None:
    cell(page, row, column).click()
    for key in keys:
        page.keyboard.press(key)


def nothing_waits(page: Page) -> None:
    expect(page.locator(".save")).to_have_attribute("data-waiting", "0")


def all_saved(page: Page) -> None:
    nothing_waits(page)
    expect(page.locator(".save")).to_have_text("All changes saved")


def delay(page: Page, milliseconds: int) -> None:
    """The server answers this much later."""
    wire = page.context.new_cdp_session(page)
    far = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    wire.send("Network.emulateNetworkConditions", far)


def sent_batches(page: Page) -> list[dict[str, list[str]]]:
    """The fields of every save from now on."""
    batches: list[dict[str, list[str]]] = []

    def note(request: Any) -> None:
        if request.method == "POST" and SCORES.search(request.url):
            batches.append(parse_qs(request.post_data, keep_blank_values=True))

    page.on("request", note)
    return batches


def test_thirty_scores_are_thirty_values_and_thirty_enters(grid):
    page = grid()
    batches = sent_batches(page)
    delay(page, 300)
    cell(page, 0, 2).click()
    for number in range(STUDENTS):
        page.keyboard.type(str(number % 10 + 1))
        page.keyboard.press("Enter")
    expect(page.locator("table.grid td.cell--failed")).to_have_count(0)
    all_saved(page)
    assert 1 <= len(batches) < STUDENTS, "quick typing goes out in batches"
    delay(page, 0)
    page.reload()
    for number in range(STUDENTS):
        expect(cell(page, number, 2)).to_have_text(str(number % 10 + 1))


def test_what_was_taken_back_while_it_was_sent_can_be_done_again(grid):
    page = grid()
    one = cell(page, 8, 5)
    before = one.inner_text()
    delay(page, 300)
    with page.expect_request(SCORES):
        type_into(page, 8, 5, "4", "Enter")
    page.keyboard.press("Control+z")
    expect(one).to_have_text(before)
    all_saved(page)
    page.keyboard.press("Control+y")
    expect(one).to_have_text("4")
    all_saved(page)


def test_keys_move_type_and_edit(grid):
    page = grid("algebra")
    here = page.locator(":focus")
    type_into(page, 0, 0, "1", "9", "Tab")
    expect(here).to_have_accessible_name(re.compile("Diaz, Maya.*Fractions test"))
    page.keyboard.type("e")
    page.keyboard.press("Enter")
    expect(cell(page, 0, 0)).to_have_text(re.compile("^19"))
    expect(cell(page, 0, 1)).to_contain_text("Exc")
    expect(cell(page, 1, 1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cell(page, 1, 0)).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.type("77")
    page.keyboard.press("Escape")
    expect(cell(page, 1, 0)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(here).to_have_role("columnheader")
    page.keyboard.press("Enter")
    expect(here).to_have_text("Edit assignment")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert not here.evaluate("one => Boolean(one.closest('table'))"), "Tab leaves the grid"
    all_saved(page)
    page.reload()
    expect(cell(page, 0, 0)).to_have_text(re.compile("^19"))
    expect(cell(page, 1, 0)).not_to_have_text("77")


def test_a_cell_that_is_no_score_stops_nothing_else(grid, axe):
    page = grid()
    type_into(page, 0, 0, "9", "x", "Enter")
    page.keyboard.type("8,5")
    page.keyboard.press("Enter")
    page.keyboard.type("900")
    page.keyboard.press("Enter")
    page.keyboard.type("7l")
    page.keyboard.press("Enter")
    expect(cell(page, 0, 0)).to_contain_text('not saved: "9x" is not a score')
    expect(page.locator("#alert")).to_contain_text("not saved")
    expect(cell(page, 1, 0)).to_have_text("8.5")
    expect(cell(page, 2, 0)).to_contain_text("You typed 900")
    expect(cell(page, 3, 0)).to_contain_text("late")
    expect(page.locator(".save")).to_contain_text("2 changes not saved")
    axe(page)
    expect(page.locator("table.grid--kept")).to_be_visible()
    cell(page, 0, 0).click()
    cell(page, 0, 0).locator(".why").click(trial=True)  # it lies over the rows below
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(cell(page, 2, 0)).to_contain_text("Extra")
    type_into(page, 0, 0, "Escape")
    all_saved(page)
    page.reload()
    expect(cell(page, 2, 0)).to_contain_text("900")
    expect(cell(page, 3, 0)).to_contain_text("7")


def test_offline_nothing_is_lost_and_nothing_is_sent_twice(grid, site):
    page = grid()
    batches = sent_batches(page)
    page.context.set_offline(True)
    type_into(page, 4, 1, "6", "Enter", "5", "Enter")
    expect(page.locator(".save")).to_have_text("You are offline. 2 changes are waiting.")
    expect(cell(page, 4, 1)).to_contain_text("not saved: you are offline")
    page.context.set_offline(False)
    all_saved(page)
    expect(cell(page, 4, 1)).to_have_text("6")
    assert len(batches) == 1
    assert len(batches[0]["request"]) == 1


def test_a_request_whose_answer_is_lost_is_sent_again_as_it_was(grid, site):
    page = grid()
    batches = sent_batches(page)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        if lost:
            route.fulfill(response=answer)
        else:
            lost.append(answer.status)
            route.abort()

    page.route(SCORES, lose_the_first)
    type_into(page, 0, 3, "6", "Enter")
    expect(page.locator(".save")).to_contain_text("1 change not saved.")
    expect(cell(page, 0, 3)).to_contain_text("no answer from the server")
    page.get_by_role("button", name="Retry").click()
    all_saved(page)
    assert lost == [200]
    assert batches[0] == batches[1]
    (name,) = [name for name in batches[0] if "." in name]
    student, assignment = name.split(".")
    with site.app.app_context():
        changes = db.session.query(ScoreChange).filter_by(student_id=int(student), assignment_id=int(assignment))
        assert [change.after["points"] for change in changes] == [600], "it is in the history once"


def test_two_people_type_into_one_cell(grid, axe):
    one, other = grid("algebra"), grid("algebra")
    one.route(re.compile("/changes|/stream"), lambda route: route.abort())  # nobody tells it in time
    type_into(other, 0, 0, "1", "5", "Enter", "1", "6", "Enter")
    all_saved(other)
    type_into(one, 0, 0, "1", "7", "Enter", "1", "8", "Enter")
    expect(one.locator(".save")).to_contain_text("2 changes need your choice")
    expect(cell(one, 0, 0)).to_contain_text("two versions: yours 17")
    one.get_by_role("button", name="Choose").click()
    expect(one.get_by_role("dialog", name="Choose which scores to keep")).to_be_visible()
    axe(one)
    one.get_by_role("row", name=re.compile("Diaz, Maya")).get_by_role("radio").first.check()
    one.get_by_role("button", name="Apply").click()
    all_saved(one)
    expect(cell(one, 0, 0)).to_have_text(re.compile("^17"))
    expect(cell(one, 1, 0)).to_have_text(re.compile("^16"))
    one.reload()
    expect(cell(one, 0, 0)).to_have_text(re.compile("^17"))
    expect(cell(one, 1, 0)).to_have_text(re.compile("^16"))


PASTED = """Name\tScore\r
{second}\t9\r
{first}\t8\r
Nobody Atall\t7\r
"""


def paste(page: Page, text: str) -> None:
    """Ctrl V with this on the clipboard."""
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_pasting_by_name_filling_and_taking_back(grid, axe):
    page = grid()
    names = page.evaluate("[...document.querySelectorAll('.grid tbody th a')].map(one => one.firstChild.textContent)")
    cell(page, 5, 4).click()
    paste(page, PASTED.format(first=names[0].upper(), second=" ".join(reversed(names[1].split(", ")))))
    review = page.get_by_role("dialog", name="Review what was pasted")
    expect(review).to_contain_text("No student of this page is called “Nobody Atall”")
    axe(page)
    review.get_by_role("button", name="Save 2, leave 1").click()
    expect(cell(page, 0, 4)).to_have_text("8")
    expect(cell(page, 1, 4)).to_have_text("9")
    cell(page, 0, 5).click()
    before = cell(page, 1, 5).inner_text()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    expect(cell(page, 3, 5)).to_have_text("4")
    page.keyboard.press("Control+z")
    expect(cell(page, 1, 5)).to_have_text(before)
    page.keyboard.press("Control+y")
    expect(cell(page, 1, 5)).to_have_text("4")
    all_saved(page)
    page.reload()
    expect(cell(page, 0, 4)).to_have_text("8")
    expect(cell(page, 3, 5)).to_have_text("4")


def test_pasting_by_username(grid, site):
    page = grid()
    keys = page.evaluate("[...document.querySelectorAll('.grid tbody th a')].map(one => one.href.split('/').pop())")
    with site.app.app_context():
        usernames = dict(db.session.query(User.public_id, User.username).filter(User.public_id.in_(keys)).all())
    cell(page, 3, 3).click()
    paste(page, f"Login\tScore\r\n{usernames[keys[2]].upper()}\t6\r\n{usernames[keys[0]]}\t5\r\n")
    expect(cell(page, 0, 3)).to_have_text("5")
    expect(cell(page, 2, 3)).to_have_text("6")
    all_saved(page)


def test_what_others_change_appears_but_never_in_a_cell_that_is_being_typed(grid):
    page, other = grid("algebra"), grid("algebra", "cole")
    type_into(page, 1, 0, "1", "7")
    expect(page.locator("#status")).to_contain_text("Spreadsheet keys are on")
    type_into(other, 0, 0, "1", "4", "Enter", "1", "6", "Enter")
    all_saved(other)
    expect(cell(page, 0, 0)).to_have_text(re.compile("^14.*changed by .*, was "), timeout=10_000)
    expect(page.locator("#status")).to_have_text("1 score changed by someone else")
    page.keyboard.press("Enter")
    expect(cell(page, 1, 0)).to_contain_text("two versions: yours 17")
    expect(page.locator(".save")).to_contain_text("1 change needs your choice")
    type_into(page, 0, 0, "1", "5", "Enter")
    nothing_waits(page)
    expect(cell(page, 0, 0)).to_have_text(re.compile("^15"))
    expect(page.locator(".save")).to_have_text(re.compile("^1 change needs your choice"))


def test_who_no_longer_teaches_the_class_can_copy_what_was_not_saved(grid, site):
    page = grid("algebra", "cole")
    with site.app.app_context():
        cole = db.session.query(User).filter_by(username="cole").one()
        db.session.query(Enrollment).filter_by(user_id=cole.id).update({"ends_on": Enrollment.begins_on})
        db.session.commit()
    type_into(page, 0, 0, "5", "Enter")
    expect(page.get_by_role("button", name="Copy them")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("You can no longer change the scores of this class.")
    expect(page.locator(".save")).to_have_text("1 change not saved.")


def test_undo_goes_on_after_a_reload(grid):
    page = grid()
    before = [cell(page, row, 0).inner_text() for row in range(2)]
    type_into(page, 0, 0, "1", "1", "Enter")
    all_saved(page)
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    all_saved(page)
    page.keyboard.press("Control+z")
    expect(cell(page, 1, 0)).to_have_text(before[1])
    page.reload()
    cell(page, 5, 5).click()
    page.keyboard.press("Control+z")
    expect(cell(page, 0, 0)).to_have_text(before[0])
    expect(page.locator("#status")).to_have_text("1 change undone.")
    page.keyboard.press("Control+y")
    expect(cell(page, 0, 0)).to_have_text("11")
    page.reload()
    expect(cell(page, 0, 0)).to_have_text("11")
    expect(cell(page, 1, 0)).to_have_text(before[1])


def test_signed_out_while_typing(grid, site):
    page = grid()
    with site.app.app_context():
        person = db.session.query(User).filter_by(username="rivera").one()
        person.auth_epoch += 1
        db.session.commit()
    type_into(page, 0, 0, "5", "Enter")
    dialog = page.get_by_role("dialog", name="Sign in to save what you typed")
    dialog.get_by_label("Username or email").fill("rivera")
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    all_saved(page)
    page.reload()
    expect(cell(page, 0, 0)).to_have_text("5")


def test_one_assignment_on_a_phone_with_its_status_keys(enter, things, axe):
    page = enter("rivera", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.goto("/teacher/classes")
    page.get_by_role("link", name="Algebra", exact=True).tap()
    for way in ("By assignment", "By student", "Whole grid"):
        page.get_by_role("navigation", name="Ways to enter").get_by_role("link", name=way).tap()
        expect(page.get_by_role("navigation", name="Ways to enter").locator("[aria-current]")).to_have_text(way)
    page.goto(f"/teacher/assignments/{things['first_of_thirty']}/scores")
    fields = page.locator(".one__list input")
    fields.nth(0).tap()
    page.keyboard.type("18")
    page.get_by_role("button", name="Late").tap()
    expect(fields.nth(0)).to_have_value("18l")
    page.get_by_role("button", name="Next").tap()
    expect(fields.nth(1)).to_be_focused()
    page.get_by_role("button", name="Missing").tap()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    nothing_waits(page)
    expect(page.locator(".one__list li").nth(1)).to_contain_text("Missing")
    expect(page.locator(".one__list li").nth(2)).to_contain_text('"abc" is not a score')
    axe(page)
    fields.nth(2).tap()
    page.keyboard.press("Escape")
    all_saved(page)
    page.reload()
    expect(fields.nth(0)).to_have_value("18l")
    expect(fields.nth(1)).to_have_value("m")
    expect(fields.nth(3)).to_have_value("7")


def test_who_asks_for_plain_fields_has_them(enter, things):
    page = enter("rivera")
    page.goto("/auth/appearance")
    page.get_by_label("Form fields, with one button that saves").check()
    page.get_by_role("button", name="Save changes").click()
    page.goto(f"/teacher/classes/{things['thirty']}")
    expect(page.get_by_role("table", name=re.compile("^Grades for"))).to_be_visible()
    expect(page.get_by_role("grid")).to_have_count(0)
    expect(page.get_by_role("button", name="Save changes")).to_be_visible()
    page.goto("/auth/appearance")
    page.get_by_label("Spreadsheet keys; Enter goes to the next assignment").check()
    page.get_by_role("button", name="Save changes").click()
    page.goto(f"/teacher/classes/{things['thirty']}")
    type_into(page, 2, 2, "7", "Enter")
    expect(cell(page, 2, 3)).to_be_focused()
