"""Levels of outcomes stay as they were when the term was closed or the student left (grading.md G16)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.jobs.worker import do_one
from gradebook.models import (
    Enrollment,
    FrozenGrade,
    MasteryScale,
    OutcomeMethod,
    RoleKind,
    SectionOutcomeRules,
    SessionKind,
)
from gradebook.services import closing, mastery_scales, outcomes, rosters
from gradebook.services.mastery_scales import LevelDraft, ScaleDraft, ScaleFault
from gradebook.services.rosters import Place
from tests.art import Art, make_art, switch_on
from tests.school import TODAY

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def art(school) -> Art:
    made = make_art(school)
    db.session.commit()
    return made


def close(school, art, *, keep=True):
    closing.close_session(school.oak, art.section.term, NOW, actor_id=school.pat.id)
    db.session.commit()
    while keep and do_one():
        pass
    db.session.expire_all()


def reopen(school, art):
    closing.reopen_session(school.oak, art.section.term, "Wrong", LATER, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()


def levels_of(found):
    return {
        one.code: found.results[one.id].level and found.results[one.id].level.label for one in found.outcomes.outcomes
    }


def seen_of(art, student, now=LATER, **more):
    """What teachers and what families see of a student."""
    return (
        levels_of(outcomes.outcomes_of_student(art.section, student.id, now, **more)),
        levels_of(outcomes.outcomes_for_family(art.section, student.id, now, **more)),
    )


def change_everything(art):
    """As a later version, or somebody at the database, could: the services refuse it while the class is closed."""
    rules = db.session.get_one(SectionOutcomeRules, art.section.id)
    rules.method = OutcomeMethod.LATEST
    scale = db.session.get_one(MasteryScale, rules.scale_id)
    for level in scale.levels:
        level.label = f"Now {level.label}"
    scale.met_from = Decimal(2)
    art.outcomes["AR1"].title = "Something else"
    art.works["portrait"].posted_at = NOW
    art.works["sketch"].title = "Renamed"
    db.session.commit()
    db.session.expire_all()


BEFORE = ({"AR1": "Meets", "AR2": "Exceeds"}, {"AR1": "Approaching", "AR2": "Exceeds"})


def test_before_it_is_closed_everything_moves(school, art):
    assert seen_of(art, school.maya) == BEFORE
    change_everything(art)
    assert seen_of(art, school.maya) == (
        {"AR1": "Now Exceeds", "AR2": "Now Exceeds"}, {"AR1": "Now Exceeds", "AR2": "Now Exceeds"},
    )  # fmt: skip


def test_closed_levels_stay_with_their_words_and_their_sum(school, art):
    close(school, art)
    change_everything(art)
    assert seen_of(art, school.maya) == BEFORE
    found = outcomes.outcomes_for_family(art.section, school.maya.id, LATER)
    assert (found.met, found.kept_on) == (1, TODAY)
    assert found.outcomes.outcomes[0].title == "Draws from observation"
    assert [one.label for one in found.outcomes.scale.levels][0] == "Exceeds"
    assert str(found.outcomes.rules.method) == "decaying"
    lines = found.results[art.outcomes["AR1"].id].lines
    assert [found.outcomes.works_by_id[line.rating.work_id].title for line in lines] == ["Tree sketch", "Still life"]
    assert "Secret portrait" not in str(lines)


def test_everyones_levels_and_the_export_are_the_kept_ones(school, art):
    before = outcomes.exported(art.read())
    close(school, art)
    change_everything(art)
    overview = outcomes.overview_of(art.read(LATER))
    maya, leo = sorted(overview.rows, key=lambda row: row.student.id != school.maya.id)
    assert [maya.results[one.id].level.label for one in overview.outcomes.outcomes] == ["Meets", "Exceeds"]
    assert (maya.met, leo.met) == (2, 0)
    assert outcomes.exported(art.read(LATER)) == before


def test_reopened_they_follow_the_class_again(school, art):
    close(school, art)
    change_everything(art)
    reopen(school, art)
    assert seen_of(art, school.maya)[1]["AR1"] == "Now Exceeds"
    assert outcomes.outcomes_for_family(art.section, school.maya.id, LATER).kept_at is None


def test_until_they_are_stored_they_are_as_of_the_closing(school, art):
    """The portrait becomes visible by a date that comes meanwhile."""
    art.works["portrait"].posted_at = NOW + timedelta(hours=1)
    close(school, art, keep=False)
    assert seen_of(art, school.maya) == BEFORE
    assert db.session.scalars(select(FrozenGrade)).all() == []
    while do_one():
        pass
    assert seen_of(art, school.maya) == BEFORE


def test_the_words_of_a_scale_wait_until_levels_are_stored(school, art):
    close(school, art, keep=False)
    scale = db.session.get_one(MasteryScale, db.session.get_one(SectionOutcomeRules, art.section.id).scale_id)
    draft = mastery_scales.draft_of(scale)
    other = ScaleDraft(
        draft.name, draft.met_from, tuple(LevelDraft(one.number, f"{one.label}!") for one in draft.levels)
    )

    def save():
        return mastery_scales.save_scale(
            school.oak.id, scale, other, seen=scale.version, actor_id=school.pat.id, now=NOW
        )

    with pytest.raises(ScaleFault) as refused:
        save()
    assert (refused.value.code, refused.value.facts) == ("being_kept", {"count": 1})
    db.session.rollback()
    while do_one():
        pass
    save()
    assert seen_of(art, school.maya) == BEFORE


def test_who_leaves_keeps_the_levels_of_that_day(school, art):
    place = db.session.scalars(
        select(Enrollment).where(
            Enrollment.user_id == school.maya.id,
            Enrollment.section_id == art.section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
    ).one()
    usual = Place(place.position, place.begins_on)
    rosters.end_enrollment(place, TODAY, NOW, actor_id=school.pat.id)
    db.session.commit()
    change_everything(art)
    assert seen_of(art, school.maya, has_left=True) == BEFORE
    rosters.change_enrollment(place, usual, LATER, actor_id=school.pat.id)
    assert seen_of(art, school.maya, has_left=True)[0]["AR1"] == "Now Exceeds"


def test_a_closed_quarter_keeps_no_level_because_the_year_goes_on(school, art):
    quarter = rosters.add_session(
        school.oak, SessionKind.GRADING_PERIOD, "Quarter 1", date(2026, 8, 31), date(2026, 10, 12), NOW,
        actor_id=school.pat.id, parent=art.section.term,
    )  # fmt: skip
    db.session.commit()
    closing.close_session(school.oak, quarter, NOW, actor_id=school.pat.id)
    while do_one():
        pass
    db.session.expire_all()
    assert {row.levels for row in db.session.scalars(select(FrozenGrade))} == {None}
    assert seen_of(art, school.maya) == BEFORE
    assert outcomes.outcomes_for_family(art.section, school.maya.id, LATER).kept_at is None


def test_an_open_class_asks_nothing_of_kept_levels_and_a_closed_one_asks_once(school, art, count_statements):
    def asked():
        with count_statements() as seen:
            outcomes.outcomes_for_family(art.section, school.maya.id, NOW)
        return len(seen)

    asked()  # what is in the session by then is asked for once
    before = asked()
    assert before == 4
    close(school, art)
    asked()
    assert asked() == before  # the copy, in place of the ratings


def test_levels_of_a_class_that_was_closed_by_an_earlier_version_are_worked_out(school, art):
    close(school, art)
    for row in db.session.scalars(select(FrozenGrade)):
        row.levels = row.posted_levels = None
    db.session.commit()
    assert seen_of(art, school.maya) == BEFORE
    assert outcomes.overview_of(art.read(LATER)).rows


def test_switching_the_method_is_still_refused(school, art):
    close(school, art)
    with pytest.raises(Exception, match="2026–27"):
        switch_on(art.section, school.rivera, method=OutcomeMethod.LATEST)
