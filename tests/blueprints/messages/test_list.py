"""The list of conversations."""

from datetime import UTC, datetime

from gradebook.extensions import db
from tests.school import TODAY


def test_a_visitor_is_asked_to_sign_in(client, school):
    answer = client.get("/messages/")
    assert answer.status_code == 303
    assert "/auth/sign-in" in answer.headers["Location"]


def test_without_messages_there_is_one_thing_to_do(sign_in, school):
    page = sign_in(school.dana).get("/messages/").text
    assert "You have no messages" in page
    assert "Write a message" in page
    page = sign_in(school.rivera).get("/messages/").text
    assert "You have no messages" in page
    assert "Write to a guardian" in page


def test_a_guardian_sees_child_class_teachers_and_first_words(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("rivera", "She wrote <b>well</b>."))
    page = sign_in(school.dana).get("/messages/").text
    for words in ("Maya Diaz", "Algebra", "Inés Rivera", "Abe Cole", "She wrote &lt;b&gt;well&lt;/b&gt;.", "1 unread"):
        assert words in page
    assert f'href="{address}"' in page
    assert "<h1>Messages</h1>" in page


def test_a_teacher_sees_child_guardian_and_what_the_guardian_is(sign_in, school, talk):
    talk("dana", "maya", "algebra")
    page = sign_in(school.rivera).get("/messages/").text
    assert "<bdi>Dana Diaz</bdi> (mother)" in page
    assert "1 unread" in page


def test_names_are_shown_and_never_read_as_markup(sign_in, school, talk):
    """On the list, and in the conversation beside it: a name is whatever a roster says."""
    for person in (school.dana, school.maya, school.rivera):
        person.display_name = f"{person.display_name} <i>%(people)s</i>"
    school.algebra.title, school.dana_of_maya.relationship_name = "<i>Algebra</i>", "<i>mother</i>"
    address = talk("dana", "maya", "algebra", ("rivera", "Well done"), ("dana", "Thank you"))
    for person in (school.dana, school.rivera):
        for page in ("/messages/", address):
            shown = sign_in(person).get(page).text
            assert "Maya Diaz &lt;i&gt;%(people)s&lt;/i&gt;" in shown
            assert "&lt;i&gt;Algebra" in shown
            assert "<i>%(" not in shown
            assert "<i>Algebra" not in shown
            assert "<i>mother" not in shown


def test_what_one_has_written_oneself_is_not_unread(sign_in, school, talk):
    talk("dana", "maya", "algebra")
    assert "unread" not in sign_in(school.dana).get("/messages/").text


def test_nobody_sees_the_conversations_of_others(sign_in, school, talk):
    talk("erin", "leo", "algebra", ("erin", "Secret of Erin"))
    for name in ("dana", "chris", "gus", "rex", "osei", "finch", "tess"):
        assert "Secret of Erin" not in sign_in(school.people[name]).get("/messages/").text
    for name in ("erin", "rivera", "cole"):
        assert "Secret of Erin" in sign_in(school.people[name]).get("/messages/").text


def test_an_ended_guardian_finds_what_was_written_before_unless_the_school_hides_it(sign_in, school, talk):
    talk("dana", "maya", "algebra", ("dana", "Secret of Dana"))
    school.dana_of_maya.ends_on = TODAY
    page = sign_in(school.dana).get("/messages/").text
    assert "Secret of Dana" in page
    assert "Ended: you can only read it" in page
    school.oak.hides_past_conversations = True
    page = sign_in(school.dana).get("/messages/").text
    assert "Secret of Dana" not in page
    assert "Maya" not in page


def test_a_person_with_two_roles_sees_those_of_the_role_in_use(sign_in, school, talk):
    talk("tess", "leo", "algebra", ("tess", "As a mother"))
    talk("chris", "zoe", "history", ("chris", "To the teacher"))
    tess = sign_in(school.tess)  # as a teacher first
    page = tess.get("/messages/").text
    assert "To the teacher" in page
    assert "As a mother" not in page
    assert tess.post("/auth/role", data={"role": "parent-0"}).status_code == 303
    page = tess.get("/messages/").text
    assert "As a mother" in page
    assert "To the teacher" not in page


def test_the_newest_stands_first_and_children_stay_together(sign_in, school, talk, clock):
    talk("erin", "leo", "algebra")
    clock.advance(minutes=1)
    talk("dana", "maya", "algebra")
    clock.advance(minutes=1)
    talk("tess", "leo", "algebra")
    page = sign_in(school.rivera).get("/messages/").text
    main = page[page.index("<main") :]
    order = [main.index(name) for name in ("Tess Tanner", "Erin Evans", "Dana Diaz")]
    assert order == sorted(order)


def test_times_are_those_of_the_school(sign_in, school, talk):
    talk("dana", "maya", "algebra")  # at noon in London, 8:00 in New York
    assert "08:00</time>" in sign_in(school.dana).get("/messages/").text


def test_the_list_costs_five_statements_however_long_it_is(sign_in, school, talk, count_statements):
    from gradebook.models import RoleKind
    from tests.school import Position, enroll, make_role, make_user

    talk("dana", "maya", "algebra")
    for browser in (sign_in(school.dana), sign_in(school.rivera)):
        with count_statements() as seen:
            browser.get("/messages/")
        assert len(seen) <= 5, seen
    for number in range(12):
        child = make_user(f"child{number}", f"Child {number}", "student")
        make_role(child, school.oak, RoleKind.STUDENT)
        enroll(child, school.algebra, Position.STUDENT)
        school.people[child.username] = child
        link(school, school.dana, child)
        db.session.commit()
        talk("dana", child.username, "algebra")
    for browser in (sign_in(school.dana), sign_in(school.rivera)):
        with count_statements() as seen:
            page = browser.get("/messages/").text
        assert len(seen) <= 5, seen
        assert page.count('class="threads__words"') == 13


def link(school, adult, child):
    from gradebook.models import Guardianship
    from tests.school import YEAR

    db.session.add(
        Guardianship(
            school_id=school.oak.id, student_id=child.id, guardian_id=adult.id, relationship_name="mother",
            begins_on=YEAR[0],
        )
    )  # fmt: skip
    db.session.flush()


def test_a_long_list_has_pages(sign_in, school, talk, monkeypatch):
    from gradebook.blueprints.messages import conversations

    monkeypatch.setattr(conversations, "CONVERSATIONS_ON_A_PAGE", 2)
    for guardian, student in (("dana", "maya"), ("erin", "leo"), ("tess", "leo")):
        talk(guardian, student, "algebra")
    rivera = sign_in(school.rivera)
    assert 'href="/messages/?page=2"' in rivera.get("/messages/").text
    page = rivera.get("/messages/?page=2").text
    assert page.count('class="threads__words"') == 1
    assert "page=3" not in page
    for nonsense in ("0", "-1", "x", "1e3", "²", "9" * 30, ""):
        assert rivera.get("/messages/", query_string={"page": nonsense}).status_code == 404


# --- A guardian whom the office has not seen


def test_a_guardian_not_yet_confirmed_is_told_whom_to_call(sign_in, school, talk):
    address = talk("dana", "maya", "algebra", ("rivera", "Secret of Maya"))
    school.dana.identity_seen_at = None
    dana = sign_in(school.dana)
    for path in ("/messages/", "/messages/new", address, "/messages/madeUpKey123"):
        answer = dana.get(path)
        assert answer.status_code == 403
        assert "The school office must confirm who you are first" in answer.text
        assert "555 0100" in answer.text
        assert "Secret of Maya" not in answer.text
    assert dana.post(f"{address}/messages", data={"body": "Hello"}).status_code == 403
    assert dana.post("/messages/", data={"body": "Hello"}).status_code == 403


def test_a_confirmed_address_is_enough(sign_in, school):
    school.dana.identity_seen_at, school.dana.email_confirmed_at = None, datetime(2026, 9, 2, tzinfo=UTC)
    assert sign_in(school.dana).get("/messages/").status_code == 200
