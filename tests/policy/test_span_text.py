"""What a span of time may look like in the config, and the words about what it may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter.policy.clock_spans import ClockSpans
from promoter.policy.cron_spans import CronSpans
from promoter.policy.span_text import parse_span
from tests.policy.gates.test_window import problems_of


@pytest.mark.parametrize(
    ("text", "days", "start", "stop"),
    [
        ("Mon-Thu 09:00-16:00", {0, 1, 2, 3}, 540, 960),
        ("mon,WED,Fri 09:00-16:00", {0, 2, 4}, 540, 960),
        ("Mon-Tue,Fri-Sun", {0, 1, 4, 5, 6}, 0, 1440),
        ("Sat-Mon", {5, 6, 0}, 0, 1440),
        ("Sun", {6}, 0, 1440),
        ("Mon-Mon", {0}, 0, 1440),
        ("09:00-16:00", set(range(7)), 540, 960),
        ("Fri 16:00-24:00", {4}, 960, 1440),
        ("22:00-02:00", set(range(7)), 1320, 1560),
        ("22:00-00:00", set(range(7)), 1320, 1440),
        ("00:00-24:00", set(range(7)), 0, 1440),
        ("  Mon   09:00-16:00 ", {0}, 540, 960),
        ("always", set(range(7)), 0, 1440),
    ],
)
def test_by_the_clock(text: str, days: set[int], start: int, stop: int) -> None:
    spans = parse_span(text)
    assert isinstance(spans, ClockSpans)
    assert (spans.days, spans.start, spans.stop) == (frozenset(days), start, stop)
    assert str(spans) == " ".join(text.split())


def test_by_cron() -> None:
    spans = parse_span("cron  0 9 * * 1-4  for 7h30m")
    assert isinstance(spans, CronSpans)
    assert (spans.expression, spans.lasts.total_seconds()) == ("0 9 * * 1-4", 27_000)
    assert str(spans) == "cron 0 9 * * 1-4 for 7h30m"
    assert spans.next(datetime(2026, 11, 20, tzinfo=UTC), UTC) == datetime(2026, 11, 23, 9, tzinfo=UTC)


FORM = "is no span of time; write for example Mon-Thu 09:00-16:00, Sat-Sun, or cron 0 9 * * 1-4 for 7h"
REFUSED = [
    ("9-16", f"9-16 {FORM}"),
    ("Mon 9:00-16:00", "9:00-16:00 is no span of time; write for example 09:00-16:00"),
    ("Mon to Thu 09:00-16:00", f"Mon to Thu 09:00-16:00 {FORM}"),
    ("Mon-Thu-Fri", f"Mon-Thu-Fri {FORM}"),
    ("Monday 09:00-16:00", "Monday is no day; there is Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
    ("Mon-Fry", "Fry is no day; there is Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
    ("09:00-24:30", "24:30 is no time of day"),
    ("09:00-16:60", "16:60 is no time of day"),
    ("25:00-26:00", "25:00 is no time of day"),
    ("24:00-02:00", "24:00-02:00 begins at the end of a day; write 00:00"),
    ("09:00-09:00", "09:00-09:00 begins and ends at the same time; leave the times out for whole days"),
    ("cron", "cron does not say when and how long; write for example cron 0 9 * * 1-4 for 7h"),
    (
        "cron 0 9 * * 1-4",
        "cron 0 9 * * 1-4 does not say when and how long; write for example cron 0 9 * * 1-4 for 7h",
    ),
    ("cron 0 9 * * 1-4 for 7", "7 has no unit; did you mean 7m?"),
    ("cron 0 9 * * 1-4 for 0s", "must be more than 0; write for example 1h"),
    ("cron 0 9 * * for 7h", "0 9 * * has not five fields: minute, hour, day of month, month, day of week"),
    (
        "cron 0 0 9 * * 1 for 7h",
        "0 0 9 * * 1 has not five fields: minute, hour, day of month, month, day of week",
    ),
    ("cron @daily for 7h", "@daily has not five fields: minute, hour, day of month, month, day of week"),
    ("cron 0 25 * * * for 7h", "0 25 * * * is no cron expression: bad hour"),
    ("cron 0 0 30 2 * for 7h", "0 0 30 2 * is no cron expression: bad day-of-month"),
    ("cron 0 0 L-1 * * for 7h", "0 0 L-1 * * is no cron expression: bad day-of-month"),
    ("cron 0 0 1 2 2#6 for 7h", "0 0 1 2 2#6 is no cron expression: bad day-of-week"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_refused(text: str, message: str) -> None:
    assert problems_of(f'"{text}"') == [message]
    assert problems_of(f'{{allow: always, deny: ["{text}"]}}') == [message]
