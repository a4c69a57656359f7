"""Running the cases: all of them in turn, again and again, so that a busy moment of the machine falls on all."""

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.client import Answer
from benchmarks.judging import p95
from benchmarks.pages import NotThereYet


@dataclass
class Case:
    """One thing that is timed."""

    key: str
    where: str
    """The school and database, or empty for what needs none."""
    run: Callable[[], list[Answer] | float]
    every: int = 1
    """Run only in every so many rounds."""
    meter: Callable[[], float] | None = None
    """Seconds that the server has computed so far."""
    samples: list[float] = field(default_factory=list)
    """Seconds."""
    computed: list[float] = field(default_factory=list)
    """Seconds that the server computed for each sample; what else the machine did meanwhile is not in them."""
    parts: list[list[float]] = field(default_factory=list)
    """Seconds of each request of each sample."""
    answers: list[Answer] = field(default_factory=list)
    """What came back the last time."""
    statements: list[list[str]] = field(default_factory=list)
    """What the database was asked for each of the answers."""
    problem: str | None = None
    """Why it is no longer run."""

    @property
    def median(self) -> float:
        """Seconds."""
        return median(self.samples)

    @property
    def p95(self) -> float:
        """Seconds."""
        return p95(self.samples)

    def once(self, *, keep: bool = True) -> None:
        """Run it; a page that is not there or is broken is noted and left out from then on."""
        if self.problem:
            return
        before = self.meter() if self.meter else 0.0
        try:
            outcome = self.run()
        except NotThereYet as missing:
            self.problem = f"no page yet ({missing})"
            return
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
            return
        seconds = [outcome]
        if isinstance(outcome, list):
            self.answers = outcome
            seconds = [answer.seconds for answer in outcome]
        if keep:
            self.samples.append(sum(seconds))
            self.parts.append(seconds)
            if self.meter:
                self.computed.append(self.meter() - before)


def interleave(cases: Iterable[Case], rounds: int, *, seconds: float) -> int:
    """Run all cases in turn for so many rounds, or until the time is over. Returns the rounds that were run."""
    cases, give_up = list(cases), time.monotonic() + seconds
    for case in cases:
        case.once(keep=False)
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            for case in cases:
                if number % case.every == 0:
                    case.once()
            if time.monotonic() > give_up:
                return number + 1
    finally:
        gc.enable()
    return rounds
