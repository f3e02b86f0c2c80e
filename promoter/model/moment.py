"""Times as people read them: absolute, in the configured time zone, never by a locale.

Invariant: nothing here knows what time it is now, so a text that is made twice is the same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def length(span: timedelta) -> str:
    """Give a length of time as people say it, rounded down: `45 s`, `30 min`, `1 h 30 min`, `66 h`, `3 days`."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 72 * 60:
        rest = minutes % 60 if minutes < 10 * 60 else 0
        return f"{minutes // 60} h" + (f" {rest} min" if rest else "")
    return f"{minutes // (24 * 60)} days"


@dataclass(frozen=True, slots=True)
class Times:
    """How to write times: in `zone`, with the year only where it is not `year`."""

    zone: tzinfo
    year: int

    def clock(self, at: datetime) -> str:
        """`15:04`."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def day(self, at: datetime) -> str:
        """`14 Nov`, or `14 Nov 2025` in another year."""
        here = at.astimezone(self.zone)
        year = "" if here.year == self.year else f" {here.year}"
        return f"{here.day} {_MONTHS[here.month - 1]}{year}"

    def moment(self, at: datetime) -> str:
        """`19 Nov 15:02`."""
        return f"{self.day(at)} {self.clock(at)}"

    def weekday(self, at: datetime) -> str:
        """`Mon 23 Nov 09:00`."""
        return f"{DAYS[at.astimezone(self.zone).weekday()]} {self.moment(at)}"

    def near(self, at: datetime, other: datetime) -> str:
        """Give `at` as short as it can stand beside `other`: the clock on the same day, else day and clock."""
        same = at.astimezone(self.zone).date() == other.astimezone(self.zone).date()
        return self.clock(at) if same else self.moment(at)


def zone_of(timezone: str) -> tzinfo:
    """Give the time zone of an IANA name. Raises ZoneInfoNotFoundError."""
    # UTC must work on machines that have no time zone database.
    return UTC if timezone == "UTC" else ZoneInfo(timezone)


def times(timezone: str, around: datetime) -> Times:
    """Give the way to write times in `timezone` (an IANA name) in a text that is about `around`."""
    zone = zone_of(timezone)
    return Times(zone, around.astimezone(zone).year)
