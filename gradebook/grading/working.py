"""The printed parts of a total: what counted, what was dropped, what each line brings (grading.md G1-G10)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .categories import CategoryColumns, Column, Sums
from .cells import IN_NEITHER, Cell
from .scales import Letters, round_percent_or_none
from .totals import Total
from .values import Category, CategoryGrade, Reason, Rules, TotalReason, What, Working, WorkLine

ZERO = Fraction(0)

# Read for every line of a class: a module's name is found much faster than an enum's member.
AS_ZERO, DROPPED, LOWEST, HIGHEST = What.as_zero, What.dropped, Reason.lowest, Reason.highest


def current_and_final(
    rules: Rules,
    groups: Sequence[CategoryColumns],
    cells: Sequence[Sequence[Cell]],
    sums: Sequence[tuple[Sums, Sums]],
    total: Total,
    letters: Letters,
) -> tuple[Working, Working]:
    """Both totals with their parts. A category in which nothing is ungraded is the same in both."""
    made: list[CategoryGrade | None] = [None] * len(groups)
    current = _working(rules, groups, cells, [pair[0] for pair in sums], total, letters, made, as_zero=False)
    made = [part if pair[0] is pair[1] else None for part, pair in zip(current.parts, sums, strict=True)]
    return current, _working(rules, groups, cells, [pair[1] for pair in sums], total, letters, made, as_zero=True)


def _working(
    rules: Rules,
    groups: Sequence[CategoryColumns],
    cells: Sequence[Sequence[Cell]],
    sums: Sequence[Sums],
    total: Total,
    letters: Letters,
    made: Sequence[CategoryGrade | None],
    *,
    as_zero: bool,
) -> Working:
    """One total; `as_zero` for `final`, where ungraded work counts as 0. `made` is what is already known of it."""
    before_cap = total.of(sums)
    exact = total.under_cap(before_cap)
    percent = round_percent_or_none(exact)
    categories = [group.category for group in groups]
    weight_sum = _weight_sum(categories, sums) if rules.mode == "weighted" else None
    scaled_by = 100 / weight_sum if weight_sum and weight_sum < 100 else None
    possible = _class_possible(categories, sums)
    per_point = Fraction(100, possible) if possible else None
    parts = []
    for group, group_cells, one, known in zip(groups, cells, sums, made, strict=True):
        if rules.mode == "points":
            unit, share = per_point, _share_of_points(group.category, one, per_point)
        else:
            share = _share_by_weight(group.category, one, scaled_by) if exact is not None else None
            unit = share / one.base if share is not None else None
        if known is None or (known.unit, known.share) != (unit, share):
            known = _part(group, group_cells, one, unit, share, as_zero, in_points=rules.mode == "points")
        parts.append(known)
    return Working(
        percent=percent,
        exact=exact,
        letter=letters.of(percent),
        reason=_reason(rules, sums, exact, as_zero),
        parts=tuple(parts),
        earned=sum(one.earned for one in sums),
        possible=possible,
        weight_sum=weight_sum,
        scaled_by=scaled_by,
        before_cap=before_cap if before_cap != exact else None,
    )


def _share_of_points(category: Category, sums: Sums, per_point: Fraction | None) -> Fraction | None:
    """Percent of the grade that the category decides in points mode: its possible points of the class's (G6)."""
    if category.extra_credit or per_point is None or not sums.possible:
        return None
    return sums.possible * per_point


def _share_by_weight(category: Category, sums: Sums, scaled_by: Fraction | None) -> Fraction | None:
    """The same in weighted mode: its weight, rescaled; None if it takes no part (G7, G10)."""
    if not sums.base:
        return None
    if category.extra_credit or scaled_by is None:
        return category.weight
    return category.weight * scaled_by


def _part(
    group: CategoryColumns,
    cells: Sequence[Cell],
    sums: Sums,
    unit: Fraction | None,
    share: Fraction | None,
    as_zero: bool,
    *,
    in_points: bool,
) -> CategoryGrade:
    exact = Fraction(100 * sums.top, sums.base) if sums.base else None
    brings = sums.earned if in_points else sums.top
    lowest, highest = sums.dropped
    lines = []
    for place, (column, cell) in enumerate(zip(group.columns, cells, strict=True)):
        dropped = LOWEST if place in lowest else HIGHEST if place in highest else None
        lines.append(_line(column, cell, dropped, unit, as_zero, in_points, share is None))
    return CategoryGrade(
        category=group.category,
        earned=sums.earned,
        possible=sums.possible,
        exact=exact,
        percentage=round_percent_or_none(exact),
        share=share,
        unit=unit,
        contribution=brings * unit if unit is not None else ZERO,
        dropped_lowest=len(lowest),
        dropped_highest=len(highest),
        pool=sums.pool,
        lines=tuple(lines),
    )


def _line(
    column: Column,
    cell: Cell,
    dropped: Reason | None,
    unit: Fraction | None,
    as_zero: bool,
    in_points: bool,
    decides_nothing: bool,
) -> WorkLine:
    """The assignment in one total. Fields of WorkLine in their order: naming them costs a quarter of the time."""
    what, reason, typed, percent, letter, late, value = cell
    if value is None and as_zero and what not in IN_NEITHER:
        value, what = 0, AS_ZERO
    if dropped is not None:
        return WorkLine(column.work, DROPPED, dropped, typed, percent, letter, late, value)
    if value is None:
        return WorkLine(column.work, what, reason, typed, percent, letter, late)
    possible = column.possible
    top, base = (value, possible) if in_points else (value * column.factor, column.base)
    base = 0 if decides_nothing else base
    return WorkLine(column.work, what, reason, typed, percent, letter, late, value, value, possible, top, base, unit)


def _class_possible(categories: Sequence[Category], sums: Sequence[Sums]) -> int:
    return sum(one.possible for category, one in zip(categories, sums, strict=True) if not category.extra_credit)


def _weight_sum(categories: Sequence[Category], sums: Sequence[Sums]) -> Fraction:
    """W: the weights of the categories that have a percentage; an extra-credit category is not in it (G7)."""
    taking_part = (
        category.weight
        for category, one in zip(categories, sums, strict=True)
        if one.base and not category.extra_credit
    )
    return sum(taking_part, ZERO)


def _reason(rules: Rules, sums: Sequence[Sums], exact: Fraction | None, as_zero: bool) -> TotalReason:
    if exact is not None:
        return TotalReason.computed
    if not any(one.pieces for one in sums):
        return TotalReason.nothing_counts if as_zero else TotalReason.nothing_graded
    if rules.mode == "weighted" and any(one.base for one in sums):
        return TotalReason.no_weight
    return TotalReason.no_points_possible
