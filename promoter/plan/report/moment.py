"""Times as the reports write them: for people as `promoter.model.moment` says, and for JSON."""

from __future__ import annotations

from datetime import datetime

from promoter.model.moment import Times as Times
from promoter.model.moment import length as length
from promoter.model.moment import times as times
from promoter.model.state import stamp


def stamp_or_none(at: datetime | None) -> str | None:
    """Give `at` as JSON has it: RFC 3339 in UTC, whole seconds, `2026-11-20T14:05:00Z`; or None."""
    return None if at is None else stamp(at)
