"""A teacher announces to a class, a guardian answers in private, and the teacher takes the announcement back."""

from playwright.sync_api import Page, expect

SECOND = 8_000
"""A second, and what a busy machine may add."""


def announced(rivera: Page, axe) -> str:
    """The address of what Ms Rivera announces, looked at on its way."""
    rivera.goto("/teacher/")
    rivera.get_by_role("link", name="Announce to families").click()
    rivera.get_by_label("Algebra").check()
    rivera.get_by_label("Title").fill("Museum on Monday")
    rivera.get_by_label("Announcement", exact=True).fill("Please pack a lunch.")
    axe(rivera)
    rivera.get_by_role("button", name="Show who gets it").click()
    expect(rivera.get_by_role("heading", level=1)).to_have_text("Send to 3 guardians?")
    expect(rivera.locator("main")).to_contain_text("Dana Diaz")
    axe(rivera)
    rivera.get_by_role("button", name="Send to 3 guardians").dblclick()
    expect(rivera.get_by_role("heading", level=1)).to_have_text("Museum on Monday")
    return rivera.url


def answer(dana: Page, axe) -> None:
    dana.get_by_role("link", name="Answer about Maya").click()
    expect(dana.locator("main")).to_contain_text("You answer the announcement")
    axe(dana)
    dana.locator("#body").fill("She will bring one.")
    dana.get_by_role("button", name="Send message").click()
    expect(dana.locator(".log .msg").last).to_contain_text("Museum on Monday")
    axe(dana)


def test_an_announcement_is_answered_in_private_and_taken_back_before_everyones_eyes(enter, axe):
    rivera, dana, erin = enter("rivera"), enter("dana"), enter("erin")
    address = announced(rivera, axe)
    dana.goto("/parent/")
    dana.get_by_role("link", name="Museum on Monday").click()
    expect(dana.locator("main")).to_contain_text("Please pack a lunch.")
    axe(dana)
    answer(dana, axe)
    rivera.reload()
    expect(rivera.locator("main")).to_contain_text("Opened by 1 of 3 guardians")
    expect(rivera.locator("main")).to_contain_text("1 has answered")
    axe(rivera)
    with erin.expect_response(lambda given: "/stream" in given.url):
        erin.goto(address)
    expect(erin.locator("main")).to_contain_text("Please pack a lunch.")
    rivera.get_by_role("button", name="Take it back").click()
    expect(erin.get_by_role("heading", level=1)).to_have_text("This announcement was withdrawn", timeout=SECOND)
    expect(erin.locator("main")).not_to_contain_text("Please pack a lunch.")
    axe(erin)
    erin.goto("/parent/")
    expect(erin.locator("main")).not_to_contain_text("Museum on Monday")
