"""When a hold ends, as people write it: a moment, a day, or a length of time from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from promoter.errors import UsageError

_LENGTH = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_until(text: str, timezone: str, now: datetime) -> datetime:
    """Read `2026-12-24T18:00`, `2026-12-24` (its beginning) or `4h`; zoneless: `timezone`. Raises UsageError."""
    span = _LENGTH.fullmatch(text.strip())
    if span is not None:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text} is not a time", "write 2026-12-24T18:00, 2026-12-24 or 4h") from None
    zone: tzinfo = UTC if timezone == "UTC" else ZoneInfo(timezone)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def parse_length(text: str) -> timedelta:
    """Read a length of time with its unit: `90s`, `30m`, `4h`, `2d`. Raises UsageError."""
    span = _LENGTH.fullmatch(text.strip())
    if span is None:
        raise UsageError(f"{text} is not a length of time", "write a number and a unit: 90s, 30m, 4h, 2d")
    return timedelta(**{_UNITS[span[2]]: int(span[1])})
