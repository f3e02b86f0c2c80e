"""Spans of time that come again, and when what they allow and deny is open.

Every moment goes in and comes out in UTC. A span begins at its first moment and ends before its last. Invariant:
nothing here lists all spans of a stretch of time, so a span that comes every minute costs what a yearly one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

FURTHEST = timedelta(days=366 * 30)
"""How far ahead it is looked: leap days, weekdays and the clock's changes have all come together by then."""
_MOST_STEPS = 5_000
_MOST_JOINED = 500
"""How many spans that follow each other without a gap are counted together."""
_TICK = timedelta(microseconds=1)


class Spans(Protocol):
    """Spans that come again in the local time of `zone`."""

    def end(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end of a span that `at` is in."""
        ...

    def begin(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the earliest beginning of a span that lasts up to `at`: it begins before and does not end before."""
        ...

    def next(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the soonest beginning after `at`."""
        ...

    def previous(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Give the latest end before `at`."""
        ...


def open_at(allow: Sequence[Spans], deny: Sequence[Spans], zone: tzinfo, at: datetime) -> bool:
    """Tell whether `at` is in a span of `allow` (any time where there is none) and in none of `deny`."""
    at = at.astimezone(UTC)
    return _end(deny, zone, at) is None and (not allow or _end(allow, zone, at) is not None)


def opening(allow: Sequence[Spans], deny: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    """Give the first moment from `at` on that is open; None when there is none that could be found."""
    at = at.astimezone(UTC)
    last = at + FURTHEST
    for _ in range(_MOST_STEPS):
        over = _end(deny, zone, at)
        if over is not None:
            at = over
        elif not allow or _end(allow, zone, at) is not None:
            return at
        else:
            begins = _pick(min, (spans.next(at, zone) for spans in allow))
            if begins is None:
                return None
            at = begins
        if at > last:
            return None
    return None


def closing(allow: Sequence[Spans], deny: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    """Give the end of what is open at `at`; None when none could be found."""
    at = at.astimezone(UTC)
    denied = _pick(min, (spans.next(at, zone) for spans in deny))
    if not allow:
        return denied
    end = at
    for _ in range(_MOST_JOINED):
        if denied is not None and end >= denied:
            return denied
        later = _end(allow, zone, end)
        if later is None:
            return end
        end = later
    return None


def opened(allow: Sequence[Spans], deny: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    """Give the beginning of what is open at `at`; None when none could be found."""
    at = at.astimezone(UTC)
    # one microsecond later, so that what ends or begins at this very moment counts
    denied = _pick(max, (spans.previous(at + _TICK, zone) for spans in deny))
    if not allow:
        return denied
    start = at + _TICK
    for _ in range(_MOST_JOINED):
        if denied is not None and start <= denied:
            return denied
        earlier = _begin(allow, zone, start)
        if earlier is None:
            return start
        start = earlier
    return None


def closed(allow: Sequence[Spans], deny: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    """Give the end of what was open last before `at`, which is closed; None when nothing was."""
    at = at.astimezone(UTC)
    first = at - FURTHEST
    at += _TICK
    for _ in range(_MOST_STEPS):
        since = _begin(deny, zone, at)
        if since is not None:
            at = since
        elif not allow or _begin(allow, zone, at) is not None:
            return at
        else:
            ended = _pick(max, (spans.previous(at, zone) for spans in allow))
            if ended is None:
                return None
            at = ended
        if at < first:
            return None
    return None


def _end(every: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    return _pick(max, (spans.end(at, zone) for spans in every))


def _begin(every: Sequence[Spans], zone: tzinfo, at: datetime) -> datetime | None:
    return _pick(min, (spans.begin(at, zone) for spans in every))


def _pick(choose: Callable[[list[datetime]], datetime], moments: Iterable[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return choose(known) if known else None
