"""O2: who loses the rights when a student comes of age, read before it is saved, and told in time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import AccessBasis
from gradebook.services import rosters
from tests.blueprints.office.test_guardians import confirm, day, guardians_url, new_link, text_of, value
from tests.families import words
from tests.school import TODAY, YEAR

DAY = date(2026, 11, 20)
BORN = date(2008, 11, 20)
GONE = "From Fri 20 Nov Dana Diaz can no longer see Maya’s grades or messages."


@pytest.fixture
def of_age(school):
    """Maya comes of age in five weeks."""
    school.maya.birth_date = BORN
    db.session.flush()
    for link in (school.dana_of_maya, school.rex_of_maya):
        link.ends_on = link.rights_pass_on = DAY
    db.session.commit()


def details(user, **changes):
    kept = {name: getattr(user, name) or "" for name in ("display_name", "sort_name", "called", "username", "email")}
    return {**kept, "phone": "", "form": "", **changes}


def test_a_date_of_birth_is_saved_after_reading_what_it_ends(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.maya.public_id}"
    data = details(school.maya, seen=value(pat.get(url), "seen"), **day("birth_date", BORN))
    asked = pat.post(url, data=data)
    assert GONE in text_of(asked)
    assert "From Fri 20 Nov nobody outside school will be able to see Maya’s grades." in text_of(asked)
    assert school.maya.birth_date is None, "nothing is saved yet"
    assert "Dana Diaz" not in pat.post(url, data={**data, "edit": "yes"}).text.split("Rights and orders")[0]
    answer = pat.post(url, data={**data, "confirm": value(asked, "confirm")})
    assert answer.status_code == 422, "nobody would be left: that is to be ticked"
    assert pat.post(url, data={**data, "confirm": value(asked, "confirm"), "sure": "yes"}).status_code == 303
    assert (school.maya.birth_date, school.dana_of_maya.ends_on) == (BORN, DAY)


def test_a_date_of_birth_that_ends_nothing_is_saved_at_once(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    data = details(school.dana, seen=value(pat.get(url), "seen"), **day("birth_date", date(1980, 1, 2)))
    assert pat.post(url, data=data).status_code == 303
    assert school.dana.birth_date == date(1980, 1, 2)


def test_a_day_is_recorded_without_a_date_of_birth(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/students/{school.maya.public_id}/coming-of-age"
    page = pat.get(url)
    assert "No date of birth is recorded, and none is needed" in text_of(page)
    data = {"seen": value(page, "seen"), **day("day", DAY)}
    asked, done = confirm(pat, url, data, sure="yes")
    assert GONE in text_of(asked)
    assert (done.status_code, school.dana_of_maya.ends_on) == (303, DAY)
    assert pat.post(url, data=data).status_code == 409, "somebody else recorded one meanwhile"
    shown = text_of(pat.get(guardians_url(school.maya)))
    assert "Maya comes of age on Fri 20 Nov 2026." in shown
    assert "Ends with coming of age" in shown
    log = text_of(pat.get("/office/log"))
    assert "Pat Parker recorded that Maya Diaz is of age from" in log
    assert "let the link of Dana Diaz to Maya Diaz end with coming of age: Fri 20 Nov 2026" in log


@pytest.mark.parametrize(
    ("typed", "words_"),
    [
        ({"day-day": "31", "day-month": "2", "day-year": "2027"}, "Enter a day like"),
        ({"day-day": "x"}, "Enter a day like"),
    ],
)
def test_a_day_that_is_none_is_said_and_kept(school, sign_in, typed, words_):
    pat, url = sign_in(school.pat), f"/office/students/{school.maya.public_id}/coming-of-age"
    answer = pat.post(url, data={"seen": value(pat.get(url), "seen"), **typed})
    assert answer.status_code == 422
    assert words_ in answer.text
    assert f'value="{typed["day-day"]}"' in answer.text
    assert pat.post(url, data=typed).status_code == 428


def test_a_reason_is_recorded_with_its_paper_and_the_rights_go_on(school, sign_in, of_age):
    pat, url = sign_in(school.pat), f"/office/guardianships/{school.dana_of_maya.public_id}"
    page = pat.get(url)
    assert "Maya comes of age on Fri 20 Nov 2026. Without a reason these rights end then." in text_of(page)
    base = {**new_link(), **day("begins_on", YEAR[0]), "seen": value(page, "seen")}
    for wrong, said in (
        ({"basis": "consent"}, "Enter the reference of the document"),
        ({"basis_reference": "Form 7"}, "Choose the reason that this document gives"),
        ({"basis": "love", "basis_reference": "Form 7"}, "choose one from the list"),
        ({"basis": "court", "basis_reference": "x" * 201}, "Use 200 characters or fewer"),
    ):
        answer = pat.post(url, data={**base, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True), said
    data = {**base, "basis": "dependent", "basis_reference": "Tax 2026", **day("basis_last_day", date(2026, 12, 31))}
    asked, done = confirm(pat, url, data)
    assert "From Fri 20 Nov Dana Diaz can see Maya’s grades and message the teachers." in text_of(asked)
    link = school.dana_of_maya
    assert (done.status_code, link.basis, link.ends_on) == (303, AccessBasis.DEPENDENT, date(2027, 1, 1))
    assert "Recorded by Pat Parker" in text_of(pat.get(url))
    assert "recorded why Dana Diaz keeps the rights when Maya Diaz is of age" in text_of(pat.get("/office/log"))


def test_the_office_is_told_on_its_first_page_and_finds_whom_to_ask(school, sign_in, of_age):
    pat, quinn = sign_in(school.pat), sign_in(school.quinn)
    assert "1 student comes of age within 60 days" in text_of(pat.get("/office/people"))
    page = text_of(pat.get("/office/coming-of-age"))
    assert "Dana Diaz, mother · last day Thu 19 Nov 2026" in page
    for client in (quinn,):
        assert "comes of age within" not in client.get("/office/people").text
        assert "Maya" not in client.get("/office/coming-of-age").text
    link = rosters.link_of(school.dana_of_maya)
    assert link.ends_on is None, "coming of age is no end of its own"


def test_the_age_of_the_school_says_first_how_many_it_is_about(school, sign_in, of_age):
    pat, url = sign_in(school.pat), "/office/coming-of-age"
    for wrong in ("13", "26", "x", "18.5", "-18", "٢١"):
        answer = pat.post(url, data={"age": wrong})
        assert (answer.status_code, "Type a whole number from 14 to 25" in answer.text) == (422, True), wrong
    asked, done = confirm(pat, url, {"age": "21"})
    assert "For 2 guardians the day on which the rights end moves." in text_of(asked)
    assert (done.status_code, school.oak.age_of_majority) == (303, 21)
    assert school.dana_of_maya.ends_on == date(2029, 11, 20)
    assert pat.post(url, data={"age": "", "confirm": "stale"}).status_code == 409
    _asked, done = confirm(pat, url, {"age": ""})
    assert (school.oak.age_of_majority, school.dana_of_maya.ends_on) == (None, None)


def test_the_family_is_told_60_days_before_in_the_same_statements(school, sign_in, of_age, count_statements, clock):
    dana, maya = sign_in(school.dana), sign_in(school.maya)
    said = "On Fri 20 Nov 2026 the rights to Maya ’s school record become the student’s own."
    with count_statements() as home:
        text = words(dana.get("/parent/").text)
    assert said in text
    assert len(home) <= 6, home
    assert said in words(dana.get(f"/parent/children/{school.maya.public_id}").text)
    with count_statements() as own:
        text = words(maya.get("/student/").text)
    assert "You come of age on Fri 20 Nov 2026." in text
    assert len(own) <= 5, own
    db.session.expire_all()
    school.maya.birth_date = DAY.replace(year=2008) + timedelta(days=60)
    school.dana_of_maya.ends_on = school.dana_of_maya.rights_pass_on = DAY + timedelta(days=60)
    db.session.commit()
    assert "the rights to Maya" not in words(dana.get("/parent/").text)
    assert "of age" not in words(maya.get("/student/").text)


def test_a_guardian_with_a_reason_is_told_nothing(school, sign_in, of_age):
    link = school.dana_of_maya
    rosters.change_guardianship(
        link,
        rosters.Link("mother", YEAR[0], basis=AccessBasis.CONSENT, basis_reference="Form 7"),
        datetime(2026, 10, 14, 12, tzinfo=UTC),
        actor_id=school.pat.id,
    )
    db.session.commit()
    assert "the rights to" not in words(sign_in(school.dana).get("/parent/").text)


def test_from_the_day_on_the_child_is_gone_from_the_guardians_pages(school, sign_in, of_age):
    dana, child = sign_in(school.dana), f"/parent/children/{school.maya.public_id}"
    pages = [child, f"{child}/report", f"{child}/classes/{school.algebra.public_id}"]
    assert [dana.get(page).status_code for page in pages] == [200, 200, 200]
    student = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    as_guardian = f"{student}/as-guardian/{school.dana.public_id}"
    rivera = sign_in(school.rivera)
    assert rivera.get(as_guardian).status_code == 200
    school.dana_of_maya.ends_on = school.dana_of_maya.rights_pass_on = TODAY
    db.session.commit()
    assert [dana.get(page).status_code for page in pages] == [404, 404, 404]
    assert rivera.get(as_guardian).status_code == 404
    assert "No child is linked to this account" in dana.get("/parent/").text
