"""Comments and private notes of scores: versions, history, restore, and that a note leaves a family's page alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Enrollment, Score, ScoreChange
from gradebook.policy.access import NotFound
from gradebook.services import imported_scores, score_history, score_restore
from gradebook.services.counters import next_number
from gradebook.services.grades import class_work
from gradebook.services.score_comments import Said, notes_of, said_at, save_comments
from gradebook.services.scores import Content, save_typed, stored_cells

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def place(school):
    return (school.quiz.id, school.maya.id)


def say(school, comment="", note="", by=None, seen=None, **more):
    section = school.algebra
    seen = section.last_seq if seen is None else seen
    actor = (by or school.rivera).id
    return save_comments(section, place(school), Said(comment, note), seen=seen, actor_id=actor, now=NOW, **more)


def type_score(school, text, by=None):
    section = school.algebra
    saved = save_typed(
        section, class_work(section, NOW), {place(school): text}, seen=section.last_seq,
        actor_id=(by or school.rivera).id, now=NOW,
    )  # fmt: skip
    return saved.number


def stored(school):
    db.session.expire_all()
    return db.session.get(Score, (*place(school), school.oak.id))


def newest(school):
    return score_history.story_of(school.algebra, place(school))[0]


def test_both_are_saved_with_their_history(school):
    saved = say(school, "Well done", "Sat alone")
    assert (saved.said, saved.number, saved.last) == (Said("Well done", "Sat alone"), school.algebra.last_seq, None)
    score = stored(school)
    assert (score.points, score.comment, score.private_note, score.seq) == (18, "Well done", "Sat alone", saved.number)
    change = newest(school)
    assert change.before == {"points": 1800}
    assert change.after == {"points": 1800, "comment": "Well done", "private_note": "Sat alone"}


def test_a_note_alone_takes_a_number_and_leaves_the_number_of_the_cell(school):
    """By the cell's own number families are told since when a score is new: a note is no news for them."""
    number = type_score(school, "17")
    saved = say(school, note="Copied?")
    assert saved.number == number + 1
    assert stored(school).seq == number
    assert newest(school).seq == saved.number


def test_what_is_cleared_is_none_again(school):
    say(school, "Well done", "Sat alone")
    say(school)
    assert (stored(school).comment, stored(school).private_note) == (None, None)
    assert notes_of(school.maya.id, [school.quiz.id]) == {}


def test_a_cell_without_a_score_can_be_spoken_of(school):
    db.session.delete(stored(school))
    db.session.flush()
    say(school, "", "Was ill")
    assert (stored(school).points, stored(school).private_note) == (None, "Was ill")
    assert newest(school).before is None


def test_nothing_changed_writes_nothing(school):
    say(school, "Well done")
    before = school.algebra.last_seq
    assert say(school, "Well done").number is None
    assert school.algebra.last_seq == before


def test_a_score_typed_meanwhile_is_no_conflict(school):
    seen = school.algebra.last_seq
    type_score(school, "3", by=school.cole)
    assert say(school, "Well done", seen=seen).number
    assert (stored(school).points, stored(school).comment) == (Decimal(3), "Well done")


@pytest.mark.parametrize("what", ["comment", "note"])
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(school, what):
    seen = school.algebra.last_seq
    say(school, **{what: "Mr Cole's words"}, by=school.cole)
    mine = say(school, **{what: "Ms Rivera's words"}, seen=seen)
    assert (mine.number, mine.last.by) == (None, "Abe Cole")
    assert "Mr Cole's words" in mine.said
    assert "Mr Cole's words" in said_at(place(school))
    assert say(school, **{what: "Mr Cole's words"}, seen=seen).last is None, "the same words are no conflict"


def test_the_other_text_is_left_as_somebody_else_put_it(school):
    seen = school.algebra.last_seq
    say(school, note="Mr Cole's note", by=school.cole)
    saved = say(school, "Well done", seen=seen)
    assert saved.said == Said("Well done", "Mr Cole's note")


def test_sent_twice_it_is_written_once(school):
    first = say(school, "Well done", request="11111111-aaaa")
    say(school, "Very well done")
    again = say(school, "Well done", request="11111111-aaaa")
    assert again.number == first.number
    assert said_at(place(school)).comment == "Very well done"


def test_a_deleted_assignment_and_a_student_who_has_left_are_not_spoken_of(school):
    school.quiz.deleted_at = NOW
    with pytest.raises(NotFound):
        say(school, "Well done")
    school.quiz.deleted_at = None
    enrollment = db.session.scalars(
        select(Enrollment).where(Enrollment.user_id == school.maya.id, Enrollment.section_id == school.algebra.id)
    ).one()
    enrollment.ends_on = (NOW - timedelta(days=1)).date()
    with pytest.raises(NotFound):
        say(school, "Well done")


def test_an_import_leaves_a_private_note_alone(school):
    say(school, note="Sat alone")
    number, cells = next_number(school.algebra), stored_cells([place(school)])
    imported = {place(school): Content(points=1200)}
    more = {place(school): {"comment": "From a file"}}
    imported_scores.write_imported(
        school.algebra, imported, cells, number=number, actor_id=school.rivera.id, now=NOW, more=more
    )
    score = stored(school)
    assert (score.points, score.comment, score.private_note) == (12, "From a file", "Sat alone")
    assert score_restore.restore(
        school.algebra, class_work(school.algebra, NOW), [newest(school)], actor_id=school.rivera.id, now=NOW
    ).places
    assert said_at(place(school)) == Said("", "Sat alone")


# --- Restore and undo


def put_back(school, change, **more):
    return score_restore.restore(
        school.algebra, class_work(school.algebra, NOW), [change], actor_id=school.rivera.id, now=NOW, **more
    )


@pytest.mark.parametrize("whole", [False, True])
def test_a_restored_score_keeps_what_was_said_since(school, whole):
    type_score(school, "3")
    typed = newest(school)
    say(school, "Well done", "Sat alone")
    assert put_back(school, typed, whole=whole).places
    score = stored(school)
    assert (score.points, score.comment, score.private_note) == (18, "Well done", "Sat alone")


def test_a_moment_of_the_score_is_not_put_over_a_score_that_nobody_saw(school):
    """The story ended that moment with a comment; since the person looked, a colleague typed another score."""
    say(school, "Well done")
    spoken, seen = newest(school), school.algebra.last_seq
    type_score(school, "3", by=school.cole)
    restored = put_back(school, spoken, whole=True, seen=seen)
    assert ([clash.later.by for clash in restored.clashes], restored.places) == (["Abe Cole"], [])
    assert put_back(school, spoken, whole=True, seen=school.algebra.last_seq).places
    assert (stored(school).points, stored(school).comment) == (18, "Well done")


def test_a_score_typed_keeps_what_is_said(school):
    say(school, "Well done", "Sat alone")
    type_score(school, "3")
    assert said_at(place(school)) == Said("Well done", "Sat alone")
    assert "private_note" not in newest(school).after


def test_a_note_is_restored_and_leaves_the_score_and_its_number(school):
    say(school, note="First")
    number = type_score(school, "3")
    say(school, note="Second")
    second = newest(school)
    restored = put_back(school, second)
    assert (stored(school).private_note, stored(school).points, stored(school).seq) == ("First", 3, number)
    assert newest(school).seq == restored.number
    assert newest(school).after["private_note"] == "First"


def test_a_later_note_of_somebody_else_is_a_clash(school):
    mine = say(school, note="First").number
    say(school, note="Mr Cole's", by=school.cole)
    work = class_work(school.algebra, NOW)
    undone = score_restore.undo(school.algebra, work, mine, actor_id=school.rivera.id, now=NOW)
    [clash] = undone.clashes
    assert (undone.places, clash.later.by, clash.stands["private_note"]) == ([], "Abe Cole", "Mr Cole's")


def test_undo_and_redo(school):
    seq = say(school, "Well done", "Sat alone").number
    for act, expected in ((score_restore.undo, Said()), (score_restore.redo, Said("Well done", "Sat alone"))):
        act(school.algebra, class_work(school.algebra, NOW), seq, actor_id=school.rivera.id, now=NOW)
        assert said_at(place(school)) == expected
    assert db.session.scalars(select(ScoreChange.seq).where(ScoreChange.section_id == school.algebra.id)).all() == [
        seq, seq + 1, seq + 2,
    ]  # fmt: skip
