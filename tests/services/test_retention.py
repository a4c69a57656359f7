"""What a school need not keep any more goes, exactly that, and a hold stops it; on PostgreSQL as who serves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from gradebook import actor
from gradebook.extensions import db
from gradebook.interchange.attachable import checked
from gradebook.jobs.retention import retain
from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    AnnouncementSection,
    Answer,
    Approval,
    Attachment,
    AttachmentContent,
    AuditEntry,
    Draft,
    Job,
    Message,
    MessageReport,
    MessageText,
    Notice,
    OversightReview,
    Read,
    RecordClass,
    RecordExport,
    ReportOutcome,
    ReportReason,
    ReviewNote,
    ReviewOpening,
    ReviewReason,
    RoleKind,
    School,
    WritingClosure,
)
from gradebook.policy.conversations import Correspondence
from gradebook.services import accounts, message_changes, messaging, retention
from tests.conftest import NOON
from tests.school import TODAY

FIRST_OF_2034 = datetime(2034, 1, 1, 5, tzinfo=UTC)
"""Midnight in New York: messages of 2026 are kept for 7 years."""
YEAR = timedelta(days=365)


@pytest.fixture
def talks(school, clock):
    """Of 2026: Dana's talk with an edit, a removal, a file and a draft; and Chris's. Of 2027: one message of Dana's."""
    found = {}
    for name, student, section, guardian in (
        ("dana", school.maya, school.algebra, school.dana),
        ("chris", school.zoe, school.history, school.chris),
    ):
        talk = messaging.open_conversation(
            Correspondence(student, section, guardian, ()), actor_id=guardian.id, now=NOON
        )
        send(talk, guardian, "Words of " + name, NOON, files=[checked("plan.txt", b"The plan")])
        found[name] = talk
    talk = found["dana"]
    send(talk, school.rivera, "Taken back", NOON)
    message_changes.edit(message(talk, 1), body="Better words", seen=1, now=NOON)
    message_changes.remove(message(talk, 2), NOON)
    messaging.keep_draft(talk, author_id=school.rivera.id, body="Begun", now=NOON)
    messaging.mark_read(talk.id, school.cole.id, 2, NOON)
    send(talk, school.dana, "A year later", NOON + YEAR)
    db.session.commit()
    return found


def send(talk, author, body, now, **more):
    messaging.send(talk, author_id=author.id, body=body, client_key=body, now=now, **more)


def message(talk, seq):
    db.session.expire_all()
    return db.session.query(Message).filter_by(conversation_id=talk.id, seq=seq).one()


def counts():
    models = (Message, MessageText, AttachmentContent, Read, Draft, Notice)
    return {model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) for model in models}


def bodies(talk):
    rows = db.session.execute(
        select(Message.seq, Message.body, Message.purge_rule)
        .where(Message.conversation_id == talk.id)
        .order_by(Message.seq)
    )
    return [tuple(row) for row in rows]


def swept(now):
    """As the worker does it, until nothing is left."""
    db.session.commit()
    while retention.sweep(now):
        db.session.commit()
    db.session.commit()


def due(school, now):
    return {line.kind: (line.due, line.held) for line in retention.dry_run(school.oak, now)}


def only(school, **years):
    """Everything is kept for 99 years but this."""
    wanted = dict.fromkeys(RecordClass, 99) | {RecordClass(name): count for name, count in years.items()}
    retention.set_years(school.oak, wanted, NOON, actor_id=school.pat.id)
    db.session.commit()


def test_messages_go_with_the_year_and_not_a_second_before(talks, school):
    only(school, messages=7)
    last = FIRST_OF_2034 - timedelta(seconds=1)
    assert due(school, last)[RecordClass.MESSAGES] == (0, 0)
    before = counts()
    swept(last)
    assert counts() == before
    assert bodies(talks["dana"])[0] == (1, "Better words", None)
    assert due(school, FIRST_OF_2034)[RecordClass.MESSAGES] == (3, 0)
    swept(FIRST_OF_2034)
    assert bodies(talks["dana"]) == [(1, "", "messages: 7"), (2, "", "messages: 7"), (3, "A year later", None)]
    assert bodies(talks["chris"]) == [(1, "", "messages: 7")]
    assert counts() == {**before, "message_texts": 0, "attachment_contents": 0}
    gone = message(talks["dana"], 1)
    assert (gone.sent_at, gone.author_id, gone.purged_at) == (NOON, school.dana.id, FIRST_OF_2034)
    assert {row.name for row in db.session.query(Attachment)} == {""}
    swept(FIRST_OF_2034)
    assert db.session.query(AuditEntry).filter_by(act="retention.deleted").count() == 1


def test_each_class_goes_by_its_own_years(talks, school):
    only(school, files=3)
    swept(datetime(2030, 1, 1, 5, tzinfo=UTC))
    assert counts()["attachment_contents"] == 0
    assert {(row.name, row.purge_rule) for row in db.session.query(Attachment)} == {("plan.txt", "files: 3")}
    assert bodies(talks["dana"])[0][1] == "Better words"
    before = counts()
    only(school, reads=3)
    swept(datetime(2030, 1, 1, 5, tzinfo=UTC))
    assert counts() == {**before, "reads": 0}
    only(school, drafts=1)
    swept(datetime(2028, 1, 1, 5, tzinfo=UTC))
    assert counts() == {**before, "reads": 0, "drafts": 0}
    only(school, notices=1)
    swept(datetime(2028, 1, 1, 5, tzinfo=UTC))
    left = db.session.scalars(select(Notice.created_at).distinct()).all()
    assert left == [NOON + YEAR]


@pytest.mark.parametrize("on", ["child", "adult", "conversation"])
def test_a_hold_stops_it_until_it_is_lifted_or_over(talks, school, on):
    only(school, messages=7)
    person = school.dana if on == "adult" else school.maya
    one = talks["dana"].id if on == "conversation" else None
    about = {"actor_id": school.pat.id, "conversation_id": one}
    hold = retention.place_hold(school.oak, person, "Court 26-7", NOON, ends_on=date(2035, 3, 1), **about)
    db.session.commit()
    assert due(school, FIRST_OF_2034)[RecordClass.MESSAGES] == (1, 2)
    swept(FIRST_OF_2034)
    assert bodies(talks["dana"])[0][1] == "Better words"
    assert bodies(talks["chris"])[0][1] == ""
    later = datetime(2035, 3, 1, 12, tzinfo=UTC)
    assert due(school, later - timedelta(days=1))[RecordClass.MESSAGES] == (0, 3)
    assert due(school, later)[RecordClass.MESSAGES] == (3, 0)
    retention.lift_hold(hold, FIRST_OF_2034, actor_id=school.pat.id)
    swept(FIRST_OF_2034)
    assert bodies(talks["dana"])[0][1] == ""


def test_the_words_are_found_no_more(talks, school, clock):
    from gradebook.services.message_search import find

    dana = accounts.person_acting_as(school.dana, NOON, RoleKind.PARENT)
    assert [found.seq for found in find(dana, ["better"])] == [1]
    only(school, messages=7)
    swept(FIRST_OF_2034)
    assert find(dana, ["better"]) == []


def test_pages_and_the_record_say_that_it_was_deleted(talks, school, sign_in):
    only(school, messages=7)
    swept(FIRST_OF_2034)
    browser = sign_in(school.dana)
    page = browser.get(f"/messages/{talks['dana'].public_id}").text
    assert "Deleted: the school does not keep it any longer" in page
    assert "A year later" in page
    record = browser.post(f"/messages/{talks['dana'].public_id}/record").data
    assert b'"deleted_by_rule": "messages: 7"' in record
    assert b"Better words" not in record


def test_only_one_school_is_touched(talks, school):
    db.session.add(School(name="Third", timezone="Asia/Tokyo"))
    retention.set_years(school.elm, dict.fromkeys(RecordClass, 1), NOON, actor_id=school.quinn.id)
    only(school)
    before = counts()
    swept(FIRST_OF_2034)
    assert counts() == before


def test_it_is_done_in_batches_with_a_job_for_the_rest(talks, school, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    only(school, messages=7)
    db.session.commit()
    retain(FIRST_OF_2034, {})
    db.session.commit()
    assert db.session.query(Message).filter(Message.purged_at.is_not(None)).count() == 2
    assert db.session.query(Job).filter_by(kind="retain").count() == 1
    retain(FIRST_OF_2034, {})
    assert db.session.query(Message).filter(Message.purged_at.is_not(None)).count() == 3


def test_a_school_that_set_nothing_keeps_the_usual_years(talks, school):
    assert retention.years_of(school.oak.id) == retention.USUAL_YEARS
    for wrong in (0, 100):
        with pytest.raises(ValueError, match=str(wrong)):
            retention.set_years(school.oak, {RecordClass.FILES: wrong}, NOON, actor_id=school.pat.id)


# --- What stands beside messages


@pytest.fixture
def acts(talks, school):
    """Of 2026: an announcement that Dana has answered, a report that is settled and one that is not, a review that was
    told, a record handed out, and a stop that was lifted."""
    talk, oak = talks["dana"], school.oak
    said = {"title": "Trip", "body": "Bring a coat", "folded": "trip bring a coat", "client_key": "a"}
    trip = Announcement(
        school_id=oak.id, author_id=school.rivera.id, role_kind=RoleKind.TEACHER, created_at=NOON, send_at=NOON, **said
    )
    with actor.acting_as(school.rivera.id, NOON):
        db.session.add(trip)
        db.session.flush()
        of_it = {"announcement_id": trip.id, "school_id": oak.id}
        db.session.add(AnnouncementSection(section_id=school.algebra.id, **of_it))
        db.session.add(AnnouncementRecipient(user_id=school.dana.id, student_id=school.maya.id, **of_it))
        trip.sent_at = NOON
    send(talk, school.dana, "An answer", NOON, announcement_id=trip.id)
    about = {
        "school_id": oak.id, "conversation_id": talk.id, "student_id": school.maya.id,
        "section_id": school.algebra.id, "author_id": school.rivera.id, "reporter_id": school.dana.id,
        "reason": ReportReason.WRONG, "words": "Not true", "reported_at": NOON,
    }  # fmt: skip
    settled = {"settled_at": NOON, "settled_by": school.pat.id, "outcome": ReportOutcome.TALKED, "done": "Talked"}
    db.session.add_all([MessageReport(seq=2, **about, **settled), MessageReport(seq=1, **about)])
    review = OversightReview(
        school_id=oak.id, opened_by=school.pat.id, opened_at=NOON, begins_on=TODAY, days=1, reason=ReviewReason.SAFETY,
        words="A worry", student_id=school.maya.id, first_day=TODAY, last_day=TODAY, closed_at=NOON, said_at=NOON,
    )  # fmt: skip
    asked = Approval(
        school_id=oak.id, kind="conversation.export", details={}, reason="Court 26-7", person_id=school.maya.id,
        section_id=school.algebra.id, asked_by=school.pat.id, asked_at=NOON, ends_at=NOON + timedelta(days=7),
        answer=Answer.APPROVED, answered_by=school.osei.id, answered_at=NOON,
    )  # fmt: skip
    stop = WritingClosure(
        school_id=oak.id, user_id=school.chris.id, reason="Rude", closed_by=school.pat.id, closed_at=NOON,
        opened_at=NOON, opened_by=school.pat.id,
    )  # fmt: skip
    db.session.add_all([review, asked, stop])
    db.session.flush()
    db.session.add_all(
        [
            ReviewOpening(
                review_id=review.id, conversation_id=talk.id, school_id=oak.id, section_id=school.algebra.id,
                guardian_id=school.dana.id, first_at=NOON, last_at=NOON, times=1,
            ),
            ReviewNote(
                review_id=review.id, school_id=oak.id, author_id=school.pat.id, body="Talked with her", written_at=NOON
            ),
            RecordExport(
                school_id=oak.id, conversation_id=talk.id, approval_id=asked.id, asked_by=school.pat.id,
                approved_by=school.osei.id, approved_at=NOON, ends_at=NOON + timedelta(days=7),
            ),
        ]
    )  # fmt: skip
    db.session.commit()
    return {"trip": trip.id}


BESIDE = (
    AnnouncementRecipient, MessageReport, OversightReview, ReviewOpening, ReviewNote, Approval, RecordExport,
    WritingClosure,
)  # fmt: skip
GO = {"announcements", "reports", "reviews", "approvals", "stops"}


def left():
    return {
        model.__tablename__: found
        for model in BESIDE
        if (found := db.session.scalar(select(func.count(text("*"))).select_from(model)))
    }


def test_what_stands_beside_messages_goes_with_its_year_and_is_reported(acts, school):
    only(school, **dict.fromkeys(GO, 7))
    last = FIRST_OF_2034 - timedelta(seconds=1)
    before = left()
    swept(last)
    assert left() == before
    assert {kind for kind, counted in due(school, FIRST_OF_2034).items() if counted == (1, 0)} == GO
    swept(FIRST_OF_2034)
    assert left() == {"message_reports": 1}  # nobody has settled it
    trip = db.session.get_one(Announcement, acts["trip"], populate_existing=True)
    assert (trip.title, trip.body, trip.folded, trip.purge_rule) == ("", "", "", "announcements: 7")
    assert (trip.author_id, trip.sent_at) == (school.rivera.id, NOON)
    entries = db.session.query(AuditEntry).filter_by(act="retention.deleted").all()
    assert {(row.facts["record_class"], row.facts["count"]) for row in entries} == {(kind, 1) for kind in GO}
    swept(FIRST_OF_2034)
    assert db.session.query(AuditEntry).filter_by(act="retention.deleted").count() == len(GO)


@pytest.mark.parametrize(
    ("on", "goes"),
    [("maya", {"stops"}), ("dana", {"stops"}), ("chris", GO - {"stops"}), ("conversation", {"stops"}), ("gus", GO)],
)
def test_a_hold_keeps_what_is_about_the_person_or_the_conversation(acts, talks, school, on, goes):
    only(school, **dict.fromkeys(GO, 7))
    one = talks["dana"].id if on == "conversation" else None
    person = school.people.get(on, school.maya)
    if on == "gus":  # was her guardian, and has nothing to do with any of it, but for what the office asked about her
        goes = goes - {"approvals"}
    retention.place_hold(school.oak, person, "Court", NOON, actor_id=school.pat.id, conversation_id=one)
    db.session.commit()
    found = due(school, FIRST_OF_2034)
    assert {kind for kind, (gone, _held) in found.items() if gone} == goes
    assert {kind for kind, (_gone, held) in found.items() if held} == GO - goes


def test_a_deleted_announcement_is_said_to_staff_and_gone_for_families(acts, school, sign_in):
    only(school, announcements=7)
    swept(FIRST_OF_2034)
    rivera, dana = sign_in(school.rivera), sign_in(school.dana)
    assert "A deleted announcement" in rivera.get("/messages/announcements").text
    public_id = db.session.query(Announcement.public_id).scalar()
    assert "the school does not keep it any longer" in rivera.get(f"/messages/announcements/{public_id}").text
    assert "announcement" not in dana.get("/messages/announcements").text.partition('<ul class="rows')[2]
    assert dana.get(f"/messages/announcements/{public_id}").status_code == 404


@pytest.mark.only("postgresql")
def test_the_database_deletes_nothing_else_of_them(acts, school, app):
    """Asked past the service: what is younger, another school's, not settled; other words than none."""
    tables = ("announcement_recipients", "message_reports", "review_openings", "oversight_reviews")
    later = NOON + timedelta(days=366)
    db.session.commit()
    with app.test_request_context():
        for school_id, moment in ((school.oak.id, NOON + YEAR / 2), (school.elm.id, later)):
            actor.acts(school.osei.id, moment)
            with actor.retaining(school_id):
                for table in tables:
                    assert db.session.execute(text(f"DELETE FROM {table}")).rowcount == 0
            db.session.rollback()
        actor.acts(school.osei.id, later)
        for forged in ("title = 'Forged', purged_at = now()", "title = '', body = '', folded = ''"):
            with actor.retaining(school.oak.id), pytest.raises(ProgrammingError, match="row-level security"):
                db.session.execute(text(f"UPDATE announcements SET {forged}"))
            db.session.rollback()
        with actor.retaining(school.oak.id):
            gone = {table: db.session.execute(text(f"DELETE FROM {table}")).rowcount for table in tables[:3]}
            assert gone == dict.fromkeys(tables[:3], 1)
        db.session.rollback()


@pytest.mark.only("postgresql")
def test_the_database_lets_nothing_else_be_changed(talks, school, app):
    """Asked past the service: what is younger than a year, another school's, other words than none."""
    db.session.commit()
    rows = select(func.count()).select_from(Message)
    with app.test_request_context():
        actor.acts(school.pat.id, NOON + YEAR / 2)
        with actor.retaining(school.oak.id):
            assert db.session.scalar(rows) == 0
            assert db.session.execute(text("DELETE FROM reads")).rowcount == 0
        db.session.rollback()
        actor.acts(school.pat.id, FIRST_OF_2034)
        with actor.retaining(school.elm.id):
            assert db.session.scalar(rows) == 0
        with actor.retaining(school.oak.id):
            assert db.session.scalar(rows) == 4
            assert db.session.execute(text("DELETE FROM messages")).rowcount == 0
        assert db.session.scalar(rows) == 0
        db.session.rollback()
        for forged in ("body = 'Forged', purged_at = now()", "body = '', folded = ''"):
            with actor.retaining(school.oak.id), pytest.raises(ProgrammingError, match="row-level security"):
                db.session.execute(text(f"UPDATE messages SET {forged}"))
            db.session.rollback()
