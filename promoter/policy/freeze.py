"""The calendar's no: days on which nothing moves in some environments."""

from __future__ import annotations

from datetime import datetime, time
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from promoter.policy.rules import Config, Freeze


def freeze_for(config: Config, environment: str, now: datetime) -> Freeze | None:
    """Give the freeze that covers `environment` at `now`, in the configured time zone."""
    if not config.freeze:
        return None
    today = now.astimezone(ZoneInfo(config.timezone)).date()
    for freeze in config.freeze:
        covered = not freeze.environments or any(fnmatchcase(environment, name) for name in freeze.environments)
        if covered and freeze.start <= today < freeze.until:
            return freeze
    return None


def freeze_over(config: Config, freeze: Freeze) -> datetime:
    """Give the moment at which `freeze` ends."""
    return datetime.combine(freeze.until, time(), ZoneInfo(config.timezone))
