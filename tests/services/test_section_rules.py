"""The rules of a class as a service: versions, faults, confirmation, what is written down."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from gradebook.extensions import db
from gradebook.models import (
    Assignment,
    AuditEntry,
    Category,
    GradingScale,
    GradingScaleBand,
    Section,
    TotalMode,
    Weighing,
)
from gradebook.services import section_rules
from gradebook.services.grades import class_work
from gradebook.services.periods import PeriodClosed
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
        replace(rules, categories=(replace(rules.categories[0], keep_best=2), rules.categories[1])),
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
    with pytest.raises(NeedsConfirmation):
        save(school, draft, shown="another effect")
    assert len(save(school, draft, shown=asked.value.effect).shifts) == 2


def test_a_letter_that_moves_is_a_grade_that_moves(school):
    scale = letters(school, A=86, F=0)
    school.algebra.grading_scale_id = scale.id
    school.test.posted_at = NOW
    draft = replace(rules_of(school), letter_on_whole_percent=True)  # 85.8 is then compared as 86
    with pytest.raises(NeedsConfirmation) as asked:
        save(school, draft)
    assert [(one.letter_before, one.letter_after) for one in asked.value.shifts] == [("F", "A")]


def letters(school, **bounds):
    scale = GradingScale(school_id=school.oak.id, name="Letters")
    scale.bands = [GradingScaleBand(school_id=school.oak.id, label=name, bound=at) for name, at in bounds.items()]
    db.session.add(scale)
    db.session.flush()
    return scale


def test_the_history_holds_every_students_grade_before_and_after(school):
    school.test.posted_at = NOW
    draft = with_weights(rules_of(school), 50, 50)
    with pytest.raises(NeedsConfirmation) as asked:
        save(school, draft)
    save(school, draft, shown=asked.value.effect)
    (entry,) = db.session.scalars(select(AuditEntry)).all()
    none = {"letter_before": None, "letter_after": None}
    assert entry.section_id == school.algebra.id
    assert entry.facts["grades"] == [
        {"student_id": school.maya.id, "before": "85.80", "after": "86.50", **none},
        {"student_id": school.leo.id, "before": "45.00", "after": "45.00", **none},
    ]


def test_what_was_written_while_the_class_was_read_is_looked_at_again(school):
    reading = section_rules.read(school.algebra, NOW)
    draft = with_weights(reading.rules, 50, 50)
    posted_meanwhile(school)
    with pytest.raises(NeedsConfirmation):  # by the reading nothing posted would move
        save_on(school, reading, draft)
    assert rules_of(school).categories[0].weight == Decimal(40)


def test_rules_that_were_saved_while_the_class_was_read_are_not_overwritten(school):
    reading = section_rules.read(school.algebra, NOW)
    save(school, with_weights(reading.rules, 30, 70))
    db.session.flush()
    with pytest.raises(RulesMoved):
        save_on(school, reading, with_weights(reading.rules, 50, 50))


def test_a_score_saved_while_the_class_was_read_does_not_stand_in_the_way(school):
    reading = section_rules.read(school.algebra, NOW)
    set_number(school, 5)
    assert save_on(school, reading, with_weights(reading.rules, 50, 50)).number == 6


def posted_meanwhile(school):
    school.test.posted_at = NOW
    set_number(school, 1)


def set_number(school, number):
    """As another process leaves the row; what is loaded here does not change."""
    db.session.flush()
    change = update(Section).where(Section.id == school.algebra.id).values(last_seq=number)
    db.session.execute(change.execution_options(synchronize_session=False))


def save_on(school, reading, draft):
    seen = section_rules.version_of(reading.rules)
    return section_rules.save_rules(
        school.algebra, draft, seen=seen, shown=None, actor_id=school.rivera.id, now=NOW, reading=reading
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, (4, 0, 0)),
        ({"drop_lowest": 1}, (4, 1, 0)),
        ({"drop_lowest": 9}, (4, 3, 0)),
        ({"drop_lowest": 2, "drop_highest": 1}, (4, 2, 1)),
        ({"drop_lowest": 3, "drop_highest": 1}, (4, 3, 0)),
        ({"drop_highest": 4}, (4, 0, 0)),
        ({"keep_best": 1}, (4, 3, 0)),
        ({"keep_best": 3}, (4, 1, 0)),
        ({"keep_best": 3, "drop_highest": 1}, (4, 1, 1)),
        ({"keep_best": 9}, (4, 0, 0)),
    ],
)
def test_a_drop_larger_than_the_category_is_limited(school, rule, expected):
    for title, more in (
        ("a", {}),
        ("b", {}),
        ("c", {}),
        ("never", {"never_drop": True}),
        ("x", {"extra_credit": True}),
    ):
        db.session.add(
            Assignment(
                school_id=school.oak.id, section_id=school.algebra.id, category_id=school.quiz.category_id,
                title=title, points=Decimal(10), **more,
            )
        )  # fmt: skip
    db.session.flush()
    quizzes = replace(rules_of(school).categories[0], **rule)
    drops = section_rules.drops_in(class_work(school.algebra, NOW), quizzes)
    assert (drops.pieces, drops.lowest, drops.highest) == expected


def keeping(rules, **rule):
    return replace(rules, categories=(replace(rules.categories[0], **rule), *rules.categories[1:]))


def test_what_a_category_keeps_is_stored_with_before_and_after(school):
    save(school, keeping(rules_of(school), keep_best=2))
    (stored,) = db.session.scalars(select(Category).where(Category.title == "Quizzes"))
    assert (stored.keep_best, stored.drop_lowest) == (2, 0)
    assert rules_of(school).categories[0].keep_best == 2
    (entry,) = db.session.scalars(select(AuditEntry)).all()
    kept = [entry.facts[when]["categories"][0]["keep_best"] for when in ("before", "after")]
    assert kept == [None, 2]


def test_a_category_that_keeps_its_best_keeps_them_when_work_is_added(school):
    """18 of 20, then 5 and 10 of 10; the best two are 18 and 10."""
    save(school, keeping(replace(rules_of(school), total_mode=TotalMode.POINTS), keep_best=2))
    school.test.counts = False
    totals = []
    for title, points in (("a", 5), ("b", 10)):
        work = Assignment(
            school_id=school.oak.id, section_id=school.algebra.id, category_id=school.quiz.category_id,
            title=title, points=Decimal(10),
        )  # fmt: skip
        db.session.add(work)
        db.session.flush()
        make_score(work, school.maya, points=Decimal(points))
        reading = section_rules.read(school.algebra, NOW)
        (maya,) = (one for one in reading.scores.students if one.id == school.maya.id)
        totals.append(str(reading.work.totals(maya, reading.scores.marks[maya.id], posted_only=False).current))
    assert totals == ["76.67", "93.33"]


@pytest.mark.parametrize("values", [{"keep_best": 0}, {"keep_best": 1001}, {"keep_best": 2, "drop_lowest": 1}])
def test_the_database_refuses_what_contradicts_itself(school, values):
    change = update(Category).where(Category.title == "Quizzes")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(change.values(**values))
    db.session.execute(change.values(keep_best=2, drop_highest=1))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rules: keeping(rules, keep_best=0), "keeps_none"),
        (lambda rules: keeping(rules, keep_best=2, drop_lowest=1), "keeps_and_drops"),
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


def test_a_closed_class_keeps_its_rules(school):
    draft = with_weights(rules_of(school), 50, 50)
    close(school, school.algebra.term)
    with pytest.raises(PeriodClosed):
        save(school, draft)
    assert rules_of(school).categories[0].weight == Decimal(40)


def test_a_class_that_was_closed_while_it_was_read_keeps_its_rules(school):
    """As another process leaves the row: nothing of it is loaded here."""
    reading = section_rules.read(school.algebra, NOW)
    closings = dict(school.algebra.closings)
    close(school, school.algebra.term)
    db.session.flush()
    set_committed_value(school.algebra, "closings", closings)
    with pytest.raises(PeriodClosed):
        save_on(school, reading, with_weights(reading.rules, 50, 50))


def close(school, term):
    term.closed_at = NOW
    school.algebra.closings = {str(term.id): NOW.isoformat()}
