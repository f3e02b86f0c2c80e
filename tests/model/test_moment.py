from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter.model.moment import length, times


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=30), "30 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(hours=19, minutes=52), "19 h"),
        (timedelta(hours=66), "66 h"),
        (timedelta(days=4, hours=1), "4 days"),
    ],
)
def test_lengths(span: timedelta, said: str) -> None:
    assert length(span) == said


def test_moments_stand_in_the_configured_zone() -> None:
    at = times("Europe/Berlin", datetime(2026, 11, 20, 14, 5, tzinfo=UTC))
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert at.weekday(monday) == "Mon 23 Nov 09:00"
    assert at.moment(monday) == "23 Nov 09:00"
    assert at.near(monday, monday + timedelta(hours=3)) == "09:00"
    assert at.near(monday, monday + timedelta(hours=20)) == "23 Nov 09:00"


def test_another_year_is_said() -> None:
    at = times("America/New_York", datetime(2027, 1, 1, 3, 0, tzinfo=UTC))
    assert at.day(datetime(2027, 1, 1, 4, 59, tzinfo=UTC)) == "31 Dec"
    assert at.day(datetime(2027, 1, 1, 5, 0, tzinfo=UTC)) == "1 Jan 2027"


def test_summer_time() -> None:
    at = times("Europe/Berlin", datetime(2026, 7, 1, tzinfo=UTC))
    assert at.clock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) == "14:00"
