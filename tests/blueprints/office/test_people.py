"""O1: finding people, adding one, and everything about one person."""

import re

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AccountKind, AuditEntry, LoginSession, Role, RoleKind, User
from gradebook.services import rosters
from tests.school import make_role, make_user


def names_on(answer):
    return re.findall(r'href="/office/people/\w{12}"><bdi>([^<]+)', answer.text)


def seen_on(answer):
    return re.search(r'name="seen" value="(\w+)"', answer.text)[1]


def details(**more):
    return {"role": "teacher", "display_name": "Nora North", **more}


def test_the_office_begins_with_people(school, sign_in):
    pat = sign_in(school.pat)
    answer = pat.get("/office/")
    assert (answer.status_code, answer.location) == (303, "/office/people")
    assert "<h1>People</h1>" in pat.get("/office/people").text


def test_the_list_has_everyone_of_the_school_and_nobody_of_another(school, sign_in):
    assert len(names_on(sign_in(school.pat).get("/office/people"))) == 14
    assert names_on(sign_in(school.quinn).get("/office/people")) == ["Fred Finch", "Fern Fox", "Quinn Quist"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=LEO", ["Erin Evans", "Leo Evans", "Tess Tanner"]),
        ("q=ines", ["Inés Rivera"]),
        ("role=office", ["Pat Parker"]),
        ("q=diaz&role=student", ["Maya Diaz"]),
        ("q=fern", []),
        ("status=locked", []),
        ("q=%25", []),
    ],
)
def test_search_and_filters(school, sign_in, query, expected):
    assert names_on(sign_in(school.pat).get(f"/office/people?{query}")) == expected


def test_nothing_found_offers_to_clear_the_filters(school, sign_in):
    assert "Clear filters" in sign_in(school.pat).get("/office/people?q=nobody").text


def test_50_on_a_page_in_a_fixed_number_of_statements(school, sign_in, count_statements):
    pat = sign_in(school.pat)
    pat.get("/office/people")
    with count_statements() as few:
        pat.get("/office/people?q=e")
    for number in range(100):
        make_role(make_user(f"p{number}", f"Person {number:03}"), school.oak, RoleKind.PARENT)
    db.session.commit()
    with count_statements() as many:
        answer = pat.get("/office/people?page=2&q=e")
    assert len(many) == len(few) <= 9, many
    assert re.search(r"1\d\d people, page 2 of 3", re.sub(r"\s+", " ", answer.text))
    assert len(names_on(answer)) == 50


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "999999", "٣"])
def test_a_page_that_does_not_exist_is_the_nearest(school, sign_in, page):
    assert sign_in(school.pat).get(f"/office/people?page={page}").status_code == 200


# --- Adding


def test_a_person_is_added_with_a_username_and_no_password(school, sign_in):
    pat = sign_in(school.pat)
    answer = pat.post("/office/people/new", data=details())
    assert answer.status_code == 303
    nora = db.session.scalar(select(User).where(User.username_key == "nora.north"))
    assert answer.location == f"/office/people/{nora.public_id}"
    assert nora.password_hash is None
    assert "No password yet" in pat.get(answer.location).text


def test_a_student_is_added_as_a_student_for_ever(school, sign_in):
    sign_in(school.pat).post("/office/people/new", data=details(role="student", **day("birth_date", 3, 4, 2014)))
    nora = db.session.scalar(select(User).where(User.username_key == "nora.north"))
    assert (nora.account_kind, str(nora.birth_date)) == (AccountKind.STUDENT, "2014-04-03")


def day(name, d, m, y):
    return {f"{name}-day": str(d), f"{name}-month": str(m), f"{name}-year": str(y)}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"display_name": "  "}, "Enter a name"),
        ({"role": "king"}, "Choose a role"),
        ({"email": "x"}, "Enter an email address like"),
        ({"username": "FINCH"}, "The username FINCH is taken"),
        ({"username": "a" * 61}, "Use 60 characters or fewer"),
        ({"username": "ΐ" * 60}, "Use 60 characters or fewer"),  # 180 where it is compared
        ({"display_name": "\u200b\u202e\u00a0"}, "Enter a name"),  # nothing to be seen
        (day("birth_date", 31, 2, 2014), "Enter a day like"),
        (day("birth_date", "", 2, 2014), "Enter a day like"),
        ({"display_name": "N" * 201}, "Use 200 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said_and_kept(school, sign_in, wrong, words):
    before = db.session.query(User).count()
    answer = sign_in(school.pat).post("/office/people/new", data=details(phone="555 77", **wrong))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words in answer.text
    assert "555 77" in answer.text
    assert "<title>Error:" in answer.text
    assert db.session.query(User).count() == before


def test_a_shared_address_offers_the_person_who_has_it(school, sign_in):
    school.dana.email, school.dana.email_key = "home@diaz.example", "home@diaz.example"
    pat, data = sign_in(school.pat), details(email="HOME@diaz.example", role="parent")
    asked = pat.post("/office/people/new", data=data)
    assert asked.status_code == 422
    assert f"/office/people/{school.dana.public_id}" in asked.text
    assert pat.post("/office/people/new", data={**data, "same_address": "y"}).status_code == 303


def test_an_address_known_to_another_school_only_is_not_told(school, sign_in):
    school.finch.email, school.finch.email_key = "finch@x.org", "finch@x.org"
    assert sign_in(school.pat).post("/office/people/new", data=details(email="finch@x.org")).status_code == 303


# --- One person


def test_details_are_saved(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    data = {"seen": seen_on(pat.get(url)), "display_name": "Dana Díaz", "username": "dana", "phone": "555 9"}
    assert pat.post(url, data=data).status_code == 303
    assert (school.dana.display_name, school.dana.phone) == ("Dana Díaz", "555 9")
    assert names_on(pat.get("/office/people?q=diaz"))[:1] == ["Dana Díaz"]


def test_two_people_do_not_overwrite_each_other(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    old = seen_on(pat.get(url))
    data = {"display_name": "Dana Diaz", "sort_name": "Diaz, Dana", "called": "Dana", "username": "dana"}
    pat.post(url, data={**data, "seen": old, "phone": "555 1"})
    late = pat.post(url, data={**data, "seen": old, "phone": "555 2"})
    assert late.status_code == 409
    assert "555 1" in late.text
    assert "555 2" in late.text
    assert school.dana.phone == "555 1"
    again = pat.post(url, data={**data, "seen": seen_on(late), "phone": "555 2"})
    assert (again.status_code, school.dana.phone) == (303, "555 2")
    assert pat.post(url, data={**data, "phone": "555 3"}).status_code == 428
    assert school.dana.phone == "555 2"


def test_an_error_does_not_forget_what_was_seen(school, sign_in):
    """Otherwise the corrected form would overwrite what someone else saved meanwhile."""
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    old = seen_on(pat.get(url))
    school.dana.phone = "555 1"
    wrong = pat.post(url, data={"seen": old, "display_name": "", "username": "dana", "phone": "555 2"})
    assert (wrong.status_code, seen_on(wrong)) == (422, old)


def test_a_students_account_is_told_why_it_gets_no_role(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.maya.public_id}"
    page = pat.get(url)
    assert "A student’s account can hold no other role" in page.text
    assert "Add the role" not in page.text
    pat.post(f"{url}/roles", data={"kind": "teacher"})
    assert "This is a student’s account" in pat.get(url).text
    assert [role.kind for role in db.session.scalars(select(Role).where(Role.user_id == school.maya.id))] == ["student"]


def test_a_role_is_given_and_ended(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.osei.public_id}"
    osei = sign_in(school.osei)
    pat.post(f"{url}/roles", data={"kind": "office"})
    assert rosters.role_of(school.osei, school.oak, RoleKind.OFFICE).ends_on is None
    assert osei.get("/teacher/").status_code == 200
    pat.post(f"{url}/roles/teacher/ending")
    assert osei.get("/teacher/").status_code == 404
    assert pat.post(f"{url}/roles/parent/ending").status_code == 404
    assert pat.post(f"{url}/roles/king/ending").status_code == 404


def test_the_last_office_role_cannot_be_ended(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.pat.public_id}"
    pat.post(f"{url}/roles/office/ending")
    page = pat.get(url)
    assert page.status_code == 200
    assert "Give someone else the office role first" in page.text


def test_locking_signs_the_person_out_at_the_next_request(school, sign_in):
    pat, dana, url = sign_in(school.pat), sign_in(school.dana), f"/office/people/{school.dana.public_id}"
    assert dana.get("/parent/").status_code == 200
    pat.post(f"{url}/deactivation")
    assert dana.get("/parent/").status_code == 303
    pat.post(f"{url}/reactivation")
    assert dana.get("/parent/").status_code == 303, "the old session stays dead"
    assert sign_in(school.dana).get("/parent/").status_code == 200
    assert db.session.scalars(select(LoginSession).where(LoginSession.user_id == school.dana.id)).all()


def test_identity_is_ticked_and_taken_back(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    pat.post(f"{url}/identity", data={"seen_identity": "no"})
    assert school.dana.identity_seen_at is None
    assert "Identity not seen" in pat.get(url).text
    pat.post(f"{url}/identity", data={"seen_identity": "yes"})
    assert school.dana.identity_seen_at == utc_now()
    told = select(AuditEntry).where(AuditEntry.act == "account.identity_seen").order_by(AuditEntry.id)
    assert [entry.facts["seen"] for entry in db.session.scalars(told)] == [False, True]


def test_what_two_schools_use_one_office_does_not_take_over(school, sign_in):
    make_role(school.dana, school.elm, RoleKind.OFFICE)
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    page = pat.get(url)
    assert "Another school uses this account too" in page.text
    assert "Print a sign-in slip" not in page.text
    assert pat.post(f"{url}/slip").status_code == 422
    stolen = pat.post(url, data={"seen": seen_on(page), "display_name": "Dana Diaz", "username": "stolen"})
    assert stolen.status_code == 422
    pat.post(f"{url}/deactivation")
    assert (school.dana.username, school.dana.deactivated_at) == ("dana", None)


def test_a_page_about_a_person_has_a_fixed_number_of_statements(school, sign_in, count_statements):
    pat, url = sign_in(school.pat), f"/office/people/{school.dana.public_id}"
    with count_statements() as few:
        pat.get(url)
    for number in range(5):
        child = make_user(f"c{number}", f"Child {number}", AccountKind.STUDENT)
        make_role(child, school.oak, RoleKind.STUDENT)
        rosters.link_guardian(
            child, school.dana, school.oak, rosters.Link("mother", utc_now().date()), utc_now(), actor_id=school.pat.id
        )
    db.session.commit()
    with count_statements() as many:
        assert "Child 4" in pat.get(url).text
    assert len(many) == len(few) <= 11, many
