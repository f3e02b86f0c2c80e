"""The moments of a script, as people write them: by the clock on the wall of the config's time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from promoter.model.moment import DAYS

_CLOCK: Final = re.compile(r"(?:([A-Za-z]{3})\s+)?([0-9]{2}):([0-9]{2})")
_FORMS: Final = "Mon 09:00, 14:00, or 2026-12-24 09:00"
_WEEK: Final = 7
_NUMBERS: Final = {name.lower(): number for number, name in enumerate(DAYS)}


def parse_start(text: str, zone: tzinfo) -> datetime:
    """Read `2026-12-24 09:00` or `2026-12-24` (its beginning) in `zone`; gives UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text} is not a moment; write for example 2026-12-24 09:00") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def parse_until(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Read `Mon 09:00` or `14:00`, the next one after `now`, or `2026-12-24 09:00`; gives UTC. Raises ValueError."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        try:
            found = parse_start(text, zone)
        except ValueError:
            raise ValueError(f"{text} is not a moment; write for example {_FORMS}") from None
        if found <= now:
            raise ValueError(f"{text} is over by then")
        return found
    day, hour, minute = match.groups()
    if (day is not None and day.lower() not in _NUMBERS) or int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{text} is not a moment; write for example {_FORMS}")
    today = now.astimezone(zone).date()
    for ahead in range(_WEEK + 1):
        there = today + timedelta(days=ahead)
        found = datetime.combine(there, time(int(hour), int(minute)), tzinfo=zone).astimezone(UTC)
        if found > now and (day is None or there.weekday() == _NUMBERS[day.lower()]):
            return found
    raise AssertionError("unreachable: there is one of every day in a week")
