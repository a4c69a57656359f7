"""A second calculator, written from grading.md alone: plain fractions, every choice of drops tried.

Slow on purpose, and sharing no code with the first beyond the values, so that both are hardly wrong in the
same way.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

from gradebook.grading.values import Category, GradingScale, Mark, Rules, Work

F = Fraction
Scores = list[tuple[Work, Fraction]]


def grade(
    rules: Rules, categories: list[Category], works: list[Work], marks: dict[int, Mark | int], **asked: Any
) -> tuple[Fraction | None, Fraction | None]:
    """(current, final), exact and capped."""
    totals = []
    for ungraded in ("leave out", "as zero"):
        scores = {category.id: [] for category in categories}
        for work in sorted(works, key=lambda work: (work.position, work.id)):
            value = cell(rules, work, marks.get(work.id), **asked)
            if value == "ungraded":
                value = F(0) if ungraded == "as zero" else "out"
            if value != "out":
                scores[work.category_id].append((work, F(value)))
        kept = {category.id: after_drops(category, scores[category.id]) for category in categories}
        total = in_points(categories, kept) if rules.mode == "points" else in_weights(categories, kept)
        if total is not None and rules.cap_percent is not None and total > rules.cap_percent:
            total = rules.cap_percent
        totals.append(total)
    return totals[0], totals[1]


def cell(
    rules: Rules,
    work: Work,
    mark: Mark | int | None,
    at: datetime,
    joined_at: datetime | None = None,
    left_at: datetime | None = None,
    posted_only: bool = False,
    not_assigned: Any = (),
) -> Any:
    """'out', 'ungraded', or points."""
    if not work.counts or work.id in not_assigned:
        return "out"
    mark = Mark(points=mark) if isinstance(mark, int) else mark
    if mark is not None and posted_only:
        shown = work.posted if mark.posted is None else mark.posted
        mark = mark if shown else None
    mark = mark or Mark()
    if mark.status == "excused":
        return "out"
    score = None
    if mark.status in ("none", "turned_in"):
        score = typed(rules.scale, work, mark)
    if score is not None:
        return late(rules, work, mark, score)
    # The end of a day is the midnight with which the next begins.
    if joined_at and work.due_at and work.due_at <= joined_at:
        return "out"
    if left_at and work.due_at and work.due_at > left_at:
        return "out"
    missing = mark.status == "missing"
    if mark.status == "incomplete" and mark.finish_by_at is not None and at >= mark.finish_by_at:
        missing = True
    if missing and rules.missing_percent is not None:
        return F(work.possible) * rules.missing_percent / 100
    return "ungraded"


def typed(scale: GradingScale | None, work: Work, mark: Mark) -> Fraction | None:
    if mark.points is not None:
        return F(mark.points)
    if mark.percent is not None:
        return mark.percent / 100 * work.possible
    if mark.letter is None or scale is None:
        return None
    rising = sorted((bound, label) for label, bound in scale.bands)
    for at, (bound, label) in enumerate(rising):
        if label == mark.letter:
            if at == len(rising) - 1:
                return F(work.possible)
            above = rising[at + 1][0]
            width = above - bound
            step = F(1) if width >= 1 else F(1, 10) if width >= F(1, 10) else F(1, 100)
            return (above - step) / 100 * work.possible
    return None


def late(rules: Rules, work: Work, mark: Mark, score: Fraction) -> Fraction:
    rule = rules.late
    if rule is None or not mark.late or mark.late_cleared or work.possible == 0:
        return score
    length = timedelta(days=1) if rule.interval == "day" else timedelta(hours=1)
    started = 0
    if mark.turned_in_at and work.due_at:
        while work.due_at + started * length < mark.turned_in_at:
            started += 1
    started = started or 1
    floor = rule.floor * work.possible / 100
    if score <= floor:
        return score
    return max(floor, score - started * rule.percent * work.possible / 100)


def percentage(category: Category, scores: Scores) -> Fraction | None:
    """In the category's own mode; a whole is 1."""
    earned = possible = F(0)
    for work, points in scores:
        if category.weighing == "points":
            earned += points
            possible += 0 if work.extra_credit else work.possible
        elif work.possible:
            weight = F(1) if category.weighing == "equal" or work.weight is None else work.weight
            earned += weight * points / work.possible
            possible += 0 if work.extra_credit else weight
    return earned / possible if possible else None


def after_drops(category: Category, scores: Scores) -> Scores:
    pool = [one for one in scores if not one[0].never_drop and not one[0].extra_credit]
    beside = [one for one in scores if one not in pool]
    if not pool:
        return scores
    lowest = category.drop_lowest
    if category.keep_best is not None:
        lowest = max(0, len(pool) - category.keep_best)
    lowest = min(lowest, len(pool) - 1)
    highest = 0 if lowest + category.drop_highest >= len(pool) else category.drop_highest
    if all(work.possible == 0 for work, _ in pool):
        for _ in range(lowest):
            pool.remove(min(pool, key=lambda one: one[1]))
        for _ in range(highest):
            pool.remove(max(pool, key=lambda one: one[1]))
        return beside + pool
    pool = extreme(category, pool, beside, len(pool) - lowest, +1)
    return beside + extreme(category, pool, beside, len(pool) - highest, -1)


def extreme(category: Category, pool: Scores, beside: Scores, size: int, sign: int) -> Scores:
    if size == len(pool):
        return pool
    best, best_percentage = None, None
    for chosen in combinations(pool, size):  # earlier assignments come first, and a tie keeps the first
        one = percentage(category, beside + list(chosen))
        if best is None or (one is not None and (best_percentage is None or sign * one > sign * best_percentage)):
            best, best_percentage = chosen, one
    return list(best or ())


def in_points(categories: list[Category], kept: dict[int, Scores]) -> Fraction | None:
    earned = possible = F(0)
    for category in categories:
        for work, points in kept[category.id]:
            earned += points
            if not work.extra_credit and not category.extra_credit:
                possible += work.possible
    return 100 * earned / possible if possible else None


def in_weights(categories: list[Category], kept: dict[int, Scores]) -> Fraction | None:
    total = extra = weights = F(0)
    for category in categories:
        one = percentage(category, kept[category.id])
        if one is None:
            continue
        if category.extra_credit:
            extra += one * category.weight
        else:
            total += one * category.weight
            weights += category.weight
    if weights == 0:
        return None
    if weights < 100:
        total = total * 100 / weights
    return total + extra


def rounded(total: Fraction | None) -> Decimal | None:
    """Half up to 2 places: the decimals are cut far behind, which cannot move a half."""
    if total is None:
        return None
    cut = Decimal(total.numerator * 10**30 // total.denominator).scaleb(-30, Context(prec=80))
    return cut.quantize(Decimal("0.01"), ROUND_HALF_UP, Context(prec=80))
