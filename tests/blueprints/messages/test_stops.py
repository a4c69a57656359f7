"""M27: the office stops messages. It holds at the next request; reading goes on; nothing that was typed is lost."""

from datetime import timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import ClosureScope, Draft, Message, RoleKind
from gradebook.policy.announcements import Audience
from gradebook.services import accounts, announcements, message_rules
from tests.blueprints.messages.test_reach import KEY, plain

EVERYONE, LINKS = ClosureScope.EVERYONE, ClosureScope.LINKS


@pytest.fixture
def stop(school, clock):
    """stop(scope): the office stops messages at Oak School; returns what lifts it."""

    def stop(scope, **more):
        message_rules.stop(school.oak, scope, "A harmful message went round.", clock(), actor_id=school.pat.id, **more)
        db.session.commit()

        def lift():
            for closure in message_rules.closures_of(school.oak, clock()):
                message_rules.lift(closure, school.oak, clock(), actor_id=school.pat.id)
            db.session.commit()

        return lift

    return stop


def drafts(user):
    return list(db.session.scalars(db.select(Draft.body).where(Draft.user_id == user.id)))


def sent(body="Is she well?", key=KEY, **more):
    return {"body": body, "client_key": key, **more}


def test_a_message_is_refused_and_kept_as_a_draft_and_sent_when_messages_go_on(school, sign_in, talk, stop, bodies):
    address, dana, rivera = talk("dana", "maya", "algebra"), sign_in(school.dana), sign_in(school.rivera)
    lift = stop(EVERYONE)
    for browser, user in ((dana, school.dana), (rivera, school.rivera)):
        page = browser.post(f"{address}/messages", data=sent())
        assert page.status_code == 403
        assert "Not sent: the school office has stopped writing messages for now. It is kept as your draft." in plain(
            page.text
        )
        assert drafts(user) == ["Is she well?"]
        again = plain(browser.get(address).text)
        assert "Messages are stopped for now" in again
        assert "“A harmful message went round.” You can still read." in again
        assert "School office: 555 0100" in again
        assert "Hello" in again  # what was written before can be read
        assert "Is she well?" in again
    assert bodies() == ["Hello"]
    lift()
    page = dana.get(address).text
    assert "stopped" not in page.split("data-words")[0]
    assert dana.post(f"{address}/messages", data=sent()).status_code == 303
    assert bodies() == ["Hello", "Is she well?"]


def test_a_script_is_told_why_in_a_sentence(school, sign_in, talk, stop):
    address, dana = talk("dana", "maya", "algebra"), sign_in(school.dana)
    stop(EVERYONE)
    answer = dana.post(f"{address}/messages", data=sent(), headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 403
    assert answer.json["problem"].startswith("Not sent: the school office has stopped")


def test_a_role_is_stopped_and_the_other_goes_on(school, sign_in, talk, stop, bodies):
    address = talk("dana", "maya", "algebra")
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    stop(ClosureScope.GUARDIANS)
    assert dana.post(f"{address}/messages", data=sent()).status_code == 403
    assert rivera.post(f"{address}/messages", data=sent("Call us today.")).status_code == 303
    assert "Guardians cannot write messages for now" in dana.get("/messages/").text
    assert "for now" not in rivera.get("/messages/").text
    assert bodies() == ["Hello", "Call us today."]


def test_edits_removals_and_corrections_are_stopped_and_typed_words_stay(school, sign_in, talk, stop, clock, bodies):
    address, dana = talk("dana", "maya", "algebra"), sign_in(school.dana)
    lift = stop(EVERYONE)
    page = dana.post(f"{address}/messages/1", data={"body": "Goodbye", "seen": "1"})
    assert page.status_code == 403
    assert "the school office has stopped writing messages" in plain(page.text)
    assert "Goodbye" in page.text
    assert dana.post(f"{address}/messages/1/removal").status_code == 403
    clock.advance(minutes=16)
    assert dana.post(f"{address}/messages/1/correction", data=sent("Goodbye")).status_code == 403
    assert bodies() == ["Hello"]
    lift()
    assert dana.post(f"{address}/messages/1/correction", data=sent("Goodbye")).status_code == 303


def test_a_first_message_is_stopped_and_the_words_stay_on_the_page(school, sign_in, stop, fields, how_many):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    new = f"/messages/new?student={school.maya.public_id}&section={school.algebra.public_id}"
    form = fields(dana.get(new).text) | {"body": "Is she well?"}
    lift = stop(EVERYONE)
    page = dana.post("/messages/", data=form)
    assert page.status_code == 403
    assert "Is she well?" in page.text
    assert "Messages are stopped for now" in page.text
    assert "Nothing can be sent for now." in dana.get(new).text
    assert "You cannot write at the moment." in rivera.get("/messages/new").text
    assert how_many() == 0
    lift()
    assert dana.post("/messages/", data=form).status_code == 303
    assert how_many() == 1


def test_a_sending_to_families_is_stopped_and_the_words_stay(school, sign_in, stop, bodies):
    rivera, address = sign_in(school.rivera), f"/messages/families/{school.quiz.public_id}"
    words = {"who": "chosen", "students": school.maya.public_id, "body": "Please call.", "client_key": KEY}
    shown = rivera.post(address, data=words | {"do": "preview"})
    assert shown.status_code == 200
    stop(ClosureScope.TEACHERS)
    for do in ("preview", "send"):
        page = rivera.post(address, data=words | {"do": do, "to": f"{school.maya.public_id}-{school.dana.public_id}"})
        assert page.status_code == 403
        assert "Please call." in page.text
        assert "Teachers cannot write messages for now" in page.text
    assert bodies() == []


LEADS = ("/messages/new", "/messages/families/", "Write about this", "Answer about")


@pytest.mark.parametrize("scope", [EVERYONE, ClosureScope.PERSON])
def test_no_link_leads_to_a_refusal(school, sign_in, talk, stop, clock, scope):
    """Each page with a way to write has it before, and while writing is stopped only says so."""
    address, dana, rivera = talk("dana", "maya", "algebra"), sign_in(school.dana), sign_in(school.rivera)
    maya, algebra, quiz = (each.public_id for each in (school.maya, school.algebra, school.quiz))
    draft = announcements.Draft("Trip", "We go on Friday.", KEY)
    teacher = accounts.person_acting_as(school.rivera, clock(), RoleKind.TEACHER)
    sent_one = announcements.announce(teacher, Audience(school.oak.id, (school.algebra,)), draft, clock())
    db.session.commit()
    announced = f"/messages/announcements/{sent_one.public_id}"
    pages = [
        (dana, "/messages/"), (dana, address), (dana, announced), (dana, f"/parent/children/{maya}/classes/{algebra}"),
        (rivera, "/messages/"), (rivera, address), (rivera, "/messages/announcements"), (rivera, "/teacher/"),
        (rivera, f"/teacher/assignments/{quiz}"), (rivera, f"/teacher/classes/{algebra}/students/{maya}"),
        (rivera, f"/teacher/classes/{algebra}"),
    ]  # fmt: skip
    for browser, page in pages:
        assert any(lead in browser.get(page).text for lead in LEADS) or "announcements/new" in browser.get(page).text, (
            page
        )
    if scope == EVERYONE:
        stop(scope)
    else:
        for user in (school.dana, school.rivera):
            message_rules.close_writing(user, school.oak, "Rude words", clock(), actor_id=school.pat.id)
        db.session.commit()
    for browser, page in pages:
        text = browser.get(page).text
        assert not any(lead in text for lead in LEADS), page
        assert "announcements/new" not in text, page
        told = "cannot write messages for now" in text or "Messages are stopped for now" in text
        assert told == page.startswith("/messages"), page
    for browser, page in ((dana, "/messages/new"), (dana, f"/messages/new?student={maya}"), (rivera, "/messages/new")):
        assert "You cannot write at the moment." in browser.get(page).text
    assert "<form" not in rivera.get(f"/messages/families/{quiz}").text.split("</header>")[1].split("<footer")[0]


def test_the_office_is_told_what_it_has_stopped_and_goes_on(school, sign_in, stop):
    pat, quinn = sign_in(school.pat), sign_in(school.quinn)
    lift = stop(ClosureScope.GUARDIANS)
    for page in ("/messages/", "/messages/announcements", "/messages/announcements/new"):
        text = plain(pat.get(page).text)
        assert "Guardians cannot write messages for now" in text
        assert "Your office has stopped this: “A harmful message went round.”" in text
        assert "cannot write" not in quinn.get(page).text
    assert 'name="body"' in pat.get("/messages/announcements/new").text
    lift()
    assert "cannot write" not in pat.get("/messages/announcements").text


# --- Addresses


@pytest.mark.parametrize("who", ["dana", "rivera"])
def test_while_addresses_are_stopped_only_messages_with_one_are_refused(school, sign_in, talk, stop, who, bodies):
    address, browser = talk("dana", "maya", "algebra"), sign_in(school.people[who])
    lift = stop(LINKS)
    page = browser.post(f"{address}/messages", data=sent("See bit.ly/xyz now"))
    assert page.status_code == 422
    assert "“bit.ly/xyz” looks like a web or email address" in plain(page.text)
    assert drafts(school.people[who]) == ["See bit.ly/xyz now"]
    assert "Web and email addresses cannot be sent for now" in page.text
    assert browser.post(f"{address}/messages", data=sent("See you. Bye")).status_code == 303
    lift()
    other = f"1{KEY[1:]}"
    assert browser.post(f"{address}/messages", data=sent("See bit.ly/xyz now", other)).status_code == 303
    assert bodies() == ["Hello", "See you. Bye", "See bit.ly/xyz now"]


def test_an_address_comes_in_by_no_other_way(school, sign_in, talk, stop, clock, fields, how_many):
    address, dana, rivera = talk("dana", "maya", "algebra"), sign_in(school.dana), sign_in(school.rivera)
    new = sign_in(school.erin).get(f"/messages/new?student={school.leo.public_id}&section={school.algebra.public_id}")
    stop(LINKS)
    refused = [dana.post(f"{address}/messages/1", data={"body": "See evil.com", "seen": "1"})]
    erin = sign_in(school.erin)
    refused.append(erin.post("/messages/", data=fields(new.text) | {"body": "See evil.com"}))
    words = {"who": "chosen", "students": school.maya.public_id, "body": "See evil.com", "client_key": KEY}
    refused.append(rivera.post(f"/messages/families/{school.quiz.public_id}", data=words | {"do": "preview"}))
    clock.advance(minutes=16)
    refused.append(dana.post(f"{address}/messages/1/correction", data=sent("See evil.com")))
    for page in refused:
        assert page.status_code == 422
        assert "“evil.com” looks like a web or email address" in plain(page.text)
        assert "See evil.com" in page.text
    assert how_many() == 1


def test_an_address_is_never_something_to_follow(school, sign_in, talk):
    """With or without a stop: it is text."""
    page = sign_in(school.rivera).get(talk("dana", "maya", "algebra", ("dana", "See https://evil.example/x"))).text
    assert "See https://evil.example/x" in page
    assert 'href="https://evil' not in page


# --- Open pages


def test_an_open_page_gets_its_new_parts_once(school, sign_in, talk, stop, clock):
    address, dana = talk("dana", "maya", "algebra"), sign_in(school.dana)
    assert dana.get(f"{address}/changes?after=1&mark=").status_code == 204
    lift = stop(EVERYONE, ends_at=clock() + timedelta(hours=1))
    told = dana.get(f"{address}/changes?after=1&mark=").json
    assert (told["number"], told["messages"], told["more"]) == (1, [], False)
    assert "Nothing can be sent for now." in told["writing"]
    assert "Messages are stopped for now" in told["notice"]
    assert dana.get(f"{address}/changes?after=1&mark={told['mark']}").status_code == 204
    db.session.execute(db.update(Message).values(changed=1))
    lift()
    told = dana.get(f"{address}/changes?after=1&mark={told['mark']}").json
    assert told["mark"] == ""
    assert '<form class="composer"' in told["writing"]
    assert "stopped" not in told["notice"]


def test_students_learn_nothing_of_it(school, sign_in, stop):
    maya = sign_in(school.maya)
    before = plain(maya.get("/messages/").text)
    stop(EVERYONE)
    assert plain(maya.get("/messages/").text) == before
    assert "data-stops" not in maya.get("/messages/").text
    assert "stopped" not in maya.get("/").text


def test_announcements_are_stopped_and_the_words_stay(school, sign_in, stop):
    rivera, address = sign_in(school.rivera), "/messages/announcements"
    words = {"sections": school.algebra.public_id, "title": "Trip", "body": "See evil.com", "when": "now"}
    words |= {"client_key": KEY, "do": "preview"}
    assert rivera.post(address, data=words).status_code == 200
    lift = stop(LINKS)
    page = rivera.post(address, data=words)
    assert page.status_code == 422
    assert "“evil.com” looks like a web or email address" in plain(page.text)
    assert rivera.post(address, data=words | {"body": "See you"}).status_code == 200
    lift()
    stop(ClosureScope.TEACHERS)
    page = rivera.post(address, data=words | {"body": "See you"})
    assert page.status_code == 403
    assert "See you" in page.text
    assert "Teachers cannot write messages for now" in page.text
