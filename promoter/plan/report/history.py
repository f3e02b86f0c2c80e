"""`promoter.history/v1`: an app's releases, newest first, and where each has been. Made from the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from promoter.model.ledger import How, Ledger, Outcome, Skip, Stay
from promoter.model.release import Release
from promoter.plan.report.moment import stamp_or_none
from promoter.plan.report.record import outcome_json, release_json, skip_json


@dataclass(frozen=True, slots=True)
class Visit:
    """What one release did in one environment: a stay, a word against it, or both."""

    environment: str
    stay: Stay | None
    until: datetime | None
    """When the next stay began; None: it is still active, or never was."""
    outcome: Outcome | None
    skip: Skip | None


def visits(ledger: Ledger, release: int, environments: Sequence[str]) -> list[Visit]:
    """Give what `release` did in `environments`, in that order and by time; environments without a trace left out."""
    return [visit for name in environments for visit in _visits(ledger, name, release)]


def history_json(
    ledger: Ledger, environments: Sequence[str], limit: int | None = None, release: int | None = None
) -> dict[str, object]:
    """Give `promoter.history/v1` for the newest `limit` releases, or for `release` alone, in `environments`."""
    return {
        "schema": "promoter.history/v1",
        "app": ledger.app,
        "environments": list(environments),
        "releases": [
            _release(ledger, ledger.releases[number], environments) for number in chosen(ledger, limit, release)
        ],
    }


def chosen(ledger: Ledger, limit: int | None, release: int | None) -> list[int]:
    """Give the newest `limit` releases, newest first, or `release` alone."""
    return sorted(ledger.releases, reverse=True)[:limit] if release is None else [release]


def ordered(ledger: Ledger, environments: Sequence[str]) -> list[str]:
    """Give `environments` (the pipeline's, in order), then those that only the ledger remembers, by name."""
    return [*environments, *sorted(set(ledger.places) - set(environments))]


def _visits(ledger: Ledger, environment: str, release: int) -> Iterator[Visit]:
    place = ledger.place(environment)
    outcome, skip = place.outcomes.get(release), place.skips.get(release)
    stays = [*reversed(place.past), *([place.stay] if place.stay is not None else [])]
    mine = [index for index, stay in enumerate(stays) if stay.release == release]
    for index in mine:
        last = index == mine[-1]
        until = _end(stays[index], stays[index + 1], ledger) if index + 1 < len(stays) else None
        yield Visit(environment, stays[index], until, outcome if last else None, skip if last else None)
    if not mine and (outcome is not None or skip is not None):
        yield Visit(environment, None, None, outcome, skip)


def _end(stay: Stay, following: Stay, ledger: Ledger) -> datetime:
    """When a stay ended. A release that changed nothing took over the stay's clock: it came when it was made."""
    known = ledger.releases.get(following.release)
    if following.how is How.UNCHANGED and known is not None:
        return max(stay.since, known.at)
    return following.since


def _release(ledger: Ledger, release: Release, environments: Sequence[str]) -> dict[str, object]:
    return {
        **release_json(release),
        "commits": [
            {"commit": commit.id, "author": commit.author, "subject": commit.subject} for commit in release.commits
        ],
        "been": [_visit(visit) for visit in visits(ledger, release.number, environments)],
    }


def _visit(visit: Visit) -> dict[str, object]:
    stay = visit.stay
    return {
        "environment": visit.environment,
        "since": stamp_or_none(stay.since if stay is not None else None),
        "until": stamp_or_none(visit.until),
        "how": stay.how.value if stay is not None else None,
        "commit": stay.commit if stay is not None else None,
        "healthy_since": stamp_or_none(stay.healthy_since if stay is not None else None),
        "outcome": outcome_json(visit.outcome),
        "skipped": skip_json(visit.skip),
    }
