"""The school's grading scales as a service, and those that come with the product."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.values import GradingScale as Letters
from gradebook.models import AuditEntry, GradingScale, Section
from gradebook.services import grading_scales, section_rules
from gradebook.services.grading_scales import Band, NeedsConfirmation, ScaleDraft, ScaleFault
from gradebook.services.scale_catalogue import CATALOGUE, offered
from tests.school import make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def draft(*bands, name="Letters"):
    return ScaleDraft(name, tuple(Band(label, Decimal(bound)) for label, bound in bands))


LETTERS = draft(("A", 90), ("B", 80), ("C", 45), ("F", 0))


def add(school, scale=LETTERS):
    return grading_scales.add_scale(school.oak, scale, NOW, actor_id=school.pat.id)


def change(school, scale, wanted, shown=None):
    return grading_scales.change_scale(scale, wanted, NOW, actor_id=school.pat.id, shown=shown)


@pytest.fixture
def used(school):
    """Algebra's scale: Maya's posted quiz is 90% (A), Leo's 45% (C)."""
    scale = add(school)
    school.algebra.grading_scale_id = scale.id
    db.session.flush()
    return scale


# --- What comes with the product


@pytest.mark.parametrize("one", [one for one in CATALOGUE if not one.needs_bounds], ids=lambda one: one.key)
def test_a_scale_of_the_catalogue_is_valid_as_it_stands(school, one):
    grading_scales.check(school.oak.id, ScaleDraft(one.name, tuple(Band(band.label, band.bound) for band in one.bands)))


@pytest.mark.parametrize("one", [one for one in CATALOGUE if one.needs_bounds], ids=lambda one: one.key)
def test_levels_have_labels_and_no_bounds_at_all(one):
    assert all(band.bound is None for band in one.bands)
    assert len({band.label for band in one.bands}) == len(one.bands)


def test_the_catalogue_has_no_key_or_name_twice():
    assert len({one.key for one in CATALOGUE}) == len({one.name for one in CATALOGUE}) == len(CATALOGUE)
    assert offered("nothing") is None


@pytest.mark.parametrize(
    ("key", "percent", "label"),
    [
        ("us-letters", "89.99", "B"),
        ("us-letters", "90", "A"),
        ("us-plus-minus", "60", "D-"),
        ("us-plus-minus", "105", "A+"),
        ("us-college-board", "66.99", "D"),
        ("us-college-board", "64.99", "F"),
        ("pass-fail", "60", "P"),
        ("canvas", "93.99", "A-"),
        ("moodle", "93", "A"),
        ("moodle", "60", "D"),
        ("france-20", "80", "Très bien"),  # 16 of 20
        ("france-20", "79.99", "Bien"),
        ("france-20", "49.99", "Insuffisant"),
    ],
)
def test_the_bounds_are_those_of_the_sources(key, percent, label):
    bands = Letters.of((band.label, band.bound) for band in offered(key).bands).bands
    assert next(band.label for band in bands if Decimal(percent) >= band.bound) == label


def test_a_better_level_may_have_the_smaller_number(school):
    bounds = (92, 81, 67, 50, 30, 0)
    scale = add(school, draft(*zip("123456", bounds, strict=True), name="Noten"))
    assert [band.label for band in scale.bands] == list("123456")


# --- What cannot be


@pytest.mark.parametrize(
    ("bands", "code", "facts"),
    [
        ([], "no_bands", {}),
        ([("A", 90), ("B", 60)], "no_zero", {"label": "B", "bound": Decimal(60)}),
        ([("A", 90), ("B", 90), ("F", 0)], "equal_bounds", {"first": "A", "second": "B", "bound": Decimal(90)}),
        ([("A", 90), ("a", 80), ("F", 0)], "equal_labels", {"label": "a"}),
        ([("A", "90.001"), ("F", 0)], "too_many_decimals", {}),
    ],
)
def test_a_scale_that_cannot_be_is_refused(school, bands, code, facts):
    with pytest.raises(ScaleFault) as fault:
        add(school, draft(*bands))
    assert (fault.value.code, fault.value.facts) == (code, facts)


def test_a_name_is_the_schools_own_once(school):
    scale = add(school)
    with pytest.raises(ScaleFault) as fault:
        add(school, replace(LETTERS, name="LETTERS"))
    assert fault.value.code == "same_name"
    grading_scales.add_scale(school.elm, LETTERS, NOW, actor_id=school.quinn.id)
    assert change(school, scale, replace(LETTERS, name="letters")).changed


# --- A scale in use


def test_bands_are_kept_from_the_top_however_they_were_typed(school):
    scale = add(school, draft(("F", 0), ("A", 90), ("B", 80)))
    assert [band.label for band in scale.bands] == ["A", "B", "F"]


def test_a_scale_nobody_uses_is_changed_at_once(school):
    scale = add(school)
    saved = change(school, scale, draft(("B", 90), ("A", 80), ("F", 0)))  # labels change places
    assert (saved.changed, saved.moved) == (True, 0)
    assert [(band.label, band.bound) for band in scale.bands] == [("B", 90), ("A", 80), ("F", 0)]


def test_a_scale_in_use_is_not_changed_before_its_effect_was_shown(school, used):
    wanted = draft(("A", 91), ("B", 80), ("C", 45), ("F", 0))
    with pytest.raises(NeedsConfirmation) as asked:
        change(school, used, wanted)
    (effect,) = asked.value.effects
    assert (effect.section, len(effect.shifts)) == (school.algebra, 2)
    assert [(one.student.display_name, one.letter_before, one.letter_after) for one in effect.moved] == [
        ("Maya Diaz", "A", "B")
    ]
    assert used.bands[0].bound == 90
    with pytest.raises(NeedsConfirmation):
        change(school, used, wanted, shown="another effect")
    assert change(school, used, wanted, shown=asked.value.name).moved == 1
    assert used.bands[0].bound == 91


def test_a_change_that_moves_nobody_is_asked_about_too(school, used):
    with pytest.raises(NeedsConfirmation) as asked:
        change(school, used, draft(("A", 89), ("B", 80), ("C", 45), ("F", 0)))
    assert asked.value.effects[0].moved == []


def test_another_name_alone_moves_nothing(school, used):
    assert change(school, used, replace(LETTERS, name="Our letters")).changed
    assert used.name == "Our letters"


def test_a_typed_letter_that_the_scale_loses_is_part_of_the_effect(school, used):
    make_score(school.essay, school.leo, letter="B")
    school.history.grading_scale_id = used.id
    db.session.flush()
    with pytest.raises(NeedsConfirmation) as asked:
        change(school, used, draft(("A", 90), ("C", 45), ("F", 0)))
    history = next(effect for effect in asked.value.effects if effect.section == school.history)
    leo = next(one for one in history.shifts if one.student.id == school.leo.id)
    assert (leo.before, leo.after) == (Decimal("89.00"), None)


def test_each_class_keeps_the_grades_before_and_after_and_takes_its_next_number(school, used):
    wanted = draft(("A", 91), ("B", 80), ("C", 45), ("F", 0))
    with pytest.raises(NeedsConfirmation) as asked:
        change(school, used, wanted)
    change(school, used, wanted, shown=asked.value.name)
    entries = {entry.act: entry for entry in db.session.scalars(select(AuditEntry))}
    assert entries["scale.changed"].facts["classes"] == [{"section_id": school.algebra.id, "grades_moved": 1}]
    assert entries["scale.changed"].facts["before"]["bands"][0] == ["A", "90.00"]
    of_class = entries["scale.letters_moved"]
    assert (of_class.section_id, of_class.actor_id) == (school.algebra.id, school.pat.id)
    assert [(one["letter_before"], one["letter_after"]) for one in of_class.facts["grades"]] == [("A", "B"), ("C", "C")]
    numbers = select(Section.id, Section.last_seq).where(Section.school_id == school.oak.id)
    assert dict(db.session.execute(numbers).all()) == {school.algebra.id: 1, school.history.id: 0}


def test_a_closed_class_keeps_its_grades_and_is_left_out(school, used):
    school.algebra.closings = {str(school.algebra.term_id): NOW.isoformat()}
    assert change(school, used, draft(("A", 91), ("F", 0))).effects == []
    assert school.algebra.last_seq == 0


def test_saving_what_stands_there_changes_nothing(school, used):
    assert not change(school, used, LETTERS).changed
    assert "scale.changed" not in set(db.session.scalars(select(AuditEntry.act)))


# --- Retired


def test_a_retired_scale_is_kept_by_who_has_it_and_offered_to_nobody_else(school, used):
    assert grading_scales.retire(used, NOW, actor_id=school.pat.id)
    assert not grading_scales.retire(used, NOW, actor_id=school.pat.id)
    db.session.flush()
    assert [scale.id for scale in section_rules.scales_of(school.algebra)] == [used.id]
    assert section_rules.scales_of(school.history) == []
    assert grading_scales.bring_back(used, NOW, actor_id=school.pat.id)
    db.session.flush()
    assert [scale.id for scale in section_rules.scales_of(school.history)] == [used.id]
    acts = [entry.act for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts == ["scale.created", "scale.retired", "scale.returned"]


def test_the_list_counts_the_classes_of_each_scale(school, used):
    grading_scales.retire(add(school, replace(LETTERS, name="A scale")), NOW, actor_id=school.pat.id)
    db.session.flush()
    lines = grading_scales.scales_of_school(school.oak)
    assert [(line.scale.name, line.classes) for line in lines] == [("Letters", 1), ("A scale", 0)]
    assert db.session.scalar(select(GradingScale.retired_at).where(GradingScale.name == "A scale")) == NOW
