"""Saving scores: what is written, what is left alone, what is refused, and what the history keeps."""

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.grading.typed import typed_from
from gradebook.models import (
    Category,
    ChangeKind,
    Enrollment,
    GradingScale,
    GradingScaleBand,
    Score,
    ScoreChange,
    Section,
)
from gradebook.policy.access import NotFound
from gradebook.services.grades import Cell, class_work, mark_of
from gradebook.services.scores import (
    EMPTY,
    Content,
    content_of,
    content_typed,
    save_scores,
    save_typed,
    text_of,
)
from tests.classes import make_class

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def _score(work, student) -> Score:
    db.session.expire_all()
    return db.session.get_one(Score, (work.id, student.id, work.school_id))


def _history(work, student) -> list[ScoreChange]:
    return list(
        db.session.scalars(
            select(ScoreChange)
            .where(ScoreChange.assignment_id == work.id, ScoreChange.student_id == student.id)
            .order_by(ScoreChange.seq)
        )
    )


def _typed(school, texts, *, seen, by=None, **more):
    section = school.algebra
    return save_typed(
        section, class_work(section, NOW), {(work.id, student.id): text for (work, student), text in texts.items()},
        seen=seen, actor_id=(by or school.rivera).id, now=NOW, **more,
    )  # fmt: skip


def test_a_typed_score_is_stored_with_who_when_from_and_to(school):
    saved = _typed(school, {(school.quiz, school.maya): "17,5"}, seen=0)

    assert (saved.number, school.algebra.last_seq) == (1, 1)
    assert _score(school.quiz, school.maya).points == Decimal("17.5")
    [change] = _history(school.quiz, school.maya)
    assert (change.changed_by, change.changed_at, change.kind) == (school.rivera.id, NOW, ChangeKind.TYPED)
    assert (change.before, change.after) == ({"points": 1800}, {"points": 1750})


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("90%", {"percent": Decimal(90), "points": None}),
        ("18/20", {"points": Decimal(18)}),
        ("16.25l", {"points": Decimal("16.25"), "late": True}),
        ("m", {"status": "missing", "points": None}),
        ("ex", {"status": "excused"}),
        ("i", {"status": "incomplete"}),
        ("t", {"status": "turned_in"}),
        ("0", {"points": Decimal(0), "status": "none"}),
        ("", {"points": None, "status": "none"}),
        ("٧", {"points": Decimal(7)}),
    ],
)
def test_what_may_be_typed_is_stored_as_it_was_typed(school, text, stored):
    _typed(school, {(school.quiz, school.maya): text}, seen=0)

    score = _score(school.quiz, school.maya)
    assert {name: getattr(score, name) for name in stored} == stored


def test_a_letter_is_kept_as_a_letter_where_the_class_uses_letters(school):
    scale = GradingScale(school_id=school.oak.id, name="Letters")
    scale.bands = [
        GradingScaleBand(school_id=school.oak.id, label=label, bound=Decimal(bound))
        for label, bound in (("A", 90), ("B", 80), ("F", 0))
    ]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id

    assert not _typed(school, {(school.quiz, school.maya): "b"}, seen=0).errors
    assert _score(school.quiz, school.maya).letter == "B"
    assert _typed(school, {(school.quiz, school.maya): "C"}, seen=1).errors


def test_what_is_not_understood_is_refused_and_the_rest_is_saved(school):
    saved = _typed(
        school,
        {(school.quiz, school.maya): "18x", (school.quiz, school.leo): "12", (school.test, school.leo): "1.234"},
        seen=0,
    )

    assert saved.places == [(school.quiz.id, school.leo.id)]
    assert {place[0]: error.code for place, error in saved.errors.items()} == {
        school.quiz.id: "not_a_score",
        school.test.id: "too_many_decimals",
    }
    assert _score(school.quiz, school.maya).points == Decimal(18)


def test_more_than_half_above_full_marks_waits_until_it_is_confirmed(school):
    place = (school.quiz.id, school.maya.id)

    saved = _typed(school, {(school.quiz, school.maya): "180"}, seen=0)
    assert saved.errors[place].code == "needs_confirmation"
    assert _score(school.quiz, school.maya).points == Decimal(18)

    saved = _typed(school, {(school.quiz, school.maya): "181"}, seen=0, keep={(place, "180")})
    assert saved.errors, "a confirmed number does not confirm another"

    assert not _typed(school, {(school.quiz, school.maya): "180"}, seen=0, keep={(place, "180")}).errors
    assert _score(school.quiz, school.maya).points == Decimal(180)


def test_a_cell_that_stands_as_it_was_seen_is_not_read_again(school):
    """180 points confirmed long ago, and a letter that the scale has lost, do not stop a whole form."""
    _score(school.quiz, school.maya).points = Decimal(180)
    db.session.flush()
    score = _score(school.quiz, school.leo)
    score.points, score.letter = None, "A+"
    db.session.flush()

    saved = _typed(
        school,
        {
            (school.quiz, school.maya): "180",
            (school.quiz, school.leo): "A+",
            (school.test, school.maya): "40",
        },
        seen=0,
    )

    assert saved.places == [(school.test.id, school.maya.id)]
    assert not saved.errors


def test_the_same_score_in_other_words_changes_nothing_and_takes_no_number(school):
    saved = _typed(school, {(school.quiz, school.maya): "18.00", (school.quiz, school.leo): "9/20"}, seen=0)

    assert saved.number is None
    assert db.session.scalar(select(Section.last_seq).where(Section.id == school.algebra.id)) == 0
    assert not _history(school.quiz, school.maya)


def test_a_score_that_someone_else_changed_meanwhile_is_a_conflict_and_stays(school):
    _typed(school, {(school.quiz, school.maya): "16"}, seen=0, by=school.cole)

    saved = _typed(school, {(school.quiz, school.maya): "17", (school.test, school.maya): "42"}, seen=0)

    [conflict] = saved.conflicts
    assert (conflict.mine, conflict.theirs) == (Content(1700), Content(1600))
    assert (conflict.by, conflict.by_id, conflict.at) == ("Abe Cole", school.cole.id, NOW)
    assert saved.places == [(school.test.id, school.maya.id)], "the other cell is saved"
    assert _score(school.quiz, school.maya).points == Decimal(16)


def test_a_whole_form_neither_writes_nor_reports_what_the_person_did_not_touch(school):
    """The form was opened at number 0; then a colleague changed two cells; then it is sent whole with one change."""
    _typed(school, {(school.quiz, school.maya): "16", (school.quiz, school.leo): "m"}, seen=0, by=school.cole)
    _typed(school, {(school.quiz, school.maya): "15"}, seen=1, by=school.cole)

    saved = _typed(
        school,
        {
            (school.quiz, school.maya): "18",  # as it was seen
            (school.quiz, school.leo): "9",  # as it was seen
            (school.test, school.maya): "41.5",  # as it was seen
            (school.test, school.leo): "30",
        },
        seen=0,
    )

    assert (saved.places, saved.conflicts) == ([(school.test.id, school.leo.id)], [])
    assert _score(school.quiz, school.maya).points == Decimal(15)
    assert _score(school.quiz, school.leo).status == "missing"


def test_what_was_seen_is_what_stood_there_at_the_number_seen_not_before(school):
    _typed(school, {(school.quiz, school.maya): "16"}, seen=0, by=school.cole)
    _typed(school, {(school.quiz, school.maya): "15"}, seen=1, by=school.cole)

    untouched = _typed(school, {(school.quiz, school.maya): "16"}, seen=1)  # what the page of number 1 showed
    assert (untouched.number, untouched.conflicts) == (None, [])
    touched = _typed(school, {(school.quiz, school.maya): "18"}, seen=1)  # what stood there before that page
    assert [conflict.theirs for conflict in touched.conflicts] == [Content(1500)]


def test_contents_that_were_not_touched_are_left_alone_too(school):
    _typed(school, {(school.quiz, school.maya): "16"}, seen=0, by=school.cole)
    wanted = {
        (school.quiz.id, school.maya.id): Content(1800),  # as at number 0
        (school.quiz.id, school.leo.id): Content(900),  # as it stands
    }

    saved = save_scores(school.algebra, wanted, seen=0, actor_id=school.rivera.id, now=NOW)

    assert (saved.number, saved.places, saved.conflicts) == (None, [], [])
    assert _score(school.quiz, school.maya).points == Decimal(16)


def test_two_people_who_type_the_same_agree(school):
    _typed(school, {(school.quiz, school.maya): "16"}, seen=0, by=school.cole)

    saved = _typed(school, {(school.quiz, school.maya): "16.0"}, seen=0)

    assert (saved.number, saved.conflicts) == (None, [])


def test_a_comment_written_meanwhile_is_no_conflict_and_stays(school):
    _typed(school, {(school.quiz, school.maya): "18l"}, seen=0, by=school.cole)
    _typed(school, {(school.quiz, school.maya): "18"}, seen=1, by=school.cole)
    _score(school.quiz, school.maya).comment = "Well drawn"
    db.session.flush()

    saved = _typed(school, {(school.quiz, school.maya): "19"}, seen=0)

    assert not saved.conflicts, "the score itself is again what was seen"
    assert _score(school.quiz, school.maya).comment == "Well drawn"


def test_points_kept_under_a_status_are_not_a_change_when_the_status_comes_back(school):
    score = _score(school.quiz, school.maya)
    score.status = "missing"
    db.session.flush()

    assert _typed(school, {(school.quiz, school.maya): "m"}, seen=0).number is None
    assert _score(school.quiz, school.maya).points == Decimal(18)


def test_cells_of_another_class_are_not_found_and_nothing_is_written(school):
    texts = {(school.quiz, school.maya): "1", (school.essay, school.maya): "1"}
    with pytest.raises(NotFound):
        _typed(school, texts, seen=0)
    with pytest.raises(NotFound):
        _typed(school, {(school.quiz, school.zoe): "1"}, seen=0)
    with pytest.raises(NotFound):
        _typed(school, {(school.quiz, school.fern): "1"}, seen=0)
    assert not _history(school.quiz, school.maya)


def test_a_page_opened_before_an_assignment_was_deleted_is_still_saved(school):
    school.test.deleted_at = NOW
    place = db.session.scalar(
        select(Enrollment).where(Enrollment.user_id == school.leo.id, Enrollment.section_id == school.algebra.id)
    )
    place.ends_on = date(2026, 10, 14)
    db.session.flush()

    saved = _typed(
        school,
        {
            (school.test, school.maya): "41.5",  # untouched
            (school.quiz, school.leo): "10",  # typed, and Leo has left
            (school.quiz, school.maya): "19",
        },
        seen=0,
    )

    assert saved.places == [(school.quiz.id, school.maya.id)]
    assert {place: error.code for place, error in saved.errors.items()} == {(school.quiz.id, school.leo.id): "gone"}
    assert _score(school.quiz, school.leo).points == Decimal(9)


def test_contents_are_saved_as_an_import_gives_them(school):
    saved = save_scores(
        school.algebra, {(school.test.id, school.leo.id): Content(percent=8000)},
        seen=0, actor_id=school.rivera.id, now=NOW, kind=ChangeKind.IMPORT,
    )  # fmt: skip

    assert saved.places == [(school.test.id, school.leo.id)]
    [change] = _history(school.test, school.leo)
    assert (change.before, change.after, change.kind) == (None, {"percent": 8000}, ChangeKind.IMPORT)


def test_what_a_cell_says_is_what_the_parser_would_type(school):
    zone = class_work(school.algebra, NOW).timezone
    cells = [
        Cell(1, 1, points, percent, letter, status, late, False, None, None, None, 0)
        for points, percent, letter in ((None, None, None), (1850, None, None), (None, 9000, None), (None, None, "B"))
        for status in ("none", "missing", "excused", "incomplete", "turned_in")
        for late in (False, True)
    ]
    for cell in cells:
        assert content_of(cell) == content_typed(typed_from(mark_of(cell, zone)))
    assert content_of(None) == EMPTY
    assert text_of(Content(1850, late=True), 2000) == "18.5l"


def test_a_column_and_a_large_block_take_as_many_statements_as_one_cell(school, count_statements):
    section = make_class(school, 40, 40)
    work = class_work(section, NOW)
    students = list(
        db.session.scalars(
            select(Enrollment.user_id).where(Enrollment.section_id == section.id, Enrollment.position == "student")
        )
    )
    section.school.timezone  # noqa: B018 - loaded, as a view has it
    counts = []
    for texts in (
        {(work.columns[0].id, students[0]): "3.25"},
        {(work.columns[1].id, student): "4.25" for student in students},
        {(column.id, student): "5.25" for column in work.columns for student in students},
    ):
        with count_statements() as seen:
            saved = save_typed(section, work, texts, seen=section.last_seq, actor_id=school.rivera.id, now=NOW)
        assert len(saved.places) == len(texts)
        counts.append(len(seen))
    assert counts[:2] == [4, 4], "lock, read, write, history"
    assert counts[2] <= 8


def test_a_thousand_conflicts_are_described_in_one_statement(school):
    section = make_class(school, 35, 35)
    work = class_work(section, NOW)
    students = list(
        db.session.scalars(
            select(Enrollment.user_id).where(Enrollment.section_id == section.id, Enrollment.position == "student")
        )
    )
    places = [(column.id, student) for column in work.columns for student in students]
    first = save_typed(section, work, dict.fromkeys(places, "1.25"), seen=0, actor_id=school.cole.id, now=NOW)
    assert len(first.places) == len(places)

    second = save_typed(section, work, dict.fromkeys(places, "2.25"), seen=0, actor_id=school.rivera.id, now=NOW)
    assert (len(second.conflicts), second.number) == (len(places), None)


@pytest.mark.commits
def test_of_two_who_save_the_same_cell_at_once_one_is_told(app, school):
    """Each in a session of its own, started together: one score stands, and the other person has a conflict."""
    db.session.commit()
    section_id, quiz, maya = school.algebra.id, school.quiz.id, school.maya.id
    people = {school.rivera.id: "11", school.cole.id: "12"}
    db.session.rollback()  # let go of the database
    ready, results, broken = threading.Barrier(2), {}, []

    def save(actor_id: int, text: str) -> None:
        try:
            with app.app_context():
                section = db.session.get_one(Section, section_id)
                work = class_work(section, NOW)
                db.session.rollback()
                ready.wait(20)
                section = db.session.get_one(Section, section_id)
                results[actor_id] = save_typed(section, work, {(quiz, maya): text}, seen=0, actor_id=actor_id, now=NOW)
                db.session.commit()
        except Exception as problem:
            broken.append(problem)

    threads = [threading.Thread(target=save, args=pair) for pair in people.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not broken
    winners = [actor for actor, saved in results.items() if saved.places]
    losers = [actor for actor, saved in results.items() if saved.conflicts]
    assert len(winners) == len(losers) == 1
    db.session.rollback()
    assert _score(school.quiz, school.maya).points == Decimal(people[winners[0]])
    assert db.session.scalar(select(func.count()).select_from(ScoreChange)) == 1
    assert db.session.scalar(select(Section.last_seq).where(Section.id == section_id)) == 1
    assert db.session.scalar(select(func.count()).select_from(Category)) == 3


@pytest.mark.commits
def test_many_saves_at_once_take_numbers_without_a_gap(app, school):
    db.session.commit()
    section_id, actor_id = school.algebra.id, school.rivera.id
    places = [(work.id, student.id) for work in (school.quiz, school.test) for student in (school.maya, school.leo)]
    broken = []
    db.session.rollback()  # let go of the database

    def save(place) -> None:
        try:
            with app.app_context():
                for turn in range(5):
                    section = db.session.get_one(Section, section_id)
                    work = class_work(section, NOW)
                    text = str(turn + 1)
                    save_typed(section, work, {place: text}, seen=section.last_seq, actor_id=actor_id, now=NOW)
                    db.session.commit()
        except Exception as problem:
            broken.append(problem)

    threads = [threading.Thread(target=save, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not broken
    db.session.rollback()
    numbers = list(db.session.scalars(select(ScoreChange.seq).order_by(ScoreChange.seq)))
    assert numbers == list(range(1, 21))
    assert db.session.scalar(select(Section.last_seq).where(Section.id == section_id)) == 20
