"""Comments and private notes on pages: saving, conflicts, closed periods, scripts, and what families never see."""

import re
from datetime import timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import Enrollment, Score
from gradebook.services import closing
from gradebook.services.score_comments import LONGEST, Said, said_at, save_comments
from tests.conftest import NOON

SCRIPT = {"X-Requested-With": "fetch"}
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')


def url(school, student=None, work=None):
    work, student = work or school.quiz, student or school.maya
    return f"/teacher/assignments/{work.public_id}/students/{student.public_id}/comments"


def fields(school, comment="", note="", **more):
    return {"seen": str(school.algebra.last_seq), "comment": comment, "note": note, **more}


def said(school, student=None, work=None):
    db.session.expire_all()
    return said_at(((work or school.quiz).id, (student or school.maya).id))


def say(school, comment="", note="", by=None, work=None, student=None):
    place = ((work or school.quiz).id, (student or school.maya).id)
    seen, actor = school.algebra.last_seq, (by or school.cole).id
    save_comments(school.algebra, place, Said(comment, note), seen=seen, actor_id=actor, now=NOON)
    db.session.commit()


def test_the_page_says_who_can_see_what(school, sign_in):
    page = sign_in(school.rivera).get(url(school)).text
    assert "<h1>Comments: Maya Diaz</h1>" in page
    assert "Maya Diaz and their guardians can see this comment<" in page
    assert "Only teachers of this class<" in page
    hidden = sign_in(school.rivera).get(url(school, work=school.test)).text
    assert "can see this comment once the scores are posted" in hidden


def test_saving_without_scripts_and_taking_it_back(school, sign_in):
    teacher = sign_in(school.rivera)
    answer = teacher.post(url(school), data=fields(school, "Well done,\r\nMaya!", "Sat alone"))
    assert answer.status_code == 303
    student = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    assert answer.location == student
    assert said(school) == Said("Well done,\nMaya!", "Sat alone")
    page = teacher.get(student).text
    assert "Comments saved." in page
    assert "Well done,\nMaya!" in page
    assert "Sat alone" in page
    undo = re.search(r'action="([^"]+/undo[^"]*)"', page)[1].replace("&amp;", "&")
    assert teacher.post(undo).status_code == 303
    assert said(school) == Said()


@pytest.mark.parametrize(
    ("back", "expected"),
    [("scores", "/teacher/assignments/"), ("grid", "/teacher/classes/"), ("//x", "/teacher/classes/")],
)
def test_one_comes_back_to_where_one_was(school, sign_in, back, expected):
    answer = sign_in(school.rivera).post(f"{url(school)}?back={back}", data=fields(school, "Well done"))
    assert answer.location.startswith(expected)


def test_a_script_gets_the_form_alone_and_an_answer_in_numbers(school, sign_in):
    teacher = sign_in(school.rivera)
    form = teacher.get(url(school), headers=SCRIPT).text
    assert "<html" not in form
    assert 'name="comment"' in form
    body = fields(school, "Well done", request="11111111-aaaa")
    answer = teacher.post(url(school), data=body, headers=SCRIPT).json
    assert answer == {
        "number": 1, "seq": 1, "comment": True, "note": False, "words": "Comments saved.",
    }  # fmt: skip
    again = teacher.post(url(school), data=body, headers=SCRIPT).json
    assert (again["seq"], school.algebra.last_seq) == (1, 1)


@pytest.mark.parametrize("bad", ["a\x07b", "x" * (LONGEST + 1)])
@pytest.mark.parametrize("name", ["comment", "note"])
def test_what_cannot_be_kept_is_refused_in_words_and_stays_in_the_field(school, sign_in, name, bad):
    other = {"comment": "note", "note": "comment"}[name]
    answer = sign_in(school.rivera).post(url(school), data=fields(school, **{name: bad, other: "Fine words"}))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Type it again" in answer.text or "This has 2,001 characters. Shorten it to 2,000 or fewer" in answer.text
    assert "Fine words" in answer.text
    assert said(school) == Said()


def test_a_long_comment_of_a_file_stands_in_nobodys_way(school, sign_in):
    long = "x" * (LONGEST + 500)
    db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id)).comment = long
    db.session.flush()
    assert sign_in(school.rivera).post(url(school), data=fields(school, long, "Sat alone")).status_code == 303
    assert said(school) == Said(long, "Sat alone")


def test_what_nobody_could_see_is_no_comment(school, sign_in):
    sign_in(school.rivera).post(url(school), data=fields(school, " \u200b\n", "\u00a0"))
    assert said(school) == Said()


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "script"])
def test_a_conflict_shows_both_and_writes_when_sent_again(school, sign_in, headers):
    teacher, mine = sign_in(school.rivera), fields(school, "Ms Rivera's words")
    say(school, "Mr Cole's words")
    answer = teacher.post(url(school), data=mine, headers=headers)
    assert answer.status_code == 409
    assert "Abe Cole changed this while you were typing" in answer.text
    assert "Mr Cole&#39;s words" in answer.text
    assert "Ms Rivera&#39;s words" in answer.text
    assert said(school).comment == "Mr Cole's words"
    seen = re.search(r'name="seen" value="(\d+)"', answer.text)[1]
    assert teacher.post(url(school), data={**mine, "seen": seen}).status_code == 303
    assert said(school).comment == "Ms Rivera's words"


def test_a_closed_period_shows_what_was_said_and_refuses_more(school, sign_in):
    teacher, body = sign_in(school.rivera), fields(school, "Too late")
    say(school, "Well done", "Sat alone")
    closing.close_session(school.oak, school.algebra.term, NOON, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()
    page = teacher.get(url(school)).text
    assert "Well done" in page
    assert "Sat alone" in page
    assert "<textarea" not in page
    assert "Locked since" in page
    for headers in ({}, SCRIPT):
        answer = teacher.post(url(school), data={**body, "seen": str(school.algebra.last_seq)}, headers=headers)
        assert answer.status_code == 409
        assert "is closed since" in answer.text
    assert said(school) == Said("Well done", "Sat alone")


def test_of_a_student_who_has_left_it_can_only_be_read(school, sign_in):
    say(school, "Well done", "Sat alone")
    place = db.session.query(Enrollment).filter_by(user_id=school.maya.id, section_id=school.algebra.id).one()
    place.ends_on = (NOON - timedelta(days=1)).date()
    db.session.flush()
    teacher = sign_in(school.rivera)
    page = teacher.get(url(school)).text
    assert "Sat alone" in page
    assert "<textarea" not in page
    assert teacher.post(url(school), data=fields(school, "More")).status_code == 404


def test_another_teachers_class_and_another_classs_student_are_not_there(school, sign_in):
    assert sign_in(school.osei).get(url(school)).status_code == 404
    assert sign_in(school.osei).post(url(school), data=fields(school, "Hello")).status_code == 404
    assert sign_in(school.rivera).get(url(school, school.zoe)).status_code == 404


def test_the_history_tells_both_and_restores_one_by_one(school, sign_in):
    say(school, "First words", "First note", by=school.rivera)
    say(school, "First words", "Second note", by=school.rivera)
    teacher = sign_in(school.rivera)
    history = f"/teacher/classes/{school.algebra.public_id}/history"
    page = teacher.get(history).text
    assert "private note “First note”" in page
    assert "private note “Second note”" in page
    assert "Restore the private note" in page
    cell = teacher.get(f"{history}?student={school.maya.public_id}&assignment={school.quiz.public_id}").text
    assert "Second note" in cell
    assert "First words" in cell
    change = re.search(r'name="change" value="(\d+)"', page)[1]
    assert teacher.post(f"{history}/restorations", data={"change": change}).status_code == 303
    assert said(school) == Said("First words", "First note")
    assert "private note “First note” restored for Diaz, Maya" in teacher.get(history).text


def test_in_the_story_of_a_cell_scores_and_comments_are_put_back_apart(school, sign_in):
    teacher, history = sign_in(school.rivera), f"/teacher/classes/{school.algebra.public_id}/history"
    cell = f"{history}?student={school.maya.public_id}&assignment={school.quiz.public_id}"
    teacher.post(
        f"/teacher/classes/{school.algebra.public_id}/scores",
        data={"seen": "0", f"{school.maya.id}.{school.quiz.id}": "12"},
    )
    say(school, "Well done", "Sat alone")
    page = teacher.get(cell).text
    assert page.count("Restore this score") == 1, "the moments of today's score are not offered"
    whole = re.search(r'name="change" value="(\d+)"><input type="hidden" name="whole"', page)[1]
    before = re.search(r'name="change" value="(\d+)"><button[^>]*>Put back what was said before', page)[1]
    teacher.post(f"{history}/restorations", data={"change": whole, "whole": "1", "seen": "9"})
    assert said(school) == Said("Well done", "Sat alone")
    assert db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id)).points == 18
    teacher.post(f"{history}/restorations", data={"change": before})
    assert said(school) == Said()
    assert db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id)).points == 18


def test_the_links_lead_here(school, sign_in):
    teacher = sign_in(school.rivera)
    student = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    assert f'href="{url(school)}"' in teacher.get(student).text
    assert (
        f'href="{url(school)}?back=scores"' in teacher.get(f"/teacher/assignments/{school.quiz.public_id}/scores").text
    )


def test_the_grid_marks_a_note(school, sign_in):
    teacher, grid = sign_in(school.rivera), f"/teacher/classes/{school.algebra.public_id}"
    assert "has private note" not in teacher.get(grid).text.split("</table>")[1].split("</ul>")[0]
    say(school, note="Sat alone")
    page = teacher.get(grid).text
    assert "aria-describedby=wn" in page
    assert "<b class=n></b>" in page
    assert "Sat alone" not in page


def test_an_open_grid_is_told_that_something_is_said_and_not_what(school, sign_in):
    teacher, name = sign_in(school.rivera), f"{school.maya.id}.{school.quiz.id}"
    changes = f"/teacher/classes/{school.algebra.public_id}/changes?after="
    for number, (comment, note) in enumerate((("Well done", ""), ("", "Sat alone"))):
        say(school, comment, note)
        answer = teacher.get(f"{changes}{number}", headers=SCRIPT)
        cell = answer.json["cells"][name]
        assert (cell["text"], cell["was"]) == ("18", "18")
        assert (cell["comment"], cell["note"], answer.json["stale"]) == (bool(comment), bool(note), False)
        assert "Well done" not in answer.text
        assert "Sat alone" not in answer.text


# --- Families


FAMILY_PAGES = ("student-home", "student-class", "parent-home", "parent-child", "parent-class")


def family_page(school, sign_in, name):
    maya, algebra = school.maya.public_id, school.algebra.public_id
    who, path = {
        "student-home": (school.maya, "/student/"),
        "student-class": (school.maya, f"/student/classes/{algebra}"),
        "parent-home": (school.dana, "/parent/"),
        "parent-child": (school.dana, f"/parent/children/{maya}"),
        "parent-class": (school.dana, f"/parent/children/{maya}/classes/{algebra}"),
    }[name]
    answer = sign_in(who).get(path)
    assert answer.status_code == 200
    return TOKEN.sub("", answer.text)


@pytest.mark.parametrize("where", FAMILY_PAGES)
@pytest.mark.parametrize("what", ["posted", "hidden", "without a score"])
def test_a_private_note_changes_no_byte_of_a_familys_page(school, sign_in, clock, where, what):
    """Nor does taking it back: no new score is told of, no count grows, nothing moves up."""
    clock.set(NOON + timedelta(days=30))  # what was posted is no news any more
    work = {"posted": school.quiz, "hidden": school.test}.get(what, school.quiz)
    if what == "without a score":
        db.session.delete(db.session.get(Score, (work.id, school.maya.id, school.oak.id)))
        db.session.flush()
    before = family_page(school, sign_in, where)
    place = (work.id, school.maya.id)
    for note in ("Sat alone", "Copied?", ""):
        save_comments(
            school.algebra, place, Said("", note), seen=school.algebra.last_seq, actor_id=school.rivera.id,
            now=NOON + timedelta(days=30),
        )  # fmt: skip
        db.session.commit()
        assert family_page(school, sign_in, where) == before


@pytest.mark.parametrize("where", FAMILY_PAGES)
def test_a_comment_on_a_hidden_score_changes_nothing_for_the_family(school, sign_in, where):
    before = family_page(school, sign_in, where)
    say(school, "Only when it is posted", work=school.test)
    assert family_page(school, sign_in, where) == before


def test_a_teacher_who_looks_through_a_familys_eyes_sees_no_note_either(school, sign_in):
    say(school, "Well done", "Sat alone")
    student = f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"
    page = sign_in(school.rivera).get(f"{student}/as-student").text
    assert "Well done" in page
    assert "Sat alone" not in page


def test_a_comment_on_a_posted_score_is_read_by_the_family(school, sign_in):
    say(school, "شكرا <b>Maya</b>")
    for where in ("student-class", "parent-class"):
        text = family_page(school, sign_in, where)
        assert "شكرا &lt;b&gt;Maya&lt;/b&gt;" in text
