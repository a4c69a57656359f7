"""T5: the score history as pages, and restoring from them, without scripts."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import ChangeKind, Score, ScoreChange
from gradebook.services import closing
from tests.conftest import NOON
from tests.services.test_score_restore import save


def url(section, more=""):
    return f"/teacher/classes/{section.public_id}/history{more}"


def points(work, student):
    db.session.expire_all()
    return db.session.get(Score, (work.id, student.id, work.school_id)).points


def words(html):
    main = html[html.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def changes(school):
    """Maya's quiz 18 → 12 by Ms Rivera, both tests and quizzes at once by Mr Cole."""
    one = save(school, {(school.quiz, school.maya): "12"})
    both = save(school, {(school.quiz, school.maya): "13", (school.quiz, school.leo): "m"}, by=school.cole)
    return one, both


def change_id(seq, student):
    return db.session.scalar(select(ScoreChange.id).where(ScoreChange.seq == seq, ScoreChange.student_id == student.id))


def test_the_history_says_who_changed_what_from_what_to_what(sign_in, school, changes):
    page = words(sign_in(school.rivera).get(url(school.algebra)).text)
    assert "2 changes, the newest first" in page
    assert "Wed 14 Oct, 08:00 You Diaz, Maya Integers quiz 18 → to 12 typed" in page
    assert "Abe Cole 2 students Integers quiz 2 scores typed Open" in page
    assert page.index("Abe Cole 2 students") < page.index("You Diaz")


def test_an_act_opens_to_its_cells(sign_in, school, changes):
    page = words(sign_in(school.rivera).get(url(school.algebra, f"/{changes[1]}")).text)
    assert "2 scores typed" in page
    assert "Diaz, Maya Integers quiz 12 → to 13" in page
    assert "Evans, Leo Integers quiz 9 → to Missing" in page
    assert "Restore all 2" in page


def test_whoever_changed_something_can_say_why_once_and_families_never_read_it(sign_in, school, changes):
    teacher, colleague = sign_in(school.rivera), sign_in(school.cole)
    act = url(school.algebra, f"/{changes[0]}")
    assert "Say why" in words(teacher.get(url(school.algebra)).text)
    refused = teacher.post(f"{act}/reason", data={"reason": "x" * 201})
    assert refused.status_code == 422
    assert "Use 200 characters or fewer" in refused.text
    assert "x" * 201 in refused.text, "what was typed is kept"
    assert teacher.post(f"{act}/reason", data={"reason": " "}).status_code == 422
    assert colleague.post(f"{act}/reason", data={"reason": "Not mine"}).status_code == 404
    for said in ("Read the <wrong> row", "Another reason"):
        assert teacher.post(f"{act}/reason", data={"reason": said}).status_code == 303
    story = url(school.algebra, f"?student={school.maya.public_id}&assignment={school.quiz.public_id}")
    for browser in (teacher, colleague):
        for address in (url(school.algebra), act, story):
            page = browser.get(address).text
            assert "Read the &lt;wrong&gt; row" in page
            assert "Another reason" not in page
    own = sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}")
    assert own.status_code == 200
    assert "wrong" not in own.text


def test_an_act_that_never_was_is_not_found(sign_in, school, changes):
    teacher = sign_in(school.rivera)
    assert teacher.get(url(school.algebra, "/77")).status_code == 404
    assert teacher.get(url(school.algebra, "/99999999999999999999")).status_code == 404
    assert sign_in(school.osei).get(url(school.history, f"/{changes[0]}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "shown", "not_shown"),
    [
        ("student={leo}", "9 → to Missing", "18 → to 12"),
        ("by={rivera}", "18 → to 12", "2 scores"),
        ("assignment={test}", "No scores have changed like this", "18 → to 12"),
        ("days=1", "2 changes", "No scores"),
        ("first-day=15&first-month=10&first-year=2026", "No scores have changed like this", "18 → to 12"),
        ("last-day=13&last-month=10&last-year=2026", "No scores have changed like this", "18 → to 12"),
        ("first-day=14&first-month=10&first-year=2026&last-day=14&last-month=10&last-year=2026", "2 changes", "No sc"),
        ("student=nobody&by=0&assignment=%00x&days=999", "2 changes", "No scores"),
    ],
)
def test_filters(sign_in, school, changes, query, shown, not_shown):
    names = {name: getattr(school, name).public_id for name in ("leo", "rivera", "test")}
    answer = sign_in(school.rivera).get(url(school.algebra, "?" + query.format_map(names).replace("%00", "")))
    assert answer.status_code == 200
    page = words(answer.text)
    assert shown in page
    assert not_shown not in page


def test_a_day_that_is_none_is_said_and_kept(sign_in, school, changes):
    answer = sign_in(school.rivera).get(url(school.algebra, "?first-day=31&first-month=2&first-year=2026"))
    assert answer.status_code == 422
    assert "Enter a day like 14 3 2026" in answer.text
    assert 'value="31"' in answer.text


def test_thirty_on_a_page(sign_in, school):
    for number in range(31):
        save(school, {(school.quiz, school.maya): str(number % 9 + 1)})
    teacher = sign_in(school.rivera)
    first = teacher.get(url(school.algebra))
    assert first.text.count("<tr>") == 31
    assert "Page 1 of 2" in first.text
    assert "18 → to 1 typed" in words(teacher.get(url(school.algebra, "?page=2")).text)
    assert teacher.get(url(school.algebra, "?page=99999")).status_code == 200
    assert teacher.get(url(school.algebra, "?page=x")).status_code == 200


def test_one_cell_shows_its_story(sign_in, school, changes):
    cell = f"?student={school.maya.public_id}&assignment={school.quiz.public_id}"
    page = words(sign_in(school.rivera).get(url(school.algebra, cell)).text)
    assert "Diaz, Maya: Integers quiz" in page
    assert "13 now Abe Cole , typed, Wed 14 Oct, 08:00 12 You, typed" in page
    assert "18 before the first change Restore this score : 18" in page


def test_one_score_is_restored(sign_in, school, changes):
    teacher = sign_in(school.rivera)
    answer = teacher.post(
        url(school.algebra, "/restorations?by=x"), data={"change": change_id(changes[1], school.maya)}
    )
    assert answer.status_code == 303
    assert answer.location.endswith(url(school.algebra, "?by=x"))
    assert "12 restored for Diaz, Maya, Integers quiz." in teacher.get(answer.location).text
    assert points(school.quiz, school.maya) == Decimal(12)


def test_a_restore_over_a_later_change_asks_first_and_skips_it_by_default(sign_in, school, changes):
    teacher, seq = sign_in(school.rivera), changes[0]
    path = url(school.algebra, "/restorations")
    asked = teacher.post(path, data={"seq": seq})
    assert asked.status_code == 409
    assert "1 score was changed again since" in asked.text
    assert "18 in place of 13 changed by Abe Cole" in words(asked.text)
    assert "checked" not in asked.text
    assert points(school.quiz, school.maya) == Decimal(13)

    still = teacher.post(path, data={"seq": seq, "decided": "1"})
    assert still.status_code == 409
    assert points(school.quiz, school.maya) == Decimal(13)

    chosen = teacher.post(path, data={"seq": seq, "decided": "1", "force": f"{school.maya.id}.{school.quiz.id}"})
    assert chosen.status_code == 303
    assert points(school.quiz, school.maya) == Decimal(18)


def test_a_whole_act_is_restored_but_for_its_clashes(sign_in, school, changes):
    save(school, {(school.quiz, school.leo): "7"})
    teacher = sign_in(school.rivera)
    path = url(school.algebra, "/restorations")
    assert "Restore 1 score and those ticked" in words(teacher.post(path, data={"seq": changes[1]}).text)
    done = teacher.post(path, data={"seq": changes[1], "decided": "1"})
    page = teacher.get(done.location).text
    assert "12 restored for Diaz, Maya, Integers quiz." in page
    assert "1 was left as it is." in page
    assert (points(school.quiz, school.maya), points(school.quiz, school.leo)) == (Decimal(12), Decimal(7))


def test_the_story_restores_a_moment_over_what_it_shows(sign_in, school, changes):
    fields = {"change": change_id(changes[0], school.maya), "whole": "1", "seen": school.algebra.last_seq}
    answer = sign_in(school.rivera).post(url(school.algebra, "/restorations"), data=fields)
    assert answer.status_code == 303
    assert points(school.quiz, school.maya) == Decimal(18)
    kinds = db.session.scalars(select(ScoreChange.kind).order_by(ScoreChange.seq))
    assert list(kinds)[-1] == ChangeKind.RESTORE


@pytest.mark.parametrize(
    "fields",
    [{}, {"change": "x"}, {"seq": "99999999999999999"}, {"seq": "0"}, {"change": "987654"}, {"change": "-1"}],
)
def test_what_is_no_change_of_the_class_is_not_found(sign_in, school, changes, fields):
    assert sign_in(school.rivera).post(url(school.algebra, "/restorations"), data=fields).status_code == 404


@pytest.mark.parametrize("who", ["osei", "tess", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_sees_or_restores(sign_in, school, changes, who):
    browser = sign_in(school.people[who])
    assert browser.get(url(school.algebra)).status_code == 404
    assert browser.get(url(school.algebra, f"/{changes[0]}")).status_code == 404
    fields = {"change": change_id(changes[1], school.maya)}
    assert browser.post(url(school.algebra, "/restorations"), data=fields).status_code == 404
    if who in ("osei", "tess"):
        assert browser.post(url(school.history, "/restorations"), data=fields).status_code == 404
    assert points(school.quiz, school.maya) == Decimal(13)


def test_nothing_of_a_closed_term_is_restored_and_the_page_says_who_can_open_it(sign_in, school, changes):
    closing.close_session(school.oak, school.algebra.term, NOON + timedelta(days=1), actor_id=school.pat.id)
    key = change_id(changes[1], school.maya)
    teacher = sign_in(school.rivera)
    assert "Restore" not in words(teacher.get(url(school.algebra)).text).replace("restore", "")
    answer = teacher.post(url(school.algebra, "/restorations"), data={"change": key})
    assert answer.status_code == 409
    assert "The office of Oak School can reopen it." in answer.text
    assert points(school.quiz, school.maya) == Decimal(13)


def test_a_class_without_changes_says_so(sign_in, school):
    assert "No scores have changed yet" in sign_in(school.rivera).get(url(school.algebra)).text


def test_the_page_asks_the_database_as_often_for_many_changes_as_for_few(sign_in, school, changes, count_statements):
    teacher = sign_in(school.rivera)
    path, counts = url(school.algebra), []
    for _turn in range(2):
        with count_statements() as seen:
            teacher.get(path)
        counts.append(len(seen))
        for number in range(12):
            save(school, {(school.quiz, school.maya): str(number + 1), (school.test, school.leo): str(number + 1)})
            save(school, {(school.quiz, school.leo): str(number + 1)})
    assert counts[0] == counts[1] <= 10
