"""Releases that keep coming: what production gets. `python -m tests.laws.stream [DAYS [NEWER...]]` prints a table.

dev, staging with a soak of an hour, prod; a commit every ten minutes, a cluster that is well two minutes after a merge.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from promoter.policy.rules import Newer
from tests.laws.paper import START, Paper

LINE = ("dev", "staging", "prod")


@dataclass(frozen=True)
class Stream:
    """What came of it."""

    released: int
    promotions: int
    """Into production."""
    skipped: int
    """Releases that production never had, up to the newest that it has."""
    longest: timedelta
    """The longest time between two promotions into production, the end of the time included."""
    first: timedelta
    """From the first commit to the first promotion into production."""
    oldest: timedelta
    """How old at most the newest release in production was when the next one took its place."""
    at_end: timedelta
    """How old the release in production is at the end."""
    looks: int


def stream(newer: Newer, span: timedelta, every: timedelta, soaks: tuple[timedelta, ...], healthy: timedelta) -> Stream:
    """Let commits come for `span`, and look at production."""
    environments = LINE[: len(soaks)]
    world = Paper(environments, soaks, newer, healthy)
    end = START + span
    while world.now < end:
        world.release()
        world.run()
        world.until(min(world.now + every, end))
    return _figures(world, end)


def _figures(world: Paper, end: datetime) -> Stream:
    arrivals = world.lanes[list(world.lanes)[-1]].arrivals
    times = [at for at, _ in arrivals]
    gaps = [after - before for before, after in zip(times, [*times[1:], end], strict=False)]
    ages = [after - world.made[number] for (_, number), after in zip(arrivals, times[1:], strict=False)]
    numbers = [number for _, number in arrivals]
    assert numbers == sorted(set(numbers)), "production went back, or got something twice"
    none = end - START
    return Stream(
        released=len(world.made),
        promotions=len(arrivals),
        skipped=max(numbers, default=0) - len(numbers),
        longest=max(gaps, default=none),
        first=times[0] - START if times else none,
        oldest=max(ages, default=timedelta()),
        at_end=end - world.made[numbers[-1]] if numbers else none,
        looks=world.looks,
    )


def table(days: int, words: list[Newer]) -> Iterator[str]:
    """Say what production gets for each word of `newer`, as rows of a table."""
    yield f"{days} days, a commit every 10 minutes, staging soaks 1 h, healthy 2 min after a merge:"
    yield ""
    yield "| `newer` | releases | promotions into prod | longest without one | age when replaced, at most | at end |"
    yield "|---|---:|---:|---:|---:|---:|"
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    for newer in words:
        found = stream(newer, timedelta(days=days), 10 * minute, (timedelta(), hour, timedelta()), 2 * minute)
        row = (found.released, found.promotions, found.longest, found.oldest, found.at_end)
        yield f"| `{newer.value}` | " + " | ".join(map(str, row)) + " |"


if __name__ == "__main__":
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    for line in table(days, [Newer(word) for word in sys.argv[2:]] or list(Newer)):
        sys.stdout.write(f"{line}\n")
