"""O2: nothing about a child's guardians is saved before its effect was read."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AuditEntry, Guardianship, Restriction, RoleKind, User
from gradebook.policy.conversations import Correspondence
from gradebook.services import messaging, rosters
from gradebook.services.rosters import Link
from tests.school import TODAY, YEAR, make_role, make_user


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def value(answer, name):
    return re.search(rf'name="{name}" value="([^"]+)"', answer.text)[1]


def day(name, when):
    return {f"{name}-day": str(when.day), f"{name}-month": str(when.month), f"{name}-year": str(when.year)}


def confirm(client, url, data, **more):
    """Send the form, read the sentences, press the button on that page."""
    asked = client.post(url, data=data)
    assert asked.status_code == 200, text_of(asked)
    return asked, client.post(url, data={**data, "confirm": value(asked, "confirm"), **more})


def guardians_url(student):
    return f"/office/students/{student.public_id}/guardians"


def talk(school):
    pair = Correspondence(school.leo, school.algebra, school.erin, (school.rivera, school.cole))
    conversation = messaging.open_conversation(pair, actor_id=school.erin.id, now=utc_now())
    messaging.send(conversation, author_id=school.erin.id, body="Hello", client_key="1", now=utc_now())


def test_the_page_shows_who_may_do_what_and_the_orders(school, sign_in):
    page = sign_in(school.pat).get(guardians_url(school.maya))
    assert "<h1>Guardians of Maya Diaz</h1>" in page.text
    words = text_of(page)
    assert "Rex Diaz: no contact, no records, address hidden" in words
    assert "Reference Family Court 26-118, recorded by Pat Parker" in words
    assert "Sees and writes" in words
    assert "No access" in words
    assert words.index("Ended") < words.index("Gus Gray")


def test_a_child_without_guardians_says_that_nobody_can_see(school, sign_in):
    sam = make_user("sam", "Sam Snow", kind=school.maya.account_kind)
    make_role(sam, school.oak, RoleKind.STUDENT)
    words = text_of(sign_in(school.pat).get(guardians_url(sam)))
    assert "No guardian is recorded for Sam" in words


def test_rights_are_reviewed_in_sentences_then_saved(school, sign_in):
    talk(school)
    erin, pat, url = sign_in(school.erin), sign_in(school.pat), guardians_url(school.leo)
    tess = school.tess_of_leo.public_id
    data = {"seen": value(pat.get(url), "seen"), "grades": [tess], "messages": [tess]}
    asked = pat.post(url, data=data)
    words = text_of(asked)
    assert "From today Erin Evans can no longer see Leo’s grades or messages." in words
    assert "Erin Evans has 1 open conversation about Leo and can no longer read it." in words
    assert "The conversations stay with the teachers: Abe Cole and Inés Rivera." in words
    assert "also on the 1 device where Erin Evans is signed in" in words
    assert "Changed" in words
    assert school.erin_of_leo.may_see_grades, "nothing is saved yet"
    assert pat.post(url, data={**data, "confirm": value(asked, "confirm")}).status_code == 303
    assert not school.erin_of_leo.may_see_grades
    assert not school.erin_of_leo.may_message
    assert school.tess_of_leo.may_see_grades
    assert "Leo" not in erin.get("/parent/").text


def test_the_last_guardian_with_access_is_asked_about(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.zoe)
    data = {"seen": value(pat.get(url), "seen")}
    asked, not_sure = confirm(pat, url, data)
    assert "Nobody outside school will be able to see Zoe’s grades." in text_of(asked)
    assert not_sure.status_code == 422
    assert "There is a problem" in not_sure.text
    assert school.chris_of_zoe.may_see_grades
    _asked, done = confirm(pat, url, data, sure="yes")
    assert (done.status_code, school.chris_of_zoe.may_see_grades) == (303, False)


def test_nothing_changed_needs_no_confirming(school, sign_in):
    pat, url, chris = sign_in(school.pat), guardians_url(school.zoe), school.chris_of_zoe.public_id
    data = {"seen": value(pat.get(url), "seen"), "grades": [chris], "messages": [chris]}
    answer = pat.post(url, data=data)
    assert answer.status_code == 200
    assert "When you save" not in answer.text


def test_what_is_confirmed_is_what_was_read(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.leo)
    tess = school.tess_of_leo.public_id
    data = {"seen": value(pat.get(url), "seen"), "grades": [tess], "messages": [tess]}
    asked = pat.post(url, data=data)
    other = pat.post(url, data={"seen": data["seen"], "confirm": value(asked, "confirm")})
    assert other.status_code == 409
    assert "Read it once more" in other.text
    assert school.erin_of_leo.may_see_grades


def test_rights_that_changed_meanwhile_are_not_overwritten(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.leo)
    data = {"seen": value(pat.get(url), "seen"), "grades": [school.erin_of_leo.public_id], "messages": []}
    school.tess_of_leo.may_message = False
    late = pat.post(url, data=data)
    assert late.status_code == 409
    assert "Tess Tanner: May see grades" in late.text
    assert pat.post(url, data={"grades": []}).status_code == 428


# --- Adding


def new_link(**more):
    return {"relationship": "mother", "may_see_grades": "y", "may_message": "y", **day("begins_on", TODAY), **more}


def test_someone_the_school_knows_becomes_a_guardian(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.zoe) + "/new"
    assert school.dana.public_id in pat.get(url + "?q=dana").text
    asked, done = confirm(pat, url, new_link(guardian=school.dana.public_id))
    assert "From today Dana Diaz can see Zoe’s grades and message the teachers." in text_of(asked)
    assert done.status_code == 303
    made = rosters.guardianship_between(school.zoe, school.dana, school.oak)
    assert (made.relationship_name, made.may_see_grades, made.begins_on) == ("mother", True, TODAY)


def test_someone_new_becomes_a_guardian_with_a_parent_role(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.zoe) + "/new"
    asked, done = confirm(pat, url, new_link(guardian="new", display_name="Nora North"))
    assert "Nora North can write when the office has ticked “Identity seen”." in text_of(asked)
    assert done.status_code == 303
    nora = db.session.scalar(select(User).where(User.username_key == "nora.north"))
    assert rosters.role_of(nora, school.oak, RoleKind.PARENT).begins_on == TODAY


def test_without_ticks_a_link_gives_no_rights(school, sign_in):
    data = {"relationship": "mother", "guardian": school.dana.public_id, **day("begins_on", TODAY)}
    asked, _done = confirm(sign_in(school.pat), guardians_url(school.zoe) + "/new", data)
    assert "What each guardian can see and write stays as it is." in text_of(asked)
    assert not rosters.guardianship_between(school.zoe, school.dana, school.oak).may_see_grades


def test_keep_editing_keeps_what_was_typed(school, sign_in):
    pat, url = sign_in(school.pat), guardians_url(school.zoe) + "/new"
    back = pat.post(url, data=new_link(guardian="new", display_name="Nora North", edit="yes"))
    assert back.status_code == 200
    assert "Nora North" in back.text
    assert "When you save" not in back.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"guardian": ""}, "Choose who the guardian is"),
        ({"guardian": "new"}, "Enter a name"),
        ({"guardian": "leo"}, "This is a student’s account"),
        ({"guardian": "zoe"}, "Nobody can do this for themselves"),
        ({"guardian": "chris"}, "a guardian of the student already"),
        ({"relationship": " "}, "Enter the relationship"),
        (day("last_day", TODAY - timedelta(days=9)), "The last day must be on or after the first day"),
        ({"begins_on-day": ""}, "Enter a day like"),
        ({"guardian": "new", "display_name": "N", "username": "finch"}, "The username finch is taken"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(school, sign_in, wrong, words):
    if wrong.get("guardian") in school.people:
        wrong = {**wrong, "guardian": school.people[wrong["guardian"]].public_id}
    before = db.session.query(Guardianship).count()
    data = {**new_link(guardian=school.dana.public_id), **wrong}
    answer = sign_in(school.pat).post(guardians_url(school.zoe) + "/new", data=data)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert db.session.query(Guardianship).count() == before


def test_nobody_of_another_school_becomes_a_guardian(school, sign_in):
    answer = sign_in(school.pat).post(
        guardians_url(school.zoe) + "/new", data=new_link(guardian=school.finch.public_id)
    )
    assert answer.status_code == 404


# --- Changing and ending


def test_dates_are_changed_after_reading_what_that_does(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/guardianships/{school.erin_of_leo.public_id}"
    last = TODAY + timedelta(days=10)
    data = {**new_link(), **day("begins_on", YEAR[0]), **day("last_day", last), "seen": value(pat.get(url), "seen")}
    asked, done = confirm(pat, url, data)
    assert "From Sun 25 Oct Erin Evans can no longer see Leo’s grades or messages." in text_of(asked)
    assert done.status_code == 303
    assert school.erin_of_leo.ends_on == last + timedelta(days=1)
    assert 'value="24"' in pat.get(url).text, "the last day with the right is shown"


def test_ending_today_holds_from_the_next_request(school, sign_in, clock):
    pat, erin = sign_in(school.pat), sign_in(school.erin)
    assert "Leo" in erin.get("/parent/").text
    link = f"/office/guardianships/{school.erin_of_leo.public_id}"
    _asked, done = confirm(pat, f"{link}/ending", {"seen": value(pat.get(link), "seen")})
    assert done.status_code == 303
    assert school.erin_of_leo.ends_on == TODAY
    assert "Leo" not in erin.get("/parent/").text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "guardianship.changed")).one()
    assert (entry.actor_id, entry.person_id) == (school.pat.id, school.leo.id)


def test_a_link_that_moved_on_is_not_overwritten(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/guardianships/{school.erin_of_leo.public_id}"
    data = {**new_link(relationship="aunt"), **day("begins_on", YEAR[0]), "seen": value(pat.get(url), "seen")}
    school.erin_of_leo.may_message = False
    assert pat.post(url, data=data).status_code == 409
    assert pat.post(f"{url}/ending", data={"seen": data["seen"]}).status_code == 409
    assert pat.post(f"{url}/ending").status_code == 428
    assert pat.post(url, data={**data, "seen": ""}).status_code == 428
    assert (school.erin_of_leo.relationship_name, school.erin_of_leo.ends_on) == ("mother", None)


def test_a_link_that_ended_can_be_opened_again(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/guardianships/{school.gus_of_maya.public_id}"
    data = {**new_link(), **day("begins_on", TODAY), "seen": value(pat.get(url), "seen")}
    asked, done = confirm(pat, url, data)
    assert "From today Gus Gray can see Maya’s grades and message the teachers." in text_of(asked)
    assert (done.status_code, school.gus_of_maya.ends_on) == (303, None)


# --- Orders


def order(adult, **more):
    return {"adult": adult.public_id, "no_contact": "y", "no_records": "y", "document_reference": "FC-1182",
            **day("begins_on", TODAY), **more}  # fmt: skip


def second_office_person(school):
    otto = make_user("otto", "Otto Olsen")
    make_role(otto, school.oak, RoleKind.OFFICE)
    return otto


def test_an_order_is_reviewed_recorded_and_holds_at_once(school, sign_in):
    talk(school)
    pat, erin = sign_in(school.pat), sign_in(school.erin)
    url = f"/office/students/{school.leo.public_id}/restrictions/new"
    asked, done = confirm(pat, url, order(school.erin, hide_address="y"))
    words = text_of(asked)
    assert "Leo’s address is not given to Erin Evans." in words
    assert "From today Erin Evans can no longer see Leo’s grades or messages." in words
    assert done.status_code == 303
    assert "Leo" not in erin.get("/parent/").text
    page = text_of(pat.get(guardians_url(school.leo)))
    assert "Someone else in the office must confirm it" in page
    assert "Your school has one office account" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"adult": "x"}, "Choose who is restricted"),
        ({"document_reference": ""}, "Enter the reference of the document"),
        ({"no_contact": "", "no_records": ""}, "Choose at least one thing"),
        (day("last_day", TODAY - timedelta(days=1)), "The last day must be on or after the first day"),
    ],
)
def test_what_is_wrong_with_an_order_is_said(school, sign_in, wrong, words):
    data = {name: text for name, text in {**order(school.erin), **wrong}.items() if text}
    answer = sign_in(school.pat).post(f"/office/students/{school.leo.public_id}/restrictions/new", data=data)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert db.session.query(Restriction).count() == 1


def test_a_second_person_confirms_the_order(school, sign_in):
    made = db.session.scalars(select(Restriction)).one()
    url = f"/office/restrictions/{made.public_id}/confirmation"
    pat, otto = sign_in(school.pat), sign_in(second_office_person(school))
    pat.post(url)
    assert made.confirmed_by is None
    assert "A second person has to do this" in pat.get(guardians_url(school.maya)).text
    assert "Confirm the order" in otto.get(guardians_url(school.maya)).text
    otto.post(url)
    assert made.confirmed_by is not None


def test_lifting_takes_two_people_and_shows_its_effect(school, sign_in):
    made = db.session.scalars(select(Restriction)).one()
    url = f"/office/restrictions/{made.public_id}/lifting"
    pat, otto, rex = sign_in(school.pat), sign_in(second_office_person(school)), sign_in(school.rex)
    assert pat.post(url, data=day("last_day", TODAY - timedelta(days=90))).status_code == 422
    assert pat.post(url, data={}).status_code == 422
    assert pat.post(url, data=day("last_day", TODAY - timedelta(days=1))).status_code == 303
    assert made.ends_on is None
    assert "Maya" not in rex.get("/parent/").text
    assert pat.post(f"{url}/confirmation").status_code == 303, "the same person is sent back"
    asked = otto.post(f"{url}/confirmation")
    assert "From today Rex Diaz can see Maya’s grades and message the teachers." in text_of(asked)
    assert made.ends_on is None
    otto.post(f"{url}/confirmation", data={"confirm": value(asked, "confirm")})
    assert made.ends_on == TODAY
    assert "Maya" in rex.get("/parent/").text


def test_a_request_to_lift_is_turned_down(school, sign_in):
    made = db.session.scalars(select(Restriction)).one()
    url = f"/office/restrictions/{made.public_id}/lifting"
    pat, otto = sign_in(school.pat), sign_in(second_office_person(school))
    pat.post(url, data=day("last_day", TODAY))
    assert otto.post(f"{url}/refusal").status_code == 303
    assert made.lift_on is None
    otto.post(f"{url}/confirmation")
    assert made.ends_on is None


def test_the_subject_of_an_order_has_no_say_in_it(school, sign_in):
    make_role(school.rex, school.oak, RoleKind.OFFICE)
    made = db.session.scalars(select(Restriction)).one()
    rex = sign_in(school.rex)
    rex.post(f"/office/restrictions/{made.public_id}/confirmation")
    rex.post(f"/office/restrictions/{made.public_id}/lifting", data=day("last_day", TODAY))
    assert (made.confirmed_by, made.lift_on) == (None, None)


def test_the_page_has_a_fixed_number_of_statements(school, sign_in, count_statements):
    pat, url = sign_in(school.pat), guardians_url(school.maya)
    with count_statements() as few:
        pat.get(url)
    for number in range(6):
        rosters.link_guardian(
            school.maya, make_user(f"g{number}", f"Guardian {number}"), school.oak, Link("aunt", TODAY), utc_now(),
            actor_id=school.pat.id,
        )  # fmt: skip
    db.session.commit()
    with count_statements() as many:
        assert "Guardian 5" in pat.get(url).text
    assert len(many) == len(few) <= 11, many
