"""Where a scanner is set up a file is held back until it was found clean, whatever the scanner does."""

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.jobs.worker import do_one
from gradebook.models import Attachment, AttachmentContent, AuditEntry, Conversation, Job, LegalHold
from gradebook.services import attachments, scanning
from tests import clamd
from tests.blueprints.messages.test_files import how_many, links, send
from tests.clamd import answering, needs_clamd, says
from tests.files import PDF

BEING_CHECKED, STOPPED = "being checked for anything harmful", "something harmful was found in it"
CLEAN, FOUND = says(b"stream: OK\0"), says(b"stream: Evil.Test FOUND\0")


@pytest.fixture
def address(talk):
    return talk("dana", "maya", "algebra")


@pytest.fixture
def scanner(app):
    """scanner(address): the one that is set up."""

    def scanner(address):
        app.config["CLAMD"] = address

    scanner("127.0.0.1:1")  # nobody is there
    yield scanner
    scanner("")


def worked():
    """How many jobs there were to do."""
    count = 0
    while do_one():
        count += 1
    assert db.session.scalars(select(Job).where(Job.last_error.is_not(None))).all() == []
    return count


def file_address(address):
    public_id = db.session.scalars(select(Attachment.public_id).order_by(Attachment.id.desc())).first()
    return f"{address}/files/{public_id}"


def change_of(address):
    key = address.rpartition("/")[2]
    return db.session.scalars(select(Conversation.last_change).where(Conversation.public_id == key)).one()


def test_it_is_given_out_when_it_was_found_clean_and_not_before(sign_in, school, address, scanner, clock):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    assert send(dana, address, ("a.pdf", PDF), ("b.pdf", PDF), body="The plan").status_code == 303
    made_up = rivera.get(f"{address}/files/aaaaaaaaaaaa")
    for _again in range(3):  # nobody answers
        worked()
        for browser in (dana, rivera):
            page = browser.get(address).text
            assert "The plan" in page
            assert page.count(BEING_CHECKED) == 2
            assert links(page) == []
            assert browser.get(file_address(address)).status_code == 404
        clock.advance(minutes=2)
    assert rivera.get(file_address(address)).headers["Content-Type"] == made_up.headers["Content-Type"]
    before = change_of(address)
    with answering(CLEAN) as there:
        scanner(there)
        worked()
    for browser in (dana, rivera):
        assert len(links(browser.get(address).text)) == 2
        assert browser.get(file_address(address)).data == PDF
    told = rivera.get(f"{address}/changes?after={before}").json["messages"]  # open pages follow
    assert [(one["seq"], len(links(one["message"]))) for one in told] == [(2, 2)]
    assert change_of(address) == before + 2
    assert worked() == 0


def test_one_in_which_something_was_found_is_never_given_out(sign_in, school, address, scanner, clock, monkeypatch):
    dana, rivera, pat = sign_in(school.dana), sign_in(school.rivera), sign_in(school.pat)
    monkeypatch.setattr(attachments, "QUOTA", len(PDF))
    send(dana, address, ("therapy.pdf", PDF))
    with answering(FOUND) as there:
        scanner(there)
        worked()
    for browser in (dana, rivera):
        page = browser.get(address).text
        assert STOPPED in page
        assert links(page) == []
        assert browser.get(file_address(address)).status_code == 404
    assert how_many(Attachment, AttachmentContent) == [1, 0]
    log = pat.get("/office/log").text
    assert "A file that Dana Diaz sent with a message was stopped: the scanner found Evil.Test" in log
    assert "therapy" not in log
    assert send(dana, address, ("again.pdf", PDF)).status_code == 303  # it takes no room
    scanning.settle(db.session.scalars(select(Attachment.id).order_by(Attachment.id)).first(), None, clock())  # again
    assert STOPPED in dana.get(address).text
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.act == "messages.file_stopped")).all()) == 1


def test_a_file_without_a_verdict_waits_and_stops_no_other(sign_in, school, address, scanner, clock):
    dana = sign_in(school.dana)
    send(dana, address, ("huge.pdf", PDF), ("small.txt", b"small"))

    def answer(line):
        small = len(clamd.took(line)) < 10
        line.sendall(b"stream: OK\0" if small else b"INSTREAM size limit exceeded. ERROR\0")

    with answering(answer) as there:
        scanner(there)
        worked()
        page = dana.get(address).text
        assert (page.count(BEING_CHECKED), len(links(page))) == (1, 1)
        clock.advance(minutes=11)
        assert worked() > 0  # asked again
        assert BEING_CHECKED in dana.get(address).text


def test_what_is_held_for_a_court_keeps_its_bytes_and_is_not_given_out(sign_in, school, address, scanner, clock):
    dana = sign_in(school.dana)
    send(dana, address, ("a.pdf", PDF))
    db.session.add(
        LegalHold(
            school_id=school.oak.id,
            person_id=school.maya.id,
            reason="Court",
            placed_by=school.pat.id,
            placed_at=clock(),
        )
    )
    db.session.commit()
    with answering(FOUND) as there:
        scanner(there)
        worked()
    assert how_many(AttachmentContent) == [1]
    assert STOPPED in dana.get(address).text
    assert dana.get(file_address(address)).status_code == 404


def test_it_waits_when_the_setting_is_gone_and_later_files_do_not(sign_in, school, address, scanner, clock):
    dana = sign_in(school.dana)
    send(dana, address, ("a.pdf", PDF))
    scanner("")
    worked()
    send(dana, address, ("b.pdf", PDF))
    page = dana.get(address).text
    assert (page.count(BEING_CHECKED), len(links(page))) == (1, 1)


@needs_clamd
def test_with_the_real_scanner(sign_in, school, address, scanner, tmp_path):
    dana = sign_in(school.dana)
    send(dana, address, ("good.txt", b"Good"), ("bad.txt", clamd.HARMFUL))
    with clamd.clamd(tmp_path) as there:
        scanner(there)
        worked()
    page = dana.get(address).text
    assert (page.count(STOPPED), len(links(page))) == (1, 1)
    assert dana.get(links(page)[0]).data == b"Good"
