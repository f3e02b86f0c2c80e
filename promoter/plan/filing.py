"""What the forge is to say of deployments: `deployments: true`.

What a merge or commit of ours brings to an environment is filed as a deployment to `<environment>/<app>`: in progress
until the release is verified (success), or failed or unhealthy (failure); no longer there once something came that we
did not bring. What was never known stays in progress. The ledger holds what is to be said and what has been: while both
are the same nobody asks the forge, and a run that died in between says it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from promoter.model.ledger import Filing, How, Place, Result, Stay
from promoter.model.plan import Deploy
from promoter.plan.sight import Sight

_STATES: Mapping[Result, str] = {
    Result.VERIFIED: "success",
    Result.FAILED: "failure",
    Result.UNHEALTHY: "failure",
}
_WORDS: Mapping[str, str] = {
    "pending": "is in progress",
    "success": "is a success",
    "failure": "failed",
    "inactive": "is over",
}


def begin(sight: Sight, environment: str, stay: Stay, url: str) -> dict[str, Any]:
    """Give the changes that a new stay makes to what is filed; `url`: of the pull request that brought it."""
    if not sight.config.deployments or stay.how not in (How.MERGED, How.ROLLED_BACK):
        return {}
    before = sight.places[environment].filing
    told = before.told if before is not None and before.commit == stay.commit else ""
    return {"filing": Filing(stay.commit, stay.release, "pending", told, url)}


def follow(sight: Sight, environment: str) -> None:
    """Let what is filed say what became of it."""
    place = sight.places[environment]
    if place.filing is None or not sight.config.deployments:
        return
    state = _state(place, place.filing)
    if state != place.filing.state:
        sight.change(environment, "", filing=replace(place.filing, state=state))


def _state(place: Place, filing: Filing) -> str:
    """Give what is to be said; a release that joined the stay has the same bytes, so it takes nothing back."""
    if place.stay is None or place.stay.commit != filing.commit:
        return "inactive"
    known = place.outcomes.get(place.stay.release)
    return _STATES.get(known.result, filing.state) if known is not None else filing.state


def deploys(sight: Sight) -> list[Deploy]:
    """Give what is to be told to the forge."""
    if not sight.config.deployments:
        return []
    filed = [(name, sight.places[name].filing) for name in sight.app.environments]
    return [_deploy(sight, name, one) for name, one in filed if one is not None and one.state != one.told]


def _deploy(sight: Sight, environment: str, filing: Filing) -> Deploy:
    label, slot = sight.label(filing.release), sight.slot(environment).slot
    why = f"the deployment of {label} {_WORDS[filing.state]}"
    said = f"{sight.app.name} {label}"
    return Deploy(sight.app.name, why, slot, filing.commit, filing.state, said, filing.url)
