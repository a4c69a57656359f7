"""How a new term starts: a class takes over the rules, categories and assignments of another class, without scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, insert, select

from gradebook.extensions import db
from gradebook.models import Assignment, Category, GradingScale, Section
from gradebook.services import audit, periods, section_rules
from gradebook.services.counters import next_number
from gradebook.services.grades import Column, class_work

WEEK = 7
MOST_DAYS = 3660


class NotEmpty(ValueError):
    """The class has assignments already; `count` of them."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class CopiedWork(NamedTuple):
    """An assignment and its days in the new class."""

    column: Column
    category: str
    assigned_on: date | None
    due_on: date | None
    is_outside: bool
    """Whether it would be due before or after the new class's term."""


@dataclass(frozen=True)
class Plan:
    """What would be taken over."""

    source: Section
    rules: section_rules.RulesDraft
    """As the new class would have them."""
    works: list[CopiedWork]
    scale_is_lost: bool
    """Whether the scale is retired, so that the new class would have no letters."""


def usual_shift(source: Section, target: Section) -> int:
    """Days from the one term to the other in whole weeks, so that what was due on a Tuesday stays so."""
    return round((target.term.begins_on - source.term.begins_on).days / WEEK) * WEEK


def plan(source: Section, target: Section, days: int, now: datetime) -> Plan:
    """What the class would take over, its days moved by so many days. Both classes were obtained through the person."""
    work = class_work(source, now)
    rules = section_rules.rules_now(source, work.categories)
    keeps_scale = rules.grading_scale_id is None or _is_offered(rules.grading_scale_id, target)
    rules = replace(
        rules,
        categories=tuple(replace(one, key=None) for one in rules.categories),
        grading_scale_id=rules.grading_scale_id if keeps_scale else None,
    )
    titles = {category.id: category.title for category in work.categories}
    works = [_copied(column, titles[column.category_id], target, days) for column in work.columns]
    return Plan(source, rules, works, scale_is_lost=not keeps_scale)


def _is_offered(scale_id: int, target: Section) -> bool:
    query = select(GradingScale.id).where(
        GradingScale.id == scale_id,
        GradingScale.school_id == target.school_id,
        GradingScale.retired_at.is_(None) | (GradingScale.id == target.grading_scale_id),
    )
    return db.session.scalar(query) is not None


def _copied(column: Column, category: str, target: Section, days: int) -> CopiedWork:
    due_on = _moved(column.due_on, days)
    outside = due_on is not None and not target.term.begins_on <= due_on < target.term.ends_on
    return CopiedWork(column, category, _moved(column.assigned_on, days), due_on, outside)


def _moved(day: date | None, days: int) -> date | None:
    try:
        return None if day is None else day + timedelta(days=days)
    except OverflowError:  # a file may bring the last day of the calendar
        return None


def pieces_of(section: Section) -> int:
    """How many assignments the class has."""
    living = (Assignment.section_id == section.id, Assignment.deleted_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(Assignment).where(*living)) or 0


def copy_set_up(
    source: Section, target: Section, *, days: int, with_assignments: bool, actor_id: int, now: datetime
) -> Plan:
    """Make the rules, categories and, if wished, the assignments of `source` those of `target`; the source stays as
    it is. Raises NotEmpty and PeriodClosed."""
    number = next_number(target)
    periods.require_open(target)
    count = pieces_of(target)
    if count:
        raise NotEmpty(count)
    copied = plan(source, target, days, now)
    before = section_rules.rules_now(target, class_work(target, now).categories)
    section_rules.save_rules(
        target, copied.rules, seen=section_rules.version_of(before), shown=None, actor_id=actor_id, now=now
    )
    if with_assignments and copied.works:
        _write_works(target, copied.works, number, now)
    audit.record(
        "set_up.copied",
        now,
        school_id=target.school_id,
        actor_id=actor_id,
        section_id=target.id,
        source_id=source.id,
        assignments=len(copied.works) if with_assignments else 0,
        days=days,
    )
    return copied


def _write_works(target: Section, works: Sequence[CopiedWork], number: int, now: datetime) -> None:
    living = select(Category.title, Category.id).where(Category.section_id == target.id, Category.deleted_at.is_(None))
    categories = dict(db.session.execute(living).all())
    homes = periods.periods_for(target, {work.due_on for work in works})
    texts = _descriptions([work.column.id for work in works])
    rows = [
        {
            "school_id": target.school_id,
            "section_id": target.id,
            "category_id": categories[work.category],
            "grading_period_id": homes[work.due_on],
            "title": work.column.title,
            "description": texts.get(work.column.id),
            "points": work.column.points,
            "weight": None if work.column.weight is None else Decimal(work.column.weight).scaleb(-2),
            "extra_credit": work.column.extra_credit,
            "counts": work.column.counts,
            "never_drop": work.column.never_drop,
            "assigned_on": work.assigned_on,
            "due_on": work.due_on,
            "due_time": work.column.due_time,
            "posted_at": now if target.posts_as_entered else None,
            "position": position,
            "seq": number,
        }
        for position, work in enumerate(works, 1)
    ]
    db.session.execute(insert(Assignment), rows)


def _descriptions(assignment_ids: Sequence[int]) -> dict[int, str | None]:
    """Pages of a class do not read them."""
    query = select(Assignment.id, Assignment.description).where(Assignment.id.in_(assignment_ids))
    return dict(db.session.execute(query).all())
