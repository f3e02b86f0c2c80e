"""Spans by the clock on the wall: `Mon-Thu 09:00-16:00`, `Sat-Sun`, `22:00-02:00`.

A span holds every moment at which a clock in the time zone shows a time in it, so the hour that comes twice in autumn
counts twice, and the one that spring leaves out does not exist. One that ends before it begins goes over midnight and
belongs to the day on which it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from promoter.model.moment import DAYS

DAY: Final = 24 * 60
_NUMBERS = {name.lower(): number for number, name in enumerate(DAYS)}
_DAYS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)?(?:,[A-Za-z]+(?:-[A-Za-z]+)?)*")
_TIMES = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_AROUND = (-2, 0)
"""The days on which a span begins that a moment is in or at the end of."""
_WEEK = 8
"""So many days on there is one more of every day of the week, though the clock is changed."""


@dataclass(frozen=True, slots=True)
class ClockSpans:
    """One span on each of `days` (0: Monday), from minute `start` of the day to before minute `stop`."""

    days: frozenset[int]
    start: int
    stop: int
    """Above `start`; above 1440 where it goes over midnight."""
    text: str

    def __str__(self) -> str:
        return self.text

    def end(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end of a span that `at` is in."""
        return max((end for begin, end in self._on(at, zone, *_AROUND) if begin <= at < end), default=None)

    def begin(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the earliest beginning of a span that lasts up to `at`."""
        return min((begin for begin, end in self._on(at, zone, *_AROUND) if begin < at <= end), default=None)

    def next(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the soonest beginning after `at`."""
        return min((begin for begin, _ in self._on(at, zone, -1, _WEEK) if begin > at), default=None)

    def previous(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end before `at`."""
        return max((end for _, end in self._on(at, zone, -_WEEK - 1, 1) if end < at), default=None)

    def _on(self, at: datetime, zone: tzinfo, first: int, last: int) -> Iterator[tuple[datetime, datetime]]:
        """Give the spans that begin on the days from `first` to `last`, counted from the day of `at`."""
        today = at.astimezone(zone).date()
        for ahead in range(first, last + 1):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                midnight = datetime.combine(day, time())
                yield from _moments(
                    midnight + timedelta(minutes=self.start), midnight + timedelta(minutes=self.stop), zone
                )


def _moments(start: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans of time in which a clock in `zone` shows from `start` to before `end`."""
    first, last = start.replace(tzinfo=UTC) - timedelta(days=1), end.replace(tzinfo=UTC) + timedelta(days=1)
    before, after = _offset(first, zone), _offset(last, zone)
    if before == after:
        yield (start - before).replace(tzinfo=UTC), (end - before).replace(tzinfo=UTC)
        return
    change = _change(first, last, zone)
    pieces = (
        ((start - before).replace(tzinfo=UTC), min((end - before).replace(tzinfo=UTC), change)),
        (max((start - after).replace(tzinfo=UTC), change), (end - after).replace(tzinfo=UTC)),
    )
    yield from (piece for piece in pieces if piece[0] < piece[1])


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(first: datetime, last: datetime, zone: tzinfo) -> datetime:
    """Find the second at which the clock is changed between two moments; zones change it once in so few days."""
    before = _offset(first, zone)
    while last - first > timedelta(seconds=1):
        middle = first + timedelta(seconds=(last - first) // timedelta(seconds=2))
        if _offset(middle, zone) == before:
            first = middle
        else:
            last = middle
    return last


def parse_clock(text: str) -> ClockSpans:
    """Read `Mon-Thu 09:00-16:00`, days alone or times alone. Raises ValueError with words for people."""
    words = text.split()
    days, start, end = frozenset(range(7)), 0, DAY
    if not words or len(words) > 2:
        raise ValueError(f"{text} {_FORM}")
    if _TIMES.fullmatch(words[-1]):
        start, end = _times(words.pop())
    if len(words) > 1:
        raise ValueError(f"{words[1]} is no span of time; write for example 09:00-16:00")
    if words:
        if not _DAYS.fullmatch(words[0]):
            raise ValueError(f"{text} {_FORM}")
        days = frozenset(number for part in words[0].split(",") for number in _some_days(part))
    return ClockSpans(days, start, end, text)


_FORM: Final = "is no span of time; write for example Mon-Thu 09:00-16:00, Sat-Sun, or cron 0 9 * * 1-4 for 7h"


def _some_days(part: str) -> Iterator[int]:
    first, _, last = part.partition("-")
    begin = _day(first)
    count = (_day(last) - begin) % 7 if last else 0
    return ((begin + ahead) % 7 for ahead in range(count + 1))


def _day(word: str) -> int:
    if word.lower() not in _NUMBERS:
        raise ValueError(f"{word} is no day; there is {', '.join(DAYS)}")
    return _NUMBERS[word.lower()]


def _times(word: str) -> tuple[int, int]:
    first, last = word.split("-")
    start, end = _minute(first), _minute(last)
    if start == DAY:
        raise ValueError(f"{word} begins at the end of a day; write 00:00")
    if start == end:
        raise ValueError(f"{word} begins and ends at the same time; leave the times out for whole days")
    return start, end if end > start else end + DAY


def _minute(word: str) -> int:
    hour, minute = int(word[:2]), int(word[3:])
    if minute > 59 or hour * 60 + minute > DAY:
        raise ValueError(f"{word} is no time of day")
    return hour * 60 + minute
