"""The printed parts of a total: what counted, what was dropped, what each line brings (grading.md G1-G10)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .categories import CategoryColumns, Column, Sums
from .cells import Cell
from .scales import Letters, round_percent_or_none
from .totals import Total
from .values import Category, CategoryGrade, Reason, Rules, TotalReason, What, Working, WorkLine

IN_NEITHER = (What.does_not_count, What.not_assigned, What.excused)
ZERO = Fraction(0)


def working(
    rules: Rules,
    groups: Sequence[CategoryColumns],
    cells: Sequence[Sequence[Cell]],
    sums: Sequence[Sums],
    total: Total,
    letters: Letters,
    as_zero: bool,
) -> Working:
    """One total with its parts; `as_zero` for `final`, where ungraded work counts as 0."""
    before_cap, exact = total.of(sums), total.capped(sums)
    percent = round_percent_or_none(exact)
    categories = [group.category for group in groups]
    weight_sum = _weight_sum(categories, sums) if rules.mode == "weighted" else None
    scaled_by = 100 / weight_sum if weight_sum and weight_sum < 100 else None
    possible = _class_possible(categories, sums)
    parts = []
    for group, group_cells, one in zip(groups, cells, sums, strict=True):
        if rules.mode == "points":
            part = _in_points(group, group_cells, one, possible, as_zero)
        else:
            factor = _factor(group.category, one, scaled_by) if exact is not None else None
            part = _in_weights(group, group_cells, one, factor, as_zero)
        parts.append(part)
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


def _in_points(
    group: CategoryColumns, cells: Sequence[Cell], sums: Sums, class_possible: int, as_zero: bool
) -> CategoryGrade:
    """A category in points mode: what it brings is its points as a percentage of the class's (G6)."""
    unit = Fraction(100, class_possible) if class_possible else None
    extra = group.category.extra_credit
    lines = []
    for place, (column, cell) in enumerate(zip(group.columns, cells, strict=True)):
        line = _line(column, cell, place, sums, as_zero)
        if unit is not None:
            share = line.possible * unit if line.possible and not extra else None
            line = line._replace(share=share, contribution=line.earned * unit)
        lines.append(line)
    share = sums.possible * unit if unit is not None and sums.possible and not extra else None
    return _part(group.category, sums, lines, share, sums.earned * unit if unit is not None else ZERO)


def _in_weights(
    group: CategoryColumns, cells: Sequence[Cell], sums: Sums, factor: Fraction | None, as_zero: bool
) -> CategoryGrade:
    """A category in weighted mode: what it brings is its percentage × its share of the grade (G7)."""
    unit = factor / sums.base if factor is not None else None
    lines = []
    for place, (column, cell) in enumerate(zip(group.columns, cells, strict=True)):
        line = _line(column, cell, place, sums, as_zero)
        if unit is not None:
            share = column.base * unit if line.possible and column.base else None
            line = line._replace(share=share, contribution=line.earned * column.factor * unit)
        lines.append(line)
    return _part(group.category, sums, lines, factor, sums.top * unit if unit is not None else ZERO)


def _part(
    category: Category, sums: Sums, lines: list[WorkLine], share: Fraction | None, contribution: Fraction
) -> CategoryGrade:
    exact = Fraction(100 * sums.top, sums.base) if sums.base else None
    return CategoryGrade(
        category=category,
        earned=sums.earned,
        possible=sums.possible,
        exact=exact,
        percentage=round_percent_or_none(exact),
        share=share,
        contribution=contribution,
        dropped_lowest=len(sums.dropped.lowest),
        dropped_highest=len(sums.dropped.highest),
        pool=sums.pool,
        lines=tuple(lines),
    )


def _line(column: Column, cell: Cell, place: int, sums: Sums, as_zero: bool) -> WorkLine:
    """The assignment's line, without what it brings to the total."""
    value, what, reason = cell.value, cell.what, cell.reason
    if value is None and as_zero and what not in IN_NEITHER:
        value, what = 0, What.as_zero
    if place in sums.dropped.lowest:
        what, reason = What.dropped, Reason.lowest
    elif place in sums.dropped.highest:
        what, reason = What.dropped, Reason.highest
    kept = value is not None and what is not What.dropped
    return WorkLine(
        work=column.work,
        what=what,
        reason=reason,
        typed=cell.typed,
        typed_percent=cell.typed_percent,
        typed_letter=cell.typed_letter,
        late=cell.late,
        value=value,
        earned=value if kept and value is not None else 0,
        possible=column.possible if kept else 0,
    )


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


def _factor(category: Category, sums: Sums, scaled_by: Fraction | None) -> Fraction | None:
    """Percent of the grade that the category decides; None if it takes no part (G7, G10)."""
    if not sums.base:
        return None
    if category.extra_credit or scaled_by is None:
        return Fraction(category.weight)
    return category.weight * scaled_by


def _reason(rules: Rules, sums: Sequence[Sums], exact: Fraction | None, as_zero: bool) -> TotalReason:
    if exact is not None:
        return TotalReason.computed
    if not any(one.pieces for one in sums):
        return TotalReason.nothing_counts if as_zero else TotalReason.nothing_graded
    if rules.mode == "weighted" and any(one.base for one in sums):
        return TotalReason.no_weight
    return TotalReason.no_points_possible
