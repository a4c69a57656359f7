"""M23: the office reads conversations in a review only: with a reason, for a week at most, written down, and told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Approval,
    AuditEntry,
    Conversation,
    Guardianship,
    Job,
    Message,
    MessageKind,
    Notice,
    OversightReview,
    Position,
    RoleKind,
    StepKind,
)
from gradebook.services import audit, duties, messaging, reviews
from tests.conftest import NOON
from tests.families import add_guardianship
from tests.school import YEAR, enroll, make_role

SAYS = "The school office read messages of this conversation"
ABOUT_MAYA = {
    "reason": "safety", "words": "A worry of the nurse", "scope": "all", "days": "7",
    "first_day-day": "1", "first_day-month": "10", "first_day-year": "2026",
    "last_day-day": "14", "last_day-month": "10", "last_day-year": "2026",
}  # fmt: skip


def opened(browser, scene, **other):
    """The address of a new review of the conversations about Maya."""
    answer = browser.post("/office/oversight/reviews/new", data={"child": scene.names["maya"], **ABOUT_MAYA, **other})
    assert answer.status_code == 303, answer.text
    return answer.location


def acts(prefix="review."):
    found = db.session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith(prefix)).order_by(AuditEntry.id))
    return list(found)


def lines(scene, talk="talk", reader="dana"):
    """The codes of the system's lines in a conversation."""
    with actor.acting_as(scene.school.people[reader].id, NOON):
        conversation = select(Conversation.id).where(Conversation.public_id == scene.names[talk]).scalar_subquery()
        own = (Message.conversation_id == conversation, Message.kind == MessageKind.SYSTEM)
        return list(db.session.scalars(select(Message.body).where(*own)))


def test_a_review_is_opened_read_and_closed_and_both_sides_are_told(scene, app):
    vera, dana, rivera = (scene.browser(name, app) for name in ("vera", "dana", "rivera"))
    talk = f"/messages/{scene.names['talk']}"
    for browser in (dana, rivera):
        browser.get(talk)
    number = dana.get(f"{talk}/changes?after=0").json["number"]
    at = opened(vera, scene)
    page = vera.get(at).text
    assert "Review open until Tue 20 Oct" in page
    assert "Everything you open is recorded" in page
    assert "Secret words of Dana" not in page
    assert acts() == ["review.opened", "review.opened"]  # one is the scene's
    shown = vera.get(f"{at}/conversations/{scene.names['talk']}").text
    assert "Secret words of Dana" in shown
    assert vera.get(f"{at}/conversations/{scene.names['talk']}/files/{scene.names['talk_file']}").status_code == 200
    assert acts()[2:] == ["review.read", "review.file_read"]
    assert dana.get(f"{talk}/changes?after={number}").status_code == 204  # nothing is said while it is open
    assert vera.post(f"{at}/notes", data={"body": "Talked with the nurse"}).status_code == 303
    assert vera.post(f"{at}/closing").status_code == 303
    for browser in (dana, rivera):
        told = browser.get(f"{talk}/changes?after={number}").json["messages"]
        assert [SAYS in one["message"] for one in told] == [True]
        assert told[0]["by"] == "the school office"
        assert SAYS in browser.get("/messages/").text
        assert "1 unread" in browser.get("/messages/").text
        assert SAYS in browser.get(talk).text
        for everywhere in ("/", "/messages/", talk):
            assert "Vera" not in browser.get(everywhere, follow_redirects=False).text
    assert lines(scene, "past_talk", "gus") == []  # it was not opened
    assert vera.get(f"{at}/conversations/{scene.names['talk']}").status_code == 404
    after = vera.get(at).text
    assert "Talked with the nurse" in after
    assert "A worry of the nurse" in after
    assert vera.post(f"{at}/closing").status_code == 303
    assert lines(scene) == ["office-read 2026-10-14 2026-10-14"]  # said once
    recipients = select(func.count()).select_from(Notice).where(Notice.created_at == NOON, Notice.seq > 2)
    assert db.session.scalar(recipients) == 3  # Dana, Ms Rivera, Mr Cole


def test_what_is_read_is_written_down_before_it_is_shown(scene, app, monkeypatch):
    vera = scene.browser("vera", app)
    at = opened(vera, scene)

    def fail(*_given, **_facts):
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        talk = f"{at}/conversations/{scene.names['talk']}"
        for page in (talk, f"{talk}/files/{scene.names['talk_file']}"):
            answer = vera.get(page)
            assert answer.status_code == 500
            assert "ecret" not in answer.text
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None


def test_only_messages_between_the_days_are_read(scene, app):
    """Dana wrote on 14 October; what she wrote on the 1st, and what comes after the review's last day, is not shown."""
    vera = scene.browser("vera", app)
    for moment, words in ((NOON - timedelta(days=13), "Of the first"), (NOON + timedelta(days=1), "Of tomorrow")):
        with actor.acting_as(scene.school.dana.id, moment):
            talk = db.session.scalars(select(Conversation).where(Conversation.public_id == scene.names["talk"])).one()
            messaging.send(talk, author_id=scene.school.dana.id, body=words, client_key=words, now=moment)
    at = opened(vera, scene, **{"first_day-day": "2"})
    shown = vera.get(f"{at}/conversations/{scene.names['talk']}").text
    assert "Secret words of Dana" in shown
    assert "Of the first" not in shown
    assert "Of tomorrow" not in shown
    none = opened(vera, scene, **{"first_day-day": "2", "last_day-day": "3"})
    assert scene.names["talk"] not in vera.get(none).text
    assert vera.get(f"{none}/conversations/{scene.names['talk']}").status_code == 404


def test_one_conversation_opens_no_other(scene, app):
    vera = scene.browser("vera", app)
    at = opened(vera, scene, scope=f"{scene.names['algebra']}.{scene.names['gus']}")
    assert vera.get(f"{at}/conversations/{scene.names['past_talk']}").status_code == 200
    for talk in ("talk", "other_talk", "far_talk"):
        assert vera.get(f"{at}/conversations/{scene.names[talk]}").status_code == 404


@pytest.mark.parametrize(
    ("begin", "over"),
    [
        (datetime(2026, 10, 14, 12, tzinfo=UTC), datetime(2026, 10, 21, 4, tzinfo=UTC)),
        (datetime(2026, 10, 29, 12, tzinfo=UTC), datetime(2026, 11, 5, 5, tzinfo=UTC)),  # summer time ends on the 1st
        (datetime(2026, 12, 29, 12, tzinfo=UTC), datetime(2027, 1, 5, 5, tzinfo=UTC)),
        (datetime(2027, 3, 10, 12, tzinfo=UTC), datetime(2027, 3, 17, 4, tzinfo=UTC)),  # it begins on the 14th
        (datetime(2027, 6, 16, 12, tzinfo=UTC), datetime(2027, 6, 23, 4, tzinfo=UTC)),
    ],
    ids=[
        "a week",
        "over the end of summer time",
        "over the end of the year",
        "over its beginning",
        "over the end of the class",
    ],
)
def test_a_review_ends_by_itself_with_its_last_day_at_the_school(scene, sign_in, clock, begin, over):
    clock.set(begin)
    at = opened(sign_in(scene.school.vera), scene)
    talk = f"{at}/conversations/{scene.names['talk']}"
    clock.set(over - timedelta(minutes=1))
    assert sign_in(scene.school.vera).get(talk).status_code == 200
    reviews.end_due(clock())
    assert lines(scene) == []
    clock.set(over)
    vera = sign_in(scene.school.vera)
    assert vera.get(talk).status_code == 404  # whether or not a worker runs
    assert vera.get(at).status_code == 200
    job = db.session.scalars(select(Job).where(Job.kind == "end_reviews").order_by(Job.id.desc())).first()
    assert job.run_at == over
    assert reviews.end_due(clock()) >= 1
    assert reviews.end_due(clock()) == 0
    day = scene.school.oak.today(over - timedelta(minutes=1)).isoformat()
    assert lines(scene) == [f"office-read {day} {day}"]
    assert "review.ended" in acts()


def test_where_no_worker_runs_the_pages_of_the_office_end_it(scene, sign_in, clock):
    at = opened(sign_in(scene.school.vera), scene)
    sign_in(scene.school.vera).get(f"{at}/conversations/{scene.names['talk']}")
    clock.advance(days=8)
    assert sign_in(scene.school.pat).get("/office/oversight").status_code == 200  # who is not named ends nothing
    assert lines(scene) == []
    assert sign_in(scene.school.uma).get("/office/oversight").status_code == 200
    assert len(lines(scene)) == 1


def test_who_was_ever_a_party_opens_no_review_and_is_told_who_can(scene, app):
    vera, school = scene.browser("vera", app), scene.school
    enroll(_teacher(school), school.algebra, Position.SUBSTITUTE, ends_on=YEAR[0])
    one = {"child": scene.names["maya"], **ABOUT_MAYA, "scope": f"{scene.names['algebra']}.{scene.names['dana']}"}
    answer = vera.post("/office/oversight/reviews/new", data=one)
    assert answer.status_code == 422
    assert "Name somebody else for it first" in answer.text
    assert "A worry of the nurse" in answer.text
    at = opened(vera, scene)  # of all about the child, her class is left out
    assert scene.names["talk"] not in vera.get(at).text
    assert vera.get(f"{at}/conversations/{scene.names['talk']}").status_code == 404
    duties.give(school.uma, school.oak, duties.Duty.REVIEWER, NOON, actor_id=school.pat.id)
    duties.give(school.pat, school.oak, duties.Duty.SUPERVISOR, NOON, actor_id=school.quinn.id)
    assert "Ask Uma Udall" in vera.post("/office/oversight/reviews/new", data=one).text
    make_role(school.vera, school.oak, RoleKind.PARENT)
    db.session.add(
        Guardianship(
            school_id=school.oak.id, student_id=school.maya.id, guardian_id=school.vera.id, relationship_name="aunt",
            begins_on=YEAR[0], ends_on=YEAR[0],
        )
    )  # fmt: skip
    assert vera.post("/office/oversight/reviews/new", data={**one, "scope": "all"}).status_code == 422


def _teacher(school):
    make_role(school.vera, school.oak, RoleKind.TEACHER)
    return school.vera


def test_who_watches_sees_the_review_and_never_a_message(scene, app, sign_in):
    vera, uma = scene.browser("vera", app), sign_in(scene.school.uma)
    at = opened(vera, scene)
    vera.get(f"{at}/conversations/{scene.names['talk']}")
    page = uma.get(at)
    assert page.status_code == 200
    assert "A worry of the nurse" in page.text
    assert "Dana Diaz" in page.text  # what was opened
    assert uma.get(f"{at}/conversations/{scene.names['talk']}").status_code == 404
    assert uma.get("/office/oversight/reviews/new").status_code == 404
    assert "read a conversation about Maya Diaz" in uma.get("/office/log?kind=oversight").text
    assert uma.post(f"{at}/closing").status_code == 303
    assert vera.get(f"{at}/conversations/{scene.names['talk']}").status_code == 404
    assert len(lines(scene)) == 1


@pytest.mark.parametrize(("step", "status"), [(StepKind.APP, 200), (StepKind.RECOVERY, 200), (StepKind.DEVICE, 303)])
def test_a_code_must_have_been_typed_in_this_session(scene, sign_in, step, status):
    """A trusted device is enough for the rest of the office, not for messages; the address tells nothing."""
    browser = sign_in(scene.school.vera, step=step)
    assert browser.get("/office/people").status_code == 200
    names = scene.names
    for page in (f"reviews/{names['review']}", f"reports/{names['report']}", "reviews/new", "reports/AAAAbbbb1111"):
        expected = 404 if page.endswith("1111") and status == 200 else status
        assert browser.get(f"/office/oversight/{page}").status_code == expected, page


def test_without_somebody_who_watches_nothing_is_opened(scene, app):
    duties.give(scene.school.uma, scene.school.oak, None, NOON, actor_id=scene.school.pat.id)
    answer = scene.browser("vera", app).post(
        "/office/oversight/reviews/new", data={"child": scene.names["maya"], **ABOUT_MAYA}
    )
    assert answer.status_code == 422
    assert "Nobody watches over message oversight" in answer.text


def test_the_right_ends_at_once_with_the_duty(scene, app):
    vera = scene.browser("vera", app)
    talk = f"{opened(vera, scene)}/conversations/{scene.names['talk']}"
    assert vera.get(talk).status_code == 200
    duties.give(scene.school.vera, scene.school.oak, None, NOON, actor_id=scene.school.vera.id)
    assert vera.get(talk).status_code == 404
    assert reviews.end_due(NOON + timedelta(days=8)) >= 1
    assert len(lines(scene)) == 1  # what was read is told all the same


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reason": ""}, "Choose the reason"),
        ({"words": " "}, "Say what it is about"),
        ({"scope": "everything"}, "choose one from the list"),
        ({"days": "8"}, "choose one from the list"),
        ({"last_day-month": "9"}, "The last day must be on or after the first day"),
        ({"first_day-year": "2024"}, "Choose at most 366 days"),
        ({"last_day-day": "21"}, "The last day must not be after the review ends"),
        ({"first_day-day": "x"}, "Enter a day like"),
    ],
)
def test_a_review_says_why_about_whom_and_for_how_long(scene, app, wrong, words):
    form = {"child": scene.names["maya"], **ABOUT_MAYA, **wrong}
    answer = scene.browser("vera", app).post("/office/oversight/reviews/new", data=form)
    assert answer.status_code == 422
    assert words in answer.text


def _knows_nothing_of(waiting, browser):
    """Neither that there is something to be held back nor why: a guardian of the child could work in the office."""
    at = f"/office/approvals/{waiting.public_id}"
    for act in ("approval", "refusal"):
        assert browser.post(f"{at}/{act}", data={"why": "No"}).status_code == 404
    assert browser.get(at).status_code == 404
    for page in ("/office/approvals", "/office/log", "/office/people"):
        shown = browser.get(page).text
        assert "He would find out who told us" not in shown
        assert "old back" not in shown
    db.session.refresh(waiting)
    assert waiting.answer is None


def test_a_second_person_holds_the_line_back_until_a_day(scene, app, sign_in, clock):
    vera, school = scene.browser("vera", app), scene.school
    at = opened(vera, scene)
    vera.get(f"{at}/conversations/{scene.names['talk']}")
    assert vera.post(f"{at}/holding", data={"days": "14"}).status_code == 422
    assert vera.post(f"{at}/holding", data={"days": "14", "reason": "He would find out who told us"}).status_code == 303
    waiting = db.session.scalars(select(Approval).where(Approval.kind == reviews.HOLD)).one()
    approve = f"/office/approvals/{waiting.public_id}/approval"
    _knows_nothing_of(waiting, sign_in(school.pat))  # only who watches
    own = add_guardianship(school.uma, school.maya, school.oak, ends_on=YEAR[0])
    _knows_nothing_of(waiting, sign_in(school.uma))  # nor about an own child, by any date
    db.session.delete(own)
    assert "are not told of it for 14 days" in sign_in(school.uma).get(f"/office/approvals/{waiting.public_id}").text
    assert sign_in(school.uma).post(approve).status_code == 303
    review = db.session.scalars(select(OversightReview.held_until).where(OversightReview.held_until.is_not(None)))
    with actor.acting_as(school.vera.id, NOON):
        assert list(review) == [date(2026, 10, 28)]
    vera.post(f"{at}/closing")
    assert lines(scene) == []
    clock.set(datetime(2026, 10, 28, 3, 59, tzinfo=UTC))
    reviews.end_due(clock())
    assert lines(scene) == []
    clock.set(datetime(2026, 10, 28, 4, tzinfo=UTC))
    reviews.end_due(clock())
    assert lines(scene) == ["office-read 2026-10-14 2026-10-14"]


def test_asking_alone_holds_nothing_back(scene, app):
    vera = scene.browser("vera", app)
    at = opened(vera, scene)
    vera.get(f"{at}/conversations/{scene.names['talk']}")
    vera.post(f"{at}/holding", data={"days": "14", "reason": "He would find out who told us"})
    vera.post(f"{at}/closing")
    assert len(lines(scene)) == 1
    assert vera.post(f"{at}/holding", data={"days": "14", "reason": "Late"}).status_code == 303


def test_a_line_of_the_system_is_no_message(scene, app):
    """It can be neither opened, changed, reported nor found by its code."""
    vera, dana = scene.browser("vera", app), scene.browser("dana", app)
    at = opened(vera, scene)
    vera.get(f"{at}/conversations/{scene.names['talk']}")
    vera.post(f"{at}/closing")
    page = f"/messages/{scene.names['talk']}/messages/3"
    assert dana.get(page).status_code == 404
    assert dana.get(f"{page}/report").status_code == 404
    assert "No message has these words" in dana.get("/messages/search?q=office-read").text
