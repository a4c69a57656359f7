"""Sign-in slips: who gets one, and that the code exists only on the page that prints it."""

import re

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Invitation, RoleKind
from gradebook.services import rosters
from tests.school import make_role, make_user


def codes_on(answer):
    return re.findall(r'class="slip__code">(\w{4} \w{4})<', answer.text)


def test_one_slip_is_shown_once(school, sign_in):
    pat = sign_in(school.pat)
    answer = pat.post(f"/office/people/{school.maya.public_id}/slip")
    (code,) = codes_on(answer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Your username:" in answer.text
    assert "<strong>maya</strong>" in answer.text
    assert "<svg viewBox" in answer.text
    assert "style=" not in answer.text
    stored = db.session.scalars(select(Invitation)).one()
    assert code.replace(" ", "") not in str(vars(stored))
    assert (stored.user_id, stored.made_by, stored.school_id) == (school.maya.id, school.pat.id, school.oak.id)
    assert code not in pat.get(f"/office/people/{school.maya.public_id}").text
    assert pat.get(f"/office/people/{school.maya.public_id}/slip").status_code == 405


def test_the_square_holds_the_address_of_this_installation(school, sign_in, monkeypatch):
    import segno

    seen = []
    make = segno.make
    monkeypatch.setattr(segno, "make", lambda content, **more: seen.append(content) or make(content, **more))
    (code,) = codes_on(sign_in(school.pat).post(f"/office/people/{school.maya.public_id}/slip"))
    assert seen == [f"http://127.0.0.1:5000/auth/invitation?code={code.replace(' ', '')}"]


def test_a_guardians_slip_is_handed_to_the_guardian(school, sign_in):
    pat = sign_in(school.pat)
    warning = "Do not send it home with the child"
    assert warning in pat.post(f"/office/people/{school.dana.public_id}/slip").text
    assert warning not in pat.post(f"/office/people/{school.maya.public_id}/slip").text


def test_ticked_people_are_reviewed_then_printed(school, sign_in):
    pat = sign_in(school.pat)
    data = {"person": [school.maya.public_id, school.leo.public_id, school.maya.public_id]}
    review = pat.post("/office/slips", data=data)
    assert "2 slips will be printed." in review.text
    assert "2 people have a password already" in review.text
    assert not db.session.scalars(select(Invitation)).all()
    assert len(codes_on(pat.post("/office/slips", data={**data, "confirm": "yes"}))) == 2


def test_a_class_and_everyone_found_get_slips(school, sign_in):
    pat = sign_in(school.pat)
    assert "2 slips will be printed." in pat.post("/office/slips", data={"section": school.algebra.public_id}).text
    everyone = pat.post("/office/slips", data={"everyone": "yes", "role": "teacher", "q": "cole"})
    assert "1 slip will be printed." in everyone.text
    assert "Abe Cole" in everyone.text


def test_nobody_ticked_is_said(school, sign_in):
    answer = sign_in(school.pat).post("/office/slips")
    assert answer.status_code == 422
    assert "Nobody was ticked" in answer.text


def test_who_is_locked_has_left_or_belongs_elsewhere_gets_none(school, sign_in):
    make_role(school.dana, school.elm, RoleKind.TEACHER)
    gone = make_user("gone", "Gone Gray")
    make_role(gone, school.oak, RoleKind.TEACHER, ends_on=rosters.role_of(school.pat, school.oak, "office").begins_on)
    pat = sign_in(school.pat)
    pat.post(f"/office/people/{school.erin.public_id}/deactivation")
    people = [school.dana, gone, school.erin, school.maya]
    data = {"person": [user.public_id for user in people], "confirm": "yes"}
    assert len(codes_on(pat.post("/office/slips", data=data))) == 1
    for user in people[:3]:
        answer = pat.post(f"/office/people/{user.public_id}/slip")
        assert (answer.status_code, codes_on(answer)) == (422, [])


def test_people_of_another_school_are_left_out(school, sign_in):
    data = {"person": [school.finch.public_id], "confirm": "yes"}
    answer = sign_in(school.pat).post("/office/slips", data=data)
    assert (answer.status_code, codes_on(answer)) == (422, [])
    assert sign_in(school.pat).post("/office/slips", data={"section": school.botany.public_id}).status_code == 404


def test_at_most_200_at_a_time(school, sign_in):
    for number in range(201):
        make_role(make_user(f"p{number}", f"Person {number:03}"), school.oak, RoleKind.PARENT)
    answer = sign_in(school.pat).post("/office/slips", data={"everyone": "yes", "role": "parent"})
    assert "200 slips will be printed." in answer.text
    assert "At most 200 at a time." in answer.text


def test_a_new_slip_voids_the_one_before(school, sign_in):
    pat, visitor = sign_in(school.pat), sign_in(school.pat).application.test_client()
    (first,) = codes_on(pat.post(f"/office/people/{school.maya.public_id}/slip"))
    (second,) = codes_on(pat.post(f"/office/people/{school.maya.public_id}/slip"))
    visitor.post("/auth/invitation", data={"code": first})
    assert "no longer works" in visitor.get("/auth/invitation/acceptance").text
    visitor.post("/auth/invitation", data={"code": second})
    assert "Maya Diaz" in visitor.get("/auth/invitation/acceptance").text
