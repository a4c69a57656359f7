"""P1: in under a minute, what needs me, for every child."""

import re
from datetime import UTC, date, datetime

import pytest

from gradebook.extensions import db
from gradebook.models import AccountKind, Enrollment, Interest, Position, RoleKind, Score, ScoreQuestion, SeenScore
from gradebook.policy.conversations import Correspondence
from gradebook.services import grades, interests, messaging
from gradebook.services import seen as seen_by
from tests.art import make_art
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
    assert "Algebra from 1 graded piece steady for two weeks 90%" in text
    assert "Leo Evans" in text
    assert "History from 1 graded piece 90% A" in text


def test_attention_comes_first_and_names_the_child(school, sign_in):
    extra = add_category(school.algebra, "Extra", 0)
    score(add_work(extra, "Ratio sheet", due_on=date(2026, 10, 2)), school.leo, status="missing")
    page = home(sign_in(school.erin))
    text = words(page)
    assert "Needs attention 2 things" in text
    assert "Leo : 1 missing piece Ratio sheet ( Algebra )" in text
    assert "Leo : 45% in Algebra Below 60%" in text
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


def test_with_neither_right_nothing_is_there(school, sign_in):
    school.dana_of_maya.may_see_grades = school.dana_of_maya.may_message = False
    dana = sign_in(school.dana)
    assert "No child is linked to this account" in words(home(dana))
    for url in (f"/parent/children/{school.maya.public_id}", f"/messages/new?student={school.maya.public_id}"):
        assert dana.get(url).status_code == 404


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


def test_five_children_with_eight_classes_each_take_no_more_in_a_new_process(school, sign_in, count_statements):
    """With choices for each child, missing work, scores to confirm and unread messages."""
    client = sign_in(school.dana)
    for number in range(5):
        child = make_user(f"child{number}", f"Child {number}", AccountKind.STUDENT)
        make_role(child, school.oak, RoleKind.STUDENT)
        add_guardianship(school.dana, child, school.oak)
        interests.save_interests(school.dana.id, child.id, interests.USUAL._replace(missing_after=number))
        for place in range(8):
            section = add_class(school.oak, f"Class {number} {place}", child)
            enroll(school.rivera, section, Position.LEAD)
            work = add_work(add_category(section, "More"), "Sheet", due_on=date(2026, 9, 20))
            score(work, child, status="missing")
            seen_by.ask_to_confirm(section, work, actor_id=school.rivera.id, now=NOW)
        pair = Correspondence(child, section, school.dana, (school.rivera,))
        conversation = messaging.open_conversation(pair, actor_id=school.rivera.id, now=NOW)
        messaging.send(conversation, author_id=school.rivera.id, body="Words", client_key=f"k{number}", now=NOW)
    db.session.commit()
    grades.forget_parts()
    with count_statements() as seen:
        text = words(home(client))
    assert len(seen) <= 7, seen
    assert text.count("missing pieces") == 5
    assert text.count("Child : new message from Inés Rivera") == 5


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
    assert "45%" in text[leo:maya]  # whose grade needs attention stands first
    assert "90%" in text[maya:]
    assert "Zoe" not in text


@pytest.mark.parametrize("name", ["maya", "rivera", "pat"])
def test_only_parents_come_in(school, sign_in, name):
    assert sign_in(school.people[name]).get("/parent/").status_code == 404


def test_a_teacher_who_is_a_parent_switches_roles_first(school, sign_in):
    tess = sign_in(school.tess)
    assert tess.get("/parent/").status_code == 403
    assert tess.post("/auth/role", data={"role": "parent-0"}).status_code == 303
    assert "Leo Evans" in home(tess)


# --- What to tell me


def interests_url(child) -> str:
    return f"/parent/children/{child.public_id}/interests"


CHOICES = {"missing_after": "7", "below": "40", "falls_by": "", "due_soon": "y"}


def test_the_choices_of_a_guardian_are_kept_and_followed(school, sign_in):
    erin = sign_in(school.erin)
    assert "Leo : 45% in Algebra" in words(home(erin))
    assert erin.post(interests_url(school.leo), data=CHOICES).status_code == 303
    page = home(erin)
    assert "Saved. Your home page now follows this for Leo." in page
    text = words(page)
    assert "45% in Algebra" not in text
    assert "work missing for 7 days a grade below 40%" in text
    page = erin.get(interests_url(school.leo)).text
    assert 'value="40"' in page
    assert '<option selected value="7">' in page
    # another guardian of Leo keeps the usual lines
    tess = sign_in(school.tess)
    tess.post("/auth/role", data={"role": "parent-0"})
    assert "Leo : 45% in Algebra" in words(home(tess))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("below", "many", "Type a number of percent, like 60"),
        ("below", "100.5", "A grade below can be at most 100"),
        ("falls_by", "0", "Type a number of points, like 5"),
        ("falls_by", "1.234", "Use no more than 2 decimal places"),
        ("missing_after", "3", "Missing work: choose one from the list"),
    ],
)
def test_what_cannot_be_kept_is_said_and_the_rest_is_kept_on_the_page(school, sign_in, field, typed, said):
    answer = sign_in(school.erin).post(interests_url(school.leo), data={**CHOICES, field: typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert "There is a problem" in answer.text
    if field != "missing_after":
        assert f'value="{typed}"' in answer.text
    assert db.session.query(Interest).count() == 0


@pytest.mark.parametrize("name", ["chris", "gus", "rex"])
def test_choices_are_for_guardians_who_see_the_grades(school, sign_in, name):
    client = sign_in(school.people[name])
    assert client.get(interests_url(school.maya)).status_code == 404
    assert client.post(interests_url(school.maya), data=CHOICES).status_code == 404


# --- Seen


def test_a_guardian_confirms_from_the_home_page_and_the_teacher_sees_it(school, sign_in):
    rivera, dana = sign_in(school.rivera), sign_in(school.dana)
    asked = f"/teacher/assignments/{school.quiz.public_id}/seen"
    assert rivera.post(asked).status_code == 303
    assert "Maya : confirm that you have seen 1 score" in words(home(dana))
    url = f"/parent/children/{school.maya.public_id}/classes/{school.algebra.public_id}/seen"
    page = dana.get(url).text
    assert "asked by Inés Rivera" in words(page)
    field = re.search(r'name="(seen-\w+)" value="(\d+)"', page)
    assert dana.post(url, data={field[1]: field[2]}).status_code == 303
    text = words(home(dana))
    assert "Confirmed: you have seen 1 score." in text
    assert "Nothing needs you right now." in text
    text = words(rivera.get(asked).text)
    assert "Maya Diaz Dana Diaz (mother) confirmed" in text
    assert "Rex" not in text
    assert "Gus" not in text


@pytest.mark.parametrize("fields", [{}, {"seen-x": "0"}, {"seen-{quiz}": "7"}, {"seen-{quiz}": "nothing"}])
def test_what_did_not_stand_on_the_page_is_not_confirmed(school, sign_in, fields):
    seen_by.ask_to_confirm(school.algebra, school.quiz, actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    url = f"/parent/children/{school.maya.public_id}/classes/{school.algebra.public_id}/seen"
    data = {name.format(quiz=school.quiz.public_id): value for name, value in fields.items()}
    answer = sign_in(school.dana).post(url, data=data)
    assert answer.status_code == 409
    assert "Waiting for you" in answer.text
    assert db.session.query(SeenScore).count() == 0


# --- Reports


@pytest.mark.parametrize("who", ["dana", "maya"])
def test_the_reports_hold_what_the_family_sees(school, sign_in, who):
    reader = sign_in(school.people[who])
    home = f"/parent/children/{school.maya.public_id}" if who == "dana" else "/student"
    short, full = (reader.get(url) for url in (f"{home}/report", f"{home}/classes/{school.algebra.public_id}/report"))
    for answer in (short, full):
        assert answer.status_code == 200
        text = words(answer.text)
        assert "Report on Maya Diaz" in text
        assert "Integers quiz" in text
        assert "18 out of 20" in text
        assert "41.5" not in text
        assert "What we agreed" in text
    assert "Fractions test" in full.text
    assert "Inés Rivera" in short.text


def test_the_teachers_report_is_made_of_posted_scores_only(school, sign_in):
    score_of = db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id))
    score_of.private_note = "PRIVATE"
    db.session.commit()
    url = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}/report"
    text = words(sign_in(school.rivera).get(url).text)
    assert "90%" in text
    assert "18 out of 20" in text
    assert "41.5" not in text
    assert "PRIVATE" not in text
    for name in ("osei", "tess", "finch", "sub"):
        assert sign_in(school.people[name]).get(url).status_code == 404


def test_a_report_of_a_class_that_grades_outcomes_has_its_levels(school, sign_in):
    art = make_art(school)
    db.session.commit()
    child = f"/parent/children/{school.maya.public_id}"
    for who, home in ((school.dana, child), (school.maya, "/student")):
        reader = sign_in(who)
        assert "Draws from observation" in reader.get(f"{home}/classes/{art.section.public_id}/report").text
        assert "The report of the class lists their levels." in words(reader.get(f"{home}/report").text)


def test_a_students_report_does_not_tell_what_they_asked(school, sign_in):
    db.session.add(
        ScoreQuestion(
            school_id=school.oak.id, section_id=school.algebra.id, assignment_id=school.quiz.id,
            student_id=school.maya.id, words="WHY SO FEW", asked_at=datetime(2026, 10, 13, tzinfo=UTC),
        )
    )  # fmt: skip
    db.session.commit()
    maya, url = sign_in(school.maya), f"/student/classes/{school.algebra.public_id}"
    assert "WHY SO FEW" in maya.get(url).text
    assert "WHY SO FEW" not in maya.get(f"{url}/report").text
