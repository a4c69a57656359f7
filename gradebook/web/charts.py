"""Where the parts of a chart stand, so that a template only draws them. The figures are the trend's own."""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil, floor
from typing import NamedTuple

from gradebook.grading.trend import TrendPoint

WIDTH, HEIGHT = 420, 176
LEFT, RIGHT, TOP, BOTTOM = 40, 34, 24, 34
STEP = 10
"""Percent between two lines, or a multiple of it: never more than five lines."""
MOST_LINES = 5


class Line(NamedTuple):
    """A line across the chart, with its percentage."""

    y: float
    percent: int


class Dot(NamedTuple):
    """One point of the trend."""

    x: float
    y: float
    point: TrendPoint


class TrendChart(NamedTuple):
    """A line chart in units of its own, of which it is `width` wide and `height` high."""

    width: int
    height: int
    lines: list[Line]
    dots: list[Dot]
    path: str

    @property
    def ends(self) -> tuple[Dot, Dot]:
        """The dots that carry words."""
        return self.dots[0], self.dots[-1]

    @property
    def left(self) -> int:
        """Where lines begin."""
        return LEFT

    @property
    def right(self) -> int:
        """Where lines end."""
        return WIDTH - RIGHT


def trend_chart(points: Sequence[TrendPoint]) -> TrendChart:
    """The chart of at least two points, evenly spaced. It does not begin at 0: the numbers at its lines say where."""
    low, high, step = _scale([point.percent for point in points])

    def y(percent: Decimal | int) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * float((high - percent) / Decimal(high - low)), 1)

    across = (WIDTH - LEFT - RIGHT - 24) / (len(points) - 1)
    dots = [Dot(round(LEFT + 12 + number * across, 1), y(point.percent), point) for number, point in enumerate(points)]
    path = "M" + " L".join(f"{dot.x} {dot.y}" for dot in dots)
    return TrendChart(WIDTH, HEIGHT, [Line(y(at), at) for at in range(low, high + 1, step)], dots, path)


def _scale(percents: list[Decimal]) -> tuple[int, int, int]:
    """The lowest and the highest line, and how far apart lines are."""
    low, high = floor(min(percents) / STEP) * STEP, ceil(max(percents) / STEP) * STEP
    low = max(0, min(low, high - 2 * STEP))
    high = max(high, low + 2 * STEP)
    step = STEP * ceil((high - low) / STEP / (MOST_LINES - 1))
    return low, low + step * ceil((high - low) / step), step
