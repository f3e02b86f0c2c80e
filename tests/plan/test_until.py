from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter.errors import UsageError
from promoter.plan.until import parse_length, parse_until

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-24T18:00", datetime(2026, 12, 24, 17, 0, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
        ("2026-12-24T18:00Z", datetime(2026, 12, 24, 18, 0, tzinfo=UTC)),
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        (" 4h ", NOW + timedelta(hours=4)),
        ("90 m", NOW + timedelta(minutes=90)),
        ("2d", NOW + timedelta(days=2)),
    ],
)
def test_ends(text: str, moment: datetime) -> None:
    assert parse_until(text, "Europe/Berlin", NOW) == moment


@pytest.mark.parametrize("text", ["", "90", "tomorrow", "4 weeks", "-4h", "2026-13-01"])
def test_what_is_no_end(text: str) -> None:
    with pytest.raises(UsageError):
        parse_until(text, "UTC", NOW)
    with pytest.raises(UsageError):
        parse_length(text)
