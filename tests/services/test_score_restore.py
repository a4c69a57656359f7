"""Putting scores back: restore, undo, redo. New history, nobody's later work overwritten without a choice."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import ChangeKind, Enrollment, Score, ScoreChange
from gradebook.policy.access import NotFound
from gradebook.services import score_history, score_restore
from gradebook.services.grades import Cell, class_work
from gradebook.services.score_restore import PARTS
from gradebook.services.scores import facts_of, save_typed

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def save(school, texts, by=None):
    """{(assignment, student): text} typed by Ms Rivera, or by another; the number of the change."""
    section = school.algebra
    typed = {(work.id, student.id): text for (work, student), text in texts.items()}
    saved = save_typed(
        section, class_work(section, NOW), typed, seen=section.last_seq, actor_id=(by or school.rivera).id, now=NOW
    )
    assert saved.number
    return saved.number


def restore(school, seq, by=None, **more):
    section = school.algebra
    changes = score_history.changes_of_act(section, seq)
    return score_restore.restore(
        section, class_work(section, NOW), changes, actor_id=(by or school.rivera).id, now=NOW, **more
    )


def score(work, student):
    db.session.expire_all()
    return db.session.get(Score, (work.id, student.id, work.school_id))


def last_change():
    return db.session.scalars(select(ScoreChange).order_by(ScoreChange.seq.desc(), ScoreChange.id.desc())).first()


def test_what_is_restored_is_a_new_change_with_the_old_score(school):
    seq = save(school, {(school.quiz, school.maya): "12l"})
    restored = restore(school, seq, by=school.cole)

    assert restored.places == [(school.quiz.id, school.maya.id)]
    stored = score(school.quiz, school.maya)
    assert (stored.points, stored.late, stored.seq) == (Decimal(18), False, seq + 1)
    change = last_change()
    assert (change.seq, change.kind, change.changed_by) == (seq + 1, ChangeKind.RESTORE, school.cole.id)
    assert (change.before, change.after) == ({"points": 1200, "late": True}, {"points": 1800})


@pytest.mark.parametrize("text", ["", "m", "e", "90%", "12l", "0"])
def test_every_kind_of_content_comes_back_as_it_was(school, text):
    save(school, {(school.quiz, school.maya): text})
    was = facts_of(score_cell(school))
    seq = save(school, {(school.quiz, school.maya): "5"})
    restore(school, seq)
    assert facts_of(score_cell(school)) == was


def score_cell(school):
    from gradebook.services.scores import stored_cells

    db.session.expire_all()
    return stored_cells([(school.quiz.id, school.maya.id)])[school.quiz.id, school.maya.id]


def test_points_kept_under_a_status_come_back_too(school):
    stored = score(school.quiz, school.maya)
    stored.status, stored.finish_by = Status.incomplete, date(2026, 11, 2)
    db.session.flush()
    seq = save(school, {(school.quiz, school.maya): "5"})
    restore(school, seq)
    stored = score(school.quiz, school.maya)
    assert (stored.points, stored.status, stored.finish_by) == (Decimal(18), Status.incomplete, date(2026, 11, 2))


def test_a_cell_that_had_no_score_is_blank_again(school):
    seq = save(school, {(school.test, school.leo): "30"})
    restore(school, seq)
    stored = score(school.test, school.leo)
    assert (stored.points, stored.percent, stored.letter, stored.status) == (None, None, None, Status.none)


def test_a_comment_written_since_stays(school):
    seq = save(school, {(school.quiz, school.maya): "12"})
    score(school.quiz, school.maya).comment = "Well done"
    db.session.flush()
    restored = restore(school, seq)
    assert restored.places
    assert score(school.quiz, school.maya).comment == "Well done"


def test_of_a_whole_act_the_cells_that_were_changed_since_are_named_and_left(school):
    seq = save(school, {(school.quiz, school.maya): "12", (school.quiz, school.leo): "13"})
    save(school, {(school.quiz, school.leo): "14"}, by=school.cole)
    restored = restore(school, seq)

    assert restored.places == [(school.quiz.id, school.maya.id)]
    [clash] = restored.clashes
    assert (clash.change.place, clash.stands, clash.later.by) == (
        (school.quiz.id, school.leo.id), {"points": 1400}, "Abe Cole",
    )  # fmt: skip
    assert score(school.quiz, school.leo).points == Decimal(14)


def test_a_chosen_clash_is_restored_over_the_later_change(school):
    seq = save(school, {(school.quiz, school.leo): "13"})
    save(school, {(school.quiz, school.leo): "14"}, by=school.cole)
    restored = restore(school, seq, force={(school.quiz.id, school.leo.id)})
    assert restored.places
    assert not restored.clashes
    assert score(school.quiz, school.leo).points == Decimal(9)
    assert last_change().before == {"points": 1400}  # Mr Cole's score is in the history


def test_a_later_change_that_the_person_saw_is_no_clash(school):
    seq = save(school, {(school.quiz, school.leo): "13"})
    later = save(school, {(school.quiz, school.leo): "14"}, by=school.cole)
    assert restore(school, seq, seen=later - 1).clashes
    assert restore(school, seq, seen=later).places


def test_who_asks_first_writes_nothing_and_takes_no_number(school):
    seq = save(school, {(school.quiz, school.maya): "12", (school.quiz, school.leo): "13"})
    later = save(school, {(school.quiz, school.leo): "14"}, by=school.cole)
    restored = restore(school, seq, ask=True)
    assert (restored.number, restored.places) == (None, [])
    assert restored.waiting == [(school.quiz.id, school.maya.id)]
    assert len(restored.clashes) == 1
    assert school.algebra.last_seq == later == last_change().seq


def test_restoring_twice_writes_once(school):
    seq = save(school, {(school.quiz, school.maya): "12"})
    restore(school, seq)
    again = restore(school, seq)
    assert (again.number, again.places, again.clashes) == (None, [], [])
    assert school.algebra.last_seq == seq + 1


def test_what_left_the_class_cannot_be_restored(school):
    seq = save(school, {(school.quiz, school.maya): "12", (school.test, school.leo): "13"})
    place = db.session.query(Enrollment).filter_by(user_id=school.maya.id, section_id=school.algebra.id).one()
    place.ends_on = date(2026, 10, 10)
    school.test.deleted_at = NOW
    db.session.flush()
    restored = restore(school, seq)
    assert {error.code for error in restored.errors.values()} == {"gone"}
    assert len(restored.errors) == 2
    assert not restored.places


# --- Undo and redo of one's own


def step(school, act, seq, by=None, **more):
    section = school.algebra
    return act(section, class_work(section, NOW), seq, actor_id=(by or school.rivera).id, now=NOW, **more)


def acts(school, by=None):
    undo_acts, redo_acts = score_restore.own_acts(school.algebra, (by or school.rivera).id)
    return [act.seq for act in undo_acts], [act.seq for act in redo_acts]


def test_undo_and_redo_many_steps(school):
    first = save(school, {(school.quiz, school.maya): "1"})
    second = save(school, {(school.quiz, school.maya): "2", (school.quiz, school.leo): "3"})
    third = save(school, {(school.quiz, school.maya): "4"})
    assert acts(school) == ([third, second, first], [])

    said = []
    for act, seq in (
        (score_restore.undo, third), (score_restore.undo, second), (score_restore.undo, first),
        (score_restore.redo, first), (score_restore.redo, second), (score_restore.redo, third),
        (score_restore.undo, third),
    ):  # fmt: skip
        done = step(school, act, seq)
        assert not done.clashes
        said.append((int(score(school.quiz, school.maya).points), int(score(school.quiz, school.leo).points)))
    assert said == [(2, 3), (1, 9), (18, 9), (1, 9), (2, 3), (4, 3), (2, 3)]
    assert acts(school) == ([second, first], [third])
    kinds = list(db.session.scalars(select(ScoreChange.kind).order_by(ScoreChange.seq)))
    assert len(kinds) == 4 + 4 + 4 + 1  # each step is a change of its own: nothing was erased
    assert kinds.count(ChangeKind.TYPED) == 4


def test_what_was_undone_can_be_redone_until_something_new_is_typed(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    step(school, score_restore.undo, seq)
    assert acts(school) == ([], [seq])
    new = save(school, {(school.quiz, school.leo): "5"})
    assert acts(school) == ([new], [])


def test_a_cell_that_someone_else_changed_since_is_named_and_left(school):
    seq = save(school, {(school.quiz, school.maya): "1", (school.quiz, school.leo): "2"})
    save(school, {(school.quiz, school.leo): "7"}, by=school.cole)
    done = step(school, score_restore.undo, seq)
    assert done.places == [(school.quiz.id, school.maya.id)]
    [clash] = done.clashes
    assert (clash.later.by, clash.stands, clash.change.before) == ("Abe Cole", {"points": 700}, {"points": 900})
    assert score(school.quiz, school.leo).points == Decimal(7)

    step(school, score_restore.undo, seq, force={clash.change.place})
    assert score(school.quiz, school.leo).points == Decimal(9)


def test_a_cell_that_someone_set_to_the_same_again_is_theirs_too(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    save(school, {(school.quiz, school.maya): "2"}, by=school.cole)
    save(school, {(school.quiz, school.maya): "1"}, by=school.cole)
    assert step(school, score_restore.undo, seq).clashes
    assert score(school.quiz, school.maya).points == Decimal(1)


def test_redo_does_not_overwrite_what_someone_typed_after_the_undo(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    step(school, score_restore.undo, seq)
    save(school, {(school.quiz, school.maya): "6"}, by=school.cole)
    assert step(school, score_restore.redo, seq).clashes
    assert score(school.quiz, school.maya).points == Decimal(6)


def test_an_older_change_of_ones_own_is_not_undone_through_a_newer_one(school):
    first = save(school, {(school.quiz, school.maya): "1"})
    save(school, {(school.quiz, school.maya): "2"})
    done = step(school, score_restore.undo, first)
    assert [clash.later.by for clash in done.clashes] == ["Inés Rivera"]
    assert score(school.quiz, school.maya).points == Decimal(2)


@pytest.mark.parametrize("act", [score_restore.undo, score_restore.redo])
def test_only_ones_own_changes_are_undone(school, act):
    seq = save(school, {(school.quiz, school.maya): "1"})
    for number, person in ((seq, school.cole), (seq + 5, school.rivera), (0, school.rivera)):
        with pytest.raises(NotFound):
            step(school, act, number, by=person)
        db.session.rollback()


def test_an_undo_is_undone_by_redo_only_and_a_change_of_rules_not_at_all(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    undone = step(school, score_restore.undo, seq).number
    with pytest.raises(NotFound):
        step(school, score_restore.undo, undone)
    change = db.session.query(ScoreChange).filter_by(seq=seq).one()
    change.kind = ChangeKind.RULE
    db.session.flush()
    with pytest.raises(NotFound):
        step(school, score_restore.undo, seq)


def test_undoing_twice_writes_once(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    step(school, score_restore.undo, seq)
    again = step(school, score_restore.undo, seq)
    assert (again.number, again.places) == (None, [])
    assert step(school, score_restore.redo, seq).places
    assert step(school, score_restore.redo, seq).places == []
    assert school.algebra.last_seq == seq + 2


def test_the_same_undo_sent_again_tells_what_it_did(school):
    seq = save(school, {(school.quiz, school.maya): "1"})
    for _turn in range(2):
        done = step(school, score_restore.undo, seq, request="11111111-1111")
        assert done.places == [(school.quiz.id, school.maya.id)]
    for _turn in range(2):
        done = step(school, score_restore.redo, seq, request="22222222-2222")
        assert done.places == [(school.quiz.id, school.maya.id)]
    assert school.algebra.last_seq == seq + 2
    assert score(school.quiz, school.maya).points == Decimal(1)


def test_a_restore_can_be_undone(school):
    seq = save(school, {(school.quiz, school.maya): "1"}, by=school.cole)
    restored = restore(school, seq).number
    assert acts(school) == ([restored], [])
    step(school, score_restore.undo, restored)
    assert score(school.quiz, school.maya).points == Decimal(1)


def test_every_fact_of_a_cell_belongs_to_a_part():
    everything = Cell(1, 1, 100, 100, "A", "missing", True, True, NOW, date(2026, 11, 2), "words", 5)
    named = [name for names in PARTS for name in names]
    assert sorted(facts_of(everything, "a private note")) == sorted(named)
