"""P1: in under a minute, what needs me, for every child."""

from datetime import UTC, date, datetime

import pytest

from gradebook.extensions import db
from gradebook.models import AccountKind, Enrollment, Position, RoleKind
from tests.families import add_category, add_class, add_guardianship, add_letters, add_work, score, words
from tests.school import TODAY, enroll, make_role, make_user

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def home(client) -> str:
    answer = client.get("/parent/")
    assert answer.status_code == 200
    return answer.text


def test_each_child_is_there_with_classes_grades_and_basis(school, sign_in):
    add_guardianship(school.dana, school.leo, school.oak)
    add_letters(school.history)
    score(school.essay, school.leo, "27")
    page = home(sign_in(school.dana))
    text = words(page)
    assert "<h1>Your children</h1>" in page
    assert "Maya Diaz" in text
    assert "Algebra from 1 graded piece 90%" in text
    assert "Leo Evans" in text
    assert "History from 1 graded piece 90% A" in text


def test_attention_comes_first_and_names_the_child(school, sign_in):
    extra = add_category(school.algebra, "Extra", 0)
    score(add_work(extra, "Ratio sheet", due_on=date(2026, 10, 2)), school.leo, status="missing")
    page = home(sign_in(school.erin))
    text = words(page)
    assert "Needs attention 2 things" in text
    assert "Leo : 1 missing piece Ratio sheet ( Algebra )" in text
    assert "Leo : 45% in Algebra" in text
    assert text.index("1 missing piece") < text.index("Leo Evans")
    assert f"/parent/children/{school.leo.public_id}/classes/{school.algebra.public_id}" in page
    assert "Why am I seeing this?" in text


def test_missing_work_of_several_classes_leads_to_the_child(school, sign_in):
    for section in (school.algebra, school.history):
        extra = add_category(section, "Extra", 0)
        score(add_work(extra, f"In {section.title}", due_on=date(2026, 10, 2)), school.leo, status="missing")
    page = home(sign_in(school.erin))
    assert "2 missing pieces" in page
    assert f'class="whole" href="/parent/children/{school.leo.public_id}"' in page


def test_nothing_to_attend_to_is_said(school, sign_in):
    text = words(home(sign_in(school.dana)))
    assert "Nothing needs you right now." in text
    assert "Nothing missing" in text


def test_what_is_due_next_is_said(school, sign_in):
    add_work(add_category(school.algebra, "Extra", 0), "Reading log", due_on=date(2026, 10, 16))
    assert "Next: Reading log , Fri 16 Oct" in words(home(sign_in(school.dana)))


@pytest.mark.parametrize("name", ["gus", "rex"])
def test_an_ended_and_a_restricted_guardian_see_no_child(school, sign_in, name):
    page = home(sign_in(school.people[name]))
    assert "Maya" not in page
    assert "Algebra" not in page
    assert "No child is linked to this account" in page


def test_a_parent_sees_no_child_of_others(school, sign_in):
    page = home(sign_in(school.chris))
    assert "Zoe Clark" in page
    assert "Maya" not in page
    assert "Leo" not in page


def test_with_the_right_to_write_alone_grades_are_not_shared(school, sign_in):
    school.dana_of_maya.may_see_grades = False
    page = home(sign_in(school.dana))
    text = words(page)
    assert "Grades are not shared with this account" in text
    assert 'href="/messages/"' in page
    assert "Maya" not in page
    assert "90" not in text


def test_a_child_who_may_not_be_seen_leaves_no_trace_beside_one_who_may(school, sign_in):
    hidden = add_guardianship(school.dana, school.leo, school.oak, may_see_grades=False)
    with_link = home(sign_in(school.dana))
    assert "Leo" not in with_link
    db.session.delete(hidden)
    db.session.commit()
    assert words(home(sign_in(school.dana))) == words(with_link)


def test_a_child_without_classes_is_still_shown(school, sign_in):
    db.session.query(Enrollment).filter_by(user_id=school.maya.id).one().ends_on = TODAY
    assert "Maya has no classes in this term yet." in words(home(sign_in(school.dana)))


def test_children_at_two_schools_name_their_schools(school, sign_in):
    make_role(school.dana, school.elm, RoleKind.PARENT)
    add_guardianship(school.dana, school.fern, school.elm)
    text = words(home(sign_in(school.dana)))
    assert "Fern Fox Elm School" in text
    assert "Maya Diaz Oak School" in text
    assert "Botany ( Elm School )" in text


def test_unread_messages_are_counted_only_where_messages_may_be_used(school, sign_in):
    school.dana.identity_seen_at = None
    page = home(sign_in(school.dana))
    assert "/messages/" not in page


@pytest.mark.parametrize(("children", "classes", "pieces"), [(1, 1, 2), (4, 6, 10)])
def test_the_page_takes_the_same_few_statements(school, sign_in, count_statements, children, classes, pieces):
    client = sign_in(school.dana)
    for number in range(children):
        child = make_user(f"child{number}", f"Child {number}", AccountKind.STUDENT)
        make_role(child, school.oak, RoleKind.STUDENT)
        add_guardianship(school.dana, child, school.oak)
        for place in range(classes):
            add_letters(add_class(school.oak, f"Class {number} {place}", child, pieces=pieces))
    db.session.commit()
    with count_statements() as seen:
        home(client)
    assert len(seen) == 6, seen


def test_without_children_the_page_takes_no_more(school, sign_in, count_statements):
    client = sign_in(school.rex)
    with count_statements() as seen:
        home(client)
    assert len(seen) <= 7


def test_siblings_in_one_class_do_not_mix(school, sign_in):
    add_guardianship(school.dana, school.leo, school.oak)
    enroll(school.zoe, school.algebra, Position.STUDENT)
    text = words(home(sign_in(school.dana)))
    assert "Maya Diaz All classes : Maya" in text
    maya, leo = text.index("Maya Diaz"), text.index("Leo Evans")
    assert "90%" in text[maya:leo]
    assert "45%" in text[leo:]
    assert "Zoe" not in text


@pytest.mark.parametrize("name", ["maya", "rivera", "pat"])
def test_only_parents_come_in(school, sign_in, name):
    assert sign_in(school.people[name]).get("/parent/").status_code == 404


def test_a_teacher_who_is_a_parent_switches_roles_first(school, sign_in):
    tess = sign_in(school.tess)
    assert tess.get("/parent/").status_code == 403
    assert tess.post("/auth/role", data={"role": "parent-0"}).status_code == 303
    assert "Leo Evans" in home(tess)
