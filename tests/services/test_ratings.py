"""Saving ratings: what is written, what is left alone, what is refused, and what the history keeps."""

import threading
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import OutcomeRating, RatingChange, Section
from gradebook.services import outcome_rules, outcomes, periods, ratings
from gradebook.services.grades import Student
from tests.art import NOW, Art, make_art


@pytest.fixture
def art(school) -> Art:
    return make_art(school)


def stored(art, place) -> str:
    found = art.read()
    rows = {row.place: row for row in outcomes.ratings_of([place[0]])}
    row = rows.get(place)
    if row is None or row.is_blank:
        return ""
    return row.status if row.level_id is None else str(found.level_keys[row.level_id].number)


def changes(place) -> list[RatingChange]:
    keys = ("assignment_id", "outcome_id", "student_id")
    query = select(RatingChange).filter_by(**dict(zip(keys, place, strict=True)))
    return list(db.session.scalars(query.order_by(RatingChange.seq)))


def test_only_what_was_changed_is_written_and_the_history_names_both_sides(art, school):
    place, other = art.place("sketch", "AR1", school.leo), art.place("sketch", "AR1", school.maya)
    saved = art.rate(school.cole, {place: "4", other: "3"})
    assert saved.places == [place]
    assert saved.number == art.section.last_seq
    assert stored(art, place) == "4"
    (first, second) = changes(place)
    assert (first.before, first.after) == (None, {"number": "1", "level": "Beginning"})
    assert (second.before, second.after, second.changed_by) == (
        first.after,
        {"number": "4", "level": "Exceeds"},
        school.cole.id,
    )
    assert len(changes(other)) == 1


def test_a_save_without_a_change_takes_no_number(art, school):
    before = art.section.last_seq
    saved = art.rate(school.rivera, {art.place("sketch", "AR1", school.maya): "3"})
    assert (saved.number, saved.places, art.section.last_seq) == (None, [], before)


def test_a_rating_can_be_taken_back_and_given_again(art, school):
    place = art.place("sketch", "AR1", school.maya)
    art.rate(school.rivera, {place: ""})
    assert stored(art, place) == ""
    art.rate(school.rivera, {place: "excused"})
    assert stored(art, place) == "excused"
    assert [one.after for one in changes(place)][1:] == [None, {"status": "excused"}]


def test_nobodys_rating_is_overwritten(art, school):
    place = art.place("sketch", "AR1", school.maya)
    seen = art.section.last_seq
    art.rate(school.cole, {place: "4"})
    saved = art.rate(school.rivera, {place: "2"}, seen=seen)
    assert saved.places == []
    (conflict,) = saved.conflicts
    assert (conflict.mine, conflict.theirs, conflict.by) == ("2", "4", "Abe Cole")
    assert stored(art, place) == "4"
    art.rate(school.rivera, {place: "2"})  # having seen it
    assert stored(art, place) == "2"


def test_a_rating_that_was_not_touched_is_left_alone_whatever_others_did(art, school):
    place, other = art.place("sketch", "AR1", school.maya), art.place("still", "AR1", school.maya)
    seen = art.section.last_seq
    art.rate(school.cole, {place: "4"})
    saved = art.rate(school.rivera, {place: "3", other: "3"}, seen=seen)
    assert saved.places == [other]
    assert not saved.conflicts
    assert stored(art, place) == "4"


def test_the_same_choice_by_two_people_is_no_conflict(art, school):
    place = art.place("sketch", "AR1", school.maya)
    seen = art.section.last_seq
    art.rate(school.cole, {place: "4"})
    saved = art.rate(school.rivera, {place: "4"}, seen=seen)
    assert (saved.places, saved.conflicts) == ([], [])


@pytest.mark.parametrize("text", ["5", "2.5", "A", "none", "03", "1e0", "٣", "<b>"])
def test_what_is_no_level_is_refused_and_the_rest_is_saved(art, school, text):
    wrong, right = art.place("sketch", "AR1", school.maya), art.place("still", "AR1", school.maya)
    saved = art.rate(school.rivera, {wrong: text, right: "4"})
    assert saved.errors == {wrong: "unknown"}
    assert saved.places == [right]
    assert stored(art, wrong) == "3"


def test_what_is_not_there_is_refused(art, school):
    """Work that is not about the outcome, a student of another class, another class's work."""
    places = [
        art.place("sketch", "AR2", school.maya),
        art.place("sketch", "AR1", school.zoe),
        (school.quiz.id, art.outcomes["AR1"].id, school.maya.id),
    ]
    saved = art.rate(school.rivera, dict.fromkeys(places, "4"))
    assert saved.errors == dict.fromkeys(places, "gone")
    assert db.session.query(OutcomeRating).filter_by(student_id=school.zoe.id).count() == 0


def test_what_the_class_became_before_the_save_decides(art, school):
    """The page was read before a colleague took the outcome away and chose another scale."""
    place = art.place("sketch", "AR1", school.maya)
    before = art.read()
    outcome_rules.remove_outcome(art.section, art.outcomes["AR1"], actor_id=school.cole.id, now=NOW)
    saved = ratings.save_ratings(before, {place: "4"}, seen=art.section.last_seq, actor_id=school.rivera.id, now=NOW)
    assert saved.errors == {place: "gone"}


def test_a_closed_term_keeps_its_ratings(art, school):
    place = art.place("sketch", "AR1", school.maya)
    close(art)
    with pytest.raises(periods.PeriodClosed):
        art.rate(school.rivera, {place: "4"})
    db.session.rollback()


def close(art) -> None:
    """The class's term is closed, as services/closing.py leaves it."""
    art.section.term.closed_at = NOW
    art.section.closings = {str(art.section.term_id): NOW.isoformat()}
    db.session.flush()


@pytest.mark.commits
def test_of_two_who_rate_the_same_at_once_one_is_asked(app, school):
    art = make_art(school)
    place = art.place("sketch", "AR1", school.maya)
    section_id, seen = art.section.id, art.section.last_seq
    people = [school.rivera.id, school.cole.id]
    db.session.commit()
    db.session.rollback()  # let go of the database
    saved, broken, together = [], [], threading.Barrier(2)

    def rate(actor_id: int, text: str) -> None:
        try:
            with app.app_context():
                found = outcomes.class_outcomes(db.session.get_one(Section, section_id), NOW)
                db.session.rollback()
                together.wait(30)
                found.section = db.session.get_one(Section, section_id)
                saved.append(ratings.save_ratings(found, {place: text}, seen=seen, actor_id=actor_id, now=NOW))
                db.session.commit()
        except Exception as problem:
            broken.append(problem)

    threads = [threading.Thread(target=rate, args=pair) for pair in zip(people, ("1", "4"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not broken
    assert sorted((len(one.places), len(one.conflicts)) for one in saved) == [(0, 1), (1, 0)]
    db.session.rollback()
    assert len(changes(place)) == 2


# --- Reading


def test_teachers_see_hidden_ratings_and_families_do_not(art, school):
    ar1 = art.outcomes["AR1"].id
    all_of_it = outcomes.outcomes_of_student(art.section, school.maya.id, NOW).results[ar1]
    assert (all_of_it.number, all_of_it.level.label) == (Decimal("3.48"), "Meets")  # 0.65 × 4 + 0.35 × 2.5 = 3.475
    seen = outcomes.outcomes_for_family(art.section, school.maya.id, NOW)
    assert (seen.results[ar1].number, len(seen.results[ar1].lines)) == (Decimal("2.35"), 2)  # 0.65 × 2 + 0.35 × 3
    assert seen.met == 1


def test_a_family_is_told_of_missing_and_excused_work_and_neither_counts(art, school):
    results = outcomes.outcomes_for_family(art.section, school.leo.id, NOW).results
    assert results[art.outcomes["AR1"].id].number == 1
    assert [line.part for line in results[art.outcomes["AR1"].id].lines] == ["counted", "missing"]
    assert (results[art.outcomes["AR2"].id].number, results[art.outcomes["AR2"].id].why) == (None, "not_rated")


def test_a_moment_ahead_posts_without_a_job(art, school):
    art.works["portrait"].posted_at = NOW.replace(hour=13)
    db.session.flush()
    before = outcomes.outcomes_for_family(art.section, school.maya.id, NOW)
    after = outcomes.outcomes_for_family(art.section, school.maya.id, NOW.replace(hour=13))
    ar1 = art.outcomes["AR1"].id
    assert (before.results[ar1].number, after.results[ar1].number) == (Decimal("2.35"), Decimal("3.48"))


def test_deleted_work_and_outcomes_that_were_taken_away_are_left_out(art, school):
    art.works["still"].deleted_at = NOW
    results = outcomes.outcomes_of_student(art.section, school.maya.id, NOW).results
    assert len(results[art.outcomes["AR1"].id].lines) == 2
    assert results[art.outcomes["AR2"].id].why == "not_rated"


def test_the_overview_has_everyone_by_name(art):
    overview = outcomes.overview_of(art.read())
    assert [row.student.display_name for row in overview.rows] == ["Maya Diaz", "Leo Evans"]
    ar1 = next(row for row in overview.outcomes.outcomes if row.code == "AR1")
    assert (overview.rows[0].met, overview.rows[1].met, overview.met(ar1)) == (2, 0, 1)
    assert isinstance(overview.rows[0].student, Student)


def test_the_history_is_told_newest_first_and_for_one_student_or_piece(art, school):
    place = art.place("sketch", "AR1", school.leo)
    art.rate(school.cole, {place: "2"})
    whole = outcomes.history_of(art.section)
    assert (whole.total, whole.lines[0].student, whole.lines[0].by) == (8, "Leo Evans", "Abe Cole")
    assert outcomes.history_of(art.section, student_id=school.maya.id).total == 4
    assert outcomes.history_of(art.section, assignment_id=art.works["sketch"].id).total == 3


def test_an_export_prints_everyones_levels_with_their_ratings(art, school):
    found = outcomes.exported(art.read())
    first = found[school.maya.id][0]
    assert (first["outcome"], first["code"], first["number"], first["exact"]) == (
        "Draws from observation", "AR1", "3.48", "3.475",
    )  # fmt: skip
    assert [one["share"] for one in first["ratings"]] == ["0.175", "0.175", "0.65"]
