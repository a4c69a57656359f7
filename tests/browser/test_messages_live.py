"""A teacher and a guardian write to each other in two browsers, and both pages follow."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.interchange.attachable import checked
from gradebook.models import Attachment, Conversation, Guardianship, LoginSession, Message, User
from gradebook.services import messaging, scanning
from tests.conftest import NOON
from tests.files import EXAMPLES
from tests.school import PASSWORD, TODAY

SECOND = 8_000
"""A second, and what a busy machine may add; less than the ten after which a page asks without a stream."""


@pytest.fixture
def talk(things):
    """The address of Dana's conversation about Maya."""
    return f"/messages/{things['talk']}"


def opened(page: Page, address: str) -> Page:
    """The page with its scripts at work and its stream open: they begin with the first touch of the box."""
    with page.expect_response(lambda answer: "/stream" in answer.url):
        page.goto(address)
        page.locator("#body").focus()
    return page


def send(page: Page, text: str) -> None:
    page.locator("#body").fill(text)
    page.get_by_role("button", name="Send message").click()


def unread(page: Page) -> str:
    """What stands beside the word Messages when all is counted anew."""
    count = page.request.get("/messages/unread").json()["unread"]
    return rf"{count}\s*unread" if count else ""


def texts(page: Page) -> list[str]:
    return page.locator(".log .msg__text").all_inner_texts()


def test_what_one_writes_is_there_for_the_other_and_the_counts_follow(enter, talk, site):
    rivera, dana = opened(enter("rivera"), talk), opened(enter("dana"), talk)
    home = dana.context.new_page()
    home.goto("/parent/")
    send(dana, "Will Maya need the book?")
    theirs = rivera.locator(".msg[data-seq]").last
    expect(theirs).to_contain_text("Will Maya need the book?", timeout=SECOND)
    assert rivera.locator("#body").evaluate("box => box === document.activeElement")  # nobody's focus is moved
    expect(rivera.locator("#status")).to_contain_text("New message from Dana")
    for number in range(3):
        send(rivera, f"Answer {number}.")
    expect(dana.locator(".log .msg").last).to_contain_text("Answer 2.", timeout=SECOND)
    assert texts(rivera)[-4:] == texts(dana)[-4:] == ["Will Maya need the book?", "Answer 0.", "Answer 1.", "Answer 2."]
    for page in (dana, rivera, home):  # every window of a person says the same as the server
        expect(page.locator("header a[data-messages]")).to_have_text(re.compile(rf"^\s*Messages\s*{unread(page)}\s*$"))


def test_who_reads_above_stays_there_and_is_offered_the_newest(enter, talk):
    rivera, dana = opened(enter("rivera"), talk), opened(enter("dana"), talk)
    for number in range(12):
        send(dana, f"Line {number}\n\n\nof several.")
    expect(rivera.locator(".log .msg").last).to_contain_text("Line 11", timeout=2 * SECOND)
    log = rivera.locator(".log")
    log.evaluate("log => { log.scrollTop = -300; }")
    first = rivera.locator(".log .msg", has_text="Line 8")
    before = first.bounding_box()
    send(dana, "One more")
    newest = rivera.get_by_role("button", name="New messages")
    expect(newest).to_be_visible(timeout=SECOND)
    assert abs(first.bounding_box()["y"] - before["y"]) < 2
    newest.click()
    expect(rivera.locator(".log .msg").last).to_be_in_viewport()
    expect(newest).to_have_count(0)


def test_a_failed_message_stays_and_is_sent_once(enter, talk, site):
    dana = opened(enter("dana"), talk)
    tries: list[str] = []

    def lose(route):
        tries.append(route.request.post_data)
        if len(tries) == 1:
            route.fetch()  # it arrives, its answer does not
        route.abort() if len(tries) < 3 else route.continue_()

    dana.route("**/messages/*/messages", lose)
    dana.route("**/changes?*", lambda route: route.abort() if len(tries) < 3 else route.continue_())
    send(dana, "Only once")
    failed = dana.locator(".msg--failed")
    expect(failed).to_contain_text("Not sent. Your message is still here.")
    send(dana, "And after it")
    failed.get_by_role("button", name="Retry").click()
    expect(failed).to_contain_text("Not sent")
    failed.get_by_role("button", name="Retry").click()
    expect(dana.locator(".log__mine .msg")).to_have_count(0)
    with site.app.app_context():
        bodies = db.session.scalars(select(Message.body).order_by(Message.id)).all()
    assert bodies[-2:] == ["Only once", "And after it"]
    assert bodies.count("Only once") == 1
    assert texts(dana)[-2:] == ["Only once", "And after it"]


def test_signed_out_while_writing_loses_nothing(enter, talk, site):
    dana = opened(enter("dana"), talk)
    dana.locator("#body").fill("Written for a long time")
    with site.app.app_context():
        person = select(User.id).where(User.username == "dana").scalar_subquery()
        db.session.execute(update(LoginSession).where(LoginSession.user_id == person).values(ended_at=NOON))
        db.session.commit()
    dana.get_by_role("button", name="Send message").click()
    dialog = dana.get_by_role("dialog")
    expect(dialog).to_contain_text("Sign in to send what you wrote")
    dialog.locator("input[name=username]").fill("dana")
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.locator("input[name=password]").press("Enter")
    expect(dialog).to_have_count(0)
    expect(dana.locator(".msg[data-seq]").last).to_contain_text("Written for a long time")


def test_the_page_closes_itself_when_the_guardianship_ends(enter, talk, site):
    dana = opened(enter("dana"), talk)
    dana.locator("#body").fill("Half a sentence")
    with site.app.app_context():
        person = select(User.id).where(User.username == "dana").scalar_subquery()
        db.session.execute(update(Guardianship).where(Guardianship.guardian_id == person).values(ends_on=TODAY))
        db.session.commit()
    expect(dana.get_by_role("heading", name="This conversation is no longer open to you")).to_be_visible(timeout=SECOND)
    assert dana.locator(".msg").count() == 0
    assert dana.locator("#unsent").input_value() == "Half a sentence"
    assert dana.goto(talk).status == 200  # what was written before can still be read (decision 0026)
    assert dana.locator("form.composer").count() == 0


def test_what_is_begun_is_kept_on_the_server_until_it_is_sent(enter, talk):
    dana = opened(enter("dana"), talk)
    with dana.expect_response(lambda answer: answer.url.endswith("/draft"), timeout=SECOND):
        dana.locator("#body").press_sequentially("Begun on one device")
    other = enter("dana")
    other.goto(talk)
    expect(other.locator("#body")).to_have_value(re.compile("^Begun"))
    send(dana, "Begun and sent")
    expect(dana.locator(".msg[data-seq]").last).to_contain_text("Begun and sent")
    other.goto(talk)
    expect(other.locator("#body")).to_have_value("")


def test_what_is_changed_or_removed_changes_for_the_other_too(enter, talk):
    rivera, dana = opened(enter("rivera"), talk), opened(enter("dana"), talk)
    for text in ("At three", "By mistake", "Goodbye"):
        send(dana, text)
    expect(rivera.locator(".msg").last).to_contain_text("Goodbye", timeout=SECOND)
    dana.locator(".msg[data-seq]", has_text="At three").get_by_role("link", name="Change").click()
    dialog = dana.get_by_role("dialog")
    dialog.locator("textarea").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("Write a message")
    dialog.locator("textarea").fill("At four")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(rivera.locator(".msg", has_text="At four")).to_contain_text("Edited", timeout=SECOND)
    rivera.locator(".msg", has_text="At four").get_by_role("link", name="Edited").click()
    expect(rivera.get_by_role("dialog")).to_contain_text("At three")
    rivera.keyboard.press("Escape")
    dana.locator(".msg[data-seq]", has_text="By mistake").get_by_role("link", name="Change").click()
    dialog.get_by_role("button", name="Remove message").click()
    expect(rivera.locator(".msg", has_text="Message removed")).to_be_visible(timeout=SECOND)
    assert "By mistake" not in rivera.content()
    dana.get_by_role("button", name="Undo").press("Enter")
    for page in (dana, rivera):
        expect(page.locator(".msg", has_text="By mistake")).to_be_visible(timeout=SECOND)
    assert texts(rivera)[-3:] == texts(dana)[-3:] == ["At four", "By mistake", "Goodbye"]


def test_files_go_with_their_message_also_when_it_is_sent_again(enter, talk):
    rivera, dana = opened(enter("rivera"), talk), opened(enter("dana"), talk)
    tries: list[int] = []

    def lose(route):
        tries.append(1)
        route.abort() if len(tries) == 1 else route.continue_()

    dana.route("**/messages/*/messages", lose)
    dana.get_by_text("Attach files").click()
    files = [{"name": name, "mimeType": "", "buffer": EXAMPLES[name]} for name in ("letter.pdf", "photo.JPG")]
    dana.locator("input[type=file]").set_input_files([*files, {"name": "a.exe", "mimeType": "", "buffer": b"MZ"}])
    expect(dana.locator(".composer__files .error")).to_contain_text("Choose only these kinds")
    dana.get_by_role("button", name="Remove a.exe").click()
    expect(dana.locator(".composer__files .error")).to_have_count(0)
    send(dana, "The letter and a photo")
    failed = dana.locator(".msg--failed")
    expect(failed).to_contain_text("letter.pdf, photo.JPG")
    failed.get_by_role("button", name="Retry").click()
    theirs = rivera.locator(".msg[data-seq]", has_text="The letter and a photo")
    expect(theirs.locator(".msg__files a")).to_have_count(2, timeout=SECOND)
    with rivera.expect_download() as download:
        theirs.get_by_role("link", name="letter.pdf").click()
    assert download.value.suggested_filename == "letter.pdf"
    assert rivera.locator(".msg[data-seq]", has_text="The letter and a photo").count() == 1


def test_a_file_that_the_scanner_settles_is_here_or_stopped_on_the_open_page(enter, talk, things, site):
    rivera = opened(enter("rivera"), talk)
    with site.app.app_context():
        dana = db.session.scalars(select(User).where(User.username == "dana")).one()
        conversation = db.session.scalars(select(Conversation).where(Conversation.public_id == things["talk"])).one()
        held = [replace(checked(name, EXAMPLES["letter.pdf"]), is_held=True) for name in ("good.pdf", "bad.pdf")]
        with actor.acting_as(dana.id, NOON):
            words = {"body": "Both plans", "client_key": str(uuid4())}
            messaging.send(conversation, author_id=dana.id, **words, now=NOON, files=held)
            db.session.commit()
        theirs = rivera.locator(".msg[data-seq]", has_text="Both plans")
        expect(theirs.get_by_text("being checked for anything harmful")).to_have_count(2)
        good, bad = db.session.scalars(select(Attachment.id).order_by(Attachment.id.desc()).limit(2)).all()[::-1]
        scanning.settle(good, None, NOON)
        scanning.settle(bad, "Evil.Test", NOON)
        db.session.commit()
    expect(theirs.get_by_role("link", name="good.pdf")).to_have_count(1)
    expect(theirs.locator(".msg__held", has_text="bad.pdf")).to_contain_text("something harmful was found in it")
    expect(theirs.get_by_text("being checked")).to_have_count(0)


def test_over_the_number_of_an_hour_a_message_is_kept_with_the_reason(enter, talk, things, site):
    with site.app.app_context():
        dana = db.session.scalars(select(User.id).where(User.username == "dana")).one()
        conversation = db.session.scalars(select(Conversation).where(Conversation.public_id == things["talk"])).one()
        most, before = site.app.config["MESSAGES_AN_HOUR"], conversation.last_seq
        for number in range(before + 1, before + most + 1):
            sent = {"seq": number, "changed": conversation.last_change + number, "client_key": f"sent-{number}"}
            db.session.add(
                Message(
                    **sent,
                    conversation_id=conversation.id,
                    school_id=conversation.school_id,
                    author_id=dana,
                    body="Again",
                    sent_at=NOON,
                )
            )
        conversation.last_seq, conversation.last_change = before + most, conversation.last_change + before + most
        db.session.commit()
    page = opened(enter("dana"), talk)
    send(page, "One more")
    failed = page.locator(".msg--failed")
    expect(failed).to_contain_text(f"You have sent {most} messages within an hour")
    expect(failed).to_contain_text("send it again later")
    expect(failed).to_contain_text("One more")
    failed.get_by_role("button", name="Change it").click()
    expect(page.locator("#body")).to_have_value("One more")
    assert "One more" not in texts(page)
