"""The office names who answers for a leaver, stops all messages, hands out a record and holds what is old: each page of
it, and what a family and a teacher then see, with rows on them."""

from playwright.sync_api import expect

from tests.browser import axe as rules


def test_stopping_handing_out_and_holding(enter, things):
    office, guardian, teacher = enter("pat"), enter("dana"), enter("rivera")

    # A page that is open when messages are stopped says so by itself, and takes nothing any more.
    guardian.goto(f"/messages/{things['talk']}")
    office.goto("/office/messages")
    office.get_by_text("Stop messages", exact=True).click()
    office.get_by_label("All messages").check()
    office.get_by_label("Reason").fill("An account is in wrong hands. Call us.")
    office.get_by_role("button", name="Go on").click()
    rules.check(office)
    office.get_by_role("button", name="Stop it now").click()
    expect(office.get_by_role("button", name="Lift it")).to_have_count(2)  # Chris may not write either
    rules.check(office)
    expect(guardian.get_by_text("Nothing can be sent for now")).to_be_visible()
    for path in (f"/messages/{things['talk']}", "/messages/", f"/messages/announcements/{things['news']}"):
        guardian.goto(path)
        expect(guardian.get_by_role("main")).to_contain_text("An account is in wrong hands. Call us.")
        rules.check(guardian)
    teacher.goto("/messages/announcements/new")
    expect(teacher.get_by_role("main")).to_contain_text("Messages are stopped for now")
    rules.check(teacher)
    office.get_by_role("button", name="Lift it").first.click()
    expect(office.get_by_role("button", name="Lift it")).to_have_count(1)
    expect(guardian.get_by_role("link", name="Answer about Maya")).to_be_visible(timeout=20_000)  # it stayed open
    expect(guardian.get_by_role("main")).not_to_contain_text("Call us.")

    # Another person of the office has agreed to a record: it is fetched, and its row says so.
    office.goto("/office/records")
    with office.expect_download() as download:
        office.get_by_role("button", name="Download (ZIP)").click()
    assert download.value.suggested_filename.endswith(".zip")
    office.goto("/office/records")
    expect(office.get_by_role("main")).to_contain_text("Fetched by Pat Parker")
    rules.check(office)

    # A second hold beside the one that is there; both stand on the page of the years.
    office.goto(f"/office/people/{things['maya']}/hold")
    office.get_by_label("Reason").fill("Family Court 26-118")
    office.get_by_role("button", name="Place the hold").click()
    expect(office.get_by_role("button", name="Lift it")).to_have_count(2)
    rules.check(office)
    office.goto("/office/retention")
    expect(office.get_by_role("region", name="Holds").get_by_role("link", name="Maya Diaz")).to_have_count(2)
    rules.check(office)

    # Ms Rivera leaves: somebody answers in her place, in each of her classes.
    office.goto(f"/office/people/{things['rivera']}/successors")
    rules.check(office)
    office.get_by_label("Algebra", exact=True).select_option(index=1)
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_role("heading", level=1, name="Inés Rivera")).to_be_visible()
    rules.check(office)
