"""Putting back what promoter recorded, over what was changed by hand (`drift: overwrite`).

A restoration is a proposal of the active release over the edit: one commit on top of it, so that the edit stays in
history, by the environment's own way in (`promote`, its gates, holds and freezes); where nothing comes unless asked
for, a person merges it. Invariants: nothing is put back that failed here, was rejected, or was never whole; what
somebody said in any way goes first: a release that was named, a hold, and the word that the edit stays (closing the
pull request, or `promoter skip`), which counts until the slot is edited again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from promoter.model.ledger import Drift, How, Kind, Place, Result
from promoter.plan.sight import Sight
from promoter.policy.freeze import freeze_for
from promoter.policy.rules import OnDrift

_BAD: Final = frozenset({Result.FAILED, Result.LEFT, Result.UNHEALTHY})


def restores(sight: Sight, environment: str) -> int | None:
    """Give the release to put back over a hand edit; None: nothing is put back, or not now."""
    place, rules, slot = sight.places[environment], sight.rules(environment), sight.slot(environment)
    drift, stay = place.drift, place.stay
    if rules.drift is not OnDrift.OVERWRITE or drift is None or drift.kept_by or stay is None:
        return None
    if slot.slot.in_place and not rules.after.names:
        return None  # a value changed there is a release
    release = sight.seen.ledger.releases.get(stay.release)
    if release is None or stay.how is How.MIXED or stay.release in place.skips or place.target is not None:
        return None
    outcome = place.outcomes.get(stay.release)
    if release.content.get(environment) != stay.content or (outcome is not None and outcome.result in _BAD):
        return None
    still = sight.hold(environment) is not None or freeze_for(sight.config, environment, sight.now) is not None
    return None if still and not restoring(place) else stay.release


def restoring(place: Place) -> bool:
    """Tell whether a restoration is proposed."""
    return place.proposal is not None and place.proposal.kind is Kind.RESTORE


def kept(drift: Drift, by: str, pull: int | None = None) -> Drift:
    """Give the drift that stays as it is because `by` said so, by closing `pull` where that is given."""
    return replace(drift, kept_by=by, pull=pull)
