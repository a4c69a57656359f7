"""The rules of a class as a service: versions, faults, confirmation, what is written down."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import AuditEntry, Category, TotalMode, Weighing
from gradebook.services import section_rules
from gradebook.services.grades import class_work
from gradebook.services.previews import class_scores, compared
from gradebook.services.section_rules import CategoryDraft, NeedsConfirmation, RulesFault, RulesMoved
from tests.school import make_score

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def rules_of(school):
    return section_rules.rules_now(school.algebra, class_work(school.algebra, NOW).categories)


def with_weights(rules, *weights):
    pairs = zip(rules.categories, weights, strict=True)
    return replace(rules, categories=tuple(replace(one, weight=Decimal(weight)) for one, weight in pairs))


def save(school, draft, seen=None, shown=None):
    seen = section_rules.version_of(rules_of(school)) if seen is None else seen
    return section_rules.save_rules(school.algebra, draft, seen=seen, shown=shown, actor_id=school.rivera.id, now=NOW)


def test_the_version_changes_with_any_rule_and_with_nothing_else(school):
    rules = rules_of(school)
    version = section_rules.version_of(rules)
    assert section_rules.version_of(rules_of(school)) == version
    school.algebra.last_seq = 99
    assert section_rules.version_of(rules_of(school)) == version
    for other in (
        with_weights(rules, 41, 59),
        replace(rules, total_mode=TotalMode.POINTS),
        replace(rules, missing_percent=None),
        replace(rules, cap_percent=Decimal(100)),
        replace(rules, posts_as_entered=False),
        replace(rules, categories=rules.categories[::-1]),
        replace(rules, categories=(replace(rules.categories[0], weighing=Weighing.EQUAL), rules.categories[1])),
    ):
        assert section_rules.version_of(other) != version


def test_saving_writes_the_rules_and_one_audit_entry(school):
    draft = with_weights(replace(rules_of(school), late_percent=Decimal(10)), 30, 70)
    saved = save(school, draft)
    assert (saved.number, saved.shifts) == (1, [])
    assert rules_of(school) == draft
    assert school.algebra.late_percent == Decimal(10)
    (entry,) = db.session.scalars(select(AuditEntry)).all()
    assert (entry.act, entry.actor_id) == ("rules.changed", school.rivera.id)
    assert entry.facts["after"]["late_percent"] == "10.00"


def test_an_old_version_is_refused_with_the_rules_that_hold(school):
    seen = section_rules.version_of(rules_of(school))
    save(school, with_weights(rules_of(school), 30, 70))
    with pytest.raises(RulesMoved) as moved:
        save(school, with_weights(rules_of(school), 20, 80), seen=seen)
    assert moved.value.theirs.categories[0].weight == Decimal(30)


def test_posted_grades_are_not_changed_before_they_were_shown(school):
    school.test.posted_at = NOW
    make_score(school.test, school.leo, points=Decimal(30))
    draft = with_weights(rules_of(school), 50, 50)
    with pytest.raises(NeedsConfirmation) as asked:
        save(school, draft)
    assert [(one.student.display_name, str(one.before), str(one.after)) for one in asked.value.shifts] == [
        ("Maya Diaz", "85.80", "86.50"),
        ("Leo Evans", "54.00", "52.50"),
    ]
    assert len(save(school, draft, shown=2).shifts) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rules: with_weights(rules, 30, 60), "weights"),
        (lambda rules: replace(rules, categories=()), "no_categories"),
        (lambda rules: replace(rules, categories=rules.categories[1:]), "in_use"),
        (
            lambda rules: replace(
                rules, categories=(rules.categories[0], replace(rules.categories[1], title="QUIZZES"))
            ),
            "same_title",
        ),
        (
            lambda rules: replace(rules, categories=(replace(rules.categories[0], key="other"), rules.categories[1])),
            "unknown_category",
        ),
        (
            lambda rules: replace(rules, categories=(*rules.categories, replace(rules.categories[0], title="Twice"))),
            "unknown_category",
        ),
    ],
)
def test_rules_that_cannot_be_are_refused(school, change, code):
    with pytest.raises(RulesFault) as fault:
        save(school, change(rules_of(school)))
    assert fault.value.code == code


def test_a_category_of_another_class_is_unknown_here(school):
    essays = db.session.scalars(select(Category).where(Category.title == "Essays")).one()
    rules = rules_of(school)
    draft = replace(rules, categories=(*rules.categories, CategoryDraft(essays.public_id, "Mine")))
    with pytest.raises(RulesFault):
        save(school, draft)
    assert essays.title == "Essays"


def test_an_empty_category_is_added_and_removed(school):
    rules = rules_of(school)
    save(school, replace(rules, categories=(*rules.categories, CategoryDraft(None, "Projects"))))
    assert [one.title for one in rules_of(school).categories] == ["Quizzes", "Tests", "Projects"]
    save(school, rules)
    assert [one.title for one in rules_of(school).categories] == ["Quizzes", "Tests"]
    removed = db.session.scalars(select(Category).where(Category.title == "Projects")).one()
    assert removed.deleted_at == NOW


def test_scaling_leaves_extra_credit_alone(school):
    drafts = [
        CategoryDraft(None, "A", Decimal(30)),
        CategoryDraft(None, "Bonus", Decimal(5), extra_credit=True),
        CategoryDraft(None, "B", Decimal(60)),
    ]
    assert [str(weight) for weight in section_rules.scaled(drafts)] == ["33.33", "5", "66.67"]


def test_the_preview_counts_who_goes_up_and_down_without_writing(school):
    make_score(school.test, school.leo, points=Decimal(30))
    work = class_work(school.algebra, NOW)
    changed = section_rules.work_with(work, with_weights(rules_of(school), 50, 50))
    found = compared(class_scores(work).shifts(work, changed, posted_only=False))
    assert (found.up, found.down, found.same) == (1, 1, 0)
    assert (str(found.mean_before), str(found.mean_after)) == ("69.90", "69.50")
    assert rules_of(school).categories[0].weight == Decimal(40)
