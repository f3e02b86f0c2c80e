"""Releases that wait for more versions: `settle`.

A release is a draft until `settle` has passed since it was made. A newer release takes a waiting draft's place, and the
draft goes nowhere; one that did not render takes no
place, and neither does a hotfix. Invariants: that a draft became ready is written down once,
and never taken back; a stream of releases is held back for at most `LONGEST` times `settle`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.model.ledger import Ledger
from promoter.model.release import ReleaseState
from promoter.policy.rules import AppRules

LONGEST = 4
"""How many times `settle` the newest draft waits at most, counted from the first that was gathered into it."""


def draft(ledger: Ledger) -> int | None:
    """Give the draft that waits: the newest release that rendered, if it is a draft."""
    for number in sorted(ledger.releases, reverse=True):
        state = ledger.releases[number].state
        if state is not ReleaseState.FAILED and not ledger.releases[number].aside:
            return number if state is ReleaseState.DRAFT else None
    return None


def settled_at(app: AppRules, ledger: Ledger, number: int) -> datetime:
    """Give when draft `number` becomes ready, unless a newer release comes before."""
    first = ledger.releases[number].at
    for older in sorted((n for n in ledger.releases if n < number), reverse=True):
        release = ledger.releases[older]
        if release.state is ReleaseState.FAILED or release.aside:
            continue
        if release.state is not ReleaseState.DRAFT:
            break
        first = release.at
    return min(ledger.releases[number].at + app.settle, first + LONGEST * app.settle)


def ripen(app: AppRules, ledger: Ledger, now: datetime) -> tuple[Ledger, list[str]]:
    """Give the ledger with the waiting draft ready when its time is over, and the sentence that says so."""
    number = draft(ledger)
    if number is None or now < settled_at(app, ledger, number):
        return ledger, []
    release = replace(ledger.releases[number], state=ReleaseState.READY)
    said = f"{release.name}{f' ({release.version})' if release.version else ''} is ready: nothing newer came"
    return replace(ledger, releases={**ledger.releases, number: release}), [said]
