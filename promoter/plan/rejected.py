"""A release that holds exactly what was taken back here, under another number.

Environments share releases: a change of dev alone makes a release that holds for prod what the one before held, and
that may be what was rolled back there. So what was rejected is told by its content as well, and comes back only by a
person's word for that release: `promoter promote` or `promoter retry`. A skip counts for the older releases that hold
the same, or a closed pull request would be followed at once by its twin; a newer release asks again.
"""

from __future__ import annotations

from typing import Final

from promoter.model.ledger import Ledger, Place, Result

REJECTED: Final = frozenset({Result.FAILED, Result.LEFT})
"""Outcomes of what was taken away from an environment, or is about to be."""


def brings_back(ledger: Ledger, place: Place, environment: str, number: int) -> str:
    """Say what release `number` would bring back to `environment`, in whose `place` it is not active; empty: nothing.

    What is active is nothing that could be brought back, and a person's word for the release goes first.
    """
    content, stay = ledger.releases[number].content.get(environment), place.stay
    words = (place.target, place.asked)
    if any(word is not None and word.release == number for word in words):
        return ""
    if stay is not None and stay.content == content:
        return ""
    same = [other for other, known in ledger.releases.items() if known.content.get(environment) == content]
    for other in same if stay is not None else ():
        outcome = place.outcomes.get(other)
        if outcome is not None and outcome.result in REJECTED:
            took = "failed here" if outcome.result is Result.FAILED else "was taken back here"
            return f"holds exactly what r{other} did, which {took}"
    for other in same:
        if other in place.skips and ledger.order(other) > ledger.order(number):
            return f"holds exactly what r{other} does, which was skipped here"
    return ""
