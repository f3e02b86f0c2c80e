"""The calendar: which days, which environments, in whose time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from promoter.policy.freeze import freeze_for, freeze_over
from promoter.policy.rules import Config, Freeze
from promoter.policy.span_text import parse_span

YEAR_END = Freeze(date(2026, 12, 20), date(2027, 1, 4), ("prod-*",), "Year end")
FAIR = Freeze(date(2026, 12, 30), date(2026, 12, 31), (), "fair")


FRIDAYS = Freeze(
    None, None, ("prod",), "", tuple(map(parse_span, ("Fri 12:00-24:00", "Sat-Sun", "cron 0 0 1 * * for 1h")))
)


def config(*freezes: Freeze, timezone: str = "Europe/Berlin") -> Config:
    """Give a config with these freezes."""
    return Config((), {}, timezone=timezone, freeze=freezes)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment around the end of 2026."""
    return datetime(2027 if month == 1 else 2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environment", "at", "found"),
    [
        ("prod-eu", utc(12, 19, 22, 59), None),
        ("prod-eu", utc(12, 19, 23, 0), YEAR_END),
        ("prod-eu", utc(12, 28, 12), YEAR_END),
        ("prod-eu", utc(1, 3, 22, 59), YEAR_END),
        ("prod-eu", utc(1, 3, 23, 0), None),
        ("prod", utc(12, 28, 12), None),
        ("staging", utc(12, 28, 12), None),
        ("staging", utc(12, 30, 12), FAIR),
        ("prod-us", utc(12, 30, 12), YEAR_END),
    ],
    ids=[
        "the evening before, by the configured clock",
        "the first minute",
        "in the middle",
        "the last minute",
        "the first free day",
        "a name that the pattern does not match",
        "another environment",
        "a freeze without environments is for all",
        "the first that is listed speaks",
    ],
)
def test_what_is_frozen(environment: str, at: datetime, found: Freeze | None) -> None:
    assert freeze_for(config(YEAR_END, FAIR), environment, at) == found


def test_nothing_is_frozen_without_a_calendar() -> None:
    assert freeze_for(config(timezone="Nowhere/At-All"), "prod-eu", utc(12, 28, 12)) is None


@pytest.mark.parametrize(("timezone", "over"), [("Europe/Berlin", utc(1, 3, 23)), ("UTC", utc(1, 4, 0))])
def test_when_it_is_over(timezone: str, over: datetime) -> None:
    seen = config(YEAR_END, timezone=timezone)
    end = freeze_over(seen, YEAR_END, utc(12, 28, 12))
    assert end == over
    assert freeze_for(seen, "prod-eu", end) is None


@pytest.mark.parametrize(
    ("at", "over"),
    [
        (utc(12, 18, 10, 59), None),
        (utc(12, 18, 11, 0), utc(12, 20, 23)),
        (utc(12, 20, 22, 59), utc(12, 20, 23)),
        (utc(12, 20, 23, 0), None),
        (utc(12, 31, 23, 0), utc(1, 1, 0)),
        (utc(1, 1, 0, 0), None),
    ],
    ids=[
        "before",
        "from noon on a Friday",
        "the last minute of the weekend",
        "Monday",
        "by cron, in the configured time zone",
        "after it, before noon on a Friday",
    ],
)
def test_times_that_come_again(at: datetime, over: datetime | None) -> None:
    seen = config(FRIDAYS)
    assert freeze_for(seen, "staging", at) is None
    found = freeze_for(seen, "prod", at)
    assert (freeze_over(seen, found, at) if found is not None else None) == over
