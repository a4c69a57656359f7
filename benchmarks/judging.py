"""What the samples say: medians, 95th percentiles, whether the machine was quiet enough, and whether a goal is met."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median, quantiles

NOISY = 2.0
"""The medians of a floor's samples, in five parts of the run, may differ by this factor."""
PARTS = 5
WAITED = 1.3
"""How many times longer work may take than the processor was busy with it: beyond that, others had the processor."""
BUSY = 1.0
"""The load of the machine, from which on it is not quiet enough to begin."""


class Verdict(StrEnum):
    """What came of a goal."""

    MET = "met"
    NEAR = "within twice"
    MISSED = "missed"
    NOISY = "noisy run"


def p95(samples: Sequence[float]) -> float:
    """The value below which 95 of 100 samples lie."""
    return quantiles(samples, n=20, method="inclusive")[-1] if len(samples) > 1 else samples[0]


def spread(samples: Sequence[float]) -> float:
    """How much a floor moved during the run: its slowest part over its quickest, by their medians."""
    size = len(samples) // PARTS
    if size < 2:
        return max(samples) / min(samples)
    parts = [median(samples[start : start + size]) for start in range(0, size * PARTS, size)]
    return max(parts) / min(parts)


def waited(samples: Sequence[float], computed: Sequence[float]) -> float:
    """How many times longer pure computing took than the processor time that it got."""
    return median(samples) / median(computed)


def judge(value: float, bound: float, *, noisy: bool = False) -> Verdict:
    """Whether a value keeps its bound, or twice that. A noisy run passes nothing."""
    if noisy:
        return Verdict.NOISY
    if value <= bound:
        return Verdict.MET
    return Verdict.NEAR if value <= 2 * bound else Verdict.MISSED
