"""Undo and redo over HTTP, for scripts and for plain forms; and a batch that is sent more than once."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import ChangeKind, Score, ScoreChange
from gradebook.services import closing
from gradebook.services.scores import forget_requests
from tests.conftest import NOON
from tests.services.test_score_restore import save

FETCH = {"X-Requested-With": "fetch"}
KEY = "6f1f7b0a-0c6e-4a5e-9f0e-0123456789ab"


def url(section, what):
    return f"/teacher/classes/{section.public_id}/{what}"


def field(work, student):
    return f"{student.id}.{work.id}"


def points(work, student):
    db.session.expire_all()
    score = db.session.get(Score, (work.id, student.id, work.school_id))
    return score.points if score else None


def send(client, section, fields, what="scores", **more):
    return client.post(url(section, what), data=fields, headers=FETCH, **more)


def changes():
    return db.session.scalar(select(func.count()).select_from(ScoreChange))


def test_a_change_is_undone_and_redone_with_the_new_totals(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    number = send(teacher, school.algebra, {"seen": 0, name: "10"}).json["number"]

    undone = send(teacher, school.algebra, {"seq": number}, "undo")
    assert undone.status_code == 200
    assert undone.json["saved"] == {name: "18"}
    assert undone.json["clashes"] == {}
    assert undone.json["students"][str(school.maya.id)]["overall"] == "90%"
    assert undone.json["number"] == number + 1
    assert points(school.quiz, school.maya) == Decimal(18)

    redone = send(teacher, school.algebra, {"seq": number}, "redo")
    assert redone.json["saved"] == {name: "10"}
    assert redone.json["students"][str(school.maya.id)]["overall"] == "50%"


def test_a_clash_says_both_values_and_who_and_is_overwritten_only_when_chosen(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    number = send(teacher, school.algebra, {"seen": 0, name: "10"}).json["number"]
    save(school, {(school.quiz, school.maya): "m"}, by=school.cole)
    clashed = send(teacher, school.algebra, {"seq": number}, "undo")
    assert clashed.status_code == 409
    assert clashed.json["saved"] == {}
    assert clashed.json["clashes"][name] == {
        "mine": "18", "theirs": "m", "by": "Abe Cole", "at": "2026-10-14T12:00:00+00:00",
    }  # fmt: skip
    assert send(teacher, school.algebra, {"seq": number, "force": name}, "undo").json["saved"] == {name: "18"}


def test_what_can_be_undone_is_listed_in_words(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    first = send(teacher, school.algebra, {"seen": 0, name: "10", field(school.test, school.leo): "3", "how": "paste"})
    second = send(teacher, school.algebra, {"seen": 1, name: "12l"})
    save(school, {(school.test, school.maya): "5"}, by=school.cole)
    listed = teacher.get(url(school.algebra, "undoable"), headers=FETCH).json
    assert listed == {
        "undo": [
            {"seq": 2, "kind": "typed", "count": 1, "words": "Diaz, Maya, Integers quiz: 10 → 12, late"},
            {"seq": 1, "kind": "paste", "count": 2, "words": "2 scores pasted"},
        ],
        "redo": [],
    }
    send(teacher, school.algebra, {"seq": second.json["number"]}, "undo")
    listed = teacher.get(url(school.algebra, "undoable"), headers=FETCH).json
    assert [act["seq"] for act in listed["undo"]] == [first.json["number"]]
    assert [act["seq"] for act in listed["redo"]] == [second.json["number"]]


def test_without_scripts_undo_is_a_form_in_the_banner(sign_in, school):
    teacher = sign_in(school.rivera)
    seq = save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    done = teacher.post(url(school.algebra, "history/restorations"), data={"seq": seq})
    page = teacher.get(done.location).text
    address = url(school.algebra, f"undo?seq={seq + 1}")
    assert f'action="{address}"' in page
    undone = teacher.post(address)
    assert (undone.status_code, undone.location) == (303, f"/teacher/classes/{school.algebra.public_id}")
    assert "1 score put back." in teacher.get(undone.location).text
    assert points(school.quiz, school.maya) == Decimal(10)
    save(school, {(school.quiz, school.maya): "3"}, by=school.cole)
    teacher.post(url(school.algebra, f"redo?seq={seq + 1}"))
    page = teacher.get(undone.location).text
    assert "Nothing was put back." in page
    assert "1 was changed by someone since" in page


def test_what_a_plain_form_saved_is_undone_from_the_page_that_follows(sign_in, school):
    teacher, path = sign_in(school.rivera), url(school.algebra, "scores")
    saved = teacher.post(path, data={"seen": 0, field(school.quiz, school.maya): "10"})
    page = teacher.get(saved.location).text
    assert "1 score saved." in page
    assert f'action="{url(school.algebra, "undo?seq=1")}"' in page
    nothing = teacher.post(path, data={"seen": 1, field(school.quiz, school.maya): "10"})
    assert "/undo?" not in teacher.get(nothing.location).text.partition("<main")[2].partition("<form")[0]
    teacher.post(url(school.algebra, "undo?seq=1"))
    assert points(school.quiz, school.maya) == Decimal(18)


def test_what_is_closed_by_now_is_not_undone(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    number = send(teacher, school.algebra, {"seen": 0, name: "10"}).json["number"]
    closing.close_session(school.oak, school.algebra.term, NOON, actor_id=school.pat.id)
    refused = send(teacher, school.algebra, {"seq": number}, "undo")
    assert refused.status_code == 409
    assert "is closed since" in refused.json["problem"]
    assert points(school.quiz, school.maya) == Decimal(10)


@pytest.mark.parametrize("what", ["undo", "redo"])
@pytest.mark.parametrize("seq", ["", "x", "0", "7", "-1", "99999999999999999999"])
def test_what_is_no_change_of_ones_own_is_not_found(sign_in, school, what, seq):
    save(school, {(school.quiz, school.maya): "10"}, by=school.cole)
    assert send(sign_in(school.rivera), school.algebra, {"seq": seq}, what).status_code == 404
    assert send(sign_in(school.rivera), school.algebra, {"seq": "1"}, what).status_code == 404  # Mr Cole's


@pytest.mark.parametrize("who", ["osei", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_undoes_or_lists(sign_in, school, who):
    save(school, {(school.quiz, school.maya): "10"})
    browser = sign_in(school.people[who])
    assert send(browser, school.algebra, {"seq": "1"}, "undo").status_code == 404
    assert send(browser, school.algebra, {"seq": "1"}, "redo").status_code == 404
    assert browser.get(url(school.algebra, "undoable"), headers=FETCH).status_code == 404
    assert points(school.quiz, school.maya) == Decimal(10)


def test_without_a_token_nothing_is_undone(sign_in, school):
    save(school, {(school.quiz, school.maya): "10"})
    assert send(sign_in(school.rivera), school.algebra, {"seq": "1"}, "undo", csrf=False).status_code == 400
    assert points(school.quiz, school.maya) == Decimal(10)


# --- The same batch more than once


def test_a_batch_that_is_sent_again_writes_nothing_and_tells_the_same(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    fields = {"seen": 0, name: "10", field(school.test, school.leo): "nonsense", "request": KEY}
    first, again = (send(teacher, school.algebra, fields) for _turn in range(2))
    assert first.json == again.json
    assert (first.status_code, again.status_code) == (422, 422)
    assert first.json["saved"] == {name: "10"}
    assert changes() == 1


def test_a_late_repeat_does_not_bring_back_what_was_changed_since(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    fields = {"seen": 0, name: "10", "request": KEY}
    number = send(teacher, school.algebra, fields).json["number"]
    send(teacher, school.algebra, {"seq": number}, "undo")
    again = send(teacher, school.algebra, fields)
    assert again.json["saved"] == {name: "10"}  # as it was saved then
    assert points(school.quiz, school.maya) == Decimal(18)
    assert changes() == 2


def test_a_repeat_keeps_its_number_and_says_what_the_cell_says_by_now(sign_in, school):
    """Were it the class's newest number, the page would believe to have seen what others did in between."""
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    fields = {"seen": 0, name: "10", "request": KEY}
    assert send(teacher, school.algebra, fields).json["number"] == 1
    save(school, {(school.quiz, school.maya): "11"}, by=school.cole)
    again = send(teacher, school.algebra, fields).json
    assert (again["number"], again["saved"]) == (1, {name: "10"})
    assert (again["now"], again["stands"]) == (2, {name: "11"})


def test_what_was_no_change_is_told_when_somebody_else_changed_it(sign_in, school):
    save(school, {(school.quiz, school.maya): "11"}, by=school.cole)
    name, other = field(school.quiz, school.maya), field(school.quiz, school.leo)
    answer = send(sign_in(school.rivera), school.algebra, {"seen": 0, name: "18", other: "9"}).json
    assert (answer["saved"], answer["stands"], answer["number"]) == ({}, {name: "11"}, 1)


def test_what_is_refused_comes_with_what_stands_there(sign_in, school):
    name = field(school.quiz, school.maya)
    answer = send(sign_in(school.rivera), school.algebra, {"seen": 0, name: "nonsense"}).json
    assert list(answer["errors"]) == [name]
    assert answer["stands"] == {name: "18"}


def test_without_the_key_a_repeat_is_a_new_save(sign_in, school):
    """What the key is for: the same late repeat, without it, does bring the score back."""
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    number = send(teacher, school.algebra, {"seen": 0, name: "10"}).json["number"]
    send(teacher, school.algebra, {"seq": number}, "undo")
    send(teacher, school.algebra, {"seen": 0, name: "10"})
    assert points(school.quiz, school.maya) == Decimal(10)


def test_a_key_is_ones_own(sign_in, school):
    name = field(school.quiz, school.maya)
    send(sign_in(school.rivera), school.algebra, {"seen": 0, name: "10", "request": KEY})
    other = send(sign_in(school.cole), school.algebra, {"seen": 1, name: "11", "request": KEY})
    assert other.json["saved"] == {name: "11"}
    assert points(school.quiz, school.maya) == Decimal(11)


def test_a_repeat_after_the_closing_still_tells_what_was_saved(sign_in, school):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    fields = {"seen": 0, name: "10", "request": KEY}
    send(teacher, school.algebra, fields)
    closing.close_session(school.oak, school.algebra.term, NOON, actor_id=school.pat.id)
    again = send(teacher, school.algebra, fields)
    assert (again.status_code, again.json["saved"]) == (200, {name: "10"})
    more = send(teacher, school.algebra, {**fields, field(school.test, school.maya): "1"})
    assert more.json["saved"] == {name: "10"}
    assert "closed" in more.json["errors"][field(school.test, school.maya)]


@pytest.mark.parametrize("key", ["", "short", "x" * 37, "1' or '1'='1", "äöü12345"])
def test_what_is_no_key_is_refused(sign_in, school, key):
    fields = {"seen": 0, field(school.quiz, school.maya): "10", "request": key}
    assert send(sign_in(school.rivera), school.algebra, fields).status_code == 400
    assert points(school.quiz, school.maya) == Decimal(18)


def test_keys_are_forgotten_after_two_days(sign_in, school, clock):
    from gradebook.jobs.sweep import sweep

    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    send(teacher, school.algebra, {"seen": 0, name: "10", "request": KEY})
    clock.advance(hours=47)
    sweep(clock.now, {})
    assert db.session.scalars(select(ScoreChange.request)).all() == [KEY]
    clock.advance(hours=2)
    sweep(clock.now, {})
    assert db.session.scalars(select(ScoreChange.request)).all() == [None]
    assert forget_requests(clock.now) == 0


def test_a_save_with_a_key_asks_the_database_no_more_often(sign_in, school, count_statements):
    teacher, name = sign_in(school.rivera), field(school.quiz, school.maya)
    counts = []
    for number, more in enumerate(({}, {"request": KEY}, {}), 1):
        with count_statements() as seen:
            send(teacher, school.algebra, {"seen": number - 1, name: str(number), **more})
        counts.append(len(seen))
    assert counts[1] == counts[2] <= 8, seen


def test_a_paste_is_said_to_be_one(sign_in, school):
    teacher = sign_in(school.rivera)
    for number, how in enumerate(("paste", "fill", "import", "")):
        send(teacher, school.algebra, {"seen": number, field(school.quiz, school.maya): str(number), "how": how})
    kinds = db.session.scalars(select(ScoreChange.kind).order_by(ScoreChange.seq))
    assert list(kinds) == [ChangeKind.PASTE, ChangeKind.TYPED, ChangeKind.TYPED, ChangeKind.TYPED]
