"""Spans of time against the slow way: to look at the clock every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from promoter.policy.cron_spans import CronSpans
from promoter.policy.span_text import parse_span
from promoter.policy.spans import Spans, closed, closing, open_at, opened, opening

STEP = timedelta(minutes=15)
LONG = timedelta(days=2)
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")]
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))
]

days = st.sampled_from(["", "Mon-Thu ", "Sat-Sun ", "Sun ", "Fri-Mon ", "Wed "])
quarters = st.integers(0, 95).map(lambda number: f"{number // 4:02}:{number % 4 * 15:02}")
by_clock = st.builds(
    lambda day, start, end: f"{day}{start}-{end}" if start != end else f"{day}{start}-24:00", days, quarters, quarters
)
by_cron = st.builds(
    lambda minute, hour, day, lasts: f"cron {minute} {hour} * * {day} for {lasts}m",
    st.sampled_from(["0", "30", "15,45", "*/15", "0-59/30"]),
    st.sampled_from(["*", "2", "1-3", "*/6", "23"]),
    st.sampled_from(["*", "0", "1-5", "SUN#L", "SAT,SUN"]).map(
        lambda day: day.replace("#L", "L").replace("SUNL", "0L")
    ),
    st.sampled_from([15, 30, 60, 90, 600, 3000]),
)
spans = st.one_of(by_clock, by_cron).map(parse_span)
some = st.lists(spans, max_size=2)
moments = st.builds(lambda day, number: day + number * STEP, st.sampled_from(CHANGES), st.integers(-96, 3 * 96))


@given(by_clock, st.sampled_from(ZONES), moments)
def test_by_the_clock_means_what_the_clock_shows(text: str, zone: ZoneInfo, at: datetime) -> None:
    here = at.astimezone(zone)
    found = parse_span(text)
    minute, weekday = here.hour * 60 + here.minute, here.weekday()
    start, stop = found.start, found.stop  # type: ignore[attr-defined]
    today = weekday in found.days and start <= minute < stop  # type: ignore[attr-defined]
    before = (weekday - 1) % 7 in found.days and start <= minute + 1440 < stop  # type: ignore[attr-defined]
    assert open_at([found], [], zone, at) == (today or before)


@given(by_cron, st.sampled_from(ZONES), moments)
def test_by_cron_means_what_cron_names(text: str, zone: ZoneInfo, at: datetime) -> None:
    found = parse_span(text)
    lasts = found.lasts  # type: ignore[attr-defined]
    inside = False
    for begin in CronSim(found.expression, (at - lasts - timedelta(days=1)).astimezone(zone)):  # type: ignore[attr-defined]
        if begin.astimezone(UTC) > at:
            break
        inside = inside or at < begin.astimezone(UTC) + lasts
    assert open_at([found], [], zone, at) == inside


def slowly(allow: list[Spans], deny: list[Spans], zone: ZoneInfo, at: datetime, step: timedelta) -> datetime | None:
    """Give the next moment, in steps, at which it is otherwise than at `at`; None when it is the same for long."""
    now = open_at(allow, deny, zone, at)
    for number in range(1, int(LONG / STEP)):
        if open_at(allow, deny, zone, at + number * step) != now:
            return at + number * step
    return None


@settings(max_examples=50, deadline=None)
@given(some, some, st.sampled_from(ZONES), moments)
def test_the_next_and_the_last_change_are_found(
    allow: list[Spans], deny: list[Spans], zone: ZoneInfo, at: datetime
) -> None:
    # CronSim loses hours where the clock changes by half of one
    assume(zone.key != "Australia/Lord_Howe" or not any(isinstance(span, CronSpans) for span in (*allow, *deny)))
    spans = allow, deny, zone
    is_open = open_at(*spans, at)
    after = closing(*spans, at) if is_open else opening(*spans, at)
    before = opened(*spans, at) if is_open else closed(*spans, at)
    for limit, step in ((after, STEP), (before, -STEP)):
        seen = slowly(*spans, at, step)
        if seen is not None:
            assert limit == (seen if step > timedelta() else seen + STEP)
        else:
            assert limit is None or abs(limit - at) >= LONG - STEP


@pytest.mark.parametrize("text", ["Mon 09:00-10:00", "cron 0 9 * * 1 for 1h", "cron 0 0 29 2 * for 1h"])
def test_each_way_to_ask_agrees(text: str) -> None:
    found, zone = parse_span(text), ZoneInfo("Europe/Berlin")
    begin = found.next(datetime(2026, 11, 18, tzinfo=UTC), zone)
    assert begin is not None
    end = begin + timedelta(hours=1)
    second = timedelta(seconds=1)
    assert found.end(begin - second, zone) is None
    assert found.end(begin, zone) == found.end(end - second, zone) == end
    assert found.end(end, zone) is None
    assert found.begin(begin, zone) is None
    assert found.begin(begin + second, zone) == found.begin(end, zone) == begin
    assert found.begin(end + second, zone) is None
    assert found.next(begin - second, zone) == begin
    assert found.next(begin, zone) != begin
    assert found.previous(end + second, zone) == end
    assert found.previous(end, zone) != end


def test_a_span_of_every_minute_costs_no_more_than_others() -> None:
    dense, yearly = parse_span("cron * * * * * for 1h"), parse_span("cron 0 0 1 1 * for 1h")
    at = datetime(2026, 11, 18, tzinfo=UTC)
    assert opening([yearly], [dense], UTC, at) is None
    assert opening([dense], [yearly], UTC, at) == at
    assert closing([dense], [yearly], UTC, at) is None
