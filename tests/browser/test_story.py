"""One story with everybody in it, each in a window of their own: once with scripts, once without any."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

HELLO = "Could Maya get the worksheet she missed?"
ANSWER = "Yes, it is on my desk."
SUMMARY = {"name": "There is a problem"}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether scripts run in the windows of the story."""
    return bool(request.param)


@pytest.fixture
def window(scripts: bool, open_page: Callable[..., Page], sign_in_as: Any, enter: Any) -> Callable[[str], Page]:
    """window(username): a window in which this person signed in. The second step of the office has its own test."""

    def window(username: str) -> Page:
        if username == "pat":
            page = enter(username, java_script_enabled=scripts)
            page.goto("/")
        else:
            page = open_page(java_script_enabled=scripts)
            sign_in_as(page, username)
        return page

    return window


def test_from_an_assignment_to_the_end_of_a_guardianship(window, scripts):
    teacher, student = window("rivera"), window("maya")
    add_assignment(teacher)
    enter_scores(teacher, scripts)
    sees_nothing_yet(student)
    post(teacher, "Equations quiz")
    post(teacher, "Fractions test")
    assert reads_why(student) == Decimal("83.8")

    guardian = window("dana")
    assert reads_the_childs_grade(guardian) == Decimal("83.8")
    the_class = guardian.url
    writes(guardian)
    guardian.goto(the_class)  # an open conversation reads what arrives, as soon as it arrives
    reads_and_answers(teacher)
    reads_the_answer(guardian)
    has_no_trace_of_it(student)

    conversation = guardian.url
    ends_the_guardianship(window("pat"))
    is_shut_out(guardian, the_class, conversation)


def add_assignment(page: Page) -> None:
    """From the first page of the teacher: a quiz whose scores stay hidden."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Classes").click()
    page.get_by_role("main").get_by_role("link", name="Algebra", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grades for Algebra")
    page.get_by_role("link", name="Add assignment").click()
    page.get_by_label("Title").fill("Equations quiz")
    page.get_by_label("Points", exact=True).fill("10")
    category = page.get_by_label("Category")
    category.select_option(category.get_by_text("Quizzes").get_attribute("value"))
    page.get_by_label("When I post").check()
    page.get_by_role("button", name="Save assignment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grades for Algebra")


def cell(page: Page, student: str) -> Any:
    """The field of a student's score in the quiz."""
    return page.get_by_role("textbox", name=re.compile(f"{student}.*Equations quiz.*out of 10"))


def enter_scores(page: Page, scripts: bool) -> None:
    """A score and something that is none: the one is saved, the other refused in words; then both are right."""
    in_grid(page) if scripts else in_form(page)


def in_grid(page: Page) -> None:
    """With scripts each cell is saved by itself."""
    expect(page.get_by_role("grid")).to_be_visible()
    letter = page.locator("thead th a", has_text="Equations quiz").get_attribute("id")
    place = page.locator("thead [rowspan='2']").count() + ord(letter) - ord("A") + 1
    maya = page.get_by_role("row", name=re.compile("Diaz, Maya")).locator(f"> :nth-child({place})")
    leo = page.get_by_role("row", name=re.compile("Evans, Leo")).locator(f"> :nth-child({place})")
    maya.click()
    page.keyboard.type("7.5\nseven\n")
    expect(leo).to_contain_text('not saved: "seven" is not a score')
    expect(page.locator(".save")).to_contain_text("1 change not saved")
    leo.click()
    page.keyboard.type("m\n")
    expect(page.locator(".save")).to_have_attribute("data-waiting", "0")
    page.reload()
    expect(maya).to_have_text("7.5")
    expect(leo).to_have_text("Missing")


def in_form(page: Page) -> None:
    """Without, one button saves them all."""
    cell(page, "Maya").fill("7.5")
    cell(page, "Leo").fill("seven")
    page.get_by_role("button", name="Save changes").click()
    summary = page.get_by_role("alert", **SUMMARY)
    expect(summary).to_contain_text("1 score saved")
    expect(summary).to_contain_text("Evans, Leo, Equations quiz")
    expect(cell(page, "Maya")).to_have_value("7.5")
    expect(cell(page, "Leo")).to_have_value("seven")
    expect(cell(page, "Leo")).to_have_attribute("aria-invalid", "true")

    cell(page, "Leo").fill("m")
    page.get_by_role("button", name="Save changes").click()
    expect(summary).to_have_count(0)
    page.reload()
    expect(cell(page, "Maya")).to_have_value("7.5")
    expect(page.get_by_role("row", name=re.compile("Evans, Leo"))).to_contain_text("Missing")


def sees_nothing_yet(page: Page) -> None:
    """What is not posted decides nothing, and no number of it is on the page."""
    open_algebra(page)
    assert grade(page) == Decimal(90)
    expect(page.get_by_role("main")).not_to_contain_text("7.5")
    expect(page.get_by_role("main")).not_to_contain_text("41.5")


def open_algebra(page: Page) -> None:
    """From the student's first page, in one click."""
    page.goto("/student/")
    page.get_by_role("link", name=re.compile(r"Algebra.*Why\?")).click()
    expect(page.get_by_role("heading", name="How is this worked out?")).to_be_visible()


def post(page: Page, title: str) -> None:
    """Show the scores of an assignment to families, from the grid: over it where scripts run, else on a page."""
    page.get_by_role("columnheader", name=re.compile(title)).get_by_role("link", name=re.compile("Post scores")).click()
    expect(page.get_by_role("heading", name=f"Post scores: {title}")).to_be_visible()
    page.get_by_role("button", name="Post scores").click()
    expect(page.get_by_role("region", name=re.compile(f"^{title} posted to"))).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grades for Algebra")


def grade(page: Page) -> Decimal:
    """The large number of the page."""
    return number(page.locator(".grade-head .figure").inner_text())


def number(text: str) -> Decimal:
    return Decimal(text.strip().removesuffix("%"))


def reads_why(page: Page) -> Decimal:
    """The grade, after its lines were added up by hand."""
    open_algebra(page)
    lines = page.locator(".sum tbody tr:not(.sum__note)").all()
    parts = [[number(text) for text in line.locator("td.n").all_inner_texts()] for line in lines]
    assert [percent * weight / 100 for percent, weight, _adds in parts] == [adds for _percent, _weight, adds in parts]
    shown = grade(page)
    assert sum(adds for _percent, _weight, adds in parts) == shown
    assert number(page.locator(".sum tfoot .n").last.inner_text()) == shown
    return shown


def reads_the_childs_grade(page: Page) -> Decimal:
    """On the guardian's first page, and again behind it."""
    table = page.get_by_role("table", name="Grades of Maya")
    first = number(table.get_by_role("row", name=re.compile("Algebra")).locator(".score").inner_text())
    table.get_by_role("link", name="Algebra").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya – Algebra")
    assert grade(page) == first
    return first


def writes(page: Page) -> None:
    """From the child's class to its teachers."""
    page.get_by_role("link", name=re.compile("Message Inés Rivera.* about Maya")).click()
    page.get_by_label(re.compile("Message Inés Rivera.* about Maya")).fill(HELLO)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log", name=re.compile("Messages with .*Inés Rivera.* about Maya"))).to_contain_text(HELLO)
    is_sent(page)


def is_sent(page: Page) -> None:
    """What stands in the conversation has reached the server."""
    expect(page.get_by_role("main")).not_to_contain_text("Sending…")


def unread(page: Page) -> Any:
    """The way to the messages in the header, with their number."""
    return page.get_by_role("banner").get_by_role("link", name=re.compile("Messages"))


def reads_and_answers(page: Page) -> None:
    """The teacher is told of one message and writes back."""
    page.goto("/teacher/")
    expect(unread(page)).to_have_text(re.compile(r"Messages\s*1\s*unread"))
    unread(page).click()
    expect(page.get_by_role("main")).to_contain_text("1 unread")
    page.get_by_role("main").get_by_role("link", name=re.compile("Maya Diaz")).click()
    expect(page.get_by_role("log")).to_contain_text(HELLO)
    page.get_by_label(re.compile("Message Dana Diaz about Maya")).fill(ANSWER)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text(ANSWER)
    is_sent(page)
    expect(unread(page)).not_to_contain_text("unread")


def reads_the_answer(page: Page) -> None:
    """The guardian is told and reads it."""
    page.goto("/parent/")
    expect(unread(page)).to_have_text(re.compile(r"Messages\s*1\s*unread"))
    unread(page).click()
    page.get_by_role("main").get_by_role("link", name=re.compile("Algebra")).click()
    expect(page.get_by_role("log")).to_contain_text(ANSWER)


def has_no_trace_of_it(page: Page) -> None:
    """Wherever the student's links lead, no text, attribute or header speaks of messages."""
    waiting, seen = ["/student/"], set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        answer = page.goto(address)
        assert answer.status == 200, address
        sent = f"{answer.all_headers()} {answer.text()} {page.content()}".lower()
        for word in ("message", HELLO.lower(), ANSWER.lower(), "conversation"):
            assert word not in sent, f"{address} has {word!r}"
        links = page.eval_on_selector_all("a[href^='/']", "all => all.map((one) => one.getAttribute('href'))")
        waiting += {link.split("#")[0] for link in links} - seen - set(waiting)
    assert {"/student/", "/help", "/auth/sessions"} <= seen
    assert what_is_at(page, "/messages/") == what_is_at(page, "/nowhere")


def what_is_at(page: Page, address: str) -> tuple[int, str, str]:
    answer = page.goto(address)
    return answer.status, page.title(), page.get_by_role("main").inner_text()


def ends_the_guardianship(page: Page) -> None:
    """From the list of people to the link; what ending it does is read before it is done."""
    page.get_by_label("Search").fill("maya")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Maya Diaz").click()
    page.get_by_role("main").get_by_role("link", name="Guardians").first.click()
    page.get_by_role("link", name=re.compile("Dates and end.*Dana Diaz")).click()
    page.get_by_role("button", name="End this link today").click()
    effect = page.get_by_role("region", name="When you save")
    expect(effect).to_contain_text("From today Dana Diaz can no longer see Maya’s grades or write messages.")
    expect(effect).to_contain_text("Dana Diaz can still read 1 earlier conversation about Maya")
    expect(effect).to_contain_text("The conversations stay with the teachers: Abe Cole and Inés Rivera.")
    expect(effect).to_contain_text("Nobody outside school will be able to see Maya’s grades.")
    page.get_by_label("This is meant").check()
    page.get_by_role("button", name="End the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Guardians of Maya Diaz")


def is_shut_out(page: Page, the_class: str, conversation: str) -> None:
    """At the next request there is no child and no class; what was written can be read, and nothing be written."""
    assert page.goto(the_class).status == 404
    page.goto("/parent/")
    expect(page.get_by_role("main")).not_to_contain_text("Maya")
    assert page.goto(conversation).status == 200
    expect(page.locator("main textarea")).to_have_count(0)
    expect(page.locator("[data-messages] .count")).to_have_count(0)
