"""M22: a message is reported to the office, and nobody else learns of it; that the office reads it is written down."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    AuditEntry,
    Conversation,
    Duty,
    Guardianship,
    Message,
    MessageReport,
    Position,
    Role,
    RoleKind,
)
from gradebook.services import audit, duties, message_changes, messaging, reports
from gradebook.services.duties import DutyError
from tests.conftest import NOON
from tests.school import YEAR, enroll, make_role, make_user

REPORTED = "Words of Rivera that were reported"


def talk_of(scene):
    with actor.acting_as(scene.school.dana.id, NOON):
        return db.session.scalars(select(Conversation).where(Conversation.public_id == scene.names["talk"])).one()


def write(scene, author, *bodies, now=NOON):
    """Messages one after another in Dana's conversation; the last one's number."""
    talk, number = talk_of(scene), 0
    with actor.acting_as(scene.school.people[author].id, now):
        for body in bodies:
            number = messaging.send(
                talk, author_id=scene.school.people[author].id, body=body, client_key=f"{author} {body}", now=now
            )
    return number


def told(browser, page, data):
    """The page that comes after a form."""
    answer = browser.post(page, data=data)
    assert answer.status_code == 303
    return browser.get(answer.location).text


def acts(*names):
    found = db.session.scalars(select(AuditEntry.act).where(AuditEntry.act.in_(names)).order_by(AuditEntry.id))
    return list(found)


def test_a_message_is_reported_looked_at_and_settled(scene, app, clock):
    """The reporter is told that it came and when it was settled; what was done is the office's."""
    cole, vera = scene.browser("cole", app), scene.browser("vera", app)
    page = f"/messages/{scene.names['talk']}/messages/1/report"
    assert 'href="/messages/' in cole.get(f"/messages/{scene.names['talk']}").text
    assert f"{page}" in cole.get(f"/messages/{scene.names['talk']}").text
    empty = cole.post(page, data={"words": "Kept for me"})
    assert empty.status_code == 422
    assert "Choose what is wrong with it" in empty.text
    assert "Kept for me" in empty.text
    assert cole.post(page, data={"reason": "other"}).status_code == 422
    assert cole.post(page, data={"reason": "safety", "words": "A worry of Cole"}).status_code == 303
    assert cole.post(page, data={"reason": "hurtful"}).status_code == 303  # it waits already: nothing is added
    mine = cole.get(page).text
    assert "The school office received your report" in mine
    assert "It is not settled yet" in mine
    queue = vera.get("/office/oversight").text
    assert queue.count("/office/oversight/reports/") == 2
    assert "Secret words of Dana" not in queue
    clock.advance(minutes=20)
    with actor.acting_as(scene.school.cole.id, NOON):
        found = db.session.scalars(select(MessageReport).where(MessageReport.reporter_id == scene.school.cole.id)).one()
        at = f"/office/oversight/reports/{found.public_id}"
    shown = vera.get(at).text
    assert "A worry of Cole" in shown
    assert "Secret words of Dana" in shown
    assert vera.post(f"{at}/taking").status_code == 303
    assert "Being looked at" in vera.get("/office/oversight").text
    assert vera.post(f"{at}/settling", data={"outcome": "talked"}).status_code == 422
    assert vera.post(f"{at}/settling", data={"outcome": "talked", "done": "Called her"}).status_code == 303
    assert "Somebody has settled this report already" in told(
        vera, f"{at}/settling", data={"outcome": "other", "done": "Again"}
    )
    after = vera.get(at).text
    assert "Called her" in after
    assert "Secret words of Dana" not in after  # it opens nothing any more
    mine = cole.get("/messages/reports").text
    assert "It was settled" in mine
    assert "Called her" not in mine


def test_nobody_else_in_the_conversation_can_tell_that_there_is_a_report(scene, app, clock):
    """Not by a page, the unread mark, what is asked for live, or a number."""
    address = f"/messages/{scene.names['talk']}"
    browsers = {name: scene.browser(name, app) for name in ("rivera", "dana", "maya", "erin")}

    def seen():
        pages = (
            address,
            "/messages/",
            f"{address}/changes?after=0",
            "/messages/unread",
            f"{address}/messages/1/report",
        )
        found = {}
        for name, browser in browsers.items():
            for page in pages:
                answer = browser.get(page)
                found[name, page] = answer.status_code, without_tokens(answer.text)
        return found

    for browser in browsers.values():
        browser.get(address)  # read, so that reading changes nothing any more
    before = seen()
    assert scene.browser("cole", app).post(f"{address}/messages/1/report", data={"reason": "safety"}).status_code == 303
    assert seen() == before


def without_tokens(text):
    return re.sub(r'name="(csrf_token|client_key)" value="[^"]*"', "", text)


def test_a_report_is_written_down_before_it_is_shown(scene, app, monkeypatch):
    vera, at = scene.browser("vera", app), f"/office/oversight/reports/{scene.names['report']}"
    assert REPORTED in vera.get(at).text
    assert vera.get(f"{at}/files/{scene.names['talk_file']}").text == "Secret file of dana"
    assert acts("report.read") == ["report.read"] * 2

    def fail(*_given, **_facts):
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        for page in (at, f"{at}/files/{scene.names['talk_file']}"):
            answer = vera.get(page)
            assert answer.status_code == 500
            assert "ecret" not in answer.text
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None


def test_the_office_sees_a_few_messages_around_it_and_none_that_came_later(scene, app):
    last = write(scene, "rivera", *(f"Early {number}." for number in range(5)), "The one", now=NOON)
    dana = scene.browser("dana", app)
    assert (
        dana.post(f"/messages/{scene.names['talk']}/messages/{last}/report", data={"reason": "safety"}).status_code
        == 303
    )
    write(scene, "dana", "Sent after it", now=NOON + timedelta(minutes=1))
    with actor.acting_as(scene.school.dana.id, NOON):
        found = db.session.scalars(select(MessageReport).where(MessageReport.seq == last)).one().public_id
    shown = scene.browser("vera", app).get(f"/office/oversight/reports/{found}").text
    early = [number for number in range(5) if f"Early {number}." in shown]
    assert (early, "The one" in shown) == ([2, 3, 4], True)
    assert "Sent after it" not in shown


def test_a_removed_message_can_be_reported_and_the_office_reads_what_stood_there(scene, app):
    number = write(scene, "rivera", "First version", now=NOON)
    with actor.acting_as(scene.school.rivera.id, NOON):
        in_talk = (Message.seq == number, Message.conversation_id == talk_of(scene).id)
        message = db.session.scalars(select(Message).where(*in_talk)).one()
        message_changes.edit(message, body="Second version", seen=1, now=NOON)
        db.session.refresh(message)
        message_changes.remove(message, NOON)
    db.session.commit()
    dana = scene.browser("dana", app)
    page = f"/messages/{scene.names['talk']}/messages/{number}/report"
    assert "Second version" not in dana.get(page).text
    assert dana.post(page, data={"reason": "hurtful"}).status_code == 303
    with actor.acting_as(scene.school.dana.id, NOON):
        found = db.session.scalars(select(MessageReport).where(MessageReport.seq == number)).one().public_id
    shown = scene.browser("vera", app).get(f"/office/oversight/reports/{found}").text
    assert "First version" in shown
    assert "Second version" in shown


def _guardian(school, user):
    role = make_role(user, school.oak, RoleKind.PARENT)
    db.session.add(
        Guardianship(
            school_id=role.school_id, student_id=school.maya.id, guardian_id=user.id, relationship_name="aunt",
            begins_on=YEAR[0], ends_on=YEAR[0],
        )
    )  # fmt: skip


def _teacher(school, user):
    make_role(user, school.oak, RoleKind.TEACHER)
    enroll(user, school.algebra, Position.SUBSTITUTE, ends_on=YEAR[0])


@pytest.mark.parametrize("become", [_guardian, _teacher])
def test_who_was_ever_a_party_neither_sees_the_report_nor_learns_of_it(scene, app, become):
    vera, at = scene.browser("vera", app), f"/office/oversight/reports/{scene.names['report']}"
    log = "/office/log?kind=oversight"
    assert vera.get(at).status_code == 200
    assert scene.names["report"] in vera.get(log).text
    become(scene.school, scene.school.vera)
    db.session.flush()
    for answer in (vera.get(at), vera.post(f"{at}/taking"), vera.post(f"{at}/settling")):
        assert answer.status_code == 404
    assert scene.names["report"] not in vera.get("/office/oversight").text
    assert scene.names["report"] not in vera.get(log).text


def test_the_log_tells_of_reports_only_those_who_are_named(scene, app, sign_in):
    log = "/office/log?kind=oversight"
    for browser, sees in (
        (scene.browser("vera", app), True),
        (sign_in(scene.school.uma), True),
        (scene.browser("pat", app), False),
    ):
        assert ("reported a message about" in browser.get(log).text) is sees
    assert "changed what" in scene.browser("pat", app).get(log).text  # who is named is no secret of the office


def test_without_the_duty_or_the_role_there_is_nothing(scene, app):
    vera, at = scene.browser("vera", app), f"/office/oversight/reports/{scene.names['report']}"
    assert vera.get(at).status_code == 200
    duties.give(scene.school.vera, scene.school.oak, None, NOON, actor_id=scene.school.vera.id)
    assert vera.get(at).status_code == 404
    page = vera.get("/office/oversight")
    assert page.status_code == 200
    assert scene.names["report"] not in page.text


def test_nobody_names_oneself_and_who_reads_does_not_choose_who_watches(scene, app):
    school, pat = scene.school, scene.browser("pat", app)
    person = f"/office/oversight/people/{school.pat.public_id}"
    assert "Nobody can do this for themselves" in told(pat, person, data={"duty": "reviewer"})
    vera = scene.browser("vera", app)
    uma = f"/office/oversight/people/{school.uma.public_id}"
    assert "Ask someone else" in told(vera, uma, data={"duty": "none"})
    assert "Choose what this person does" in told(pat, uma, data={"duty": "both"})
    assert duties.who_has(Duty.SUPERVISOR, school.oak, NOON) == [school.uma]
    pat.post(uma, data={"duty": "reviewer"})  # in the place of the other one: nobody has both
    assert duties.who_has(Duty.SUPERVISOR, school.oak, NOON) == []
    assert {user.username for user in duties.who_has(Duty.REVIEWER, school.oak, NOON)} == {"uma", "vera"}
    with pytest.raises(DutyError):
        duties.give(school.dana, school.oak, Duty.REVIEWER, NOON, actor_id=school.pat.id)
    db.session.execute(update(Role).where(Role.user_id == school.vera.id).values(ends_on=school.oak.today(NOON)))
    assert duties.who_has(Duty.REVIEWER, school.oak, NOON) == [school.uma]


def test_one_person_reports_so_much_a_day(scene, app, monkeypatch):
    monkeypatch.setattr(reports, "MOST_A_DAY", 1)
    number = write(scene, "rivera", "Another one", now=NOON)
    page = f"/messages/{scene.names['talk']}/messages/{number}/report"
    answer = scene.browser("dana", app).post(page, data={"reason": "safety", "words": "Once more"})
    assert answer.status_code == 429
    assert "Once more" in answer.text


def test_a_school_with_one_office_account_is_told_that_nobody_can_be_named(school, sign_in):
    assert "Your school has one office account" in sign_in(school.pat).get("/office/oversight").text
    make_role(make_user("vera", "Vera Voss"), school.oak, RoleKind.OFFICE)
    assert "Nobody may read reported messages yet" in sign_in(school.pat).get("/office/oversight").text


def test_who_has_written_for_the_office_does_not_settle_what_is_reported_of_it(scene, app):
    """Vera settles what is reported of Pat's; of her own she finds nothing."""
    dana, vera = scene.browser("dana", app), scene.browser("vera", app)
    about, reason = f"/messages/{scene.names['office_talk']}", {"reason": "hurtful", "words": ""}
    told(dana, f"{about}/messages/2/report", reason)
    [found] = db.session.scalars(select(MessageReport).where(MessageReport.section_id.is_(None)))
    page = vera.get(f"/office/oversight/reports/{found.public_id}")
    assert "Answered to Dana by the office" in page.text
    assert "Open a review" not in page.text
    written = {"body": "Words of Vera", "client_key": "00000000-0000-4000-8000-000000000099"}
    assert vera.post(f"{about}/messages", data=written).status_code == 303
    told(dana, f"{about}/messages/3/report", reason)
    key = db.session.scalar(select(MessageReport.public_id).where(MessageReport.author_id == scene.school.vera.id))
    assert vera.get(f"/office/oversight/reports/{key}").status_code == 404
    assert key not in vera.get("/office/oversight").text
