"""How a class grades outcomes: what may change, what is shown first, what is kept."""

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import AuditEntry, MasteryScale, OutcomeMethod
from gradebook.services import mastery_scales, outcome_rules, outcomes, periods
from gradebook.services.closing import checklist
from gradebook.services.outcome_rules import (
    NeedsConfirmation,
    OutcomeDraft,
    OutcomesFault,
    OutcomesMoved,
    Settings,
)
from tests.art import NOW, Art, make_art, switch_on
from tests.school import make_section
from tests.services.test_ratings import close


@pytest.fixture
def art(school) -> Art:
    return make_art(school)


def save(art, actor, *, shown=None, seen=None, **changed):
    now = outcome_rules.settings_of(art.section)
    wanted = Settings(**{**vars(now), **changed})
    return outcome_rules.save_settings(
        art.section, wanted, seen=seen or outcome_rules.version_of(now), shown=shown, actor_id=actor.id, now=NOW
    )


def entries(act):
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id)))


def level(art, student, code="AR1"):
    return outcomes.outcomes_for_family(art.section, student.id, NOW).results[art.outcomes[code].id]


# --- Points or outcomes


def test_the_first_class_of_a_school_makes_its_first_scale(school):
    assert db.session.query(MasteryScale).count() == 0
    switch_on(school.algebra, school.rivera)
    scale = db.session.query(MasteryScale).one()
    assert [(str(one.number), one.label) for one in scale.levels] == [
        ("4.00", "Exceeds"), ("3.00", "Meets"), ("2.00", "Approaching"), ("1.00", "Beginning"),
    ]  # fmt: skip
    assert all(one.description for one in scale.levels)
    switch_on(school.history, school.osei)
    assert db.session.query(MasteryScale).count() == 1


def test_a_class_that_goes_back_to_points_keeps_its_ratings(art, school):
    save(art, school.rivera, grades_outcomes=False)
    assert not art.section.grades_outcomes
    save(art, school.rivera, grades_outcomes=True)
    assert level(art, school.maya).level.label == "Approaching"


def test_another_method_is_shown_first_where_posted_levels_move(art, school):
    with pytest.raises(NeedsConfirmation) as asked:
        save(art, school.rivera, method=OutcomeMethod.HIGHEST)
    shift = asked.value.shifts[0]
    assert (shift.student.display_name, str(shift.before.number), str(shift.after.number)) == (
        "Maya Diaz",
        "2.35",
        "3.00",
    )
    assert len(asked.value.shifts) == 1  # Leo's 1 stays 1; the hidden 4 moves nothing
    saved = save(art, school.rivera, method=OutcomeMethod.HIGHEST, shown=1)
    assert saved.changed
    entry = entries("outcomes.rules_changed")[-1]
    assert (entry.section_id, entry.facts["before"]["method"], entry.facts["after"]["method"]) == (
        art.section.id, "decaying", "highest",
    )  # fmt: skip
    assert entry.facts["levels"] == [
        {
            "student_id": school.maya.id,
            "outcome_id": art.outcomes["AR1"].id,
            "before": {"number": "2.35", "level": "Approaching"},
            "after": {"number": "3.00", "level": "Meets"},
        }
    ]


def test_the_same_settings_change_nothing(art, school):
    before, number = len(entries("outcomes.rules_changed")), art.section.last_seq
    assert not save(art, school.rivera).changed
    assert (len(entries("outcomes.rules_changed")), art.section.last_seq) == (before, number)


def test_settings_that_someone_else_changed_meanwhile_are_not_overwritten(art, school):
    seen = outcome_rules.version_of(outcome_rules.settings_of(art.section))
    save(art, school.cole, missing_is_lowest=True, shown=1)
    with pytest.raises(OutcomesMoved):
        save(art, school.rivera, seen=seen, method=OutcomeMethod.LATEST)


def test_a_class_with_ratings_stays_on_its_scale(art, school):
    draft = mastery_scales.ScaleDraft("Yes or no", NOW_MET, (level_draft(1, "Yes"), level_draft(0, "Not yet")))
    other = mastery_scales.save_scale(school.oak.id, None, draft, seen=0, actor_id=school.pat.id, now=NOW)
    with pytest.raises(OutcomesFault) as fault:
        save(art, school.rivera, scale_id=other.id)
    assert (fault.value.code, fault.value.facts) == ("scale_in_use", {"count": 5})
    for student, work in (("maya", "sketch"), ("maya", "still"), ("maya", "portrait"), ("leo", "sketch")):
        art.rate(school.rivera, {art.place(work, "AR1", school.people[student]): ""})
    art.rate(school.rivera, {art.place("still", "AR2", school.maya): ""})
    assert save(art, school.rivera, scale_id=other.id).changed


def test_a_scale_of_another_school_is_refused(art, school):
    theirs = mastery_scales.first_scale(school.elm.id, actor_id=school.quinn.id, now=NOW)
    with pytest.raises(OutcomesFault) as fault:
        save(art, school.rivera, scale_id=theirs.id)
    assert fault.value.code == "unknown"


# --- Outcomes


def test_two_outcomes_of_a_class_are_never_called_the_same(art, school):
    with pytest.raises(OutcomesFault) as fault:
        outcome_rules.add_outcome(art.section, OutcomeDraft("MIXES colours"), actor_id=school.rivera.id, now=NOW)
    assert fault.value.code == "same_title"


def test_an_outcome_that_was_taken_away_comes_back_with_its_ratings(art, school):
    outcome = art.outcomes["AR1"]
    outcome_rules.remove_outcome(art.section, outcome, actor_id=school.rivera.id, now=NOW)
    assert [one.code for one in art.read().outcomes] == ["AR2"]
    assert [one.code for one in outcomes.removed_outcomes(art.section)] == ["AR1"]
    outcome_rules.take_outcomes(art.section, [outcome], actor_id=school.rivera.id, now=NOW)
    assert str(level(art, school.maya).number) == "2.35"


def test_outcomes_of_the_school_can_be_taken_those_of_another_class_cannot(art, school):
    words = {"title": "Speaks clearly", "code": None, "description": None}
    shared = mastery_scales.save_outcome(school.oak.id, None, words, seen=0, actor_id=school.pat.id, now=NOW)
    outcome_rules.take_outcomes(art.section, [shared], actor_id=school.rivera.id, now=NOW)
    assert [one.title for one in art.read().outcomes][-1] == "Speaks clearly"
    switch_on(school.history, school.osei)
    with pytest.raises(OutcomesFault):
        outcome_rules.take_outcomes(school.history, [art.outcomes["AR1"]], actor_id=school.osei.id, now=NOW)
    with pytest.raises(OutcomesFault) as fault:
        change(art, shared, "Other words", seen=1, actor=school.rivera)
    assert fault.value.code == "of_the_school"


def change(art, outcome, title, *, seen, actor):
    outcome_rules.change_outcome(art.section, outcome, OutcomeDraft(title), seen=seen, actor_id=actor.id, now=NOW)


def test_words_that_someone_else_changed_meanwhile_are_not_overwritten(art, school):
    outcome = art.outcomes["AR1"]
    change(art, outcome, "Looks and draws", seen=1, actor=school.cole)
    with pytest.raises(OutcomesMoved):
        change(art, outcome, "Draws what is there", seen=1, actor=school.rivera)
    assert outcome.title == "Looks and draws"


# --- Alignment


def align(art, work, codes, actor, *, shown=None, seen=None):
    seen = art.section.last_seq if seen is None else seen
    wanted = {art.outcomes[code].id for code in codes}
    return outcome_rules.align(art.read(), art.works[work], wanted, seen=seen, shown=shown, actor_id=actor.id, now=NOW)


def test_unticking_an_outcome_is_shown_first_and_keeps_the_ratings(art, school):
    with pytest.raises(NeedsConfirmation) as asked:
        align(art, "still", ["AR2"], school.rivera)
    (shift,) = asked.value.shifts
    assert (str(shift.before.number), str(shift.after.number)) == ("2.35", "3.00")
    align(art, "still", ["AR2"], school.rivera, shown=1)
    assert str(level(art, school.maya).number) == "3.00"
    assert entries("outcomes.aligned")[-1].facts["levels"][0]["after"] == {"number": "3.00", "level": "Meets"}
    align(art, "still", ["AR1", "AR2"], school.rivera, shown=1)
    assert str(level(art, school.maya).number) == "2.35"


def test_hidden_work_can_be_aligned_without_a_question(art, school):
    assert align(art, "portrait", [], school.rivera).changed
    assert not align(art, "portrait", [], school.rivera).changed


def test_an_alignment_that_someone_else_changed_meanwhile_is_not_overwritten(art, school):
    seen = art.section.last_seq
    align(art, "portrait", ["AR1", "AR2"], school.cole)
    with pytest.raises(OutcomesMoved):
        align(art, "portrait", [], school.rivera, seen=seen)


# --- Closed


def test_a_closed_class_refuses_every_change(art, school):
    close(art)
    seen = outcome_rules.version_of(outcome_rules.settings_of(art.section))
    actor = {"actor_id": school.rivera.id, "now": NOW}
    for act in (
        lambda: save(art, school.rivera, seen=seen, method=OutcomeMethod.MEAN, shown=1),
        lambda: outcome_rules.add_outcome(art.section, OutcomeDraft("New"), **actor),
        lambda: outcome_rules.take_outcomes(art.section, [art.outcomes["AR1"]], **actor),
        lambda: outcome_rules.remove_outcome(art.section, art.outcomes["AR1"], **actor),
        lambda: change(art, art.outcomes["AR1"], "New words", seen=1, actor=school.rivera),
        lambda: align(art, "still", [], school.rivera, shown=2),
    ):
        with pytest.raises(periods.PeriodClosed):
            act()


def test_the_checklist_before_closing_counts_ratings_in_such_a_class(art, school):
    (one,) = [one for one in checklist(art.section.term, NOW).classes if one.section.id == art.section.id]
    assert (one.blanks, one.hidden) == (1, 1)  # Leo's portrait is not rated, Maya's is not posted
    art.rate(school.rivera, {art.place("portrait", "AR1", school.leo): "2"})
    art.rate(school.rivera, {art.place("sketch", "AR1", school.leo): ""})
    art.works["portrait"].posted_at = NOW
    db.session.flush()
    (one,) = [one for one in checklist(art.section.term, NOW).classes if one.section.id == art.section.id]
    assert (one.blanks, one.hidden) == (1, 0)


# --- Scales


NOW_MET = 1


def level_draft(number, label, description=""):
    return mastery_scales.LevelDraft(number, label, description)


def test_a_scale_in_use_keeps_its_numbers_and_takes_better_words(art, school):
    scale = db.session.query(MasteryScale).one()
    draft = mastery_scales.draft_of(scale)
    words = [one._replace(label=label) for one, label in zip(draft.levels, "DCBA", strict=True)]
    mastery_scales.save_scale(
        school.oak.id, scale, mastery_scales.ScaleDraft("Letters", draft.met_from, tuple(words)), seen=scale.version,
        actor_id=school.pat.id, now=NOW,
    )  # fmt: skip
    assert level(art, school.maya).level.label == "B"
    fewer = mastery_scales.ScaleDraft("Letters", draft.met_from, tuple(words[1:]))
    with pytest.raises(mastery_scales.ScaleFault) as fault:
        mastery_scales.save_scale(school.oak.id, scale, fewer, seen=scale.version, actor_id=school.pat.id, now=NOW)
    assert (fault.value.code, fault.value.facts) == ("in_use", {"count": 5})
    lower = mastery_scales.ScaleDraft("Letters", 2, tuple(words))
    with pytest.raises(mastery_scales.ScaleFault):
        mastery_scales.save_scale(school.oak.id, scale, lower, seen=scale.version, actor_id=school.pat.id, now=NOW)


def test_two_levels_can_swap_their_names(art, school):
    scale = db.session.query(MasteryScale).one()
    draft = mastery_scales.draft_of(scale)
    first, second, *rest = draft.levels
    swapped = (first._replace(label=second.label), second._replace(label=first.label), *rest)
    mastery_scales.save_scale(
        school.oak.id, scale, mastery_scales.ScaleDraft(draft.name, draft.met_from, swapped), seen=scale.version,
        actor_id=school.pat.id, now=NOW,
    )  # fmt: skip
    assert [one.label for one in scale.levels][:2] == ["Meets", "Exceeds"]


def test_a_scale_that_nothing_is_rated_on_can_become_another(school):
    scale = mastery_scales.first_scale(school.oak.id, actor_id=school.pat.id, now=NOW)
    draft = mastery_scales.ScaleDraft("Yes or no", 1, (level_draft(1, "Yes"), level_draft(0, "Not yet")))
    mastery_scales.save_scale(school.oak.id, scale, draft, seen=1, actor_id=school.pat.id, now=NOW)
    assert [one.label for one in scale.levels] == ["Yes", "Not yet"]
    with pytest.raises(mastery_scales.ScaleMoved):
        mastery_scales.save_scale(school.oak.id, scale, draft, seen=1, actor_id=school.pat.id, now=NOW)
    with pytest.raises(mastery_scales.ScaleFault) as fault:
        mastery_scales.save_scale(school.oak.id, None, draft, seen=0, actor_id=school.pat.id, now=NOW)
    assert fault.value.code == "same_name"


def test_retired_scales_and_outcomes_are_not_offered_and_stay_where_they_are(art, school):
    scale = db.session.query(MasteryScale).one()
    mastery_scales.set_retired(scale, True, actor_id=school.pat.id, now=NOW)
    db.session.flush()
    assert outcomes.scales_of(art.section) == [scale]
    plain = make_section(school.oak, "Drama")
    assert outcomes.scales_of(plain) == []
    words = {"title": "Old aim", "code": None, "description": None}
    old = mastery_scales.save_outcome(school.oak.id, None, words, seen=0, actor_id=school.pat.id, now=NOW)
    assert [one.title for one in outcomes.school_outcomes(plain)] == ["Old aim"]
    mastery_scales.set_outcome_retired(old, True, actor_id=school.pat.id, now=NOW)
    db.session.flush()
    assert outcomes.school_outcomes(plain) == []
