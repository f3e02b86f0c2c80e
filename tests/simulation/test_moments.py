from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from promoter.simulation.moments import parse_start, parse_until

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
"""15:00 in Berlin."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mon 09:00", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("fri 15:00", datetime(2026, 11, 27, 14, 0, tzinfo=UTC)),  # not now: time passes
        ("Fri 15:01", datetime(2026, 11, 20, 14, 1, tzinfo=UTC)),
        ("14:59", datetime(2026, 11, 21, 13, 59, tzinfo=UTC)),
        ("23:00", datetime(2026, 11, 20, 22, 0, tzinfo=UTC)),
        ("2026-12-24 09:00", datetime(2026, 12, 24, 8, 0, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
    ],
)
def test_the_next_such_moment(text: str, found: datetime) -> None:
    assert parse_until(text, FRIDAY, BERLIN) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mob 09:00", "is not a moment"),
        ("24:00", "is not a moment"),
        ("soon", "is not a moment"),
        ("2026-11-20 15:00", "is over by then"),
    ],
)
def test_what_is_no_moment(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_until(text, FRIDAY, BERLIN)


def test_the_beginning_is_by_the_clock_of_the_config() -> None:
    assert parse_start("2026-07-01 09:00", BERLIN) == datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="Mon 09:00 is not a moment"):
        parse_start("Mon 09:00", BERLIN)
