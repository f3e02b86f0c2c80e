"""Releases that wait for more versions: `settle`, and `admit`.

A release is a draft until `settle` has passed since it was made, and as long as it is no complete set (`admit`). A
newer release takes a waiting draft's place, and the draft goes nowhere; an incomplete one takes no place of a complete
one, one that did not render takes no place, and neither does a hotfix. Invariants: that a draft became ready is written
down once, and never taken back; a stream of releases is held back for at most `LONGEST` times `settle`, and what stays
incomplete for longer is said to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from promoter.model.ledger import Ledger
from promoter.model.release import Release, ReleaseState
from promoter.policy.admit import unmet
from promoter.policy.rules import AppRules

LONGEST: Final = 4
"""How many times `settle` the newest draft waits at most, counted from the first that was gathered into it."""
PATIENCE: Final = timedelta(hours=1)
"""A set may be incomplete for that long, or for `LONGEST` times `settle`, before a person is asked to look."""


def lacks(app: AppRules, release: Release) -> str:
    """Say why `release` is no complete set; empty when it is."""
    return unmet(app.admit, release.versions)


def drafts(app: AppRules, ledger: Ledger) -> tuple[int, ...]:
    """Give the drafts that wait: the newest that is complete, and before it the newest of all if that is none."""
    gathered = list(_gathered(ledger))
    if not gathered or not lacks(app, ledger.releases[gathered[0]]):
        return tuple(gathered[:1])
    complete = next((number for number in gathered if not lacks(app, ledger.releases[number])), None)
    return (gathered[0],) if complete is None else (gathered[0], complete)


def _gathered(ledger: Ledger) -> Iterator[int]:
    """Give the drafts that are newer than any release that is ready, newest first."""
    for number in sorted(ledger.releases, reverse=True):
        release = ledger.releases[number]
        if release.state is ReleaseState.FAILED or release.aside:
            continue
        if release.state is not ReleaseState.DRAFT:
            return
        yield number


def settled_at(app: AppRules, ledger: Ledger, number: int) -> datetime:
    """Give when the complete draft `number` becomes ready, unless a newer one comes before."""
    first = ledger.releases[number].at
    for older in _gathered(ledger):
        if older < number and not lacks(app, ledger.releases[older]):
            first = ledger.releases[older].at
    return min(ledger.releases[number].at + app.settle, first + LONGEST * app.settle)


def overdue_at(app: AppRules, ledger: Ledger, number: int) -> datetime:
    """Give when the incomplete draft `number`, the newest, and those before it have been so for too long."""
    first = number
    for older in _gathered(ledger):
        if not lacks(app, ledger.releases[older]):
            break
        first = older
    return ledger.releases[first].at + max(LONGEST * app.settle, PATIENCE)


def ripen(app: AppRules, ledger: Ledger, now: datetime) -> tuple[Ledger, list[str]]:
    """Give the ledger with the complete draft ready when its time is over, and the sentence that says so."""
    for number in drafts(app, ledger):
        release = ledger.releases[number]
        if lacks(app, release) or now < settled_at(app, ledger, number):
            continue
        ready = replace(release, state=ReleaseState.READY)
        why = "nothing newer came" if app.settle else "it is a complete set"
        said = f"{release.name}{f' ({release.version})' if release.version else ''} is ready: {why}"
        return replace(ledger, releases={**ledger.releases, number: ready}), [said]
    return ledger, []
