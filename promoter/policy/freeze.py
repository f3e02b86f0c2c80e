"""The calendar's no: times at which nothing moves in some environments."""

from __future__ import annotations

from datetime import UTC, datetime, time
from fnmatch import fnmatchcase
from functools import lru_cache

from promoter.model.moment import zone_of
from promoter.policy.rules import Config, Freeze
from promoter.policy.spans import Spans, closing, open_at


def freeze_for(config: Config, environment: str, now: datetime) -> Freeze | None:
    """Give the freeze that covers `environment` at `now`, in the configured time zone."""
    for freeze in config.freeze:
        covered = not freeze.environments or any(fnmatchcase(environment, name) for name in freeze.environments)
        if covered and _holds(config, freeze, now):
            return freeze
    return None


def _holds(config: Config, freeze: Freeze, now: datetime) -> bool:
    if freeze.start is not None and freeze.until is not None:
        return freeze.start <= now.astimezone(zone_of(config.timezone)).date() < freeze.until
    return _in(freeze.when, config.timezone, now)


@lru_cache(maxsize=1024)  # every app asks
def _in(when: tuple[Spans, ...], timezone: str, now: datetime) -> bool:
    return bool(when) and open_at(when, (), zone_of(timezone), now)


def freeze_over(config: Config, freeze: Freeze, now: datetime) -> datetime | None:
    """Give the moment at which `freeze`, which holds at `now`, ends; None when no end can be found."""
    zone = zone_of(config.timezone)
    if freeze.until is not None:
        return datetime.combine(freeze.until, time(), zone).astimezone(UTC)
    return closing(freeze.when, (), zone, now)
