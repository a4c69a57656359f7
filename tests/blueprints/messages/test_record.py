"""The record of one's own conversation: exactly what the pages show, the same bytes each time."""

import io
import json
from datetime import timedelta
from hashlib import sha256
from zipfile import ZipFile

import pytest

from gradebook.extensions import db
from gradebook.interchange import record_file
from gradebook.interchange.attachable import checked
from gradebook.models import AuditEntry, Conversation, Enrollment, Message, Position, Restriction
from gradebook.services import message_changes, messaging, office_hours, record_exports
from tests.conftest import NOON
from tests.school import TODAY, enroll


@pytest.fixture
def long_talk(talk, school, clock):
    """Dana and Ms Rivera: an edited message, a removed one, a correction, files, Arabic words, and a reading."""
    address = talk("dana", "maya", "algebra", ("dana", "At three"), ("rivera", "Gone soon"), ("rivera", "Fine"))
    found = db.session.query(Conversation).one()
    files = [checked("plan.txt", b"The plan")]
    gone = [checked("gone.txt", b"Gone with it")]
    clock.advance(minutes=1)
    send(found, school.dana, "مرحبا Señora Peña", clock(), files=files)
    messaging.mark_read(found.id, school.rivera.id, 4, clock())
    send(found, school.rivera, "Never mind", clock(), files=gone)
    message_changes.edit(message(found, 1), body="At four", seen=1, now=clock())
    message_changes.remove(message(found, 2), clock())
    message_changes.remove(message(found, 5), clock())
    send(found, school.rivera, "I meant: very fine", clock(), corrects=3)
    messaging.mark_read(found.id, school.dana.id, 6, clock())
    db.session.commit()
    return address


def send(found, author, body, now, **more):
    messaging.send(found, author_id=author.id, body=body, client_key=f"key {body}"[:36], now=now, **more)


def message(found, seq):
    db.session.flush()
    db.session.expire_all()
    return db.session.query(Message).filter_by(conversation_id=found.id, seq=seq).one()


def fetch(browser, address):
    answer = browser.post(f"{address}/record")
    assert answer.status_code == 200, answer.text
    return answer.data


def opened(data):
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def record_of(data):
    return json.loads(opened(data)["record.json"])


def test_a_guardian_gets_everything_that_the_pages_show(sign_in, school, long_talk):
    browser = sign_in(school.dana)
    assert "Download the record" in browser.get(f"{long_talk}/record").text
    data = fetch(browser, long_talk)
    files = opened(data)
    assert set(files) == {"files/00004-1 plan.txt", "record.json", "record.pdf", "SHA256SUMS"}
    assert files["files/00004-1 plan.txt"] == b"The plan"
    assert files["record.pdf"].startswith(b"%PDF-")
    record = json.loads(files["record.json"])
    assert record["made_for"] == "guardian"
    assert record["participants"] == [
        {"name": "Dana Diaz", "relationship": "mother", "role": "guardian"},
        {"name": "Inés Rivera", "role": "teacher"},
        {"name": "Abe Cole", "role": "teacher"},
    ]
    assert [each["text"] for each in record["messages"]] == [
        "At four", None, "Fine", "مرحبا Señora Peña", None, "I meant: very fine",
    ]  # fmt: skip
    first, gone, fine, hello, gone_too, correction = record["messages"]
    assert first["earlier_texts"] == [{"text": "At three", "written_at": "2026-10-14T12:00:00Z"}]
    assert (gone["removed_at"], gone["earlier_texts"]) == ("2026-10-14T12:01:00Z", [])
    assert gone_too["files"] == []
    assert (fine["corrected_by"], correction["corrects"]) == (6, 3)
    assert hello["read"] == [{"by": "Inés Rivera", "at": "2026-10-14T12:01:00Z"}]
    assert "read" not in fine
    assert hello["files"][0]["sha256"] == sha256(b"The plan").hexdigest()
    assert b"Gone" not in data
    assert "audit" not in record
    assert "reads" not in record


def test_the_same_conversation_is_the_same_bytes(sign_in, school, long_talk, clock):
    browser = sign_in(school.dana)
    first = fetch(browser, long_talk)
    clock.advance(days=3)
    browser = sign_in(school.dana)
    assert fetch(browser, long_talk) == first
    found = db.session.query(Conversation).one()
    send(found, school.dana, "One more", clock())
    db.session.commit()
    assert fetch(browser, long_talk) != first


def test_its_checksums_verify_and_a_changed_file_is_named(sign_in, school, long_talk, app):
    data = fetch(sign_in(school.dana), long_talk)
    sums = opened(data).pop("SHA256SUMS").decode().splitlines()
    for path, content in opened(data).items():
        assert path == "SHA256SUMS" or f"{sha256(content).hexdigest()}  {path}" in sums
    verdict = record_file.verify(io.BytesIO(data))
    assert (verdict.digest, verdict.wrong) == (sha256(data).hexdigest(), ())
    forged = io.BytesIO()
    with ZipFile(forged, "w") as archive:
        for path, content in opened(data).items():
            archive.writestr(path, content.replace(b"At four", b"At five"))
        archive.writestr("more.txt", "More")
    assert record_file.verify(forged).wrong == ("more.txt", "record.json")
    with pytest.raises(record_file.NoRecord):
        record_file.verify(io.BytesIO(b"No zip"))


def test_it_is_written_down_before_it_is_given(sign_in, school, long_talk):
    data = fetch(sign_in(school.dana), long_talk)
    entry = db.session.query(AuditEntry).filter_by(act="record.fetched").one()
    assert (entry.actor_id, entry.person_id, entry.section_id) == (school.dana.id, school.maya.id, school.algebra.id)
    assert entry.facts["sha256"] == sha256(data).hexdigest()
    log = sign_in(school.pat).get("/office/log").text
    assert "Dana Diaz fetched the record of a conversation about Maya Diaz in Algebra" in log


def test_a_teacher_gets_theirs_and_what_guardians_have_read(sign_in, school, long_talk):
    record = record_of(fetch(sign_in(school.rivera), long_talk))
    assert record["made_for"] == "teacher"
    assert record["messages"][2]["read"] == [{"by": "Dana Diaz", "at": "2026-10-14T12:01:00Z"}]
    assert "read" not in record["messages"][0]
    assert record["messages"][1]["text"] is None


def test_nobody_else_gets_one(sign_in, school, long_talk):
    for name in ("erin", "chris", "rex", "gus", "osei", "maya", "pat", "quinn", "finch"):
        assert sign_in(school.people[name]).post(f"{long_talk}/record").status_code == 404, name
    assert db.session.query(AuditEntry).filter_by(act="record.fetched").count() == 0


def test_rights_and_their_dates_hold(sign_in, school, long_talk, clock):
    """Who can only read any more gets what was written; from an order on nothing, and without the right neither."""
    link = school.dana_of_maya
    link.ends_on = TODAY + timedelta(days=1)
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY + timedelta(days=2))
    db.session.commit()
    clock.advance(days=3)
    record = record_of(fetch(sign_in(school.dana), long_talk))
    assert len(record["messages"]) == 6
    assert "Kofi Osei" not in json.dumps(record, ensure_ascii=False)
    db.session.add(
        Restriction(
            school_id=school.oak.id, student_id=school.maya.id, adult_id=school.dana.id, no_contact=True,
            no_records=False, hide_address=False, document_reference="1", begins_on=TODAY, entered_by=school.pat.id,
            entered_at=NOON,
        )
    )  # fmt: skip
    assert sign_in(school.dana).post(f"{long_talk}/record").status_code == 404


def test_who_joined_and_left_stands_in_it(sign_in, school, long_talk, clock):
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY + timedelta(days=1))
    place = db.session.query(Enrollment).filter_by(user_id=school.cole.id).one()
    place.ends_on = TODAY + timedelta(days=2)
    db.session.commit()
    clock.advance(days=4)
    assert record_of(fetch(sign_in(school.dana), long_talk))["teacher_changes"] == [
        {"day": "2026-10-15", "reads": True, "teacher": "Kofi Osei"},
        {"day": "2026-10-16", "reads": False, "teacher": "Abe Cole"},
    ]


def test_a_reading_outside_the_hours_is_told_as_the_page_tells_it(sign_in, school, long_talk, clock):
    """Noon in UTC is eight in New York: Ms Rivera's hours begin at ten."""
    office_hours.set_own_days(school.rivera.id, school.oak.id, {"2": [600, 960]})
    db.session.commit()
    assert record_of(fetch(sign_in(school.dana), long_talk))["messages"][3]["read"] == []
    clock.advance(hours=3)
    told = record_of(fetch(sign_in(school.dana), long_talk))["messages"][3]["read"]
    assert told == [{"by": "Inés Rivera", "at": "2026-10-14T14:00:00Z"}]


def test_there_is_a_limit_for_each_person_and_hour(sign_in, school, long_talk, clock, monkeypatch):
    monkeypatch.setattr(record_exports, "MOST_AN_HOUR", 2)
    browser = sign_in(school.dana)
    for _each in range(2):
        fetch(browser, long_talk)
    refused = browser.post(f"{long_talk}/record")
    assert refused.status_code == 429
    assert "Try again later" in refused.text
    assert db.session.query(AuditEntry).filter_by(act="record.fetched").count() == 2
    fetch(sign_in(school.cole), long_talk)
    clock.advance(minutes=61)
    fetch(sign_in(school.dana), long_talk)


def test_many_messages_stand_in_several_pdfs(sign_in, school, long_talk, monkeypatch):
    monkeypatch.setattr(record_file, "A_PDF", 4)
    files = opened(fetch(sign_in(school.dana), long_talk))
    assert {"record-1.pdf", "record-2.pdf"} <= set(files)
    assert "record.pdf" not in files
