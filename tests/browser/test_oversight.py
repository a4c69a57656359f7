"""A message is reported and looked at; then a review is opened, read and closed, and both sides are told, live."""

from playwright.sync_api import expect

from tests.browser import axe as rules

SAYS = "The school office read messages of this conversation on"


def test_a_report_and_a_review(enter, things):
    guardian, teacher, office = enter("dana"), enter("rivera"), enter("vera")
    talk = f"/messages/{things['talk']}"

    # Ms Rivera reports what Dana wrote; Dana, who looks on, sees nothing of it.
    guardian.goto(talk)
    before = guardian.locator(".log__in").inner_text()
    teacher.goto(talk)
    teacher.get_by_role("link", name="Report").first.click()
    teacher.get_by_label("I am worried about somebody’s safety").check()
    teacher.get_by_label("In your own words").fill("She sounds desperate")
    rules.check(teacher)
    teacher.get_by_role("button", name="Report to the office").click()
    expect(teacher.get_by_role("main")).to_contain_text("It is not settled yet")
    assert guardian.locator(".log__in").inner_text() == before

    # Vera looks at it, and opens a review of that conversation.
    office.goto("/office/oversight")
    reported = office.get_by_role("listitem").filter(has_text="Worried about somebody’s safety")
    reported.get_by_role("link").click()
    expect(office.get_by_role("article", name="The reported message")).to_contain_text("Secret words of Dana")
    office.get_by_role("button", name="I am looking at it").click()
    office.get_by_role("link", name="Open a review to read more").click()
    office.get_by_label("What it is about").fill("The counsellor asked us to look")
    office.get_by_role("button", name="Open the review").click()
    expect(office.get_by_role("heading", level=2, name="Review open until")).to_be_visible()
    office.get_by_role("main").get_by_role("link", name="Algebra · Dana Diaz").click()
    expect(office.get_by_role("main")).to_contain_text("That you opened this page is recorded")
    rules.check(office)
    office.get_by_role("link", name="Back to the review").click()
    expect(guardian.locator(".log__in")).not_to_contain_text(SAYS)

    # It is closed: Dana, whose window is open, is told at once, and Ms Rivera as well.
    office.get_by_role("button", name="Close review").click()
    expect(office.get_by_role("heading", name="The review is closed.")).to_be_visible()
    expect(guardian.locator(".log__in")).to_contain_text(SAYS)
    teacher.goto(talk)
    expect(teacher.locator(".log__in")).to_contain_text(SAYS)
    rules.check(teacher)
