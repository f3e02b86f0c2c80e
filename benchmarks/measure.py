"""Measuring: rounds in which every contestant runs once, medians, spreads, and the memory that was needed at most."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: its median, its spread, and the goal that it is held against."""

    what: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    goal: float | None = None
    at_least: bool = False
    """The goal is a lower bound; else it is an upper one."""

    @property
    def hit(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work, measured."""

    name: str
    work: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Times:
    """Seconds of each round of one contestant."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of all rounds."""
        return statistics.median(self.seconds)

    def figure(self, what: str, goal: float | None = None) -> Figure:
        """Give the median in milliseconds; `goal`, too."""
        return Figure(what, self.median * 1e3, "ms", min(self.seconds) * 1e3, max(self.seconds) * 1e3, goal)


def rounds(
    contestants: Mapping[str, Callable[[int], object]], times: int, clock: Clock = time.perf_counter
) -> dict[str, Times]:
    """Run every contestant once a round, so that a busy moment of the machine meets all; what one gives is dropped.

    Each is called with the number of the round, 1 the first.
    """
    found = {name: Times() for name in contestants}
    for number in range(1, times + 1):
        for name, work in contestants.items():
            found[name].seconds.append(seconds(partial(work, number), clock))
    return found


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Give the seconds that `work` takes by `clock`; rubbish of earlier work is removed first."""
    gc.collect()
    start = clock()
    work()
    return clock() - start


def ratio(what: str, slow: Times, fast: Times, goal: float | None = None, *, at_least: bool = True) -> Figure:
    """Give how many times longer `slow` took, round by round."""
    every = [a / b for a, b in zip(slow.seconds, fast.seconds, strict=True)]
    return Figure(what, statistics.median(every), "x", min(every), max(every), goal, at_least)


@dataclass(slots=True)
class Peak:
    """The most memory that this process held, in MB (10^6 bytes)."""

    before: float = 0.0
    most: float = 0.0

    def figure(self, what: str) -> Figure:
        """Give it as a figure."""
        return Figure(f"{what}, peak memory (before: {self.before:.0f})", self.most, "MB")


@contextmanager
def peak() -> Iterator[Peak]:
    """Watch this process' peak memory; where it cannot be set back (not Linux) it is the peak since the start."""
    found = Peak()
    gc.collect()
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    found.before = _most()
    yield found
    found.most = _most()


def _most() -> float:
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
