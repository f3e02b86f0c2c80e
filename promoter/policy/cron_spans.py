"""Spans that begin when a cron expression says and last a length of time: `cron 0 9 * * 1-4 for 7h`.

Five fields as in Debian's crontab(5): minute, hour, day of month, month, day of week. At an hour that comes twice in
autumn it begins once; at a time that spring leaves out it begins when the clock goes on. Where the clock changes by
half an hour (Lord Howe Island only), what would begin later on that day may not begin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from cronsim import CronSim, CronSimError

WORD: Final = "cron"
_TEXT = re.compile(r"cron\s+(.+?)\s+for\s+(\S+)")
_FIELDS = 5
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_TWICE = timedelta(hours=3)
"""Longer than any stretch of local time that comes twice."""


@dataclass(frozen=True, slots=True)
class CronSpans:
    """Spans of the length `lasts` from each moment that `expression` names."""

    expression: str
    lasts: timedelta
    text: str

    def __str__(self) -> str:
        return self.text

    def end(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end of a span that `at` is in."""
        begin = self._last(at, zone)
        return begin + self.lasts if begin is not None and at < begin + self.lasts else None

    def begin(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the earliest beginning of a span that lasts up to `at`."""
        begin = self._first(at - self.lasts, zone)
        return begin if begin is not None and begin < at else None

    def next(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the soonest beginning after `at`."""
        return self._first(at + timedelta(microseconds=1), zone)

    def previous(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end before `at`."""
        begin = self._last(at - self.lasts - timedelta(microseconds=1), zone)
        return begin + self.lasts if begin is not None else None

    def _first(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the soonest beginning that is not before `at`."""
        start = (at - timedelta(seconds=1)).astimezone(zone)
        return next((begin for begin in self._begins(start) if begin >= at), None)

    def _last(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest beginning that is not after `at`."""
        # CronSim goes by the clock, which in the second of two equal hours hides what began in the first.
        ahead = _TWICE if at.astimezone(zone).fold else timedelta(seconds=1)
        start = (at + ahead).astimezone(zone)
        return next((begin for begin in self._begins(start, reverse=True) if begin <= at), None)

    def _begins(self, start: datetime, reverse: bool = False) -> Iterator[datetime]:
        for begin in CronSim(self.expression, start, reverse=reverse):
            yield begin.astimezone(UTC)


def parse_cron(text: str, length: Callable[[str], timedelta]) -> CronSpans:
    """Read `cron 0 9 * * 1-4 for 7h`; `length` reads what stands behind `for`. Raises ValueError, also for what
    names no moment at all.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} does not say when and how long; write for example cron 0 9 * * 1-4 for 7h")
    expression = " ".join(match[1].split())
    if len(expression.split()) != _FIELDS:
        raise ValueError(f"{expression} has not five fields: minute, hour, day of month, month, day of week")
    spans = CronSpans(expression, length(match[2]), text)
    try:
        never = spans.next(_SOME_DAY, UTC) is None
    except CronSimError as error:
        raise ValueError(f"{expression} is no cron expression: {str(error)[:1].lower()}{str(error)[1:]}") from None
    if never:
        raise ValueError(f"{expression} never comes")
    return spans
