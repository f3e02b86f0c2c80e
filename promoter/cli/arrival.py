"""Whether a release that somebody waits for has arrived, failed, or is still on its way."""

from __future__ import annotations

from enum import StrEnum

from promoter.errors import UsageError
from promoter.model.ledger import Result
from promoter.model.names import release_name
from promoter.model.plan import Plan, State
from promoter.model.snapshot import Snapshot
from promoter.plan.report.fleet import waits
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import times
from promoter.plan.report.upstream import coming
from promoter.plan.report.view import View, view_of, views
from promoter.plan.words import Words
from promoter.policy.rules import Config


class Answer(StrEnum):
    """What became of it."""

    ARRIVED = "arrived"
    FAILED = "failed"
    WAITING = "waiting"


def awaited(config: Config, seen: Snapshot, plan: Plan, app: str, environment: str, words: Words) -> int:
    """Give the release to wait for: the one named, else what is on its way, else what is there. Raises UsageError."""
    view = view_of(config, seen, plan, app, environment)
    number = words.number(view.ledger)
    if number is not None:
        return number
    siblings = {each.environment: each for each in views(config, seen, plan) if each.app == app}
    nearest = coming(view, siblings)
    stay = view.place.stay
    for found in (view.plan.target, nearest[0] if nearest is not None else None, stay.release if stay else None):
        if found is not None:
            return found
    raise UsageError(
        f"{app} has nothing on its way to {environment}", f"make a release: promoter release {app} VERSION"
    )


def standing(
    config: Config, seen: Snapshot, plan: Plan, app: str, environment: str, release: int
) -> tuple[Answer, str]:
    """Tell how `release` stands in `environment`, and a sentence about it."""
    view = view_of(config, seen, plan, app, environment)
    place, name = view.place, f"{app} {release_name(release)}"
    stay, outcome, skip = place.stay, place.outcomes.get(release), place.skips.get(release)
    if skip is not None:
        return Answer.FAILED, plain(f"{name} is skipped in {environment} by {skip.by}: {skip.reason}".rstrip(": "), 500)
    if outcome is not None and outcome.result is not Result.VERIFIED:
        return Answer.FAILED, plain(f"{name} is {outcome.result} in {environment}: {outcome.reason}", 500)
    back = place.target is not None and place.target.release == release
    if stay is not None and _after(view, stay.release, release) and view.ledger.gone_by(place, release) and not back:
        return Answer.ARRIVED, f"{name} has been in {environment}; r{stay.release} is there now"
    if stay is not None and stay.release == release and outcome is not None:
        return Answer.ARRIVED, f"{name} is verified in {environment}"
    return _on_its_way(view, config, name, release)


def _after(view: View, number: int, other: int) -> bool:
    return view.ledger.order(number) > view.ledger.order(other)


def _on_its_way(view: View, config: Config, name: str, release: int) -> tuple[Answer, str]:
    stay, since = view.place.stay, view.plan.since
    if stay is not None and stay.release == release:
        said = waits(view, times(config.timezone, stay.since))
        what = {State.SOAKING: "is healthy and soaks", State.FAILED: "has failed"}.get(view.plan.state, "is merged")
        answer = Answer.FAILED if view.plan.state is State.FAILED else Answer.WAITING
        return answer, f"{name} {what} in {view.environment}" + (f": {said}" if said else "")
    said = waits(view, times(config.timezone, since)) if since is not None else ""
    return Answer.WAITING, f"{name} is not in {view.environment} yet" + (f": {said}" if said else "")
